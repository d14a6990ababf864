//! A whole operation, as a relay runs it.

use std::time::Duration;

use rackhand_core::operation::{
    Action, Answer, Error, ErrorKind, JSON_LEN, Order, Outcome, PowerState, PowerTarget, RX_LEN, TX_LEN, Target,
};

use crate::runner::{self, Blind, Setting};
use crate::script::Script;

/// [`Operation`](rackhand_core::operation::Operation) from an order in JSON, up to the first line's end, on a network that does
/// what the bytes behind it want, or on a runner without any order.
///
/// Asserts, besides the contract of an exchange with `TX_LEN` and `RX_LEN` bytes: the outcome is one that the action can
/// have; an error is one that this kind of machine can have, and no fault of the program; either fits into an answer to the
/// host and comes back from it.
pub fn operation_run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (json, rest) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(&[]));
    let Ok(order) = Order::from_json(json) else { return };
    let Ok(mut operation) = order.operation(&[0; 32]) else { return };
    let mut script = Script::new(rest);
    if script.u8() == 255 {
        if let Some(Error::BufferTooShort { needed }) = runner::run_lawless(&mut operation, &mut script) {
            assert!(usize::try_from(needed).is_ok_and(|needed| needed <= TX_LEN), "{needed} bytes");
        }
        return;
    }
    let timeout = Duration::from_millis(u64::from(order.timeout_ms));
    let setting = Setting { timeout, tx_len: TX_LEN, rx_len: RX_LEN };
    let result = runner::run(&mut operation, setting, &mut script, &mut Blind);
    assert!(!operation.doing().is_empty());

    let answer = match result {
        Ok(outcome) => {
            judge(&order, outcome);
            Answer::Done(outcome)
        }
        Err(error) => {
            let kinds = matches!(error.kind(), ErrorKind::NoContact | ErrorKind::Failed | ErrorKind::Access);
            assert!(kinds, "{error:?}");
            match (&error, &order.target) {
                (Error::Amt { .. }, Target::Amt(_))
                | (Error::Iboot { .. }, Target::Iboot(_))
                | (Error::Ipmi { .. }, Target::Ipmi(_) | Target::Nm(_))
                | (Error::NotWoken { .. }, Target::Wol(_)) => {}
                (error, target) => panic!("{error:?} of {target:?}"),
            }
            assert!(!error.to_string().is_empty());
            Answer::Failed(error)
        }
    };
    let mut buffer = [0; JSON_LEN];
    let len = answer.to_json(&mut buffer).expect("JSON_LEN bytes are always enough");
    assert_eq!(Answer::from_json(&buffer[..len]), Ok(answer));
}

/// Whether the action can end like that.
fn judge(order: &Order, outcome: Outcome) {
    let fits = match (&order.target, &order.action) {
        (Target::Wol(_), Action::GetPower) => outcome == Outcome::Stored(None),
        (Target::Wol(_), Action::SetPower(PowerTarget::Off)) => outcome == Outcome::Stored(Some(PowerState::Off)),
        (Target::Wol(_), _) => outcome == Outcome::Stored(Some(PowerState::On)),
        (Target::Amt(_), Action::GetPower) => matches!(outcome, Outcome::Power(_) | Outcome::Changing),
        (Target::Amt(_), Action::SetPower(PowerTarget::SoftOff)) => outcome == Outcome::Power(PowerState::Off),
        (Target::Amt(_), Action::StartFrom { .. }) => matches!(outcome, Outcome::Started { .. }),
        (Target::Amt(_), Action::Disarm) => outcome == Outcome::Disarmed,
        (Target::Amt(_), Action::Describe) => matches!(outcome, Outcome::Described(_)),
        (Target::Ipmi(_) | Target::Nm(_), Action::GetBootDevice | Action::SetBootDevice { .. }) => {
            matches!(outcome, Outcome::BootDevice(_))
        }
        (Target::Ipmi(_) | Target::Nm(_), Action::Raw(_)) => matches!(outcome, Outcome::Raw(_)),
        (Target::Ipmi(_) | Target::Nm(_), Action::SetPower(PowerTarget::SoftOff)) => {
            outcome == Outcome::Power(PowerState::Off)
        }
        (Target::Nm(_), Action::NodeManager(_)) => matches!(outcome, Outcome::NodeManager(_)),
        (_, Action::GetPower) => matches!(outcome, Outcome::Power(_)),
        (_, Action::SetPower(PowerTarget::Off)) => outcome == Outcome::Power(PowerState::Off),
        (_, Action::SetPower(_)) => outcome == Outcome::Power(PowerState::On),
        (_, Action::PulseRelay { .. }) => matches!(outcome, Outcome::Pulsed(_)),
        (_, Action::SwitchRelays(_)) => outcome == Outcome::Switched,
        (target, action) => panic!("{action:?} of {target:?}"),
    };
    assert!(fits, "{outcome:?} of {:?}", order.action);
}
