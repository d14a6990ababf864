//! Every path of AMT's power dialog (drivers.md, staging-amt; DSP1027, section 8.1; DESIGN, core rules 8 and 9). The
//! diagram in the docs of core is drawn here.

use std::time::Duration;

use rackhand_core::amt::{
    Amt, AmtEnd, AmtFailure, AmtOptions, Answer, BootCapabilities, BootProperties, BootSettings, BootSource, Call,
    Describe, Disarm, Goal, Kvm, OptIn, PowerCode, PowerCodes, PowerStatus, Powered, Provisioning, Question, ReadPower,
    Refusal, SetPower, Version,
};
use rackhand_core::dialog::{Bounded, Dialog, Last, Turn};
use rackhand_core::time::Instant;
use rackhand_tests::explore::{Drawing, Explored, Fate, Watch, explore};

/// At once, within a wait, beyond every limit.
const DELAYS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(3600)];

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

/// What a machine can be asked for when its operating system and Intel's service run, and when they do not.
fn codes(list: &[u32]) -> PowerCodes {
    let mut codes = PowerCodes::default();
    for code in list {
        codes.insert(*code);
    }
    codes
}

fn power(word: &'static str, state: u32, available: &[u32]) -> Fate<Amt> {
    Fate::Answer(word, Answer::Power(PowerStatus { state, available: codes(available) }))
}

const fn returned(word: &'static str, value: u32) -> Fate<Amt> {
    Fate::Answer(word, Answer::ReturnValue(value))
}

fn present() -> BootProperties {
    let mut present = BootProperties::default();
    for name in ["BIOSPause", "BIOSSetup", "InstanceID", "NobodyKnows"] {
        present.note(name);
    }
    present
}

fn capabilities(list: &[(BootSource, bool)]) -> Answer {
    let mut capabilities = BootCapabilities::default();
    for (source, has) in list {
        capabilities.note(*source, *has);
    }
    Answer::BootCapabilities(capabilities)
}

fn state_of(fate: &Fate<Amt>) -> Option<PowerStatus> {
    match fate {
        Fate::Answer(_, answer) => answer.power(),
        Fate::Refused(..) | Fate::Lost { .. } => None,
    }
}

fn value_of(fate: &Fate<Amt>) -> Option<u32> {
    match fate {
        Fate::Answer(_, answer) => answer.return_value(),
        Fate::Refused(..) | Fate::Lost { .. } => None,
    }
}

