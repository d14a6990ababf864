//! Our reader of XML beside another one.

use rackhand_core::wsman::xml::{Element, Reader, Text};
use rackhand_core::{ParseError, ParseErrorKind};
use roxmltree::{Document, Node};

use super::alone::{ours_alone, qualified_xmlns, theirs_alone};
use super::tree::{Content, Name, Tree, resolved, text_of};
use super::{BLANKS, XML};

/// What makes the end of a comparison: an error of ours.
type Compared = Result<(), ParseError>;

/// Goes into the root of a document, over it, and to the end: all of it is looked at, and text between elements is allowed.
pub(super) fn skim(document: &[u8]) -> Compared {
    let mut reader = Reader::new(document)?;
    reader.root()?;
    reader.skip()?;
    reader.end()
}

/// Goes into every element.
pub(super) fn walk(document: &[u8]) -> Compared {
    let mut reader = Reader::new(document)?;
    reader.root()?;
    let (mut depth, mut fresh) = (1_usize, true);
    while depth > 0 {
        if fresh {
            // Whether it is a leaf shows on a copy.
            match reader.clone().text() {
                Ok(text) => {
                    let same = reader.leaf()?;
                    assert!(same.is_some_and(|it| it.same(text)));
                    fresh = false;
                    depth -= 1;
                    continue;
                }
                Err(error) if error.kind != ParseErrorKind::Unexpected => return Err(error),
                Err(_) => {}
            }
        }
        fresh = reader.child()?.is_some();
        depth = if fresh { depth + 1 } else { depth - 1 };
    }
    reader.end()
}

/// Reads `document` with our reader and with another one.
///
/// # Panics
/// They differ, and that is none of the differences that are known; or an error is outside of the document.
pub fn judge(document: &[u8]) {
    let (ours, walked) = (skim(document), walk(document));
    for error in [ours.err(), walked.err()].into_iter().flatten() {
        assert!(usize::try_from(error.at).is_ok_and(|at| at <= document.len()), "{error} of {}", document.len());
        assert!(!error.to_string().is_empty());
    }
    if walked != ours {
        // Only text between elements is no error of who passes over it.
        let error = walked.expect_err("it is no error of who looks at less");
        assert_eq!(error.kind, ParseErrorKind::Unexpected, "{ours:?}");
        assert!(ours.err().is_none_or(|later| error.at <= later.at), "{error:?} before {ours:?}");
        let rest = &document[usize::try_from(error.at).unwrap_or(usize::MAX)..];
        let blank = rest.first().is_none_or(|byte| BLANKS.contains(&char::from(*byte)));
        // A section, or what begins like one.
        assert!(rest.starts_with(b"<![") || !blank && rest[0] != b'<', "{error}");
    }
    let Ok(text) = std::str::from_utf8(document) else {
        assert!(ours.is_err(), "it is no UTF-8");
        return;
    };
    let text = lines(text);
    match (ours, Document::parse(&text)) {
        (Ok(()), Ok(theirs)) if !qualified_xmlns(&text) => {
            let compared = agree(document, &theirs);
            assert_eq!(compared, walked);
        }
        (Ok(()), Err(error)) => assert!(ours_alone(&text, &error), "only the other one refuses it: {error}"),
        (Err(error), Ok(theirs)) => assert!(theirs_alone(document, error, &theirs), "only ours refuses it: {error}"),
        _ => {}
    }
}

/// XML 1.0, section 2.11, done beforehand: the other reader forgets it before a reference.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Compares elements, attributes and texts; up to the first text between elements, which ours does not go into.
pub(super) fn agree(document: &[u8], theirs: &Document<'_>) -> Compared {
    let mut reader = Reader::new(document)?;
    let root = *reader.root()?;
    let places = !document.contains(&b'\r');
    alike(&mut reader, &root, theirs.root_element(), places)?;
    reader.end()
}

/// The reader has gone into `element`; goes back to its parent.
fn alike(reader: &mut Reader<'_>, element: &Element<'_>, node: Node<'_, '_>, places: bool) -> Compared {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let local = node.tag_name().name();
    assert!(element.is(namespace, local), "{element:?} is {namespace} {local}");
    assert_eq!(element.name.local(), local);
    if places {
        assert_eq!(usize::try_from(element.at), Ok(node.range().start), "the place of {local}");
    }
    for attribute in node.attributes() {
        let namespace = attribute.namespace().unwrap_or_default();
        let value = reader.attribute(element, namespace, attribute.name())?;
        texts_alike(value.unwrap_or_else(|| panic!("no attribute {}", attribute.name())), attribute.value());
    }
    let absent = ["", "urn:a", XML].map(|namespace| (namespace, "no\u{b7}name"));
    for (namespace, local) in absent.into_iter().filter(|it| !node.has_attribute(*it)) {
        assert!(reader.attribute(element, namespace, local)?.is_none());
    }
    let mut children = node.children().filter(Node::is_element).peekable();
    if children.peek().is_none() {
        let text = reader.text()?;
        let wanted = text_of(node);
        texts_alike(text, &wanted);
        if let Some(name) = reader.resolve(text) {
            let theirs = resolved(node, &wanted).expect("a prefix that is declared");
            assert!(name.is(&theirs.namespace, &theirs.local), "{name:?} is {theirs:?}");
        }
        return Ok(());
    }
    for child in children {
        let element = *reader.child()?.unwrap_or_else(|| panic!("no {}", child.tag_name().name()));
        alike(reader, &element, child, places)?;
    }
    assert!(reader.child()?.is_none(), "one more in {local}");
    Ok(())
}

