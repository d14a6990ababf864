//! Runs an operation over tokio.

use std::time::Duration;

use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::operation::{Action, Error, Memory, Operation, Outcome, RX_LEN, TX_LEN, Target};

/// Carries out `action` on `target`; `watch` is told what each step is for.
pub(crate) async fn perform(
    target: &Target,
    action: &Action,
    timeout: Duration,
    watch: impl Fn(&'static str),
) -> Result<Outcome, Error> {
    // No protocol of this build takes a challenge, so nothing is made of the seed.
    let operation = Operation::new(target, action, timeout, &Memory::Nothing, &[0; 32])?;
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    run(operation, &mut channel, &mut tx, &mut window, |operation| watch(operation.doing())).await.map_err(Error::from)
}
