//! A machine with a network stack of its own.

use std::collections::VecDeque;

use rackhand_core::time::Instant;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant as StackInstant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Address};

/// Core's time as the stack's.
#[must_use]
pub fn stack_time(now: Instant) -> StackInstant {
    StackInstant::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// A machine: its stack, and the frames on their way to and from it.
pub struct Station {
    /// Its sockets.
    pub sockets: SocketSet<'static>,
    /// Its stack.
    pub interface: Interface,
    /// Its network card.
    pub frames: Frames,
}

/// Frames that wait.
#[derive(Debug, Default)]
pub struct Frames {
    incoming: VecDeque<Vec<u8>>,
    outgoing: VecDeque<Vec<u8>>,
}

impl Station {
    /// A machine with this address, or none yet; its MAC address follows from `number`.
    #[must_use]
    pub fn new(number: u8, address: Option<Ipv4Address>) -> Self {
        let mut frames = Frames::default();
        let mac = HardwareAddress::Ethernet(EthernetAddress([0x02, 0, 0, 0, 0x10, number]));
        let mut config = Config::new(mac);
        config.random_seed = u64::from(number);
        let mut interface = Interface::new(config, &mut frames, StackInstant::ZERO);
        if let Some(address) = address {
            interface.update_ip_addrs(|addresses| {
                let _ = addresses.push(IpCidr::new(address.into(), 24));
            });
        }
        Self { sockets: SocketSet::new(Vec::new()), interface, frames }
    }

    /// A frame has come.
    pub fn put_frame(&mut self, frame: &[u8]) {
        self.frames.incoming.push_back(frame.to_vec());
    }

    /// The frames that it has sent.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.frames.outgoing.drain(..).collect()
    }

    /// Lets the stack work; whether anything changed.
    pub fn poll(&mut self, now: Instant) -> bool {
        let polled = self.interface.poll(stack_time(now), &mut self.frames, &mut self.sockets);
        polled == smoltcp::iface::PollResult::SocketStateChanged
    }

    /// When the stack must be polled again.
    #[must_use]
    pub fn due(&mut self, now: Instant) -> Option<Instant> {
        let due = self.interface.poll_at(stack_time(now), &self.sockets)?;
        // The stack counts in microseconds; a millisecond too early would be too early again and again.
        Some(Instant::from_millis(u64::try_from(due.total_micros()).unwrap_or(0).div_ceil(1000)).max(now))
    }
}

impl Device for Frames {
    type RxToken<'a> = Incoming;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _: StackInstant) -> Option<(Incoming, Outgoing<'_>)> {
        let frame = self.incoming.pop_front()?;
        Some((Incoming(frame), Outgoing(&mut self.outgoing)))
    }

    fn transmit(&mut self, _: StackInstant) -> Option<Outgoing<'_>> {
        Some(Outgoing(&mut self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

/// A frame that has come.
pub struct Incoming(Vec<u8>);

impl RxToken for Incoming {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

/// A frame that is to be sent.
pub struct Outgoing<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.push_back(frame);
        result
    }
}