/// What AMT can do about a question, faults and silence included.
fn fates(question: &Question) -> Fates {
    let mut all: Fates = match question {
        Question::GetPower => vec![
            power("on", 2, &[8, 5, 10, 12, 14]),
            power("on without a system", 2, &[8, 5, 10]),
            power("asleep", 3, &[]),
            power("off", 8, &[2]),
            power("in transition", 5, &[]),
            power("error", 0, &[]),
        ],
        Question::GetBootCapabilities => vec![
            Fate::Answer("all", capabilities(&BootSource::ALL.map(|source| (source, true)))),
            Fate::Answer("none", capabilities(&BootSource::ALL.map(|source| (source, false)))),
            Fate::Answer("nothing said", capabilities(&[])),
        ],
        Question::GetBootSettings => vec![Fate::Answer("settings", Answer::BootSettings(present()))],
        Question::PutBootSettings(_) => vec![Fate::Answer("done", Answer::Put)],
        Question::ChangeBootOrder(_) | Question::SetBootConfigRole { .. } => {
            vec![
                returned("done", 0),
                returned("not done", 1),
                returned("access denied", 6),
                returned("access denied", 32_784),
            ]
        }
        Question::RequestPowerStateChange(_) => vec![
            returned("accepted", 0),
            returned("accepted", 4096),
            returned("not now", 2),
            returned("not now", 4099),
            returned("not ready", 32_770),
            returned("not supported or invalid", 1),
            returned("not supported or invalid", 5),
            returned("not supported or invalid", 32_804),
            returned("access denied", 32_784),
        ],
        Question::GetOptIn => vec![
            Fate::Answer("consent needed", Answer::OptIn(OptIn { required: u32::MAX, state: 0 })),
            Fate::Answer("consent given", Answer::OptIn(OptIn { required: u32::MAX, state: 3 })),
            Fate::Answer("no consent needed", Answer::OptIn(OptIn { required: 0, state: 0 })),
        ],
        Question::GetKvm => vec![
            Fate::Answer("in session", Answer::Kvm(Kvm { enabled_state: 2 })),
            Fate::Answer("no session", Answer::Kvm(Kvm { enabled_state: 6 })),
        ],
        Question::GetVersion => {
            vec![Fate::Answer("version", Answer::Version(Version { major: 12, minor: 0, revision: 67 }))]
        }
        Question::GetProvisioning => {
            vec![Fate::Answer("provisioned", Answer::Provisioning(Provisioning { mode: 1, state: 2 }))]
        }
        Question::GetPowerSaving => {
            vec![
                Fate::Answer("full power", Answer::PowerSaving(Some(2))),
                Fate::Answer("absent", Answer::PowerSaving(None)),
            ]
        }
    };
    all.extend([
        Fate::Refused("access denied", Refusal::AccessDenied),
        Fate::Refused("wrong password", Refusal::Unauthorized),
        Fate::Refused("busy", Refusal::Busy),
        Fate::Refused("fault", Refusal::Fault),
        Fate::Refused("not there", Refusal::NotThere),
        Fate::Refused("unreadable", Refusal::Unreadable),
    ]);
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
    options: AmtOptions,
    /// The last question, and whether it went well.
    before: Option<(Question, bool)>,
    /// The machine is to be switched on now, not off.
    to_on: bool,
    /// What the last readable answer to GetPower said; none since the last request.
    read: Option<PowerStatus>,
    /// Requests, failed reads and waits for a transition, in this leg.
    spent: u8,
    /// Requests that were accepted, or may have been, in this leg.
    accepted: u8,
    /// The device has said that it accepts one.
    confirmed: bool,
    /// For how long a transition may go on for nothing.
    window: Duration,
    /// For how long no request may follow.
    owed: Duration,
    arming: Arming,
    /// A start was accepted, or may have been, while armed.
    started: bool,
    /// An answer after which there is nothing more to try, but to disarm and to find out why.
    last_word: Option<AmtFailure>,
    /// The ReturnValue of the last request if that was "not now".
    not_now: Option<u32>,
    /// What was found out about why.
    why: Option<AmtFailure>,
}

impl WatchPower {
    fn new(goal: Goal, boot: Option<BootSource>, options: AmtOptions) -> Self {
        Self {
            goal,
            boot,
            options,
            before: None,
            to_on: goal == Goal::On,
            read: None,
            spent: 0,
            accepted: 0,
            confirmed: false,
            window: action_wait(options),
            owed: Duration::ZERO,
            arming: Arming::Never,
            started: false,
            last_word: None,
            not_now: None,
            why: None,
        }
    }

    fn is_soft(&self) -> bool {
        matches!(self.goal, Goal::SoftOff | Goal::SoftReboot)
    }

    fn code(&self) -> PowerCode {
        match self.goal {
            Goal::SoftOff => PowerCode::OffSoftGraceful,
            Goal::SoftReboot => PowerCode::MasterBusResetGraceful,
            _ if self.to_on => PowerCode::On,
            _ => PowerCode::OffSoft,
        }
    }

    /// A request that is sent now is a start.
    fn starts(&self) -> bool {
        self.to_on || self.goal == Goal::SoftReboot
    }

    /// It is only woken: no start, which would take what is armed.
    fn wakes(&self) -> bool {
        let asleep = self.read.is_some_and(|status| matches!(status.state, 3 | 4));
        self.to_on && self.arming == Arming::Never && asleep
    }

    /// The off of a reboot that will be from a device.
    fn reboots_from(&self) -> bool {
        self.goal == Goal::Reboot && !self.to_on && self.boot.is_some()
    }

