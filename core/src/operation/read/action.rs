//! What to do.

use core::num::NonZeroU16;

use heapless::Vec;

use super::{Read, Want, byte, flag, number, put, text};
use crate::dxp::{MAX_RELAYS, RelayChange, RelayChanges, RelayId};
#[cfg(feature = "amt")]
use crate::operation::BootDevice;
use crate::operation::{Action, PowerTarget};

/// `"get_power"`, `{"set_power":"power on"}`, `{"pulse_relay":{"on":true,"seconds":5}}`,
/// `{"switch_relays":[[1,true],[2,false]]}`, `{"start_from":{"boot":"pxe","target":"power on"}}`, `"disarm"`, `"describe"`,
/// `"get_boot_device"`, `{"set_boot_device":{…}}`, `{"node_manager":{…}}`, `{"raw":{…}}`.
pub(super) fn action(value: &mut dyn Read) -> Option<Action> {
    let mut action = None;
    let whole = value.read(Want::Variant(&mut |name, value| {
        action = match name {
            "get_power" => value.read(Want::Unit).then_some(Action::GetPower),
            "set_power" => set_power(value),
            "pulse_relay" => pulse(value),
            "switch_relays" => changes(value),
            #[cfg(feature = "amt")]
            "start_from" => start_from(value),
            #[cfg(feature = "amt")]
            "disarm" => value.read(Want::Unit).then_some(Action::Disarm),
            #[cfg(feature = "amt")]
            "describe" => value.read(Want::Unit).then_some(Action::Describe),
            #[cfg(feature = "ipmi")]
            "get_boot_device" => value.read(Want::Unit).then_some(Action::GetBootDevice),
            #[cfg(feature = "ipmi")]
            "set_boot_device" => super::ipmi::set_boot_device(value),
            #[cfg(feature = "ipmi")]
            "node_manager" => super::ipmi::node_manager(value),
            #[cfg(feature = "ipmi")]
            "raw" => super::ipmi::raw(value),
            _ => None,
        };
        action.is_some()
    }));
    action.filter(|_| whole)
}

fn set_power(value: &mut dyn Read) -> Option<Action> {
    power_target(value).map(Action::SetPower)
}

fn power_target(value: &mut dyn Read) -> Option<PowerTarget> {
    let name = text(value)?;
    PowerTarget::ALL.into_iter().find(|target| target.as_str() == name)
}

#[cfg(feature = "amt")]
fn start_from(value: &mut dyn Read) -> Option<Action> {
    let (mut boot, mut target) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "boot" => put(&mut boot, text(value).and_then(|name| BootDevice::from_name(&name))),
        "target" => put(&mut target, power_target(value)),
        _ => false,
    }));
    Some(Action::StartFrom { boot: boot.filter(|_| whole)?, target: target? })
}

fn pulse(value: &mut dyn Read) -> Option<Action> {
    let (mut on, mut seconds) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "on" => put(&mut on, flag(value)),
        "seconds" => put(&mut seconds, number(value).and_then(|number| NonZeroU16::new(u16::try_from(number).ok()?))),
        _ => false,
    }));
    Some(Action::PulseRelay { on: on.filter(|_| whole)?, seconds: seconds? })
}

fn changes(value: &mut dyn Read) -> Option<Action> {
    let mut list = Vec::<RelayChange, MAX_RELAYS>::new();
    let whole = value.read(Want::List(&mut |place| change(place).is_some_and(|change| list.push(change).is_ok())));
    whole.then_some(())?;
    RelayChanges::new(&list).ok().map(Action::SwitchRelays)
}

/// `[1,true]`.
fn change(value: &mut dyn Read) -> Option<RelayChange> {
    let (mut relay, mut on) = (None, None);
    let whole = value.read(Want::List(&mut |place| {
        if relay.is_none() { put(&mut relay, byte(place).and_then(RelayId::new)) } else { put(&mut on, flag(place)) }
    }));
    Some(RelayChange { relay: relay.filter(|_| whole)?, on: on? })
}
