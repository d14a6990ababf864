//! IPMI 2.0 (second generation specification, revision 1.1).
//!
//! `wire` is what goes over the network, `command` what is asked and answered in it, `keys` and `packet` a session's secrets and its
//! packets. A dialog asks with a [`RequestWriter`] and is answered data or a [`Refusal`]; the engine carries that in a session of RMCP+.

mod account;
mod boot;
#[cfg(feature = "ipmi")]
pub mod command;
mod completion;
#[cfg(feature = "ipmi")]
mod dialogs;
#[cfg(feature = "ipmi")]
mod engine;
mod failure;
#[cfg(feature = "ipmi")]
mod hash;
#[cfg(feature = "ipmi")]
mod keys;
#[cfg(feature = "ipmi")]
mod packet;
mod raw;
#[cfg(feature = "ipmi")]
mod status;
#[cfg(feature = "ipmi")]
mod suite;
#[cfg(feature = "ipmi")]
pub mod wire;

pub use account::{Account, Kg, PASSWORD_LEN, Privilege, USER_LEN};
pub use boot::BootSetting;
pub use completion::{Refusal, words};
#[cfg(feature = "ipmi")]
pub use dialogs::{Goal, IpmiTask, IpmiTaskDone, Raw, ReadBoot, ReadPower, SetBoot, SetPower};
#[cfg(feature = "ipmi")]
pub use engine::{Bmc, Engine, IpmiError, Route};
pub use failure::{IpmiFailure, IpmiTrouble, LoginFailure, Query, Reception};
#[cfg(feature = "ipmi")]
pub use keys::{Keys, Opening};
#[cfg(feature = "ipmi")]
pub use packet::{Dropped, Opened};
pub use raw::{RawAnswer, RawRequest};
#[cfg(feature = "ipmi")]
pub use status::Status;
#[cfg(feature = "ipmi")]
pub use suite::{Authentication, CipherSuite, Confidentiality, Integrity, Records};

use serde::{Deserialize, Serialize};

use crate::buffer::{Full, TxWriter};
use crate::dialog::Protocol;

/// The UDP port of IPMI over LAN.
pub const PORT: u16 = 623;

/// Most bytes of data in a request.
pub const DATA_LEN: usize = 64;

/// Bytes of the buffer that the engine sends from: the longest datagram.
pub const TX_LEN: usize = 192;

/// Bytes of the buffer that the engine is shown a datagram in: the longest message that fits a BMC's own buffers, and more.
pub const RX_LEN: usize = 384;

/// IPMI messages (section 5).
#[derive(Clone, Copy, Debug)]
pub struct Ipmi;

impl Protocol for Ipmi {
    /// The data after the completion code of an answer.
    type View<'a> = &'a [u8];
    type Code = Refusal;
    type Writer<'w> = RequestWriter<'w>;
}

/// Whom a request is for, behind the BMC: the bridge of Send Message (section 6.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// The channel, 0 to 15.
    pub channel: u8,
    /// The slave address in its 8-bit form.
    pub address: u8,
}

/// Where a dialog puts its question: network function and command, whom for, and the data.
#[derive(Debug)]
pub struct RequestWriter<'w> {
    /// Network function of the request, even (section 5.1, table 5-1).
    pub netfn: u8,
    /// Command (appendix G).
    pub command: u8,
    /// Whom for; none: the BMC itself.
    pub bridge: Option<Bridge>,
    data: TxWriter<'w>,
}

impl<'w> RequestWriter<'w> {
    /// A request whose data go to `buffer`.
    #[must_use]
    pub const fn new(buffer: &'w mut [u8]) -> Self {
        Self { netfn: 0, command: 0, bridge: None, data: TxWriter::new(buffer) }
    }

    /// Says what is asked of whom.
    pub const fn head(&mut self, netfn: u8, command: u8, bridge: Option<Bridge>) {
        self.netfn = netfn;
        self.command = command;
        self.bridge = bridge;
    }

    /// Appends data.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn data(&mut self, data: &[u8]) -> Result<(), Full> {
        self.data.put(data)
    }

    /// Appends the data that `emit` writes.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&mut self, emit: impl FnOnce(&mut TxWriter<'w>) -> Result<(), Full>) -> Result<(), Full> {
        emit(&mut self.data)
    }

    /// Bytes of data so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no data yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}
