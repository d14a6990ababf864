//! Intel AMT: the power dialog, and the engine below every dialog.

mod engine;
mod set_power;

pub use engine::amt_engine;
pub use set_power::amt_set_power;
