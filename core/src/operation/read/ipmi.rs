//! A machine with a BMC, what it has taught, and what only such a machine is asked.

use heapless::Vec;

use super::target::port;
use super::{Read, Want, byte, flag, optional_number, put, text};
use crate::ipmi::{Account, Bridge, CipherSuite, DATA_LEN, Kg, PASSWORD_LEN, Privilege, RawRequest, USER_LEN};
use crate::nm::Request;
use crate::operation::{Action, BootDevice, IpmiMemory, IpmiTarget, Memory, Target};
use crate::secret::Secret;

/// `{"address":"…","port":623,"account":{…},"cipher_suite":null,"bridge":null,"local_address":32}`, of the kind that `of` makes.
pub(super) fn target(value: &mut dyn Read, place: &mut Option<Target>, of: fn(IpmiTarget) -> Target) -> bool {
    let (mut address, mut port_number, mut account) = (None, None, None);
    let (mut cipher_suite, mut bridge, mut local_address) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "address" => value.read(Want::Text(&mut |text| put(&mut address, text.parse().ok()))),
        "port" => put(&mut port_number, port(value)),
        "account" => put(&mut account, self::account(value)),
        "cipher_suite" => put(&mut cipher_suite, self::cipher_suite(value)),
        "bridge" => put(&mut bridge, optional_bridge(value)),
        "local_address" => put(&mut local_address, byte(value)),
        _ => false,
    }));
    let (Some(address), Some(port), Some(account), true) = (address, port_number, account, whole) else { return false };
    let (Some(cipher_suite), Some(bridge), Some(local_address)) = (cipher_suite, bridge, local_address) else {
        return false;
    };
    *place = Some(of(IpmiTarget { address, port, account, cipher_suite, bridge, local_address }));
    true
}

/// `{"user":"…","password":"…","kg":null,"privilege":"administrator"}`.
fn account(value: &mut dyn Read) -> Option<Account> {
    let (mut user, mut password, mut kg, mut privilege) = (None, None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "user" => value.read(Want::Text(&mut |text| {
            put(&mut user, plain(text).and_then(|text| heapless::String::<USER_LEN>::try_from(text).ok()))
        })),
        "password" => value.read(Want::Text(&mut |text| {
            put(&mut password, plain(text).and_then(|text| Secret::<PASSWORD_LEN>::new(text).ok()))
        })),
        "kg" => value.read(Want::OptionalText(&mut |text| {
            put(&mut kg, text.map_or(Some(None), |text| Kg::from_hex(text).map(Some)))
        })),
        "privilege" => put(&mut privilege, text(value).and_then(|name| Privilege::from_name(&name))),
        _ => false,
    }));
    Some(Account { user: user.filter(|_| whole)?, password: password?, kg: kg?, privilege: privilege? })
}

/// As with driver_info.
fn plain(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.contains(char::is_control))
}

/// A cipher suite that there is, or none where it says `null`.
fn cipher_suite(value: &mut dyn Read) -> Option<Option<u8>> {
    match optional_number(value)? {
        None => Some(None),
        Some(number) => CipherSuite::by_id(u8::try_from(number).ok()?).map(|suite| Some(suite.id)),
    }
}

/// What `read` makes of a value, or none where it says `null`.
fn optional<T>(value: &mut dyn Read, read: fn(&mut dyn Read) -> Option<T>) -> Option<Option<T>> {
    let mut optional = None;
    let whole = value
        .read(Want::Optional(&mut |value| put(&mut optional, value.map_or(Some(None), |value| read(value).map(Some)))));
    optional.filter(|_| whole)
}

fn optional_bridge(value: &mut dyn Read) -> Option<Option<Bridge>> {
    optional(value, bridge)
}

/// `{"channel":6,"address":44}`.
fn bridge(value: &mut dyn Read) -> Option<Bridge> {
    let (mut channel, mut address) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "channel" => put(&mut channel, byte(value).filter(|channel| *channel < 16)),
        "address" => put(&mut address, byte(value)),
        _ => false,
    }));
    Some(Bridge { channel: channel.filter(|_| whole)?, address: address? })
}

/// `{"cipher_suite":3,"node_manager":{…}}`.
pub(super) fn memory(value: &mut dyn Read) -> Option<Memory> {
    let (mut cipher_suite, mut node_manager) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "cipher_suite" => put(&mut cipher_suite, self::cipher_suite(value)),
        "node_manager" => put(&mut node_manager, optional_bridge(value)),
        _ => false,
    }));
    Some(Memory::Ipmi(IpmiMemory { cipher_suite: cipher_suite.filter(|_| whole)?, node_manager: node_manager? }))
}

/// `{"device":"pxe","persistent":false,"efi":null}`.
pub(super) fn set_boot_device(value: &mut dyn Read) -> Option<Action> {
    let (mut device, mut persistent, mut efi) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "device" => put(&mut device, text(value).and_then(|name| BootDevice::from_name(&name))),
        "persistent" => put(&mut persistent, flag(value)),
        "efi" => put(&mut efi, optional(value, flag)),
        _ => false,
    }));
    Some(Action::SetBootDevice { device: device.filter(|_| whole)?, persistent: persistent?, efi: efi? })
}

/// `{"netfn":6,"command":1,"bridge":null,"data":[]}`; a network function is that of a request.
pub(super) fn raw(value: &mut dyn Read) -> Option<Action> {
    let (mut netfn, mut command, mut bridge, mut data) = (None, None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "netfn" => put(&mut netfn, byte(value).filter(|netfn| *netfn < 64 && *netfn & 1 == 0)),
        "command" => put(&mut command, byte(value)),
        "bridge" => put(&mut bridge, optional_bridge(value)),
        "data" => put(&mut data, bytes::<DATA_LEN>(value)),
        _ => false,
    }));
    let (netfn, command) = (netfn.filter(|_| whole)?, command?);
    Some(Action::Raw(RawRequest { netfn, command, bridge: bridge?, data: data? }))
}

/// `{"command":193,"data":[…],"least_correction_time":false}`, as [`crate::nm::on_the_channel`] writes it.
pub(super) fn node_manager(value: &mut dyn Read) -> Option<Action> {
    let (mut command, mut data, mut least) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "command" => put(&mut command, byte(value)),
        "data" => put(&mut data, bytes::<{ Request::LEN }>(value)),
        "least_correction_time" => put(&mut least, flag(value)),
        _ => false,
    }));
    let (command, data, least) = (command.filter(|_| whole)?, data?, least?);
    let request = match (Request::parse(command, &data).ok()??, least) {
        (Request::SetPolicy { settings, .. }, least_correction_time) => {
            Request::SetPolicy { settings, least_correction_time }
        }
        // Nothing else has a correction time.
        (_, true) => return None,
        (request, false) => request,
    };
    Some(Action::NodeManager(request))
}

fn bytes<const N: usize>(value: &mut dyn Read) -> Option<Vec<u8, N>> {
    let mut bytes = Vec::new();
    let whole = value.read(Want::List(&mut |place| byte(place).is_some_and(|byte| bytes.push(byte).is_ok())));
    whole.then_some(bytes)
}