    fn seen(&self) -> Option<Seen> {
        self.read.map(|status| seen(status.state))
    }

    fn reached(&self) -> bool {
        match self.goal {
            Goal::SoftReboot => self.confirmed && self.seen() == Some(Seen::On),
            _ => self.seen() == Some(if self.to_on { Seen::On } else { Seen::Off }),
        }
    }

    /// A state was read just now that calls for a request.
    fn calls_for_request(&self) -> bool {
        let settled = self.seen().is_some_and(|seen| seen != Seen::Changing);
        self.before == Some((Question::GetPower, true)) && settled && (!self.reached() || self.goal == Goal::Reboot)
    }

    /// What must follow the last question of arming if that went well: protocols/amt.md, section 1.6.
    fn next_of_arming(&self) -> Option<Question> {
        let (before, well) = self.before?;
        let boot = self.boot?;
        let bios_setup = boot == BootSource::Bios;
        let next = match before {
            Question::GetBootCapabilities if self.reboots_from() => Question::GetOptIn,
            // Whatever it says but that consent is missing.
            Question::GetOptIn if self.reboots_from() && self.last_word.is_none() => {
                return Some(Question::RequestPowerStateChange(self.code()));
            }
            Question::GetBootCapabilities => Question::GetBootSettings,
            Question::GetBootSettings => Question::ChangeBootOrder(None),
            Question::ChangeBootOrder(None) if self.arming == Arming::Never => {
                Question::PutBootSettings(BootSettings { present: present(), bios_setup })
            }
            Question::PutBootSettings(_) if self.arming == Arming::Never => Question::SetBootConfigRole { armed: true },
            Question::SetBootConfigRole { armed: true } if !bios_setup => Question::ChangeBootOrder(self.boot),
            Question::SetBootConfigRole { armed: true } | Question::ChangeBootOrder(Some(_)) => {
                Question::RequestPowerStateChange(self.code())
            }
            Question::SetBootConfigRole { armed: false } => return Some(Question::ChangeBootOrder(None)),
            Question::ChangeBootOrder(None) if bios_setup => {
                return Some(Question::PutBootSettings(BootSettings { present: present(), bios_setup: false }));
            }
            _ => return None,
        };
        well.then_some(next)
    }

    /// What must follow when there is nothing more to try: disarming, then finding out why.
    fn next_of_ending(&self) -> Option<Question> {
        match self.arming {
            _ if self.last_word == Some(AmtFailure::Unauthorized) => None,
            Arming::Asked => Some(Question::SetBootConfigRole { armed: false }),
            _ => match self.last_word {
                Some(AmtFailure::AccessDenied) if self.boot.is_some() => Some(Question::GetOptIn),
                Some(AmtFailure::NotNow(_)) => Some(Question::GetKvm),
                _ => None,
            },
        }
    }

    fn request(&mut self, code: PowerCode) {
        assert_eq!(code, self.code());
        assert_eq!(self.owed, Duration::ZERO, "the last request has not had its time");
        let asked_first = matches!(self.before, Some((Question::GetOptIn, _))) && self.reboots_from();
        assert!(!self.is_soft() || self.accepted == 0, "asked nicely twice");
        let armed = matches!(
            self.before,
            Some((Question::ChangeBootOrder(Some(_)) | Question::SetBootConfigRole { armed: true }, true))
        );
        if self.starts() && self.boot.is_some() && !self.wakes() {
            assert!(self.arming == Arming::Asked && (armed || self.spent > 0), "a start without the boot device");
        } else {
            assert_eq!(self.arming, Arming::Never, "armed for no start");
        }
        assert!(armed || asked_first || self.calls_for_request(), "a request, and nobody looked before");
        let may_arm = self.reboots_from() && self.spent == 0;
        assert!(!may_arm || asked_first, "off, and nobody asked whether it can be started");
        if self.is_soft() {
            let available = self.read.map(|status| status.available).unwrap_or_default();
            assert!(available.contains(code.number()), "asked for what it cannot do");
        }
        self.spent += 1;
        assert!(self.spent <= self.options.max_attempts, "a request too many");
        (self.read, self.not_now) = (None, None);
    }

