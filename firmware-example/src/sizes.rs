//! Every buffer of the relay but the test door's. Their sum is checked by the compiler, and what the image has altogether by
//! `tests/benches/firmware.rs`.

use rackhand_adapters::smoltcp::{DATAGRAM_LEN, STREAM_LEN};
use rackhand_core::operation::TX_LEN;
use rackhand_core::{ipmi, wol};

/// Operations over connections at once.
pub(crate) const STREAMS: usize = 2;
/// Operations over datagrams at once.
pub(crate) const DATAGRAMS: usize = 2;
/// All operations at once.
pub(crate) const SLOTS: usize = STREAMS + DATAGRAMS;
/// Answers that are remembered for a host that asks again.
pub(crate) const KEPT: usize = SLOTS + 2;
/// Datagrams that wait in a slot's socket. A BMC answers for itself and for whom it has handed a request on to, in one breath.
pub(crate) const WAITING: usize = if cfg!(feature = "ipmi") { 4 } else { 1 };
/// Sockets: one a slot, DHCP's, and the door's.
pub(crate) const SOCKETS: usize = SLOTS + 2;
/// Bytes of the longest Ethernet frame, without its check sequence.
pub(crate) const FRAME_LEN: usize = 1514;

/// Bytes of a TCP segment in such a frame: 14 are Ethernet's, 20 IPv4's, 20 TCP's.
const SEGMENT_LEN: usize = FRAME_LEN - 54;

/// What a stream's socket keeps of what has arrived: a peer is asked for one segment at a time (see `Frames`), so more would never
/// be used. It goes on into the window, which holds a whole answer.
const STREAM_RX_LEN: usize = smaller(STREAM_LEN, SEGMENT_LEN);
/// What a stream's socket keeps of what is sent, until the peer has acknowledged it. The rest of a longer message follows from the
/// operation's own buffer. With two segments a peer acknowledges the second one at once (RFC 1122, section 4.2.3.2); of one alone
/// it may think for 200 ms.
const STREAM_TX_LEN: usize = smaller(TX_LEN, 2 * SEGMENT_LEN);

/// What is sent as one datagram: a magic packet, or what a BMC is asked.
const DATAGRAM_TX_LEN: usize = if cfg!(feature = "ipmi") { larger(wol::TX_LEN, ipmi::TX_LEN) } else { wol::TX_LEN };

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

const fn smaller(one: usize, other: usize) -> usize {
    if one < other { one } else { other }
}

/// What one operation has: its window and its message, and what the stack's socket keeps of either.
pub(crate) struct Place<const WINDOW: usize, const TX: usize, const SOCKET_RX: usize, const SOCKET_TX: usize> {
    /// What has arrived and was not used up, or the datagram that was received.
    pub(crate) window: [u8; WINDOW],
    /// What is being sent.
    pub(crate) tx: [u8; TX],
    /// The socket's.
    pub(crate) socket_rx: [u8; SOCKET_RX],
    /// The socket's.
    pub(crate) socket_tx: [u8; SOCKET_TX],
}

impl<const WINDOW: usize, const TX: usize, const SOCKET_RX: usize, const SOCKET_TX: usize>
    Place<WINDOW, TX, SOCKET_RX, SOCKET_TX>
{
    const NEW: Self = Self { window: [0; WINDOW], tx: [0; TX], socket_rx: [0; SOCKET_RX], socket_tx: [0; SOCKET_TX] };
}

/// A place for an operation over a connection. With AMT either can carry one, with room for its documents: 13.6 KB each. The
/// smaller board has that twice, since the sockets do not keep a document of their own; of two places of different sizes the
/// larger one would be taken by an iBoot when it is needed.
pub(crate) type Stream = Place<STREAM_LEN, TX_LEN, STREAM_RX_LEN, STREAM_TX_LEN>;
/// A place for an operation over datagrams. Its socket holds the longest one each way, or a few of the usual ones of a BMC.
pub(crate) type Datagram = Place<DATAGRAM_LEN, DATAGRAM_TX_LEN, DATAGRAM_LEN, DATAGRAM_TX_LEN>;
const _: () = assert!(DATAGRAM_LEN >= ipmi::RX_LEN, "a BMC's longest answer must fit");

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

/// What all buffers take of the 64 KiB of the smaller board at most: stack, state and the door have the rest.
const MOST: usize = if cfg!(feature = "amt") { 34 * 1024 } else { 10 * 1024 };
const _: () = assert!(size_of::<Buffers>() <= MOST, "the buffers are larger than what is set aside for them");
