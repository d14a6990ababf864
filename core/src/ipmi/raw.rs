//! A request as it stands, and its answer, for what nothing else here asks (IPMI 2.0, section 5).

use core::fmt;

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::ipmi::{Bridge, DATA_LEN};

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RawRequest {
    /// Network function, even, 0 to 62.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// Whom for; none: the BMC, or whom driver_info names.
    pub bridge: Option<Bridge>,
    /// What the command takes.
    pub data: Vec<u8, DATA_LEN>,
}

/// What was answered behind the completion code 00h: at most 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u8, DATA_LEN>", into = "Vec<u8, DATA_LEN>")]
pub struct RawAnswer {
    len: u8,
    bytes: [u8; DATA_LEN],
}

impl RawAnswer {
    /// These bytes.
    #[must_use]
    pub fn new(data: &Vec<u8, DATA_LEN>) -> Self {
        let mut bytes = [0; DATA_LEN];
        crate::buffer::copy(&mut bytes, data);
        Self { len: u8::try_from(data.len()).unwrap_or(u8::MAX), bytes }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl From<Vec<u8, DATA_LEN>> for RawAnswer {
    fn from(data: Vec<u8, DATA_LEN>) -> Self {
        Self::new(&data)
    }
}

impl From<RawAnswer> for Vec<u8, DATA_LEN> {
    fn from(answer: RawAnswer) -> Self {
        Self::from_slice(answer.bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAnswer({:02X?})", self.bytes())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for RawAnswer {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:02X}", self.bytes());
    }
}
