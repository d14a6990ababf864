//! Why a definition cannot be read or changed.

use std::fmt;

use rackhand_core::operation::BootDevice;

use super::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_LEN};

/// Why a definition cannot be read or changed.
///
/// Names of elements and attributes are in it and nothing else of the definition: there are passwords in those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefinitionError {
    /// There are boot orders of both kinds; libvirt takes one of them.
    BothOrders,
    /// A document type declaration: libvirt writes none.
    DocumentType,
    /// The domain starts a kernel that the hypervisor loads, whatever its boot devices are.
    Kernel,
    /// An element that must be there is not.
    Missing {
        /// Its name.
        element: &'static str,
        /// The one that it belongs in.
        within: &'static str,
    },
    /// The domain has no device of the kind that its definition could put first.
    NoDevice(BootDevice),
    /// The outermost element is not `<domain>`.
    NotADomain,
    /// No XML.
    NotWellFormed {
        /// The place, in bytes.
        at: u64,
    },
    /// No numbers are left above those of the boot order.
    NumbersExhausted,
    /// The same boot order is given to two devices.
    SameOrder {
        /// The number.
        order: u32,
    },
    /// An element has too many attributes.
    TooManyAttributes,
    /// There are too many elements.
    TooManyElements,
    /// Elements lie too deep in each other.
    TooDeep,
    /// The text is too long.
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// An element that can be there once is there again.
    Twice {
        /// Its name.
        element: &'static str,
        /// The one that it is in.
        within: &'static str,
    },
    /// A virtual machine cannot be told to start from this.
    Unsupported(BootDevice),
    /// An attribute is missing, or has a value that it cannot have.
    Value {
        /// The element.
        element: &'static str,
        /// Its attribute.
        attribute: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BothOrders => f.write_str(
                "the definition has boot elements both in <os> and in devices: libvirt allows one kind, take one away",
            ),
            Self::DocumentType => f.write_str("the definition has a document type declaration: libvirt writes none"),
            Self::Kernel => f.write_str(
                "the definition has a <kernel> in <os>, which is started directly: no boot device has an effect, take it away",
            ),
            Self::Missing { element, within } => {
                write!(f, "the definition has no <{element}> in <{within}>")
            }
            Self::NoDevice(device) => write!(
                f,
                "the definition orders single devices (<boot order='…'/>), and none of them can be the boot device {device}: \
                 add one to the domain"
            ),
            Self::NotADomain => f.write_str("the definition is not one of a domain: its outermost element is not <domain>"),
            Self::NotWellFormed { at } => write!(f, "the definition is not well-formed XML at byte {at}"),
            Self::NumbersExhausted => {
                f.write_str("the attribute order of <boot> is too large to leave room for one more: number them from 1")
            }
            Self::SameOrder { order } => write!(f, "two devices of the definition have the boot order {order}: one may"),
            Self::TooManyAttributes => {
                write!(f, "an element of the definition has more than {MAX_ATTRIBUTES} attributes")
            }
            Self::TooManyElements => write!(f, "the definition has more than {MAX_ELEMENTS} elements that matter"),
            Self::TooDeep => write!(f, "the elements of the definition lie deeper than {MAX_DEPTH} in each other"),
            Self::TooLong { len } => write!(f, "the definition has {len} bytes: at most {MAX_LEN} are read"),
            Self::Twice { element, within } => {
                write!(f, "the definition has more than one <{element}> in <{within}>: one is allowed")
            }
            Self::Unsupported(device) => {
                write!(f, "a domain of libvirt cannot start from {device}: allowed are cdrom, disk, pxe")
            }
            Self::Value { element, attribute, allowed } => {
                write!(f, "the attribute {attribute} of <{element}> is missing or wrong: allowed is {allowed}")
            }
        }
    }
}

impl std::error::Error for DefinitionError {}
