//! Why libvirt did not do what it was asked to.

use std::fmt;

use rackhand_core::operation::{ErrorKind, Setting};

/// Why it failed, in words that name what is wrong and what is allowed. No secret is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    name: &'static str,
    text: String,
}

impl Error {
    fn new(kind: ErrorKind, name: &'static str, text: impl Into<String>) -> Self {
        Self { kind, name, text: in_a_line(text.into()) }
    }

    /// A setting that must be there and is not, or a port.
    pub(super) fn missing(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parameters, "MissingParameterValue", text)
    }

    /// What is wrong in words of its own.
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parameters, "InvalidParameterValue", text)
    }

    /// A setting that does not hold what it may; `got` is what it holds, unless that is a secret.
    pub(super) fn setting(setting: Setting, got: &str) -> Self {
        let got = if setting.is_secret() { "******".into() } else { shown(got) };
        Self::invalid(format!("{setting} must be {}, not '{got}'", setting.allowed()))
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The error's name, Ironic's or the staging drivers' where they have one.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// What comes of connections.
#[cfg(feature = "libvirt")]
impl Error {
    /// There is no such domain.
    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, "NodeNotFound", text)
    }

    /// The hypervisor cannot do that.
    pub(super) fn unsupported(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, "UnsupportedDriverExtension", text)
    }

    /// The hypervisor, or ssh on the way to it, lets nobody in.
    pub(super) fn access(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Access, "LibvirtError", text)
    }

    /// Nobody answers.
    pub(super) fn no_contact(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NoContact, "LibvirtError", text)
    }

    /// The hypervisor was asked and refused, or did something else.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, "LibvirtError", text)
    }

    /// A fault of this program.
    pub(super) fn internal(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "Internal", text)
    }

    /// The same, with what was being done.
    #[must_use]
    pub(super) fn context(self, what: &str) -> Self {
        Self { text: in_a_line(format!("{what}: {}", self.text)), ..self }
    }
}

/// As it may go into a log, an answer and a terminal: what a hypervisor says, or a banner of ssh's other side, may be anything.
fn in_a_line(text: String) -> String {
    const MOST: usize = 1_000;

    if text.len() <= MOST && !text.chars().any(char::is_control) {
        return text;
    }
    let text = text.trim();
    let mut line: String = text.chars().take(MOST).map(|it| if it.is_control() { ' ' } else { it }).collect();
    if text.chars().nth(MOST).is_some() {
        line.push('…');
    }
    line
}

/// What was given, cut to what a line has room for.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(64).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", cut.escape_debug())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_said_an_error_is_a_line_of_bounded_length() {
        let text = |said: &str| Error::missing(said).to_string();
        assert_eq!(
            text("end of file\n2026-11-30 INFO \u{1b}[31mforged\r\n"),
            "end of file 2026-11-30 INFO  [31mforged"
        );
        assert_eq!((text("Gerät"), text("a\u{85}b")), ("Gerät".to_owned(), "a b".to_owned()));
        let long = text(&"ä".repeat(5_000));
        assert!(long.chars().count() == 1_001 && long.ends_with("ä…"), "{long}");
    }
}
