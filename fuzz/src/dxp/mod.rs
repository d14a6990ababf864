//! DxP, the protocol of the iBoot.

mod device;
mod engine;
mod judge;
mod pair;
mod tap;
mod wire;

use std::time::Duration;

use rackhand_core::dxp::{
    Credentials, Dialect, Engine, Failure, Limits, Pulse, Read, Reading, Reboot, RelayBase, RelayChange, RelayChanges,
    RelayId, Retry, StateCodes, Switch, Task,
};

pub use device::dxp_device;
pub use engine::dxp_engine;
pub use pair::dxp_pair;
pub(crate) use pair::fault;
pub use tap::dxp_tap;
pub use wire::{dxp_hello, dxp_request};

use crate::script::Script;

/// Who asks, wherever the bytes do not decide that.
fn credentials() -> Credentials {
    Credentials::new("admin", "secret").expect("both are short")
}

fn relay(script: &mut Script<'_>) -> RelayId {
    // Mostly one of the first: that is where devices and clients meet.
    let number = match script.u8() {
        byte @ 0..=223 => byte % 4,
        byte => byte % 32,
    };
    RelayId::new(1 + number).expect("1 to 32")
}

/// What an operation is to reach.
#[derive(Clone, Debug)]
enum Goal {
    Pulse(RelayChange, u16),
    Read(RelayId),
    Reboot(RelayId, Duration),
    Switch(RelayChanges),
}

impl Goal {
    fn decode(script: &mut Script<'_>) -> Self {
        let kind = script.below(5);
        let first = relay(script);
        match kind {
            0 => Self::Read(first),
            1 => Self::Switch(RelayChanges::one(first, script.bool())),
            2 => {
                let mut list: Vec<RelayChange> = Vec::new();
                for _ in 0..script.u8() {
                    let change = RelayChange { relay: relay(script), on: script.bool() };
                    if list.iter().all(|before| before.relay != change.relay) {
                        list.push(change);
                    }
                }
                Self::Switch(RelayChanges::new(&list).unwrap_or_else(|_| RelayChanges::one(first, true)))
            }
            3 => Self::Reboot(first, Duration::from_millis(u64::from(script.u8()) * 100)),
            _ => Self::Pulse(RelayChange { relay: first, on: script.bool() }, script.u16()),
        }
    }

    /// The relay with the highest number that it needs to see.
    fn highest(&self) -> RelayId {
        match self {
            Self::Pulse(change, _) => change.relay,
            Self::Read(relay) | Self::Reboot(relay, _) => *relay,
            Self::Switch(changes) => changes.highest(),
        }
    }
}

/// An operation on an iBoot, chosen by the bytes.
#[derive(Clone, Debug)]
struct Job {
    goal: Goal,
    retry: Retry,
    dialect: Dialect,
    relay_count: Option<RelayId>,
    timeout: Duration,
}

impl Job {
    fn decode(script: &mut Script<'_>) -> Self {
        let goal = Goal::decode(script);
        let knobs = script.u8();
        Self {
            goal,
            retry: Retry {
                max_retry: script.pick(&[3, 0, 1, 2, 8]),
                interval: Duration::from_millis(script.pick(&[1000, 0, 1, 20_000])),
            },
            dialect: Dialect {
                base: if knobs & 1 == 0 { RelayBase::One } else { RelayBase::Zero },
                codes: if knobs & 2 == 0 { StateCodes::Boot } else { StateCodes::Manual },
            },
            relay_count: if knobs & 4 == 0 { None } else { Some(relay(script)) },
            timeout: Duration::from_millis(script.pick(&[60_000, 0, 1, 5_000, 15_000, 200_000])),
        }
    }

    fn engine(&self) -> Engine<Task> {
        let task = match self.goal.clone() {
            Goal::Pulse(change, seconds) => Task::Pulse(Pulse::new(change, seconds, self.retry)),
            Goal::Read(relay) => Task::Read(Read::new(relay, self.retry)),
            Goal::Reboot(relay, delay) => Task::Reboot(Reboot::new(relay, delay, self.retry)),
            Goal::Switch(changes) => Task::Switch(Switch::new(changes, self.retry)),
        };
        Engine::new(task, credentials(), self.dialect, self.relay_count, Limits::default(), self.timeout)
    }
}

/// What a failure says it saw of a relay: which one, and what.
const fn seen_by(failure: Failure) -> Option<(RelayId, Reading)> {
    match failure {
        Failure::NotReached { relay, seen, .. }
        | Failure::NeverOff { relay, seen, .. }
        | Failure::NotOnAgain { relay, seen, .. }
        | Failure::Unanswered { relay, seen } => Some((relay, seen)),
        Failure::NoContact | Failure::Refused | Failure::UnknownState(_) => None,
    }
}
