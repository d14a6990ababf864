//! Enumerate, Pull and Release: how the instances of a class are read one after the other. WS-Enumeration, sections 3.1 to 3.4;
//! DSP0226, section 8.

use super::envelope::Envelope;
use super::namespace::ENUMERATION;
use super::request::P;
use super::xml::{Element, Reader, Text, Writer};
use crate::input::ParseError;

/// The body of Enumerate.
pub fn enumerate(w: &mut Writer<'_, '_, '_>) {
    w.start(P, "Enumerate");
    w.namespace(P, ENUMERATION);
    w.end();
}

/// The body of Pull: at most `max_elements` instances more.
pub fn pull(w: &mut Writer<'_, '_, '_>, context: &str, max_elements: u32) {
    w.start(P, "Pull");
    w.namespace(P, ENUMERATION);
    w.leaf(P, "EnumerationContext", context);
    w.start(P, "MaxElements");
    w.number(max_elements);
    w.end();
    w.end();
}

/// The body of Release.
pub fn release(w: &mut Writer<'_, '_, '_>, context: &str) {
    w.start(P, "Release");
    w.namespace(P, ENUMERATION);
    w.leaf(P, "EnumerationContext", context);
    w.end();
}

/// What an answer to Enumerate or Pull says beside its instances.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enumerated<'a> {
    /// EnumerationContext: what to pull with next.
    pub context: Option<Text<'a>>,
    /// EndOfSequence: there is no more.
    pub end: bool,
}

/// Takes an instance, which the reader has gone into, and reads it to its end.
pub type TakeInstance<'f, 'a> = &'f mut dyn FnMut(&mut Reader<'a>, &Element<'a>) -> Result<(), ParseError>;

impl<'a> Enumerated<'a> {
    /// Reads an answer to Enumerate or Pull.
    ///
    /// # Errors
    /// It is something else, or not well-formed, or `take` failed.
    pub fn read(envelope: &mut Envelope<'a>, take: TakeInstance<'_, 'a>) -> Result<Self, ParseError> {
        let known = ["EnumerateResponse", "PullResponse"];
        if !known.iter().any(|local| envelope.holds(ENUMERATION, local)) {
            return Err(envelope.unexpected());
        }
        let mut said = Self::default();
        let reader = &mut envelope.reader;
        while let Some(part) = reader.child()? {
            if part.is(ENUMERATION, "EnumerationContext") {
                said.context = Some(reader.text()?);
            } else if part.is(ENUMERATION, "EndOfSequence") {
                said.end = true;
                reader.skip()?;
            } else if part.is(ENUMERATION, "Items") {
                while let Some(instance) = reader.child()?.copied() {
                    take(reader, &instance)?;
                }
            } else {
                reader.skip()?;
            }
        }
        envelope.finish()?;
        Ok(said)
    }
}
