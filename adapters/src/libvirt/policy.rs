//! What the operator allows those who write driver_info.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use rackhand_core::operation::Setting;

use super::Error;
use super::error::shown;
use super::uri::{Transport, Uri};

/// What the operator allows those who write driver_info.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Patterns of the URIs that may be opened; unset: every one of the allowed forms, but for what `own_machine` is about.
    pub uris: Option<Vec<UriPattern>>,
    /// Folders below which keys for ssh may lie; unset: anywhere, for a person's own command.
    pub ssh_key_folders: Option<Vec<PathBuf>>,
    /// A folder with `cacert.pem`, `clientcert.pem` and `clientkey.pem`, instead of where libvirt looks for them.
    pub pki_path: Option<PathBuf>,
    /// Whether what touches this machine need not be on the list: a file of the test driver, which is read, and `qemu:///session`,
    /// for which libvirt's library starts a daemon. For a person's own command.
    pub own_machine: bool,
    /// Whether ssh's host keys are checked whatever a node says. One that is not checked is noted in known_hosts, and is then taken
    /// for the hypervisor's by all others.
    pub ssh_always_verify: bool,
}

/// A pattern of URIs, part by part: in each `*` and `?` stand for any characters but `/`, `[…]` for one of those between. A part that is
/// not in the pattern (user, port) must not be in the URI either.
#[derive(Clone, Debug, PartialEq)]
pub struct UriPattern {
    text: String,
    scheme: Pattern,
    user: Option<Pattern>,
    host: Pattern,
    port: Option<Pattern>,
    path: Pattern,
}

impl UriPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("'{text}' {why}");
        let part = |part: &str| Pattern::new(part).map_err(|error| wrong(&format!("is no pattern: {error}")));
        let whole = text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('/')?)));
        let Some((scheme, (authority, path))) = whole else {
            return Err(wrong("is no pattern of a URI, such as qemu+ssh://root@*.example.org/system"));
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        // Brackets are an address's only when they are all around it: [0-9] is a pattern.
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) if address.contains(':') => (Pattern::escape(address), rest.strip_prefix(':')),
            _ => match place.rsplit_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (place.to_owned(), None),
            },
        };
        // As libvirt has it, and as the URIs that it is held against are written.
        let scheme = match (scheme, authority.is_empty()) {
            ("qemu+unix", true) => "qemu",
            ("qemu", false) => "qemu+tls",
            (other, _) => other,
        };
        let usual = match scheme {
            "qemu+ssh" => Transport::Ssh.default_port(),
            "qemu+tcp" => Transport::Tcp.default_port(),
            "qemu+tls" => Transport::Tls.default_port(),
            _ => None,
        };
        let port = port.filter(|port| usual.map(|usual| usual.to_string()).as_deref() != Some(*port));
        Ok(Self {
            text: text.to_owned(),
            scheme: part(scheme)?,
            user: user.map(part).transpose()?,
            host: part(&host.to_ascii_lowercase())?,
            port: port.map(part).transpose()?,
            path: part(&format!("/{path}"))?,
        })
    }

    fn allows(&self, uri: &Uri) -> bool {
        let fits = |pattern: &Pattern, text: &str| {
            let options = MatchOptions {
                case_sensitive: true,
                require_literal_separator: true,
                require_literal_leading_dot: false,
            };
            pattern.matches_with(text, options)
        };
        let may = |pattern: &Option<Pattern>, text: Option<&str>| match (pattern, text) {
            (None, None) => true,
            (Some(pattern), Some(text)) => fits(pattern, text),
            // A pattern for anything takes nothing, too.
            (Some(pattern), None) => pattern.as_str() == "*",
            (None, Some(_)) => false,
        };
        fits(&self.scheme, &uri.transport().to_string())
            && may(&self.user, uri.user())
            && fits(&self.host, uri.host().unwrap_or_default())
            && may(&self.port, uri.port().map(|port| port.to_string()).as_deref())
            && fits(&self.path, uri.path())
    }
}

impl fmt::Display for UriPattern {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Policy {
    /// Judges a URI of the allowed forms.
    pub(super) fn judge_uri(&self, uri: &Uri) -> Result<(), Error> {
        match &self.uris {
            Some(patterns) if !patterns.iter().any(|pattern| pattern.allows(uri)) => Err(Error::invalid(format!(
                "{}: '{}' is not among the URIs that [libvirt] uris of the configuration allows",
                Setting::LibvirtUri,
                shown(&uri.to_string())
            ))),
            None if uri.reads_a_file() && !self.own_machine => Err(Error::invalid(format!(
                "{}: of the test driver only test:///default is allowed unless [libvirt] uris of the configuration names a file",
                Setting::LibvirtUri
            ))),
            None if uri.starts_a_daemon() && !self.own_machine => Err(Error::invalid(format!(
                "{}: of this machine only qemu:///system is allowed unless [libvirt] uris of the configuration names \
                 qemu:///session, for which libvirt may start a daemon",
                Setting::LibvirtUri
            ))),
            _ => Ok(()),
        }
    }

