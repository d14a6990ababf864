//! Commands, one a file: what their requests carry, and what is answered behind the completion code. Numbers: appendix G.
//!
//! A request has its numbers as `NETFN` and `COMMAND`. Who reads a request takes all of its data; behind those of an answer there may
//! be more, which vendors add.

/// Commands without data.
macro_rules! without_data {
    ($(#[$doc:meta])* $name:ident = $netfn:expr, $command:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;

        impl $name {
            /// Network function of the request.
            pub const NETFN: u8 = $netfn;
            /// Command.
            pub const COMMAND: u8 = $command;

            /// Reads the data of a request: there are none.
            ///
            /// # Errors
            /// [`ParseError`] when there are.
            pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
                $crate::ipmi::command::whole(data, |input| Ok((input, Self)))
            }
        }
    };
}

mod boot_flags;
mod boot_parameter;
mod chassis_control;
mod close_session;
mod get_boot_options;
mod get_channel_auth_capabilities;
mod get_channel_cipher_suites;
mod get_chassis_status;
mod get_device_id;
mod get_sdr;
mod get_sdr_repository_info;
mod reserve_sdr_repository;
mod send_message;
mod set_boot_options;
mod set_session_privilege_level;

pub use boot_flags::{BootDevice, BootFlags};
pub use boot_parameter::BootParameter;
pub use chassis_control::ChassisControl;
pub use close_session::CloseSession;
pub use get_boot_options::{BootOptions, GetBootOptions};
pub use get_channel_auth_capabilities::{AuthCapabilities, GetChannelAuthCapabilities};
pub use get_channel_cipher_suites::{ChannelCipherSuites, GetChannelCipherSuites};
pub use get_chassis_status::{ChassisStatus, GetChassisStatus};
pub use get_device_id::{DeviceId, GetDeviceId};
pub use get_sdr::{GetSdr, Sdr, SdrHeader};
pub use get_sdr_repository_info::{GetSdrRepositoryInfo, SdrRepositoryInfo};
pub use reserve_sdr_repository::{ReserveSdrRepository, SdrReservation};
pub use send_message::{SendMessage, Tracking};
pub use set_boot_options::SetBootOptions;
pub use set_session_privilege_level::{SessionPrivilegeLevel, SetSessionPrivilegeLevel};

use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, front};

/// Network function of requests to a chassis (section 5.1, table 5-1).
pub const CHASSIS: u8 = 0x00;
/// Network function of requests to a management controller.
pub const APP: u8 = 0x06;
/// Network function of requests to what stores sensor data records.
pub const STORAGE: u8 = 0x0A;

/// The channel that a request has come by (section 6.3, table 6-1).
pub const THIS_CHANNEL: u8 = 0x0E;

/// Reads all of `data`, and nothing may be left.
fn whole<'a, T>(data: &'a [u8], parser: impl FnOnce(Bytes<'a>) -> Parsed<'a, T>) -> Result<T, ParseError> {
    let (value, rest) = front(data, parser)?;
    if rest.is_empty() {
        return Ok(value);
    }
    let at = u32::try_from(data.len().saturating_sub(rest.len())).unwrap_or(u32::MAX);
    Err(ParseError { at, kind: ParseErrorKind::TooLong })
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::buffer::{Full, TxWriter};

    /// What is written; every buffer that is too short is refused.
    #[track_caller]
    pub(super) fn emitted(emit: impl Fn(&mut TxWriter<'_>) -> Result<(), Full>) -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut w = TxWriter::new(&mut buffer);
        emit(&mut w).unwrap();
        let len = w.len();
        for short in 0..len {
            assert_eq!(emit(&mut TxWriter::new(&mut [0; 64][..short])).is_err(), short < len, "{short} of {len}");
        }
        buffer[..len].to_vec()
    }

    /// Every cut of `data` is refused where it is shorter than `least`, and so is a byte more.
    #[track_caller]
    pub(super) fn takes_all_of<T>(data: &[u8], least: usize, parse: impl Fn(&[u8]) -> Result<T, ParseError>) {
        for len in 0..least {
            let kind = parse(&data[..len]).err().map(|error| error.kind);
            assert_eq!(kind, Some(ParseErrorKind::Truncated), "{len}");
        }
        let longer = [data, &[0]].concat();
        assert_eq!(parse(&longer).err().map(|error| error.kind), Some(ParseErrorKind::TooLong));
    }

    #[test]
    fn commands_without_data() {
        assert_eq!(GetDeviceId::parse(&[]), Ok(GetDeviceId));
        takes_all_of(&[], 0, GetDeviceId::parse);
        takes_all_of(&[], 0, GetChassisStatus::parse);
        takes_all_of(&[], 0, ReserveSdrRepository::parse);
        takes_all_of(&[], 0, GetSdrRepositoryInfo::parse);
        assert_eq!([GetDeviceId::NETFN, GetDeviceId::COMMAND], [6, 1]);
        assert_eq!([GetSdrRepositoryInfo::NETFN, GetSdrRepositoryInfo::COMMAND], [0x0A, 0x20]);
    }
}
