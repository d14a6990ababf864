//! What can be wrong with a message, in words.

use core::fmt;

use serde::{Deserialize, Serialize};

/// What was wrong with a message, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct HttpError {
    /// Offset from the start of the message: of the byte, or of the line that it is in.
    pub at: u32,
    /// What was wrong there.
    pub what: HttpProblem,
}

/// What was wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum HttpProblem {
    /// It does not begin as HTTP does.
    NotHttp,
    /// It is HTTP, of a version other than 1.
    BadVersion,
    /// The status of an answer is not three digits from 100 on, or what follows it no text.
    BadStatus,
    /// The first line of a request is not method, target and version.
    BadRequestLine,
    /// The head, or what follows the last chunk, has more bytes than there may be.
    HeadTooLong {
        /// Bytes that there may be.
        limit: u32,
    },
    /// The head, or what follows the last chunk, has more fields than there may be.
    TooManyFields {
        /// Fields that there may be.
        limit: u32,
    },
    /// A line of the head is no field: no name, a blank before the colon, a control character, a folded line where there may
    /// be none.
    BadField,
    /// A request of HTTP/1.1 names no host, or a request names several.
    BadHost,
    /// The length of the body is no number, or there are different ones.
    BadLength,
    /// A chunk has no size, or does not end where its size says.
    BadChunk,
    /// The body has more bytes than there may be.
    BodyTooLong {
        /// Bytes that there may be.
        limit: u32,
    },
    /// The connection has ended within the message, or, at byte 0, before it.
    Truncated,
    /// The body is transferred in a way other than chunks.
    UnsupportedTransferCoding,
    /// More interim answers came before the final one than there may be.
    TooManyInterim {
        /// Interim answers that there may be.
        limit: u32,
    },
}

impl HttpError {
    #[cfg(feature = "amt")]
    pub(super) fn new(at: usize, what: HttpProblem) -> Self {
        Self { at: number(at), what }
    }
}

/// As much of a count as fits.
#[cfg(feature = "amt")]
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl HttpProblem {
    /// The status by which a server answers such a request (RFC 9110, section 15).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::HeadTooLong { .. } | Self::TooManyFields { .. } => 431,
            Self::BodyTooLong { .. } => 413,
            Self::UnsupportedTransferCoding => 501,
            Self::BadVersion => 505,
            _ => 400,
        }
    }
}

impl fmt::Display for HttpProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, limit) = match *self {
            Self::NotHttp => ("this is not HTTP", None),
            Self::BadVersion => ("a version of HTTP other than 1", None),
            Self::BadStatus => ("no status of three digits", None),
            Self::BadRequestLine => ("no line of method, target and version", None),
            Self::HeadTooLong { limit } => ("a head of more bytes than", Some(limit)),
            Self::TooManyFields { limit } => ("a head of more fields than", Some(limit)),
            Self::BadField => ("a line that is no header field", None),
            Self::BadHost => ("not exactly one host is named", None),
            Self::BadLength => ("the length of the body is no number, or there are different ones", None),
            Self::BadChunk => ("a chunk without a size, or that does not end where its size says", None),
            Self::BodyTooLong { limit } => ("a body of more bytes than", Some(limit)),
            Self::Truncated => ("the connection ended before the message did", None),
            Self::UnsupportedTransferCoding => ("a transfer coding other than chunked", None),
            Self::TooManyInterim { limit } => ("more interim answers than", Some(limit)),
        };
        f.write_str(what)?;
        limit.map_or(Ok(()), |limit| write!(f, " {limit}"))
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {} of the message", self.what, self.at)
    }
}

impl core::error::Error for HttpError {}
