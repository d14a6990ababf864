//! All that IPMI takes: the engine with every dialog, Node Manager's included, the session's hashes and ciphers.

use core::time::Duration;

use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::ipmi::{Bmc, Engine, IpmiTask, RX_LEN, TX_LEN};
use rackhand_core::operation::Seed;
use rackhand_core::time::Instant;

use crate::{Said, entries, memory};

memory! {
    /// The engine and its dialog.
    IPMI_STATE: size_of::<Engine<IpmiTask>>();
    /// What is sent.
    IPMI_TX: TX_LEN;
    /// What has arrived.
    IPMI_RX: RX_LEN;
}

entries! {
    /// Makes the engine of what was read from an order.
    fn ipmi_start(
        slot: &mut Option<Engine<IpmiTask>>, ordered: &mut Option<(IpmiTask, Bmc, Option<u8>)>, seed: &Seed,
        timeout: &Duration
    ) {
        *slot = ordered.take().map(|(task, bmc, suite)| Engine::new(task, bmc, suite, seed, *timeout));
    }

    /// Gives it an input.
    fn ipmi_step(
        machine: &mut Engine<IpmiTask>, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN],
        said: &mut Said<Engine<IpmiTask>>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }
}
