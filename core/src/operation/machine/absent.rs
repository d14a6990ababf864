//! What stands for an engine that this build does not have: a type without a value.

use core::convert::Infallible;
use core::time::Duration;

use super::Begin;
use crate::exchange::{Exchange, Input, Step};
use crate::operation::{Action, Error, HardwareType, IbootTarget, Outcome, WolTarget};
use crate::time::Instant;

/// There is none.
#[derive(Clone, Debug)]
pub(super) struct Absent(Infallible);

impl Absent {
    pub(super) const fn doing(&self) -> &'static str {
        match self.0 {}
    }
}

impl Begin<IbootTarget> for Absent {
    fn begin(_: &IbootTarget, _: &Action, _: Duration) -> Result<Self, Error> {
        Err(Error::NotInThisBuild(HardwareType::StagingIboot))
    }
}

impl Begin<WolTarget> for Absent {
    fn begin(_: &WolTarget, _: &Action, _: Duration) -> Result<Self, Error> {
        Err(Error::NotInThisBuild(HardwareType::StagingWol))
    }
}

impl Exchange for Absent {
    type Output = Outcome;
    type Error = Error;

    fn step(&mut self, _: Instant, _: Input<'_>, _: &mut [u8]) -> Result<Step<Outcome>, Error> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use crate::operation::{Action, Error, HardwareType, Memory, Operation, PowerTarget, Target, Value};

    /// Every action, also those that need no network: a relay must not say "power off" of a machine that it knows nothing of.
    #[test]
    fn a_protocol_left_out_is_not_in_this_build() {
        let info = [
            ("iboot_address", Value::Str("pdu")),
            ("iboot_username", Value::Str("u")),
            ("iboot_password", Value::Str("p")),
            ("amt_address", Value::Str("vpro")),
            ("amt_username", Value::Str("u")),
            ("amt_password", Value::Str("p")),
        ];
        let port = ["02:00:00:00:00:01"];
        for hardware in [HardwareType::StagingWol, HardwareType::StagingIboot, HardwareType::StagingAmt] {
            let here = match hardware {
                HardwareType::StagingAmt => cfg!(feature = "amt"),
                HardwareType::StagingWol => cfg!(feature = "wol"),
                _ => cfg!(feature = "dxp"),
            };
            let target = Target::new(hardware, info.into_iter(), port.into_iter());
            if hardware == HardwareType::StagingAmt && !here {
                assert_eq!(target.err(), Some(Error::NotInThisBuild(hardware)));
                continue;
            }
            let target = target.unwrap();
            for action in [Action::GetPower, Action::SetPower(PowerTarget::Off), Action::SetPower(PowerTarget::On)] {
                let made = Operation::new(&target, &action, Duration::from_secs(9), &Memory::Nothing, &[0; 32]);
                assert_eq!(made.err(), (!here).then_some(Error::NotInThisBuild(hardware)));
            }
        }
    }
}
