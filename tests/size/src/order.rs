//! Operations that come as JSON and are answered in JSON, as on a relay.

use rackhand_core::exchange::{Exchange, Input};
use rackhand_core::operation::{Answer, Error, JSON_LEN, JsonError, Link, Operation, Order, RX_LEN, Seed, TX_LEN};
use rackhand_core::time::Instant;

use crate::{Said, entries, memory};

memory! {
    /// The machine.
    ORDER_STATE: size_of::<Operation>();
    /// What it sends from.
    ORDER_TX: TX_LEN;
    /// Where it is shown what has arrived.
    ORDER_RX: RX_LEN;
    /// The order, then its answer.
    ORDER_JSON: JSON_LEN;
}

/// Why there is no machine.
enum Not {
    Understood(JsonError),
    Possible(Error),
}

fn start(text: &[u8], link: &mut Option<Link>, seed: &Seed) -> Result<Operation, Not> {
    let order = Order::from_json(text).map_err(Not::Understood)?;
    *link = Some(order.target.link());
    order.operation(seed).map_err(Not::Possible)
}

entries! {
    /// Makes the machine, and says what to open for it.
    fn order_start(
        slot: &mut Option<Operation>, answer: &mut Option<Answer>, link: &mut Option<Link>, text: &[u8; JSON_LEN],
        len: usize, seed: &Seed
    ) {
        match start(text.get(..len).unwrap_or(text), link, seed) {
            Ok(operation) => *slot = Some(operation),
            Err(Not::Understood(JsonError)) => *answer = Some(Answer::Malformed),
            Err(Not::Possible(error)) => *answer = Some(Answer::Failed(error)),
        }
    }

    /// Gives it an input.
    fn order_step(
        machine: &mut Operation, now: &Instant, input: &mut Option<Input<'_>>, tx: &mut [u8; TX_LEN],
        said: &mut Said<Operation>
    ) {
        *said = input.take().map(|input| machine.step(*now, input, tx));
    }

    /// Writes the answer and says how long it is; 0 when it does not fit.
    fn order_answer(answer: &Answer, text: &mut [u8; JSON_LEN]) -> usize {
        answer.to_json(text).unwrap_or(0)
    }
}
