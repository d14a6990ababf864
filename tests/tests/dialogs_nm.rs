//! Every path of the dialog that finds Node Manager and puts a request to it (IPMI 2.0, section 33; protocols/ipmi.md,
//! sections 6 and 8; DESIGN, core rules 8 and 9). The diagram in the docs of core is drawn here.

use std::time::Duration;

use rackhand_core::dialog::Bounded;
use rackhand_core::ipmi::{Bridge, Ipmi, Refusal};
use rackhand_core::nm::{
    Action, Call, Called, CpuPowerCorrection, Domain, LimitKey, NmFailure, PolicyId, PolicySettings, PolicyTrigger,
    PowerDomain, Request, Response, Storage, TargetLimit,
};
use rackhand_core::time::Instant;
use rackhand_tests::explore::{Drawing, Explored, Fate, IpmiQuestion, Watch, explore};

/// This dialog knows no time.
const NO_DELAY: [Duration; 1] = [Duration::ZERO];
/// Where a record says that Node Manager is.
const AT: Bridge = Bridge { channel: 6, address: 0x2C };
/// Where it was once.
const ELSEWHERE: Bridge = Bridge { channel: 0, address: 0x2E };
const LAST: u16 = 0xFFFF;
const IANA: [u8; 3] = [0x57, 0x01, 0x00];
const POLICY: PolicyId = PolicyId { domain: Domain::Cpu, number: 11 };

/// What is asked of Node Manager: it reads, it changes, it limits nothing, or it is held against the platform's limits first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Read,
    Remove,
    Limiting,
    Set { correction: Option<u32> },
    Boot,
}

impl What {
    fn request(self) -> Request {
        let settings = |trigger, target_limit, correction: Option<u32>| Request::SetPolicy {
            settings: PolicySettings {
                id: POLICY,
                enabled: true,
                trigger,
                cpu_power_correction: CpuPowerCorrection::Auto,
                storage: Storage::Persistent,
                action: Action::Alert,
                power_domain: PowerDomain::Secondary,
                target_limit,
                correction_time_ms: correction.unwrap_or(0),
                trigger_limit: 0,
                reporting_period_seconds: 20,
            },
            least_correction_time: correction.is_none(),
        };
        match self {
            Self::Read => Request::GetPolicy(POLICY),
            Self::Remove => Request::RemovePolicy(POLICY),
            Self::Limiting => Request::GetLimitingPolicy(Domain::Cpu),
            Self::Set { correction } => settings(PolicyTrigger::None, TargetLimit::Value(200), correction),
            Self::Boot => {
                let mode = rackhand_core::nm::BootMode::Power;
                settings(PolicyTrigger::Boot, TargetLimit::Boot { mode, cores_disabled: 1 }, Some(0))
            }
        }
    }

    const fn command(self) -> u8 {
        match self {
            Self::Read => 0xC2,
            Self::Remove | Self::Set { .. } | Self::Boot => 0xC1,
            Self::Limiting => 0xF2,
        }
    }

