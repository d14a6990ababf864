//! The messages of DxP, one a file. All sections are those of the chapter "DxP Protocol" that SurgeX prints in its
//! manuals (SA-82-AR, p. 19 to 24; CM-1115-RT-AR, p. 24 to 27); where the iBoot differs, python-iboot is the source.

mod change_relay;
mod change_relays;
mod credentials;
mod get_inputs;
mod get_relays;
mod header;
mod hello;
mod keepalive;
mod pulse_relay;
mod request;
mod status;

pub use change_relay::ChangeRelay;
pub use change_relays::ChangeRelays;
pub use credentials::{Credentials, CredentialsError, NAME_LEN};
pub use get_inputs::GetInputs;
pub use get_relays::{GetRelays, RelayState};
use header::{Class, Header};
pub use hello::{Hello, HelloAnswer};
pub use keepalive::Keepalive;
pub use pulse_relay::PulseRelay;
pub use request::{Command, Request};
pub use status::Status;
