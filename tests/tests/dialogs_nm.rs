//! Every path of the dialog that finds Node Manager and sends it a command (IPMI 2.0, section 33; protocols/ipmi.md,
//! sections 6 and 8; DESIGN, core rules 8 and 9). The diagram in the docs of core is drawn here.

use std::time::Duration;

use rackhand_core::ipmi::{Bridge, Ipmi, Refusal};
use rackhand_core::nm::{Command, Invoke, Invoked, NmFailure};
use rackhand_tests::explore::{Drawing, Explored, Fate, IpmiQuestion, Watch, explore};

/// This dialog knows no time.
const NO_DELAY: [Duration; 1] = [Duration::ZERO];
/// Get Node Manager Policy: domain, policy.
const COMMAND: u8 = 0xC2;
const DATA: [u8; 2] = [0, 11];
const AT: Bridge = Bridge { channel: 6, address: 0x2C };
const LAST: u16 = 0xFFFF;

fn command(repeatable: bool) -> Command {
    Command { number: COMMAND, data: DATA.into_iter().collect(), repeatable }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Reserve,
    Header,
    Key,
    Version,
    Command,
}

fn kind(question: &IpmiQuestion) -> Kind {
    match (question.netfn, question.command, question.bridge, question.data.as_slice()) {
        (0x0A, 0x22, None, []) => Kind::Reserve,
        (0x0A, 0x23, None, [_, _, _, _, 0, 5]) => Kind::Header,
        (0x0A, 0x23, None, [_, _, _, _, 5, 7]) => Kind::Key,
        (0x2E, 0xCA, Some(_), [0x57, 0x01, 0x00]) => Kind::Version,
        (0x2E, COMMAND, Some(_), [0x57, 0x01, 0x00, 0, 11]) => Kind::Command,
        _ => panic!("nothing that it may ask: {question:?}"),
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WatchInvoke {
    known: Option<Bridge>,
    repeatable: bool,
    /// Records of the repository; none: each names the next, for ever.
    records: Option<u16>,
    /// The last question and what became of it.
    last: Option<(Kind, &'static str)>,
    reservations: u8,
    record: u16,
    /// Headers that were read, each record's once.
    walked: u16,
    /// What the header said of the next record.
    next: u16,
    commands: u8,
}

impl WatchInvoke {
    fn new(known: Option<Bridge>, repeatable: bool, records: Option<u16>) -> Self {
        Self { known, repeatable, records, last: None, reservations: 0, record: 0, walked: 0, next: 0, commands: 0 }
    }

    fn headers(&self) -> Vec<Fate<Ipmi>> {
        let header = |word, next: u16, kind, length: u8| {
            let [low, high] = next.to_le_bytes();
            answer(word, vec![low, high, 0, 0, 0x51, kind, length].leak())
        };
        let Some(records) = self.records else { return vec![header("another record", 1, 0x01, 0x30)] };
        let mut all = vec![
            answer("too short", &[0, 0, 0, 0, 0x51, 0xC0]),
            answer("too short", &[]),
            answer("too long", &[0, 0, 0, 0, 0x51, 0xC0, 11, 0]),
        ];
        let next = if self.record + 1 < records { self.record + 1 } else { LAST };
        for next in [next, LAST] {
            all.push(header("OEM record", next, 0xC0, 0x0B));
            all.push(header("another record", next, 0x01, 0x0B));
            // An OEM record that has no room for the key.
            all.push(header("another record", next, 0xC0, 6));
        }
        all
    }
}

fn answer(word: &'static str, data: &'static [u8]) -> Fate<Ipmi> {
    Fate::Answer(word, data)
}

fn keys() -> Vec<Fate<Ipmi>> {
    vec![
        answer("key of Node Manager", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C, 0x60]),
        // What is reserved, and the owner's LUN, belong to neither address nor channel.
        answer("key of Node Manager", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2D, 0x6F]),
        answer("another key", &[9, 9, 0x57, 0x02, 0x00, 0x0D, 0x01, 0x2C, 0x60]),
        answer("another key", &[9, 9, 0x57, 0x01, 0x00, 0x0E, 0x01, 0x2C, 0x60]),
        answer("another key", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x02, 0x2C, 0x60]),
        answer("too short", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C]),
        answer("too short", &[]),
        answer("too long", &[9, 9, 0x57, 0x01, 0x00, 0x0D, 0x01, 0x2C, 0x60, 0]),
    ]
}

