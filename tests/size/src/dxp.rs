//! DxP, the client's side: the engine with every dialog, what it writes and what it reads.

use core::time::Duration;

use rackhand_core::dxp::{Credentials, Dialect, Engine, Limits, RX_LEN, RelayId, TX_LEN, Task};
use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::time::Instant;

use crate::{Said, entries, memory};

memory! {
    /// The machine.
    DXP_STATE: size_of::<Engine<Task>>();
    /// What it sends from.
    DXP_TX: TX_LEN;
    /// Where it is shown what has arrived.
    DXP_RX: RX_LEN;
}

entries! {
    /// Makes the machine.
    fn dxp_start(
        slot: &mut Option<Engine<Task>>, task: &mut Option<Task>, who: &Credentials, dialect: &Dialect,
        relays: &Option<RelayId>, timeout: &Duration
    ) {
        let limits = Limits::default();
        *slot = task.take().map(|task| Engine::new(task, who.clone(), *dialect, *relays, limits, *timeout));
    }

    /// Gives it an input.
    fn dxp_step(
        machine: &mut Engine<Task>, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN],
        said: &mut Said<Engine<Task>>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }
}
