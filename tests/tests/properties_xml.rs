//! What holds for any XML: what our writer makes is read back as it was meant; in whatever style a document is written it is read
//! as the same; and whatever is done to one, another reader takes and refuses the same.

use std::fs;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::string::string_regex;
use rackhand_core::ParseErrorKind;
use rackhand_core::amt::{AmtTrouble, Answer, BootProperties, BootSettings, PowerCode, Question, Refusal};
use rackhand_core::wsman::enumeration::Enumerated;
use rackhand_core::wsman::xml::{MAX_BINDINGS, MAX_DEPTH};
use rackhand_core::wsman::{Envelope, properties};
use rackhand_fuzz::wsman::{
    Choices, Content, NAMESPACES, Name, Tree, by_our_writer, is_character, judge, reads_as, styled, theirs_reads_as,
};
use rackhand_tests::vectors::{load, root};
use serde::Deserialize;

/// Bytes that a writer has room in.
const ROOM: usize = 256 * 1024;

const QUESTIONS: [Question; 12] = [
    Question::ChangeBootOrder(None),
    Question::GetBootCapabilities,
    Question::GetBootSettings,
    Question::GetKvm,
    Question::GetOptIn,
    Question::GetPower,
    Question::GetPowerSaving,
    Question::GetProvisioning,
    Question::GetVersion,
    Question::PutBootSettings(BootSettings { present: BootProperties::NONE, bios_setup: false }),
    Question::RequestPowerStateChange(PowerCode::On),
    Question::SetBootConfigRole { armed: false },
];

/// Every character of XML, and those that mean something more often.
fn text() -> impl Strategy<Value = String> {
    let special = select(vec!['<', '>', '&', '\'', '"', ']', '[', '-', '?', '!', ';', '#', ' ', '\t', '\n', '\r']);
    let edge =
        select(vec!['\u{7F}', '\u{85}', '\u{D7FF}', '\u{E000}', '\u{FEFF}', '\u{FFFD}', '\u{10000}', '\u{10FFFF}']);
    let any = any::<char>().prop_filter("no character of XML", |c| is_character(*c));
    let character = prop_oneof![4 => special, 1 => edge, 4 => prop::char::range('a', 'z'), 2 => any];
    let texts = vec(character, 0..24).prop_map(|it| it.into_iter().collect());
    let known = select(vec!["", " true ", "0", "4294967295", "]]>", "&amp;", "<![CDATA[x]]>", "<!--", "\r\n", "p:x"]);
    prop_oneof![3 => texts, 1 => known.prop_map(str::to_owned)]
}

/// XML 1.0, productions 4, 4a and 5, without the colon.
fn local() -> impl Strategy<Value = String> {
    const START: &str = "[A-Za-z_\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{3001}-\u{D7FF}\u{10000}-\u{EFFFF}]";
    const INNER: &str = "[-.0-9a-zA-Z_\u{B7}\u{C0}-\u{D6}\u{300}-\u{36F}\u{203F}-\u{2040}\u{4E00}-\u{4E20}]{0,9}";
    let long = (1..200_usize).prop_map(|len| "n".repeat(len));
    prop_oneof![2 => select(vec!["a", "b", "Value", "xml", "xmln"]).prop_map(str::to_owned),
        2 => string_regex(&format!("{START}{INNER}")).unwrap(), 1 => long]
}

fn name(namespaces: &'static [&'static str]) -> impl Strategy<Value = Name> {
    (select(namespaces), local()).prop_map(|(namespace, local)| Name { namespace: namespace.to_owned(), local })
}

fn attributes() -> impl Strategy<Value = Vec<(Name, String)>> {
    const NAMES: &[&str] = &["", "", "urn:a", "u\u{e4}\u{1F600}", "http://www.w3.org/XML/1998/namespace"];
    vec((name(NAMES), text()), 0..4).prop_map(|mut list| {
        list.sort_by(|(one, _), (other, _)| one.cmp(other));
        list.dedup_by(|(one, _), (other, _)| one == other);
        list
    })
}

