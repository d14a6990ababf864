//! Pulls elements out of a document. XML 1.0, sections 2 and 3; Namespaces in XML 1.0.
//!
//! The reader stands in one element at a time. [`Reader::child`] goes into its next child, or back to its parent when there is
//! none; [`Reader::text`] and [`Reader::skip`] read the element that was just gone into to its end. Names are compared by
//! namespace and local name, whatever their prefixes.

use heapless::Vec;

use super::element::{Element, QName};
use super::name::{RawName, blanks, is_blank, name};
use super::reference::reference;
use super::tag::{attribute, cdata, comment, declaration, instruction};
use super::text::{Kind, Text};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed};

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
    document: &'a [u8],
    input: Bytes<'a>,
    /// The names of the open elements.
    open: Vec<Span, MAX_DEPTH>,
    /// Those of the open elements, and of the one that was closed last.
    bindings: Vec<Binding, MAX_BINDINGS>,
    /// The element that was just gone into ends with its start tag.
    empty: bool,
    /// The root was gone into.
    begun: bool,
    /// There are carriage returns in it.
    returns: bool,
}

type Read<T> = Result<T, ParseError>;

/// What nom's errors are here: none of them is a matter of more input.
fn run<'a, T>(input: Bytes<'a>, parsed: Parsed<'a, T>) -> Read<(Bytes<'a>, T)> {
    parsed.map_err(|error| match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error,
        nom::Err::Incomplete(_) => ParseError { at: input.at(), kind: ParseErrorKind::Truncated },
    })
}

const fn fail<T>(input: Bytes<'_>, kind: ParseErrorKind) -> Read<T> {
    Err(ParseError { at: input.at(), kind })
}

/// Whether there is a carriage return in the document; an error where a byte stands for no character of XML.
fn characters(document: &[u8]) -> Read<bool> {
    let bad = |at: usize| ParseError { at: u32::try_from(at).unwrap_or(u32::MAX), kind: ParseErrorKind::BadValue };
    if let Err(error) = core::str::from_utf8(document) {
        let error_at = bad(if error.error_len().is_none() { document.len() } else { error.valid_up_to() });
        let cut = ParseError { kind: ParseErrorKind::Truncated, ..error_at };
        return Err(if error.error_len().is_none() { cut } else { error_at });
    }
    let control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let (mut controls, mut returns, mut high) = (false, false, false);
    for byte in document {
        controls |= control(*byte);
        returns |= *byte == b'\r';
        high |= *byte == 0xEF;
    }
    if controls {
        return Err(bad(document.iter().position(|byte| control(*byte)).unwrap_or(0)));
    }
    if !high {
        return Ok(returns);
    }
    // U+FFFE and U+FFFF.
    let forbidden = |window: &[u8]| window.starts_with(b"\xEF\xBF\xBE") || window.starts_with(b"\xEF\xBF\xBF");
    match document.windows(3).position(forbidden) {
        Some(at) => Err(bad(at)),
        None => Ok(returns),
    }
}

impl<'a> Reader<'a> {
    /// Begins to read `document`.
    ///
    /// # Errors
    /// It is too long, not in UTF-8, or has characters or a declaration that XML does not allow.
    pub fn new(document: &'a [u8]) -> Read<Self> {
        let mut input = Bytes::new(document);
        if document.len() > MAX_DOCUMENT {
            return fail(input.advance(MAX_DOCUMENT), ParseErrorKind::Limit);
        }
        let returns = characters(document)?;
        if document.starts_with(b"\xEF\xBB\xBF") {
            input = input.advance(3);
        }
        if input.rest().strip_prefix(b"<?xml").and_then(<[u8]>::first).is_some_and(|byte| is_blank(*byte)) {
            input = run(input, declaration(input))?.0;
        }
        Ok(Self { document, input, open: Vec::new(), bindings: Vec::new(), empty: false, begun: false, returns })
    }

