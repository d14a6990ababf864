//! Intel AMT as an operation (drivers.md, staging-amt).

use core::time::Duration;

use super::too_short;
use crate::amt::{
    self, AmtEnd, AmtError, AmtMemory, AmtOptions, AmtTask, AmtTaskDone, BootSource, Describe, Device, Disarm, Goal,
    Limits, PowerMeaning, PowerStatus, ReadPower, SetPower,
};
use crate::exchange::{Exchange, Input, Step};
use crate::operation::{
    Action, AmtTarget, AmtTransport, BootDevice, Error, HardwareType, Memory, Outcome, PowerState, PowerTarget, Seed,
};
use crate::time::Instant;

/// Speaks WS-Management to the target.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    engine: amt::Engine<AmtTask>,
    /// What is reached when the goal is, and whether that was to be from a boot device.
    reached: (PowerState, bool),
}

const fn source(boot: BootDevice) -> Option<BootSource> {
    match boot {
        BootDevice::Bios => Some(BootSource::Bios),
        BootDevice::Cdrom => Some(BootSource::Cdrom),
        BootDevice::Disk => Some(BootSource::Disk),
        BootDevice::Pxe => Some(BootSource::Pxe),
        BootDevice::Safe => None,
    }
}

/// The dialog that reaches `target`, and what is reached then.
fn power(
    target: PowerTarget,
    boot: Option<BootSource>,
    options: AmtOptions,
    timeout: Duration,
) -> Result<(AmtTask, PowerState), Error> {
    let (goal, state) = match target {
        PowerTarget::On => (Goal::On, PowerState::On),
        PowerTarget::Off => (Goal::Off, PowerState::Off),
        PowerTarget::Reboot => (Goal::Reboot, PowerState::On),
        PowerTarget::SoftOff => (Goal::SoftOff, PowerState::Off),
        PowerTarget::SoftReboot => (Goal::SoftReboot, PowerState::On),
    };
    let mut options = options;
    if goal == Goal::Reboot {
        // Nobody would be left to switch it on again.
        let least_ms = SetPower::least_ms(options);
        if too_short(timeout, least_ms) {
            return Err(Error::TimeoutTooShort { least_ms });
        }
    }
    if matches!(goal, Goal::SoftOff | Goal::SoftReboot) {
        // The operating system takes its time: all that there is.
        let millis = Instant::ZERO.after(timeout).as_millis();
        options.action_wait_ms = u32::try_from(millis).unwrap_or(u32::MAX);
    }
    Ok((AmtTask::SetPower(SetPower::new(goal, boot, options)), state))
}

impl Engine {
    pub(super) fn begin(
        target: &AmtTarget,
        action: &Action,
        timeout: Duration,
        memory: &Memory,
        seed: &Seed,
    ) -> Result<Self, Error> {
        let options = target.options;
        let unsupported = || Error::Unsupported { hardware: HardwareType::StagingAmt, action: action.name() };
        let nothing = (PowerState::Off, false);
        let (task, reached) = match action {
            Action::GetPower => (AmtTask::ReadPower(ReadPower::new(options)), nothing),
            Action::SetPower(target) => {
                let (task, state) = power(*target, None, options, timeout)?;
                (task, (state, false))
            }
            Action::StartFrom { boot, target } => {
                let boot = source(*boot).ok_or_else(unsupported)?;
                let (task, state) = power(*target, Some(boot), options, timeout)?;
                (task, (state, true))
            }
            Action::Disarm => (AmtTask::Disarm(Disarm::new(options)), nothing),
            Action::Describe => (AmtTask::Describe(Describe::new()), nothing),
            _ => return Err(unsupported()),
        };
        let device = Device {
            host: target.address.clone(),
            port: target.port.get(),
            credentials: target.credentials.clone(),
            awake_interval_ms: options.awake_interval_ms,
        };
        let memory = match memory {
            Memory::Amt(memory) => memory.clone(),
            _ => AmtMemory::NOTHING,
        };
        let nonce = seed.first_chunk().copied().unwrap_or_default();
        let mut limits = Limits::default();
        if matches!(target.transport, AmtTransport::Https(_)) {
            // A handshake belongs to connecting, and firmware that has just woken takes its time for it.
            limits.waking_try_ms = limits.connect_ms;
        }
        Ok(Self { engine: amt::Engine::new(task, device, limits, memory, nonce, timeout), reached })
    }

    pub(super) fn doing(&self) -> &'static str {
        self.engine.doing()
    }

    pub(super) const fn keeps_link(&self) -> bool {
        self.engine.keeps_link()
    }

    pub(super) fn memory(&self) -> Memory {
        Memory::Amt(self.engine.memory())
    }
}

/// On or off: one that sleeps is on.
const fn state(status: PowerStatus) -> Option<PowerState> {
    match PowerMeaning::of(status.state) {
        PowerMeaning::On | PowerMeaning::Asleep => Some(PowerState::On),
        PowerMeaning::Off => Some(PowerState::Off),
        PowerMeaning::Changing | PowerMeaning::Strange => None,
    }
}

fn outcome(done: AmtTaskDone, (reached, from_device): (PowerState, bool)) -> Outcome {
    match done {
        AmtTaskDone::Read(status) => state(status).map_or(Outcome::Changing, Outcome::Power),
        AmtTaskDone::Powered(done) if from_device => {
            Outcome::Started { state: reached, boot_device_used: done.boot_device_used, left_armed: done.left_armed }
        }
        AmtTaskDone::Powered(_) => Outcome::Power(reached),
        AmtTaskDone::Disarmed => Outcome::Disarmed,
        AmtTaskDone::Described(info) => Outcome::Described(info),
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

impl From<AmtError<AmtEnd>> for Error {
    fn from(error: AmtError<AmtEnd>) -> Self {
        match error {
            AmtError::Failed { end, trouble, contact, out_of_time } => {
                let AmtEnd { failure, boot_device_used, left_armed } = end;
                Self::Amt { failure, trouble, contact, out_of_time, boot_device_used, left_armed }
            }
            AmtError::Full(full) => full.into(),
            AmtError::OutOfTurn => Self::OutOfTurn,
        }
    }
}
