//! Identify: who a service is. DSP0226, section 11.

use super::envelope::Envelope;
use super::namespace::IDENTITY;
use super::request::P;
use super::xml::{Text, Writer};
use crate::input::ParseError;

/// The body of Identify.
pub fn identify(w: &mut Writer<'_, '_, '_>) {
    w.start(P, "Identify");
    w.namespace(P, IDENTITY);
    w.end();
}

/// What a service says that it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity<'a> {
    /// ProductVendor.
    pub vendor: Option<Text<'a>>,
    /// ProductVersion.
    pub version: Option<Text<'a>>,
}

impl<'a> Identity<'a> {
    /// Reads IdentifyResponse.
    ///
    /// # Errors
    /// It is something else, or not well-formed.
    pub fn read(envelope: &mut Envelope<'a>) -> Result<Self, ParseError> {
        if !envelope.holds(IDENTITY, "IdentifyResponse") {
            return Err(envelope.unexpected());
        }
        let mut identity = Self::default();
        envelope.properties(&mut |name, text| {
            match name {
                "ProductVendor" => identity.vendor = Some(text),
                "ProductVersion" => identity.version = Some(text),
                _ => {}
            }
            true
        })?;
        Ok(identity)
    }
}
