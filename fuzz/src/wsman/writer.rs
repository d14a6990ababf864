//! Our writer of XML.

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::wsman::xml::{MAX_DEPTH, Writer};

use super::choices::Choices;
use super::judge::{judge, reads_as, theirs_reads_as};
use super::tree::{Content, Name, Tree, Written, WrittenContent, written};
use super::{NAMESPACES, XML, is_character};
use crate::script::Script;

/// Most elements within each other in a tree, and most attributes of an element.
const DEPTH: usize = 6;
const ATTRIBUTES: usize = 6;
/// Bytes that any script's document has room in: no byte of it becomes more than a dozen.
const ROOM: usize = 128 * 1024;

/// The document that our writer makes of `tree`, with prefixes as `choices` say, in a buffer of `room` bytes.
///
/// # Errors
/// [`Full`] when there is less room than it needs.
pub fn by_our_writer(tree: &Tree, choices: &mut Choices<'_>, room: usize) -> Result<String, Full> {
    let tree = written(tree, choices);
    let mut buffer = vec![0; room];
    let mut to = TxWriter::new(&mut buffer);
    let mut w = Writer::document(&mut to);
    write(&tree, choices, &mut w);
    w.finish()?;
    let len = to.len();
    buffer.truncate(len);
    Ok(String::from_utf8(buffer).expect("what it writes is UTF-8"))
}

fn write<'n>(element: &'n Written<'n>, choices: &mut Choices<'_>, w: &mut Writer<'_, '_, 'n>) {
    let text = match &element.content {
        WrittenContent::Children(_) => None,
        WrittenContent::Name(text) => Some(text.as_str()),
        WrittenContent::Text(text) => Some(*text),
    };
    if let Some(text) = text
        && element.declared.is_empty()
        && element.attributes.is_empty()
        && choices.below(2) == 0
    {
        w.leaf(&element.prefix, element.local, text);
        return;
    }
    w.start(&element.prefix, element.local);
    for (prefix, namespace) in &element.declared {
        // A URI in two parts is the same.
        let half = namespace.char_indices().nth(choices.below(3)).map_or(0, |(at, _)| at);
        match choices.below(2) {
            0 => w.namespace(prefix, namespace),
            _ => w.class(prefix, namespace.split_at(half)),
        }
    }
    for (prefix, local, value) in &element.attributes {
        w.attribute(prefix, local, value);
    }
    match (&element.content, text) {
        (WrittenContent::Children(children), _) => {
            for child in children {
                write(child, choices, w);
            }
        }
        (_, Some(text)) if text.is_empty() && choices.below(2) == 0 => {}
        (_, text) => {
            let text = text.unwrap_or_default();
            w.text("");
            match text.parse() {
                Ok(number) if u32::to_string(&number) == text => w.number(number),
                _ => text.split_inclusive(' ').for_each(|word| w.text(word)),
            }
            // Behind text it is left out.
            w.attribute("", "late", "");
        }
    }
    w.end();
}

/// What is there of a text when it was written.
fn clean(text: &str) -> String {
    text.chars().map(|c| if is_character(c) { c } else { '\u{FFFD}' }).collect()
}

fn local(script: &mut Script<'_>) -> String {
    const LOCALS: [&str; 7] = ["a", "b", "PowerState", "x1.-_", "\u{e4}", "_\u{b7}", "xml"];
    if script.bool() {
        return script.pick(&LOCALS).to_owned();
    }
    let long = usize::from(script.u8()) + 1;
    "n".repeat(long)
}

