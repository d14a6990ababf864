//! Where the elements of a definition stand in its text.

use std::ops::Range;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::{NsReader, Reader};

use super::edits::is_blank;
use super::marker::{FAMILY, NAMESPACE};
use super::{DefinitionError, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_LEN};

/// As deep as what matters lies: `<boot>` in a device in `<devices>` in `<domain>`.
const DEPTH: usize = 4;

/// A byte order mark.
const MARK: char = '\u{FEFF}';

/// Whose an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// libvirt's: those have no namespace.
    Libvirt,
    /// [`NAMESPACE`].
    Ours,
    /// One of [`FAMILY`], of another version.
    OursOther,
    Others,
}

/// An element at most [`DEPTH`] deep.
#[derive(Clone, Debug)]
pub(super) struct Element<'a> {
    /// Its place in the list; that of the outermost is 0, and is the parent of itself.
    pub(super) at: usize,
    /// The place of the one it is in.
    pub(super) parent: usize,
    /// Without the prefix.
    pub(super) name: &'a str,
    pub(super) space: Space,
    /// What stands between `<` and `>` or `/>`.
    tag: &'a str,
    /// The length of the name with the prefix.
    name_len: usize,
    /// From `<` of its start tag until behind `>` of its end tag.
    pub(super) span: Range<usize>,
    /// What is between its tags; empty, at the end of `span`, when it is one tag.
    pub(super) content: Range<usize>,
}

/// The distance of `part` from the start of `whole`, of which it is a part.
fn offset(whole: &str, part: &str) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at.checked_add(part.len())? <= whole.len()).then_some(at)
}

impl<'a> Element<'a> {
    /// Whether it is one tag that closes itself.
    pub(super) const fn is_one_tag(&self) -> bool {
        self.content.start == self.span.end
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.space == Space::Libvirt && self.name == name
    }

    /// Its tag as a start tag, whether it closes itself or not.
    pub(super) fn opened(&self) -> String {
        format!("<{}>", self.tag)
    }

    /// Its tag as one that closes itself.
    pub(super) fn closed(&self) -> String {
        format!("<{}/>", self.tag)
    }

    pub(super) fn end_tag(&self) -> String {
        format!("</{}>", self.tag.get(..self.name_len).unwrap_or_default())
    }

    /// The value of an attribute without a prefix, and where in `xml` it stands.
    pub(super) fn attribute(&self, xml: &str, name: &str) -> Option<(String, Range<usize>)> {
        let mut attributes = Attributes::new(self.tag, self.name_len);
        let attribute = attributes.with_checks(false).flatten().find(|it| it.key.into_inner() == name)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        let start = offset(xml, &attribute.value)?;
        Some((value, start..start.checked_add(attribute.value.len())?))
    }

    pub(super) fn value(&self, xml: &str, name: &str) -> Option<String> {
        self.attribute(xml, name).map(|(value, _)| value)
    }

    /// The text that is in it.
    pub(super) fn text(&self, xml: &str) -> Result<String, DefinitionError> {
        let bad = || DefinitionError::NotWellFormed { at: u64::try_from(self.content.start).unwrap_or(u64::MAX) };
        // With its tags: a reader passes over what looks like a byte order mark at the start.
        let mut reader = Reader::from_str(xml.get(self.span.clone()).unwrap_or_default());
        let mut text = String::new();
        loop {
            match reader.read_event().map_err(|_| bad())? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|_| bad())? {
                    Some(character) => text.push(character),
                    None => text.push_str(quick_xml::escape::resolve_predefined_entity(&name).ok_or_else(bad)?),
                },
                Event::Eof => return Ok(text),
                _ => {}
            }
        }
    }
}

/// What has been read so far.
struct Reading<'a> {
    xml: &'a str,
    elements: Vec<Element<'a>>,
    /// For each open element its place in `elements`, if it has one.
    open: Vec<Option<usize>>,
}

impl<'a> Reading<'a> {
    fn bad(&self, at: usize) -> DefinitionError {
        DefinitionError::NotWellFormed { at: u64::try_from(at.min(self.xml.len())).unwrap_or(u64::MAX) }
    }

