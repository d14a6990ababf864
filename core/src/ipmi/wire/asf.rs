//! Presence ping, console to device, and pong, back. DSP0136 (ASF 2.0), sections 3.2.3.1 and 3.2.4.3; IPMI 2.0, section 13.13.
//!
//! ```text
//!  ping: RMCP | 00 00 11 be | 80 | tag | 00 | 00
//!  pong: RMCP | 00 00 11 be | 40 | tag | 00 | 10 | IANA 4 | OEM 4 | entities | interactions | 00 × 6
//! ```

use super::rmcp::{self, Class};
use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, array, front, u8};

/// ASF's own enterprise number, 4542, most significant byte first.
const ASF: [u8; 4] = [0, 0, 0x11, 0xBE];
const PING: u8 = 0x80;
const PONG: u8 = 0x40;
const PONG_LEN: u8 = 16;
const IPMI_SUPPORTED: u8 = 0x80;

/// Tag of a message of this type that has so many bytes of data.
fn head(input: Bytes<'_>, kind: u8, len: u8) -> Parsed<'_, u8> {
    let (input, ()) = rmcp::header(input, Class::Asf)?;
    let (rest, iana) = array::<4>(input)?;
    let (rest, [its, tag, _, data]) = array(rest)?;
    if iana != ASF || its != kind || data != len {
        return Err(input.error(ParseErrorKind::BadValue));
    }
    Ok((rest, tag))
}

fn emit_head(w: &mut TxWriter<'_>, kind: u8, tag: u8, len: u8) {
    rmcp::emit(Class::Asf, w);
    w.add(&ASF);
    w.add(&[kind, tag, 0, len]);
}

/// Who is there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Comes back in the pong.
    pub tag: u8,
}

impl Ping {
    /// Reads a whole datagram.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(datagram: &[u8]) -> Result<Self, ParseError> {
        front(datagram, |input| head(input, PING, 0)).map(|(tag, _)| Self { tag })
    }

    /// Writes a whole datagram.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        emit_head(w, PING, self.tag, 0);
        w.went()
    }
}

/// Somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pong {
    /// That of the ping.
    pub tag: u8,
    /// The enterprise number of who makes what is below, most significant byte first; ASF's own when there is nothing.
    pub iana: [u8; 4],
    /// What its maker wants.
    pub oem: [u8; 4],
    /// Whether it speaks IPMI.
    pub ipmi: bool,
    /// Supported interactions: bit 7 RMCP security extensions, bit 5 DASH.
    pub interactions: u8,
}

impl Pong {
    /// Reads a whole datagram.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(datagram: &[u8]) -> Result<Self, ParseError> {
        let pong = |input| {
            let (input, tag) = head(input, PONG, PONG_LEN)?;
            let (input, iana) = array(input)?;
            let (input, oem) = array(input)?;
            let (input, entities) = u8(input)?;
            let (input, interactions) = u8(input)?;
            let (input, _) = array::<6>(input)?;
            Ok((input, Self { tag, iana, oem, ipmi: entities & IPMI_SUPPORTED != 0, interactions }))
        };
        front(datagram, pong).map(|(pong, _)| pong)
    }

    /// Writes a whole datagram: with ASF 1.0 in its entities.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        emit_head(w, PONG, self.tag, PONG_LEN);
        w.add(&self.iana);
        w.add(&self.oem);
        w.add(&[if self.ipmi { IPMI_SUPPORTED | 1 } else { 1 }, self.interactions]);
        w.put(&[0; 6])
    }
}
