//! A BMC, and Node Manager behind it, as an operation (drivers.md, "ipmi, and staging-nm").

use core::time::Duration;

use super::too_short;
use crate::exchange::{Exchange, Input, Step};
use crate::ipmi::{
    self, Bmc, Bridge, CipherSuite, Goal, IpmiError, IpmiFailure, IpmiTask, IpmiTaskDone, Raw, ReadBoot, ReadPower,
    Route, SetBoot, SetPower,
};
use crate::nm::Call;
use crate::operation::{
    Action, Error, HardwareType, IpmiMemory, IpmiTarget, Memory, Outcome, PowerState, PowerTarget, Seed,
};
use crate::time::Instant;

/// Speaks IPMI to the target.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    engine: ipmi::Engine<IpmiTask>,
    /// What is reached when the goal is.
    reached: PowerState,
    /// Where Node Manager is, as far as is known.
    node_manager: Option<Bridge>,
}

/// The dialog that reaches `target`, and what is reached then.
fn power(target: PowerTarget, timeout: Duration) -> Result<(IpmiTask, PowerState), Error> {
    let (goal, state) = match target {
        PowerTarget::On => (Goal::On, PowerState::On),
        PowerTarget::Off => (Goal::Off, PowerState::Off),
        PowerTarget::Reboot => (Goal::Reboot, PowerState::On),
        PowerTarget::SoftOff => (Goal::SoftOff, PowerState::Off),
        PowerTarget::SoftReboot => (Goal::SoftReboot, PowerState::On),
    };
    let least_ms = SetPower::least_ms();
    // Nobody would be left to switch it on again.
    if matches!(goal, Goal::Reboot | Goal::SoftReboot) && too_short(timeout, least_ms) {
        return Err(Error::TimeoutTooShort { least_ms });
    }
    // The operating system takes its time: all that there is.
    let soft_wait_ms = u32::try_from(Instant::ZERO.after(timeout).as_millis()).unwrap_or(u32::MAX);
    Ok((IpmiTask::SetPower(SetPower::new(goal, soft_wait_ms)), state))
}

impl Engine {
    pub(super) fn begin(
        hardware: HardwareType,
        target: &IpmiTarget,
        action: &Action,
        timeout: Duration,
        memory: &Memory,
        seed: &Seed,
    ) -> Result<Self, Error> {
        let memory = if let Memory::Ipmi(memory) = memory { *memory } else { IpmiMemory::default() };
        let mut reached = PowerState::Off;
        let task = match action {
            Action::GetPower => IpmiTask::ReadPower(ReadPower),
            Action::SetPower(target) => {
                let (task, state) = power(*target, timeout)?;
                reached = state;
                task
            }
            Action::GetBootDevice => IpmiTask::ReadBoot(ReadBoot),
            Action::SetBootDevice { device, persistent, efi } => {
                IpmiTask::SetBoot(SetBoot::new(*device, *persistent, *efi))
            }
            Action::Raw(request) => IpmiTask::Raw(Raw::new(request.clone())),
            Action::NodeManager(request) if hardware == HardwareType::StagingNm => {
                IpmiTask::Nm(Call::new(*request, memory.node_manager))
            }
            _ => return Err(Error::Unsupported { hardware, action: action.name() }),
        };
        let bmc = Bmc {
            account: target.account.clone(),
            suite: target.cipher_suite.and_then(CipherSuite::by_id),
            route: Route { via: target.bridge, local_address: target.local_address },
        };
        let engine = ipmi::Engine::new(task, bmc, memory.cipher_suite, seed, timeout);
        Ok(Self { engine, reached, node_manager: memory.node_manager })
    }

    pub(super) fn doing(&self) -> &'static str {
        self.engine.doing()
    }

    pub(super) const fn memory(&self) -> Memory {
        let node_manager = match self.engine.dialog() {
            IpmiTask::Nm(call) => call.place(),
            _ => self.node_manager,
        };
        Memory::Ipmi(IpmiMemory { cipher_suite: self.engine.suite(), node_manager })
    }

    const fn outcome(&self, done: IpmiTaskDone) -> Outcome {
        match done {
            IpmiTaskDone::Boot(setting) => Outcome::BootDevice(setting),
            IpmiTaskDone::Called(called) => Outcome::NodeManager(called.response),
            IpmiTaskDone::Raw(answer) => Outcome::Raw(answer),
            IpmiTaskDone::Read(on) => Outcome::Power(PowerState::from_on(on)),
            IpmiTaskDone::Reached => Outcome::Power(self.reached),
        }
    }
}

impl Exchange for Engine {
    type Output = Outcome;
    type Error = Error;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Outcome>, Error> {
        let Step { used, next } = self.engine.step(now, input, tx)?;
        Ok(Step { used, next: next.map(|done| self.outcome(done)) })
    }
}

impl From<IpmiError<IpmiFailure>> for Error {
    fn from(error: IpmiError<IpmiFailure>) -> Self {
        match error {
            IpmiError::Failed { end, trouble, contact, out_of_time } => {
                Self::Ipmi { failure: end, trouble, contact, out_of_time }
            }
            IpmiError::Full(full) => full.into(),
            IpmiError::OutOfTurn => Self::OutOfTurn,
        }
    }
}
