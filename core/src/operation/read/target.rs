//! Which device.

use core::num::{NonZeroU8, NonZeroU16};

use super::{Read, Want, number, octets, optional_text, put, text};
use crate::dxp::{Credentials, Dialect, NAME_LEN, RelayBase, RelayId, StateCodes};
use crate::operation::{HardwareType, IbootOptions, IbootTarget, Ports, Target, Transport, WolTarget, address};
use crate::secret::Secret;
use crate::wol::{MAX_PORTS, Mac, SecureOn};

/// `{"staging-iboot":{…}}` or `{"staging-wol":{…}}`.
pub(super) fn target(value: &mut dyn Read) -> Option<Target> {
    let mut target = None;
    let whole = value.read(Want::Object(&mut |name, value| {
        let read = match name {
            _ if name == HardwareType::StagingIboot.as_str() => iboot(value).map(Target::Iboot),
            _ if name == HardwareType::StagingWol.as_str() => wol(value).map(Target::Wol),
            _ => None,
        };
        put(&mut target, read)
    }));
    target.filter(|_| whole)
}

fn port(number: u32) -> Option<NonZeroU16> {
    NonZeroU16::new(u16::try_from(number).ok()?)
}

fn relay(number: u32) -> Option<RelayId> {
    RelayId::new(u8::try_from(number).ok()?)
}

fn iboot(value: &mut dyn Read) -> Option<IbootTarget> {
    let (mut address, mut port_number, mut credentials, mut relay_id) = (None, None, None, None);
    let (mut relay_count, mut dialect, mut options) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "address" => text(value, &mut address, |text| text.parse().ok()),
        "port" => number(value, &mut port_number, port),
        "credentials" => put(&mut credentials, self::credentials(value)),
        "relay" => number(value, &mut relay_id, relay),
        "relay_count" => {
            let mut number = None;
            let read = value.read(Want::OptionalNumber(&mut number));
            read && put(&mut relay_count, number.map_or(Some(None), |number| relay(number).map(Some)))
        }
        "dialect" => put(&mut dialect, self::dialect(value)),
        "options" => put(&mut options, self::options(value)),
        _ => false,
    }));
    let target = IbootTarget {
        address: address.filter(|_| whole)?,
        port: port_number?,
        credentials: credentials?,
        relay: relay_id?,
        relay_count: relay_count.flatten(),
        dialect: dialect?,
        options: options?,
    };
    Some(target).filter(IbootTarget::is_sound)
}

fn credentials(value: &mut dyn Read) -> Option<Credentials> {
    let (mut user, mut password) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "user" => text(value, &mut user, |text| heapless::String::<NAME_LEN>::try_from(text).ok()),
        "password" => text(value, &mut password, |text| Secret::<NAME_LEN>::new(text).ok()),
        _ => false,
    }));
    Credentials::new(&user.filter(|_| whole)?, password?.reveal()).ok()
}

fn dialect(value: &mut dyn Read) -> Option<Dialect> {
    let (mut base, mut codes) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "base" => text(value, &mut base, |text| match text {
            "zero" => Some(RelayBase::Zero),
            "one" => Some(RelayBase::One),
            _ => None,
        }),
        "codes" => text(value, &mut codes, StateCodes::from_name),
        _ => false,
    }));
    Some(Dialect { base: base.filter(|_| whole)?, codes: codes? })
}

fn options(value: &mut dyn Read) -> Option<IbootOptions> {
    let (mut max_retry, mut retry_interval_ms, mut reboot_delay_ms) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "max_retry" => number(value, &mut max_retry, |number| u8::try_from(number).ok()),
        "retry_interval_ms" => number(value, &mut retry_interval_ms, Some),
        "reboot_delay_ms" => number(value, &mut reboot_delay_ms, Some),
        _ => false,
    }));
    Some(IbootOptions {
        max_retry: max_retry.filter(|_| whole)?,
        retry_interval_ms: retry_interval_ms?,
        reboot_delay_ms: reboot_delay_ms?,
    })
}

fn wol(value: &mut dyn Read) -> Option<WolTarget> {
    let (mut host, mut port_number, mut transport, mut interface) = (None, None, None, None);
    let (mut password, mut repeat, mut macs) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "host" => text(value, &mut host, address::ip),
        "port" => number(value, &mut port_number, port),
        "transport" => text(value, &mut transport, Transport::from_name),
        "interface" => optional_text(value, &mut interface, |text| text.parse().ok()),
        "password" => optional_text(value, &mut password, secure_on),
        "repeat" => number(value, &mut repeat, |number| NonZeroU8::new(u8::try_from(number).ok()?)),
        "ports" => put(&mut macs, ports(value)),
        _ => false,
    }));
    let target = WolTarget {
        host: host.filter(|_| whole)?,
        port: port_number?,
        transport: transport?,
        interface: interface.flatten(),
        password: password.flatten(),
        repeat: repeat?,
        ports: macs?,
    };
    Some(target).filter(WolTarget::is_sound)
}

fn secure_on(text: &str) -> Option<SecureOn> {
    let mut password = [0; 6];
    let len = octets(text, &mut password)?;
    SecureOn::from_octets(password.get(..len)?).ok()
}

fn ports(value: &mut dyn Read) -> Option<Ports> {
    let mut macs = heapless::Vec::<Mac, MAX_PORTS>::new();
    let whole = value.read(Want::List(&mut |place| {
        let mut mac = None;
        text(place, &mut mac, |text| {
            let mut mac = [0; 6];
            (octets(text, &mut mac)? == 6).then_some(())?;
            Mac::of_station(mac).ok()
        }) && mac.is_some_and(|mac| macs.push(mac).is_ok())
    }));
    whole.then_some(())?;
    Ports::new(&macs).ok()
}
