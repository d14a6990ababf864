//! Targets, orders, answers and whole operations.

mod host;
mod json;
mod run;
mod target;

use rackhand_core::dxp::{RelayChange, RelayChanges, RelayId};
use rackhand_core::ipmi::{Bridge, RawRequest};
use rackhand_core::nm::{Domain, PolicyId, Request};
use rackhand_core::operation::{Action, BootDevice, PowerTarget};

pub use host::host_text;
pub use json::{operation_answer_json, operation_order_json};
pub use run::operation_run;
pub use target::operation_target;

/// One action of every kind, the longest list of relays among them.
fn actions() -> Vec<Action> {
    let change = |number| Some(RelayChange { relay: RelayId::new(number)?, on: number % 2 == 0 });
    let all: Vec<_> = (1..=32).rev().filter_map(change).collect();
    let powers =
        [PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot, PowerTarget::SoftOff, PowerTarget::SoftReboot];
    let mut actions = vec![
        Action::GetPower,
        Action::PulseRelay { on: false, seconds: std::num::NonZeroU16::MAX },
        Action::SwitchRelays(RelayChanges::new(&all).expect("no relay comes twice")),
    ];
    actions.extend(powers.map(Action::SetPower));
    actions.extend(BootDevice::ALL.map(|boot| Action::StartFrom { boot, target: PowerTarget::On }));
    actions.extend([Action::Disarm, Action::Describe, Action::GetBootDevice]);
    for (device, efi) in BootDevice::ALL.into_iter().zip([None, Some(true), Some(false)].into_iter().cycle()) {
        actions.push(Action::SetBootDevice { device, persistent: efi.is_some(), efi });
    }
    let bridge = Some(Bridge { channel: 15, address: 0xFF });
    let data = std::iter::repeat_n(0xFF, 64).collect();
    actions.push(Action::Raw(RawRequest { netfn: 62, command: 0xFF, bridge, data }));
    let policy = PolicyId { domain: Domain::Cpu, number: 255 };
    actions.extend([Request::GetVersion, Request::RemovePolicy(policy)].map(Action::NodeManager));
    actions
}