fn texts_alike(text: Text<'_>, wanted: &str) {
    assert_eq!(text.to_string(), wanted);
    assert!(text.octets().eq(wanted.bytes()));
    assert!(text.is(wanted) && !text.is(&format!("{wanted}x")) && text.same(text));
    assert_eq!(text.is_empty(), wanted.is_empty());
    let half = (0..=wanted.len() / 2).rev().find(|at| wanted.is_char_boundary(*at)).unwrap_or(0);
    assert!(text.is_both(&wanted[..half], &wanted[half..]));
    let trimmed = wanted.trim_matches(BLANKS);
    assert_eq!(text.trimmed::<16>().as_deref(), Some(trimmed).filter(|it| it.len() <= 16));
    // XML Schema Part 2, sections 3.2.2 and 3.3.23; of very many zeros before a number ours does not see the end.
    let digits = !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit());
    assert_eq!(text.number(), trimmed.parse().ok().filter(|_| digits && trimmed.len() <= 32), "{wanted}");
    let truth = match trimmed {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    };
    assert_eq!(text.boolean(), truth, "{wanted}");
}

/// Our reader finds `tree` in `document`, and nothing else.
///
/// # Panics
/// It does not.
pub fn reads_as(document: &[u8], tree: &Tree) {
    let read = || {
        let mut reader = Reader::new(document)?;
        let root = *reader.root()?;
        is_tree(&mut reader, &root, tree)?;
        reader.end()
    };
    let read: Compared = read();
    assert_eq!(read, Ok(()), "{}", document.escape_ascii());
    assert_eq!(skim(document), Ok(()));
}

fn is_tree(reader: &mut Reader<'_>, element: &Element<'_>, tree: &Tree) -> Compared {
    let Name { namespace, local } = &tree.name;
    assert!(element.is(namespace, local), "{element:?} is {:?}", tree.name);
    texts_alike(element.name.namespace(), namespace);
    for (name, value) in &tree.attributes {
        let found = reader.attribute(element, &name.namespace, &name.local)?;
        texts_alike(found.unwrap_or_else(|| panic!("no {name:?}")), value);
    }
    match &tree.content {
        Content::Children(children) => {
            for child in children {
                let element = *reader.child()?.unwrap_or_else(|| panic!("no {:?}", child.name));
                is_tree(reader, &element, child)?;
            }
            assert!(reader.child()?.is_none());
        }
        Content::Name(name) => {
            let text = reader.text()?;
            let found = reader.resolve(text).unwrap_or_else(|| panic!("{text} is no name"));
            assert!(found.is(&name.namespace, &name.local), "{found:?} is {name:?}");
        }
        Content::Text(wanted) => texts_alike(reader.text()?, wanted),
    }
    Ok(())
}

/// The other reader finds `tree` in `document`.
///
/// # Panics
/// It does not.
pub fn theirs_reads_as(document: &str, tree: &Tree) {
    let text = lines(document);
    let theirs = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {document}"));
    is_theirs(theirs.root_element(), tree);
}

fn is_theirs(node: Node<'_, '_>, tree: &Tree) {
    assert_eq!(node.tag_name().namespace().unwrap_or_default(), tree.name.namespace);
    assert_eq!(node.tag_name().name(), tree.name.local);
    assert_eq!(node.attributes().count(), tree.attributes.len());
    for (name, value) in &tree.attributes {
        let found = node
            .attributes()
            .find(|it| it.namespace().unwrap_or_default() == name.namespace && it.name() == name.local);
        assert_eq!(found.map(|it| it.value()), Some(value.as_str()), "{name:?}");
    }
    let children = node.children().filter(Node::is_element);
    match &tree.content {
        Content::Children(wanted) => {
            assert_eq!(children.clone().count(), wanted.len());
            children.zip(wanted).for_each(|(child, wanted)| is_theirs(child, wanted));
        }
        Content::Name(name) => assert_eq!(resolved(node, &text_of(node)).as_ref(), Some(name)),
        Content::Text(wanted) => assert_eq!((children.count(), &text_of(node)), (0, wanted)),
    }
}

/// [`Reader`] on any document.
///
/// Asserts: an error is within the document, and the same for who goes into every element and who passes over all, text between
/// elements aside; another reader takes and refuses the same documents, with the differences that are listed in `alone.rs`, and
/// finds the same elements, attributes and texts; numbers and truth values in texts are those of XML Schema.
pub fn wsman_xml(data: &[u8]) {
    judge(data);
}