    /// A start tag, or one that closes itself. `until`: behind it.
    fn start(
        &mut self,
        tag: &BytesStart<'a>,
        space: Space,
        one_tag: bool,
        until: usize,
    ) -> Result<(), DefinitionError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(DefinitionError::TooDeep);
        }
        let missing = self.bad(until);
        // Behind `<`, in the text itself: where all the rest is cut from.
        let from = offset(self.xml, tag).ok_or(missing)?;
        let content = self.xml.get(from..from.saturating_add(tag.len())).ok_or(missing)?;
        let name_len = tag.name().into_inner().len();
        for (count, attribute) in Attributes::new(content, name_len).enumerate() {
            // Each is compared with all that went before.
            if count >= MAX_ATTRIBUTES {
                return Err(DefinitionError::TooManyAttributes);
            }
            let attribute = attribute.map_err(|_| self.bad(from))?;
            if !is_qualified(attribute.key.into_inner()) {
                return Err(self.bad(from));
            }
            // XML 1.0, section 3.1, "No < in Attribute Values": the reader lets it pass.
            if attribute.value.contains('<') || attribute.normalized_value(XmlVersion::Implicit1_0).is_err() {
                return Err(self.bad(from));
            }
        }
        if !is_qualified(content.get(..name_len).unwrap_or_default()) {
            return Err(self.bad(from));
        }
        let place = if self.open.len() < DEPTH {
            if self.open.is_empty() && !self.elements.is_empty() {
                return Err(self.bad(from));
            }
            if self.elements.len() >= MAX_ELEMENTS {
                return Err(DefinitionError::TooManyElements);
            }
            let name = content.get(..name_len).unwrap_or_default();
            let at = self.elements.len();
            self.elements.push(Element {
                at,
                parent: self.open.last().copied().flatten().unwrap_or_default(),
                name: name.rsplit_once(':').map_or(name, |(_, local)| local),
                space,
                tag: content,
                name_len,
                span: from.saturating_sub(1)..until,
                content: until..until,
            });
            Some(at)
        } else {
            None
        };
        if !one_tag {
            self.open.push(place);
        }
        Ok(())
    }

    /// An end tag, with what is before and behind it.
    fn end(&mut self, from: usize, until: usize) {
        if let Some(element) = self.open.pop().flatten().and_then(|at| self.elements.get_mut(at)) {
            element.content.end = from;
            element.span.end = until;
        }
    }
}

/// Whether a name is one of Namespaces in XML 1.0, section 4, "Qualified Names": readers that are shown `:boot` do not agree on whose
/// it is.
fn is_qualified(name: &str) -> bool {
    name.split_once(':').is_none_or(|(prefix, local)| !prefix.is_empty() && !local.is_empty() && !local.contains(':'))
}

/// Whose the names are that `resolved` is of.
fn space(resolved: &ResolveResult<'_>) -> Space {
    match resolved {
        ResolveResult::Unbound => Space::Libvirt,
        ResolveResult::Bound(Namespace(NAMESPACE)) => Space::Ours,
        ResolveResult::Bound(Namespace(name)) if name.starts_with(FAMILY) => Space::OursOther,
        ResolveResult::Bound(_) | ResolveResult::Unknown(_) => Space::Others,
    }
}

/// All elements at most [`DEPTH`] deep, each before those in it.
pub(super) fn read(xml: &str) -> Result<Vec<Element<'_>>, DefinitionError> {
    if xml.len() > MAX_LEN {
        return Err(DefinitionError::TooLong { len: xml.len() });
    }
    let mut reading = Reading { xml, elements: Vec::new(), open: Vec::new() };
    // The reader would pass over a byte order mark, and count from behind it.
    let body = xml.strip_prefix(MARK).unwrap_or(xml);
    if body.starts_with(MARK) {
        return Err(reading.bad(0));
    }
    let ahead = xml.len().saturating_sub(body.len());
    let place = |position: u64| usize::try_from(position).unwrap_or(usize::MAX).saturating_add(ahead);
    let mut reader = NsReader::from_str(body);
    reader.config_mut().enable_all_checks(true);
    let mut from = ahead;
    loop {
        let Ok(event) = reader.read_event() else {
            return Err(reading.bad(place(reader.error_position())));
        };
        let until = place(reader.buffer_position());
        let outside = reading.open.is_empty();
        match event {
            Event::Start(tag) => {
                let space = space(&reader.resolver().resolve_element(tag.name()).0);
                reading.start(&tag, space, false, until)?;
            }
            Event::Empty(tag) => {
                let space = space(&reader.resolver().resolve_element(tag.name()).0);
                reading.start(&tag, space, true, until)?;
            }
            Event::End(_) => reading.end(from, until),
            Event::Text(text) if outside && !is_blank(&text) => return Err(reading.bad(from)),
            Event::CData(_) | Event::GeneralRef(_) if outside => return Err(reading.bad(from)),
            Event::GeneralRef(name) => {
                let known = quick_xml::escape::resolve_predefined_entity(&name).is_some();
                if !known && !matches!(name.resolve_char_ref(), Ok(Some(_))) {
                    return Err(reading.bad(from));
                }
            }
            Event::DocType(_) => return Err(DefinitionError::DocumentType),
            Event::Eof if outside => return Ok(reading.elements),
            Event::Eof => return Err(reading.bad(until)),
            Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        from = until;
    }
}
