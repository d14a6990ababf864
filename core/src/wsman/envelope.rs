//! Reads an envelope, whoever sent it. SOAP 1.2 part 1, section 5; DSP0226, section 5.

use super::fault::Fault;
use super::namespace::SOAP;
use super::xml::{Element, Reader, Text};
use crate::input::{ParseError, ParseErrorKind};

/// An envelope whose header was passed over: who sends answers, one at a time over a connection, has nothing to say there.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// The first element of its body, which the reader has gone into; none when the body is empty.
    pub content: Option<Element<'a>>,
    /// Reads the rest.
    pub reader: Reader<'a>,
}

/// Takes name and text of a property, and says whether that was good.
pub type Take<'f, 'a> = &'f mut dyn FnMut(&'a str, Text<'a>) -> bool;

impl<'a> Envelope<'a> {
    /// Reads `document` up to the first element of its body.
    ///
    /// # Errors
    /// It is no envelope of SOAP 1.2, or not well-formed so far.
    pub fn read(document: &'a [u8]) -> Result<Self, ParseError> {
        let mut envelope = Self { content: None, reader: Reader::new(document)? };
        let reader = &mut envelope.reader;
        let root = reader.root()?;
        let missing = root.unexpected();
        if !root.is(SOAP, "Envelope") {
            return Err(missing);
        }
        loop {
            let part = reader.child()?.ok_or(missing)?;
            match part.within(SOAP) {
                b"Body" => {
                    envelope.content = reader.child()?.copied();
                    return Ok(envelope);
                }
                b"Header" => reader.skip()?,
                _ => return Err(part.unexpected()),
            }
        }
    }

    /// Whether the body begins with this element.
    #[must_use]
    pub fn holds(&self, namespace: &str, local: &str) -> bool {
        self.content.is_some_and(|content| content.is(namespace, local))
    }

    /// The error that the body holds something else than what was expected.
    pub(crate) fn unexpected(&self) -> ParseError {
        let at = self.content.map_or(self.reader.at(), |content| content.at);
        ParseError { at, kind: ParseErrorKind::Unexpected }
    }

    /// Goes on to the first element of the body with this name, in the namespace of a class, whose URI is in two parts.
    /// Strangers before it are passed over.
    ///
    /// # Errors
    /// There is none: the place is that of the first element. Or the document is not well-formed.
    pub fn seek(&mut self, class: (&str, &str), local: &str) -> Result<(), ParseError> {
        let missing = self.unexpected();
        loop {
            let name = self.content.ok_or(missing)?.name;
            if name.local == local.as_bytes() && name.namespace.is_both(class.0, class.1) {
                return Ok(());
            }
            self.reader.skip()?;
            self.content = self.reader.child()?.copied();
        }
    }

    /// Goes through the properties of the instance, or the output of the method, that the body holds: its children in its
    /// own namespace that hold text. Whatever else is there is passed over. Then it reads to the end.
    ///
    /// # Errors
    /// The document is not well-formed, its body is empty, or `take` did not like what it got.
    pub fn properties(&mut self, take: Take<'_, 'a>) -> Result<(), ParseError> {
        let content = self.content.ok_or(self.unexpected())?;
        properties(&mut self.reader, &content, take)?;
        self.finish()
    }

    /// The fault that the body holds; reads to the end.
    ///
    /// # Errors
    /// The document is not well-formed, or holds no fault.
    pub fn fault(&mut self) -> Result<Fault<'a>, ParseError> {
        if !self.holds(SOAP, "Fault") {
            return Err(self.unexpected());
        }
        let fault = Fault::read(&mut self.reader)?;
        self.finish()?;
        Ok(fault)
    }

    /// Reads on to the end, when the content was read or there is none.
    ///
    /// # Errors
    /// The document is not well-formed there, or has something that no envelope has.
    pub fn finish(&mut self) -> Result<(), ParseError> {
        // What stands behind the first element of a body is nobody's.
        while self.content.is_some() && self.reader.child()?.is_some() {
            self.reader.skip()?;
        }
        match self.reader.child()? {
            Some(part) => Err(part.unexpected()),
            None => self.reader.end(),
        }
    }
}

/// Goes through the children of `instance` in its own namespace that hold text, and back to its parent.
///
/// # Errors
/// The document is not well-formed there, or `take` did not like what it got.
pub fn properties<'a>(reader: &mut Reader<'a>, instance: &Element<'a>, take: Take<'_, 'a>) -> Result<(), ParseError> {
    let class = instance.name.namespace();
    while let Some(property) = reader.child()? {
        let (at, own) = (property.at, property.name.namespace().same(class));
        let name = property.name.local();
        if let Some(text) = reader.leaf()?
            && own
            && !take(name, text)
        {
            return Err(ParseError { at, kind: ParseErrorKind::BadValue });
        }
    }
    Ok(())
}
