//! What tells that a boot order is for one start, and how it was before: an element of ours in `<metadata>`.
//!
//! `<rackhand:boot xmlns:rackhand="https://rackhand.dev/xmlns/libvirt/1" before="os: hd" set="os: network hd" nonce="7"/>`.
//! libvirt keeps it as it is, in the definition alone: no other storage can differ from it, and no restart loses it. A start copies
//! it into what the domain runs from: there it is exactly when the domain has started since.

use super::edits::{Edits, deeper, gap_before, indent_at, is_blank};
use super::elements::{Element, Space};
use super::order::Order;
use super::tree::Tree;

/// The namespace of our elements is this and a version.
pub(super) const FAMILY: &str = "https://rackhand.dev/xmlns/libvirt/";

/// The version that is read and written here.
pub(super) const NAMESPACE: &str = "https://rackhand.dev/xmlns/libvirt/1";

/// What has become of `<metadata>` for the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metadata {
    /// It was one tag, and has been opened.
    Opened,
    /// It was not there.
    Made,
    /// Nothing.
    Kept,
}

/// What the element says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) before: Order,
    pub(super) set: Order,
    /// What tells it from all others.
    pub(super) nonce: Option<u32>,
    pub(super) metadata: Metadata,
}

/// All that are there, of any version: there should be one at most.
pub(super) fn elements<'t, 'a>(tree: &'t Tree<'a>, metadata: &Element<'a>) -> Vec<&'t Element<'a>> {
    tree.children(metadata)
        .filter(|child| matches!(child.space, Space::Ours | Space::OursOther) && child.name == "boot")
        .collect()
}

impl Marker {
    /// None: it is of another version, or damaged.
    pub(super) fn read(xml: &str, element: &Element<'_>) -> Option<Self> {
        if element.space != Space::Ours {
            return None;
        }
        let before = Order::parse(&element.value(xml, "before")?)?;
        let set = Order::parse(&element.value(xml, "set")?)?;
        let nonce = match element.value(xml, "nonce") {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let metadata = match element.value(xml, "metadata").as_deref() {
            Some("made") => Metadata::Made,
            Some("opened") => Metadata::Opened,
            Some(_) => return None,
            None => Metadata::Kept,
        };
        before.leads_to(&set).then_some(Self { before, set, nonce, metadata })
    }

    fn text(&self) -> String {
        let Self { before, set, nonce, metadata } = self;
        let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
        let metadata = match metadata {
            Metadata::Made => " metadata=\"made\"",
            Metadata::Opened => " metadata=\"opened\"",
            Metadata::Kept => "",
        };
        format!("<rackhand:boot xmlns:rackhand=\"{NAMESPACE}\" before=\"{before}\" set=\"{set}\"{nonce}{metadata}/>")
    }

    /// Writes it, for a definition that has none. `behind`: what is before `<metadata>` when that is missing.
    pub(super) fn write(
        mut self,
        tree: &Tree<'_>,
        behind: &Element<'_>,
        metadata: Option<&Element<'_>>,
        edits: &mut Edits,
    ) {
        let xml = tree.xml;
        let Some(metadata) = metadata else {
            self.metadata = Metadata::Made;
            let indent = indent_at(xml, behind.span.start);
            let text = format!("{indent}<metadata>{}{}{indent}</metadata>", deeper(indent), self.text());
            return edits.insert(behind.span.end, text);
        };
        let indent = indent_at(xml, metadata.span.start);
        if metadata.is_one_tag() {
            self.metadata = Metadata::Opened;
            let (open, end) = (metadata.opened(), metadata.end_tag());
            let text = format!("{open}{}{}{indent}{end}", deeper(indent), self.text());
            return edits.replace(metadata.span.clone(), text);
        }
        // Right behind the tag: the white space before it is then nothing but its own.
        self.metadata = Metadata::Kept;
        let indent = tree
            .children(metadata)
            .next()
            .map_or_else(|| deeper(indent), |child| indent_at(xml, child.span.start).to_owned());
        edits.insert(metadata.content.start, format!("{indent}{}", self.text()));
    }
}

/// Takes all of `markers` away; `became`: what is known to have become of `<metadata>` for them.
pub(super) fn remove(
    xml: &str,
    metadata: &Element<'_>,
    markers: &[&Element<'_>],
    became: Option<Metadata>,
    edits: &mut Edits,
) {
    let mut left = String::new();
    let mut from = metadata.content.start;
    for marker in markers {
        left.push_str(xml.get(from..gap_before(xml, marker.span.start).start).unwrap_or_default());
        from = marker.span.end;
    }
    left.push_str(xml.get(from..metadata.content.end).unwrap_or_default());
    match became {
        Some(Metadata::Opened) if is_blank(&left) => edits.replace(metadata.span.clone(), metadata.closed()),
        // One that cannot be read has most likely been alone in what was made for it.
        Some(Metadata::Made) | None if is_blank(&left) => {
            edits.replace(gap_before(xml, metadata.span.start).start..metadata.span.end, "");
        }
        _ => edits.replace(metadata.content.clone(), left),
    }
}
