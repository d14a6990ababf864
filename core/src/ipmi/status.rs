//! Status codes of a session's opening. IPMI 2.0, section 13.24, table 13-15.

use core::fmt;

macro_rules! statuses {
    ($($name:ident $number:literal $words:literal,)*) => {
        /// What the messages that open a session say of the one before.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum Status {
            $(#[doc = concat!($words, ".")] $name,)*
            /// One that the table does not have.
            Other(u8),
        }

        impl Status {
            /// Of a number on the wire.
            #[must_use]
            pub const fn of(number: u8) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Other(number) => number,
                }
            }
        }

        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($words),)*
                    Self::Other(number) => write!(f, "status {number:02X}h"),
                }
            }
        }
    };
}

statuses! {
    Ok 0x00 "no errors",
    NoResources 0x01 "insufficient resources to create a session",
    InvalidSessionId 0x02 "invalid session id",
    InvalidPayloadType 0x03 "invalid payload type",
    InvalidAuthentication 0x04 "invalid authentication algorithm",
    InvalidIntegrity 0x05 "invalid integrity algorithm",
    NoMatchingAuthentication 0x06 "no matching authentication payload",
    NoMatchingIntegrity 0x07 "no matching integrity payload",
    InactiveSessionId 0x08 "inactive session id",
    InvalidRole 0x09 "invalid role",
    UnauthorizedRole 0x0A "unauthorized role or privilege level requested",
    NoResourcesForRole 0x0B "insufficient resources to create a session at the requested role",
    InvalidNameLength 0x0C "invalid name length",
    UnauthorizedName 0x0D "unauthorized name",
    UnauthorizedGuid 0x0E "unauthorized GUID",
    InvalidIntegrityCheckValue 0x0F "invalid integrity check value",
    InvalidConfidentiality 0x10 "invalid confidentiality algorithm",
    NoCipherSuite 0x11 "no cipher suite match with proposed security algorithms",
    IllegalParameter 0x12 "illegal or unrecognized parameter",
}
