//! Every path of the dialogs with a BMC (drivers.md, ipmi; DESIGN, core rules 8 and 9). The diagrams in the docs of core are drawn
//! here.

use std::time::Duration;

use rackhand_core::ipmi::{
    BootSetting, Goal, Ipmi, IpmiFailure, Query, RawAnswer, RawRequest, ReadBoot, ReadPower, Reception, Refusal,
    SetBoot, SetPower,
};
use rackhand_core::operation::BootDevice;
use rackhand_tests::explore::{Drawing, Explored, Fate, IpmiQuestion, Watch, explore};

const NO_DELAY: [Duration; 1] = [Duration::ZERO];
/// At once, and when nothing is waited for any more.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(20)];
const SOFT_WAIT_MS: u32 = 5_000;

fn answer(word: &'static str, data: &'static [u8]) -> Fate<Ipmi> {
    Fate::Answer(word, data)
}

fn refused(word: &'static str, code: u8) -> Fate<Ipmi> {
    Fate::Refused(word, Refusal::Completion(code))
}

/// Get Chassis Status.
fn is_look(question: &IpmiQuestion) -> bool {
    (question.netfn, question.command, question.data.as_slice()) == (0x00, 0x01, &[])
}

fn looks() -> Vec<Fate<Ipmi>> {
    let mut all = vec![
        answer("on", &[0x21, 0x00, 0x40]),
        answer("off", &[0x20, 0x10, 0x40, 0x00]),
        answer("too short", &[0x01, 0x00]),
        refused("refused", 0xC1),
    ];
    all.extend(Fate::LOST);
    all
}