    /// What the command says behind the IANA number, once the platform's least correction time is filled in.
    fn data(self) -> Vec<u8> {
        match self {
            Self::Read => vec![1, 11],
            Self::Remove => vec![1, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            Self::Limiting => vec![1],
            Self::Set { correction } => {
                let mut data = vec![0x11, 11, 0x10, 0x81, 200, 0];
                data.extend(correction.unwrap_or(LEAST_MS).to_le_bytes());
                data.extend([0, 0, 20, 0]);
                data
            }
            Self::Boot => vec![0x11, 11, 0x14, 0x81, 2, 0, 0, 0, 0, 0, 0, 0, 20, 0],
        }
    }
}

const LEAST_MS: u32 = 6000;

/// An answer to Get Capabilities: most and least watts, least and most milliseconds, least and most seconds.
fn capabilities(watts: [u16; 2], milliseconds: [u32; 2], seconds: [u16; 2]) -> Vec<u8> {
    let mut data = [&IANA[..], &[16]].concat();
    watts.iter().for_each(|it| data.extend(it.to_le_bytes()));
    milliseconds.iter().for_each(|it| data.extend(it.to_le_bytes()));
    seconds.iter().for_each(|it| data.extend(it.to_le_bytes()));
    data.push(0x81);
    data
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Reserve,
    Header,
    Key,
    Version,
    Capabilities,
    Command,
}

/// What the answers are like: everything that can come, or whole records in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum World {
    All,
    Pieces,
    /// A repository whose records go round in a circle.
    Endless,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchCall {
    what: What,
    known: Option<Bridge>,
    world: World,
    records: u16,
    /// The last question and what became of it.
    last: Option<(Kind, &'static str)>,
    reservations: u8,
    record: u16,
    /// Records that were walked past.
    walked: u16,
    /// What the header said of the next record.
    next: u16,
    /// Bytes of the present header or key that are read.
    have: u8,
    /// Most bytes that may be asked for at once.
    at_once: u8,
    commands: u8,
    /// Whom the request goes to, as far as is known.
    node: Option<Bridge>,
    searched: bool,
    /// How the last node that a record names has refused.
    refusal: Option<Refusal>,
    /// How the last question was refused.
    said: Option<Refusal>,
    /// One that a record names has said nothing.
    silent: bool,
}

const SUCH_A_HEADER: [u8; 5] = [0, 0, 0x51, 0xC0, 0x0B];
const KEY: [u8; 7] = [0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C, 0x60];

fn answer(word: &'static str, data: &[u8]) -> Fate<Ipmi> {
    let data: &'static [u8] = data.to_vec().leak();
    Fate::Answer(word, data)
}

const CANCELLED: Fate<Ipmi> = Fate::Refused("reservation cancelled", Refusal::Completion(0xC5));
const FEWER: Fate<Ipmi> = Fate::Refused("cannot return so many", Refusal::Completion(0xCA));

impl WatchCall {
    fn new(what: What, known: Option<Bridge>, world: World, records: u16) -> Self {
        Self {
            what,
            known,
            world,
            records,
            last: None,
            reservations: 0,
            record: 0,
            walked: 0,
            next: 0,
            have: 0,
            at_once: 7,
            commands: 0,
            node: known,
            searched: known.is_none(),
            refusal: None,
            said: None,
            silent: false,
        }
    }

    fn kind(&self, question: &IpmiQuestion) -> Kind {
        let data = question.data.strip_prefix(&IANA[..]);
        match (question.netfn, question.command, question.bridge, question.data.as_slice()) {
            (0x0A, 0x22, None, []) => Kind::Reserve,
            (0x0A, 0x23, None, [_, _, _, _, 0..5, 1..=5]) => Kind::Header,
            (0x0A, 0x23, None, [_, _, _, _, 5..12, 1..=7]) => Kind::Key,
            (0x2E, 0xCA, Some(_), _) if data == Some(&[]) => Kind::Version,
            (0x2E, 0xC9, Some(_), _) if data == Some(&[1, 0x90]) => Kind::Capabilities,
            (0x2E, command, Some(_), _) if command == self.what.command() && data == Some(&self.what.data()) => {
                Kind::Command
            }
            _ => panic!("nothing that it may ask: {question:?}"),
        }
    }

    /// The rest of a header or a key, as much as is asked for, behind the id of the next record.
    fn piece(&self, question: &IpmiQuestion, word: &'static str, next: u16, whole: &[u8]) -> Fate<Ipmi> {
        let (from, count) = (usize::from(self.have), usize::from(question.data[5]));
        let mut data = next.to_le_bytes().to_vec();
        data.extend(&whole[from..from + count]);
        answer(if from + count < whole.len() { "a piece" } else { word }, &data)
    }

    fn headers(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        let piece = |word, next, whole: [u8; 5]| self.piece(question, word, next, &whole);
        let another = [0, 0, 0x51, 0x01, 0x30];
        let next = if self.record + 1 < self.records { self.record + 1 } else { LAST };
        match self.world {
            World::Endless => return vec![piece("another record", 1, another)],
            World::Pieces => return vec![piece("OEM record", next, SUCH_A_HEADER), CANCELLED, FEWER],
            World::All => {}
        }
        let mut all = vec![
            answer("too short", &[0, 0, 0, 0, 0x51, 0xC0]),
            answer("too short", &[]),
            answer("too long", &[0, 0, 0, 0, 0x51, 0xC0, 11, 0]),
            CANCELLED,
        ];
        for next in [next, LAST] {
            all.push(piece("OEM record", next, SUCH_A_HEADER));
            all.push(piece("another record", next, another));
            // An OEM record that has no room for the key.
            all.push(piece("another record", next, [0, 0, 0x51, 0xC0, 6]));
        }
        all
    }

    fn keys(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        let piece = |word, whole: [u8; 7]| self.piece(question, word, 0x0909, &whole);
        if self.world == World::Pieces {
            return vec![piece("key of Node Manager", KEY), CANCELLED, FEWER];
        }
        vec![
            piece("key of Node Manager", KEY),
            // What is reserved, and the owner's LUN, belong to neither address nor channel.
            piece("key of Node Manager", [0x57, 0x01, 0x00, 0x0D, 0x01, 0x2D, 0x6F]),
            piece("another key", [0x57, 0x02, 0x00, 0x0D, 0x01, 0x2C, 0x60]),
            piece("another key", [0x57, 0x01, 0x00, 0x0E, 0x01, 0x2C, 0x60]),
            piece("another key", [0x57, 0x01, 0x00, 0x0D, 0x02, 0x2C, 0x60]),
            answer("too short", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C]),
            answer("too short", &[]),
            answer("too long", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C, 0x60, 0]),
            CANCELLED,
        ]
    }

