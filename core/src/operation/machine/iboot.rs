//! The iBoot as an operation (drivers.md, staging-iboot).

use core::time::Duration;

use super::{Begin, too_short};
use crate::dxp::{
    self, DxpError, Failure, Limits, Pulse, Read, Reboot, RelayChange, RelayChanges, Retry, Switch, Task, TaskDone,
};
use crate::exchange::{Exchange, Input, Step};
use crate::operation::{Action, Error, HardwareType, IbootTarget, Outcome, PowerState, PowerTarget};
use crate::time::Instant;

/// Speaks DxP to the target.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    engine: dxp::Engine<Task>,
    /// What it means when all relays read as they shall be.
    reached: Outcome,
}

fn unsupported(action: &Action) -> Error {
    Error::Unsupported { hardware: HardwareType::StagingIboot, action: action.name() }
}

impl Begin<IbootTarget> for Engine {
    fn begin(target: &IbootTarget, action: &Action, timeout: Duration) -> Result<Self, Error> {
        let (relay, options) = (target.relay, target.options);
        let retry = Retry { max_retry: options.max_retry, interval: options.retry_interval() };
        let switch = |on| Task::Switch(Switch::new(RelayChanges::one(relay, on), retry));
        let (task, reached) = match action {
            Action::GetPower => (Task::Read(Read::new(relay, retry)), Outcome::Switched),
            Action::SetPower(PowerTarget::On) => (switch(true), Outcome::Power(PowerState::On)),
            Action::SetPower(PowerTarget::Off) => (switch(false), Outcome::Power(PowerState::Off)),
            Action::SetPower(PowerTarget::Reboot) => {
                // Nobody would be left to switch it on again.
                let least_ms = Reboot::least_ms(options.reboot_delay_ms);
                if too_short(timeout, least_ms) {
                    return Err(Error::TimeoutTooShort { least_ms });
                }
                (Task::Reboot(Reboot::new(relay, options.reboot_delay(), retry)), Outcome::Power(PowerState::On))
            }
            Action::PulseRelay { on, seconds } => {
                (Task::Pulse(Pulse::new(RelayChange { relay, on: *on }, seconds.get(), retry)), Outcome::Switched)
            }
            // The read-back shows so many relays and no more.
            Action::SwitchRelays(changes) if target.relay_count.is_some_and(|count| changes.highest() > count) => {
                return Err(target.count_too_small());
            }
            Action::SwitchRelays(changes) => (Task::Switch(Switch::new(changes.clone(), retry)), Outcome::Switched),
            Action::SetPower(PowerTarget::SoftOff | PowerTarget::SoftReboot)
            | Action::StartFrom { .. }
            | Action::Disarm
            | Action::Describe => return Err(unsupported(action)),
            #[cfg(feature = "ipmi")]
            Action::GetBootDevice | Action::SetBootDevice { .. } | Action::NodeManager(_) | Action::Raw(_) => {
                return Err(unsupported(action));
            }
        };
        let (credentials, count) = (target.credentials.clone(), target.relay_count);
        let engine = dxp::Engine::new(task, credentials, target.dialect, count, Limits::default(), timeout);
        Ok(Self { engine, reached })
    }
}

impl Engine {
    pub(super) fn doing(&self) -> &'static str {
        self.engine.doing()
    }
}

const fn outcome(done: TaskDone, reached: Outcome) -> Outcome {
    match done {
        TaskDone::Read(on) => Outcome::Power(PowerState::from_on(on)),
        TaskDone::Pulsed(seen) => Outcome::Pulsed(seen),
        TaskDone::Rebooted | TaskDone::Switched => reached,
    }
}

impl Exchange for Engine {
    type Output = Outcome;
    type Error = Error;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Outcome>, Error> {
        let Step { used, next } = self.engine.step(now, input, tx)?;
        Ok(Step { used, next: next.map(|done| outcome(done, self.reached)) })
    }
}

impl From<DxpError<Failure>> for Error {
    fn from(error: DxpError<Failure>) -> Self {
        match error {
            DxpError::Failed { why, fault, contact, out_of_time } => {
                Self::Iboot { failure: why, fault, contact, out_of_time }
            }
            DxpError::Full(full) => full.into(),
            DxpError::OutOfTurn => Self::OutOfTurn,
        }
    }
}
