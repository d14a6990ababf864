//! What reading XML takes, whatever is in it: instructions, which valgrind counts, of documents that are made to take long, in
//! three sizes, each twice as long as the one before. There must be no more than twice the work.

mod shapes;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use rackhand_core::amt::{AmtTrouble, Answer, Question};
use rackhand_core::wsman::xml::{MAX_DOCUMENT, Reader};
use rackhand_core::{ParseError, ParseErrorKind};
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, again, exit};
use rackhand_tests::{need, valgrind};

/// Bytes of the documents.
const LENGTHS: [usize; 3] = [MAX_DOCUMENT / 4, MAX_DOCUMENT / 2, MAX_DOCUMENT];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [child, path] = arguments.as_slice()
        && child == "child"
    {
        let _ = black_box(read(&fs::read(path).expect("a document")));
        return ExitCode::SUCCESS;
    }
    let shapes = shapes::all();
    for shape in &shapes {
        // Each must be read as far as it is meant to be.
        let error = read(&shape.document(LENGTHS[0])).err();
        assert_eq!(error.map(|error| error.kind), shape.wrong, "{}", shape.name);
    }
    if !valgrind::is_here() {
        need::missing("valgrind, which counts instructions");
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("document");
    let nothing = instructions(&path, b"<");
    let mut table = Table::new(&["an answer of a hostile device", "instructions a byte", "twice", "four times"]);
    let (mut worst, mut growth) = (0_f64, 0_f64);
    for shape in &shapes {
        let documents = LENGTHS.map(|len| shape.document(len));
        let [one, two, four] = [0, 1, 2].map(|which| instructions(&path, &documents[which]) - nothing);
        let each = four / documents[2].len() as f64;
        worst = worst.max(each);
        growth = growth.max(two / one).max(four / two);
        let numbers = [format!("{each:.1}"), format!("{:.2}", two / one), format!("{:.2}", four / two)];
        table.row([shape.name.to_owned()].into_iter().chain(numbers));
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "work");
    let each = ceilings.check("instructions a byte", worst);
    let twice = ceilings.check("growth for twice the bytes", growth);
    table.row(["ceiling".to_owned(), each, twice.clone(), twice]);
    println!("up to {MAX_DOCUMENT} bytes: passed over, walked through, and read as a power status");
    table.print();
    exit(ceilings.within())
}

/// Instructions of reading a document.
fn instructions(path: &Path, document: &[u8]) -> f64 {
    fs::write(path, document).expect("a document");
    let arguments = ["child".as_ref(), path.as_os_str()];
    valgrind::instructions(&again(arguments))
}

/// Passes over all, goes into all, and reads it as an answer.
fn read(document: &[u8]) -> Result<(), ParseError> {
    let skimmed = skim(document);
    assert_eq!(walk(document), skimmed);
    match Answer::read(Question::GetPower, 200, document) {
        Ok(answer) => assert!(answer.power().is_some()),
        Err((_, trouble)) => {
            let AmtTrouble::Unreadable(error) = trouble else { panic!("{trouble:?}") };
            assert_eq!(Err(error), skimmed);
        }
    }
    skimmed
}

fn skim(document: &[u8]) -> Result<(), ParseError> {
    let mut reader = Reader::new(document)?;
    reader.root()?;
    reader.skip()?;
    reader.end()
}

fn walk(document: &[u8]) -> Result<(), ParseError> {
    let mut reader = Reader::new(document)?;
    let mut element = *reader.root()?;
    let (mut depth, mut fresh) = (1_usize, true);
    while depth > 0 {
        if fresh {
            assert!(reader.attribute(&element, "urn:none", "b")?.is_none());
            // Whether it is a leaf shows on a copy.
            match reader.clone().text() {
                Ok(text) => {
                    black_box((text.octets().count(), reader.resolve(text)));
                    reader.skip()?;
                    (depth, fresh) = (depth - 1, false);
                    continue;
                }
                Err(error) if error.kind != ParseErrorKind::Unexpected => return Err(error),
                Err(_) => {}
            }
        }
        match reader.child()? {
            Some(child) => (element, depth, fresh) = (*child, depth + 1, true),
            None => (depth, fresh) = (depth - 1, false),
        }
    }
    reader.end()
}
