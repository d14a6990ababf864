//! driver_info of a virtual machine, judged.

use std::fmt;
use std::path::PathBuf;

use rackhand_core::operation::{Setting, Value};
use rackhand_core::wol::Mac;
use zeroize::Zeroizing;

use super::uri::{DEFAULT_URI, Transport, Uri};
use super::{Error, Policy};

/// How a hypervisor is reached, and as whom. Two nodes for which all of this is the same share its connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// Where it is.
    pub(super) uri: Uri,
    /// The key for ssh, instead of the user's own keys and agent.
    pub(super) ssh_key: Option<PathBuf>,
    /// Whether ssh takes any host for the hypervisor.
    pub(super) ssh_no_verify: bool,
    /// The user of SASL and the password.
    pub(super) sasl: Option<(String, Zeroizing<String>)>,
    /// Where the certificates are, if not where libvirt looks for them.
    pub(super) pki: Option<PathBuf>,
}

/// A virtual machine: the domain of a hypervisor of which an interface has one of these addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibvirtTarget {
    /// The hypervisor.
    pub access: Access,
    /// The addresses of the node's ports, none twice, in their order.
    pub macs: Vec<Mac>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("uri", &format_args!("{}", self.uri)).finish_non_exhaustive()
    }
}

impl fmt::Display for Access {
    /// Where the hypervisor is; nothing of how one is let in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

impl LibvirtTarget {
    /// Judges driver_info and the addresses of the node's ports (drivers.md, staging-libvirt). Keys that are none of this type's
    /// are passed over; of a key that comes twice the last one counts.
    ///
    /// # Errors
    /// MissingParameterValue: no port, or one of the SASL pair without the other. InvalidParameterValue: which setting, what it
    /// holds and what is allowed.
    pub fn new<'a>(
        driver_info: &(impl Iterator<Item = (&'a str, Value<'a>)> + Clone),
        ports: impl Iterator<Item = &'a str>,
        policy: &Policy,
    ) -> Result<Self, Error> {
        let access = Access::new(driver_info, policy)?;
        let mut macs = Vec::new();
        for port in ports {
            let mac: Mac = port.parse().map_err(|error| {
                Error::invalid(format!("{}: '{}' is no address: {error}", Setting::Port, super::error::shown(port)))
            })?;
            if !macs.contains(&mac) {
                macs.push(mac);
            }
        }
        if macs.is_empty() {
            return Err(Error::missing(
                "staging-libvirt needs at least one port: the domain is the one of which an interface has its address",
            ));
        }
        Ok(Self { access, macs })
    }

    /// What it is known by, for whoever has only one conversation with a machine at a time.
    #[must_use]
    pub fn address(&self) -> String {
        let mut macs = self.macs.clone();
        macs.sort_unstable();
        let macs: Vec<_> = macs.iter().map(ToString::to_string).collect();
        format!("{} {}", self.access, macs.join(" "))
    }
}

impl Access {
    /// Judges driver_info without ports.
    ///
    /// # Errors
    /// As of [`LibvirtTarget::new`].
    pub fn new<'a>(
        driver_info: &(impl Iterator<Item = (&'a str, Value<'a>)> + Clone),
        policy: &Policy,
    ) -> Result<Self, Error> {
        let get = |setting: Setting| {
            let value = driver_info.clone().filter(|(name, _)| *name == setting.as_str()).last()?.1;
            (!matches!(value, Value::Null | Value::Str(""))).then_some(value)
        };
        let uri = match get(Setting::LibvirtUri) {
            None => Uri::parse(DEFAULT_URI)?,
            Some(Value::Str(text)) => Uri::parse(text.trim())?,
            Some(_) => return Err(Error::setting(Setting::LibvirtUri, "a value that is no text")),
        };
        policy.judge_uri(&uri)?;
        let name = text(Setting::SaslUsername, get(Setting::SaslUsername))?;
        let password = text(Setting::SaslPassword, get(Setting::SaslPassword))?.map(Zeroizing::new);
        let sasl = match (name, password) {
            (Some(name), Some(password)) => Some((name, password)),
            (None, None) => None,
            (Some(_), None) => return Err(without(Setting::SaslUsername, Setting::SaslPassword)),
            (None, Some(_)) => return Err(without(Setting::SaslPassword, Setting::SaslUsername)),
        };
        let key = match get(Setting::SshKeyFilename) {
            None => None,
            Some(Value::Str(_)) if sasl.is_some() => {
                return Err(Error::invalid(format!(
                    "{} and {} are given together: a key is for qemu+ssh, SASL for qemu+tcp and qemu+tls",
                    Setting::SshKeyFilename,
                    Setting::SaslUsername
                )));
            }
            Some(Value::Str(path)) => Some(policy.judge_key(path)?),
            Some(_) => return Err(Error::setting(Setting::SshKeyFilename, "a value that is no text")),
        };
        if sasl.is_some() && !uri.transport().has_sasl() {
            return Err(Error::invalid(format!(
                "{}: SASL is for qemu+tcp, qemu+tls and the local socket, not for {}",
                Setting::SaslUsername,
                uri.transport()
            )));
        }
        let ssh_no_verify = match get(Setting::SshNoVerify) {
            None => false,
            Some(Value::Bool(value)) => value,
            Some(Value::Str(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Value::Str(text)) if text.eq_ignore_ascii_case("false") => false,
            Some(Value::Str(text)) => return Err(Error::setting(Setting::SshNoVerify, text)),
            Some(_) => return Err(Error::setting(Setting::SshNoVerify, "another value")),
        };
        let is_ssh = uri.transport() == Transport::Ssh;
        if ssh_no_verify && is_ssh && policy.ssh_always_verify {
            return Err(Error::invalid(format!(
                "{}: the hypervisor's host key is always checked here ([libvirt] ssh_always_verify of the configuration)",
                Setting::SshNoVerify
            )));
        }
        Ok(Self {
            pki: policy.pki(uri.transport()).map(ToOwned::to_owned),
            // libvirt passes over them elsewhere, and definitions made for it may have them.
            ssh_key: key.filter(|_| is_ssh),
            ssh_no_verify: ssh_no_verify && is_ssh,
            uri,
            sasl,
        })
    }

    /// Where the hypervisor is.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// What libvirt is given to open.
    #[cfg(any(test, feature = "libvirt"))]
    pub(super) fn to_open(&self) -> Result<Zeroizing<String>, Error> {
        let mut parameters = Vec::new();
        if self.uri.transport() == Transport::Ssh {
            // Nobody is there who could be asked for a password.
            parameters.push(("no_tty", "1"));
            if let Some(key) = &self.ssh_key {
                parameters.push(("keyfile", plain(key)?));
            }
            if self.ssh_no_verify {
                parameters.push(("no_verify", "1"));
            }
        }
        if let Some(folder) = &self.pki {
            parameters.push(("pkipath", plain(folder)?));
        }
        Ok(Zeroizing::new(self.uri.with(&parameters)))
    }
}

