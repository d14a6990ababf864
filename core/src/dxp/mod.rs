//! DxP, the protocol of Dataprobe's iBoot (TCP port 9100). Chapter "DxP Protocol" of the manuals that SurgeX and Dataprobe
//! print; `wire` says which.
//!
//! A session: the client connects and says hello, the device answers with a sequence number S; the first request carries
//! S + 1, its answer counts as S + 2 without carrying a number, the next request carries S + 3, all modulo 65536. One
//! request at a time. How a refused login looks is not documented: the device falls silent or closes.

mod dialect;
mod wire;

#[cfg(feature = "dxp")]
mod device;
#[cfg(feature = "dxp")]
mod dialogs;
#[cfg(feature = "dxp")]
mod engine;
mod fault;
mod relays;
mod tap;

#[cfg(feature = "dxp")]
pub use device::Device;
pub use dialect::{Dialect, RelayBase, StateCodes};
#[cfg(feature = "dxp")]
pub use dialogs::{Answer, Asked, Dxp, Pulse, Question, Read, Reboot, Retry, Switch, Task, TaskDone};
#[cfg(feature = "dxp")]
pub use engine::{DxpError, Engine, Limits};
pub use fault::{Failure, Fault, Reading, Reception, Stage, Trouble};
pub use relays::{ChangesError, RelayChange, RelayChanges, RelayId};
pub use tap::{Seen, Tap};
pub use wire::{
    ChangeRelay, ChangeRelays, Command, Credentials, CredentialsError, GetInputs, GetRelays, Hello, HelloAnswer,
    Keepalive, NAME_LEN, PulseRelay, RelayState, Request, Status,
};

/// The TCP port of a device as it comes from the factory.
pub const PORT: u16 = 9100;

/// Most relays that a device has.
pub const MAX_RELAYS: usize = 32;

/// Bytes of the buffer that the engine sends from.
pub const TX_LEN: usize = Request::MAX_LEN;

/// Bytes of the buffer that the engine is shown what has arrived in: the status of every relay, and as much again, so that
/// a device that sends too much can be told from one that sends what it should.
pub const RX_LEN: usize = 2 * MAX_RELAYS;
