//! Wake-on-LAN: the engine, which writes magic packets, and reading them.

use core::time::Duration;

use heapless::Vec;
use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::time::Instant;
use rackhand_core::wol::{MAX_PORTS, Mac, MagicPacket, SecureOn, TX_LEN, Wake};

use crate::{Said, entries, memory};

memory! {
    /// The machine.
    WOL_STATE: size_of::<Wake>();
    /// What it sends from.
    WOL_TX: TX_LEN;
}

entries! {
    /// Makes the machine.
    fn wol_start(slot: &mut Option<Wake>, macs: &Vec<Mac, MAX_PORTS>, password: &Option<SecureOn>, timeout: &Duration) {
        *slot = Some(Wake::new(macs.clone(), password.clone(), 1, *timeout));
    }

    /// Gives it an input.
    fn wol_step(
        machine: &mut Wake, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN], said: &mut Said<Wake>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }

    /// Reads a packet.
    fn wol_read(payload: &[u8; TX_LEN], packet: &mut Option<MagicPacket>) {
        *packet = MagicPacket::parse(payload);
    }
}
