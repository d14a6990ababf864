//! All that AMT takes: the engine with every dialog, WS-Management, HTTP and digest.

use core::time::Duration;

use rackhand_core::amt::{AmtMemory, AmtTask, Device, Engine, Limits, RX_LEN, TX_LEN};
use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::time::Instant;

use crate::{Said, entries, memory};

memory! {
    /// The engine and its dialog.
    AMT_STATE: size_of::<Engine<AmtTask>>();
    /// What is sent.
    AMT_TX: TX_LEN;
    /// What has arrived.
    AMT_RX: RX_LEN;
}

entries! {
    /// Makes the engine of what was read from an order.
    fn amt_start(
        slot: &mut Option<Engine<AmtTask>>, ordered: &mut Option<(AmtTask, Device, AmtMemory)>, seed: &[u8; 8],
        timeout: &Duration
    ) {
        *slot = ordered
            .take()
            .map(|(task, device, memory)| Engine::new(task, device, Limits::default(), memory, *seed, *timeout));
    }

    /// Gives it an input.
    fn amt_step(
        machine: &mut Engine<AmtTask>, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN],
        said: &mut Said<Engine<AmtTask>>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }
}
