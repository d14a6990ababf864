//! Connection URIs: what of <https://libvirt.org/uri.html> a node may name.
//!
//! A URI of libvirt can run programs on the machine that opens it (`+ext`, `command`, `netcat`), read any file there (`keyfile`,
//! `test:///file`) and reach any socket (`socket`). Whoever may write a node's driver_info must not be able to do that here. So
//! a URI is not searched for what is forbidden: it is taken apart into the few things that it may say, and made anew from them.

use std::fmt;

use rackhand_core::operation::{Host, Setting};

use super::Error;
use super::error::shown;

/// How the hypervisor is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A socket of this machine.
    Unix,
    /// `ssh`, run on this machine.
    Ssh,
    /// TCP without TLS.
    Tcp,
    /// TLS.
    Tls,
    /// libvirt's test driver, inside this process.
    Test,
}

/// A hypervisor's address, as far as a node may name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    transport: Transport,
    /// For ssh only.
    user: Option<String>,
    /// A name or an address; IPv6 without brackets.
    host: Option<String>,
    port: Option<u16>,
    /// `/system` and the like; a file for the test driver.
    path: String,
}

/// What stands where a node names none.
pub const DEFAULT_URI: &str = "qemu+unix:///system";

const FORMS: &str = "it must be qemu:///system, qemu+unix:///system, qemu+ssh://[USER@]HOST[:PORT]/system, \
                     qemu+tcp://HOST[:PORT]/system, qemu+tls://HOST[:PORT]/system (or /session) or test:///default";

impl Transport {
    pub(super) const fn default_port(self) -> Option<u16> {
        match self {
            Self::Unix | Self::Test => None,
            Self::Ssh => Some(22),
            Self::Tcp => Some(16_509),
            Self::Tls => Some(16_514),
        }
    }

    /// Whether SASL can be spoken over it.
    pub(super) const fn has_sasl(self) -> bool {
        matches!(self, Self::Unix | Self::Tcp | Self::Tls)
    }
}

impl fmt::Display for Transport {
    /// The scheme of its URIs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unix => "qemu",
            Self::Ssh => "qemu+ssh",
            Self::Tcp => "qemu+tcp",
            Self::Tls => "qemu+tls",
            Self::Test => "test",
        })
    }
}

/// What is wrong, with the forms that there are. What was given is only repeated where no password can be in it.
fn wrong(why: impl fmt::Display) -> Error {
    Error::invalid(format!("{}: {why}; {FORMS}", Setting::LibvirtUri))
}

impl Uri {
    /// Takes a URI apart.
    ///
    /// # Errors
    /// InvalidParameterValue: it says anything else than a hypervisor's address; what, and what can be said instead.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong("it has no scheme and '://'"));
        };
        if let Some(odd) = text.chars().find(|it| !it.is_ascii_graphic() || matches!(it, '%' | '\\' | '"' | '\'' | '`'))
        {
            return Err(wrong(format_args!("it has the character {odd:?}, which no hypervisor's address needs")));
        }
        if rest.contains('#') {
            return Err(wrong("it has a fragment ('#')"));
        }
        if let Some((_, query)) = rest.split_once('?') {
            return Err(parameters(query));
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, format!("/{path}")),
            None => (rest, String::new()),
        };
        if path.contains('@') {
            return Err(wrong("there is a '@' behind its first '/': a password has no place in a URI"));
        }
        let (driver, transport) = match scheme.split_once('+') {
            Some((driver, transport)) => (driver, Some(transport)),
            None => (scheme, None),
        };
        let transport = match (driver, transport, authority.is_empty()) {
            ("test", None, true) => Transport::Test,
            ("qemu", None | Some("unix"), true) => Transport::Unix,
            // As libvirt has it.
            ("qemu", None | Some("tls"), false) => Transport::Tls,
            ("qemu", Some("tcp"), false) => Transport::Tcp,
            ("qemu", Some("ssh"), false) => Transport::Ssh,
            ("qemu", Some("unix"), false) => return Err(wrong("qemu+unix is this machine and has no host")),
            ("test", None, false) => return Err(wrong("the test driver has no host")),
            ("qemu", Some("ssh" | "tcp" | "tls"), true) => {
                return Err(wrong(format_args!("{scheme} needs a host")));
            }
            ("qemu", Some(other), _) => {
                return Err(wrong(format_args!("the transport '{}' is not allowed", shown(other))));
            }
            _ => return Err(wrong(format_args!("the scheme '{}' is not allowed", shown(scheme)))),
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(judged_user(user, transport)?), place),
            None => (None, authority),
        };
        let (host, port) = if authority.is_empty() { (None, None) } else { host_and_port(place)? };
        let port = port.filter(|port| Some(*port) != transport.default_port());
        Ok(Self { transport, user, host, port, path: judged_path(path, transport)? })
    }

    /// How it is reached.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    pub(super) const fn port(&self) -> Option<u16> {
        self.port
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is the test driver with domains from a file of this machine.
    #[must_use]
    pub fn reads_a_file(&self) -> bool {
        self.transport == Transport::Test && self.path != "/default"
    }

    /// Whether libvirt's library starts a daemon on this machine to reach it, if there is none.
    #[must_use]
    pub fn starts_a_daemon(&self) -> bool {
        self.transport == Transport::Unix && self.path == "/session"
    }

    /// What libvirt is given: the address and the `parameters` of the driver's own.
    #[cfg(any(test, feature = "libvirt"))]
    pub(super) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.to_string();
        for (number, (name, value)) in parameters.iter().enumerate() {
            uri.push(if number == 0 { '?' } else { '&' });
            uri.push_str(name);
            uri.push('=');
            escape(value, &mut uri);
        }
        uri
    }
}

