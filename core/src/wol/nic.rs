//! The network card of a sleeping machine: the other side of Wake-on-LAN. AMD 20213, section 2.1.

use crate::exchange::{Event, Reply, Responder};
use crate::time::Instant;
use crate::wol::{Mac, Matches, SecureOn};

/// A network card that looks for its own magic packet in every payload while its machine sleeps.
#[derive(Clone, Debug)]
pub struct Nic {
    mac: Mac,
    password: Option<SecureOn>,
    awake: bool,
}

impl Nic {
    /// The card of a machine that is asleep. With a password armed, plain packets are ignored.
    #[must_use]
    pub const fn new(mac: Mac, password: Option<SecureOn>) -> Self {
        Self { mac, password, awake: false }
    }

    /// Whose packets wake it.
    #[must_use]
    pub const fn mac(&self) -> Mac {
        self.mac
    }

    /// Whether the machine runs.
    #[must_use]
    pub const fn is_awake(&self) -> bool {
        self.awake
    }

    /// Puts the machine to sleep, as its owner would.
    pub const fn sleep(&mut self) {
        self.awake = false;
    }

    /// Whether `payload` holds a packet that wakes this card. A card without a password ignores what follows; one with
    /// a password wants it right behind the packet.
    #[must_use]
    pub fn wakes(&self, payload: &[u8]) -> bool {
        let password = self.password.as_ref().map_or(&[][..], SecureOn::octets);
        Matches::new(payload).any(|found| found.mac == self.mac && found.rest.starts_with(password))
    }
}

impl<P: Copy + Eq> Responder<P> for Nic {
    fn respond(&mut self, _: Instant, event: Event<'_, P>, _: &mut [u8]) -> Reply<P> {
        let Event::Received { rx, .. } = event else { return Reply::NOTHING };
        self.awake |= self.wakes(rx);
        Reply { used: rx.len(), ..Reply::NOTHING }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::TxWriter;
    use crate::wol::MagicPacket;

    const MAC: Mac = Mac::from_octets([0x00, 0x11, 0x22, 0x33, 0x44, 0x55]);

    fn payload(password: &str) -> heapless::Vec<u8, 108> {
        let mut bytes = [0; 108];
        let mut writer = TxWriter::new(&mut bytes);
        MagicPacket { mac: MAC, password: password.parse().ok() }.emit(&mut writer).unwrap();
        let len = writer.len();
        heapless::Vec::from_slice(bytes.get(..len).unwrap()).unwrap()
    }

    #[test]
    fn wakes_on_its_own_packet_and_password_only() {
        let plain = Nic::new(MAC, None);
        assert!(plain.wakes(&payload("")) && plain.wakes(&payload("1.2.3.4")));
        assert!(!Nic::new(Mac::from_octets([2; 6]), None).wakes(&payload("")));

        let armed = Nic::new(MAC, "00:de:ad:be:ef:99".parse().ok());
        assert!(armed.wakes(&payload("00:de:ad:be:ef:99")));
        assert!(!armed.wakes(&payload("")) && !armed.wakes(&payload("00:de:ad:be:ef:98")));
    }

    #[test]
    fn sleeps_again() {
        let mut nic = Nic::new(MAC, None);
        let mut packet = payload("");
        let reply = nic.respond(Instant::ZERO, Event::Received { peer: 1_u8, rx: &mut packet }, &mut []);
        assert_eq!(reply.used, 102);
        assert!(nic.is_awake());
        nic.sleep();
        assert!(!nic.is_awake());
    }
}