    fn capabilities(&self) -> Vec<Fate<Ipmi>> {
        let (watts, period) = ([200, 200], [20, 20]);
        // It is what is asked for, where something is.
        let least = if let What::Set { correction: Some(given) } = self.what { given } else { LEAST_MS };
        let most = least.max(LEAST_MS);
        let longer = [capabilities([800, 120], [least, 600_000], [1, 3600]), vec![0xEE; 5]].concat();
        vec![
            answer("capabilities", &capabilities([800, 120], [least, 600_000], [1, 3600])),
            answer("capabilities", &capabilities(watts, [least, most], period)),
            answer("capabilities", &longer),
            // Ranges in which nothing lies.
            answer("capabilities", &capabilities([0, 0], [least, 0], [5, 4])),
            answer("too little power", &capabilities([800, 201], [least, most], period)),
            answer("too much power", &capabilities([199, 0], [least, most], period)),
            answer("too short a period", &capabilities(watts, [least, most], [21, 3600])),
            answer("too long a period", &capabilities(watts, [least, most], [1, 19])),
            answer("unreadable", &capabilities(watts, [1, 9], period)[..20]),
            answer("unreadable", &IANA),
            answer("unreadable", &[]),
            answer("another's", &[0xA2, 0x02, 0x00, 1]),
        ]
    }

    fn answers(&self) -> Vec<Fate<Ipmi>> {
        const POLICY: [u8; 13] = [0x71, 0x10, 0x01, 200, 0, 0x70, 0x17, 0, 0, 0, 0, 20, 0];
        let of_intel = |data: &[u8]| [&IANA[..], data].concat();
        let mut all = vec![
            answer("unreadable", &[0x57, 0x01]),
            answer("unreadable", &[]),
            answer("another's", &[0x57, 0x02, 0x00, 0x70]),
            answer("another's", &[0xA2, 0x02, 0x00]),
        ];
        all.extend(match self.what {
            What::Read => vec![
                answer("answer", &of_intel(&POLICY)),
                answer("answer", &of_intel(&[&POLICY[..], &[1, 2, 3]].concat())),
                answer("unreadable", &of_intel(&POLICY[..12])),
                answer("unreadable", &of_intel(&[])),
                // Of another domain.
                answer("unreadable", &of_intel(&[&[0x70], &POLICY[1..]].concat())),
            ],
            What::Limiting => vec![answer("answer", &of_intel(&[11])), answer("unreadable", &of_intel(&[]))],
            _ => vec![answer("answer", &of_intel(&[])), answer("answer", &of_intel(&[1, 2, 3]))],
        });
        all
    }
}

