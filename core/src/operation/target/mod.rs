//! What Ironic calls driver_info, validated: where a device is, who asks, and how it differs from the others.

#[cfg(feature = "amt")]
mod amt;
mod iboot;
#[cfg(feature = "ipmi")]
mod ipmi;
mod wol;

use core::fmt::Write as _;

use heapless::String;
use serde::Serialize;

#[cfg(feature = "amt")]
pub use amt::{AmtTarget, AmtTransport};
pub use iboot::{IbootOptions, IbootTarget};
#[cfg(feature = "ipmi")]
pub use ipmi::IpmiTarget;
pub use wol::{Ports, PortsError, Transport, WolTarget};

use crate::operation::{Error, Got, HardwareType, Link, Setting, Settings, Value};

/// A device, ready to be spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "no heap to put a path on")]
pub enum Target {
    /// A machine with Intel AMT. Its settings are long: a build without AMT has no room to give away for them.
    #[cfg(feature = "amt")]
    #[serde(rename = "staging-amt")]
    Amt(AmtTarget),
    /// A Dataprobe iBoot's relay.
    #[serde(rename = "staging-iboot")]
    Iboot(IbootTarget),
    /// A machine with a BMC.
    #[cfg(feature = "ipmi")]
    #[serde(rename = "ipmi")]
    Ipmi(IpmiTarget),
    /// A machine with a BMC and Intel Node Manager behind it.
    #[cfg(feature = "ipmi")]
    #[serde(rename = "staging-nm")]
    Nm(IpmiTarget),
    /// A machine that wakes on a magic packet.
    #[serde(rename = "staging-wol")]
    Wol(WolTarget),
}

impl Target {
    /// Judges driver_info and the node's ports. Unknown names are left alone, as Ironic's clients rely on; where a name
    /// comes twice the last one counts.
    ///
    /// # Errors
    /// [`Error::MissingParameterValue`] naming all that is missing, [`Error::InvalidParameterValue`] naming what is wrong
    /// and what is allowed, [`Error::NotInThisBuild`] for a type that no build has yet, and for staging-amt in one without AMT; what
    /// else this build lacks, [`Operation::new`](crate::operation::Operation::new) says.
    pub fn new<'a>(
        hardware: HardwareType,
        driver_info: impl Iterator<Item = (&'a str, Value<'a>)> + Clone,
        ports: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Self, Error> {
        let info = Info(driver_info);
        match hardware {
            HardwareType::StagingIboot => IbootTarget::new(&info).map(Self::Iboot),
            HardwareType::StagingWol => WolTarget::new(&info, ports).map(Self::Wol),
            #[cfg(not(feature = "amt"))]
            HardwareType::StagingAmt => Err(Error::NotInThisBuild(hardware)),
            #[cfg(feature = "amt")]
            HardwareType::StagingAmt => AmtTarget::new(&info).map(Self::Amt),
            #[cfg(not(feature = "ipmi"))]
            HardwareType::Ipmi | HardwareType::StagingNm => Err(Error::NotInThisBuild(hardware)),
            #[cfg(feature = "ipmi")]
            HardwareType::Ipmi => IpmiTarget::new(&info).map(Self::Ipmi),
            #[cfg(feature = "ipmi")]
            HardwareType::StagingNm => IpmiTarget::new(&info).map(Self::Nm),
            HardwareType::StagingLibvirt => Err(Error::NotInThisBuild(hardware)),
        }
    }

    /// Its type.
    #[must_use]
    pub const fn hardware(&self) -> HardwareType {
        match self {
            #[cfg(feature = "amt")]
            Self::Amt(_) => HardwareType::StagingAmt,
            Self::Iboot(_) => HardwareType::StagingIboot,
            #[cfg(feature = "ipmi")]
            Self::Ipmi(_) => HardwareType::Ipmi,
            #[cfg(feature = "ipmi")]
            Self::Nm(_) => HardwareType::StagingNm,
            Self::Wol(_) => HardwareType::StagingWol,
        }
    }

