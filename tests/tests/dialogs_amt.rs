//! Every path of AMT's power dialog (drivers.md, staging-amt; DSP1027, section 8.1; DESIGN, core rules 8 and 9). The
//! diagram in the docs of core is drawn here.

use std::time::Duration;

use rackhand_core::amt::{
    Amt, AmtFailure, AmtFault, AmtOptions, Body, BootSource, Goal, PowerCode, Powered, Question, SetPower,
};
use rackhand_core::dialog::{Dialog, Last, Turn};
use rackhand_core::time::Instant;
use rackhand_tests::explore::{Drawing, Explored, Fate, Watch, explore};

/// At once, within a wait, beyond every limit.
const DELAYS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(3600)];
const ACTION_WAIT: Duration = Duration::from_secs(10);
/// Between two looks at the power state, at most.
const POLL: Duration = Duration::from_secs(2);
/// After "not now", at least.
const NOT_NOW: Duration = Duration::from_secs(5);

/// A power state in the words of drivers.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Seen {
    On,
    Asleep,
    Off,
    Changing,
    Error,
}

const fn seen(state: u32) -> Seen {
    match state {
        2 => Seen::On,
        3 | 4 => Seen::Asleep,
        6 | 7 | 8 | 12 | 13 => Seen::Off,
        5 | 9 | 10 | 11 | 14 | 15 | 16 | 17 => Seen::Changing,
        _ => Seen::Error,
    }
}

type Fates = Vec<Fate<Amt>>;

fn answer(word: &'static str, properties: &'static [(&'static str, &'static str)]) -> Fate<Amt> {
    Fate::Answer(word, Body::new(properties))
}

fn number(fate: &Fate<Amt>, name: &str) -> Option<u32> {
    match fate {
        Fate::Answer(_, body) => body.number(name),
        Fate::Refused(..) | Fate::Lost { .. } => None,
    }
}

/// What AMT can do about a question, faults and silence included.
fn fates(question: &Question) -> Fates {
    let mut all: Fates = match question {
        Question::GetPower => vec![
            answer("on", &[("PowerState", "2")]),
            answer("asleep", &[("PowerState", "3")]),
            // A sibling with another meaning comes first.
            answer("off", &[("RequestedPowerState", "2"), ("PowerState", " 8 ")]),
            answer("in transition", &[("PowerState", "5")]),
            answer("error", &[("PowerState", "0")]),
            answer("unreadable", &[("PowerState", "on")]),
            answer("unreadable", &[]),
        ],
        Question::GetBootSettings => {
            vec![answer("settings", &[("BIOSPause", "true"), ("BIOSLastStatus", "0"), ("InstanceID", "x")])]
        }
        Question::PutBootSettings(_) => vec![answer("done", &[("BIOSPause", "false")])],
        Question::ChangeBootOrder(_) | Question::SetBootConfigRole { .. } => vec![
            answer("done", &[("ReturnValue", "0")]),
            answer("not done", &[("ReturnValue", "1")]),
            answer("access denied", &[("ReturnValue", "6")]),
            answer("unreadable", &[("ReturnValue", "-1")]),
            answer("unreadable", &[]),
        ],
        Question::RequestPowerStateChange(_) => vec![
            answer("accepted", &[("ReturnValue", "0")]),
            answer("accepted", &[("ReturnValue", "4096")]),
            answer("not now", &[("ReturnValue", "2")]),
            answer("not now", &[("ReturnValue", "4099")]),
            answer("not supported or invalid", &[("ReturnValue", "1")]),
            answer("not supported or invalid", &[("ReturnValue", "5")]),
            answer("unreadable", &[]),
        ],
    };
    all.extend([Fate::Refused("access denied", AmtFault::AccessDenied), Fate::Refused("fault", AmtFault::Other)]);
    all.extend(Fate::LOST);
    all
}

