//! A whole LAN in one process, frame by frame: a DHCP server, a host that gives orders, simulated iBoots, BMCs, machines with AMT
//! and sleeping ones; at the other end of the cable is a relay, emulated or not. It has no socket and no clock of its own: frames go in,
//! frames come out, and the time is whatever the caller says.

mod cable;
mod dhcp;
mod host;
mod recording;
mod served;
mod spoken;

use rackhand_adapters::sim::{Amt, Bmc, Iboot, Nic, Station};
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::time::Instant;
use rackhand_core::wol::Mac;
use rackhand_core::{amt, dxp, ipmi};
use smoltcp::wire::{EthernetFrame, IpEndpoint, Ipv4Address};

pub use cable::{Cable, Weather};
pub use host::{Host, Ticket};
pub use recording::{Direction, Recording};

use dhcp::Dhcp;
use served::Served;
use spoken::Spoken;

/// The network's first three octets; its prefix has 24 bits.
pub const NETWORK: [u8; 3] = [192, 0, 2];
/// The address that the relay gets from DHCP.
pub const RELAY: Ipv4Address = Ipv4Address::new(192, 0, 2, 50);
/// The address of the host.
pub const HOST: Ipv4Address = Ipv4Address::new(192, 0, 2, 1);

/// A machine of the LAN with this address, or none yet; its MAC address ends in `number`.
#[must_use]
pub fn station(number: u8, address: Option<Ipv4Address>) -> Station {
    Station::new(Mac::from_octets([0x02, 0, 0, 0, 0x10, number]), address)
}

/// Everything at this end of the cable.
pub struct Lan {
    /// What the cable does to frames, both ways.
    pub cable: Cable,
    /// Every frame that left either end, in order.
    pub recording: Recording,
    /// Who gives orders.
    pub host: Host,
    /// Sleeping machines, which see every frame.
    pub nics: Vec<Nic>,
    dhcp: Option<Dhcp>,
    iboots: Vec<Served<Iboot<u64>>>,
    amts: Vec<Served<Amt<u64>>>,
    bmcs: Vec<Spoken<Bmc<IpEndpoint>>>,
    now: Instant,
}

