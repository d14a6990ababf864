//! Why a driver fails.

use std::fmt;

use rackhand_adapters::libvirt;
use rackhand_core::operation::{self, ErrorKind};

/// Why a driver fails, in words that name what is wrong and what is allowed. No secret is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DriverError {
    kind: ErrorKind,
    name: &'static str,
    text: String,
    left_armed: bool,
    boot_device_used: bool,
}

impl DriverError {
    const fn new(kind: ErrorKind, name: &'static str, text: String) -> Self {
        Self { kind, name, text, left_armed: false, boot_device_used: false }
    }

    /// A setting or an argument that is missing, in words of the driver's own.
    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parameters, "MissingParameterValue", text.into())
    }

    /// A setting or an argument that holds what it must not, in words of the driver's own.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parameters, "InvalidParameterValue", text.into())
    }

    /// A protocol that this program was built without, with how to get it.
    #[cfg(not(feature = "libvirt"))]
    pub(crate) fn not_in_this_build(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, "NotInThisBuild", text.into())
    }

    /// A BMC that is not asked, since it is known what it would say.
    pub(crate) fn known_beforehand(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, "IPMIFailure", text.into())
    }

    /// Any kind.
    #[cfg(test)]
    pub(crate) fn of(kind: ErrorKind, text: &str) -> Self {
        Self::new(kind, "StandIn", text.to_owned())
    }

    /// The same, which leaves a boot device armed.
    #[cfg(test)]
    pub(crate) fn armed(self) -> Self {
        Self { left_armed: true, ..self }
    }

    /// The same, of a start that was accepted.
    #[cfg(test)]
    pub(crate) fn with_boot_device_used(self) -> Self {
        Self { boot_device_used: true, ..self }
    }

    /// A fault of the program.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        // How far it came, nobody knows.
        Self { left_armed: true, ..Self::new(ErrorKind::Internal, "Internal", text.into()) }
    }

    /// The daemon had to end before it was done.
    pub(crate) fn stopped() -> Self {
        Self::internal("the service was stopped before it was done")
    }

    /// The same, with the device that it is about.
    pub(crate) fn at(self, device: Option<&str>) -> Self {
        match (device, self.kind) {
            (Some(device), ErrorKind::Access | ErrorKind::NoContact | ErrorKind::Failed) => {
                Self { text: format!("{device}: {}", self.text), ..self }
            }
            _ => self,
        }
    }

    /// The same, with what was being done.
    pub(crate) fn context(self, what: &str) -> Self {
        Self { text: format!("{what}: {}", self.text), ..self }
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
        self.sent_nothing() || self.is_access()
    }

    /// Whether it was found before anything was sent.
    pub(crate) const fn sent_nothing(&self) -> bool {
        matches!(self.kind, ErrorKind::Parameters | ErrorKind::Unsupported)
    }

    /// Whether the device let nobody in: asking again could lock an account out.
    pub(crate) const fn is_access(&self) -> bool {
        matches!(self.kind, ErrorKind::Access)
    }

    /// Whether a boot device that the action brought along may be armed still.
    pub(crate) const fn left_armed(&self) -> bool {
        self.left_armed
    }

    /// Whether a start from the boot device that the action brought along was accepted, or may have been.
    pub(crate) const fn boot_device_used(&self) -> bool {
        self.boot_device_used
    }

    /// A word for metrics.
    pub(crate) const fn label(&self) -> &'static str {
        match self.kind {
            ErrorKind::Parameters => "parameters",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Access => "access",
            ErrorKind::NoContact => "no_contact",
            ErrorKind::Failed => "failed",
            _ => "internal",
        }
    }
}

impl From<operation::Error> for DriverError {
    fn from(error: operation::Error) -> Self {
        let kind = error.kind();
        let (left_armed, boot_device_used) = match error {
            operation::Error::Amt { left_armed, boot_device_used, .. } => (left_armed, boot_device_used),
            // It may have happened half way.
            _ => (matches!(kind, ErrorKind::Internal), false),
        };
        Self { kind, name: error.name(), text: error.to_string(), left_armed, boot_device_used }
    }
}

impl From<libvirt::Error> for DriverError {
    fn from(error: libvirt::Error) -> Self {
        Self::new(error.kind(), error.name(), error.to_string())
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for DriverError {}
