//! The relay's part: orders from hosts, carried out beside the racks (DESIGN, "Relay"). An order is a datagram of
//! [`Order`](crate::operation::Order)'s JSON, and so is its [`Answer`](crate::operation::Answer).

mod counters;
mod desk;

pub use counters::Counters;
pub use desk::{Desk, REFUSED, REMEMBERED, Taken, Ticket};
