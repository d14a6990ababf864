//! driver_info of staging-iboot (drivers.md, staging-iboot).

use core::num::NonZeroU16;
use core::time::Duration;

use serde::Serialize;

use super::{Info, invalid};
use crate::dxp::{Credentials, Dialect, PORT, RelayBase, RelayId, StateCodes};
use crate::operation::{Error, Host, Link, Setting, Value};

/// A relay of a Dataprobe iBoot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IbootTarget {
    /// `iboot_address`.
    pub address: Host,
    /// `iboot_port`, 9100 by default.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub port: NonZeroU16,
    /// `iboot_username` and `iboot_password`.
    pub credentials: Credentials,
    /// `iboot_relay_id`, 1 by default.
    pub relay: RelayId,
    /// `iboot_relay_count`: the device sends exactly so many status bytes.
    pub relay_count: Option<RelayId>,
    /// `iboot_relay_base` and `iboot_state_codes`.
    pub dialect: Dialect,
    /// The options that all iBoots share.
    pub options: IbootOptions,
}

/// The configuration options `[iboot]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IbootOptions {
    /// `max_retry`: repeats after the first try.
    pub max_retry: u8,
    /// `retry_interval`, here in milliseconds.
    pub retry_interval_ms: u32,
    /// `reboot_delay`, here in milliseconds.
    pub reboot_delay_ms: u32,
}

impl Default for IbootOptions {
    fn default() -> Self {
        Self { max_retry: 3, retry_interval_ms: 1000, reboot_delay_ms: 5000 }
    }
}

impl IbootOptions {
    /// `reboot_delay`.
    #[must_use]
    pub const fn reboot_delay(self) -> Duration {
        Duration::from_millis(self.reboot_delay_ms as u64)
    }

    /// `retry_interval`.
    #[must_use]
    pub const fn retry_interval(self) -> Duration {
        Duration::from_millis(self.retry_interval_ms as u64)
    }
}

impl IbootTarget {
    pub(super) fn new<'a, I>(info: &Info<I>) -> Result<Self, Error>
    where
        I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
    {
        info.require(&[Setting::IbootAddress, Setting::IbootUsername, Setting::IbootPassword])?;
        super::no_relay_yet(info)?;
        // Nothing of the three can be absent any more; the defaults only satisfy the types.
        let missing = |setting| invalid(setting, Value::Null);
        let address =
            info.text(Setting::IbootAddress, |text| text.parse().ok())?.ok_or(missing(Setting::IbootAddress))?;
        let user = info
            .text(Setting::IbootUsername, |user| Credentials::new(user, "").ok())?
            .ok_or(missing(Setting::IbootUsername))?;
        let credentials = info
            .text(Setting::IbootPassword, |password| Credentials::new(user.user(), password).ok())?
            .ok_or(missing(Setting::IbootPassword))?;

        let port = info.number(Setting::IbootPort, |number| NonZeroU16::new(u16::try_from(number).ok()?))?;
        let relay_id = |number| RelayId::new(u8::try_from(number).ok()?);
        let relay = info.number(Setting::IbootRelayId, relay_id)?.unwrap_or(RelayId::FIRST);
        let relay_count =
            info.number(Setting::IbootRelayCount, |number| relay_id(number).filter(|count| *count >= relay))?;
        let base = info.number(Setting::IbootRelayBase, |number| match number {
            0 => Some(RelayBase::Zero),
            1 => Some(RelayBase::One),
            _ => None,
        })?;
        let codes = info.text(Setting::IbootStateCodes, StateCodes::from_name)?;
        Ok(Self {
            address,
            port: port.or(NonZeroU16::new(PORT)).unwrap_or(NonZeroU16::MIN),
            credentials,
            relay,
            relay_count,
            dialect: Dialect { base: base.unwrap_or_default(), codes: codes.unwrap_or_default() },
            options: IbootOptions::default(),
        })
    }

    /// What holds of every target that comes from driver_info, for those that come otherwise.
    #[cfg(feature = "relay")]
    pub(in crate::operation) fn is_sound(&self) -> bool {
        self.relay_count.is_none_or(|count| count >= self.relay)
    }

    /// A relay is asked for that `iboot_relay_count` says is not there.
    #[cfg(feature = "dxp")]
    pub(in crate::operation) fn count_too_small(&self) -> Error {
        let count = self.relay_count.map_or(0, RelayId::get);
        // Two digits at the most. Formatting numbers of any size would cost a small board kilobytes of flash.
        let mut got = crate::operation::Got::new();
        for digit in [count.checked_div(10).unwrap_or(0), count.checked_rem(10).unwrap_or(0)] {
            if digit > 0 || !got.is_empty() {
                let _ = got.push(char::from(b'0'.saturating_add(digit)));
            }
        }
        Error::InvalidParameterValue { setting: Setting::IbootRelayCount, got }
    }

    pub(super) fn link(&self) -> Link {
        Link::Tcp { host: self.address.clone(), port: self.port.get() }
    }
}
