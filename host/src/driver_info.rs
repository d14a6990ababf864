//! driver_info from the command line.

use std::fmt;
use std::fs;

use rackhand_adapters::libvirt::{LibvirtTarget, Policy};
use rackhand_core::operation::{Error, HardwareType, Setting, Target, Value};
use rackhand_core::wol::Mac;
use serde_json::json;
use zeroize::Zeroizing;

use crate::Exit;
use crate::driver::{self, DriverError};
use crate::out::complain;

/// What is wrong with the arguments.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Core's judgement of a setting.
    Setting(Error),
    /// A driver's judgement of arguments.
    Driver(DriverError),
    /// Anything else, in words.
    Argument(String),
    /// Not the arguments, but the system.
    System(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(error) => error.fmt(f),
            Self::Driver(error) => error.fmt(f),
            Self::Argument(text) | Self::System(text) => f.write_str(text),
        }
    }
}

impl Wrong {
    /// The error's name.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Setting(error) => error.name(),
            Self::Driver(error) => error.name(),
            Self::Argument(_) => "InvalidParameterValue",
            Self::System(_) => "Internal",
        }
    }

    /// How the program ends for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Setting(error) => error.kind().into(),
            Self::Driver(error) => error.kind().into(),
            Self::Argument(_) => Exit::Usage,
            Self::System(_) => Exit::Failed,
        }
    }

    /// For machines.
    pub(crate) fn json(&self) -> serde_json::Value {
        let detail = match self {
            Self::Setting(error) => serde_json::to_value(error).ok(),
            Self::Driver(_) | Self::Argument(_) | Self::System(_) => None,
        };
        json!({ "name": self.name(), "message": self.to_string(), "detail": detail })
    }
}

impl From<DriverError> for Wrong {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Setting(error)
    }
}

/// A value as it is, or what the file behind an `@` holds, without the newline that editors add; `@@` is a value's own `@`.
pub(crate) fn value(key: &str, text: &str) -> Result<Zeroizing<String>, Wrong> {
    let Some(file) = text.strip_prefix('@') else { return Ok(Zeroizing::new(text.to_owned())) };
    if file.starts_with('@') {
        return Ok(Zeroizing::new(file.to_owned()));
    }
    let mut read = fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| Wrong::Argument(format!("{key}: the file '{file}' cannot be read: {error}")))?;
    if read.ends_with('\n') {
        read.pop();
        if read.ends_with('\r') {
            read.pop();
        }
    }
    Ok(read)
}

/// The target that `pairs` (KEY=VALUE) and `ports` name.
pub(crate) fn target(hardware: HardwareType, pairs: &[String], ports: &[String]) -> Result<Target, Wrong> {
    let info = settings(hardware, pairs, ports)?;
    let pairs = info.iter().map(|(key, text)| (*key, Value::Str(text.as_str())));
    Ok(Target::new(hardware, pairs, ports.iter().map(String::as_str))?)
}

/// The virtual machine that they name. Whoever types the command may open what he likes.
pub(crate) fn libvirt_target(pairs: &[String], ports: &[String]) -> Result<LibvirtTarget, Wrong> {
    let info = settings(HardwareType::StagingLibvirt, pairs, ports)?;
    let pairs = info.iter().map(|(key, text)| (*key, Value::Str(text.as_str())));
    let policy = Policy { own_machine: true, ..Policy::default() };
    Ok(LibvirtTarget::new(&pairs, ports.iter().map(String::as_str), &policy).map_err(DriverError::from)?)
}

/// The settings in `pairs`, after `ports` were judged, too.
fn settings<'a>(
    hardware: HardwareType,
    pairs: &'a [String],
    ports: &[String],
) -> Result<Vec<(&'a str, Zeroizing<String>)>, Wrong> {
    let mut info = Vec::with_capacity(pairs.len());
    for pair in pairs {
        // The text is not repeated: what looks like a key may be a password.
        let (key, text) =
            pair.split_once('=').ok_or_else(|| Wrong::Argument("driver_info is given as -i KEY=VALUE".to_owned()))?;
        known(hardware, key)?;
        info.push((key, value(key, text)?));
    }
    for port in ports {
        if let Err(error) = port.parse::<Mac>() {
            let hint = if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
                "; a TCP or UDP port is a setting: -i iboot_port=…, -i amt_port=…, -i ipmi_port=… or -i wol_port=…"
            } else {
                ""
            };
            return Err(Wrong::Argument(format!(
                "--port is the MAC address of a network interface of the machine, such as 00:11:22:33:44:55, not '{port}': \
                 {error}{hint}"
            )));
        }
    }
    Ok(info)
}