    /// Judges the path of a key for ssh, and gives the file that it really is.
    pub(super) fn judge_key(&self, given: &str) -> Result<PathBuf, Error> {
        let name = Setting::SshKeyFilename;
        let path = Path::new(given);
        let plain = |it: Component<'_>| matches!(it, Component::RootDir | Component::Normal(_));
        if !path.is_absolute() || !path.components().all(plain) || given.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "{name} must be an absolute path without '..', not '{}'",
                shown(given)
            )));
        }
        let outside = |folders: &[PathBuf]| {
            let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
            Error::invalid(format!(
                "{name} must lie below {} ([libvirt] ssh_key_folders of the configuration), not '{}'",
                if folders.is_empty() { "no folder".to_owned() } else { folders.join(" or ") },
                shown(given)
            ))
        };
        // Judged before anything is looked at: nobody learns from an error what files there are elsewhere.
        if let Some(folders) = &self.ssh_key_folders
            && !folders.iter().any(|folder| path.starts_with(folder) && path != folder)
        {
            return Err(outside(folders));
        }
        let real = path
            .canonicalize()
            .map_err(|error| Error::invalid(format!("{name}: '{}' cannot be used as a key: {error}", shown(given))))?;
        if let Some(folders) = &self.ssh_key_folders {
            // A link may lead out of the folder, and the folder itself may be one.
            let real_folders = folders.iter().filter_map(|folder| folder.canonicalize().ok());
            if !real_folders.into_iter().any(|folder| real.starts_with(folder)) {
                return Err(outside(folders));
            }
        }
        let data = real.metadata().map_err(|error| Error::invalid(format!("{name}: '{}': {error}", shown(given))))?;
        if !data.is_file() {
            return Err(Error::invalid(format!("{name}: '{}' is no file", shown(given))));
        }
        judge_use(&real, &data, given)?;
        Ok(real)
    }

    /// The folder of certificates, where the transport has any.
    pub(super) fn pki(&self, transport: Transport) -> Option<&Path> {
        self.pki_path.as_deref().filter(|_| transport == Transport::Tls)
    }
}

/// ssh passes over its user's own key if others may read it, and over one that it cannot read, and what it then says does not name
/// the reason.
#[cfg(unix)]
fn judge_use(real: &Path, data: &std::fs::Metadata, given: &str) -> Result<(), Error> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let name = Setting::SshKeyFilename;
    if let Err(error) = std::fs::File::open(real) {
        return Err(Error::invalid(format!("{name}: '{}' cannot be used as a key: {error}", shown(given))));
    }
    let mode = data.permissions().mode() & 0o777;
    // A key of another user, who lets this one's group read it, is none of ssh's business.
    let own = std::fs::metadata("/proc/self").map_or(data.uid(), |me| me.uid());
    if mode & 0o077 == 0 || (data.uid() != own && mode & 0o007 == 0) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{name}: '{}' may be read or written by others (mode {mode:04o}), and ssh does not use such a key: chmod 600",
        shown(given)
    )))
}

