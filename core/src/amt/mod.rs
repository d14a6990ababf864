//! Intel AMT over WS-Management (DSP0226), as the firmware of AMT 7 and later speaks it.
//!
//! A [`Question`] is what a dialog wants to know or to have done, an [`Answer`] what the device said to it; `wire` makes
//! the one and reads the other, and the engine carries them over HTTP with digest authentication.

mod answer;
mod boot;
#[cfg(feature = "amt")]
mod dialogs;
#[cfg(feature = "amt")]
mod engine;
mod failure;
mod info;
mod memory;
mod options;
mod power;
mod question;
mod trouble;
#[cfg(feature = "amt")]
mod wire;
mod words;

pub use answer::{Answer, Kvm, OptIn, Provisioning, Refusal, Version};
pub use boot::{BootCapabilities, BootProperties, BootSettings, BootSource};
#[cfg(feature = "amt")]
pub use dialogs::{AmtTask, AmtTaskDone, Describe, Disarm, Goal, Powered, ReadPower, SetPower};
#[cfg(feature = "amt")]
pub use engine::{AmtError, Device, Engine, Limits};
pub use failure::{AmtEnd, AmtFailure};
pub use info::AmtInfo;
pub use memory::AmtMemory;
pub use options::AmtOptions;
pub use power::{PowerCode, PowerCodes, PowerMeaning, PowerStatus};
pub use question::{Amt, Call, Question};
pub use trouble::AmtTrouble;
#[cfg(feature = "amt")]
pub(crate) use words::story;

/// The TCP port of AMT without TLS. AMT 16.1 and later does not listen there.
pub const PORT: u16 = 16_992;

/// The TCP port of AMT with TLS.
pub const PORT_TLS: u16 = 16_993;

/// Bytes of the buffer that the engine sends from: the longest request, with all its texts as long as they can be.
pub const TX_LEN: usize = 5120;

/// Bytes of the buffer that the engine is shown what has arrived in: what the firmware that is known answers fits. An answer
/// that is longer needs more, up to 264 KiB.
pub const RX_LEN: usize = 4096;