/// What is refused by whoever is, or is not, at an address.
fn refusals(limiting: bool) -> Vec<Fate<Ipmi>> {
    let nobody = if limiting { "nobody limits" } else { "refused" };
    vec![
        Fate::Refused("refused", Refusal::Completion(0xD5)),
        // It means something else here than in the repository.
        Fate::Refused("refused", Refusal::Completion(0xC5)),
        Fate::Refused("refused", Refusal::Bridge(0xD4)),
        // Somebody may be there, and have done it.
        Fate::Refused("refused", Refusal::Bridge(0xC3)),
        Fate::Refused("nobody there", Refusal::Completion(0xC1)),
        Fate::Refused("nobody there", Refusal::Bridge(0x83)),
        Fate::Refused(nobody, Refusal::Completion(0xA1)),
    ]
}

impl Watch<Call> for WatchCall {
    fn fates(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        let kind = self.kind(question);
        let mut all = match kind {
            Kind::Reserve => vec![
                answer("reservation", &[self.reservations, 0xAB]),
                answer("reservation", &[self.reservations, 0xAB, 0]),
                answer("too short", &[1]),
                answer("too short", &[]),
            ],
            Kind::Header => self.headers(question),
            Kind::Key => self.keys(question),
            Kind::Version => vec![
                answer("version", &[0x57, 0x01, 0x00, 5, 3, 7, 1, 2]),
                answer("not a version", &[0xA2, 0x02, 0x00, 5, 3, 7, 1, 2]),
                answer("not a version", &[0x57, 0x01]),
                answer("not a version", &[]),
                Fate::Refused("refused", Refusal::Completion(0xC5)),
                Fate::Refused("refused", Refusal::Bridge(0x83)),
            ],
            Kind::Capabilities => self.capabilities().into_iter().chain(refusals(false)).collect(),
            Kind::Command => self.answers().into_iter().chain(refusals(self.what == What::Limiting)).collect(),
        };
        if matches!(kind, Kind::Reserve | Kind::Header | Kind::Key) {
            all.push(Fate::Refused("refused", Refusal::Completion(0xC1)));
        }
        all.extend(Fate::LOST);
        all
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        let kind = self.kind(question);
        // Not a policy that is set or removed.
        let changes = kind == Kind::Command && !matches!(self.what, What::Read | What::Limiting);
        assert_eq!(repeatable, !changes);
        let [record_low, record_high] = self.record.to_le_bytes();
        let reads = |kind| kind == Kind::Capabilities || matches!(self.what, What::Read | What::Limiting);
        let not_there = match self.last {
            Some((kind @ (Kind::Capabilities | Kind::Command), "unanswered")) => reads(kind),
            Some((Kind::Capabilities | Kind::Command, word)) => matches!(word, "nobody there" | "another's"),
            _ => false,
        };
        match (kind, self.last) {
            (Kind::Reserve, last) => {
                let lost = matches!(last, Some((Kind::Header | Kind::Key, "reservation cancelled")));
                let searches = not_there && !self.searched;
                assert!(lost || searches || last.is_none() && self.known.is_none(), "reserved for nothing");
                self.searched = true;
                self.reservations += 1;
                self.have = 0;
                assert!(self.reservations <= 11, "the reservation was lost more than 10 times");
            }
            // The same record from its start after a lost reservation, else the next; what is left of it in pieces.
            (Kind::Header | Kind::Key, last) => {
                assert_eq!(question.data[..4], [self.reservations, 0xAB, record_low, record_high]);
                assert_ne!(self.record, LAST, "behind the end");
                let (from, whole) = if kind == Kind::Key { (5, 7) } else { (0, 5) };
                let wanted = (whole - self.have).min(self.at_once);
                assert_eq!(question.data[4..], [from + self.have, wanted]);
                let first = match kind {
                    Kind::Key => matches!(last, Some((Kind::Header, "OEM record"))),
                    _ => matches!(
                        last,
                        Some(
                            (Kind::Reserve, "reservation")
                                | (Kind::Header, "another record")
                                | (Kind::Key, "another key")
                                | (Kind::Version, "not a version" | "refused" | "unanswered")
                        )
                    ),
                };
                let more = matches!(last, Some((it, "a piece" | "cannot return so many")) if it == kind);
                assert!(first || more);
            }
            (Kind::Version, last) => {
                assert_eq!((question.bridge, last), (Some(AT), Some((Kind::Key, "key of Node Manager"))));
                self.node = Some(AT);
            }
            (Kind::Capabilities, last) => {
                assert!(matches!(self.what, What::Set { .. }) && question.bridge == self.node);
                assert!(matches!(last, None | Some((Kind::Version, "version"))));
            }
            (Kind::Command, last) => {
                assert_eq!(question.bridge, self.node);
                let before = if matches!(self.what, What::Set { .. }) {
                    Some((Kind::Capabilities, "capabilities"))
                } else {
                    last.map(|_| (Kind::Version, "version"))
                };
                assert_eq!(last, before, "not looked at before");
            }
        }
        if kind == Kind::Command {
            self.commands += 1;
            assert!(self.commands <= 1 + u8::from(self.known.is_some() && self.searched), "the command once too often");
        }
    }