fn answers() -> Vec<Fate<Ipmi>> {
    const LONGEST: [u8; 27] = {
        let mut data = [7; 27];
        (data[0], data[1], data[2]) = (0x57, 0x01, 0x00);
        data
    };
    const TOO_LONG: [u8; 28] = {
        let mut data = [7; 28];
        (data[0], data[1], data[2]) = (0x57, 0x01, 0x00);
        data
    };
    vec![
        answer("answer", &[0x57, 0x01, 0x00, 0x70, 0x10]),
        answer("answer", &[0x57, 0x01, 0x00]),
        answer("answer", &LONGEST),
        answer("unreadable", &TOO_LONG),
        answer("unreadable", &[0x57, 0x01]),
        answer("unreadable", &[0x57, 0x02, 0x00, 0x70]),
        answer("unreadable", &[]),
    ]
}

impl Watch<Invoke> for WatchInvoke {
    fn fates(&self, question: &IpmiQuestion) -> Vec<Fate<Ipmi>> {
        let cancelled = Fate::Refused("reservation cancelled", Refusal::Completion(0xC5));
        let mut all = match kind(question) {
            Kind::Reserve => {
                let number = self.reservations;
                vec![
                    answer("reservation", vec![number, 0xAB].leak()),
                    answer("reservation", vec![number, 0xAB, 0].leak()),
                    answer("too short", &[1]),
                    answer("too short", &[]),
                ]
            }
            Kind::Header => self.headers().into_iter().chain([cancelled]).collect(),
            Kind::Key => keys().into_iter().chain([cancelled]).collect(),
            Kind::Version => vec![
                answer("version", &[0x57, 0x01, 0x00, 5, 3, 7, 1, 2]),
                answer("not a version", &[0xA2, 0x02, 0x00, 5, 3, 7, 1, 2]),
                answer("not a version", &[0x57, 0x01]),
                answer("not a version", &[]),
                // It means something else here than in the repository.
                Fate::Refused("refused", Refusal::Completion(0xC5)),
            ],
            Kind::Command => {
                answers().into_iter().chain([Fate::Refused("refused", Refusal::Completion(0xC5))]).collect()
            }
        };
        all.push(Fate::Refused("refused", Refusal::Completion(0xC1)));
        all.extend(Fate::LOST);
        all
    }

    fn asked(&mut self, question: &IpmiQuestion, repeatable: bool) {
        let kind = kind(question);
        assert_eq!(repeatable, kind != Kind::Command || self.repeatable);
        let [record_low, record_high] = self.record.to_le_bytes();
        match (kind, self.last) {
            (Kind::Reserve, last) => {
                let lost = matches!(last, Some((Kind::Header | Kind::Key, "reservation cancelled")));
                assert!(lost || last.is_none() && self.known.is_none(), "reserved for nothing");
                self.reservations += 1;
                assert!(self.reservations <= 11, "the reservation was lost more than 10 times");
            }
            // The same record from its start after a lost reservation, else the next.
            (Kind::Header, last) => {
                assert_eq!(question.data[..4], [self.reservations, 0xAB, record_low, record_high]);
                assert_ne!(self.record, LAST, "behind the end");
                assert!(matches!(
                    last,
                    Some(
                        (Kind::Reserve, "reservation")
                            | (Kind::Header, "another record")
                            | (Kind::Key, "another key")
                            | (Kind::Version, "not a version" | "refused")
                    )
                ));
            }
            (Kind::Key, last) => {
                assert_eq!(question.data[..4], [self.reservations, 0xAB, record_low, record_high]);
                assert_eq!(last, Some((Kind::Header, "OEM record")));
            }
            (Kind::Version, last) => {
                assert_eq!((question.bridge, last), (Some(AT), Some((Kind::Key, "key of Node Manager"))));
            }
            (Kind::Command, None) => assert_eq!((question.bridge, self.known), (self.known, question.bridge)),
            (Kind::Command, last) => {
                assert_eq!((question.bridge, last), (Some(AT), Some((Kind::Version, "version"))));
            }
        }
        self.commands += u8::from(kind == Kind::Command);
        assert!(self.commands <= 1, "the command a second time");
    }

