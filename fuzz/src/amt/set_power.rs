//! The power dialog of AMT.

use std::time::Duration;

use rackhand_core::amt::{
    Amt, AmtFailure, AmtOptions, Answer, BootCapabilities, BootProperties, BootSource, Call, Goal, Kvm, OptIn,
    PowerCodes, PowerStatus, Question, Refusal, SetPower, Version,
};
use rackhand_core::dialog::{Bounded, Dialog, Last, Turn};
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

/// An answer that fits the question, with good and bad values; or one that does not.
fn answer(script: &mut Script<'_>, question: Question) -> Answer {
    const NUMBERS: [u32; 14] = [0, 2, 8, 4096, 1, 5, 3, 4, 6, 9, 12, 14, 17, u32::MAX];
    let number = script.pick(&NUMBERS);
    let mut codes = PowerCodes::default();
    for code in 0..16 {
        if script.bool() {
            codes.insert(code);
        }
    }
    let mut boot = BootCapabilities::default();
    for source in BootSource::ALL {
        boot.note(source, !script.u8().is_multiple_of(4));
    }
    match question {
        _ if script.u8().is_multiple_of(16) => Answer::Version(Version { major: 1, minor: 2, revision: 3 }),
        Question::GetPower => Answer::Power(PowerStatus { state: number, available: codes }),
        Question::GetBootCapabilities => Answer::BootCapabilities(boot),
        Question::GetBootSettings => Answer::BootSettings(BootProperties::NONE),
        Question::PutBootSettings(_) => Answer::Put,
        Question::GetOptIn => Answer::OptIn(OptIn { required: number, state: script.u8().into() }),
        Question::GetKvm => Answer::Kvm(Kvm { enabled_state: number }),
        _ => Answer::ReturnValue(number),
    }
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
    locked_out: bool,
    last_state: Option<u32>,
}

impl Device {
    fn asks(&mut self, question: Question, repeatable: bool) {
        let request = matches!(question, Question::RequestPowerStateChange(_));
        assert_eq!(repeatable, !request, "{question:?}");
        assert!(!self.locked_out, "another login after a wrong password");
        match question {
            Question::ChangeBootOrder(None) | Question::PutBootSettings(_) => {}
            Question::SetBootConfigRole { armed } => self.armed |= armed,
            Question::ChangeBootOrder(Some(_)) => assert!(self.armed),
            Question::RequestPowerStateChange(_) => {
                assert!(self.looked, "a second power request without a look in between");
                self.looked = false;
                self.requests += 1;
            }
            _ => {}
        }
    }

    fn hears(&mut self, question: Question, last: &Last<'_, Amt>) {
        self.locked_out |= matches!(last, Last::Refused(Refusal::Unauthorized));
        match (question, last) {
            // A read that got lost is a look too: there is nothing more to be had.
            (Question::GetPower, last) => {
                self.looked = true;
                self.last_state = match last {
                    Last::Answer(answer) => answer.power().map(|status| status.state),
                    _ => None,
                };
            }
            (Question::RequestPowerStateChange(_), last) => {
                self.started |= self.armed
                    && match last {
                        Last::Answer(answer) => matches!(answer.return_value(), None | Some(0 | 4096)),
                        Last::Refused(why) => *why == Refusal::Unreadable,
                        Last::Lost { sent } => *sent,
                        Last::Start | Last::Waited => false,
                    };
            }
            (Question::SetBootConfigRole { armed: false }, last) => {
                self.disarmed = Some(matches!(last, Last::Answer(Answer::ReturnValue(0))));
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
    let goal = script.pick(&[Goal::On, Goal::Off, Goal::Reboot, Goal::SoftOff, Goal::SoftReboot]);
    let boot = script.pick(&[
        None,
        Some(BootSource::Pxe),
        Some(BootSource::Disk),
        Some(BootSource::Cdrom),
        Some(BootSource::Bios),
    ]);
    let options = AmtOptions {
        max_attempts: script.pick(&[3, 0, 1, 2, 20]),
        action_wait_ms: script.u16().into(),
        awake_interval_ms: 0,
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
                let last = match op % 8 {
                    0 => Last::Lost { sent: script.bool() },
                    1 => Last::Refused(script.pick(&[
                        Refusal::Fault,
                        Refusal::AccessDenied,
                        Refusal::Busy,
                        Refusal::NotThere,
                        Refusal::Unauthorized,
                        Refusal::Unreadable,
                    ])),
                    _ => Last::Answer(answer(&mut script, question)),
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
                let off = matches!(goal, Goal::Off | Goal::SoftOff);
                assert!(if off { is_off(state) } else { is_on(state) }, "{goal:?} with {state}");
                assert_eq!(done.boot_device_used, device.started);
                assert!(!device.armed || boot.is_some() && !off);
                assert!(!device.armed || device.started || device.disarmed.is_some(), "done, and it stays armed");
                assert_eq!(done.left_armed, device.disarmed == Some(false));
                return;
            }
            Err(end) => {
                let why = end.failure;
                let locked_out = device.locked_out && why == AmtFailure::Unauthorized;
                assert!(!device.armed || device.disarmed.is_some() || locked_out, "{why:?}, and it stays armed");
                assert_eq!(end.left_armed, device.armed && device.disarmed != Some(true), "{why:?}");
                let legs = if goal == Goal::Reboot { 2 } else { 1 };
                assert!(device.requests <= legs * usize::from(options.max_attempts));
                return;
            }
        };
        // Time is up now and then: only what was armed is disarmed.
        if dialog.clone().hurry() {
            let mut next = Call::default();
            dialog.ask(&mut next).expect("room for one");
            assert!(device.armed || next.question() == Some(Question::SetBootConfigRole { armed: true }));
        }
    }
    panic!("it does not end");
}
