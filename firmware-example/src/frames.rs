//! A board's network card as smoltcp's device.

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::board::Nic;
use crate::sizes::FRAME_LEN;

/// Bytes of the shortest Ethernet frame, without its check sequence.
const MIN_LEN: usize = 60;

/// A network card and the two frames that are on their way.
pub(crate) struct Frames<N> {
    /// The card.
    pub(crate) nic: N,
    incoming: &'static mut [u8; FRAME_LEN],
    outgoing: &'static mut [u8; FRAME_LEN],
}

impl<N: Nic> Frames<N> {
    pub(crate) const fn new(
        nic: N,
        incoming: &'static mut [u8; FRAME_LEN],
        outgoing: &'static mut [u8; FRAME_LEN],
    ) -> Self {
        Self { nic, incoming, outgoing }
    }
}

impl<N: Nic> Device for Frames<N> {
    type RxToken<'a>
        = Incoming<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Outgoing<'a, N>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let len = self.nic.receive(self.incoming)?;
        let frame = self.incoming.get(..len)?;
        Some((Incoming(frame), Outgoing { nic: &mut self.nic, frame: self.outgoing }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        Some(Outgoing { nic: &mut self.nic, frame: self.outgoing })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME_LEN;
        // Bursts that a slow card would drop are not asked for.
        capabilities.max_burst_size = Some(1);
        capabilities
    }
}

/// A frame that was received.
pub(crate) struct Incoming<'a>(&'a [u8]);

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// A frame that is to be sent.
pub(crate) struct Outgoing<'a, N> {
    nic: &'a mut N,
    frame: &'a mut [u8; FRAME_LEN],
}

impl<N: Nic> TxToken for Outgoing<'_, N> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        // Not every card pads what is too short for Ethernet (IEEE 802.3, section 4A.2.3.2.4).
        let padded = len.clamp(MIN_LEN, FRAME_LEN);
        self.frame.iter_mut().take(padded).skip(len).for_each(|byte| *byte = 0);
        let result = f(self.frame.get_mut(..len).unwrap_or(&mut []));
        self.nic.send(self.frame.get(..padded).unwrap_or(&[]));
        result
    }
}
