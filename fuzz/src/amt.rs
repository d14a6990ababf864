//! The power dialog of AMT.

use std::time::Duration;

use rackhand_core::amt::{Amt, AmtFault, AmtOptions, Body, BootProperties, BootSource, Call, Goal, Question, SetPower};
use rackhand_core::dialog::{Dialog, Last, Turn};
use rackhand_core::time::Instant;

use crate::script::Script;

/// The dialog asks less than this, whatever it is told.
const MOST_TURNS: usize = 20_000;

fn asked(dialog: &SetPower) -> Question {
    let (mut once, mut again) = (Call::default(), Call::default());
    dialog.ask(&mut once).expect("there is room for one");
    dialog.ask(&mut again).expect("there is room for one");
    assert_eq!(once.question(), again.question(), "asking twice asks another thing");
    once.question().expect("a question is put")
}

/// The properties of an answer: those that a dialog looks for, with good and bad values, or any text.
fn properties<'a>(script: &mut Script<'a>, question: Question) -> Vec<(&'a str, &'a str)> {
    const NUMBERS: [&str; 16] =
        ["0", "2", "8", "4096", "1", "5", "3", "4", "6", "9", "16", "17", "4294967295", "4294967296", "-1", " 2 "];
    let mut list = Vec::new();
    for _ in 0..script.u8() % 6 {
        list.push(match script.u8() % 4 {
            0 => (script.text(), script.text()),
            1 => (script.pick(&BootProperties::NAMES), "false"),
            2 => (script.pick(&["PowerState", "ReturnValue"]), script.text()),
            _ => {
                let name = if question == Question::GetPower { "PowerState" } else { "ReturnValue" };
                (name, script.pick(&NUMBERS))
            }
        });
    }
    list
}

/// What has been asked so far, and what the device may have made of it.
#[derive(Default)]
struct Device {
    /// The state was read since the last power request.
    looked: bool,
    /// The boot configuration may be armed.
    armed: bool,
    /// It was asked to be disarmed, and agreed.
    disarmed: Option<bool>,
    /// A start was accepted, or may have been, while it may have been armed.
    started: bool,
    requests: usize,
    last_state: Option<u32>,
}

impl Device {
    fn asks(&mut self, question: Question, repeatable: bool) {
        let request = matches!(question, Question::RequestPowerStateChange(_));
        assert_eq!(repeatable, !request, "{question:?}");
        match question {
            Question::GetPower | Question::GetBootSettings => {}
            Question::ChangeBootOrder(None) | Question::PutBootSettings(_) => {}
            Question::SetBootConfigRole { armed } => {
                if armed {
                    self.armed = true;
                }
            }
            Question::ChangeBootOrder(Some(_)) => assert!(self.armed),
            Question::RequestPowerStateChange(_) => {
                assert!(self.looked, "a second power request without a look in between");
                self.looked = false;
                self.requests += 1;
            }
        }
    }

    fn hears(&mut self, question: Question, last: &Last<'_, Amt>) {
        match (question, last) {
            // A read that got lost is a look too: there is nothing more to be had.
            (Question::GetPower, last) => {
                self.looked = true;
                self.last_state = match last {
                    Last::Answer(body) => body.number("PowerState"),
                    _ => None,
                };
            }
            (Question::RequestPowerStateChange(_), last) => {
                self.started |= self.armed
                    && match last {
                        Last::Answer(body) => matches!(body.number("ReturnValue"), None | Some(0 | 4096)),
                        Last::Lost { sent } => *sent,
                        Last::Start | Last::Refused(_) | Last::Waited => false,
                    };
            }
            (Question::SetBootConfigRole { armed: false }, last) => {
                self.disarmed = Some(matches!(last, Last::Answer(body) if body.number("ReturnValue") == Some(0)));
            }
            _ => {}
        }
    }
}

const fn is_on(state: u32) -> bool {
    state == 2
}

const fn is_off(state: u32) -> bool {
    matches!(state, 6 | 7 | 8 | 12 | 13)
}

/// [`SetPower`] on a device that answers anything, refuses or falls silent.
///
/// Asserts: it ends; a question asks the same when it is put again; no two power requests without a read between them, and
/// no more of them than allowed; only a power request is not repeatable; nothing is armed without a wish; when it is done,
/// the last read showed the goal; what was armed and not used by a start is disarmed, and it says so if that did not work.
pub fn amt_set_power(data: &[u8]) {
    let mut script = Script::new(data);
    let goal = script.pick(&[Goal::On, Goal::Off, Goal::Reboot]);
    let boot = script.pick(&[None, Some(BootSource::Pxe), Some(BootSource::Disk), Some(BootSource::Cdrom)]);
    let options = AmtOptions {
        max_attempts: script.pick(&[3, 0, 1, 2, 20]),
        action_wait: Duration::from_millis(u64::from(script.u16())),
    };
    let mut dialog = SetPower::new(goal, boot, options);
    let mut device = Device { looked: true, ..Device::default() };
    let mut now = Instant::from_millis(script.u8().into());
    let mut turn = dialog.turn(now, Last::Start);
    for _ in 0..MOST_TURNS {
        assert!(!dialog.doing().is_empty());
        turn = match turn {
            Ok(Turn::Ask) => {
                let question = asked(&dialog);
                device.asks(question, dialog.repeatable());
                // A byte that the scripts in the corpus have had from the start.
                let _ = script.u8();
                let op = script.u8();
                now = now.after(Duration::from_millis(u64::from(op >> 3).pow(3)));
                let list = properties(&mut script, question);
                let last = match op % 8 {
                    0 => Last::Lost { sent: script.bool() },
                    1 => Last::Refused(AmtFault::Other),
                    2 => Last::Refused(AmtFault::AccessDenied),
                    _ => Last::Answer(Body::new(&list)),
                };
                device.hears(question, &last);
                dialog.turn(now, last)
            }
            Ok(Turn::Wait(pause)) => {
                now = now.after(pause);
                dialog.turn(now, Last::Waited)
            }
            Ok(Turn::Done(done)) => {
                let state = device.last_state.expect("nothing was read");
                assert!(if goal == Goal::Off { is_off(state) } else { is_on(state) }, "{goal:?} with {state}");
                assert_eq!(done.boot_device_used, device.started);
                assert!(!device.armed || boot.is_some() && goal != Goal::Off);
                assert!(!device.armed || device.started || device.disarmed.is_some(), "done, and it stays armed");
                assert_eq!(done.left_armed, device.disarmed == Some(false));
                return;
            }
            Err((why, left_armed)) => {
                assert!(!device.armed || device.disarmed.is_some(), "{why:?}, and it stays armed");
                assert_eq!(left_armed, device.disarmed == Some(false), "{why:?}");
                let legs = if goal == Goal::Reboot { 2 } else { 1 };
                assert!(device.requests <= legs * usize::from(options.max_attempts));
                return;
            }
        };
    }
    panic!("it does not end");
}
