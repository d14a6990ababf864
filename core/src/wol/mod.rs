//! Wake-on-LAN: the magic packet (AMD publication 20213, "Magic Packet Technology", section 2.1) and the SecureON
//! password that may follow it.
//!
//! A sleeping network card looks for the pattern *anywhere* in a frame that it would accept; protocol and port do not
//! matter, and nothing ever answers: success is that the packet was sent.

mod magic;
#[cfg(feature = "wol")]
mod nic;
mod secure_on;
#[cfg(feature = "wol")]
mod wake;

pub use crate::ethernet::{Mac, MacError};
pub use magic::{Found, MagicPacket, Matches};
#[cfg(feature = "wol")]
pub use nic::Nic;
pub use secure_on::{SecureOn, SecureOnError};
#[cfg(feature = "wol")]
pub use wake::{NotSent, Wake, WakeError};

/// The EtherType of a magic packet in a bare frame ([`ethernet::Frame`](crate::ethernet::Frame)): the one that `etherwake` sends
/// and Wireshark calls WOL.
pub const ETHERTYPE: u16 = 0x0842;

/// Most network interfaces of one machine that are woken by one operation.
pub const MAX_PORTS: usize = 16;

/// Most bytes that a magic packet has: with a SecureON password of six.
pub const TX_LEN: usize = 108;
