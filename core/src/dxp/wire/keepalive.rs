//! Keepalive, client to device; class 4, descriptor 0, no payload; answered by a [`Status`](super::Status). Chapter
//! "DxP Protocol", section "Keepalive".

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive;

impl Keepalive {
    pub(super) const DESCRIPTOR: u8 = 0;
}