/// A key that looks like one of this type and is none is a slip of the pen that would power the wrong outlet. Keys of others
/// are left alone, with a remark: people copy whole driver_infos.
pub(crate) fn known(hardware: HardwareType, key: &str) -> Result<(), Wrong> {
    if Setting::from_name(key) == Some(Setting::Port) {
        let number = match hardware {
            HardwareType::StagingAmt => "; a TCP port is amt_port",
            HardwareType::StagingIboot => "; a TCP port is iboot_port",
            HardwareType::StagingWol => "; a UDP port is wol_port",
            HardwareType::Ipmi | HardwareType::StagingNm => "; a UDP port is ipmi_port",
            _ => "",
        };
        return Err(Wrong::Argument(format!(
            "'port' is no setting of driver_info: the MAC address of a port of the machine is given as --port MAC{number}"
        )));
    }
    let mine = || driver::settings(hardware).map(Setting::as_str);
    if Setting::from_name(key).is_some() || mine().next().is_none() {
        return Ok(());
    }
    // Hyphens instead of underscores, capitals, a letter too few in front.
    let plain = key.trim().to_ascii_lowercase().replace('-', "_");
    let stem = hardware.prefix().get(1..).unwrap_or_default();
    let begins = |start: &str| plain.starts_with(start);
    // Those of libvirt's that go without its prefix.
    let bare = hardware == HardwareType::StagingLibvirt && (begins("ssh") || begins("sasl"));
    if plain.is_empty() || begins(hardware.prefix()) || begins(stem) || bare {
        let names: Vec<_> = mine().collect();
        return Err(Wrong::Argument(format!("{hardware} has no setting '{key}'; it has {}", names.join(", "))));
    }
    if !HardwareType::ALL.iter().any(|other| key.starts_with(other.prefix())) {
        complain(format_args!("rackhand: '{}' is no setting of {hardware} and is ignored", key.escape_debug()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pairs: &[&str]) -> String {
        let pairs: Vec<_> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        target(HardwareType::StagingIboot, &pairs, &[]).unwrap_err().to_string()
    }

    #[test]
    fn a_port_is_a_mac_and_an_at_can_be_meant() {
        let pairs = ["iboot_address=pdu", "iboot_username=u", "iboot_password=@@home"].map(ToOwned::to_owned);
        let port = target(HardwareType::StagingIboot, &pairs, &["9101".to_owned()]).unwrap_err().to_string();
        assert!(port.contains("--port is the MAC address") && port.contains("not '9101'"), "{port}");
        assert!(port.contains("-i iboot_port="), "{port}");
        for (text, reason) in [
            ("01:00:5e:00:00:01", "a group address: no single interface has it"),
            ("ff:ff:ff:ff:ff:ff", "a group address: no single interface has it"),
            ("00:00:00:00:00:00", "all zero"),
            ("00:11:22:33:44", "not twelve hexadecimal digits"),
            ("00:11:22:33:44:5g", "a character that does not belong there, at place 16"),
            ("", "not twelve hexadecimal digits"),
        ] {
            let error = target(HardwareType::StagingWol, &[], &[text.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(&format!("not '{text}': {reason}")) && !error.contains("wol_port"), "{error}");
        }
        assert_eq!(value("x", "@@home").unwrap().as_str(), "@home");
        assert!(target(HardwareType::StagingIboot, &pairs, &[]).is_ok());
    }

    #[test]
    fn names_the_offender_and_never_a_secret() {
        assert_eq!(wrong(&[]), "missing: iboot_address, iboot_password, iboot_username");
        let good = ["iboot_address=pdu", "iboot_username=u", "iboot_password=p"];
        let with = |extra: &'static str| wrong(&[&good[..], &[extra]].concat());
        assert_eq!(with("iboot_relay_id=33"), "iboot_relay_id must be a whole number from 1 to 32, not '33'");
        assert_eq!(with("iboot_port=65536"), "iboot_port must be a whole number from 1 to 65535, not '65536'");
        assert!(with("iboot_relayid=2").contains("has no setting 'iboot_relayid'; it has iboot_address"));
        for slip in ["iboot-relay-id=3", "boot_relay_id=3", "IBOOT_RELAY_ID=3", "=3", " iboot_relay_id=3"] {
            assert!(with(slip).contains("has no setting"), "{slip}");
        }
        let port = with("port=9101");
        assert!(port.contains("--port MAC") && port.contains("iboot_port") && !port.contains("9101"), "{port}");
        let port =
            target(HardwareType::StagingWol, &["port=00:11:22:33:44:55".to_owned()], &[]).unwrap_err().to_string();
        assert!(port.contains("--port MAC") && port.contains("wol_port"), "{port}");
        let long = with("iboot_password=hunter2hunter2hunter2");
        assert!(long.contains("not '******'") && !long.contains("hunter2"), "{long}");
        assert!(with("iboot_password=@/nonexistent/file").contains("'/nonexistent/file' cannot be read"));
        let no_key = with("hunter2");
        assert!(!no_key.contains("hunter2"), "{no_key}");
    }
}