/// A tree that a script makes.
fn tree(script: &mut Script<'_>, depth: usize) -> Tree {
    let name = Name { namespace: script.pick(&NAMESPACES).to_owned(), local: local(script) };
    let mut attributes: Vec<(Name, String)> = Vec::new();
    for _ in 0..script.below(ATTRIBUTES + 1) {
        let namespace = match script.below(NAMESPACES.len() + 1) {
            0 => XML,
            which => NAMESPACES[which - 1],
        };
        let name = Name { namespace: namespace.to_owned(), local: local(script) };
        if attributes.iter().all(|(it, _)| *it != name) {
            attributes.push((name, script.text().to_owned()));
        }
    }
    let content = match script.below(4) {
        0 => Content::Text(script.text().to_owned()),
        1 => Content::Text(script.u16().to_string()),
        _ if depth >= DEPTH || script.is_empty() => Content::Text(String::new()),
        _ => {
            let more = script.below(4);
            let mut children = vec![tree(script, depth + 1)];
            while children.len() <= more && !script.is_empty() {
                children.push(tree(script, depth + 1));
            }
            Content::Children(children)
        }
    };
    Tree { name, attributes, content }
}

/// What is left of a tree when it was written: texts without characters that XML does not have.
fn cleaned(tree: &Tree) -> Tree {
    let attributes = tree.attributes.iter().map(|(name, value)| (name.clone(), clean(value))).collect();
    let content = match &tree.content {
        Content::Children(children) => Content::Children(children.iter().map(cleaned).collect()),
        Content::Text(text) => Content::Text(clean(text)),
        Content::Name(name) => Content::Name(name.clone()),
    };
    Tree { name: tree.name.clone(), attributes, content }
}

/// Any calls in any order.
fn calls(script: &mut Script<'_>) {
    let room = usize::from(script.u16() % 2048);
    let mut buffer = vec![0; room];
    let mut to = TxWriter::new(&mut buffer);
    let mut w = Writer::document(&mut to);
    let (mut open, mut roots, mut deepest, mut outside) = (0_usize, 0, 0, false);
    while !script.is_empty() {
        match script.below(6) {
            0 | 1 => {
                roots += usize::from(open == 0);
                w.start("", "a");
                open += 1;
                deepest = deepest.max(open);
            }
            2 => {
                w.end();
                open = open.saturating_sub(1);
            }
            // Names of attributes are all different, and few enough.
            3 => w.attribute("", "b", script.text()),
            4 => {
                w.text(script.text());
                outside |= open == 0;
            }
            _ => {
                w.number(script.u16().into());
                outside |= open == 0;
            }
        }
    }
    let finished = w.finish();
    let len = to.len();
    assert!(len <= room);
    if let Err(Full { needed }) = finished {
        assert!(needed > len);
        return;
    }
    let text = std::str::from_utf8(&buffer[..len]).expect("what it writes is UTF-8");
    // Whoever ends what was started, and gives no attribute twice, has made a document.
    if open == 0 && roots == 1 && !outside && deepest <= MAX_DEPTH {
        let theirs = roxmltree::Document::parse(text);
        let twice = matches!(theirs, Err(roxmltree::Error::DuplicatedAttribute(..)));
        assert!(theirs.is_ok() || twice, "{theirs:?}: {text}");
    }
    judge(text.as_bytes());
}

/// [`Writer`] on what a script says: a tree, or any calls in any order.
///
/// Asserts: our reader and another one read what was written as it was meant, characters that XML does not have being U+FFFD;
/// with one byte too few it says that there must be more; calls that are balanced make a document, and others no panic.
pub fn wsman_writer(data: &[u8]) {
    let mut script = Script::new(data);
    if script.bool() {
        calls(&mut script);
        return;
    }
    let tree = tree(&mut script, 1);
    let choices = Choices::new(script.rest());
    let document = by_our_writer(&tree, &mut choices.clone(), ROOM).expect("there is room");
    let expected = cleaned(&tree);
    reads_as(document.as_bytes(), &expected);
    theirs_reads_as(&document, &expected);
    let short = by_our_writer(&tree, &mut choices.clone(), document.len() - 1);
    assert_eq!(short.map_err(|full| full.needed >= document.len()), Err(true));
}
