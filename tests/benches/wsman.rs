//! What reading an answer of AMT takes, beside quick-xml reading the same bytes: names resolved, texts unescaped, by both.
//!
//! Times are those of the fastest of many rounds, ours and theirs in turn: what else the machine does makes a round longer, and
//! never shorter. Only their ratio has a ceiling: a slower machine takes longer for both.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use rackhand_core::amt::{Answer, Question};
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit};

const DOCUMENT: &[u8] = include_bytes!("../vectors/amt/01_aps_on_amt12.xml");
/// Rounds of each, and readings in a round.
const ROUNDS: usize = 400;
const READINGS: u32 = 100;

fn main() -> ExitCode {
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    assert_eq!(theirs_walked(DOCUMENT), (34, 24), "elements, and texts");
    for _ in 0..ROUNDS {
        ours = ours.min(round(|| {
            let answer = Answer::read(black_box(Question::GetPower), 200, black_box(DOCUMENT));
            assert!(black_box(&answer).is_ok());
        }));
        theirs = theirs.min(round(|| {
            black_box(theirs_walked(black_box(DOCUMENT)));
        }));
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "wsman");
    let mut table = Table::new(&["an answer of AMT", "ours", "quick-xml", "ceiling"]);
    table.row(["microseconds".to_owned(), format!("{ours:.2}"), format!("{theirs:.2}"), "-".to_owned()]);
    let ratio = ours / theirs;
    let limit = ceilings.check("ratio over quick-xml", ratio);
    table.row(["ratio over quick-xml".to_owned(), format!("{ratio:.2}"), "1".to_owned(), limit]);
    println!(
        "power status, {} bytes: read and judged, beside a walk that resolves all names and texts",
        DOCUMENT.len()
    );
    table.print();
    exit(ceilings.within())
}

/// Microseconds of one reading.
fn round(read: impl Fn()) -> f64 {
    let begin = Instant::now();
    for _ in 0..READINGS {
        read();
    }
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(READINGS)
}

/// Elements in a namespace, and texts that are not empty.
fn theirs_walked(document: &[u8]) -> (usize, usize) {
    let mut reader = NsReader::from_reader(document);
    let (mut elements, mut texts) = (0, 0);
    loop {
        match reader.read_resolved_event().expect("well-formed") {
            (namespace, Event::Start(element) | Event::Empty(element)) => {
                black_box(element.local_name());
                elements += usize::from(matches!(namespace, ResolveResult::Bound(_)));
            }
            (_, Event::Text(text)) => {
                texts += usize::from(!text.xml10_content().is_empty());
            }
            (_, Event::Eof) => return (elements, texts),
            _ => {}
        }
    }
}