/// An element with all that is in it. Texts that are names come where those of faults do.
fn tree() -> impl Strategy<Value = Tree> {
    let content = prop_oneof![4 => text().prop_map(Content::Text), 1 => name(&NAMESPACES[1..]).prop_map(Content::Name)];
    let element = |(name, attributes, content)| Tree { name, attributes, content };
    let leaf = (name(&NAMESPACES), attributes(), content).prop_map(element);
    leaf.prop_recursive(5, 24, 4, move |inner| {
        (name(&NAMESPACES), attributes(), vec(inner, 1..5).prop_map(Content::Children)).prop_map(element)
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..200)
}

/// A change of a document: where, how much, and what is there then.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index, usize),
    End(Index),
    /// Before the end of a tag, and behind it.
    InTag(Index, &'static str),
    Behind(Index, &'static str),
    Insert(Index, &'static [u8]),
    Swap(Index, Index, usize),
    Twice(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    const PIECES: &[&[u8]] = &[
        b"<",
        b">",
        b"&",
        b"'",
        b"\"",
        b":",
        b"=",
        b"/",
        b"?",
        b"]]>",
        b"<!--",
        b"-->",
        b"--",
        b"<![CDATA[",
        b"<?",
        b"?>",
        b"<?xml ",
        b"<?xml\tversion='1.0'?>",
        b"<!DOCTYPE a>",
        b"&#",
        b"&#x",
        b"&amp;",
        b"&#xD800;",
        b"&#00000000000000000000000000000000065;",
        b" xmlns=''",
        b" xmlns:p=''",
        b" xmlns:a='urn:b'",
        b" xml:lang='de'",
        b" a:xmlns='u'",
        b"xml:",
        b"\0",
        b"\xFF",
        b"\xEF\xBF\xBE",
        b"\xEF\xBB\xBF",
        b"\xC3\x97",
        b"\r",
        b"<a>",
        b"</a>",
        b"<a/>",
        b" ",
    ];
    const IN_TAGS: &[&str] = &[
        " xmlns:c='u' xmlns:d='&#117;' c:n='' d:n=''",
        " xmlns:c='u' xmlns:d='u ' c:n='' d:n=''",
        " n='' n=''",
        " xmlns:c=''",
        " xmlns='' xmlns=''",
        " xml:lang=''",
        " n='<'",
        " n='&#xFFFE;'",
        " n",
    ];
    const BEHIND: &[&str] = &[
        "]]>",
        "]]]>",
        "<!-- -- -->",
        "<!-- --->",
        "<!---->",
        "<?x?>",
        "<?XML?>",
        "<![CDATA[]]]]>",
        "&b;",
        "<none:a/>",
        "<b></c>",
    ];
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (at(), 1..40_usize).prop_map(|(at, len)| Change::Cut(at, len)),
        at().prop_map(Change::End),
        (at(), select(IN_TAGS)).prop_map(|(at, piece)| Change::InTag(at, piece)),
        (at(), select(BEHIND)).prop_map(|(at, piece)| Change::Behind(at, piece)),
        (at(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (at(), at(), 1..30_usize).prop_map(|(one, other, len)| Change::Swap(one, other, len)),
        (at(), 1..60_usize).prop_map(|(at, len)| Change::Twice(at, len)),
    ]
}

/// Puts a piece so many bytes behind the beginning of some `>`.
fn put_at_a_tag(document: &mut Vec<u8>, which: Index, behind: usize, piece: &str) {
    let ends: Vec<usize> = (0..document.len()).filter(|at| document[*at] == b'>').collect();
    if !ends.is_empty() {
        let at = which.get(&ends) + behind;
        drop(document.splice(at..at, piece.bytes()));
    }
}

fn changed(mut document: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let len = document.len();
        if len == 0 {
            break;
        }
        match *change {
            Change::Byte(at, byte) => document[at.index(len)] = byte,
            Change::Cut(at, count) => drop(document.drain(at.index(len)..(at.index(len) + count).min(len))),
            Change::End(at) => document.truncate(at.index(len)),
            Change::InTag(at, piece) => put_at_a_tag(&mut document, at, 0, piece),
            Change::Behind(at, piece) => put_at_a_tag(&mut document, at, 1, piece),
            Change::Insert(at, piece) => drop(document.splice(at.index(len)..at.index(len), piece.iter().copied())),
            Change::Swap(one, other, count) => {
                let (one, other) = (one.index(len), other.index(len));
                for step in 0..count.min(len - one).min(len - other) {
                    document.swap(one + step, other + step);
                }
            }
            Change::Twice(at, count) => {
                let at = at.index(len);
                let piece = document[at..(at + count).min(len)].to_vec();
                drop(document.splice(at..at, piece));
            }
        }
    }
    document
}

#[derive(Deserialize)]
struct Vector {
    file: String,
    kind: String,
}

/// The frozen documents of AMT that are in order, and what another reader makes of them.
static ANSWERS: LazyLock<Vec<(String, Vec<u8>, Tree)>> = LazyLock::new(|| {
    let vectors: Vec<Vector> = load("amt.json");
    let good = vectors.into_iter().filter(|vector| vector.kind != "error");
    let read = |vector: Vector| {
        let document = fs::read(root().join("tests/vectors").join(&vector.file)).expect("the document");
        let tree = Tree::of(std::str::from_utf8(&document).expect("UTF-8")).expect("well-formed");
        (vector.file, document, tree)
    };
    good.map(read).collect()
});

/// What a document says to a question, without the places in it.
fn said(question: Question, document: &[u8]) -> Result<Answer, (Refusal, Result<AmtTrouble, ParseErrorKind>)> {
    Answer::read(question, 200, document).map_err(|(refusal, trouble)| match trouble {
        AmtTrouble::Unreadable(error) => {
            assert!(usize::try_from(error.at).is_ok_and(|at| at <= document.len()), "{error}");
            (refusal, Err(error.kind))
        }
        trouble => (refusal, Ok(trouble)),
    })
}

/// Reason and detail of a fault; or all names and texts that an enumeration brings, and its context.
fn words(document: &[u8]) -> Vec<String> {
    let mut envelope = Envelope::read(document).expect("an envelope");
    if let Ok(fault) = envelope.clone().fault() {
        return vec![fault.reason.to_string(), format!("{:?}", fault.detail.map(|it| it.to_string()))];
    }
    let mut words = Vec::new();
    let said = Enumerated::read(&mut envelope, &mut |reader, instance| {
        words.push(instance.name.local().to_owned());
        properties(reader, instance, &mut |name, text| {
            words.push(format!("{name}: {text}"));
            true
        })
    });
    words.extend(said.ok().map(|said| format!("{:?} {}", said.context.map(|it| it.to_string()), said.end)));
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_our_writer_makes(tree in tree(), choices in bytes()) {
        let choices = Choices::new(&choices);
        let document = by_our_writer(&tree, &mut choices.clone(), ROOM).unwrap();
        reads_as(document.as_bytes(), &tree);
        theirs_reads_as(&document, &tree);
        judge(document.as_bytes());
        let again = by_our_writer(&tree, &mut choices.clone(), document.len());
        prop_assert_eq!(again.as_ref(), Ok(&document));
        prop_assert!(by_our_writer(&tree, &mut choices.clone(), document.len() - 1).unwrap_err().needed >= document.len());
    }

    #[test]
    fn every_style_means_the_same(tree in tree(), choices in bytes()) {
        let document = styled(&tree, &mut Choices::new(&choices));
        theirs_reads_as(&document, &tree);
        reads_as(document.as_bytes(), &tree);
        judge(document.as_bytes());
    }

    /// A character that XML does not have is written as U+FFFD.
    #[test]
    fn what_cannot_be_written(text in "\\PC{0,9}[\0-\u{1F}\u{FFFE}\u{FFFF}\u{FF01}]{0,9}\\PC{0,9}") {
        let name = || Name { namespace: String::new(), local: "a".to_owned() };
        let tree = |text: String| Tree {
            name: name(),
            attributes: vec![(name(), text.clone())],
            content: Content::Text(text),
        };
        let document = by_our_writer(&tree(text.clone()), &mut Choices::new(&[]), ROOM).unwrap();
        let wanted = tree(text.chars().map(|c| if is_character(c) { c } else { '\u{FFFD}' }).collect());
        reads_as(document.as_bytes(), &wanted);
        theirs_reads_as(&document, &wanted);
    }

    #[test]
    fn whatever_is_done_to_a_document(tree in tree(), choices in bytes(), changes in vec(change(), 1..6)) {
        let document = styled(&tree, &mut Choices::new(&choices));
        judge(&changed(document.into_bytes(), &changes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a device says is the same in every style, whatever it was asked.
    #[test]
    fn answers_mean_the_same_in_every_style(which in any::<Index>(), choices in bytes()) {
        let (file, document, tree) = which.get(&ANSWERS);
        let other = styled(tree, &mut Choices::new(&choices));
        reads_as(other.as_bytes(), tree);
        for question in QUESTIONS {
            prop_assert_eq!(said(question, other.as_bytes()), said(question, document), "{} {:?}: {}", file, question, other);
        }
        prop_assert_eq!(words(other.as_bytes()), words(document), "{}", file);
    }

    /// An answer that something was done to is the same, another one, or refused with a place that is in it.
    #[test]
    fn whatever_is_done_to_an_answer(
        which in any::<Index>(),
        changes in vec(change(), 1..4),
        choices in bytes(),
        restyle in any::<bool>(),
    ) {
        let (_, document, tree) = which.get(&ANSWERS);
        let document = if restyle { styled(tree, &mut Choices::new(&choices)).into_bytes() } else { document.clone() };
        let document = changed(document, &changes);
        judge(&document);
        for question in QUESTIONS {
            let _ = said(question, &document);
        }
    }
}

/// Answers to most questions are among the documents, and in each of them a fault, an enumeration or an answer.
#[test]
fn the_answers_are_worth_restyling() {
    assert!(ANSWERS.len() > 20);
    let answered = |question: &Question| ANSWERS.iter().any(|(_, document, _)| said(*question, document).is_ok());
    assert_eq!(QUESTIONS.iter().filter(|question| answered(question)).count(), 9);
    let faults =
        ANSWERS.iter().filter(|(_, document, _)| matches!(said(Question::GetPower, document), Err((_, Ok(_)))));
    assert_eq!(faults.count(), 4);
}

/// All characters of the first plane and some of the others, once written as they are, and once by reference.
#[test]
fn every_character() {
    let some = (0x1_0000..=0x10_FFFF).step_by(97).chain([0x10_FFFE, 0x10_FFFF]);
    let all: Vec<char> = (0..=0xFFFF).chain(some).filter_map(char::from_u32).filter(|c| is_character(*c)).collect();
    let first = all.iter().filter(|c| u32::from(**c) <= 0xFFFF).count();
    assert_eq!(first, 0x1_0000 - 0x800 - 29 - 2, "without surrogates, controls, U+FFFE and U+FFFF");
    for some in all.chunks(10_000) {
        let text: String = some.iter().collect();
        let name = Name { namespace: String::new(), local: "a".to_owned() };
        let tree = Tree { name: name.clone(), attributes: vec![(name, text.clone())], content: Content::Text(text) };
        let document = by_our_writer(&tree, &mut Choices::new(&[]), ROOM).unwrap();
        reads_as(document.as_bytes(), &tree);
        theirs_reads_as(&document, &tree);
        let referred: String = some.iter().map(|c| format!("&#{};", u32::from(*c))).collect();
        let document = format!("<a a='{referred}'>{referred}</a>");
        reads_as(document.as_bytes(), &tree);
    }
}

/// Up to the limits all styles are read, and the next step beyond them is known as one.
#[test]
fn at_the_limits() {
    let name = |local: &str| Name { namespace: String::new(), local: local.to_owned() };
    let nested = |depth: usize| {
        (1..depth)
            .fold(Tree { name: name("a"), attributes: Vec::new(), content: Content::Text("x".into()) }, |tree, _| {
                Tree { name: name("a"), attributes: Vec::new(), content: Content::Children(vec![tree]) }
            })
    };
    for depth in [MAX_DEPTH - 1, MAX_DEPTH] {
        reads_as(styled(&nested(depth), &mut Choices::new(&[])).as_bytes(), &nested(depth));
        let document = by_our_writer(&nested(depth), &mut Choices::new(&[]), ROOM).unwrap();
        reads_as(document.as_bytes(), &nested(depth));
    }
    judge(styled(&nested(MAX_DEPTH + 1), &mut Choices::new(&[])).as_bytes());
    assert!(by_our_writer(&nested(MAX_DEPTH + 1), &mut Choices::new(&[]), ROOM).is_err());
    let bindings = |count: usize| {
        let all: String = (0..count).map(|number| format!(" xmlns:n{number}='u'")).collect();
        format!("<a{all}/>")
    };
    reads_as(
        bindings(MAX_BINDINGS).as_bytes(),
        &Tree { name: name("a"), attributes: Vec::new(), content: Content::Text(String::new()) },
    );
    judge(bindings(MAX_BINDINGS + 1).as_bytes());
}
