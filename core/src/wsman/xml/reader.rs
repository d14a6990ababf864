//! Pulls elements out of a document. XML 1.0, sections 2 and 3; Namespaces in XML 1.0.
//!
//! The reader stands in one element at a time. [`Reader::child`] goes into its next child, or back to its parent when there is
//! none; [`Reader::text`] and [`Reader::skip`] read the element that was just gone into to its end. Names are compared by
//! namespace and local name, whatever their prefixes.

use heapless::Vec;

use super::cursor::{Cursor, Read};
use super::element::{Element, QName};
use super::find;
use super::name::RawName;
use super::reference::reference;
use super::text::{Kind, Text};
use crate::input::{ParseError, ParseErrorKind};

/// Most bytes of a document.
pub const MAX_DOCUMENT: usize = 256 * 1024;
/// Most elements within each other.
pub const MAX_DEPTH: usize = 64;
/// Most namespaces that are declared at one place.
pub const MAX_BINDINGS: usize = 32;
/// Most attributes of an element, declarations of namespaces not counted.
pub const MAX_ATTRIBUTES: usize = 16;

/// Most bytes of the name of a namespace.
pub const MAX_NAMESPACE: usize = 512;

/// The namespace of the prefix `xml`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of the prefix `xmlns`.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Bytes of the document. Offsets take half the room of slices, and a reader is moved about.
#[derive(Clone, Copy, Debug)]
struct Span {
    at: u32,
    len: u16,
}

impl Span {
    fn of(self, document: &[u8]) -> &[u8] {
        let rest = usize::try_from(self.at).ok().and_then(|at| document.get(at..)).unwrap_or(&[]);
        rest.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    prefix: Span,
    namespace: Span,
    /// Of the prefix, or 0.
    first: u8,
    plain: bool,
    depth: u8,
    /// Which binding was the first of those that are there to have this namespace.
    group: u8,
}

/// The group of the prefix `xml`.
const XML_GROUP: u8 = u8::MAX;

/// A document that is being read.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: Cursor<'a>,
    /// The names of the open elements.
    open: Vec<Span, MAX_DEPTH>,
    /// Those of the open elements, and of the one that was closed last.
    bindings: Vec<Binding, MAX_BINDINGS>,
    /// The element that was gone into last.
    element: Element<'a>,
    /// It ends with its start tag.
    empty: bool,
    /// The root was gone into.
    begun: bool,
    /// There are carriage returns in it.
    returns: bool,
}

/// Whether there is a carriage return in the document; an error where a byte stands for no character of XML.
fn characters(document: &[u8]) -> Read<bool> {
    let fail = |at: usize, kind| Err(ParseError { at: u32::try_from(at).unwrap_or(u32::MAX), kind });
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Without a branch, so that many bytes are looked at at once.
    let (mut controls, mut returns, mut ascii) = (false, false, true);
    for byte in document {
        controls |= control(byte);
        returns |= *byte == b'\r';
        ascii &= byte.is_ascii();
    }
    if !ascii {
        if let Err(error) = core::str::from_utf8(document) {
            return match error.error_len() {
                None => fail(document.len(), ParseErrorKind::Truncated),
                Some(_) => fail(error.valid_up_to(), ParseErrorKind::BadValue),
            };
        }
        // U+FFFE and U+FFFF.
        let forbidden = |window: &[u8]| matches!(window, [0xEF, 0xBF, 0xBE | 0xBF]);
        if let Some(at) = document.windows(3).position(forbidden) {
            return fail(at, ParseErrorKind::BadValue);
        }
    }
    if controls {
        return fail(document.iter().position(control).unwrap_or(0), ParseErrorKind::BadValue);
    }
    Ok(returns)
}

impl<'a> Reader<'a> {
    /// Begins to read `document`.
    ///
    /// # Errors
    /// It is too long, not in UTF-8, or has characters or a declaration that XML does not allow.
    pub fn new(document: &'a [u8]) -> Read<Self> {
        let mut input = Cursor::new(document);
        if document.len() > MAX_DOCUMENT {
            input.skip(MAX_DOCUMENT);
            return Err(input.error(ParseErrorKind::Limit));
        }
        let returns = characters(document)?;
        input.eat(b"\xEF\xBB\xBF");
        input.declaration()?;
        let element = Element { at: 0, name: QName { namespace: Text::EMPTY, local: b"" }, attributes: 0 };
        Ok(Self { input, open: Vec::new(), bindings: Vec::new(), element, empty: false, begun: false, returns })
    }