#[cfg(any(test, feature = "libvirt"))]
fn plain(path: &std::path::Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::invalid(format!("the path '{}' is not UTF-8", path.display())))
}

fn without(given: Setting, other: Setting) -> Error {
    Error::missing(format!("missing: {other} ({given} is given, and SASL needs both)"))
}

fn text(setting: Setting, value: Option<Value<'_>>) -> Result<Option<String>, Error> {
    let text = match value {
        None => return Ok(None),
        Some(Value::Str(text)) => text.to_owned(),
        Some(Value::Int(number)) => number.to_string(),
        Some(_) => return Err(Error::setting(setting, "a value that is no text")),
    };
    if text.len() > 255 || text.chars().any(char::is_control) {
        return Err(Error::setting(setting, &text));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "52:54:00:12:34:56";

    fn target(info: &[(&str, Value<'_>)], ports: &[&str]) -> Result<LibvirtTarget, Error> {
        LibvirtTarget::new(&info.iter().copied(), ports.iter().copied(), &Policy::default())
    }

    fn wrong(info: &[(&str, Value<'_>)]) -> (&'static str, String) {
        let error = target(info, &[MAC]).map_or_else(|error| error, |_| panic!("accepted"));
        (error.name(), error.to_string())
    }

    #[test]
    fn what_is_missing_is_the_default_or_named() {
        let plain = target(&[], &[MAC, "5254.0012.3456", "52-54-00-AB-CD-EF"]).unwrap();
        assert_eq!(plain.access.to_string(), "qemu:///system");
        assert_eq!(plain.address(), "qemu:///system 52:54:00:12:34:56 52:54:00:ab:cd:ef");
        let none = target(&[], &[]).unwrap_err();
        assert_eq!(none.name(), "MissingParameterValue");
        assert!(target(&[], &["odd"]).unwrap_err().to_string().contains("'odd'"));
        let tcp = ("libvirt_uri", Value::Str("qemu+tcp://hv/system"));
        let (user, password) = (("sasl_username", Value::Str("u")), ("sasl_password", Value::Str("hunter2")));
        for (given, named) in [(user, "sasl_password"), (password, "sasl_username")] {
            let (name, text) = wrong(&[tcp, given]);
            assert!(name == "MissingParameterValue" && text.contains(&format!("missing: {named}")), "{text}");
            assert!(!text.contains("hunter2"));
        }
        let both = target(&[tcp, user, password], &[MAC]).unwrap();
        assert!(!format!("{both:?} {}", both.access).contains("hunter2"));
        assert_eq!(both.access.to_open().unwrap().as_str(), "qemu+tcp://hv/system");
        assert_eq!(
            target(&[("libvirt_uri", Value::Null), ("sasl_username", Value::Str(""))], &[MAC]),
            Ok(plain.clone_with(MAC))
        );
    }

    impl LibvirtTarget {
        fn clone_with(&self, mac: &str) -> Self {
            Self { macs: vec![mac.parse().unwrap()], ..self.clone() }
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let sasl = [("sasl_username", Value::Str("u")), ("sasl_password", Value::Str("hunter2"))];
        let key = ("ssh_key_filename", Value::Str("/nonexistent"));
        let ssh = ("libvirt_uri", Value::Str("qemu+ssh://root@hv/system"));
        for (info, word) in [
            (&[sasl[0], sasl[1], key][..], "together"),
            (&[ssh, key], "cannot be used"),
            (&[("ssh_no_verify", Value::Str("perhaps"))], "must be true or false, not 'perhaps'"),
            (&[("libvirt_uri", Value::Int(5))], "libvirt_uri must be"),
            (&[("libvirt_uri", Value::Str("test:///default")), sasl[0], sasl[1]], "SASL is for"),
            (&[ssh, sasl[0], sasl[1]], "SASL is for"),
            (&[sasl[0], ("sasl_password", Value::Str("hunter2\n"))], "'******'"),
        ] {
            let (name, text) = wrong(info);
            assert!(name == "InvalidParameterValue" && text.contains(word) && !text.contains("hunter2"), "{text}");
        }
        let open = target(&[ssh, ("ssh_no_verify", Value::Bool(true))], &[MAC]).unwrap();
        let with = "qemu+ssh://root@hv/system?no_tty=1&no_verify=1";
        assert_eq!(open.access.to_open().unwrap().as_str(), with);
    }
}