    fn told(&mut self, question: &IpmiQuestion, fate: &Fate<Ipmi>) {
        let now = (self.kind(question), fate.word());
        if let (Kind::Header, &Fate::Answer("OEM record" | "another record" | "a piece", &[low, high, ..])) =
            (now.0, fate)
        {
            self.next = u16::from_le_bytes([low, high]);
        }
        match now {
            (_, "a piece") => self.have += question.data[5],
            (Kind::Header | Kind::Key, "cannot return so many") if question.data[5] > 1 => {
                self.at_once = question.data[5] / 2;
            }
            _ => self.have = 0,
        }
        match (now.0, fate) {
            (Kind::Version, Fate::Refused(_, refusal)) => self.refusal = Some(*refusal),
            (Kind::Version, Fate::Lost { sent }) => self.silent |= *sent,
            (Kind::Version, _) => self.refusal = None,
            _ => {}
        }
        self.said = if let Fate::Refused(_, refusal) = fate { Some(*refusal) } else { None };
        match now {
            (Kind::Header, "another record")
            | (Kind::Key, "another key")
            | (Kind::Version, "not a version" | "refused" | "unanswered") => {
                (self.record, self.walked) = (self.next, self.walked + 1);
            }
            _ => {}
        }
        self.last = Some(now);
    }

    fn paused(&mut self, pause: Duration) {
        panic!("a pause of {pause:?}");
    }

    fn stands(&self, dialog: &Call) {
        assert_eq!(dialog.give_up(), Err(NmFailure::NoContact { sent: false }));
    }

