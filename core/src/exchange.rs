//! The machine with one function: one input in, one demand out.
//!
//! All our protocols are half-duplex: at any moment exactly one thing is awaited. A conversation with a device is
//! therefore an [`Exchange`]. A runner gives it one [`Input`], does what the returned [`Next`] demands, and gives it the
//! result; the pending demand is all the state that a runner has. The other side of a conversation, a device, is a
//! [`Responder`].
//!
//! What runner and machine owe each other:
//!
//! 1. [`Input::Start`] comes first, exactly once. After [`Next::Done`] or an error nothing comes any more.
//! 2. On [`Next::Receive`] a runner of a stream shows *all* unread bytes, those of earlier steps that were not used up
//!    included. A machine that answers `used = 0` and demands `Receive` again wants more than it was shown: the runner
//!    waits for more. In every other case bytes that are already unread are shown at once. A runner of datagrams shows
//!    exactly one datagram, and it is used up whatever `used` says.
//! 3. A stray or late message is no error: the machine uses it up and demands the same `Receive` with the same
//!    deadline. Deadlines are set when a phase begins; bytes that arrive never put them off.
//! 4. A runner looks at the deadline before it reads: at or past it the input is [`Input::TimedOut`] even when bytes are
//!    waiting, so that a chatty peer cannot hold it.
//! 5. Every failure of input and output is an input: [`Input::Closed`] says why. The link is gone then, and only
//!    [`Next::Open`] brings one back. A runner itself fails only when a buffer is too short.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Instant;
#[cfg(feature = "amt")]
use crate::trust::Fingerprint;

/// What a runner tells a machine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Always the first input, exactly once.
    Start,
    /// The link is open.
    Opened {
        /// It was open already, kept from an earlier exchange.
        kept: bool,
    },
    /// All bytes of the demanded send were handed to the network.
    Sent,
    /// All unread bytes of a stream, or one datagram.
    Received(&'a mut [u8]),
    /// The link is gone, or could not be opened.
    Closed {
        /// What happened.
        why: Why,
        /// What came before and was not used up: a message that ends with its connection is whole only now.
        unread: &'a mut [u8],
    },
    /// The deadline of the demand has come; for [`Next::Wait`] that is its normal end.
    TimedOut,
}

/// Why a link is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// What the network said.
    pub cause: Cause,
    /// Whether any byte of the last send may have left.
    pub sent: bool,
}

/// What the network said when a link failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// The file with CA certificates holds none that can be used.
    BadCaFile,
    /// The peer ended the connection in good order.
    Ended,
    /// The file with CA certificates cannot be read.
    NoCaFile,
    /// There is no such network interface here.
    NoInterface,
    /// The host name has no address, or there is nobody here to ask.
    NoSuchHost,
    /// This program may not open such a link (raw frames need CAP_NET_RAW).
    NotPermitted,
    /// Anything else.
    Other,
    /// The peer refused the connection: nothing listens on that port.
    Refused,
    /// The peer or something between broke the connection.
    Reset,
    /// The peer's TLS certificate was not accepted. Only AMT is spoken over TLS, and a small board without it has no room for a
    /// fingerprint in every cause.
    #[cfg(feature = "amt")]
    TlsCertificate {
        /// Which one the peer showed, if it could show one.
        seen: Option<Fingerprint>,
        /// Why not.
        problem: TlsProblem,
    },
    /// The peer wants a TLS certificate from this side, which has none (mutual TLS).
    TlsClientCertificate,
    /// The peer speaks no TLS on that port.
    TlsNotSpoken,
    /// TLS failed in another way.
    TlsOther,
    /// The peer and this side have no version of TLS in common, or no way to agree on keys.
    TlsVersion,
    /// The network has no way to the host.
    Unreachable,
    /// This runner cannot open such a link at all.
    Unsupported,
}

impl Cause {
    /// Whether trying again changes nothing before a person has acted, and may do harm.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            #[cfg(feature = "amt")]
            Self::TlsCertificate { .. } => true,
            Self::BadCaFile | Self::NoCaFile | Self::TlsClientCertificate | Self::TlsNotSpoken | Self::TlsVersion => {
                true
            }
            _ => false,
        }
    }
}

