//! Which device.

use core::num::{NonZeroU8, NonZeroU16};

use super::{Read, Want, byte, number, octets, optional_number, optional_text, put, text};
use crate::dxp::{Credentials, Dialect, NAME_LEN, RelayBase, RelayId, StateCodes};
use crate::operation::{
    HardwareType, IbootOptions, IbootTarget, InterfaceName, Ports, Target, Transport, WolTarget, address,
};
use crate::secret::Secret;
use crate::wol::{MAX_PORTS, Mac, SecureOn};

/// `{"ipmi":{…}}`, `{"staging-amt":{…}}`, `{"staging-iboot":{…}}`, `{"staging-nm":{…}}` or `{"staging-wol":{…}}`.
pub(super) fn target(value: &mut dyn Read, place: &mut Option<Target>) -> bool {
    let whole = value.read(Want::Object(&mut |name, value| match name {
        _ if place.is_some() => false,
        #[cfg(feature = "amt")]
        _ if name == HardwareType::StagingAmt.as_str() => super::amt::target(value, place),
        #[cfg(feature = "ipmi")]
        _ if name == HardwareType::Ipmi.as_str() => super::ipmi::target(value, place, Target::Ipmi),
        #[cfg(feature = "ipmi")]
        _ if name == HardwareType::StagingNm.as_str() => super::ipmi::target(value, place, Target::Nm),
        _ if name == HardwareType::StagingIboot.as_str() => iboot(value, place),
        _ if name == HardwareType::StagingWol.as_str() => wol(value, place),
        _ => false,
    }));
    whole && place.is_some()
}

pub(super) fn port(value: &mut dyn Read) -> Option<NonZeroU16> {
    NonZeroU16::new(u16::try_from(number(value)?).ok()?)
}

fn relay_count(value: &mut dyn Read) -> Option<Option<RelayId>> {
    match optional_number(value)? {
        None => Some(None),
        Some(number) => RelayId::new(u8::try_from(number).ok()?).map(Some),
    }
}

fn iboot(value: &mut dyn Read, place: &mut Option<Target>) -> bool {
    let (mut address, mut port_number, mut credentials, mut relay_id) = (None, None, None, None);
    let (mut relay_count, mut dialect, mut options) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        // A name is too long to be copied more often than it must be.
        "address" => value.read(Want::Text(&mut |text| put(&mut address, text.parse().ok()))),
        "port" => put(&mut port_number, port(value)),
        "credentials" => put(&mut credentials, self::credentials(value)),
        "relay" => put(&mut relay_id, byte(value).and_then(RelayId::new)),
        "relay_count" => put(&mut relay_count, self::relay_count(value)),
        "dialect" => put(&mut dialect, self::dialect(value)),
        "options" => put(&mut options, self::options(value)),
        _ => false,
    }));
    let (Some(address), Some(port), Some(credentials), true) = (address, port_number, credentials, whole) else {
        return false;
    };
    let (Some(relay), Some(dialect), Some(options)) = (relay_id, dialect, options) else { return false };
    let relay_count = relay_count.flatten();
    let target = IbootTarget { address, port, credentials, relay, relay_count, dialect, options };
    let sound = target.is_sound();
    *place = Some(Target::Iboot(target));
    sound
}

fn credentials(value: &mut dyn Read) -> Option<Credentials> {
    let (mut user, mut password) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "user" => put(&mut user, text(value)),
        "password" => put(&mut password, secret(value)),
        _ => false,
    }));
    Credentials::new(&user.filter(|_| whole)?, password?.reveal()).ok()
}

fn dialect(value: &mut dyn Read) -> Option<Dialect> {
    let (mut base, mut codes) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "base" => put(&mut base, relay_base(value)),
        "codes" => put(&mut codes, text(value).and_then(|name| StateCodes::from_name(&name))),
        _ => false,
    }));
    Some(Dialect { base: base.filter(|_| whole)?, codes: codes? })
}

fn relay_base(value: &mut dyn Read) -> Option<RelayBase> {
    match text(value)?.as_str() {
        "zero" => Some(RelayBase::Zero),
        "one" => Some(RelayBase::One),
        _ => None,
    }
}

fn options(value: &mut dyn Read) -> Option<IbootOptions> {
    let (mut max_retry, mut retry_interval_ms, mut reboot_delay_ms) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "max_retry" => put(&mut max_retry, byte(value)),
        "retry_interval_ms" => put(&mut retry_interval_ms, number(value)),
        "reboot_delay_ms" => put(&mut reboot_delay_ms, number(value)),
        _ => false,
    }));
    Some(IbootOptions {
        max_retry: max_retry.filter(|_| whole)?,
        retry_interval_ms: retry_interval_ms?,
        reboot_delay_ms: reboot_delay_ms?,
    })
}

fn wol(value: &mut dyn Read, place: &mut Option<Target>) -> bool {
    let (mut host, mut port_number, mut transport, mut interface) = (None, None, None, None);
    let (mut password, mut repeat, mut macs) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "host" => put(&mut host, text(value).and_then(|text| address::ip(&text))),
        "port" => put(&mut port_number, port(value)),
        "transport" => put(&mut transport, text(value).and_then(|name| Transport::from_name(&name))),
        "interface" => put(&mut interface, self::interface(value)),
        "password" => put(&mut password, secure_on(value)),
        "repeat" => put(&mut repeat, byte(value).and_then(NonZeroU8::new)),
        "ports" => put(&mut macs, ports(value)),
        _ => false,
    }));
    let (Some(host), Some(port), Some(transport), true) = (host, port_number, transport, whole) else { return false };
    let (Some(repeat), Some(ports)) = (repeat, macs) else { return false };
    let (interface, password) = (interface.flatten(), password.flatten());
    let target = WolTarget { host, port, transport, interface, password, repeat, ports };
    let sound = target.is_sound();
    *place = Some(Target::Wol(target));
    sound
}

fn interface(value: &mut dyn Read) -> Option<Option<InterfaceName>> {
    match optional_text(value)? {
        None => Some(None),
        Some(name) => name.parse().ok().map(Some),
    }
}

/// Passwords go straight to where they are wiped again.
fn secret(value: &mut dyn Read) -> Option<Secret<NAME_LEN>> {
    let mut secret = None;
    value.read(Want::Text(&mut |text| put(&mut secret, Secret::new(text).ok()))).then_some(())?;
    secret
}

fn secure_on(value: &mut dyn Read) -> Option<Option<SecureOn>> {
    let mut password = None;
    let whole = value.read(Want::OptionalText(&mut |text| {
        let Some(text) = text else { return true };
        let mut bytes = [0; 6];
        let octets = octets(text, &mut bytes).and_then(|len| bytes.get(..len));
        put(&mut password, octets.and_then(|octets| SecureOn::from_octets(octets).ok()))
    }));
    whole.then_some(password)
}

fn mac(value: &mut dyn Read) -> Option<Mac> {
    let mut mac = [0; 6];
    (octets(&text(value)?, &mut mac)? == 6).then_some(())?;
    Mac::of_station(mac).ok()
}

fn ports(value: &mut dyn Read) -> Option<Ports> {
    let mut macs = heapless::Vec::<Mac, MAX_PORTS>::new();
    let whole = value.read(Want::List(&mut |place| mac(place).is_some_and(|mac| macs.push(mac).is_ok())));
    whole.then_some(())?;
    Ports::new(&macs).ok()
}
