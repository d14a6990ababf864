//! Why a driver fails.

use std::fmt;

use rackhand_core::operation::{self, ErrorKind};

/// Why a driver fails, in words that name what is wrong and what is allowed. No secret is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DriverError {
    kind: ErrorKind,
    name: &'static str,
    text: String,
}

impl DriverError {
    /// A setting that is missing, in words of the driver's own.
    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Parameters, name: "MissingParameterValue", text: text.into() }
    }

    /// Any kind.
    #[cfg(test)]
    pub(crate) fn of(kind: ErrorKind, text: &str) -> Self {
        Self { kind, name: "StandIn", text: text.to_owned() }
    }

    /// A fault of the program.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Internal, name: "Internal", text: text.into() }
    }

    /// The daemon had to end before it was done.
    pub(crate) fn stopped() -> Self {
        Self::internal("the service was stopped before it was done")
    }

    /// The same, with the device that it is about.
    pub(crate) fn at(self, device: Option<&str>) -> Self {
        match (device, self.kind) {
            (Some(device), ErrorKind::NoContact | ErrorKind::Failed) => {
                Self { text: format!("{device}: {}", self.text), ..self }
            }
            _ => self,
        }
    }

    /// What kind of failure it is.
    pub(crate) const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Ironic's name of the error where it has one.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether asking again changes nothing before a person has acted.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self.kind, ErrorKind::Parameters | ErrorKind::Unsupported)
    }

    /// A word for metrics.
    pub(crate) const fn label(&self) -> &'static str {
        match self.kind {
            ErrorKind::Parameters => "parameters",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::NoContact => "no_contact",
            ErrorKind::Failed => "failed",
            _ => "internal",
        }
    }
}

impl From<operation::Error> for DriverError {
    fn from(error: operation::Error) -> Self {
        Self { kind: error.kind(), name: error.name(), text: error.to_string() }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for DriverError {}
