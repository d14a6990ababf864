//! IPMI.

mod datagram;
mod engine;

pub use datagram::ipmi_datagram;
pub use engine::ipmi_engine;