    /// What a runner opens to reach it.
    #[must_use]
    pub fn link(&self) -> Link {
        match self {
            #[cfg(feature = "amt")]
            Self::Amt(target) => target.link(),
            Self::Iboot(target) => target.link(),
            #[cfg(feature = "ipmi")]
            Self::Ipmi(target) | Self::Nm(target) => target.link(),
            Self::Wol(target) => target.link(),
        }
    }
}

/// driver_info, looked up by name.
pub(super) struct Info<I>(I);

/// A text of at most `N` bytes, or what is wrong.
type Read<T> = Result<Option<T>, Error>;

impl<'a, I: Iterator<Item = (&'a str, Value<'a>)> + Clone> Info<I> {
    /// What `setting` holds; none when it is absent, null or an empty text, as upstream has it.
    fn get(&self, setting: Setting) -> Option<Value<'a>> {
        let value = self.0.clone().filter(|(name, _)| *name == setting.as_str()).last()?.1;
        (!matches!(value, Value::Null | Value::Str(""))).then_some(value)
    }

    /// Names those of `settings` that are missing.
    fn require(&self, settings: &[Setting]) -> Result<(), Error> {
        let mut missing = Settings::default();
        for setting in settings {
            if self.get(*setting).is_none() {
                missing.insert(*setting);
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(Error::MissingParameterValue(missing)) }
    }

    /// What `convert` makes of the text of `setting`. A whole number counts as its digits.
    fn text<T>(&self, setting: Setting, convert: impl FnOnce(&str) -> Option<T>) -> Read<T> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let mut digits = String::<20>::new();
        let text = match value {
            Value::Str(text) => Some(text),
            Value::Int(number) => decimal(number, &mut digits),
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::Empty => None,
        };
        text.and_then(convert).map(Some).ok_or_else(|| invalid(setting, value))
    }

    /// The whole number that `setting` holds, or its digits, when `convert` takes it.
    fn number<T>(&self, setting: Setting, convert: impl FnOnce(u32) -> Option<T>) -> Read<T> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let number = match value {
            Value::Int(number) => u32::try_from(number).ok(),
            // `+5` is no number in JSON; Rust would take it.
            Value::Str(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        };
        number.and_then(convert).map(Some).ok_or_else(|| invalid(setting, value))
    }
}

/// The digits of a number.
fn decimal(number: i64, digits: &mut String<20>) -> Option<&str> {
    let mut left = number.unsigned_abs();
    let mut reversed = [0_u8; 20];
    let mut count = 0_usize;
    for place in &mut reversed {
        let digit = u8::try_from(left.checked_rem(10)?).ok()?;
        *place = b'0'.saturating_add(digit);
        left = left.checked_div(10)?;
        count = count.saturating_add(1);
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-').ok()?;
    }
    for digit in reversed.iter().take(count).rev() {
        digits.push(char::from(*digit)).ok()?;
    }
    Some(digits)
}

/// The error that names a setting and what it holds, unless that is a secret.
fn invalid(setting: Setting, value: Value<'_>) -> Error {
    let got = if setting.is_secret() { cut(crate::secret::HIDDEN) } else { shown(value) };
    Error::InvalidParameterValue { setting, got }
}

/// A value for a person who has to correct it.
pub(crate) fn shown(value: Value<'_>) -> Got {
    let mut digits = String::new();
    cut(match value {
        Value::Str(text) => text,
        Value::Int(number) => decimal(number, &mut digits).unwrap_or("a number"),
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Float(_) => "a number with a fraction",
        Value::Null => "null",
        Value::Empty => "an empty list or object",
    })
}

/// As much of a text as there is room for.
pub(crate) fn cut(text: &str) -> Got {
    let mut got = Got::new();
    for character in text.chars() {
        // Room is kept for the mark that something was cut.
        if got.len() > 57 {
            let _ = got.write_str("…");
            break;
        }
        let _ = got.write_char(character);
    }
    got
}

/// Relays are a later issue's: until then nothing may be reached through one, rather than past it.
fn no_relay_yet<'a, I: Iterator<Item = (&'a str, Value<'a>)> + Clone>(info: &Info<I>) -> Result<(), Error> {
    match info.get(Setting::Relay) {
        None => Ok(()),
        Some(value) => Err(invalid(Setting::Relay, value)),
    }
}
