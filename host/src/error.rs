//! Why a request to the daemon fails: Ironic's errors by name, text and status, in one place (ironic-api.md, section 3).

use std::fmt;

use axum::http::StatusCode;
use rackhand_core::operation::ErrorKind;
use uuid::Uuid;

use crate::driver::DriverError;
use crate::store::StoreError;

/// Why a request fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// No node by this name or UUID.
    NodeNotFound(String),
    /// No port by this UUID.
    PortNotFound(String),
    /// No such hardware type here.
    DriverNotFound(String),
    /// No conductor of this name.
    ConductorNotFound(String),
    /// A driver that no conductor has, given for a node. The second is what there is.
    NoValidHost(String, String),
    /// Another node has the name.
    DuplicateName(String),
    /// Another node has the UUID.
    NodeAlreadyExists(Uuid),
    /// Another node has the instance.
    InstanceAssociated { instance: Uuid, node: String },
    /// Another port has the address.
    MacAlreadyExists(String),
    /// Another port has the UUID.
    PortAlreadyExists(Uuid),
    /// Somebody works on the node.
    NodeLocked { node: String, host: String },
    /// Not a MAC address.
    InvalidMac(String),
    /// Not a UUID.
    InvalidUuid { name: &'static str, text: String },
    /// A name that no node may have.
    InvalidName(String),
    /// A wrong value, in words that name it.
    InvalidParameterValue(String),
    /// A missing value, in words that name it.
    MissingParameterValue(String),
    /// An argument of the body that is missing.
    MandatoryParameterMissing { name: &'static str, why: String },
    /// What a body does not have to have, or lacks, in the words of a JSON schema.
    Schema { what: &'static str, wrong: String },
    /// Arguments of a query that the resource does not take.
    UnexpectedArguments(String),
    /// Not in this state of the node.
    InvalidStateRequested { action: String, node: String, state: String },
    /// The driver cannot do that.
    UnsupportedPower { driver: String, state: &'static str },
    /// The driver has no such interface.
    UnsupportedInterface { driver: String, extension: &'static str },
    /// An implementation that the hardware type does not have, or that is not enabled.
    InterfaceNotFound { interface: &'static str, name: String, driver: String, has: String },
    /// No such device to boot from.
    InvalidBootDevice(String),
    /// No such vendor method.
    NoHandler(String),
    /// A vendor method with another verb.
    MethodVerb { method: String, verb: String },
    /// A field of a patch that is not for clients.
    CannotPatch { path: String, allowed: String },
    /// A patch that does not fit the resource.
    CannotApplyPatch { patch: String, reason: String },
    /// The body is not what it must be.
    BadBody(String),
    /// The node is protected from being deleted.
    Protected(String),
    /// More than the microversion of the request offers.
    NotAcceptable(String),
    /// The device failed during a call that waits for it.
    Device(String),
    /// The queue for work is full.
    Busy,
    /// The daemon is about to end.
    Stopping,
    /// The store could not keep it.
    Store(String),
}

impl Error {
    /// The status of the answer.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NodeNotFound(_) | Self::PortNotFound(_) | Self::DriverNotFound(_) | Self::ConductorNotFound(_) => {
                StatusCode::NOT_FOUND
            }
            Self::DuplicateName(_)
            | Self::NodeAlreadyExists(_)
            | Self::InstanceAssociated { .. }
            | Self::MacAlreadyExists(_)
            | Self::PortAlreadyExists(_)
            | Self::NodeLocked { .. } => StatusCode::CONFLICT,
            Self::NoValidHost(..)
            | Self::InvalidMac(_)
            | Self::InvalidUuid { .. }
            | Self::InvalidName(_)
            | Self::InvalidParameterValue(_)
            | Self::MissingParameterValue(_)
            | Self::MandatoryParameterMissing { .. }
            | Self::Schema { .. }
            | Self::UnexpectedArguments(_)
            | Self::InvalidStateRequested { .. }
            | Self::UnsupportedPower { .. }
            | Self::UnsupportedInterface { .. }
            | Self::InterfaceNotFound { .. }
            | Self::InvalidBootDevice(_)
            | Self::NoHandler(_)
            | Self::MethodVerb { .. }
            | Self::CannotPatch { .. }
            | Self::CannotApplyPatch { .. }
            | Self::BadBody(_) => StatusCode::BAD_REQUEST,
            Self::Protected(_) => StatusCode::FORBIDDEN,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::Device(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Stopping | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeNotFound(node) => write!(f, "Node {node} could not be found."),
            Self::PortNotFound(port) => write!(f, "Port {port} could not be found."),
            Self::DriverNotFound(name) => {
                write!(f, "Could not find the following driver(s) or hardware type(s): {name}.")
            }
            Self::ConductorNotFound(name) => write!(f, "Conductor {name} could not be found."),
            Self::NoValidHost(driver, has) => write!(
                f,
                "No valid host was found. Reason: No conductor service registered which supports driver {driver} for \
                 conductor group \"\". This one has {has}."
            ),
            Self::DuplicateName(name) => write!(f, "A node with name {name} already exists."),
            Self::NodeAlreadyExists(uuid) => write!(f, "A node with UUID {uuid} already exists."),
            Self::InstanceAssociated { instance, node } => {
                write!(
                    f,
                    "Instance {instance} is already associated with a node, it cannot be associated with this other node {node}"
                )
            }
            Self::MacAlreadyExists(mac) => write!(f, "A port with MAC address {mac} already exists."),
            Self::PortAlreadyExists(uuid) => write!(f, "A port with UUID {uuid} already exists."),
            Self::NodeLocked { node, host } => write!(
                f,
                "Node {node} is locked by host {host}, please retry after the current operation is completed."
            ),
            Self::InvalidMac(text) => write!(f, "Expected valid MAC address for address: {text}"),
            Self::InvalidUuid { name, text } => write!(f, "Expected UUID for {name}: {text}"),
            Self::InvalidName(name) => write!(f, "Cannot create node with invalid name '{name}'"),
            Self::InvalidParameterValue(text)
            | Self::MissingParameterValue(text)
            | Self::BadBody(text)
            | Self::NotAcceptable(text)
            | Self::Device(text) => f.write_str(text),
            Self::MandatoryParameterMissing { name, why } => write!(f, "Missing mandatory parameter: {name}{why}"),
            Self::Schema { what, wrong } => write!(f, "Schema error for {what}: {wrong}"),
            Self::UnexpectedArguments(names) => write!(f, "Unexpected arguments: {names}"),
            Self::InvalidStateRequested { action, node, state } => write!(
                f,
                "The requested action \"{action}\" can not be performed on node \"{node}\" while it is in state \
                 \"{state}\"."
            ),
            Self::UnsupportedPower { driver, state } => {
                write!(f, "The driver {driver} does not support the power state, {state}")
            }
            Self::UnsupportedInterface { driver, extension } => {
                write!(f, "Driver {driver} does not support {extension} (disabled or not implemented).")
            }
            Self::InterfaceNotFound { interface, name, driver, has } => write!(
                f,
                "{interface} interface implementation '{name}' is not supported by hardware type {driver}, or not \
                 enabled. It has {has}."
            ),
            Self::InvalidBootDevice(device) => write!(f, "Invalid boot device {device} specified."),
            Self::NoHandler(method) => write!(f, "No handler for method {method}"),
            Self::MethodVerb { method, verb } => write!(f, "The method {method} does not support HTTP {verb}"),
            Self::CannotPatch { path, allowed } => {
                write!(f, "Cannot patch {path}. Only the following can be updated: {allowed}")
            }
            Self::CannotApplyPatch { patch, reason } => write!(f, "Couldn't apply patch '{patch}'. Reason: {reason}"),
            Self::Protected(node) => {
                write!(f, "Node {node} is protected and cannot be undeployed, rebuilt or deleted.")
            }
            Self::Busy => f.write_str(
                "Requested action cannot be performed due to lack of free conductor workers: the queue is full.",
            ),
            Self::Stopping => f.write_str("The service is being stopped and takes no more work."),
            Self::Store(text) => write!(f, "The database could not keep the change, and nothing was changed: {text}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<DriverError> for Error {
    /// What a driver says of settings before anything is sent.
    fn from(error: DriverError) -> Self {
        match error.kind() {
            ErrorKind::Parameters if error.name() == "MissingParameterValue" => {
                Self::MissingParameterValue(error.to_string())
            }
            ErrorKind::Parameters | ErrorKind::Unsupported => Self::InvalidParameterValue(error.to_string()),
            _ => Self::Device(error.to_string()),
        }
    }
}