    /// Goes into the root.
    ///
    /// # Errors
    /// There is none, or something else before it.
    pub fn root(&mut self) -> Read<&Element<'a>> {
        if core::mem::replace(&mut self.begun, true) {
            return Err(self.input.error(ParseErrorKind::Unexpected));
        }
        if self.between()? { Ok(&self.element) } else { Err(self.input.error(ParseErrorKind::Unexpected)) }
    }

    /// Goes into the next child element of the present one. None: there is no more, and the reader is back in the parent.
    ///
    /// # Errors
    /// The document is not well-formed there, or there is text between the elements.
    pub fn child(&mut self) -> Read<Option<&Element<'a>>> {
        if self.open.is_empty() {
            return Err(self.input.error(ParseErrorKind::Unexpected));
        }
        if self.empty {
            self.close();
            return Ok(None);
        }
        Ok(self.between()?.then_some(&self.element))
    }

    /// The text of the element that was just gone into, which has no child elements; the reader is back in its parent.
    ///
    /// # Errors
    /// The document is not well-formed there, or there is an element in it.
    pub fn text(&mut self) -> Read<Text<'a>> {
        match self.content(false)? {
            Some(text) => Ok(text),
            None => Err(self.input.error(ParseErrorKind::Unexpected)),
        }
    }

    /// As [`Reader::text`], but an element with child elements is skipped, and none.
    ///
    /// # Errors
    /// The document is not well-formed there.
    pub fn leaf(&mut self) -> Read<Option<Text<'a>>> {
        let text = self.content(false)?;
        if text.is_none() {
            self.skip()?;
        }
        Ok(text)
    }

    /// Offset of what is read next.
    #[must_use]
    pub fn at(&self) -> u32 {
        self.input.at()
    }

    /// Reads the element that was just gone into to its end; the reader is back in its parent.
    ///
    /// # Errors
    /// The document is not well-formed there.
    pub fn skip(&mut self) -> Read<()> {
        let Some(outside) = self.open.len().checked_sub(1) else {
            return Err(self.input.error(ParseErrorKind::Unexpected));
        };
        while self.open.len() > outside {
            self.content(true)?;
        }
        Ok(())
    }

    /// Reads what is behind the root: nothing but comments and the like.
    ///
    /// # Errors
    /// There is something else.
    pub fn end(&mut self) -> Read<()> {
        if !self.open.is_empty() {
            return Err(self.input.error(ParseErrorKind::Unexpected));
        }
        loop {
            self.input.blanks();
            match self.input.rest() {
                [] => return Ok(()),
                [b'<', b'!', b'-', b'-', ..] => self.input.comment()?,
                [b'<', b'?', ..] => self.input.instruction()?,
                _ => return Err(self.input.error(ParseErrorKind::TooLong)),
            }
        }
    }

    /// The value of an attribute of the element that was just gone into; none when it has none of this name. An attribute
    /// without a prefix is in no namespace, which is `""`.
    ///
    /// # Errors
    /// Never of the element that was just gone into: its start tag was read.
    pub fn attribute(&self, element: &Element<'a>, namespace: &str, local: &str) -> Read<Option<Text<'a>>> {
        let mut input = self.input.to(element.attributes);
        loop {
            input.blanks();
            if matches!(input.peek(), None | Some(b'>' | b'/')) {
                return Ok(None);
            }
            let at = input.at();
            let (name, value) = input.attribute()?;
            if name.local() == local.as_bytes() && declares(&name).is_none() {
                let is = match name.prefix() {
                    b"" => namespace.is_empty(),
                    prefix => self.namespace(prefix, at)?.is(namespace),
                };
                if is {
                    return Ok(Some(value));
                }
            }
        }
    }

    /// Resolves a text that is a name, as the codes of faults are: by the namespaces of the element that ended last, whose
    /// text it is.
    #[must_use]
    pub fn resolve(&self, text: Text<'a>) -> Option<QName<'a>> {
        let raw = RawName::of(text.plain()?)?;
        Some(QName { namespace: self.namespace(raw.prefix(), 0).ok()?, local: raw.local() })
    }

    fn binding(&self, prefix: &[u8]) -> Option<&Binding> {
        let first = prefix.first().copied().unwrap_or(0);
        let is = |it: &&Binding| {
            it.first == first
                && usize::from(it.prefix.len) == prefix.len()
                && it.prefix.of(self.input.document()) == prefix
        };
        self.bindings.iter().rev().find(is)
    }

    fn bound(&self, binding: &Binding) -> Text<'a> {
        let kind = if binding.plain { Kind::Plain } else { Kind::Value };
        Text::new(binding.namespace.of(self.input.document()), kind)
    }

    /// What a prefix stands for that is used at `at`.
    fn namespace(&self, prefix: &[u8], at: u32) -> Read<Text<'a>> {
        match (self.binding(prefix), prefix) {
            (Some(binding), _) => Ok(self.bound(binding)),
            (None, b"") => Ok(Text::EMPTY),
            (None, b"xml") => Ok(Text::new(XML.as_bytes(), Kind::Plain)),
            (None, _) => Err(ParseError { at, kind: ParseErrorKind::Prefix }),
        }
    }

    /// The next start tag, which is gone into; false when the present element has ended.
    fn between(&mut self) -> Read<bool> {
        loop {
            self.input.blanks();
            match self.markup()? {
                Some(Markup::Start) => return self.start_tag().map(|()| true),
                Some(Markup::End) => return self.end_tag().map(|()| false),
                Some(Markup::Passed) => {}
                Some(Markup::Cdata) => return Err(self.input.error(ParseErrorKind::Unexpected)),
                None if self.input.peek().is_some() => return Err(self.input.error(ParseErrorKind::Unexpected)),
                None => return Err(self.input.cut()),
            }
        }
    }

    /// What is next; none when that is no `<`. What is neither element nor text is passed over.
    fn markup(&mut self) -> Read<Option<Markup>> {
        Ok(Some(match self.input.rest() {
            [b'<', b'/', ..] => Markup::End,
            [b'<', b'!', b'-', ..] => {
                self.input.comment()?;
                Markup::Passed
            }
            [b'<', b'!', b'[', ..] => Markup::Cdata,
            [b'<', b'!'] | [b'<'] => return Err(self.input.cut()),
            [b'<', b'!', ..] => return Err(self.input.error(ParseErrorKind::DocumentType)),
            [b'<', b'?', ..] => {
                self.input.instruction()?;
                Markup::Passed
            }
            [b'<', ..] => Markup::Start,
            _ => return Ok(None),
        }))
    }

    /// Reads text up to the next tag: an end tag is read, and the text before it returned. Before a start tag it is none: with
    /// `any` that is gone into, else the reader stands before it.
    fn content(&mut self, any: bool) -> Read<Option<Text<'a>>> {
        if self.empty {
            self.close();
            return Ok(Some(Text::EMPTY));
        }
        let start = self.input.at();
        let mut kind = Kind::Plain;
        loop {
            let Some(count) = find::markup(self.input.rest()) else { return Err(self.input.cut()) };
            self.input.skip(count);
            match self.markup()? {
                Some(Markup::Start) => {
                    if any {
                        self.start_tag()?;
                    }
                    return Ok(None);
                }
                Some(Markup::End) => {
                    let raw = self.input.since(start);
                    if self.returns && find::first(b'\r', raw).is_some() {
                        kind = Kind::Content;
                    }
                    self.end_tag()?;
                    return Ok(Some(Text::new(raw, kind)));
                }
                Some(Markup::Passed) => kind = Kind::Content,
                Some(Markup::Cdata) => {
                    self.input.cdata()?;
                    kind = Kind::Content;
                }
                None if self.input.peek() == Some(b'&') => {
                    self.input = reference(self.input)?.1;
                    kind = Kind::Content;
                }
                None if self.input.rest().starts_with(b"]]>") => {
                    return Err(self.input.error(ParseErrorKind::BadValue));
                }
                None => self.input.skip(1),
            }
        }
    }

    fn depth(&self) -> u8 {
        u8::try_from(self.open.len()).unwrap_or(u8::MAX)
    }

    /// Forgets what was declared in elements that are deeper.
    fn forget(&mut self) {
        let depth = self.depth();
        while self.bindings.last().is_some_and(|binding| binding.depth > depth) {
            self.bindings.pop();
        }
    }

    fn close(&mut self) {
        self.empty = false;
        self.forget();
        self.open.pop();
    }

    fn end_tag(&mut self) -> Read<()> {
        self.input.skip(2);
        let wrong = self.input.error(ParseErrorKind::Mismatched);
        let Some(opened) = self.open.last().map(|name| name.of(self.input.document())) else { return Err(wrong) };
        if !self.input.eat(opened) {
            return Err(if opened.starts_with(self.input.rest()) { self.input.cut() } else { wrong });
        }
        let blank = self.input.blanks();
        match self.input.peek() {
            Some(b'>') => self.input.skip(1),
            None => return Err(self.input.cut()),
            Some(_) if blank => return Err(self.input.error(ParseErrorKind::BadValue)),
            Some(_) => return Err(wrong),
        }
        self.close();
        Ok(())
    }

    fn start_tag(&mut self) -> Read<()> {
        self.forget();
        let tag = self.input.at();
        let full = self.input.error(ParseErrorKind::Limit);
        self.input.skip(1);
        let start = self.input.at();
        let name = self.input.name()?;
        if self.open.push(span(start, name.whole)).is_err() {
            return Err(full);
        }
        let attributes = self.input.at();
        if self.input.peek() == Some(b'>') {
            self.input.skip(1);
        } else {
            self.attributes()?;
        }
        let namespace = self.namespace(name.prefix(), start)?;
        self.element = Element { at: tag, name: QName { namespace, local: name.local() }, attributes };
        Ok(())
    }

    /// Reads the attributes of the element that was opened last, and what ends its start tag.
    fn attributes(&mut self) -> Read<()> {
        let start = self.input.at();
        let mut seen = Vec::<RawName<'a>, MAX_ATTRIBUTES>::new();
        loop {
            let blank = self.input.blanks();
            match self.input.rest() {
                [b'>', ..] => break,
                [b'/', b'>', ..] => {
                    self.empty = true;
                    self.input.skip(1);
                    break;
                }
                [] | [b'/'] => return Err(self.input.cut()),
                _ if !blank => return Err(self.input.error(ParseErrorKind::BadValue)),
                _ => {}
            }
            let at = self.input.at();
            let (name, value) = self.input.attribute()?;
            match declares(&name) {
                Some(prefix) => self.bind(prefix, value, at)?,
                None => seen.push(name).map_err(|_| ParseError { at, kind: ParseErrorKind::Limit })?,
            }
        }
        self.input.skip(1);
        self.judge_attributes(&seen, start)
    }

    /// Declares a prefix for the element that was opened last, by the attribute at `at`, which was just read.
    fn bind(&mut self, prefix: &'a [u8], namespace: Text<'a>, at: u32) -> Read<()> {
        let fail = |kind| Err(ParseError { at, kind });
        let depth = self.depth();
        if self.binding(prefix).is_some_and(|binding| binding.depth == depth) {
            return fail(ParseErrorKind::BadValue);
        }
        let is_xml = namespace.is(XML);
        let wrong = match prefix {
            b"xml" => !is_xml,
            b"xmlns" => true,
            b"" => is_xml || namespace.is(XMLNS),
            _ => is_xml || namespace.is_empty() || namespace.is(XMLNS),
        };
        if wrong {
            return fail(ParseErrorKind::Prefix);
        }
        let raw = namespace.raw();
        if raw.len() > MAX_NAMESPACE {
            return fail(ParseErrorKind::Limit);
        }
        let group = self.bindings.iter().position(|it| self.bound(it).same(namespace)).unwrap_or(self.bindings.len());
        let binding = Binding {
            // Behind `xmlns:`.
            prefix: span(at.saturating_add(6), prefix),
            // Before the quote.
            namespace: span(self.input.at().saturating_sub(length(raw)).saturating_sub(1), raw),
            first: prefix.first().copied().unwrap_or(0),
            plain: namespace.is_plain(),
            depth,
            group: u8::try_from(group).unwrap_or(XML_GROUP),
        };
        self.bindings.push(binding).or(fail(ParseErrorKind::Limit))
    }

    /// All prefixes are declared, and no name comes twice.
    fn judge_attributes(&self, seen: &[RawName<'a>], at: u32) -> Read<()> {
        let mut rest = seen;
        while let Some((first, others)) = rest.split_first() {
            rest = others;
            let group = self.group(first, at)?;
            for other in others.iter().filter(|other| other.local() == first.local()) {
                if group == self.group(other, at)? {
                    return Err(ParseError { at, kind: ParseErrorKind::BadValue });
                }
            }
        }
        Ok(())
    }

    /// Tells the namespaces of attributes apart; none is that of those without a prefix.
    fn group(&self, name: &RawName<'_>, at: u32) -> Read<Option<u8>> {
        match (name.prefix(), self.binding(name.prefix())) {
            (b"", _) => Ok(None),
            (_, Some(binding)) => Ok(Some(binding.group)),
            (b"xml", None) => Ok(Some(XML_GROUP)),
            _ => Err(ParseError { at, kind: ParseErrorKind::Prefix }),
        }
    }
}

/// What stands at a `<`.
#[derive(Clone, Copy)]
enum Markup {
    Start,
    End,
    Cdata,
    /// A comment or an instruction, which is behind us.
    Passed,
}

/// Of what is no longer than the limits are.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn span(at: u32, bytes: &[u8]) -> Span {
    Span { at, len: u16::try_from(bytes.len()).unwrap_or(u16::MAX) }
}

/// The prefix that an attribute of this name declares.
fn declares<'a>(name: &RawName<'a>) -> Option<&'a [u8]> {
    match (name.prefix(), name.local()) {
        (b"", b"xmlns") => Some(b""),
        (b"xmlns", local) => Some(local),
        _ => None,
    }
}
