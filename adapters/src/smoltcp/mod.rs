//! The runner for a microcontroller with a `smoltcp` stack: several operations at once in a fixed number of slots, no
//! standard library, no heap.
//!
//! A main loop owns the stack and takes turns, and nothing in a turn waits:
//!
//! 1. it lets the stack take in what has arrived,
//! 2. calls [`Slots::poll`] until that has nothing more to tell,
//! 3. lets the stack send, and begins again if that has changed anything,
//! 4. else sleeps until something arrives, or the earlier of the stack's own `poll_at` (as [`core_time`]) and [`Slots::due`]
//!    has come.
//!
//! Between two turns the stack must have sent: a datagram counts as sent when it has left the stack's queue, and a
//! connection is opened only after the stack has told the peer that the one before it is over.
//!
//! What a slot's link can be: TCP and UDP over IPv4, broadcasts, and bare frames by the stack's one interface. A host name
//! is nothing that this runner can look up, so opening such a link fails as [`Cause::NoSuchHost`]; IPv6 and TLS are
//! [`Cause::Unsupported`].
//!
//! [`Cause::NoSuchHost`]: rackhand_core::exchange::Cause::NoSuchHost
//! [`Cause::Unsupported`]: rackhand_core::exchange::Cause::Unsupported

mod datagrams;
mod neighbour;
mod peer;
mod slot;
mod slots;
mod stream;
mod time;

use ::smoltcp::iface::{Interface, SocketSet};
use rackhand_core::operation::RX_LEN;

pub use slot::Slot;
pub use slots::{Busy, Ended, Slots};
pub use time::{core_time, stack_time};

/// Bytes of a stream's window: more in an image with AMT, whose answers are documents. Its socket may keep less, since what has
/// arrived goes on into the window.
pub const STREAM_LEN: usize = if RX_LEN > 256 { RX_LEN } else { 256 };

/// Bytes of the largest datagram that is shown to an operation.
pub const DATAGRAM_LEN: usize = 640;

/// The stack that slots share, for one turn.
pub struct Net<'n, 's, D: ?Sized> {
    /// Addresses and routes.
    pub interface: &'n mut Interface,
    /// The sockets of all slots, and others.
    pub sockets: &'n mut SocketSet<'s>,
    /// Where bare frames leave.
    pub device: &'n mut D,
}
