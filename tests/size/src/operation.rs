//! Wake-on-LAN and DxP as operations: target and action become one machine.

use core::time::Duration;

use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::operation::{Action, Error, Link, Memory, Operation, RX_LEN, Seed, TX_LEN, Target};
use rackhand_core::time::Instant;

use crate::{Said, entries, memory};

memory! {
    /// The machine.
    OPERATION_STATE: size_of::<Operation>();
    /// What it sends from.
    OPERATION_TX: TX_LEN;
    /// Where it is shown what has arrived.
    OPERATION_RX: RX_LEN;
}

entries! {
    /// Makes the machine, and says what to open for it.
    fn operation_start(
        slot: &mut Option<Result<Operation, Error>>, link: &mut Option<Link>, target: &Target, action: &Action,
        timeout: &Duration, seed: &Seed
    ) {
        *slot = Some(Operation::new(target, action, *timeout, &Memory::Nothing, seed));
        *link = Some(target.link());
    }

    /// Gives it an input.
    fn operation_step(
        machine: &mut Operation, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN],
        said: &mut Said<Operation>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }
}