/// What an answer says of the power, by the specification: bit 0 of the first of at least three bytes.
fn power(fate: &Fate<Ipmi>) -> Option<bool> {
    match fate {
        Fate::Answer(_, [first, _, _, ..]) => Some(first & 1 != 0),
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchRead(Option<&'static str>);

impl Watch<ReadPower> for WatchRead {
    fn fates(&self, _: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        looks()
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        assert!(is_look(question) && repeatable && self.0.is_none());
    }

    fn told(&mut self, _: &IpmiQuestion, fate: &Fate<Ipmi>) {
        self.0 = Some(fate.word());
    }

    fn ended(&mut self, end: &Result<bool, IpmiFailure>) {
        let what = Query::ChassisStatus;
        let expected = match self.0.unwrap() {
            "on" => Ok(true),
            "off" => Ok(false),
            "too short" => Err(IpmiFailure::BadAnswer(what)),
            "refused" => Err(IpmiFailure::Refused { what, refusal: Refusal::Completion(0xC1) }),
            _ => Err(IpmiFailure::NoContact),
        };
        assert_eq!(*end, expected);
    }
}

#[test]
fn read_power() {
    assert_eq!(explore(&ReadPower, &WatchRead(None), &NO_DELAY).most_questions, 1);
}

/// What is known of a machine that is powered: requests, what became of the last, and what was seen since.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchPower {
    goal: Goal,
    first: Option<bool>,
    seen: Option<bool>,
    /// A request may have acted and nobody has looked since.
    unread: bool,
    /// The present leg is to on; requests in it.
    on: bool,
    requests: u8,
    /// Those of them that were answered.
    answered: u8,
    request: Reception,
    /// What was seen in the leg to off.
    seen_off: bool,
    /// Looks on end that have shown nothing.
    blind: u8,
}

impl WatchPower {
    fn new(goal: Goal) -> Self {
        Self {
            goal,
            first: None,
            seen: None,
            unread: false,
            on: goal == Goal::On,
            requests: 0,
            answered: 0,
            request: Reception::NeverSent,
            seen_off: false,
            blind: 0,
        }
    }

    fn is_reboot(&self) -> bool {
        matches!(self.goal, Goal::Reboot | Goal::SoftReboot)
    }

    fn is_soft(&self) -> bool {
        matches!(self.goal, Goal::SoftOff | Goal::SoftReboot)
    }
}

impl Watch<SetPower> for WatchPower {
    fn fates(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        if is_look(question) {
            return looks();
        }
        let mut all = vec![
            answer("accepted", &[]),
            refused("not in this state", 0xD5),
            refused("not allowed", 0xD4),
            Fate::Refused("not handed on", Refusal::Bridge(0xD5)),
        ];
        all.extend(Fate::LOST);
        all
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        if is_look(question) {
            assert!(repeatable);
            return;
        }
        assert!(!repeatable, "a request for power is never repeated blindly");
        assert!(!self.unread, "a request after one that may have acted, and nobody has looked in between");
        assert_eq!((question.netfn, question.command), (0x00, 0x02));
        let first = self.first.expect("first it looks");
        let on = match (question.data.as_slice(), self.goal) {
            ([1], Goal::On | Goal::Reboot | Goal::SoftReboot) => true,
            ([0], Goal::Off | Goal::Reboot) | ([5], Goal::SoftOff | Goal::SoftReboot) => false,
            other => panic!("{other:?}"),
        };
        if on != self.on || self.requests == 0 {
            assert!(self.requests == 0 || on, "off behind on");
            assert!(self.requests == 0 || self.seen == Some(false), "on before it was seen off");
            assert!(on || first, "off though it is off");
            (self.on, self.requests, self.answered) = (on, 0, 0);
        }
        let most = if on || !self.is_soft() { 6 } else { 1 };
        assert!(self.requests + self.answered < most, "too many requests");
        self.requests += 1;
    }

    fn told(&mut self, question: &IpmiQuestion, fate: &Fate<Ipmi>) {
        if is_look(question) {
            if let Some(on) = power(fate) {
                self.first.get_or_insert(on);
                (self.seen, self.unread, self.blind) = (Some(on), false, 0);
                self.seen_off |= !on;
            } else {
                self.blind += 1;
                assert!(self.blind <= 3, "it goes on looking where nothing is to be seen");
            }
            return;
        }
        self.answered += u8::from(!matches!(fate, Fate::Lost { .. }));
        self.unread = fate.may_have_acted() && !matches!(fate, Fate::Refused(..));
        self.request = match fate {
            Fate::Answer(..) => Reception::Accepted,
            Fate::Refused(_, refusal) => Reception::Refused(*refusal),
            Fate::Lost { sent: true } => Reception::Unanswered,
            Fate::Lost { sent: false } => self.request,
        };
    }

    fn ended(&mut self, end: &Result<(), IpmiFailure>) {
        match *end {
            Ok(()) => {
                assert!(!self.unread, "nobody has looked");
                assert_eq!(self.seen, Some(matches!(self.goal, Goal::On | Goal::Reboot | Goal::SoftReboot)));
                assert!(!self.is_reboot() || self.seen_off || self.first == Some(false), "a reboot without an off");
            }
            Err(IpmiFailure::NoContact) => assert_eq!(self.first, None),
            Err(IpmiFailure::BadAnswer(what)) => assert_eq!((self.first, what), (None, Query::ChassisStatus)),
            Err(IpmiFailure::Refused { what: Query::ChassisStatus, .. }) => assert_eq!(self.first, None),
            Err(IpmiFailure::Refused { what, refusal }) => {
                assert_eq!((what, refusal), (Query::ChassisControl, Refusal::Completion(0xD4)));
                assert!(!(self.is_reboot() && self.on && self.seen_off && self.first == Some(true)), "left off");
            }
            Err(IpmiFailure::NotOnAgain(_)) => {
                assert!(self.is_reboot() && self.on && self.seen_off, "{self:?}");
                assert!(self.seen == Some(false) || self.unread || self.blind > 0);
            }
            Err(IpmiFailure::NotReached { on, soft, .. }) => {
                assert_eq!((on, soft), (self.on, self.is_soft()));
                assert!(self.seen != Some(on) || self.unread || self.blind > 0, "{self:?}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn walk_power(goal: Goal) -> Explored {
    let explored = explore(&SetPower::new(goal, SOFT_WAIT_MS), &WatchPower::new(goal), &DELAYS);
    println!(
        "SetPower, {goal:?}: {} states, {} edges, {:.0e} paths, at most {} questions",
        explored.states, explored.edges, explored.paths, explored.most_questions
    );
    explored
}

#[test]
fn set_power() {
    let mut drawing = Drawing::default();
    for goal in [Goal::On, Goal::Off, Goal::Reboot, Goal::SoftOff, Goal::SoftReboot] {
        let explored = walk_power(goal);
        // A look; and for each state three requests with so many looks in 15 s each, or six of 4 s, and three blind looks at each.
        assert!(explored.most_questions <= 1 + 2 * 3 * (1 + 3 * 16), "{goal:?}: {}", explored.most_questions);
        drawing = drawing.and(&explored.drawing);
    }
    drawing.check("core/src/ipmi/dialogs/set_power.md", "Every way that it can go (drawn by the test `dialogs_ipmi`):");
}

/// What a reading of the boot flags may bring.
fn flags() -> Vec<Fate<Ipmi>> {
    let mut all = vec![
        answer("PXE, persistent, EFI", &[0x01, 0x05, 0xE0, 0x04, 0, 0, 0]),
        answer("PXE", &[0x01, 0x05, 0x80, 0x04, 0, 0, 0]),
        answer("disk", &[0x01, 0x05, 0x80, 0x08, 0, 0, 0]),
        answer("not valid", &[0x01, 0x05, 0x00, 0x04, 0, 0, 0]),
        answer("marked invalid", &[0x01, 0x85, 0x80, 0x04, 0, 0, 0]),
        answer("too short", &[0x01, 0x05, 0x80]),
        answer("another parameter", &[0x01, 0x00, 0x00]),
        refused("refused", 0x80),
    ];
    all.extend(Fate::LOST);
    all
}

fn setting(device: Option<BootDevice>, persistent: bool, efi: bool) -> BootSetting {
    BootSetting { device, persistent, efi }
}

/// What such an answer says.
fn says(word: &str) -> Result<BootSetting, IpmiFailure> {
    let what = Query::GetBootOptions;
    Ok(match word {
        "PXE, persistent, EFI" => setting(Some(BootDevice::Pxe), true, true),
        "PXE" => setting(Some(BootDevice::Pxe), false, false),
        "disk" => setting(Some(BootDevice::Disk), false, false),
        "not valid" | "marked invalid" => setting(None, false, false),
        "refused" => return Err(IpmiFailure::Refused { what, refusal: Refusal::Completion(0x80) }),
        "unanswered" | "never sent" => return Err(IpmiFailure::NoContact),
        _ => return Err(IpmiFailure::BadAnswer(what)),
    })
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchReadBoot(Option<&'static str>);

const GET_FLAGS: [u8; 3] = [0x05, 0, 0];

impl Watch<ReadBoot> for WatchReadBoot {
    fn fates(&self, _: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        flags()
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        assert!(repeatable && self.0.is_none());
        assert_eq!((question.netfn, question.command, question.data.as_slice()), (0x00, 0x09, GET_FLAGS.as_slice()));
    }

    fn told(&mut self, _: &IpmiQuestion, fate: &Fate<Ipmi>) {
        self.0 = Some(fate.word());
    }

    fn ended(&mut self, end: &Result<BootSetting, IpmiFailure>) {
        assert_eq!(*end, says(self.0.unwrap()));
    }
}

#[test]
fn read_boot() {
    assert_eq!(explore(&ReadBoot, &WatchReadBoot(None), &NO_DELAY).most_questions, 1);
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchSetBoot {
    /// What was said of EFI.
    efi: Option<bool>,
    asked: Vec<Vec<u8>>,
    /// Why the change is given up: from then on it is only ended.
    given_up: Option<IpmiFailure>,
    last: Option<&'static str>,
}

impl Watch<SetBoot> for WatchSetBoot {
    fn fates(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        if question.command == 0x09 {
            return flags();
        }
        let mut all = vec![answer("taken", &[]), refused("refused", 0x80)];
        all.extend(Fate::LOST);
        all
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        assert!(repeatable, "setting twice is setting once");
        assert_eq!(question.netfn, 0x00);
        self.asked.push([&[question.command], question.data.as_slice()].concat());
    }

    fn told(&mut self, question: &IpmiQuestion, fate: &Fate<Ipmi>) {
        if self.asked.len() == 1 && question.command == 0x09 {
            // Nobody can say what it is where that cannot be read.
            self.efi = Some(fate.word() == "PXE, persistent, EFI");
        }
        let is_flags = question.data.first() == Some(&5);
        let before_them = is_flags || matches!(question.data.as_slice(), [0, 1] | [3 | 4, ..]);
        if question.command == 0x08 {
            match fate {
                Fate::Lost { sent: true } if before_them => self.given_up = Some(IpmiFailure::NoContact),
                Fate::Refused(_, refusal) if is_flags => {
                    self.given_up = Some(IpmiFailure::Refused { what: Query::SetBootOptions, refusal: *refusal });
                }
                _ => {}
            }
        }
        self.last = Some(fate.word());
    }

    fn ended(&mut self, end: &Result<BootSetting, IpmiFailure>) {
        let last = self.last.unwrap();
        let read_back = self.asked.len() > 2 && self.asked.last().unwrap()[0] == 0x09;
        let expected = match self.given_up {
            Some(failure) => Err(failure),
            None if last == "never sent" => Err(IpmiFailure::NoContact),
            None if !read_back && last == "unanswered" && self.asked.len() == 1 => Err(IpmiFailure::NoContact),
            None => {
                assert!(read_back, "it does not look: {:?}", self.asked);
                says(last).and_then(|kept| {
                    let wanted = BootDevice::Pxe;
                    // What is not valid is kept, too.
                    let kept_it = matches!(last, "not valid" | "marked invalid");
                    let kept = BootSetting { device: if kept_it { Some(wanted) } else { kept.device }, ..kept };
                    if kept.device == Some(wanted) { Ok(kept) } else { Err(IpmiFailure::BootNotKept { wanted, kept }) }
                })
            }
        };
        assert_eq!(*end, expected);
        let flags = if self.efi == Some(true) { 0xE0 } else { 0xC0 };
        // As ipmitool does it, and parameter 3.
        let all: [&[u8]; 8] = [
            &[0x09, 5, 0, 0],
            &[0x08, 0, 1],
            &[0x08, 3, 8],
            &[0x08, 4, 1, 1],
            &[0x08, 5, flags, 4, 0, 0, 0],
            &[0x08, 0, 2],
            &[0x08, 0, 0],
            &[0x09, 5, 0, 0],
        ];
        let mut expected = all.iter().skip(all.len() - if self.asked[0][0] == 0x09 { 8 } else { 7 });
        for asked in &self.asked {
            let ends = self.given_up.is_some() && *asked == [0x08, 0, 0];
            let next = if ends { expected.find(|it| **it == [0x08, 0, 0]) } else { expected.next() };
            assert_eq!(Some(&asked.as_slice()), next);
        }
    }
}

#[test]
fn set_boot() {
    let mut drawing = Drawing::default();
    for efi in [None, Some(true), Some(false)] {
        let watch = WatchSetBoot { efi, asked: Vec::new(), given_up: None, last: None };
        let explored = explore(&SetBoot::new(BootDevice::Pxe, true, efi), &watch, &NO_DELAY);
        println!("SetBoot, {efi:?}: {} states, {} edges", explored.states, explored.edges);
        assert_eq!(explored.most_questions, if efi.is_some() { 7 } else { 8 });
        drawing = drawing.and(&explored.drawing);
    }
    drawing.check("core/src/ipmi/dialogs/set_boot.md", "Every way that it can go (drawn by the test `dialogs_ipmi`):");
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchRaw(Option<&'static str>);

const LONGEST: [u8; 64] = [7; 64];
const TOO_LONG: [u8; 65] = [7; 65];

impl Watch<rackhand_core::ipmi::Raw> for WatchRaw {
    fn fates(&self, _: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        let mut all = vec![answer("longest", &LONGEST), answer("too long", &TOO_LONG), refused("refused", 0xC1)];
        all.extend(Fate::LOST);
        all
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        assert!(!repeatable, "it may be anything");
        assert_eq!(
            (question.netfn, question.command, question.data.as_slice()),
            (0x2E, 0xDF, [0x57, 1, 0, 1].as_slice())
        );
    }

    fn told(&mut self, _: &IpmiQuestion, fate: &Fate<Ipmi>) {
        self.0 = Some(fate.word());
    }

    fn ended(&mut self, end: &Result<RawAnswer, IpmiFailure>) {
        match (self.0.unwrap(), end) {
            ("longest", Ok(answer)) => assert_eq!(answer.bytes(), LONGEST),
            ("too long", Err(IpmiFailure::BadAnswer(Query::Raw)))
            | ("refused", Err(IpmiFailure::Refused { what: Query::Raw, refusal: Refusal::Completion(0xC1) }))
            | ("unanswered" | "never sent", Err(IpmiFailure::NoContact)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn raw() {
    let request = RawRequest { netfn: 0x2E, command: 0xDF, bridge: None, data: [0x57, 1, 0, 1].into_iter().collect() };
    let explored = explore(&rackhand_core::ipmi::Raw::new(request), &WatchRaw(None), &NO_DELAY);
    assert_eq!(explored.most_questions, 1);
}
