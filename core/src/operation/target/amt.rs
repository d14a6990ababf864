//! driver_info of staging-amt (drivers.md, staging-amt).

use core::num::NonZeroU16;

use serde::Serialize;

use super::{Info, invalid};
use crate::amt::{AmtOptions, PORT, PORT_TLS};
use crate::http::digest::Credentials;
use crate::operation::{Error, Host, Link, Setting, Value};
use crate::trust::{Fingerprint, Trust};

/// A machine with Intel AMT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AmtTarget {
    /// `amt_address`.
    pub address: Host,
    /// `amt_port`; 16992 by default, with https 16993.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub port: NonZeroU16,
    /// `amt_username` and `amt_password`.
    pub credentials: Credentials,
    /// `amt_protocol` and what belongs to it.
    pub transport: AmtTransport,
    /// The options that all machines with AMT share.
    pub options: AmtOptions,
}

/// What the requests go over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "no heap to put a path on")]
pub enum AmtTransport {
    /// `http`.
    Http,
    /// `https`, and whose certificate is accepted.
    Https(Trust),
}

impl AmtTarget {
    pub(super) fn new<'a, I>(info: &Info<I>) -> Result<Self, Error>
    where
        I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
    {
        info.require(&[Setting::AmtAddress, Setting::AmtUsername, Setting::AmtPassword])?;
        super::no_relay_yet(info)?;
        // Nothing of the three can be absent any more; the defaults only satisfy the types.
        let missing = |setting| invalid(setting, Value::Null);
        let address = info.text(Setting::AmtAddress, |text| text.parse().ok())?.ok_or(missing(Setting::AmtAddress))?;
        let user = info
            .text(Setting::AmtUsername, |user| Credentials::new(user, "").ok())?
            .ok_or(missing(Setting::AmtUsername))?;
        let credentials = info
            .text(Setting::AmtPassword, |password| Credentials::new(user.user(), password).ok())?
            .ok_or(missing(Setting::AmtPassword))?;
        let port = info.number(Setting::AmtPort, |number| NonZeroU16::new(u16::try_from(number).ok()?))?;
        let https = info.text(Setting::AmtProtocol, |name| match name {
            "http" => Some(false),
            "https" => Some(true),
            _ => None,
        })?;
        let transport = if https.unwrap_or(false) { AmtTransport::Https(trust(info)?) } else { plain(info)? };
        let default = if https.unwrap_or(false) { PORT_TLS } else { PORT };
        let port = port.or(NonZeroU16::new(default)).unwrap_or(NonZeroU16::MIN);
        Ok(Self { address, port, credentials, transport, options: AmtOptions::default() })
    }

    pub(super) fn link(&self) -> Link {
        let (host, port) = (self.address.clone(), self.port.get());
        match &self.transport {
            AmtTransport::Http => Link::Tcp { host, port },
            AmtTransport::Https(trust) => Link::Tls { host, port, trust: trust.clone() },
        }
    }
}

/// A truth value, as JSON or as a command line has it.
fn flag<'a, I>(info: &Info<I>, setting: Setting) -> Result<bool, Error>
where
    I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
{
    match info.get(setting) {
        None | Some(Value::Bool(false) | Value::Str("false" | "False")) => Ok(false),
        Some(Value::Bool(true) | Value::Str("true" | "True")) => Ok(true),
        Some(other) => Err(invalid(setting, other)),
    }
}

/// Without TLS nothing may be asked of a certificate: whoever asked would believe it to be checked.
fn plain<'a, I>(info: &Info<I>) -> Result<AmtTransport, Error>
where
    I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
{
    for setting in [Setting::AmtTlsCaFile, Setting::AmtTlsFingerprint] {
        if let Some(value) = info.get(setting) {
            return Err(invalid(setting, value));
        }
    }
    match flag(info, Setting::AmtTlsInsecure)? {
        false => Ok(AmtTransport::Http),
        true => Err(invalid(Setting::AmtTlsInsecure, Value::Bool(true))),
    }
}

/// Whose certificate is accepted: one way, or the machine's own CAs.
fn trust<'a, I>(info: &Info<I>) -> Result<Trust, Error>
where
    I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
{
    let insecure = flag(info, Setting::AmtTlsInsecure)?;
    let fingerprint = info
        .text(Setting::AmtTlsFingerprint, |text| text.parse::<Fingerprint>().ok().filter(|_| !insecure))?
        .map(Trust::Fingerprint);
    let other = insecure || fingerprint.is_some();
    let file = info.text(Setting::AmtTlsCaFile, |path| {
        let path = heapless::String::try_from(path).ok().filter(|path| path.starts_with('/') && !other);
        path.map(Trust::CaFile)
    })?;
    Ok(file.or(fingerprint).unwrap_or(if insecure { Trust::Insecure } else { Trust::System }))
}
