//! Every buffer of the relay but the test door's. Their sum is checked by the compiler, and what the image has altogether by
//! `tests/benches/firmware.rs`.

use rackhand_adapters::smoltcp::{DATAGRAM_LEN, STREAM_LEN};
use rackhand_core::operation::TX_LEN;

/// Operations over connections at once.
pub(crate) const STREAMS: usize = 2;
/// Operations over datagrams at once.
pub(crate) const DATAGRAMS: usize = 2;
/// All operations at once.
pub(crate) const SLOTS: usize = STREAMS + DATAGRAMS;
/// Answers that are remembered for a host that asks again.
pub(crate) const KEPT: usize = SLOTS + 2;
/// Sockets: one a slot, DHCP's, and the door's.
pub(crate) const SOCKETS: usize = SLOTS + 2;
/// Bytes of the longest Ethernet frame, without its check sequence.
pub(crate) const FRAME_LEN: usize = 1514;

/// What one operation has: its window of `LEN` bytes and its message, and as much again in the stack's socket.
pub(crate) struct Place<const LEN: usize> {
    /// What has arrived and was not used up, or the datagram that was received.
    pub(crate) window: [u8; LEN],
    /// What is being sent.
    pub(crate) tx: [u8; TX_LEN],
    /// The socket's.
    pub(crate) socket_rx: [u8; LEN],
    /// The socket's.
    pub(crate) socket_tx: [u8; TX_LEN],
}

impl<const LEN: usize> Place<LEN> {
    const NEW: Self = Self { window: [0; LEN], tx: [0; TX_LEN], socket_rx: [0; LEN], socket_tx: [0; TX_LEN] };
}

/// A place for an operation over a connection.
pub(crate) type Stream = Place<STREAM_LEN>;
/// A place for an operation over datagrams, one of which its socket holds each way.
pub(crate) type Datagram = Place<DATAGRAM_LEN>;

/// Everything that is handed out once, when the relay starts.
pub(crate) struct Buffers {
    /// For each stream slot.
    pub(crate) streams: [Stream; STREAMS],
    /// For each datagram slot.
    pub(crate) datagrams: [Datagram; DATAGRAMS],
    /// The frame that was received.
    pub(crate) frame_in: [u8; FRAME_LEN],
    /// The frame that is being sent.
    pub(crate) frame_out: [u8; FRAME_LEN],
}

impl Buffers {
    pub(crate) const NEW: Self = Self {
        streams: [const { Stream::NEW }; STREAMS],
        datagrams: [const { Datagram::NEW }; DATAGRAMS],
        frame_in: [0; FRAME_LEN],
        frame_out: [0; FRAME_LEN],
    };
}

/// What all buffers take of the 64 KiB of the smaller board: stack, state and the door have the rest.
const MOST: usize = 10 * 1024;
const _: () = assert!(size_of::<Buffers>() <= MOST, "the buffers are larger than what is set aside for them");
