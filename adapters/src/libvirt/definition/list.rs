//! The first kind of order: the list of `<boot dev='…'/>` in `<os>`.

use super::DefinitionError;
use std::collections::{BTreeMap, VecDeque};

use super::edits::{Edits, deeper, indent_at, is_blank};
use super::elements::Element;
use super::order::CLASSES;
use super::tree::Tree;

/// What libvirt writes before `<boot>`.
const BEFORE: [&str; 15] = [
    "type",
    "firmware",
    "init",
    "initarg",
    "initenv",
    "initdir",
    "inituser",
    "initgroup",
    "loader",
    "nvram",
    "kernel",
    "initrd",
    "cmdline",
    "dtb",
    "acpi",
];

/// The elements of the list.
pub(super) fn elements<'t, 'a>(tree: &'t Tree<'a>, os: &Element<'a>) -> Vec<&'t Element<'a>> {
    tree.children(os).filter(|child| child.is("boot")).collect()
}

/// What the list has.
///
/// # Errors
/// An element has none of [`CLASSES`].
pub(super) fn read(tree: &Tree<'_>, os: &Element<'_>) -> Result<Vec<&'static str>, DefinitionError> {
    let class = |element: &Element<'_>| {
        let text = element.value(tree.xml, "dev")?;
        CLASSES.into_iter().find(|class| *class == text)
    };
    let allowed = "hd, network, cdrom, fd";
    tree.children(os)
        .filter(|child| child.is("boot"))
        .map(|element| class(element).ok_or(DefinitionError::Value { element: "boot", attribute: "dev", allowed }))
        .collect()
}

/// The list with `class` first. Without any libvirt starts from the hard disk, so that one stays behind it.
pub(super) fn with_first(list: &[&'static str], class: &'static str) -> Vec<&'static str> {
    let mut rest = list.to_vec();
    match rest.iter().position(|it| *it == class) {
        Some(at) => drop(rest.remove(at)),
        None if rest.is_empty() && class != "hd" => rest.push("hd"),
        None => {}
    }
    rest.insert(0, class);
    rest
}

/// Makes the list what `wanted` says, of the elements that are there; what is too much is taken from the front, and what
/// is missing comes in there, so that the one undoes the other.
pub(super) fn rearrange(tree: &Tree<'_>, os: &Element<'_>, wanted: &[&'static str], edits: &mut Edits) {
    let xml = tree.xml;
    let there = elements(tree, os);
    let text_of = |element: &Element<'_>| xml.get(element.span.clone()).unwrap_or_default();
    let mut free: BTreeMap<String, VecDeque<&str>> = BTreeMap::new();
    for element in &there {
        free.entry(element.value(xml, "dev").unwrap_or_default()).or_default().push_back(text_of(element));
    }
    let texts: Vec<String> = wanted
        .iter()
        .map(|class| {
            let text = free.get_mut(*class).and_then(VecDeque::pop_front);
            text.map_or_else(|| format!("<boot dev='{class}'/>"), str::to_owned)
        })
        .collect();

    let too_many = there.len().saturating_sub(texts.len());
    for (element, next) in there.iter().zip(there.iter().skip(1).map(Some).chain([None])).take(too_many) {
        match next {
            // Nothing is left, nor the lines they were in.
            _ if texts.is_empty() => {
                edits.replace(
                    element.span.start.saturating_sub(indent_at(xml, element.span.start).len())..element.span.end,
                    "",
                );
            }
            Some(next) if is_blank(xml.get(element.span.end..next.span.start).unwrap_or_default()) => {
                edits.replace(element.span.start..next.span.start, "");
            }
            _ => edits.replace(element.span.clone(), ""),
        }
    }

    let missing = texts.len().saturating_sub(there.len());
    for text in texts.iter().take(missing) {
        if let Some(first) = there.first() {
            edits.insert(first.span.start, format!("{text}{}", indent_at(xml, first.span.start)));
        } else {
            let before = tree.children(os).filter(|child| BEFORE.iter().any(|name| child.is(name))).last();
            let (at, indent) = before.map_or_else(
                || (os.content.start, deeper(indent_at(xml, os.span.start))),
                |child| (child.span.end, indent_at(xml, child.span.start).to_owned()),
            );
            edits.insert(at, format!("{indent}{text}"));
        }
    }

    for (element, text) in there.iter().skip(too_many).zip(texts.iter().skip(missing)) {
        if text_of(element) != text {
            edits.replace(element.span.clone(), text.as_str());
        }
    }
}