#[cfg(not(unix))]
fn judge_use(_: &Path, _: &std::fs::Metadata, _: &str) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(patterns: &[&str]) -> Policy {
        let patterns = patterns.iter().map(|text| UriPattern::new(text).unwrap()).collect();
        Policy { uris: Some(patterns), ..Policy::default() }
    }

    #[test]
    fn a_list_allows_what_is_on_it() {
        let allows = |patterns: &[&str], uri: &str| policy(patterns).judge_uri(&Uri::parse(uri).unwrap()).is_ok();
        let list = ["qemu+ssh://*@*.lab.example.org/system", "qemu+unix:///system", "test:///etc/rackhand/*.xml"];
        for uri in [
            "qemu+ssh://root@hv1.lab.example.org/system",
            "qemu+ssh://root@HV1.lab.example.org/system",
            "qemu:///system",
            "qemu+unix:///system",
            "test:///etc/rackhand/bed.xml",
        ] {
            assert!(allows(&list, uri), "{uri}");
        }
        for uri in [
            "qemu+ssh://root@hv1.lab.example.org/session",
            "qemu+ssh://root@hv1.lab.example.org.evil.test/system",
            "qemu:///session",
            "test:///default",
            "test:///etc/rackhand/more/bed.xml",
        ] {
            assert!(!allows(&list, uri), "{uri}");
        }
        // Each part is held against its own: what follows a user, or comes before a host, is not the host.
        for (pattern, uri, allowed) in [
            ("qemu+ssh://192.0.2.*/system", "qemu+ssh://192.0.2.1/system", true),
            ("qemu+ssh://192.0.2.*/system", "qemu+ssh://192.0.2.1@evil.test/system", false),
            ("qemu+ssh://hv*/system", "qemu+ssh://hv1@evil.test/system", false),
            ("qemu+ssh://*.example.org/system", "qemu+ssh://root@hv.example.org/system", false),
            ("qemu+ssh://*@*.example.org/system", "qemu+ssh://hv.example.org/system", true),
            ("qemu+ssh://hv*/system", "qemu+ssh://hv1:2222/system", false),
            ("qemu+ssh://hv*:*/system", "qemu+ssh://hv1:2222/system", true),
            ("qemu+ssh://hv*:*/system", "qemu+ssh://hv1/system", true),
            ("qemu+ssh://HV[0-9].Example.org:22/system", "qemu+ssh://hv1.example.org/system", true),
            ("qemu+ssh://HV[0-9].Example.org:22/system", "qemu+ssh://hv1.example.org:2222/system", false),
            ("qemu://hv/system", "qemu+tls://hv/system", true),
            ("qemu+tcp://[2001:db8::1]:16509/*", "qemu+tcp://[2001:db8::1]/session", true),
            ("qemu+tcp://[2001:db8::1]/*", "qemu+tcp://[2001:db8::2]/session", false),
        ] {
            assert_eq!(allows(&[pattern], uri), allowed, "{pattern} {uri}");
        }
        assert!(!allows(&[], "qemu:///system"), "an empty list allows nothing");
        let unset = Policy::default();
        assert!(unset.judge_uri(&Uri::parse("qemu+tcp://hv/system").unwrap()).is_ok());
        for uri in ["test:///etc/passwd", "qemu:///session", "qemu+unix:///session"] {
            let uri = Uri::parse(uri).unwrap();
            assert!(unset.judge_uri(&uri).unwrap_err().to_string().contains("[libvirt] uris"), "{uri}");
            let own = Policy { own_machine: true, ..Policy::default() };
            assert!(
                own.judge_uri(&uri).is_ok() && policy(&["*:///*", "test:///etc/*"]).judge_uri(&uri).is_ok(),
                "{uri}"
            );
        }
        assert!(unset.judge_uri(&Uri::parse("qemu+ssh://hv/session").unwrap()).is_ok());
        assert!(UriPattern::new("[").is_err() && UriPattern::new("qemu+ssh://hv[/system").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_lies_where_keys_may_lie() {
        use std::fs;
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        fs::create_dir(&keys).unwrap();
        let make = |path: &Path, mode: u32| {
            fs::write(path, "key").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        make(&keys.join("good"), 0o600);
        make(&keys.join("open"), 0o644);
        make(&keys.join("other"), 0o640);
        make(&keys.join("others"), 0o644);
        make(&folder.path().join("elsewhere"), 0o600);
        symlink(folder.path().join("elsewhere"), keys.join("link")).unwrap();
        let policy = Policy { ssh_key_folders: Some(vec![keys.clone()]), ..Policy::default() };
        let judge = |path: &Path| policy.judge_key(path.to_str().unwrap());
        let error = |path: &Path| judge(path).unwrap_err().to_string();
        assert_eq!(judge(&keys.join("good")), Ok(keys.join("good").canonicalize().unwrap()));
        assert!(error(&keys.join("open")).contains("0644"));
        // Who may give a key away is root, who may read all.
        let give = |name: &str| std::os::unix::fs::chown(keys.join(name), Some(12_345), None).is_ok();
        if give("other") && give("others") {
            assert!(judge(&keys.join("other")).is_ok() && error(&keys.join("others")).contains("0644"));
        }
        assert!(error(&keys.join("nothing")).contains("cannot be used"));
        assert!(error(&keys).contains("below"));
        // Whether it is there or not, and however it is come by: the same.
        for path in ["elsewhere", "nothing"].map(|name| folder.path().join(name)).into_iter().chain([keys.join("link")])
        {
            assert!(error(&path).contains("must lie below"), "{}", error(&path));
        }
        for path in [keys.join("../elsewhere"), PathBuf::from("keys/good"), PathBuf::new()] {
            assert!(error(&path).contains("absolute path"), "{}", error(&path));
        }
        let own = Policy::default();
        assert!(own.judge_key(folder.path().join("elsewhere").to_str().unwrap()).is_ok());
    }
}
