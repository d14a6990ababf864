//! Wake-on-LAN as an operation (drivers.md, staging-wol).

use core::time::Duration;

use super::{Begin, too_short};
use crate::exchange::{Exchange, Input, Next, Step};
use crate::operation::{Action, Error, HardwareType, Outcome, PowerState, PowerTarget, WolTarget};
use crate::time::Instant;
use crate::wol::{NotSent, Wake, WakeError};

/// What there is to do.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// Sends the target's magic packets.
    Wake(Wake),
    /// Nothing: such a machine cannot be asked, nor switched off. Whoever asked for that is told so by the host.
    Known(Outcome),
}

impl Begin<WolTarget> for Engine {
    fn begin(target: &WolTarget, action: &Action, timeout: Duration) -> Result<Self, Error> {
        match action {
            Action::GetPower => Ok(Self::Known(Outcome::Stored(None))),
            Action::SetPower(PowerTarget::Off) => Ok(Self::Known(Outcome::Stored(Some(PowerState::Off)))),
            Action::SetPower(PowerTarget::On | PowerTarget::Reboot) => {
                let macs = target.ports.clone().into();
                let wake = Wake::new(macs, target.password.clone(), target.repeat.get(), timeout);
                // Repeats that no time is left for would be missed without a word.
                let least_ms = wake.least_ms();
                if too_short(timeout, least_ms) {
                    return Err(Error::TimeoutTooShort { least_ms });
                }
                Ok(Self::Wake(wake))
            }
            _ => Err(Error::Unsupported { hardware: HardwareType::StagingWol, action: action.name() }),
        }
    }
}

impl Engine {
    pub(super) const fn doing(&self) -> &'static str {
        match self {
            Self::Wake(wake) => wake.doing(),
            Self::Known(_) => "nothing to do",
        }
    }
}

impl Exchange for Engine {
    type Output = Outcome;
    type Error = Error;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Outcome>, Error> {
        match self {
            Self::Wake(wake) => {
                let Step { used, next } = wake.step(now, input, tx)?;
                Ok(Step { used, next: next.map(|_| Outcome::Stored(Some(PowerState::On))) })
            }
            Self::Known(outcome) => Ok(Step::new(Next::Done(*outcome))),
        }
    }
}

impl From<WakeError> for Error {
    fn from(error: WakeError) -> Self {
        match error {
            WakeError::NotSent(NotSent { macs, cause, sent }) => Self::NotWoken { macs, cause, sent },
            WakeError::Full(full) => full.into(),
            WakeError::OutOfTurn => Self::OutOfTurn,
        }
    }
}
