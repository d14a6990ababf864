//! Runs an operation over tokio.

use std::time::Duration;

use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::operation::{Action, Error, HardwareType, Memory, Operation, Outcome, RX_LEN, Seed, TX_LEN, Target};
use ring::rand::{SecureRandom, SystemRandom};

/// Answers of AMT can be long, and here there is room for them.
const AMT_WINDOW: usize = 65_536;

/// What one operation leaves to the next one on the same target.
#[derive(Default)]
pub(crate) struct Kept {
    /// A connection on which nothing is on its way.
    pub(crate) channel: Option<Channel>,
    /// What the device has taught.
    pub(crate) memory: Memory,
}

/// Fresh random bytes for an operation.
///
/// # Errors
/// The system has none, in words.
pub(crate) fn seed() -> Result<Seed, String> {
    let mut seed = Seed::default();
    SystemRandom::new().fill(&mut seed).map_err(|_| "the system gives no random bytes".to_owned())?;
    Ok(seed)
}

/// Carries out `action` on `target`, with what is `kept` of the last one; `watch` is told what each step is for. When this is
/// dropped half way, nothing is kept.
pub(crate) async fn perform(
    target: &Target,
    action: &Action,
    timeout: Duration,
    seed: &Seed,
    kept: &mut Kept,
    watch: impl Fn(&'static str),
) -> Result<Outcome, Error> {
    let Kept { channel, memory } = std::mem::take(kept);
    let mut operation = Operation::new(target, action, timeout, &memory, seed)?;
    let mut channel = channel.unwrap_or_else(|| Channel::new(target.link()));
    let window = if target.hardware() == HardwareType::StagingAmt { AMT_WINDOW.max(RX_LEN) } else { RX_LEN };
    // Made anew for each operation: passwords go through them, and next to any device's answer it costs nothing.
    let (mut tx, mut window) = (vec![0; TX_LEN], vec![0; window]);
    let result = run(&mut operation, &mut channel, &mut tx, &mut window, |operation| watch(operation.doing())).await;
    kept.memory = operation.memory();
    if operation.keeps_link() && result.is_ok() {
        kept.channel = Some(channel);
    }
    result.map_err(Error::from)
}
