//! What kinds of faults there are. SOAP 1.2 part 1, section 5.4; DSP0226, section 14.6; Intel AMT SDK, "Error Handling".

use core::fmt;

use serde::{Deserialize, Serialize};

use super::namespace::{ADDRESSING, ENUMERATION, TRANSFER, WSMAN};

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A header that must be understood was not.
    MustUnderstand,
    /// Something that SOAP does not name.
    Other,
    /// The service's.
    Receiver,
    /// The client's.
    Sender,
    /// Another version of SOAP.
    VersionMismatch,
}

impl FaultCode {
    /// All that SOAP names.
    pub const ALL: &'static [Self] = &[Self::MustUnderstand, Self::Receiver, Self::Sender, Self::VersionMismatch];

    /// SOAP's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MustUnderstand => "MustUnderstand",
            Self::Other => "another code",
            Self::Receiver => "Receiver",
            Self::Sender => "Sender",
            Self::VersionMismatch => "VersionMismatch",
        }
    }
}

macro_rules! subcodes {
    ($($name:ident $namespace:ident,)*) => {
        /// What the fault is, by the names of DSP0226, section 14.6.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[serde(rename_all = "snake_case")]
        pub enum Subcode {
            $(#[doc = concat!("`", stringify!($name), "`.")] $name,)*
            /// One that is not listed there.
            Other,
        }

        impl Subcode {
            /// All that have a name.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other => "another subcode",
                }
            }

            /// The namespace of the name.
            #[must_use]
            pub const fn namespace(self) -> &'static str {
                match self {
                    $(Self::$name => $namespace,)*
                    Self::Other => "",
                }
            }

        }
    };
}

subcodes! {
    AccessDenied WSMAN,
    ActionNotSupported ADDRESSING,
    AlreadyExists WSMAN,
    CannotProcessFilter ENUMERATION,
    Concurrency WSMAN,
    DestinationUnreachable ADDRESSING,
    EncodingLimit WSMAN,
    EndpointUnavailable ADDRESSING,
    InternalError WSMAN,
    InvalidEnumerationContext ENUMERATION,
    InvalidMessageInformationHeader ADDRESSING,
    InvalidParameter WSMAN,
    InvalidRepresentation TRANSFER,
    InvalidSelectors WSMAN,
    MessageInformationHeaderRequired ADDRESSING,
    QuotaLimit WSMAN,
    SchemaValidationError WSMAN,
    TimedOut WSMAN,
    UnsupportedFeature WSMAN,
}

/// The kind of a fault, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct FaultKind {
    /// Whose fault it is.
    pub code: FaultCode,
    /// What it is, if it says so.
    pub subcode: Option<Subcode>,
    /// AMT's own PT_STATUS.
    pub pt_status: Option<u32>,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if let Some(subcode) = self.subcode {
            write!(f, ", {}", subcode.as_str())?;
        }
        if let Some(status) = self.pt_status {
            write!(f, ", AMT-STATUS {status}")?;
        }
        Ok(())
    }
}