    fn was_read(&mut self, fate: &Fate<Amt>) -> bool {
        let Some(status) = state_of(fate) else {
            // A machine that starts may be away for a moment.
            self.spent += u8::from(self.accepted == 0 || self.window == Duration::ZERO);
            return false;
        };
        self.read = Some(status);
        let state = seen(status.state);
        if self.goal == Goal::Reboot && !self.to_on && state == Seen::Off {
            // The second leg; what was asked in the first has come about.
            (self.to_on, self.spent, self.accepted, self.owed, self.not_now) = (true, 0, 0, Duration::ZERO, None);
        }
        if self.reached() {
            return true;
        }
        let asked_nicely = self.is_soft() && self.accepted > 0;
        if self.is_soft() && self.accepted == 0 && state != Seen::Changing {
            let wanted = self.code();
            if !status.available.contains(wanted.number()) {
                self.last_word = Some(AmtFailure::NotAvailable { wanted, available: status.available });
                return true;
            }
        }
        if asked_nicely && self.owed == Duration::ZERO {
            self.last_word = Some(AmtFailure::NotReached(status.state));
        } else if state == Seen::Changing && self.window == Duration::ZERO {
            (self.spent, self.window) = (self.spent + 1, action_wait(self.options));
        }
        true
    }
}

/// What a fate stands for, when there is nothing more to try after it.
fn final_word(fate: &Fate<Amt>) -> Option<AmtFailure> {
    match fate.word() {
        "access denied" => Some(AmtFailure::AccessDenied),
        "wrong password" => Some(AmtFailure::Unauthorized),
        _ => None,
    }
}

impl Watch<SetPower> for WatchPower {
    fn fates(&self, question: &Question) -> Fates {
        fates(question)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        assert_eq!(repeatable, !matches!(question, Question::RequestPowerStateChange(_)));
        assert_ne!(self.last_word, Some(AmtFailure::Unauthorized), "another login");
        let ending =
            matches!(question, Question::SetBootConfigRole { armed: false } | Question::GetOptIn | Question::GetKvm)
                || matches!(self.arming, Arming::DisarmAsked { .. })
                    && matches!(question, Question::ChangeBootOrder(None) | Question::PutBootSettings(_));
        assert!(self.last_word.is_none() || ending, "{question:?} after {:?}", self.last_word);
        if let Some(next) = self.next_of_arming().filter(|_| self.last_word.is_none()) {
            assert!(*question == next || ending, "arming goes step by step: {question:?} after {:?}", self.before);
        }
        match *question {
            Question::GetPower => assert_eq!(self.next_of_arming(), None),
            Question::GetBootCapabilities => {
                assert!(self.boot.is_some() && self.arming == Arming::Never && !self.wakes(), "nothing to arm");
                assert!(self.starts() || self.reboots_from(), "no start is called for");
                assert!(self.calls_for_request() && !self.reached(), "no request is called for");
                assert!(self.spent < self.options.max_attempts, "armed, and no start is left");
            }
            Question::ChangeBootOrder(_) | Question::PutBootSettings(_) | Question::GetBootSettings => {
                assert!(self.next_of_arming().is_some());
            }
            Question::SetBootConfigRole { armed: true } => self.arming = Arming::Asked,
            Question::SetBootConfigRole { armed: false } => {
                assert_eq!(self.arming, Arming::Asked, "disarmed once, and only what was armed");
                self.arming = Arming::DisarmAsked { confirmed: false };
            }
            Question::RequestPowerStateChange(code) => self.request(code),
            Question::GetOptIn if matches!(self.before, Some((Question::GetBootCapabilities, true))) => {
                assert!(self.reboots_from(), "asked for nothing");
            }
            Question::GetOptIn | Question::GetKvm => {
                if self.last_word.is_none() {
                    // Attempts were used up by reads that failed.
                    self.last_word = self.not_now.map(AmtFailure::NotNow);
                }
                assert_eq!(self.next_of_ending(), Some(*question), "{:?}", self.last_word);
            }
            Question::GetVersion | Question::GetProvisioning | Question::GetPowerSaving => panic!("{question:?}"),
        }
        self.before = Some((*question, false));
    }

