//! Get Inputs, client to device; class 3, descriptor 6, no payload. Chapter "DxP Protocol", section "Get Inputs". The
//! answer, device to client, is one byte for each input that the device has.

/// Asks for the state of every input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetInputs;

impl GetInputs {
    pub(super) const DESCRIPTOR: u8 = 6;
}
