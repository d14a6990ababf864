//! The configuration file of `rackhand serve`: TOML whose tables and options keep Ironic's names.
//!
//! What is not understood is refused: an option that is misspelt and passed over would leave an operator with a setting
//! that is not there.

mod database;
mod names;
mod tables;
mod values;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rackhand_adapters::libvirt::LEAST_REBOOT;
use rackhand_core::amt::SetPower;
use rackhand_core::operation::HardwareType;
use serde::{Deserialize, Serialize};

pub(crate) use tables::{
    Amt, AmtProtocol, Api, AuthStrategy, Conductor, Database, Default as DefaultTable, Iboot, Libvirt, Ssl,
};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Config {
    /// Who may ask, and what is enabled.
    #[serde(rename = "DEFAULT")]
    pub(crate) default: DefaultTable,
    /// Intel AMT.
    pub(crate) amt_driver: Amt,
    /// The REST API.
    pub(crate) api: Api,
    /// The tasks and the loops.
    pub(crate) conductor: Conductor,
    /// Where the nodes are kept.
    pub(crate) database: Database,
    /// Dataprobe iBoot.
    pub(crate) iboot: Iboot,
    /// Virtual machines.
    pub(crate) libvirt: Libvirt,
    /// The API's certificate.
    pub(crate) ssl: Ssl,
}

/// What is wrong with the configuration, in words that name the file and the option.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file; without one, everything has its default.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError(format!("the configuration file '{}': {error}", path.display())))?;
        Self::parse(&text).map_err(|wrong| ConfigError(format!("{}: {wrong}", path.display())))
    }

    /// The database's file: the configured one, or the default one in the state directory.
    pub(crate) fn database_path(&self) -> Result<PathBuf, ConfigError> {
        match &self.database.connection {
            Some(connection) => Ok(connection.path().to_owned()),
            None => database::default_path(|name| std::env::var_os(name)).ok_or_else(|| {
                ConfigError(
                    "[database] connection is not set, and none of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME names a place \
                     for it; give it as sqlite:///absolute/path"
                        .to_owned(),
                )
            }),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        // Only the message and the line of an error are shown: the parser's own picture of it repeats the line, which may hold
        // a password (in the URL of a database).
        let at = |error: &toml::de::Error| {
            error.span().map_or_else(String::new, |span| {
                let before = text.as_bytes().iter().take(span.start);
                format!("line {}: ", 1 + before.filter(|byte| **byte == b'\n').count())
            })
        };
        let input = toml::Deserializer::parse(text).map_err(|error| format!("{}{}", at(&error), error.message()))?;
        let mut track = serde_path_to_error::Track::new();
        let mut unknown = Vec::new();
        let read: Result<Self, _> =
            serde_ignored::deserialize(serde_path_to_error::Deserializer::new(input, &mut track), |path| {
                unknown.push(path.to_string());
            });
        let config = read.map_err(|error| {
            let path = track.path().to_string();
            let place = names::place(&path);
            format!("{}{place}: {}", at(&error), error.message())
        })?;
        if !unknown.is_empty() {
            return Err(names::unknown(&unknown));
        }
        config.check()?;
        Ok(config)
    }

    /// What no option can tell alone.
    fn check(&self) -> Result<(), String> {
        match (&self.ssl.cert_file, &self.ssl.key_file) {
            (Some(_), None) => {
                Err("[ssl] cert_file is set and key_file is not: set both, or neither for plain HTTP".to_owned())
            }
            (None, Some(_)) => {
                Err("[ssl] key_file is set and cert_file is not: set both, or neither for plain HTTP".to_owned())
            }
            _ => self.check_iboot().and_then(|()| self.check_amt()).and_then(|()| self.check_libvirt()),
        }
    }

    fn is_enabled(&self, hardware: HardwareType) -> bool {
        let types = self.default.enabled_hardware_types.as_ref();
        types.is_none_or(|types| types.iter().any(|it| it == hardware.as_str()))
    }

    /// Else every reboot that does not bring a timeout of its own would be refused.
    fn check_iboot(&self) -> Result<(), String> {
        // What a reboot takes beside its pause (core's bound on its timeout).
        const REST: Duration = Duration::from_secs(15);

        let (delay, timeout) = (self.iboot.reboot_delay, self.conductor.power_state_change_timeout);
        if !self.is_enabled(HardwareType::StagingIboot) || timeout >= delay.saturating_add(REST) {
            return Ok(());
        }
        Err(format!(
            "[iboot] reboot_delay is {} s and [conductor] power_state_change_timeout {} s: a reboot needs its delay and {} s",
            delay.as_secs_f64(),
            timeout.as_secs_f64(),
            REST.as_secs()
        ))
    }

    /// The same.
    fn check_amt(&self) -> Result<(), String> {
        let (wait, timeout) = (self.amt_driver.action_wait, self.conductor.power_state_change_timeout);
        let least = Duration::from_millis(SetPower::least_ms(self.amt_driver.options()).into());
        if !self.is_enabled(HardwareType::StagingAmt) || timeout >= least {
            return Ok(());
        }
        Err(format!(
            "[amt_driver] action_wait is {} s and [conductor] power_state_change_timeout {} s: a reboot needs {} s then",
            wait.as_secs_f64(),
            timeout.as_secs_f64(),
            least.as_secs_f64()
        ))
    }

    /// The same.
    fn check_libvirt(&self) -> Result<(), String> {
        let timeout = self.conductor.power_state_change_timeout;
        if !self.is_enabled(HardwareType::StagingLibvirt) || timeout >= LEAST_REBOOT {
            return Ok(());
        }
        Err(format!(
            "[conductor] power_state_change_timeout is {} s: a reboot of a virtual machine needs {} s",
            timeout.as_secs_f64(),
            LEAST_REBOOT.as_secs()
        ))
    }
}

#[cfg(test)]
mod tests;
