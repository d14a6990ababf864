//! Intel AMT over WS-Management (DSP0226), as the firmware of AMT 7 and later speaks it.
//!
//! Here so far: the power operation as a dialog over answers that are already taken apart, explored exhaustively. HTTP,
//! digest, XML and the engine that joins them come with AMT's own issue; a target of type staging-amt is
//! [`NotInThisBuild`](crate::operation::Error::NotInThisBuild) until then.

#[cfg(feature = "amt")]
mod power;
mod question;

#[cfg(feature = "amt")]
pub use power::{AmtFailure, AmtOptions, Goal, Powered, SetPower};
pub use question::{Amt, AmtFault, Body, BootProperties, BootSource, Call, PowerCode, Question};