impl Lan {
    /// A LAN with a host and a DHCP server on a cable that loses nothing. `seed` decides what is random.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            cable: Cable::new(seed),
            recording: Recording::default(),
            host: Host::new(HOST),
            nics: Vec::new(),
            dhcp: Some(Dhcp::new(RELAY)),
            iboots: Vec::new(),
            amts: Vec::new(),
            bmcs: Vec::new(),
            now: Instant::ZERO,
        }
    }

    /// Switches the DHCP server off.
    pub fn without_dhcp(&mut self) {
        self.dhcp = None;
    }

    /// Adds an iBoot and returns its number; its address ends in 100 and that number.
    pub fn add_iboot(&mut self, device: Iboot<u64>) -> usize {
        let number = self.iboots.len();
        self.iboots.push(Served::new(Self::iboot_address(number), dxp::PORT, device));
        number
    }

    /// The address of an iBoot.
    ///
    /// # Panics
    /// There are not so many.
    #[must_use]
    pub fn iboot_address(number: usize) -> Ipv4Address {
        let [a, b, c] = NETWORK;
        Ipv4Address::new(a, b, c, 100 + u8::try_from(number).expect("few iBoots"))
    }

    /// An iBoot.
    pub fn iboot(&mut self, number: usize) -> &mut Iboot<u64> {
        &mut self.iboots[number].device
    }

    /// Connections that an iBoot has now.
    #[must_use]
    pub fn iboot_clients(&self, number: usize) -> usize {
        self.iboots[number].clients()
    }

    /// Adds a machine with AMT, which listens on the port without TLS, and returns its number; its address ends in 150 and that
    /// number.
    pub fn add_amt(&mut self, device: Amt<u64>) -> usize {
        let number = self.amts.len();
        self.amts.push(Served::new(Self::amt_address(number), amt::PORT, device));
        number
    }

    /// The address of a machine with AMT.
    ///
    /// # Panics
    /// There are not so many.
    #[must_use]
    pub fn amt_address(number: usize) -> Ipv4Address {
        let [a, b, c] = NETWORK;
        Ipv4Address::new(a, b, c, 150 + u8::try_from(number).expect("few machines"))
    }

    /// A machine with AMT.
    pub fn amt(&mut self, number: usize) -> &mut Amt<u64> {
        &mut self.amts[number].device
    }

    /// Connections that a machine with AMT has now.
    #[must_use]
    pub fn amt_clients(&self, number: usize) -> usize {
        self.amts[number].clients()
    }

    /// Adds a machine with a BMC and returns its number; the BMC's address ends in 200 and that number.
    pub fn add_bmc(&mut self, device: Bmc<IpEndpoint>) -> usize {
        let number = self.bmcs.len();
        self.bmcs.push(Spoken::new(Self::bmc_address(number), ipmi::PORT, device));
        number
    }

    /// The address of a BMC.
    ///
    /// # Panics
    /// There are not so many.
    #[must_use]
    pub fn bmc_address(number: usize) -> Ipv4Address {
        let [a, b, c] = NETWORK;
        Ipv4Address::new(a, b, c, 200 + u8::try_from(number).expect("few BMCs"))
    }

    /// A BMC.
    pub fn bmc(&mut self, number: usize) -> &mut Bmc<IpEndpoint> {
        &mut self.bmcs[number].device
    }

    /// Adds a sleeping machine and returns its number.
    pub fn add_nic(&mut self, nic: Nic) -> usize {
        self.nics.push(nic);
        self.nics.len() - 1
    }

    /// A frame has come from the relay.
    pub fn receive(&mut self, now: Instant, frame: Vec<u8>) {
        self.now = now;
        self.recording.note(now, Direction::FromRelay, &frame);
        self.cable.from_relay.put(now, frame);
    }

    /// Lets everybody do what is due, and returns the frames for the relay.
    pub fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        self.now = now;
        for frame in self.cable.from_relay.take(now) {
            self.deliver(now, &frame);
        }
        self.host.poll(now);
        for served in &mut self.iboots {
            served.poll(now);
        }
        for served in &mut self.amts {
            served.poll(now);
        }
        for spoken in &mut self.bmcs {
            spoken.poll(now);
        }
        for nic in &mut self.nics {
            let _: rackhand_core::exchange::Reply<Mac> = nic.respond(now, Event::Due, &mut []);
        }
        let mut frames = self.host.station.take_frames();
        for served in &mut self.iboots {
            frames.append(&mut served.station.take_frames());
        }
        for served in &mut self.amts {
            frames.append(&mut served.station.take_frames());
        }
        for spoken in &mut self.bmcs {
            frames.append(&mut spoken.station.take_frames());
        }
        if let Some(dhcp) = &mut self.dhcp {
            frames.append(&mut dhcp.answers);
        }
        for frame in frames {
            self.recording.note(now, Direction::ToRelay, &frame);
            self.cable.to_relay.put(now, frame);
        }
        self.cable.to_relay.take(now)
    }

    /// When something is due here, whatever arrives.
    #[must_use]
    pub fn due(&mut self) -> Option<Instant> {
        let now = self.now;
        let cable = [self.cable.from_relay.due(), self.cable.to_relay.due(), self.host.due(now)];
        let iboots = self.iboots.iter_mut().filter_map(|served| served.due(now));
        let amts = self.amts.iter_mut().filter_map(|served| served.due(now));
        let bmcs = self.bmcs.iter_mut().filter_map(|spoken| spoken.due(now));
        cable.into_iter().flatten().chain(iboots).chain(amts).chain(bmcs).min()
    }

    fn deliver(&mut self, now: Instant, frame: &[u8]) {
        self.host.station.put_frame(frame);
        for served in &mut self.iboots {
            served.station.put_frame(frame);
        }
        for served in &mut self.amts {
            served.station.put_frame(frame);
        }
        for spoken in &mut self.bmcs {
            spoken.station.put_frame(frame);
        }
        let source = EthernetFrame::new_checked(frame)
            .map_or(Mac::from_octets([0; 6]), |frame| Mac::from_octets(frame.src_addr().0));
        for nic in &mut self.nics {
            let _ = nic.respond(now, Event::Received { peer: source, rx: &mut frame.to_vec() }, &mut []);
        }
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.receive(frame);
        }
    }
}