/// What is known of the boot configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Arming {
    Never,
    Asked,
    DisarmAsked { confirmed: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchPower {
    goal: Goal,
    boot: Option<BootSource>,
    max_attempts: u8,
    action_wait: Duration,
    /// The last question, and whether it went well.
    before: Option<(Question, bool)>,
    /// The machine is to be switched on now, not off.
    to_on: bool,
    /// What the last readable answer to GetPower said; none since the last request.
    read: Option<u32>,
    /// Requests, failed reads and waits for a transition, in this leg.
    spent: u8,
    /// For how long a transition may go on for nothing.
    window: Duration,
    /// For how long no request may follow.
    owed: Duration,
    arming: Arming,
    /// A start was accepted, or may have been, while armed.
    started: bool,
    /// An answer after which there is nothing more to try.
    last_word: Option<AmtFailure>,
}

impl WatchPower {
    fn new(goal: Goal, boot: Option<BootSource>, options: AmtOptions) -> Self {
        Self {
            goal,
            boot,
            max_attempts: options.max_attempts,
            action_wait: options.action_wait,
            before: None,
            to_on: goal == Goal::On,
            read: None,
            spent: 0,
            window: options.action_wait,
            owed: Duration::ZERO,
            arming: Arming::Never,
            started: false,
            last_word: None,
        }
    }

    fn reached(&self) -> bool {
        self.read.map(seen) == Some(if self.to_on { Seen::On } else { Seen::Off })
    }

    /// A state was read just now that calls for a request.
    fn calls_for_request(&self) -> bool {
        let settled = self.read.map(seen).is_some_and(|seen| seen != Seen::Changing);
        self.before == Some((Question::GetPower, true)) && settled && (!self.reached() || self.goal == Goal::Reboot)
    }

    /// What must follow the last question if that went well: protocols/amt.md, section 1.6.
    fn next_of_arming(&self) -> Option<Question> {
        let (before, well) = self.before?;
        let next = match before {
            Question::GetBootSettings => Question::ChangeBootOrder(None),
            Question::ChangeBootOrder(None) if self.arming == Arming::Never => {
                let read = Body::new(&[("BIOSPause", ""), ("InstanceID", "")]);
                Question::PutBootSettings(read.boot_properties())
            }
            Question::PutBootSettings(_) => Question::SetBootConfigRole { armed: true },
            Question::SetBootConfigRole { armed: true } => Question::ChangeBootOrder(self.boot),
            Question::ChangeBootOrder(Some(_)) => Question::RequestPowerStateChange(PowerCode::On),
            Question::SetBootConfigRole { armed: false } => return Some(Question::ChangeBootOrder(None)),
            _ => return None,
        };
        Some(if well { next } else { Question::SetBootConfigRole { armed: false } })
    }

    fn request(&mut self, code: PowerCode) {
        assert_eq!(code == PowerCode::On, self.to_on, "2 to switch on, 8 to switch off");
        assert_eq!(self.owed, Duration::ZERO, "the last request has not had its time");
        let armed = matches!(self.before, Some((Question::ChangeBootOrder(Some(_)), true)));
        if self.to_on && self.boot.is_some() {
            assert!(self.arming == Arming::Asked && (armed || self.spent > 0), "a start without the boot device");
        }
        assert!(armed || self.calls_for_request(), "a request, and nobody looked before");
        self.spent += 1;
        assert!(self.spent <= self.max_attempts, "a request too many");
        self.read = None;
    }

    fn read(&mut self, fate: &Fate<Amt>) -> bool {
        let Some(state) = number(fate, "PowerState") else {
            self.spent += 1;
            return false;
        };
        self.read = Some(state);
        if seen(state) == Seen::Changing && self.window == Duration::ZERO {
            (self.spent, self.window) = (self.spent + 1, self.action_wait);
        }
        if self.goal == Goal::Reboot && !self.to_on && seen(state) == Seen::Off {
            // The second leg; what was asked in the first has come about.
            (self.to_on, self.spent, self.owed) = (true, 0, Duration::ZERO);
        }
        true
    }
}

impl Watch<SetPower> for WatchPower {
    fn fates(&self, question: &Question) -> Fates {
        fates(question)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        assert_eq!(repeatable, !matches!(question, Question::RequestPowerStateChange(_)));
        if let Some(next) = self.next_of_arming() {
            assert_eq!(*question, next, "arming goes step by step, and back when one fails");
        }
        let disarming = matches!(question, Question::SetBootConfigRole { armed: false })
            || self.arming != Arming::Asked
                && self.before.is_some_and(|(it, _)| it == Question::SetBootConfigRole { armed: false });
        assert!(self.last_word.is_none() || disarming, "{question:?} after {:?}", self.last_word);
        match *question {
            Question::GetPower => assert_eq!(self.next_of_arming(), None),
            Question::GetBootSettings => {
                assert!(self.to_on && self.boot.is_some() && self.arming == Arming::Never, "nothing to arm");
                assert!(self.calls_for_request() && self.read.map(seen) != Some(Seen::On), "no start is called for");
                assert!(self.spent < self.max_attempts, "armed, and no start is left");
            }
            Question::ChangeBootOrder(None) | Question::ChangeBootOrder(Some(_)) | Question::PutBootSettings(_) => {
                assert!(self.next_of_arming().is_some());
            }
            Question::SetBootConfigRole { armed: true } => self.arming = Arming::Asked,
            Question::SetBootConfigRole { armed: false } => {
                assert_eq!(self.arming, Arming::Asked, "disarmed once, and only what was armed");
                self.arming = Arming::DisarmAsked { confirmed: false };
            }
            Question::RequestPowerStateChange(code) => self.request(code),
        }
        self.before = Some((*question, false));
    }

    fn told(&mut self, question: &Question, fate: &Fate<Amt>) {
        let well = match question {
            Question::GetPower => self.read(fate),
            Question::RequestPowerStateChange(_) => {
                let maybe = match fate.word() {
                    "accepted" | "unanswered" | "unreadable" => true,
                    "not supported or invalid" => {
                        self.last_word = number(fate, "ReturnValue").map(AmtFailure::ReturnValue);
                        false
                    }
                    _ => false,
                };
                if maybe {
                    (self.owed, self.window) = (self.action_wait, self.action_wait);
                    self.started |= self.arming == Arming::Asked;
                } else if matches!(fate.word(), "not now" | "fault") {
                    self.owed = NOT_NOW;
                }
                fate.word() == "accepted"
            }
            Question::GetBootSettings | Question::PutBootSettings(_) => matches!(fate, Fate::Answer(..)),
            Question::ChangeBootOrder(_) | Question::SetBootConfigRole { .. } => number(fate, "ReturnValue") == Some(0),
        };
        if let Arming::DisarmAsked { confirmed } = &mut self.arming {
            *confirmed |= well && *question == Question::SetBootConfigRole { armed: false };
        } else if fate.word() == "access denied" {
            self.last_word = Some(AmtFailure::AccessDenied);
        } else if !well && self.before.is_some() && self.next_of_arming().is_some() {
            self.last_word = Some(AmtFailure::NotArmed);
        }
        self.before = Some((*question, well));
    }

    fn paused(&mut self, pause: Duration) {
        let refused = matches!(self.before, Some((Question::RequestPowerStateChange(_), false)));
        assert!(pause == POLL || refused && pause == NOT_NOW, "a pause of {pause:?}");
        assert!(self.next_of_arming().is_none() && self.last_word.is_none(), "no pause here");
    }

    fn passed(&mut self, time: Duration) {
        self.owed = self.owed.saturating_sub(time);
        self.window = self.window.saturating_sub(time);
    }

    fn ended(&mut self, end: &Result<Powered, (AmtFailure, bool)>) {
        let left_armed = match self.arming {
            Arming::Never => false,
            Arming::Asked => {
                assert!(end.is_ok() && self.started, "left armed");
                false
            }
            Arming::DisarmAsked { confirmed } => {
                assert_eq!(self.before.map(|(it, _)| it), Some(Question::ChangeBootOrder(None)), "order not cleared");
                !confirmed
            }
        };
        match end {
            Ok(powered) => {
                assert!(self.reached() && self.to_on == (self.goal != Goal::Off), "done, and it was not seen");
                assert_eq!((powered.boot_device_used, powered.left_armed), (self.started, left_armed));
                assert_eq!(self.last_word, None);
            }
            Err((why, left)) => {
                assert_eq!(*left, left_armed, "whether it is still armed");
                if self.last_word.is_some() {
                    assert_eq!(Some(*why), self.last_word, "the last word of the device");
                    return;
                }
                assert!(self.spent >= self.max_attempts, "given up early");
                match why {
                    AmtFailure::NotReached(state) => {
                        assert_eq!((self.owed, Some(*state)), (Duration::ZERO, self.read));
                    }
                    AmtFailure::NoContact | AmtFailure::BadAnswer => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

fn walk(goal: Goal, boot: Option<BootSource>, options: AmtOptions) -> Explored {
    let explored = explore(&SetPower::new(goal, boot, options), &WatchPower::new(goal, boot, options), &DELAYS);
    println!(
        "SetPower {goal:?} {boot:?} {}: {} states, {} edges, {:.0e} paths, at most {} questions",
        options.max_attempts, explored.states, explored.edges, explored.paths, explored.most_questions
    );
    explored
}

#[test]
fn set_power() {
    let pxe = Some(BootSource::Pxe);
    let cases = [
        (Goal::On, pxe),
        (Goal::On, None),
        (Goal::Off, pxe),
        (Goal::Off, None),
        (Goal::Reboot, pxe),
        (Goal::Reboot, None),
    ];
    let mut drawing = Drawing::default();
    for (goal, boot) in cases {
        for max_attempts in [3, 1, 0] {
            let explored = walk(goal, boot, AmtOptions { max_attempts, action_wait: ACTION_WAIT });
            drawing = drawing.and(&explored.drawing);
        }
    }
    drawing.check("core/src/amt/power.md", "Every way that it can go (drawn by the test `dialogs_amt`):");
}

/// Every PowerState there is, and some that there are not, as the first answer.
#[test]
fn power_states() {
    for state in 0..=20 {
        let text = state.to_string();
        let properties = [("PowerState", text.as_str())];
        for goal in [Goal::On, Goal::Off, Goal::Reboot] {
            let mut dialog = SetPower::new(goal, None, AmtOptions::default());
            assert_eq!(dialog.turn(Instant::ZERO, Last::Start), Ok(Turn::Ask));
            let turn = dialog.turn(Instant::ZERO, Last::Answer(Body::new(&properties)));
            let wanted = match (goal, seen(state)) {
                (Goal::On, Seen::On) | (Goal::Off, Seen::Off) => {
                    Turn::Done(Powered { boot_device_used: false, left_armed: false })
                }
                (_, Seen::Changing) => Turn::Wait(POLL),
                _ => Turn::Ask,
            };
            assert_eq!(turn, Ok(wanted), "{goal:?} from {state}");
        }
    }
}
