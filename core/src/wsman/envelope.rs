//! Reads an envelope, whoever sent it. SOAP 1.2 part 1, section 5; DSP0226, section 5.

use super::fault::Fault;
use super::namespace::{ADDRESSING, SOAP, WSMAN};
use super::xml::{Element, QName, Reader, Text};
use crate::input::{ParseError, ParseErrorKind};

/// Most selectors that are kept of a header.
pub const MAX_SELECTORS: usize = 4;

/// What a header says, as far as it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Header<'a> {
    /// wsa:Action.
    pub action: Option<Text<'a>>,
    /// wsa:MessageID.
    pub message_id: Option<Text<'a>>,
    /// wsa:RelatesTo.
    pub relates_to: Option<Text<'a>>,
    /// wsman:ResourceURI.
    pub resource_uri: Option<Text<'a>>,
    /// wsa:To.
    pub to: Option<Text<'a>>,
    /// wsman:Selector: names and values.
    pub selectors: heapless::Vec<(Text<'a>, Text<'a>), MAX_SELECTORS>,
}

/// An envelope whose header was read.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// What its header says.
    pub header: Header<'a>,
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
        let mut reader = Reader::new(document)?;
        let root = reader.root()?;
        if !root.is(SOAP, "Envelope") {
            return Err(root.unexpected());
        }
        let mut header = Header::default();
        loop {
            let part = reader.child()?.ok_or(ParseError { at: root.at, kind: ParseErrorKind::Unexpected })?;
            if part.is(SOAP, "Header") {
                header.read(&mut reader)?;
            } else if part.is(SOAP, "Body") {
                let content = reader.child()?;
                return Ok(Self { header, content, reader });
            } else {
                return Err(part.unexpected());
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
        self.content.map_or(ParseError { at: 0, kind: ParseErrorKind::Unexpected }, |content| content.unexpected())
    }

    /// Goes on to the first element of the body that `is` what is wanted. Strangers before it are passed over.
    ///
    /// # Errors
    /// There is none: the place is that of the first element. Or the document is not well-formed.
    pub fn seek(&mut self, is: &dyn Fn(&QName<'a>) -> bool) -> Result<(), ParseError> {
        let missing = self.content.map_or_else(|| self.empty(), |content| content.unexpected());
        loop {
            let content = self.content.ok_or(missing)?;
            if is(&content.name) {
                return Ok(());
            }
            self.reader.skip()?;
            self.content = self.reader.child()?;
        }
    }

    /// Goes through the properties of the instance, or the output of the method, that the body holds: its children in its
    /// own namespace that hold text. Whatever else is there is passed over. Then it reads to the end.
    ///
    /// # Errors
    /// The document is not well-formed, its body is empty, or `take` did not like what it got.
    pub fn properties(mut self, take: Take<'_, 'a>) -> Result<(), ParseError> {
        let content = self.content.ok_or_else(|| self.empty())?;
        properties(&mut self.reader, &content, take)?;
        self.close()
    }

    /// The fault that the body holds; reads to the end.
    ///
    /// # Errors
    /// The document is not well-formed, or holds no fault.
    pub fn fault(mut self) -> Result<Fault<'a>, ParseError> {
        match self.content {
            Some(content) if content.is(SOAP, "Fault") => {
                let fault = Fault::read(&mut self.reader)?;
                self.close()?;
                Ok(fault)
            }
            Some(content) => Err(content.unexpected()),
            None => Err(self.empty()),
        }
    }

    /// Reads on to the end, when the content was read or there is none.
    ///
    /// # Errors
    /// The document is not well-formed there, or has something that no envelope has.
    pub fn finish(mut self) -> Result<(), ParseError> {
        self.close()
    }

    /// As [`Envelope::finish`], without another copy of the reader.
    pub(super) fn close(&mut self) -> Result<(), ParseError> {
        // What stands behind the first element of a body is nobody's.
        while self.content.is_some() && self.reader.child()?.is_some() {
            self.reader.skip()?;
        }
        match self.reader.child()? {
            Some(part) => Err(part.unexpected()),
            None => self.reader.end(),
        }
    }

    fn empty(&self) -> ParseError {
        ParseError { at: self.reader.at(), kind: ParseErrorKind::Unexpected }
    }
}

/// Goes through the children of `instance` in its own namespace that hold text, and back to its parent.
///
/// # Errors
/// The document is not well-formed there, or `take` did not like what it got.
pub fn properties<'a>(reader: &mut Reader<'a>, instance: &Element<'a>, take: Take<'_, 'a>) -> Result<(), ParseError> {
    let class = instance.name.namespace();
    while let Some(property) = reader.child()? {
        let own = property.name.namespace().same(class);
        if let Some(text) = reader.leaf()?
            && own
            && !take(property.name.local(), text)
        {
            return Err(ParseError { at: property.at, kind: ParseErrorKind::BadValue });
        }
    }
    Ok(())
}

impl<'a> Header<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), ParseError> {
        while let Some(field) = reader.child()? {
            if field.is(WSMAN, "SelectorSet") {
                self.selector_set(reader)?;
                continue;
            }
            let text = reader.leaf()?;
            let place = if field.is(ADDRESSING, "Action") {
                &mut self.action
            } else if field.is(WSMAN, "ResourceURI") {
                &mut self.resource_uri
            } else if field.is(ADDRESSING, "RelatesTo") {
                &mut self.relates_to
            } else if field.is(ADDRESSING, "MessageID") {
                &mut self.message_id
            } else if field.is(ADDRESSING, "To") {
                &mut self.to
            } else {
                continue;
            };
            *place = text;
        }
        Ok(())
    }

    /// The attribute `Name` has no namespace; some clients give it WS-Management's all the same.
    fn selector_set(&mut self, reader: &mut Reader<'a>) -> Result<(), ParseError> {
        while let Some(selector) = reader.child()? {
            let name = match reader.attribute(&selector, "", "Name")? {
                Some(name) => Some(name),
                None => reader.attribute(&selector, WSMAN, "Name")?,
            };
            // One that holds a reference is none that we know.
            let value = reader.leaf()?.unwrap_or(Text::EMPTY);
            if let Some(name) = name.filter(|_| selector.is(WSMAN, "Selector")) {
                self.selectors
                    .push((name, value))
                    .map_err(|_| ParseError { at: selector.at, kind: ParseErrorKind::Limit })?;
            }
        }
        Ok(())
    }
}
