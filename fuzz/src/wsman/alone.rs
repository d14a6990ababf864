//! Where our reader and the other one differ, and may.
//!
//! Only ours refuses what is beyond its limits. Only ours takes names with any character beyond ASCII, and `xml` as the prefix
//! of an element. Only the other one takes, against the specifications: what a declaration says, whatever it is; targets of
//! instructions that are no names, that are `xml`, or that nothing divides from what is behind them; references to characters
//! that XML does not have; a namespace that is declared twice in a tag; prefixes that stand for no namespace; an `xmlns` with a
//! prefix that declares it; and names that begin with their colon.

use rackhand_core::wsman::xml::{MAX_ATTRIBUTES, MAX_BINDINGS, MAX_DEPTH, MAX_DOCUMENT, MAX_NAME, MAX_NAMESPACE};
use rackhand_core::{ParseError, ParseErrorKind};
use roxmltree::{Document, Error, Node};

use super::BLANKS;
use super::judge::{agree, skim, walk};

/// Whether ours may take a document that the other one refuses with `error`.
pub(super) fn ours_alone(text: &str, error: &Error) -> bool {
    if qualified_xmlns(text) || matches!(error, Error::UnknownNamespace(prefix, _) if prefix == "xml") {
        return true;
    }
    // With other names in the same places it is taken.
    let named = with_good_names(text);
    let Ok(theirs) = Document::parse(&named) else { return false };
    match skim(named.as_bytes()) {
        Ok(()) => agree(named.as_bytes(), &theirs) == walk(named.as_bytes()),
        Err(error) => error.kind == ParseErrorKind::Limit,
    }
}

/// The document with characters that names may have instead of those beyond ASCII; what differed differs.
fn with_good_names(text: &str) -> String {
    let (mark, rest) = text.strip_prefix('\u{FEFF}').map_or(("", text), |rest| ("\u{FEFF}", rest));
    let named =
        rest.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\u{e4}{:x}\u{e4}", u32::from(c)) });
    mark.to_owned() + &named.collect::<String>()
}

/// Whether there is an attribute `xmlns` that has a prefix: for the other one it declares a namespace.
pub(super) fn qualified_xmlns(text: &str) -> bool {
    text.match_indices(":xmlns").any(|(at, name)| text[at + name.len()..].trim_start_matches(BLANKS).starts_with('='))
}

/// Whether the other one may take a document that ours refuses with `error`.
pub(super) fn theirs_alone(document: &[u8], error: ParseError, theirs: &Document<'_>) -> bool {
    use ParseErrorKind::{BadValue, Limit, Mismatched, Prefix, Truncated};
    // The document is UTF-8, but the place of an error may be within a character.
    let text = std::str::from_utf8(document).unwrap_or_default();
    let at = usize::try_from(error.at).unwrap_or(usize::MAX);
    let (Some(before), Some(rest)) = (text.get(..at), text.get(at..)) else { return false };
    match error.kind {
        Limit => beyond_limits(text, rest, theirs),
        BadValue | Prefix if qualified_xmlns(text) => true,
        BadValue => {
            in_declaration(text, at)
                || in_target(before)
                || rest.starts_with(':')
                || bad_reference(rest)
                || declared_twice(before, rest)
        }
        Prefix => rest.starts_with("xmlns:xmlns") || rest.starts_with("xmlns:") && value(rest) == Some(""),
        Mismatched => before.ends_with("</") && rest.starts_with(':'),
        // For the other one it is an instruction.
        Truncated => declaration(text).is_some_and(|rest| !rest.starts_with(' ')),
        _ => false,
    }
}

fn beyond_limits(text: &str, rest: &str, theirs: &Document<'_>) -> bool {
    let deep = |node: &Node<'_, '_>| node.ancestors().filter(Node::is_element).count() > MAX_DEPTH;
    let wide = |node: &Node<'_, '_>| node.attributes().count() > MAX_ATTRIBUTES;
    let ends = |c: char| BLANKS.contains(&c) || "<>/='\"?".contains(c);
    text.len() > MAX_DOCUMENT
        || text.matches("xmlns").count() > MAX_BINDINGS
        || text.split(ends).any(|name| name.len() > MAX_NAME)
        || rest.starts_with("xmlns") && value(rest).is_some_and(|value| value.len() > MAX_NAMESPACE)
        || theirs.descendants().filter(Node::is_element).any(|node| deep(&node) || wide(&node))
}

/// The value of the attribute that `rest` begins with.
fn value(rest: &str) -> Option<&str> {
    let value = rest.split_once('=')?.1.trim_start_matches(BLANKS);
    let quote = value.chars().next()?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

/// What is behind the beginning of a declaration, if the document begins with one.
fn declaration(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('\u{FEFF}').strip_prefix("<?xml")?;
    rest.starts_with(BLANKS).then_some(rest)
}

/// Whether `at` is not behind the declaration.
fn in_declaration(text: &str, at: usize) -> bool {
    let Some(rest) = declaration(text) else { return false };
    let (mut quote, mut before) = (None, ' ');
    for (end, c) in rest.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') if before == '?' => return at <= text.len() - rest.len() + end,
            (Some(it), _) if it == c => quote = None,
            _ => {}
        }
        before = c;
    }
    // For the other one it is an instruction, whose quotes need not match.
    !rest.starts_with(' ')
}

/// Whether what ends here is the target of an instruction, or its beginning.
fn in_target(before: &str) -> bool {
    let target = before.rsplit_once("<?").map(|(_, target)| target);
    target.is_some_and(|target| !target.contains(|c| BLANKS.contains(&c) || "<>/='\"?".contains(c)))
}

/// Whether it begins with a reference by number to no character, or with so many zeros that ours stops.
fn bad_reference(rest: &str) -> bool {
    let Some((digits, _)) = rest.strip_prefix("&#").and_then(|rest| rest.split_once(';')) else { return false };
    let number = match digits.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.is_ok_and(|number| char::from_u32(number).is_none() || digits.len() >= 32)
}

/// Whether the attribute that is next declares a namespace that the same tag declares elsewhere, too.
fn declared_twice(before: &str, rest: &str) -> bool {
    let name = rest.split(|c| BLANKS.contains(&c) || c == '=').next().unwrap_or_default();
    let tag = before.rsplit('<').next().unwrap_or_default();
    let again = |(at, _)| {
        let (before, behind) = (&tag[..at], &tag[at + name.len()..]);
        before.ends_with(BLANKS) && behind.trim_start_matches(BLANKS).starts_with('=')
    };
    (name == "xmlns" || name.starts_with("xmlns:")) && tag.match_indices(name).any(again)
}