impl fmt::Display for Uri {
    /// The same for the same hypervisor, however it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.transport)?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]")?,
            Some(host) => f.write_str(host)?,
            None => {}
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

/// Which parameter it is that nobody may give, and how to say what it was meant for.
fn parameters(query: &str) -> Error {
    let name = query.split(['&', ';', '=']).next().unwrap_or_default();
    let instead = match name {
        "keyfile" => "; a key is named by ssh_key_filename",
        "no_verify" => "; ssh_no_verify = true turns the check of ssh's host keys off",
        "pkipath" => "; [libvirt] pki_path of the configuration names a folder of certificates",
        _ => "",
    };
    // It may be the rest of a password.
    let name = if query.contains('@') { "******".to_owned() } else { shown(name) };
    wrong(format_args!("the parameter '{name}' is not allowed: a URI has no parameters here{instead}"))
}

fn judged_user(user: &str, transport: Transport) -> Result<String, Error> {
    if user.contains(':') {
        return Err(wrong("there is a password in it, or what looks like one: a password has no place in a URI"));
    }
    if transport != Transport::Ssh {
        return Err(wrong("a user is only named for qemu+ssh; with SASL it is sasl_username"));
    }
    // What begins with a hyphen would be an option of ssh.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if user.is_empty() || user.len() > 64 || user.starts_with('-') || !user.bytes().all(plain) {
        return Err(wrong(format_args!("'{}' is not the name of a user", shown(user))));
    }
    Ok(user.to_owned())
}

fn host_and_port(place: &str) -> Result<(Option<String>, Option<u16>), Error> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return Err(wrong("after the ']' there is no ':'")),
        },
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = match port {
        None => None,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Some(port),
            _ => return Err(wrong(format_args!("'{}' is no port from 1 to 65535", shown(text)))),
        },
    };
    match host.parse::<Host>() {
        Ok(Host::Ip(address)) => Ok((Some(address.to_string()), port)),
        Ok(Host::Name(name)) => Ok((Some(name.trim_end_matches('.').to_ascii_lowercase()), port)),
        Err(_) => Err(wrong(format_args!("'{}' is neither an IP address nor a host name", shown(host)))),
    }
}

fn judged_path(path: String, transport: Transport) -> Result<String, Error> {
    let allowed = match transport {
        // The file is judged by the configuration's list; `..` would get around it.
        Transport::Test => {
            !path.split('/').skip(1).any(|part| part.is_empty() || part == "." || part == "..") && path.len() > 1
        }
        _ => matches!(path.as_str(), "/system" | "/session"),
    };
    if allowed { Ok(path) } else { Err(wrong(format_args!("the path is '{}'", shown(&path)))) }
}