    fn ended(&mut self, end: &Result<Called, NmFailure>) {
        let (kind, word) = self.last.expect("a question before the end");
        let repository = matches!(kind, Kind::Reserve | Kind::Header | Kind::Key);
        match (kind, word, end) {
            (Kind::Command, "answer" | "nobody limits", Ok(called)) => {
                assert_eq!(Some(called.at), self.node);
                let fits = match (self.what, &called.response) {
                    (What::Read, Response::Policy(policy)) => policy.settings.id == POLICY,
                    (What::Limiting, Response::LimitingPolicy { domain: Domain::Cpu, number }) => {
                        number.is_some() == (word == "answer")
                    }
                    (What::Remove | What::Set { .. } | What::Boot, Response::Done) => true,
                    _ => false,
                };
                assert!(fits, "{called:?}");
            }
            (_, "refused" | "nobody there", Err(NmFailure::Refused { command, refusal })) if !repository => {
                let sent = if kind == Kind::Command { self.what.command() } else { 0xC9 };
                assert_eq!((*command, Some(*refusal)), (sent, self.said));
                assert!(word == "refused" || self.searched, "nobody was looked for");
            }
            (Kind::Capabilities, word, Err(NmFailure::Limit { key, got, least, most })) => {
                assert!(!(least..=most).contains(&got));
                let (of, value) = match word {
                    "too little power" | "too much power" => (LimitKey::TargetLimit, 200),
                    "too short a period" | "too long a period" => (LimitKey::ReportingPeriod, 20),
                    other => panic!("{other}"),
                };
                assert_eq!((*key, *got), (of, value));
            }
            (Kind::Capabilities | Kind::Command, "unreadable", Err(NmFailure::BadAnswer)) => {}
            (Kind::Capabilities | Kind::Command, "another's", Err(NmFailure::BadAnswer)) => assert!(self.searched),
            (Kind::Command, "unanswered", Err(NmFailure::NoContact { sent: true })) => {}
            (kind, "unanswered", Err(NmFailure::NoContact { sent: false })) => assert_ne!(kind, Kind::Command),
            (_, "never sent", Err(NmFailure::NoContact { sent: false })) => {}
            (_, "too short" | "too long", Err(NmFailure::BadAnswer)) if repository => {}
            (_, "refused", Err(NmFailure::Repository(Refusal::Completion(0xC1)))) if repository => {}
            (_, "reservation cancelled", Err(NmFailure::Repository(Refusal::Completion(0xC5)))) => {
                assert_eq!(self.reservations, 11);
            }
            (_, "cannot return so many", Err(NmFailure::Repository(Refusal::Completion(0xCA)))) => {}
            (_, _, Err(NmFailure::NoContact { sent: false })) if self.silent => {
                assert!(self.record == LAST || self.walked == 1024, "given up early");
            }
            (_, _, Err(NmFailure::NotFound { refusal })) => {
                assert!(!self.silent, "somebody may be there");
                assert!(self.record == LAST || self.walked == 1024, "given up early");
                assert_eq!(*refusal, self.refusal);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn walk(about: &str, watch: &WatchCall) -> Explored {
    let explored = explore(&Call::new(watch.what.request(), watch.known), watch, &NO_DELAY);
    println!(
        "Call, {about}, {:?}: {} states, {} edges, {:.0e} paths, at most {} questions",
        watch.what, explored.states, explored.edges, explored.paths, explored.most_questions
    );
    explored
}

#[test]
fn call() {
    let mut drawing = Drawing::default();
    let set = [None, Some(LEAST_MS), Some(7)].map(|correction| What::Set { correction });
    for what in [What::Read, What::Remove, What::Limiting, What::Boot].into_iter().chain(set) {
        let looks = usize::from(matches!(what, What::Set { .. }));
        let sought = walk("three records", &WatchCall::new(what, None, World::All, 3));
        // Three records to the last question each, the reservation lost at that of the key ten times, the command.
        assert_eq!(sought.most_questions, 1 + 3 * 3 + 10 * 3 + looks + 1);
        let known = walk("known", &WatchCall::new(what, Some(ELSEWHERE), World::All, 2));
        assert_eq!(known.most_questions, 1 + looks + 1 + 2 * 3 + 10 * 3 + looks + 1);
        drawing = drawing.and(&sought.drawing).and(&known.drawing);
    }
    let pieces = walk("in pieces", &WatchCall::new(What::Read, None, World::Pieces, 2));
    drawing = drawing.and(&pieces.drawing);
    drawing.check("core/src/nm/call.md", "Every way that it can go (drawn by the test `dialogs_nm`):");
}

/// A repository whose records go round in a circle.
#[test]
fn a_repository_without_end() {
    let explored = walk("endless", &WatchCall::new(What::Read, None, World::Endless, 2));
    assert_eq!(explored.most_questions, 1 + 1024);
}

/// A correction time outside of the platform's range is not sent, whichever end it is beyond.
#[test]
fn a_correction_time_is_held_against_the_platforms() {
    use rackhand_core::dialog::{Dialog, Last, Turn};
    for (given, range, fits) in [
        (Some(10), [10, 100], true),
        (Some(100), [10, 100], true),
        (Some(9), [10, 100], false),
        (Some(101), [10, 100], false),
        (None, [10, 100], true),
        (None, [u32::MAX, u32::MAX], true),
    ] {
        let mut call = Call::new(What::Set { correction: given }.request(), Some(AT));
        assert_eq!(call.turn(Instant::ZERO, Last::Start), Ok(Turn::Ask));
        let data = capabilities([800, 100], range, [1, 3600]);
        let turn = call.turn(Instant::ZERO, Last::Answer(data.as_slice()));
        if fits {
            assert_eq!((turn, call.doing()), (Ok(Turn::Ask), "sending the command"));
        } else {
            let [least, most] = range;
            let got = given.unwrap_or(0);
            assert_eq!(turn, Err(NmFailure::Limit { key: LimitKey::CorrectionTime, got, least, most }));
        }
    }
}