    /// Goes into the root.
    ///
    /// # Errors
    /// There is none, or something else before it.
    pub fn root(&mut self) -> Read<Element<'a>> {
        if core::mem::replace(&mut self.begun, true) {
            return fail(self.input, ParseErrorKind::Unexpected);
        }
        match self.between()? {
            Some(root) => Ok(root),
            None => fail(self.input, ParseErrorKind::Unexpected),
        }
    }

    /// Goes into the next child element of the present one. None: there is no more, and the reader is back in the parent.
    ///
    /// # Errors
    /// The document is not well-formed there, or there is text between the elements.
    pub fn child(&mut self) -> Read<Option<Element<'a>>> {
        if self.open.is_empty() {
            return fail(self.input, ParseErrorKind::Unexpected);
        }
        if self.empty {
            self.close();
            return Ok(None);
        }
        self.between()
    }

    /// The text of the element that was just gone into, which has no child elements; the reader is back in its parent.
    ///
    /// # Errors
    /// The document is not well-formed there, or there is an element in it.
    pub fn text(&mut self) -> Read<Text<'a>> {
        match self.content(false)? {
            Some(text) => Ok(text),
            None => fail(self.input, ParseErrorKind::Unexpected),
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
    pub const fn at(&self) -> u32 {
        self.input.at()
    }

    /// Reads the element that was just gone into to its end; the reader is back in its parent.
    ///
    /// # Errors
    /// The document is not well-formed there.
    pub fn skip(&mut self) -> Read<()> {
        let Some(outside) = self.open.len().checked_sub(1) else { return fail(self.input, ParseErrorKind::Unexpected) };
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
            return fail(self.input, ParseErrorKind::Unexpected);
        }
        loop {
            self.input = blanks(self.input).0;
            let rest = self.input.rest();
            if rest.is_empty() {
                return Ok(());
            } else if rest.starts_with(b"<!--") {
                self.input = run(self.input, comment(self.input))?.0;
            } else if rest.starts_with(b"<?") {
                self.input = run(self.input, instruction(self.input))?.0;
            } else {
                return fail(self.input, ParseErrorKind::TooLong);
            }
        }
    }

    /// The value of an attribute of the element that was just gone into; none when it has none of this name. An attribute
    /// without a prefix is in no namespace, which is `""`.
    ///
    /// # Errors
    /// Never of the element that was just gone into: its start tag was read.
    pub fn attribute(&self, element: &Element<'a>, namespace: &str, local: &str) -> Read<Option<Text<'a>>> {
        let mut input = element.attributes;
        loop {
            input = blanks(input).0;
            if matches!(input.rest().first(), None | Some(b'>' | b'/')) {
                return Ok(None);
            }
            let (behind, (name, value)) = run(input, attribute(input))?;
            if name.local == local.as_bytes() && declares(name).is_none() {
                let is = if name.prefix.is_empty() {
                    namespace.is_empty()
                } else {
                    self.namespace(name.prefix, input)?.is(namespace)
                };
                if is {
                    return Ok(Some(value));
                }
            }
            input = behind;
        }
    }

    /// Resolves a text that is a name, as the codes of faults are: by the namespaces of the element that ended last, whose
    /// text it is.
    #[must_use]
    pub fn resolve(&self, text: Text<'a>) -> Option<QName<'a>> {
        let raw = RawName::of(text.plain()?)?;
        Some(QName { namespace: self.namespace(raw.prefix, self.input).ok()?, local: raw.local })
    }

    fn binding(&self, prefix: &[u8]) -> Option<&Binding> {
        let first = prefix.first().copied().unwrap_or(0);
        let is = |it: &&Binding| {
            it.first == first && usize::from(it.prefix.len) == prefix.len() && it.prefix.of(self.document) == prefix
        };
        self.bindings.iter().rev().find(is)
    }

    fn bound(&self, binding: &Binding) -> Text<'a> {
        let kind = if binding.plain { Kind::Plain } else { Kind::Value };
        Text::new(binding.namespace.of(self.document), kind)
    }

    fn namespace(&self, prefix: &[u8], at: Bytes<'_>) -> Read<Text<'a>> {
        match (self.binding(prefix), prefix) {
            (Some(binding), _) => Ok(self.bound(binding)),
            (None, b"") => Ok(Text::EMPTY),
            (None, b"xml") => Ok(Text::new(XML.as_bytes(), Kind::Plain)),
            (None, _) => fail(at, ParseErrorKind::Prefix),
        }
    }

    /// The next start tag, which is gone into; none when the present element has ended.
    fn between(&mut self) -> Read<Option<Element<'a>>> {
        loop {
            self.input = blanks(self.input).0;
            match self.input.rest() {
                [b'<', b'/', ..] => return self.end_tag().map(|()| None),
                [b'<', b'!', b'-', ..] => self.input = run(self.input, comment(self.input))?.0,
                [b'<', b'!', b'[', ..] => return fail(self.input, ParseErrorKind::Unexpected),
                [b'<', b'!'] => return fail(self.input.advance(2), ParseErrorKind::Truncated),
                [b'<', b'!', ..] => return fail(self.input, ParseErrorKind::DocumentType),
                [b'<', b'?', ..] => self.input = run(self.input, instruction(self.input))?.0,
                [b'<', ..] => return self.start_tag().map(Some),
                [] => return fail(self.input, ParseErrorKind::Truncated),
                _ => return fail(self.input, ParseErrorKind::Unexpected),
            }
        }
    }

    /// Reads text up to the next tag: an end tag is read, and the text before it returned. Before a start tag it is none: with
    /// `any` that is gone into, else the reader stands before it.
    fn content(&mut self, any: bool) -> Read<Option<Text<'a>>> {
        if self.empty {
            self.close();
            return Ok(Some(Text::EMPTY));
        }
        let start = self.input;
        let mut kind = Kind::Plain;
        loop {
            let rest = self.input.rest();
            let Some(count) = memchr::memchr3(b'<', b'&', b']', rest) else {
                return fail(self.input.advance(rest.len()), ParseErrorKind::Truncated);
            };
            self.input = self.input.advance(count);
            match self.input.rest() {
                [b'&', ..] => {
                    self.input = run(self.input, reference(self.input))?.0;
                    kind = Kind::Content;
                }
                [b']', b']', b'>', ..] => return fail(self.input, ParseErrorKind::BadValue),
                [b']', ..] => self.input = self.input.advance(1),
                [b'<', b'/', ..] => {
                    let len = start.rest().len().saturating_sub(self.input.rest().len());
                    let raw = start.rest().get(..len).unwrap_or(&[]);
                    if self.returns && raw.contains(&b'\r') {
                        kind = Kind::Content;
                    }
                    self.end_tag()?;
                    return Ok(Some(Text::new(raw, kind)));
                }
                [b'<', b'!', b'-', ..] => {
                    self.input = run(self.input, comment(self.input))?.0;
                    kind = Kind::Content;
                }
                [b'<', b'!', b'[', ..] => {
                    self.input = run(self.input, cdata(self.input))?.0;
                    kind = Kind::Content;
                }
                [b'<'] | [b'<', b'!'] => return fail(self.input.advance(2), ParseErrorKind::Truncated),
                [b'<', b'!', ..] => return fail(self.input, ParseErrorKind::DocumentType),
                [b'<', b'?', ..] => {
                    self.input = run(self.input, instruction(self.input))?.0;
                    kind = Kind::Content;
                }
                _ => {
                    if any {
                        self.start_tag()?;
                    }
                    return Ok(None);
                }
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
        let at = self.input.advance(2);
        let Some(opened) = self.open.last().map(|name| name.of(self.document)) else {
            return fail(at, ParseErrorKind::Mismatched);
        };
        let Some(behind) = at.rest().strip_prefix(opened) else {
            if opened.starts_with(at.rest()) {
                return fail(at.advance(opened.len()), ParseErrorKind::Truncated);
            }
            return fail(at, ParseErrorKind::Mismatched);
        };
        let behind = match (at.advance(opened.len()), behind.first()) {
            (behind, Some(b'>')) => behind,
            (behind, Some(byte)) if is_blank(*byte) => blanks(behind).0,
            (behind, None) => return fail(behind, ParseErrorKind::Truncated),
            _ => return fail(at, ParseErrorKind::Mismatched),
        };
        match behind.rest().first() {
            Some(b'>') => self.input = behind.advance(1),
            None => return fail(behind, ParseErrorKind::Truncated),
            Some(_) => return fail(behind, ParseErrorKind::BadValue),
        }
        self.close();
        Ok(())
    }

    fn start_tag(&mut self) -> Read<Element<'a>> {
        let tag = self.input;
        let start = tag.advance(1);
        self.forget();
        let (attributes, raw) = run(start, name(start))?;
        if self.open.push(span(start.at(), raw.whole)).is_err() {
            return fail(tag, ParseErrorKind::Limit);
        }
        self.input =
            if let [b'>', ..] = attributes.rest() { attributes.advance(1) } else { self.attributes(attributes)? };
        let namespace = self.namespace(raw.prefix, start)?;
        Ok(Element { at: tag.at(), name: QName { namespace, local: raw.local }, attributes })
    }

    /// Reads the attributes of the element that was opened last, and returns what is behind its start tag.
    fn attributes(&mut self, attributes: Bytes<'a>) -> Read<Bytes<'a>> {
        let mut input = attributes;
        let mut seen = Vec::<RawName<'a>, MAX_ATTRIBUTES>::new();
        loop {
            let (next, blank) = blanks(input);
            match next.rest() {
                [b'>', ..] => {
                    input = next.advance(1);
                    break;
                }
                [b'/', b'>', ..] => {
                    self.empty = true;
                    input = next.advance(2);
                    break;
                }
                [] | [b'/'] => return fail(next.advance(1), ParseErrorKind::Truncated),
                _ if !blank => return fail(next, ParseErrorKind::BadValue),
                _ => {}
            }
            let (behind, (name, value)) = run(next, attribute(next))?;
            match declares(name) {
                Some(prefix) => self.bind(prefix, value, next, behind)?,
                None if seen.push(name).is_err() => return fail(next, ParseErrorKind::Limit),
                None => {}
            }
            input = behind;
        }
        self.judge_attributes(&seen, attributes)?;
        Ok(input)
    }

    /// Declares a prefix for the element that was opened last, by the attribute between `at` and `behind`.
    fn bind(&mut self, prefix: &'a [u8], namespace: Text<'a>, at: Bytes<'a>, behind: Bytes<'a>) -> Read<()> {
        let depth = self.depth();
        if self.binding(prefix).is_some_and(|binding| binding.depth == depth) {
            return fail(at, ParseErrorKind::BadValue);
        }
        let is_xml = namespace.is(XML);
        let wrong = match prefix {
            b"xml" => !is_xml,
            b"xmlns" => true,
            b"" => is_xml || namespace.is(XMLNS),
            _ => is_xml || namespace.is_empty() || namespace.is(XMLNS),
        };
        if wrong {
            return fail(at, ParseErrorKind::Prefix);
        }
        let raw = namespace.raw();
        if raw.len() > MAX_NAMESPACE {
            return fail(at, ParseErrorKind::Limit);
        }
        let group = self.bindings.iter().position(|it| self.bound(it).same(namespace)).unwrap_or(self.bindings.len());
        let binding = Binding {
            // Behind `xmlns:`.
            prefix: span(at.at().saturating_add(6), prefix),
            // Before the quote.
            namespace: span(behind.at().saturating_sub(length(raw)).saturating_sub(1), raw),
            first: prefix.first().copied().unwrap_or(0),
            plain: namespace.is_plain(),
            depth,
            group: u8::try_from(group).unwrap_or(XML_GROUP),
        };
        match self.bindings.push(binding) {
            Ok(()) => Ok(()),
            Err(_) => fail(at, ParseErrorKind::Limit),
        }
    }

    /// All prefixes are declared, and no name comes twice.
    fn judge_attributes(&self, seen: &[RawName<'a>], at: Bytes<'a>) -> Read<()> {
        let mut rest = seen;
        while let Some((first, others)) = rest.split_first() {
            rest = others;
            let group = self.group(first, at)?;
            for other in others.iter().filter(|other| other.local == first.local) {
                if group == self.group(other, at)? {
                    return fail(at, ParseErrorKind::BadValue);
                }
            }
        }
        Ok(())
    }

    /// Tells the namespaces of attributes apart; none is that of those without a prefix.
    fn group(&self, name: &RawName<'_>, at: Bytes<'_>) -> Read<Option<u8>> {
        match (name.prefix, self.binding(name.prefix)) {
            (b"", _) => Ok(None),
            (_, Some(binding)) => Ok(Some(binding.group)),
            (b"xml", None) => Ok(Some(XML_GROUP)),
            _ => fail(at, ParseErrorKind::Prefix),
        }
    }
}

/// Of what is no longer than the limits are.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn span(at: u32, bytes: &[u8]) -> Span {
    Span { at, len: u16::try_from(bytes.len()).unwrap_or(u16::MAX) }
}

/// The prefix that an attribute of this name declares.
fn declares<'a>(name: RawName<'a>) -> Option<&'a [u8]> {
    match (name.prefix, name.local) {
        (b"", b"xmlns") => Some(b""),
        (b"xmlns", local) => Some(local),
        _ => None,
    }
}
