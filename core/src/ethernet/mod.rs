//! Ethernet (IEEE 802.3-2018, section 3): the addresses of network interfaces, and the frame around whatever is sent without IP.
//! It is what runners of bare frames know; which EtherType means what is the protocols' matter.

mod frame;
mod mac;

pub use frame::Frame;
pub(crate) use mac::octets_of;
pub use mac::{Mac, MacError};