    fn told(&mut self, question: &IpmiQuestion, fate: &Fate<Ipmi>) {
        let now = (kind(question), fate.word());
        if let (Kind::Header, &Fate::Answer("OEM record" | "another record", &[low, high, ..])) = (now.0, fate) {
            self.next = u16::from_le_bytes([low, high]);
        }
        match now {
            (Kind::Header, "another record")
            | (Kind::Key, "another key")
            | (Kind::Version, "not a version" | "refused") => {
                (self.record, self.walked) = (self.next, self.walked + 1);
            }
            _ => {}
        }
        self.last = Some(now);
    }

    fn paused(&mut self, pause: Duration) {
        panic!("a pause of {pause:?}");
    }

    fn ended(&mut self, end: &Result<Invoked, NmFailure>) {
        match (self.last.unwrap(), end) {
            ((Kind::Command, "answer"), Ok(invoked)) => {
                assert_eq!(invoked.at, self.known.unwrap_or(AT));
                let datas: [&[u8]; 3] = [&[0x70, 0x10], &[], &[7; 24]];
                assert!(datas.contains(&invoked.data.as_slice()), "{:02X?}", invoked.data);
            }
            ((Kind::Command, "refused"), Err(NmFailure::Refused(Refusal::Completion(0xC1 | 0xC5))))
            | ((Kind::Command, "unreadable"), Err(NmFailure::BadAnswer))
            | ((Kind::Command, "unanswered"), Err(NmFailure::NoContact { sent: true }))
            | ((_, "never sent"), Err(NmFailure::NoContact { sent: false }))
            | ((Kind::Reserve | Kind::Header | Kind::Key, "too short" | "too long"), Err(NmFailure::BadAnswer))
            | (
                (Kind::Reserve | Kind::Header | Kind::Key, "refused"),
                Err(NmFailure::Repository(Refusal::Completion(0xC1))),
            ) => {}
            ((kind, "unanswered"), Err(NmFailure::NoContact { sent: false })) => assert_ne!(kind, Kind::Command),
            ((_, "reservation cancelled"), Err(NmFailure::Repository(Refusal::Completion(0xC5)))) => {
                assert_eq!(self.reservations, 11)
            }
            (_, Err(NmFailure::NotFound)) => assert!(self.record == LAST || self.walked == 1024, "given up early"),
            other => panic!("{other:?}"),
        }
    }
}

fn walk(about: &str, watch: &WatchInvoke) -> Explored {
    let explored = explore(&Invoke::new(command(watch.repeatable), watch.known), watch, &NO_DELAY);
    println!(
        "Invoke, {about}: {} states, {} edges, {:.0e} paths, at most {} questions",
        explored.states, explored.edges, explored.paths, explored.most_questions
    );
    explored
}

#[test]
fn invoke() {
    let mut drawing = Drawing::default();
    for repeatable in [false, true] {
        let sought = walk("three records", &WatchInvoke::new(None, repeatable, Some(3)));
        // Three records to the last question each, the reservation lost at that of the key ten times, the command.
        assert_eq!(sought.most_questions, 1 + 3 * 3 + 10 * 3 + 1);
        let elsewhere = Bridge { channel: 0, address: 0x2E };
        let known = walk("known", &WatchInvoke::new(Some(elsewhere), repeatable, Some(3)));
        assert_eq!(known.most_questions, 1);
        drawing = drawing.and(&sought.drawing).and(&known.drawing);
    }
    drawing.check("core/src/nm/invoke.md", "Every way that it can go (drawn by the test `dialogs_nm`):");
}

/// A repository whose records go round in a circle.
#[test]
fn a_repository_without_end() {
    let explored = walk("endless", &WatchInvoke::new(None, false, None));
    assert_eq!(explored.most_questions, 1 + 1024 + 10 * 2);
}
