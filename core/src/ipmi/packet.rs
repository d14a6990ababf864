//! Packets of a session: signed and encrypted as its suite has it. IPMI 2.0, sections 13.28.4, 13.29 and 13.6.
//!
//! ```text
//!  header | payload                             | FF … pad | pad length | 07 | authentication code
//!           IV 16 | AES-CBC(message | 01 02 … n | n)
//! ```
//!
//! What is signed is a multiple of four bytes, from the authentication type to 07h; what is encrypted a multiple of sixteen.

use core::fmt;
use core::ops::Range;

use super::keys::Keys;
use super::wire::{Header, PayloadType, SessionId};
use crate::buffer::{Full, TxWriter, copy};
use crate::foreign::{aes_cbc_decrypt, aes_cbc_encrypt};
use crate::input::{Bytes, ParseError};

/// Bytes of a block of AES, and of an initialization vector.
const BLOCK: usize = 16;
/// The next header of every packet: reserved.
const NEXT_HEADER: u8 = 7;
const PAD: u8 = 0xFF;

/// Why a packet was dropped. A network may bring anything: none of these is an error of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is no packet of RMCP+.
    Malformed(ParseError),
    /// It is of another session.
    Stranger,
    /// It is not signed, or not encrypted, as the suite wants it.
    Unprotected,
    /// Its authentication code is another.
    BadCode,
    /// What was encrypted does not end as it must.
    BadPadding,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "no packet of RMCP+: {error}"),
            Self::Stranger => f.write_str("a packet of another session"),
            Self::Unprotected => f.write_str("a packet that is not protected as the cipher suite wants it"),
            Self::BadCode => f.write_str("a packet with a wrong authentication code"),
            Self::BadPadding => f.write_str("a packet whose padding is wrong"),
        }
    }
}

/// A packet that is what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// Its number in the session.
    pub sequence: u32,
    /// The IPMI message.
    pub message: &'a [u8],
}

impl Keys {
    /// Writes a packet with an IPMI message. `sequence` must be new in the session; `iv` are random bytes, which are used only where
    /// the suite encrypts.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short, or the message longer than 65,000 bytes.
    pub fn seal(
        &self,
        session: SessionId,
        sequence: u32,
        iv: &[u8; BLOCK],
        message: &[u8],
        to: &mut [u8],
    ) -> Result<usize, Full> {
        let (encrypted, authenticated) = (self.suite.encrypts(), self.suite.signs());
        // The bytes that make blocks of the message, the one that counts them not included.
        let pad = if encrypted { BLOCK.wrapping_sub(message.len().wrapping_add(1) % BLOCK) % BLOCK } else { 0 };
        let around = if encrypted { BLOCK.saturating_add(pad).saturating_add(1) } else { 0 };
        let payload = message.len().saturating_add(around);
        let length = u16::try_from(payload).map_err(|_| Full { needed: payload })?;
        let mut w = TxWriter::new(to);
        let payload_type = PayloadType::Ipmi;
        Header { payload_type, encrypted, authenticated, session, sequence, length }.emit(&mut w);
        if encrypted {
            w.add(iv);
        }
        w.add(message);
        if encrypted {
            for (_, number) in (0..pad).zip(1_u8..) {
                w.add(&[number]);
            }
            w.add(&[u8::try_from(pad).unwrap_or(0)]);
        }
        if authenticated {
            // With the two bytes behind them; the first four of the packet are not signed.
            let pad = w.len().saturating_add(2).wrapping_neg() % 4;
            for _ in 0..pad {
                w.add(&[PAD]);
            }
            w.add(&[u8::try_from(pad).unwrap_or(0), NEXT_HEADER]);
        }
        w.went()?;
        let len = w.len();
        if encrypted {
            let from = Header::LEN.saturating_add(BLOCK);
            let until = Header::LEN.saturating_add(payload);
            aes_cbc_encrypt(&self.aes, iv, to.get_mut(from..until).unwrap_or(&mut []));
        }
        let code = self.sign(to.get(Header::AUTHENTICATED_FROM..len).unwrap_or(&[]));
        let end = len.saturating_add(code.bytes().len());
        copy(to.get_mut(len..end).ok_or(Full { needed: end })?, code.bytes());
        Ok(end)
    }

    /// Opens a datagram of `session` in place.
    ///
    /// # Errors
    /// [`Dropped`]: it is not what a peer with these keys sends. The datagram is not to be used any more.
    pub fn open<'a>(&self, session: SessionId, datagram: &'a mut [u8]) -> Result<Opened<'a>, Dropped> {
        let (header, payload) = self.judge(session, datagram)?;
        let message = if header.encrypted { self.decrypted(payload, datagram)? } else { payload };
        Ok(Opened { sequence: header.sequence, message: datagram.get(message).unwrap_or(&[]) })
    }

    /// Checks all but what is encrypted; where the payload is.
    fn judge(&self, session: SessionId, datagram: &[u8]) -> Result<(Header, Range<usize>), Dropped> {
        let malformed = |error| match error {
            nom::Err::Error(error) | nom::Err::Failure(error) => Dropped::Malformed(error),
            nom::Err::Incomplete(_) => Dropped::Stranger,
        };
        let (rest, header) = Header::parse(Bytes::new(datagram)).map_err(malformed)?;
        let (trailer, payload) = super::wire::payload(rest, header.length).map_err(malformed)?;
        if header.session != session || header.payload_type != PayloadType::Ipmi {
            return Err(Dropped::Stranger);
        }
        if header.encrypted != self.suite.encrypts() || header.authenticated != self.suite.signs() {
            return Err(Dropped::Unprotected);
        }
        let until = Header::LEN.saturating_add(payload.len());
        if self.suite.signs() {
            self.check(datagram, trailer.rest())?;
        }
        Ok((header, Header::LEN..until))
    }

    /// Checks the trailer.
    fn check(&self, datagram: &[u8], trailer: &[u8]) -> Result<(), Dropped> {
        let len = self.suite.integrity.code_len();
        let (front, code) =
            trailer.len().checked_sub(len).and_then(|at| trailer.split_at_checked(at)).unwrap_or_default();
        let signed = datagram.len().saturating_sub(len);
        let good = match front {
            // Some pad without counting these two.
            [pad @ .., count, NEXT_HEADER] => pad.len() == usize::from(*count) && pad.iter().all(|byte| *byte == PAD),
            _ => false,
        };
        let signed = datagram.get(Header::AUTHENTICATED_FROM..signed).unwrap_or(&[]);
        if good && self.sign(signed).is(code) { Ok(()) } else { Err(Dropped::BadCode) }
    }

    /// Decrypts the payload; where the message is.
    fn decrypted(&self, payload: Range<usize>, datagram: &mut [u8]) -> Result<Range<usize>, Dropped> {
        let bad = Dropped::BadPadding;
        let bytes = datagram.get_mut(payload.clone()).ok_or(bad)?;
        let (iv, text) = bytes.split_first_chunk_mut::<BLOCK>().ok_or(bad)?;
        if text.len() % BLOCK != 0 {
            return Err(bad);
        }
        aes_cbc_decrypt(&self.aes, iv, text);
        let (count, before) = text.split_last().ok_or(bad)?;
        let count = usize::from(*count);
        let (message, pad) = before.len().checked_sub(count).and_then(|at| before.split_at_checked(at)).ok_or(bad)?;
        if count >= BLOCK || !pad.iter().zip(1_u8..).all(|(byte, number)| *byte == number) {
            return Err(bad);
        }
        let from = payload.start.saturating_add(BLOCK);
        Ok(from..from.saturating_add(message.len()))
    }
}
