//! Every path of the dialogs with an iBoot (drivers.md, staging-iboot; DESIGN, core rules 8 and 9). The diagrams in the
//! docs of core are drawn here.

use std::fmt::Debug;
use std::time::Duration;

use rackhand_core::dialog::{Bounded, Dialog};
use rackhand_core::dxp::{
    Answer, Asked, Dxp, Failure, Pulse, Question, Read, Reading, Reboot, Reception, RelayChange, RelayChanges, RelayId,
    Retry, Switch, Task, TaskDone,
};
use rackhand_tests::explore::{Drawing, Explored, Fate, Watch, explore};

const SECOND: Duration = Duration::from_secs(1);
/// Not the interval of the retries, so that the two pauses can be told apart.
const DELAY: Duration = Duration::from_secs(5);
/// These dialogs know no time.
const NO_DELAY: [Duration; 1] = [Duration::ZERO];
const ONE: RelayId = RelayId::FIRST;

fn relay(number: u8) -> RelayId {
    RelayId::new(number).unwrap()
}

fn retry(max_retry: u8) -> Retry {
    Retry { max_retry, interval: SECOND }
}

/// Tries of one phase.
fn tries(max_retry: u8) -> usize {
    usize::from(max_retry) + 1
}

/// What the device can do about a question. `two`: it has two relays that matter.
fn fates(question: &Question, two: bool) -> Vec<Fate<Dxp>> {
    let relays = |word, bytes| Fate::Answer(word, Answer::Relays(bytes));
    let mut all = match (question, two) {
        (Question::Change(_) | Question::Pulse(..), _) => {
            vec![Fate::Answer("status 0", Answer::Done), Fate::Refused("refused", 1), Fate::Refused("refused", 255)]
        }
        (Question::Read(_), false) => vec![
            relays("on", &[1]),
            relays("off", &[0]),
            relays("on", &[1, 0]),
            relays("off", &[0, 1]),
            relays("unknown byte", &[2]),
            relays("no byte", &[]),
            // What the engine never hands on: no answer to a read is a status.
            Fate::Answer("no byte", Answer::Done),
            Fate::Refused("refused", 1),
        ],
        (Question::Read(_), true) => vec![
            relays("on", &[1, 1]),
            relays("off", &[0, 0]),
            relays("on", &[1, 0]),
            relays("off", &[0, 1]),
            relays("unknown byte", &[7, 1]),
            relays("unknown byte", &[1, 7]),
            relays("no byte", &[1]),
            relays("no byte", &[0]),
            relays("no byte", &[]),
            Fate::Answer("no byte", Answer::Done),
            Fate::Refused("refused", 1),
        ],
    };
    all.extend(Fate::LOST);
    all
}

/// What an answer to a read says of a relay, by the manual: 1 on, 0 off, all else unknown.
fn says(fate: &Fate<Dxp>, relay: RelayId) -> Reading {
    match fate {
        Fate::Answer(_, Answer::Relays(bytes)) => match bytes.get(usize::from(relay.get()) - 1) {
            Some(1) => Reading::On,
            Some(0) => Reading::Off,
            Some(byte) => Reading::Unknown(*byte),
            None => Reading::NotRead,
        },
        _ => Reading::NotRead,
    }
}

/// What is to be said of a request, now that this has become of a try: what never left says nothing about those that did.
fn received(request: &mut Reception, fate: &Fate<Dxp>) {
    *request = match fate {
        Fate::Answer(..) => Reception::Accepted,
        Fate::Refused(..) => Reception::Refused,
        Fate::Lost { sent: true } => Reception::Unanswered,
        Fate::Lost { sent: false } => return,
    };
}

/// What holds for all: at most `max_retry + 1` tries of a phase, a pause of `retry_interval` after a try that failed, and a
/// read asked after every change that may have acted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Common {
    max_retry: u8,
    /// Times that the question at hand was asked on end.
    asked: u8,
    /// The last one as text, and how it went: well, or not so.
    last: Option<(String, bool)>,
    pause: Option<Duration>,
    /// A change may have acted, ever.
    acted: bool,
    /// And no read was asked since.
    unread: bool,
}

