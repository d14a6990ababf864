//! A machine that sleeps until its network card sees a magic packet.

use core::time::Duration;

use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;
use rackhand_core::wol;

use super::{Faults, Named};

/// What can be wrong with a sleeping machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NicFault {
    /// `deaf`: the card misses the packet.
    Deaf,
    /// `slow=MS`: the machine is up only so much later.
    Slow(Duration),
}

impl Named for NicFault {
    const NAMES: &'static [&'static str] = &["deaf", "slow=MILLISECONDS"];

    fn from_name(name: &str, value: Option<&str>) -> Option<Self> {
        match (name, value) {
            ("deaf", None) => Some(Self::Deaf),
            ("slow", Some(value)) => value.parse().ok().map(|millis| Self::Slow(Duration::from_millis(millis))),
            _ => None,
        }
    }
}

/// A sleeping machine.
#[derive(Clone, Debug)]
pub struct Nic {
    card: wol::Nic,
    faults: Faults<NicFault>,
    /// When the machine will be up.
    starting: Option<Instant>,
    awake: bool,
    woken: u64,
    heard_awake: u64,
}

impl Nic {
    /// A machine whose card has this address and, if it was armed with one, this password.
    #[must_use]
    pub fn new(mac: wol::Mac, password: Option<wol::SecureOn>) -> Self {
        Self {
            card: wol::Nic::new(mac, password),
            faults: Faults::default(),
            starting: None,
            awake: false,
            woken: 0,
            heard_awake: 0,
        }
    }

    /// Its faults.
    pub const fn faults(&mut self) -> &mut Faults<NicFault> {
        &mut self.faults
    }

    /// Whether the machine is up.
    #[must_use]
    pub const fn is_awake(&self) -> bool {
        self.awake
    }

    /// How often it was woken.
    #[must_use]
    pub const fn woken(&self) -> u64 {
        self.woken
    }

    /// How many packets of its own it saw while there was nothing to wake: it was up, or starting already.
    #[must_use]
    pub const fn heard_awake(&self) -> u64 {
        self.heard_awake
    }

    /// Puts it to sleep.
    pub const fn sleep(&mut self) {
        self.awake = false;
        self.starting = None;
        self.card.sleep();
    }

    fn start(&mut self) {
        self.starting = None;
        self.awake = true;
        self.woken += 1;
    }
}

impl<P: Copy + Eq> Responder<P> for Nic {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, _: &mut [u8]) -> Reply<P> {
        let mut reply = Reply::NOTHING;
        if self.starting.is_some_and(|at| at <= now) {
            self.start();
        }
        if let Event::Received { rx, .. } = event {
            reply.used = rx.len();
            let heard = self.card.wakes(rx);
            let asleep = !self.awake && self.starting.is_none();
            let deaf = |fault: &NicFault| (*fault == NicFault::Deaf).then_some(());
            let misses = heard && asleep && self.faults.strike(deaf).is_some();
            if heard && !asleep {
                self.heard_awake += 1;
            } else if heard && !misses {
                let slow = |fault: &NicFault| match fault {
                    NicFault::Slow(pause) => Some(*pause),
                    NicFault::Deaf => None,
                };
                match self.faults.strike(slow) {
                    Some(pause) => self.starting = Some(now.after(pause)),
                    None => self.start(),
                }
            }
            if heard && asleep {
                self.faults.served();
            }
        }
        reply.again = self.starting;
        reply
    }
}

#[cfg(test)]
mod tests {
    use rackhand_core::buffer::TxWriter;
    use rackhand_core::wol::{Mac, MagicPacket};

    use super::*;

    fn send(nic: &mut Nic, at: u64) -> Reply<u8> {
        let mut bytes = [0; 102];
        let mac = Mac::from_octets([2, 0, 0, 0, 0, 1]);
        MagicPacket { mac, password: None }.emit(&mut TxWriter::new(&mut bytes)).unwrap();
        nic.respond(Instant::from_millis(at), Event::Received { peer: 0, rx: &mut bytes }, &mut [])
    }

    #[test]
    fn misses_two_packets_and_starts_slowly() {
        let mut nic = Nic::new(Mac::from_octets([2, 0, 0, 0, 0, 1]), None);
        nic.faults().add_named("deaf*2").unwrap();
        nic.faults().add_named("slow=100").unwrap();
        assert_eq!((send(&mut nic, 0).again, send(&mut nic, 1).again), (None, None));
        assert_eq!(send(&mut nic, 2).again, Some(Instant::from_millis(102)));
        assert!(!nic.is_awake());
        assert_eq!((send(&mut nic, 3).again, nic.heard_awake()), (Some(Instant::from_millis(102)), 1));
        let reply: Reply<u8> = nic.respond(Instant::from_millis(102), Event::Due, &mut []);
        assert_eq!((reply.again, nic.is_awake(), nic.woken()), (None, true, 1));
        assert_eq!((send(&mut nic, 103).again, nic.heard_awake(), nic.woken()), (None, 2, 1));
        nic.sleep();
        assert_eq!((send(&mut nic, 104).again, nic.heard_awake()), (Some(Instant::from_millis(204)), 2));
        assert!(nic.faults().add_named("deaf=3").is_err() && nic.faults().add_named("deaf*x").is_err());
    }
}
