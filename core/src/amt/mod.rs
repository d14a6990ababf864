//! Intel AMT over WS-Management (DSP0226), as the firmware of AMT 7 and later speaks it.
//!
//! A [`Question`] is what a dialog wants to know or to have done, an [`Answer`] what the device said to it; `wire` makes
//! the one and reads the other, and the engine carries them over HTTP with digest authentication.

mod answer;
mod boot;
#[cfg(feature = "amt")]
mod dialogs;
mod failure;
mod info;
mod options;
mod power;
mod question;
mod trouble;
mod words;

pub use answer::{Answer, Kvm, OptIn, Provisioning, Refusal, Version};
pub use boot::{BootCapabilities, BootProperties, BootSettings, BootSource};
#[cfg(feature = "amt")]
pub use dialogs::{AmtTask, AmtTaskDone, Describe, Disarm, Goal, Powered, ReadPower, SetPower};
pub use failure::{AmtEnd, AmtFailure};
pub use info::AmtInfo;
pub use options::AmtOptions;
pub use power::{PowerCode, PowerCodes, PowerStatus};
pub use question::{Amt, Call, Question};
pub use trouble::AmtTrouble;
pub(crate) use words::story;