/// Writes `value` as it stands in a query (RFC 3986, section 2.1).
#[cfg(any(test, feature = "libvirt"))]
fn escape(value: &str, uri: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_hypervisor_has_one_spelling() {
        for (given, canonical) in [
            ("qemu:///system", "qemu:///system"),
            (DEFAULT_URI, "qemu:///system"),
            ("qemu:///session", "qemu:///session"),
            ("test:///default", "test:///default"),
            ("test:///etc/rackhand/bed.xml", "test:///etc/rackhand/bed.xml"),
            ("qemu+ssh://root@HV1.Example.org:22/system", "qemu+ssh://root@hv1.example.org/system"),
            ("qemu+ssh://hv1:2222/session", "qemu+ssh://hv1:2222/session"),
            ("qemu+tcp://192.0.2.7/system", "qemu+tcp://192.0.2.7/system"),
            ("qemu+tcp://[2001:DB8::1]:16509/system", "qemu+tcp://[2001:db8::1]/system"),
            ("qemu+tls://[2001:db8::1]:16509/system", "qemu+tls://[2001:db8::1]:16509/system"),
            ("qemu://hv1.example.org./system", "qemu+tls://hv1.example.org/system"),
        ] {
            let uri = Uri::parse(given).unwrap_or_else(|error| panic!("{given}: {error}"));
            assert_eq!(uri.to_string(), canonical, "{given}");
            assert_eq!(Uri::parse(canonical).as_ref(), Ok(&uri), "{given}");
        }
    }

    #[test]
    fn what_else_an_uri_can_say_is_refused_and_named() {
        for (given, word) in [
            ("qemu+ext:///system?command=/bin/sh", "parameter 'command'"),
            ("qemu+ext:///system", "transport 'ext'"),
            ("qemu+ext://hv/system", "transport 'ext'"),
            ("qemu+libssh2://hv/system", "transport 'libssh2'"),
            ("qemu+libssh://hv/system", "transport 'libssh'"),
            ("qemu+ssh://hv/system?netcat=/tmp/x", "parameter 'netcat'"),
            ("qemu+ssh://hv/system?socket=/run/x", "parameter 'socket'"),
            ("qemu+ssh://hv/system?command=/tmp/x", "parameter 'command'"),
            ("qemu+ssh://hv/system?keyfile=/etc/shadow", "ssh_key_filename"),
            ("qemu+ssh://hv/system?no_verify=1", "ssh_no_verify"),
            ("qemu+tls://hv/system?pkipath=/tmp", "pki_path"),
            ("qemu:///system?", "parameter ''"),
            ("qemu:///system?a=1&command=x", "parameter 'a'"),
            ("qemu:///system%3Fcommand=x", "'%'"),
            ("qemu:///system#x", "fragment"),
            ("qemu+ssh://-oProxyCommand=x/system", "neither an IP address"),
            ("qemu+ssh://-oProxyCommand@hv/system", "name of a user"),
            ("qemu+ssh://hv;x/system", "neither an IP address"),
            ("qemu+ssh://root:hunter2@hv/system", "password"),
            ("qemu+ssh://root:hunter2/x@hv/system", "password"),
            ("qemu+tcp://user@hv/system", "sasl_username"),
            ("qemu+ssh://@hv/system", "name of a user"),
            ("qemu+ssh://a@b@hv/system", "name of a user"),
            ("qemu+ssh:///system", "needs a host"),
            ("qemu+unix://hv/system", "no host"),
            ("test://hv/default", "no host"),
            ("qemu+ssh://hv:0/system", "port"),
            ("qemu+ssh://hv:+22/system", "port"),
            ("qemu+ssh://hv:65536/system", "port"),
            ("qemu+ssh://[::1/system", "port"),
            ("qemu+ssh://[::1]x/system", "after the ']'"),
            ("qemu:///embed", "path"),
            ("qemu:///system/../x", "path"),
            ("qemu://", "path"),
            ("test:///", "path"),
            ("test:///a/../../etc/shadow", "path"),
            ("lxc:///system", "scheme 'lxc'"),
            ("esx://hv/", "scheme 'esx'"),
            ("remote+ssh://hv/system", "scheme 'remote+ssh'"),
            ("QEMU:///system", "scheme 'QEMU'"),
            ("qemu:/system", "no scheme"),
            ("qemu:///sys tem", "' '"),
            ("qemu:///system\n", "'\\n'"),
            ("", "no scheme"),
        ] {
            let error = Uri::parse(given).map_or_else(|error| error.to_string(), |_| panic!("{given:?} is accepted"));
            assert!(error.contains(word) && error.contains("qemu:///system"), "{given:?}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn parameters_of_the_drivers_own_cannot_break_out() {
        let uri = Uri::parse("qemu+ssh://hv/system").unwrap();
        let made = uri.with(&[("keyfile", "/keys/a b&command=x?#%"), ("no_tty", "1")]);
        assert_eq!(made, "qemu+ssh://hv/system?keyfile=/keys/a%20b%26command%3Dx%3F%23%25&no_tty=1");
    }
}