impl Common {
    fn new(max_retry: u8) -> Self {
        Self { max_retry, asked: 0, last: None, pause: None, acted: false, unread: false }
    }

    fn asked(&mut self, question: &Question) {
        let text = format!("{question:?}");
        match &self.last {
            Some((before, well)) if *before == text => {
                assert!(!well, "it is asked again though it went well");
                assert_eq!(self.pause, Some(SECOND), "no pause before {question:?} is tried again");
                self.asked += 1;
                assert!(self.asked <= self.max_retry + 1, "{} tries of {question:?}", self.asked);
            }
            _ => self.asked = 1,
        }
        self.last = Some((text, false));
        self.pause = None;
        self.unread &= question.changes();
    }

    fn told(&mut self, question: &Question, fate: &Fate<Dxp>, well: bool) {
        if question.changes() && fate.may_have_acted() {
            (self.acted, self.unread) = (true, true);
        }
        self.last.as_mut().unwrap().1 = well;
    }

    /// The last try of the question at hand was its last.
    fn used_up(&self) -> bool {
        self.asked == self.max_retry + 1
    }

    fn ended(&self) {
        assert!(!self.unread, "a change may have acted, and nobody looked");
        assert_eq!(self.pause, None, "a pause and then nothing");
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchRead(Common, String);

impl Watch<Read> for WatchRead {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        fates(question, false)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        assert_eq!((*question, repeatable), (Question::Read(ONE), true));
        self.0.asked(question);
    }

    fn told(&mut self, question: &Question, fate: &Fate<Dxp>) {
        self.0.told(question, fate, says(fate, ONE).is_on().is_some());
        let end: Result<bool, Failure> = match (says(fate, ONE).is_on(), fate) {
            (Some(on), _) => Ok(on),
            (None, &Fate::Answer(_, Answer::Relays(&[byte, ..]))) => Err(Failure::UnknownState(byte)),
            (None, Fate::Refused(..)) => Err(Failure::Refused),
            (None, _) => Err(Failure::NoContact),
        };
        self.1 = format!("{end:?}");
    }

    fn paused(&mut self, pause: Duration) {
        self.0.pause = Some(pause);
    }

    fn ended(&mut self, end: &Result<bool, Failure>) {
        self.0.ended();
        assert_eq!(format!("{end:?}"), self.1, "the last answer decides");
        assert!(end.is_ok() || self.0.used_up(), "given up early");
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchSwitch {
    common: Common,
    changes: Vec<RelayChange>,
    /// What became of each of them.
    requests: Vec<Reception>,
    /// Changes that the device has accepted.
    made: usize,
    /// What the last read that was answered said of each.
    read: Vec<Reading>,
    /// The last question was a read.
    reading: bool,
}

impl WatchSwitch {
    fn new(max_retry: u8, changes: &[RelayChange]) -> Self {
        Self {
            common: Common::new(max_retry),
            changes: changes.to_vec(),
            requests: vec![Reception::NeverSent; changes.len()],
            made: 0,
            read: vec![Reading::NotRead; changes.len()],
            reading: false,
        }
    }

    /// The first change that nobody has seen made.
    fn wrong(&self) -> Option<usize> {
        self.changes.iter().zip(&self.read).position(|(change, read)| read.is_on() != Some(change.on))
    }

    /// What is to be said when it is not done.
    fn truth(&self) -> Failure {
        if !self.common.acted {
            return Failure::NoContact;
        }
        let first = self.wrong().expect("else it is done");
        let RelayChange { relay, on: wanted } = self.changes[first];
        let untried = self.requests.iter().filter(|request| **request == Reception::NeverSent).count();
        let untried = u8::try_from(untried).unwrap();
        Failure::NotReached { relay, wanted, request: self.requests[first], seen: self.read[first], untried }
    }
}

impl Watch<Switch> for WatchSwitch {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        fates(question, self.changes.len() > 1)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        self.common.asked(question);
        assert!(repeatable, "switching twice is switching once");
        match question {
            Question::Change(change) => {
                assert!(!self.reading, "no change after a read back");
                assert_eq!(
                    self.changes.get(self.made),
                    Some(change),
                    "in their order, none before the last is accepted"
                );
            }
            Question::Read(highest) => {
                self.reading = true;
                assert_eq!(Some(*highest), self.changes.iter().map(|it| it.relay).max());
                assert!(self.common.acted, "nothing was switched, so nothing is to be read back");
            }
            Question::Pulse(..) => panic!("that is no pulse"),
        }
    }

    fn told(&mut self, question: &Question, fate: &Fate<Dxp>) {
        let mut well = matches!(fate, Fate::Answer(..));
        if question.changes() {
            received(&mut self.requests[self.made], fate);
            self.made += usize::from(well);
        } else {
            if well {
                self.read = self.changes.iter().map(|it| says(fate, it.relay)).collect();
            }
            well &= self.wrong().is_none();
        }
        self.common.told(question, fate, well);
    }

    fn paused(&mut self, pause: Duration) {
        self.common.pause = Some(pause);
    }

    fn stands(&self, dialog: &Switch) {
        assert_eq!(dialog.give_up(), Err(self.truth()));
    }

    fn ended(&mut self, end: &Result<(), Failure>) {
        self.common.ended();
        match end {
            Ok(()) => assert!(self.reading && self.wrong().is_none(), "done, and nobody has seen it"),
            Err(failure) => {
                assert_eq!(*failure, self.truth());
                assert!(self.common.used_up() && self.reading == self.common.acted, "given up early");
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchReboot {
    common: Common,
    /// An off may have acted, and no on was asked since.
    off_owes_on: bool,
    /// Off was read after an off that may have acted.
    seen_off: bool,
    asked_on: bool,
    delayed: bool,
    /// What became of the on.
    request: Reception,
    /// What the last read said that was answered; nothing when a change may have acted since.
    read: Reading,
    /// The last question was a read.
    reading: bool,
}

impl WatchReboot {
    fn new(max_retry: u8) -> Self {
        Self {
            common: Common::new(max_retry),
            off_owes_on: false,
            seen_off: false,
            asked_on: false,
            delayed: false,
            request: Reception::NeverSent,
            read: Reading::NotRead,
            reading: false,
        }
    }

    /// What is to be said when it is not done.
    fn truth(&self) -> Failure {
        let (relay, request, seen) = (ONE, self.request, self.read);
        match (self.common.acted, self.seen_off) {
            (false, _) => Failure::NoContact,
            (true, true) => Failure::NotOnAgain { relay, request, seen },
            (true, false) => Failure::NeverOff { relay, request, seen },
        }
    }
}

impl Watch<Reboot> for WatchReboot {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        fates(question, false)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        assert!(repeatable, "switching twice is switching once");
        let all_read = self.common.used_up();
        self.common.asked(question);
        match question {
            Question::Change(RelayChange { relay: ONE, on: false }) => {
                assert!(!self.reading && !self.asked_on, "off comes first and never again");
            }
            Question::Change(RelayChange { relay: ONE, on: true }) if !self.asked_on => {
                let restore = self.reading && !self.seen_off && all_read;
                assert!(self.delayed || restore, "on comes after the delay, or when it never read off");
                (self.asked_on, self.off_owes_on) = (true, false);
            }
            Question::Change(RelayChange { relay: ONE, on: true }) => {}
            Question::Read(ONE) => assert!(self.common.acted || self.asked_on),
            other => panic!("{other:?}"),
        }
        self.reading = !question.changes();
    }

    fn told(&mut self, question: &Question, fate: &Fate<Dxp>) {
        let well = match question {
            Question::Read(_) => {
                let says = says(fate, ONE);
                if says != Reading::NotRead {
                    self.read = says;
                }
                self.seen_off |= says == Reading::Off && !self.asked_on;
                says.is_on() == Some(self.asked_on)
            }
            _ => {
                if self.asked_on {
                    received(&mut self.request, fate);
                }
                if fate.may_have_acted() {
                    self.read = Reading::NotRead;
                }
                matches!(fate, Fate::Answer(..))
            }
        };
        self.off_owes_on |= !self.asked_on && question.changes() && fate.may_have_acted();
        self.common.told(question, fate, well);
    }

    fn paused(&mut self, pause: Duration) {
        if pause == DELAY {
            assert!(self.seen_off && !self.delayed && !self.asked_on, "the delay follows a read of off, once");
            self.delayed = true;
        } else {
            self.common.pause = Some(pause);
        }
    }

    /// Whenever time runs out, what is said is true, and an off that may have acted is followed by an on.
    fn stands(&self, dialog: &Reboot) {
        assert_eq!(dialog.give_up(), Err(self.truth()));
        let mut hurried = dialog.clone();
        assert_eq!(hurried.hurry(), self.off_owes_on, "on is hurried to exactly when an off owes it");
        assert_eq!(dialog.reserve_ms() == 0, self.asked_on, "time is kept for the on until it is asked");
        if self.off_owes_on {
            let mut asked = Asked::default();
            hurried.ask(&mut asked).unwrap();
            assert_eq!(asked.question(), Some(Question::Change(RelayChange { relay: ONE, on: true })));
            assert_eq!(hurried.give_up(), Err(self.truth()), "hurrying alone changes nothing");
        }
    }

    fn ended(&mut self, end: &Result<(), Failure>) {
        self.common.ended();
        assert!(!self.off_owes_on, "off may have been done, and on was never asked");
        assert!(self.common.used_up() || self.read == Reading::On, "given up early");
        match end {
            Ok(()) => assert!(self.read == Reading::On && self.seen_off && self.delayed && self.asked_on),
            Err(failure) => assert_eq!((*failure, self.reading), (self.truth(), self.common.acted)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchPulse {
    common: Common,
    /// What became of the pulse that may have reached the device.
    sent: Option<&'static str>,
    /// What the last read said that was answered.
    read: Reading,
}

const PULSE: Question = Question::Pulse(RelayChange { relay: ONE, on: true }, 3);

impl WatchPulse {
    fn truth(&self) -> Result<Reading, Failure> {
        match self.sent {
            None => Err(Failure::NoContact),
            Some("status 0") => Ok(self.read),
            Some("refused") => Err(Failure::Refused),
            Some(_) => Err(Failure::Unanswered { relay: ONE, seen: self.read }),
        }
    }
}

impl Watch<Pulse> for WatchPulse {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        fates(question, false)
    }

    fn asked(&mut self, question: &Question, repeatable: bool) {
        self.common.asked(question);
        assert_eq!(repeatable, !question.changes(), "a pulse is not to be repeated by the engine");
        if *question == PULSE {
            assert_eq!(self.sent, None, "a second pulse, and the first may have been carried out");
        } else {
            assert_eq!(*question, Question::Read(ONE));
            assert!(self.common.acted, "no pulse went out, so nothing is to be read");
        }
    }

    fn told(&mut self, question: &Question, fate: &Fate<Dxp>) {
        if *question == PULSE {
            self.sent = fate.may_have_acted().then(|| fate.word());
            self.common.told(question, fate, false);
        } else {
            let says = says(fate, ONE);
            if says != Reading::NotRead {
                self.read = says;
            }
            self.common.told(question, fate, says.is_on().is_some());
        }
    }

    fn paused(&mut self, pause: Duration) {
        self.common.pause = Some(pause);
    }

    fn stands(&self, dialog: &Pulse) {
        assert_eq!(dialog.give_up(), self.truth());
    }

    fn ended(&mut self, end: &Result<Reading, Failure>) {
        self.common.ended();
        assert!(self.read.is_on().is_some() || self.common.used_up(), "given up early");
        assert_eq!(*end, self.truth());
    }
}

/// Answers whatever there is; [`Task`] must be no more than the dialog in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Onlooker(bool);

impl<D: Dialog<On = Dxp>> Watch<D> for Onlooker {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        fates(question, self.0)
    }

    fn asked(&mut self, _: &Question, _: bool) {}

    fn told(&mut self, _: &Question, _: &Fate<Dxp>) {}

    fn ended(&mut self, _: &Result<D::Output, D::Error>) {}
}

/// Explores `dialog` under its watch, and the same as a [`Task`].
fn walk<D>(dialog: D, watch: &impl Watch<D>, task: fn(D) -> Task) -> Explored
where
    D: Dialog<On = Dxp, Output: Debug, Error = Failure> + Clone + Debug + Eq,
{
    let explored = explore(&dialog, watch, &NO_DELAY);
    let alone = explore(&dialog, &Onlooker(false), &NO_DELAY);
    let wrapped = explore(&task(dialog), &Onlooker(false), &NO_DELAY);
    assert_eq!((alone.states, alone.edges, alone.drawing), (wrapped.states, wrapped.edges, wrapped.drawing));
    println!(
        "{}: {} states, {} edges, {:.0e} paths, at most {} questions",
        std::any::type_name::<D>().rsplit("::").next().unwrap_or_default(),
        explored.states,
        explored.edges,
        explored.paths,
        explored.most_questions
    );
    explored
}

#[test]
fn read() {
    let mut drawing = Drawing::default();
    for max_retry in [3, 0] {
        let watch = WatchRead(Common::new(max_retry), String::new());
        let explored = walk(Read::new(ONE, retry(max_retry)), &watch, Task::Read);
        assert_eq!(explored.most_questions, tries(max_retry));
        drawing = drawing.and(&explored.drawing);
    }
    drawing.check("core/src/dxp/dialogs/read.md", "Every way that it can go (drawn by the test `dialogs_dxp`):");
}

#[test]
fn switch() {
    let change = |number, on| RelayChange { relay: relay(number), on };
    let lists = [
        vec![change(1, true)],
        vec![change(1, false)],
        vec![change(1, true), change(2, false)],
        vec![change(2, false), change(1, false)],
    ];
    let mut drawing = Drawing::default();
    for max_retry in [3, 0] {
        for changes in &lists {
            let dialog = Switch::new(RelayChanges::new(changes).unwrap(), retry(max_retry));
            let watch = WatchSwitch::new(max_retry, changes);
            let explored = walk(dialog, &watch, Task::Switch);
            assert_eq!(explored.most_questions, (changes.len() + 1) * tries(max_retry));
            drawing = drawing.and(&explored.drawing);
        }
    }
    let about = "Every way that it can go (drawn by the test `dialogs_dxp`). In a list the next relay follows\none that \
                 was answered with status 0:";
    drawing.check("core/src/dxp/dialogs/switch.md", about);
}

#[test]
fn reboot() {
    let mut drawing = Drawing::default();
    for max_retry in [3, 0] {
        let dialog = Reboot::new(ONE, DELAY, retry(max_retry));
        let explored = walk(dialog, &WatchReboot::new(max_retry), Task::Reboot);
        assert_eq!(explored.most_questions, 4 * tries(max_retry));
        drawing = drawing.and(&explored.drawing);
    }
    drawing.check("core/src/dxp/dialogs/reboot.md", "Every way that it can go (drawn by the test `dialogs_dxp`):");
}

#[test]
fn pulse() {
    let mut drawing = Drawing::default();
    for max_retry in [3, 0] {
        let watch = WatchPulse { common: Common::new(max_retry), sent: None, read: Reading::NotRead };
        let dialog = Pulse::new(RelayChange { relay: ONE, on: true }, 3, retry(max_retry));
        let explored = walk(dialog, &watch, Task::Pulse);
        assert_eq!(explored.most_questions, 2 * tries(max_retry));
        drawing = drawing.and(&explored.drawing);
    }
    drawing.check("core/src/dxp/dialogs/pulse.md", "Every way that it can go (drawn by the test `dialogs_dxp`):");
}

#[test]
fn a_task_says_which() {
    use rackhand_core::dialog::{Last, Turn};
    use rackhand_core::time::Instant;

    let mut task = Task::Read(Read::new(ONE, retry(0)));
    let mut turn = |last| task.turn(Instant::ZERO, last).unwrap();
    assert_eq!(turn(Last::Start), Turn::Ask);
    assert_eq!(turn(Last::Answer(Answer::Relays(&[1]))), Turn::Done(TaskDone::Read(true)));
}
