//! Pulls elements out of a document. XML 1.0, sections 2 and 3; Namespaces in XML 1.0.
//!
//! The reader stands in one element at a time. [`Reader::child`] goes into its next child, or back to its parent when there is
//! none; [`Reader::text`] and [`Reader::skip`] read the element that was just gone into to its end. Names are compared by
//! namespace and local name, whatever their prefixes.

use heapless::Vec;

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

/// The namespace of the prefix `xml`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of the prefix `xmlns`.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A name, resolved.
#[derive(Clone, Copy, Debug)]
pub struct QName<'a> {
    namespace: Text<'a>,
    local: &'a [u8],
}

impl<'a> QName<'a> {
    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local.as_bytes() && self.namespace.is(namespace)
    }

    /// The namespace; empty when it is in none.
    #[must_use]
    pub const fn namespace(&self) -> Text<'a> {
        self.namespace
    }

    /// The name within its namespace.
    #[must_use]
    pub fn local(&self) -> &'a str {
        core::str::from_utf8(self.local).unwrap_or("")
    }

    fn same(&self, other: &QName<'_>) -> bool {
        self.local == other.local && self.namespace.same(other.namespace)
    }
}

/// An element that was gone into.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Offset of its start tag.
    pub at: u32,
    /// Its name.
    pub name: QName<'a>,
    /// What its start tag has behind the name.
    attributes: Bytes<'a>,
}

impl Element<'_> {
    /// Whether it has this name.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.name.is(namespace, local)
    }

    /// The error that it is not what was expected.
    #[must_use]
    pub const fn unexpected(&self) -> ParseError {
        ParseError { at: self.at, kind: ParseErrorKind::Unexpected }
    }
}

#[derive(Clone, Copy, Debug)]
struct Binding<'a> {
    prefix: &'a [u8],
    namespace: Text<'a>,
    depth: usize,
}

/// A document that is being read.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    document: &'a [u8],
    input: Bytes<'a>,
    /// Where the names of the open elements begin.
    open: Vec<u32, MAX_DEPTH>,
    bindings: Vec<Binding<'a>, MAX_BINDINGS>,
    /// The element that was just gone into ends with its start tag.
    empty: bool,
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
    core::str::from_utf8(document).map_err(|error| bad(error.valid_up_to()))?;
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
    // U+FFFE and U+FFFF.
    let forbidden = |window: &[u8]| window.starts_with(b"\xEF\xBF\xBE") || window.starts_with(b"\xEF\xBF\xBF");
    match document.windows(3).position(forbidden).filter(|_| high) {
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
        Ok(Self { document, input, open: Vec::new(), bindings: Vec::new(), empty: false, returns })
    }

    /// Goes into the root.
    ///
    /// # Errors
    /// There is none, or something else before it.
    pub fn root(&mut self) -> Read<Element<'a>> {
        match self.between()? {
            Some(root) if self.open.len() == 1 => Ok(root),
            _ => fail(self.input, ParseErrorKind::Unexpected),
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

    /// Resolves a text that is a name, as the codes of faults are: by the namespaces at the place where the reader stands.
    #[must_use]
    pub fn resolve(&self, text: Text<'a>) -> Option<QName<'a>> {
        let raw = RawName::of(text.plain()?)?;
        Some(QName { namespace: self.namespace(raw.prefix, self.input).ok()?, local: raw.local })
    }

    fn namespace(&self, prefix: &[u8], at: Bytes<'_>) -> Read<Text<'a>> {
        for binding in self.bindings.iter().rev() {
            if binding.prefix == prefix {
                return Ok(binding.namespace);
            }
        }
        match prefix {
            b"" => Ok(Text::EMPTY),
            b"xml" => Ok(Text::new(XML.as_bytes(), Kind::Plain)),
            _ => fail(at, ParseErrorKind::Prefix),
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

    fn close(&mut self) {
        self.empty = false;
        let depth = self.open.len();
        self.open.pop();
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    fn end_tag(&mut self) -> Read<()> {
        let at = self.input.advance(2);
        let (behind, name) = run(at, name(at))?;
        let opened = self.open.last().and_then(|at| self.document.get(usize::try_from(*at).ok()?..));
        let fits = opened.and_then(|opened| opened.strip_prefix(name.whole)).and_then(<[u8]>::first);
        if !fits.is_some_and(|next| is_blank(*next) || matches!(next, b'/' | b'>')) {
            return fail(at, ParseErrorKind::Mismatched);
        }
        let behind = blanks(behind).0;
        match behind.rest() {
            [b'>', ..] => self.input = behind.advance(1),
            [] => return fail(behind, ParseErrorKind::Truncated),
            _ => return fail(behind, ParseErrorKind::BadValue),
        }
        self.close();
        Ok(())
    }

    fn start_tag(&mut self) -> Read<Element<'a>> {
        let tag = self.input;
        let start = tag.advance(1);
        let (attributes, raw) = run(start, name(start))?;
        if self.open.push(start.at()).is_err() {
            return fail(tag, ParseErrorKind::Limit);
        }
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
                [] => return fail(next, ParseErrorKind::Truncated),
                _ if !blank => return fail(next, ParseErrorKind::BadValue),
                _ => {}
            }
            let (behind, (name, value)) = run(next, attribute(next))?;
            match declares(name) {
                Some(prefix) => self.bind(prefix, value, next)?,
                None if seen.push(name).is_err() => return fail(next, ParseErrorKind::Limit),
                None => {}
            }
            input = behind;
        }
        self.judge_attributes(&seen, attributes)?;
        let namespace = self.namespace(raw.prefix, start)?;
        self.input = input;
        Ok(Element { at: tag.at(), name: QName { namespace, local: raw.local }, attributes })
    }

    /// Declares a prefix for the element that was opened last.
    fn bind(&mut self, prefix: &'a [u8], namespace: Text<'a>, at: Bytes<'a>) -> Read<()> {
        let depth = self.open.len();
        let here = |binding: &&Binding<'_>| binding.depth == depth;
        if self.bindings.iter().rev().take_while(here).any(|binding| binding.prefix == prefix) {
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
        match self.bindings.push(Binding { prefix, namespace, depth }) {
            Ok(()) => Ok(()),
            Err(_) => fail(at, ParseErrorKind::Limit),
        }
    }

    /// All prefixes are declared, and no name comes twice.
    fn judge_attributes(&self, seen: &[RawName<'a>], at: Bytes<'a>) -> Read<()> {
        let mut rest = seen;
        while let Some((first, others)) = rest.split_first() {
            rest = others;
            let mut namespace = Text::EMPTY;
            if !first.prefix.is_empty() {
                namespace = self.namespace(first.prefix, at)?;
            }
            for other in others.iter().filter(|other| other.local == first.local) {
                let twice = match (first.prefix, other.prefix) {
                    (b"", b"") => true,
                    (b"", _) | (_, b"") => false,
                    (_, prefix) => {
                        let other = QName { namespace: self.namespace(prefix, at)?, local: other.local };
                        QName { namespace, local: first.local }.same(&other)
                    }
                };
                if twice {
                    return fail(at, ParseErrorKind::BadValue);
                }
            }
        }
        Ok(())
    }
}

/// The prefix that an attribute of this name declares.
fn declares<'a>(name: RawName<'a>) -> Option<&'a [u8]> {
    match (name.prefix, name.local) {
        (b"", b"xmlns") => Some(b""),
        (b"xmlns", local) => Some(local),
        _ => None,
    }
}