/// Why a TLS certificate was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TlsProblem {
    /// The peer has not shown that it holds the certificate's key.
    BadSignature,
    /// It was valid until a moment that is past.
    Expired,
    /// It is that of a CA, as most that sign themselves are: no device may show one (RFC 5280, section 4.2.1.9).
    IsCa,
    /// It will be valid.
    NotYetValid,
    /// Anything else.
    Other,
    /// None of the CAs asked has signed it, or it has signed itself.
    UnknownIssuer,
    /// It cannot be read: an old X.509 version, or no certificate at all.
    Unreadable,
    /// Its RSA key has less than 2048 bits.
    WeakKey,
    /// It, or a CA's in between, is signed by an algorithm that is no longer accepted: SHA-1, say.
    WeakSignature,
    /// It is not the one that is pinned.
    WrongFingerprint,
    /// It names neither the host name nor the address that was dialled as a subject alternative name (RFC 6125, section 6.4).
    WrongName,
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadSignature => "the device has not shown that it holds its key",
            Self::Expired => "it has expired",
            Self::IsCa => "it is a CA's own, signed by itself, which can only be pinned",
            Self::NotYetValid => "it is not valid yet",
            Self::Other => "it is not accepted",
            Self::UnknownIssuer => "it is not signed by a known CA",
            Self::Unreadable => "it cannot be read as X.509 version 3",
            Self::WeakKey => "its RSA key has less than 2048 bits",
            Self::WeakSignature => "it is signed by an algorithm that is no longer safe",
            Self::WrongFingerprint => "it is not the one that is pinned",
            Self::WrongName => "it is for another name (only subject alternative names count)",
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCaFile => "there is no CA certificate that can be used in the CA file (PEM is expected)",
            Self::Ended => "the device closed the connection",
            Self::NoCaFile => "the CA file cannot be read",
            Self::NoInterface => "there is no such network interface on this machine",
            Self::NoSuchHost => "the host name could not be resolved",
            Self::NotPermitted => "this program may not open such a socket (raw frames need CAP_NET_RAW)",
            Self::Other => "the network failed",
            Self::Refused => "the connection was refused: nothing listens on that port",
            Self::Reset => "the connection was reset",
            #[cfg(feature = "amt")]
            Self::TlsCertificate { seen, problem } => {
                write!(f, "the device's TLS certificate: {problem}")?;
                return match (seen, problem) {
                    (None, _) => Ok(()),
                    (Some(seen), TlsProblem::BadSignature | TlsProblem::WeakKey) => write!(f, "; its SHA-256 fingerprint is {seen}"),
                    (Some(seen), _) => write!(
                        f,
                        "; its SHA-256 fingerprint is {seen} (compare it with the device's, then `amt_tls_fingerprint` \
                         can pin it)"
                    ),
                };
            }
            Self::TlsClientCertificate => {
                "the device demands a TLS certificate of its client (mutual TLS), and there is none to show"
            }
            Self::TlsNotSpoken => "the device does not speak TLS on that port (AMT: 16992 is plain http, 16993 is TLS)",
            Self::TlsOther => "TLS failed: the device and this program did not understand each other",
            Self::TlsVersion => {
                "the device speaks no TLS that is safe: it offers at most TLS 1.1, or only RSA key exchange (AMT 12 and \
                 older do). Update its firmware, or use plain http (port 16992) from a relay on an isolated network"
            }
            Self::Unreachable => "the network has no way to the host",
            Self::Unsupported => {
                "this machine cannot open such a link (a relay on a microcontroller has no IPv6 and no TLS: amt_protocol 'http' \
                 is for those)"
            }
        })
    }
}

/// What a machine demands of its runner.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Open the link, then give [`Input::Opened`].
    Open {
        /// Drop a kept connection first.
        fresh: bool,
        /// When to give up.
        deadline: Instant,
    },
    /// Send `tx[..len]`, then give [`Input::Sent`].
    Send {
        /// Bytes to send.
        len: usize,
        /// When to give up.
        deadline: Instant,
    },
    /// Show what has arrived.
    Receive {
        /// When to give up.
        deadline: Instant,
    },
    /// Do nothing, then give [`Input::TimedOut`].
    Wait {
        /// Until when.
        until: Instant,
        /// Drop the link first: what it still brings is of no use, and a small device serves few at once.
        close: bool,
    },
    /// The conversation is over; this is its result.
    Done(T),
}

impl<T> Next<T> {
    /// The same demand with another kind of result.
    pub fn map<U>(self, done: impl FnOnce(T) -> U) -> Next<U> {
        match self {
            Self::Open { fresh, deadline } => Next::Open { fresh, deadline },
            Self::Send { len, deadline } => Next::Send { len, deadline },
            Self::Receive { deadline } => Next::Receive { deadline },
            Self::Wait { until, close } => Next::Wait { until, close },
            Self::Done(output) => Next::Done(done(output)),
        }
    }
}

/// A machine's answer to an input.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<T> {
    /// Bytes to drop from the front of what was shown.
    pub used: usize,
    /// What to do next.
    pub next: Next<T>,
}

impl<T> Step<T> {
    /// A step that used up nothing.
    pub const fn new(next: Next<T>) -> Self {
        Self { used: 0, next }
    }

    /// A step that used up `used` bytes.
    pub const fn using(used: usize, next: Next<T>) -> Self {
        Self { used, next }
    }
}

