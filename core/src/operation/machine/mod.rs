//! Target and action as one machine. A protocol that this build lacks has no engine, only the error that says so.

#[cfg(not(all(feature = "wol", feature = "dxp")))]
mod absent;
#[cfg(feature = "amt")]
mod amt;
#[cfg(feature = "dxp")]
mod iboot;
#[cfg(feature = "ipmi")]
mod ipmi;
#[cfg(feature = "wol")]
mod wol;

use core::time::Duration;

use serde::Serialize;

#[cfg(feature = "amt")]
use crate::amt::AmtMemory;
use crate::exchange::{Exchange, Input, Step};
#[cfg(feature = "ipmi")]
use crate::ipmi::Bridge;
use crate::operation::{Action, Error, Outcome, Target};
use crate::time::Instant;

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// What AMT needs, in a build that has it.
const AMT: (usize, usize) = if cfg!(feature = "amt") { (crate::amt::TX_LEN, crate::amt::RX_LEN) } else { (0, 0) };

/// What IPMI needs, in a build that has it.
const IPMI: (usize, usize) = if cfg!(feature = "ipmi") { (crate::ipmi::TX_LEN, crate::ipmi::RX_LEN) } else { (0, 0) };

/// Bytes of the buffer that any operation of this build sends from.
pub const TX_LEN: usize = larger(larger(larger(crate::dxp::TX_LEN, crate::wol::TX_LEN), AMT.0), IPMI.0);

/// Bytes of the buffer in which any operation of this build is shown what has arrived. Answers of AMT can be longer than these;
/// whoever has memory gives more.
pub const RX_LEN: usize = larger(larger(crate::dxp::RX_LEN, AMT.1), IPMI.1);

/// What a device has taught us before, without secrets. The caller keeps it from one operation to the next.
///
/// Neither Wake-on-LAN nor DxP teaches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "no heap to put a challenge on")]
pub enum Memory {
    /// Nothing.
    #[default]
    Nothing,
    /// How AMT wants to be logged in to, and when it was awake.
    #[cfg(feature = "amt")]
    Amt(AmtMemory),
    /// How a BMC is logged in to, and where its Node Manager is.
    #[cfg(feature = "ipmi")]
    Ipmi(IpmiMemory),
}

/// What a BMC has taught us before.
#[cfg(feature = "ipmi")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IpmiMemory {
    /// The cipher suite that it took.
    pub cipher_suite: Option<u8>,
    /// Where Node Manager answered.
    pub node_manager: Option<Bridge>,
}

/// Fresh random bytes for one operation: core has no random source. Protocols without a challenge leave them unused.
pub type Seed = [u8; 32];

/// One action on one device, from the first byte to the outcome.
#[derive(Clone, Debug)]
pub struct Operation {
    engine: Engine,
}

/// The engine of the target's protocol. They differ in size, and there is no heap to even that out: the slots of a relay
/// are as large as the largest engine in its image.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "no heap to put the larger one on")]
enum Engine {
    #[cfg(feature = "amt")]
    Amt(amt::Engine),
    Iboot(IbootEngine),
    #[cfg(feature = "ipmi")]
    Ipmi(ipmi::Engine),
    Wol(WolEngine),
}

#[cfg(not(feature = "dxp"))]
type IbootEngine = absent::Absent;
#[cfg(feature = "dxp")]
type IbootEngine = iboot::Engine;

#[cfg(not(feature = "wol"))]
type WolEngine = absent::Absent;
#[cfg(feature = "wol")]
type WolEngine = wol::Engine;

impl Memory {
    /// The same when so much time has gone by since it was given back.
    #[must_use]
    pub fn aged(self, by: Duration) -> Self {
        let _ = by;
        match self {
            Self::Nothing => Self::Nothing,
            #[cfg(feature = "amt")]
            Self::Amt(memory) => {
                let millis = Instant::ZERO.after(by).as_millis();
                Self::Amt(memory.aged_millis(u32::try_from(millis).unwrap_or(u32::MAX)))
            }
            #[cfg(feature = "ipmi")]
            Self::Ipmi(memory) => Self::Ipmi(memory),
        }
    }
}

impl Operation {
    /// `action` on `target` within `timeout`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when such a machine cannot do that, [`Error::NotInThisBuild`] when this build cannot.
    pub fn new(
        target: &Target,
        action: &Action,
        timeout: Duration,
        memory: &Memory,
        seed: &Seed,
    ) -> Result<Self, Error> {
        // Without AMT nobody has learned anything, and nobody takes a challenge.
        let _ = (memory, seed);
        let engine = match target {
            #[cfg(feature = "amt")]
            Target::Amt(target) => Engine::Amt(amt::Engine::begin(target, action, timeout, memory, seed)?),
            Target::Iboot(target) => Engine::Iboot(Begin::begin(target, action, timeout)?),
            #[cfg(feature = "ipmi")]
            Target::Ipmi(it) | Target::Nm(it) => {
                Engine::Ipmi(ipmi::Engine::begin(target.hardware(), it, action, timeout, memory, seed)?)
            }
            Target::Wol(target) => Engine::Wol(Begin::begin(target, action, timeout)?),
        };
        Ok(Self { engine })
    }

    /// What the present demand is for, in words for a progress line.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match &self.engine {
            #[cfg(feature = "amt")]
            Engine::Amt(engine) => engine.doing(),
            Engine::Iboot(engine) => engine.doing(),
            #[cfg(feature = "ipmi")]
            Engine::Ipmi(engine) => engine.doing(),
            Engine::Wol(engine) => engine.doing(),
        }
    }

    /// Whether the link may be kept for the next operation: nothing is on its way on it any more.
    #[must_use]
    pub const fn keeps_link(&self) -> bool {
        match &self.engine {
            #[cfg(feature = "amt")]
            Engine::Amt(engine) => engine.keeps_link(),
            // Every operation begins with a new connection.
            Engine::Iboot(_) | Engine::Wol(_) => false,
            #[cfg(feature = "ipmi")]
            Engine::Ipmi(_) => false,
        }
    }

    /// What the device has taught, for the next operation on it.
    #[must_use]
    pub fn memory(&self) -> Memory {
        match &self.engine {
            #[cfg(feature = "amt")]
            Engine::Amt(engine) => engine.memory(),
            #[cfg(feature = "ipmi")]
            Engine::Ipmi(engine) => engine.memory(),
            Engine::Iboot(_) | Engine::Wol(_) => Memory::Nothing,
        }
    }
}

/// Whether the timeout is below `least_ms` milliseconds.
#[cfg(any(feature = "wol", feature = "dxp", feature = "amt", feature = "ipmi"))]
fn too_short(timeout: Duration, least_ms: u32) -> bool {
    // No Duration is made of milliseconds here: its divisions of 64 bits cost a small board's flash.
    Instant::ZERO.after(timeout) < Instant::from_millis(least_ms.into())
}

/// An engine for targets of the type `T`.
trait Begin<T>: Sized {
    /// The engine that carries out `action`, or why there is none.
    fn begin(target: &T, action: &Action, timeout: Duration) -> Result<Self, Error>;
}

impl Exchange for Operation {
    type Output = Outcome;
    type Error = Error;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Outcome>, Error> {
        match &mut self.engine {
            #[cfg(feature = "amt")]
            Engine::Amt(engine) => engine.step(now, input, tx),
            Engine::Iboot(engine) => engine.step(now, input, tx),
            #[cfg(feature = "ipmi")]
            Engine::Ipmi(engine) => engine.step(now, input, tx),
            Engine::Wol(engine) => engine.step(now, input, tx),
        }
    }
}
