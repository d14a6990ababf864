//! The database's URL, in SQLAlchemy's spelling.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

/// What there is to say about a URL; the URL itself is never shown, since that of another database holds a password.
const ALLOWED: &str = "there is SQLite only, given as sqlite:///absolute/path";

/// An SQLite file: `sqlite:///` and its path.
///
/// In SQLAlchemy three slashes begin a relative path and four an absolute one. A daemon has no directory that a path could
/// be relative to, so both spellings give the same absolute path: `sqlite:////var/lib/x.sqlite` and
/// `sqlite:///var/lib/x.sqlite` are `/var/lib/x.sqlite`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Connection(PathBuf);

impl Connection {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl FromStr for Connection {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once(':') else { return Err(format!("this is no URL; {ALLOWED}")) };
        if scheme != "sqlite" {
            // Only what can be a scheme is repeated: the rest may be a password.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
            return Err(if scheme.len() <= 40 && scheme.bytes().all(plain) && rest.starts_with("//") {
                format!("there is no database of the kind '{scheme}'; {ALLOWED}")
            } else {
                format!("this is no URL of a database; {ALLOWED}")
            });
        }
        let Some(path) = rest.strip_prefix("///") else { return Err(format!("a slash is missing; {ALLOWED}")) };
        if path.contains(['?', '\0']) {
            return Err(format!("nothing may follow the path; {ALLOWED}"));
        }
        let path = path.trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') || path == ":memory:" {
            return Err(format!("the path of a file is missing; {ALLOWED}"));
        }
        Ok(Self(Path::new("/").join(path)))
    }
}

/// The file's place unless configured, from the environment.
pub(super) fn default_path(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    const FILE: &str = "rackhand.sqlite";
    // What is relative is passed over: so the XDG base directories have it, and the rest of them means nothing to a daemon.
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let directory = |name| env(name).map(PathBuf::from).and_then(absolute);
    // systemd gives a list with colons when the unit names several.
    let state = env("STATE_DIRECTORY").and_then(|list| std::env::split_paths(&list).next()).and_then(absolute);
    state
        .or_else(|| directory("XDG_STATE_HOME").map(|it| it.join("rackhand")))
        .or_else(|| directory("HOME").map(|it| it.join(".local/state/rackhand")))
        .map(|it| it.join(FILE))
}