/// One conversation with a device, without a socket, a clock or a heap.
pub trait Exchange {
    /// What a finished conversation yields.
    type Output;
    /// Why a conversation failed.
    type Error;

    /// Takes what happened at `now`, may write to `tx`, and says what to do next.
    ///
    /// # Errors
    /// The conversation has failed and is over.
    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Self::Output>, Self::Error>;
}

impl<E: Exchange + ?Sized> Exchange for &mut E {
    type Output = E::Output;
    type Error = E::Error;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Self::Output>, Self::Error> {
        (**self).step(now, input, tx)
    }
}

/// What happened to a device. `Opened` and `Closed` come from streams only.
#[derive(Debug)]
pub enum Event<'a, P> {
    /// A peer has connected.
    Opened {
        /// Who.
        peer: P,
    },
    /// All unread bytes of a peer's stream, or one datagram.
    Received {
        /// Whose.
        peer: P,
        /// The bytes; may be changed in place (decryption).
        rx: &'a mut [u8],
    },
    /// A peer's connection is gone.
    Closed {
        /// Whose.
        peer: P,
    },
    /// The moment that [`Reply::again`] asked for has come.
    Due,
}

/// What a device answers to an [`Event`].
///
/// When bytes were used and others are left, the same event is given again with the rest at once; a reply that used
/// none of a stream's bytes waits for more of them.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<P> {
    /// Bytes to drop from the front of what was shown.
    pub used: usize,
    /// Send `tx[..len]` to the peer.
    pub send: Option<(P, usize)>,
    /// When to give [`Event::Due`]; replaces what was asked for before.
    pub again: Option<Instant>,
    /// Close this peer's connection, after the send.
    pub close: Option<P>,
}

impl<P> Reply<P> {
    /// Nothing to do.
    pub const NOTHING: Self = Self { used: 0, send: None, again: None, close: None };
}

/// A device, or the relay: it answers whoever speaks to it.
pub trait Responder<P: Copy + Eq> {
    /// Takes what happened at `now`; may write an answer to `tx`.
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P>;
}

impl<P: Copy + Eq, R: Responder<P> + ?Sized> Responder<P> for &mut R {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P> {
        (**self).respond(now, event, tx)
    }
}

#[cfg(test)]
#[cfg(feature = "amt")]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    const SEEN: Fingerprint = Fingerprint([0xab; 32]);

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_with_its_fingerprint() {
        let told = |seen, problem| Cause::TlsCertificate { seen, problem }.to_string();
        let pin = told(Some(SEEN), TlsProblem::UnknownIssuer);
        assert!(pin.contains(&"ab".repeat(32)) && pin.contains("amt_tls_fingerprint"), "{pin}");
        // Whoever shows a certificate without its key is not to be pinned.
        let forged = told(Some(SEEN), TlsProblem::BadSignature);
        assert!(forged.contains(&"ab".repeat(32)) && !forged.contains("amt_tls_fingerprint"), "{forged}");
        let none = told(None, TlsProblem::Unreadable);
        assert!(!none.contains("fingerprint"), "{none}");
    }

    #[cfg(feature = "relay")]
    #[test]
    fn causes_cross_the_relays_channel() {
        let problems = [
            TlsProblem::BadSignature,
            TlsProblem::Expired,
            TlsProblem::IsCa,
            TlsProblem::NotYetValid,
            TlsProblem::Other,
            TlsProblem::UnknownIssuer,
            TlsProblem::Unreadable,
            TlsProblem::WeakKey,
            TlsProblem::WeakSignature,
            TlsProblem::WrongFingerprint,
            TlsProblem::WrongName,
        ];
        let certificates = problems
            .iter()
            .flat_map(|problem| [None, Some(SEEN)].map(|seen| Cause::TlsCertificate { seen, problem: *problem }));
        let others = [Cause::BadCaFile, Cause::NoCaFile, Cause::TlsClientCertificate, Cause::TlsNotSpoken];
        let others = others.into_iter().chain([Cause::TlsOther, Cause::TlsVersion, Cause::Ended]);
        for cause in certificates.chain(others) {
            let why = Why { cause, sent: true };
            let mut json = [0; 256];
            let len = serde_json_core::to_slice(&why, &mut json).unwrap();
            let read = serde_json_core::from_slice_escaped::<Why>(&json[..len], &mut [0; 80]).unwrap();
            assert_eq!(read, (why, len), "{}", str::from_utf8(&json[..len]).unwrap());
        }
        for bad in ["abc".to_string(), "ab".repeat(33), "zz".repeat(32)] {
            let text = std::format!(r#"{{"tls_certificate":{{"seen":"{bad}","problem":"expired"}}}}"#);
            assert!(serde_json_core::from_str::<Cause>(&text).is_err(), "{text}");
        }
    }
}
