//! A machine with a network stack of its own.

use std::collections::VecDeque;

use ::smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use ::smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use ::smoltcp::time::Instant as StackInstant;
use ::smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Address};
use rackhand_core::ethernet::Mac;
use rackhand_core::time::Instant;

use crate::smoltcp::{core_time, stack_time};

/// A machine: its stack, and the frames on their way to and from it.
pub struct Station {
    /// Its sockets.
    pub sockets: SocketSet<'static>,
    /// Its stack.
    pub interface: Interface,
    /// Its network card.
    pub frames: Frames,
}

/// A network card's frames that wait; whoever holds the cable moves them on.
#[derive(Debug, Default)]
pub struct Frames {
    /// For the machine.
    pub incoming: VecDeque<Vec<u8>>,
    /// From the machine.
    pub outgoing: VecDeque<Vec<u8>>,
}

impl Station {
    /// A machine with this MAC address, and this IP address in a network with a prefix of 24 bits, or none yet. What its stack
    /// takes for random follows from the MAC address.
    #[must_use]
    pub fn new(mac: Mac, address: Option<Ipv4Address>) -> Self {
        let mut frames = Frames::default();
        let octets = mac.octets();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(octets)));
        let [.., last] = octets;
        config.random_seed = u64::from(last);
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
        polled == PollResult::SocketStateChanged
    }

    /// When the stack must be polled again.
    #[must_use]
    pub fn due(&mut self, now: Instant) -> Option<Instant> {
        Some(core_time(self.interface.poll_at(stack_time(now), &self.sockets)?).max(now))
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