    fn told(&mut self, question: &Question, fate: &Fate<Amt>) {
        let mut word = final_word(fate);
        let well = match question {
            Question::GetPower => {
                self.before = Some((*question, true));
                let was_read = self.was_read(fate);
                word = word.or(self.last_word);
                was_read
            }
            Question::RequestPowerStateChange(_) => {
                match fate.word() {
                    "accepted" | "unanswered" | "unreadable" => {
                        (self.owed, self.window) = (action_wait(self.options), action_wait(self.options));
                        self.started |= self.arming == Arming::Asked;
                        self.accepted += 1;
                        self.confirmed |= fate.word() == "accepted";
                    }
                    "not supported or invalid" => word = value_of(fate).map(AmtFailure::ReturnValue),
                    "not now" | "not ready" => (self.owed, self.not_now) = (NOT_NOW, value_of(fate)),
                    "fault" | "busy" | "not there" => self.owed = NOT_NOW,
                    _ => {}
                }
                fate.word() == "accepted"
            }
            Question::GetOptIn if self.last_word.is_none() => {
                word = match fate.word() {
                    "consent needed" => Some(AmtFailure::ConsentNeeded),
                    "wrong password" => Some(AmtFailure::Unauthorized),
                    _ => None,
                };
                word.is_none()
            }
            Question::GetOptIn => {
                self.why = (fate.word() == "consent needed").then_some(AmtFailure::ConsentNeeded);
                word = None;
                true
            }
            Question::GetKvm => {
                self.why = (fate.word() == "in session").then_some(AmtFailure::RedirectionOpen);
                word = None;
                true
            }
            Question::GetBootCapabilities => match (self.boot, fate.word()) {
                (Some(boot), "none") => {
                    word = Some(AmtFailure::NoBootSource(boot));
                    false
                }
                (Some(BootSource::Bios), "nothing said") => {
                    word = Some(AmtFailure::NoBootSource(BootSource::Bios));
                    false
                }
                (Some(BootSource::Bios), word) => word == "all",
                (_, word) => matches!(word, "all" | "nothing said" | "fault" | "not there"),
            },
            Question::GetBootSettings | Question::PutBootSettings(_) => matches!(fate, Fate::Answer(..)),
            Question::ChangeBootOrder(_) | Question::SetBootConfigRole { .. } => value_of(fate) == Some(0),
            Question::GetVersion | Question::GetProvisioning | Question::GetPowerSaving => panic!("{question:?}"),
        };
        let arming = !matches!(
            question,
            Question::GetPower | Question::RequestPowerStateChange(_) | Question::GetOptIn | Question::GetKvm
        );
        if let Arming::DisarmAsked { confirmed } = &mut self.arming {
            *confirmed |= well && *question == Question::SetBootConfigRole { armed: false };
            // What is said to disarming is no word on the operation; but it keeps the dialog from asking more.
            if word == Some(AmtFailure::Unauthorized) {
                self.before = None;
                return;
            }
        } else if word.is_some() {
            self.last_word = word;
        } else if !well && arming {
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

    fn stands(&self, dialog: &SetPower) {
        // Whatever moment its time runs out at: it disarms, or nothing is armed, or a start has taken it.
        let mut hurried = dialog.clone();
        if hurried.hurry() {
            let mut call = Call::default();
            hurried.ask(&mut call).expect("room for one");
            assert_eq!(call.question(), Some(Question::SetBootConfigRole { armed: false }));
        } else if self.arming == Arming::Asked {
            assert_eq!(self.last_word, Some(AmtFailure::Unauthorized), "left armed when time is up");
        }
        if let Err(end) = dialog.give_up() {
            let asked_and_not_taken_back = match self.arming {
                Arming::Never => false,
                Arming::Asked => true,
                Arming::DisarmAsked { confirmed } => !confirmed,
            };
            assert_eq!(end.left_armed, asked_and_not_taken_back);
        }
    }

    fn ended(&mut self, end: &Result<Powered, AmtEnd>) {
        let locked_out = self.last_word == Some(AmtFailure::Unauthorized);
        let left_armed = match self.arming {
            Arming::Never => false,
            Arming::Asked if locked_out => true,
            Arming::Asked => {
                assert!(end.is_ok() && self.started, "left armed");
                false
            }
            Arming::DisarmAsked { confirmed } => {
                let left = |(it, _)| match it {
                    Question::SetBootConfigRole { armed: false } => true,
                    Question::ChangeBootOrder(None) => self.boot == Some(BootSource::Bios),
                    _ => false,
                };
                assert!(!self.before.is_some_and(left), "order not cleared, or settings not put back");
                !confirmed
            }
        };
        match end {
            Ok(powered) => {
                assert!(
                    self.reached()
                        && self.to_on == (!matches!(self.goal, Goal::Off | Goal::SoftOff | Goal::SoftReboot))
                );
                assert_eq!((powered.boot_device_used, powered.left_armed), (self.started, left_armed));
                assert_eq!(self.last_word, None);
            }
            Err(AmtEnd { failure, boot_device_used, left_armed: left }) => {
                assert_eq!(*left, left_armed, "whether it is still armed");
                assert_eq!(*boot_device_used, self.started, "whether a start has taken it");
                if let Some(why) = self.why {
                    assert_eq!(*failure, why, "what was found out");
                    return;
                }
                if self.last_word.is_some() {
                    assert_eq!(Some(*failure), self.last_word, "the last word of the device");
                    if self.before.is_some() {
                        let asked = matches!(self.before, Some((Question::GetOptIn | Question::GetKvm, _)));
                        assert!(asked || self.next_of_ending().is_none(), "nobody asked why");
                    }
                    return;
                }
                assert!(self.spent >= self.options.max_attempts, "given up early");
                match failure {
                    AmtFailure::NotReached(state) => {
                        assert_eq!((self.owed, Some(*state)), (Duration::ZERO, self.read.map(|it| it.state)));
                    }
                    AmtFailure::NotNow(value) => assert_eq!(Some(*value), self.not_now),
                    AmtFailure::NoContact | AmtFailure::BadAnswer | AmtFailure::Busy => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

fn action_wait(options: AmtOptions) -> Duration {
    Duration::from_millis(options.action_wait_ms.into())
}

const fn options(max_attempts: u8) -> AmtOptions {
    AmtOptions { awake_interval_ms: 0, max_attempts, action_wait_ms: 10_000 }
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
    let mut drawing = Drawing::default();
    for goal in [Goal::On, Goal::Off, Goal::Reboot, Goal::SoftOff, Goal::SoftReboot] {
        for boot in [pxe, None, Some(BootSource::Bios)] {
            for max_attempts in [3, 1, 0] {
                let explored = walk(goal, boot, options(max_attempts));
                drawing = drawing.and(&explored.drawing);
            }
        }
    }
    drawing.check("core/src/amt/dialogs/set_power.md", "Every way that it can go (drawn by the test `dialogs_amt`):");
}

/// Every PowerState there is, and some that there are not, as the first answer.
#[test]
fn power_states() {
    for state in 0..=20 {
        let status = PowerStatus { state, available: PowerCodes::default() };
        for goal in [Goal::On, Goal::Off, Goal::Reboot] {
            let mut dialog = SetPower::new(goal, None, AmtOptions::default());
            assert_eq!(dialog.turn(Instant::ZERO, Last::Start), Ok(Turn::Ask));
            let turn = dialog.turn(Instant::ZERO, Last::Answer(Answer::Power(status)));
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

/// Watches the dialogs that change nothing, or only take back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchOther {
    options: AmtOptions,
    last: Option<(Question, &'static str)>,
    failed: u8,
}

impl WatchOther {
    const fn new(options: AmtOptions) -> Self {
        Self { options, last: None, failed: 0 }
    }

    fn ask(&mut self, question: &Question, repeatable: bool) {
        assert!(repeatable);
        assert!(!matches!(self.last, Some((_, "wrong password"))), "another login");
        self.last = Some((*question, ""));
    }

    fn tell(&mut self, question: &Question, fate: &Fate<Amt>) {
        self.last = Some((*question, fate.word()));
        self.failed += u8::from(!matches!(fate, Fate::Answer(..)) || fate.word() == "not done");
    }

    fn failed_with(&self, failure: AmtFailure) {
        let word = self.last.map_or("", |(_, word)| word);
        let wanted = match word {
            "access denied" => AmtFailure::AccessDenied,
            "wrong password" => AmtFailure::Unauthorized,
            "busy" => AmtFailure::Busy,
            "unanswered" | "never sent" => AmtFailure::NoContact,
            "error" => AmtFailure::UnknownState(0),
            "not done" => AmtFailure::NotDisarmed,
            _ => AmtFailure::BadAnswer,
        };
        // ReturnValue 6 is the last word of a table, not a fault.
        let by_value = word == "access denied" && failure == AmtFailure::NotDisarmed;
        assert!(failure == wanted || by_value, "{failure:?} after {word}");
    }
}

macro_rules! watch_other {
    ($dialog:ty, $output:ty, $ended:expr) => {
        impl Watch<$dialog> for WatchOther {
            fn fates(&self, question: &Question) -> Fates {
                fates(question)
            }

            fn asked(&mut self, question: &Question, repeatable: bool) {
                self.ask(question, repeatable);
            }

            fn told(&mut self, question: &Question, fate: &Fate<Amt>) {
                self.tell(question, fate);
            }

            fn ended(&mut self, end: &Result<$output, AmtEnd>) {
                let check: fn(&Self, &Result<$output, AmtEnd>) = $ended;
                check(self, end);
            }
        }
    };
}

watch_other!(ReadPower, PowerStatus, |watch, end| match end {
    Ok(_) => assert!(matches!(watch.last, Some((Question::GetPower, word)) if !word.is_empty())),
    Err(end) => {
        let over = watch.failed >= watch.options.max_attempts.max(1);
        let at_once =
            matches!(end.failure, AmtFailure::AccessDenied | AmtFailure::Unauthorized | AmtFailure::UnknownState(0));
        assert!(over || at_once, "given up early: {end:?}");
        watch.failed_with(end.failure);
        assert!(!end.left_armed);
    }
});

watch_other!(Disarm, (), |watch, end| match end {
    Ok(()) => assert!(matches!(watch.last, Some((Question::ChangeBootOrder(None), _)))),
    Err(end) => {
        assert!(end.left_armed && matches!(watch.last, Some((Question::SetBootConfigRole { armed: false }, _))));
        watch.failed_with(end.failure);
    }
});

watch_other!(Describe, rackhand_core::amt::AmtInfo, |watch, end| match end {
    Ok(_) => assert!(matches!(watch.last, Some((Question::GetPowerSaving, _)))),
    Err(end) => watch.failed_with(end.failure),
});

#[test]
fn the_other_dialogs_end() {
    for attempts in [3, 1, 0] {
        let options = options(attempts);
        let read = explore(&ReadPower::new(options), &WatchOther::new(options), &DELAYS);
        let disarm = explore(&Disarm::new(options), &WatchOther::new(options), &DELAYS);
        let describe = explore(&Describe::new(), &WatchOther::new(options), &DELAYS);
        println!("{attempts}: {}, {} and {} states", read.states, disarm.states, describe.states);
        assert!(disarm.most_questions <= usize::from(attempts.max(1)) + 1);
        assert!(describe.most_questions <= 5);
    }
}
