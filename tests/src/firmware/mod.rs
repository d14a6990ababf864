//! The relay's real image on an emulated board, at the other end of a [`Lan`](crate::lan::Lan)'s cable.

mod emulator;
mod image;
mod relay;

pub use emulator::Emulator;
pub use image::{Board, Image};
pub use relay::{Block, Relay};
