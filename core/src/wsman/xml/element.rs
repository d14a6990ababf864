//! Elements and their names. XML 1.0, section 3; Namespaces in XML 1.0, section 4.

use super::text::Text;
use crate::input::{ParseError, ParseErrorKind};

/// A name, resolved.
#[derive(Clone, Copy, Debug)]
pub struct QName<'a> {
    pub(in crate::wsman) namespace: Text<'a>,
    pub(in crate::wsman) local: &'a [u8],
}

impl<'a> QName<'a> {
    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local.as_bytes() && self.namespace.is(namespace)
    }

    /// The namespace; empty when it is in none.
    #[must_use]
    pub const fn namespace(&self) -> Text<'a> {
        self.namespace
    }

    /// The name within its namespace.
    #[must_use]
    pub fn local(&self) -> &'a str {
        core::str::from_utf8(self.local).unwrap_or("")
    }
}

/// An element that was gone into.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Offset of its start tag.
    pub at: u32,
    /// Its name.
    pub name: QName<'a>,
    /// Offset of what its start tag has behind the name.
    pub(super) attributes: u32,
}

impl<'a> Element<'a> {
    /// Whether it has this name.
    #[must_use]
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.name.is(namespace, local)
    }

    /// Its name within `namespace`; empty when it is in another. For whoever knows several names of one namespace.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(in crate::wsman) fn within(&self, namespace: &str) -> &'a [u8] {
        if self.name.namespace.is(namespace) { self.name.local } else { b"" }
    }

    /// The error that it is not what was expected.
    #[must_use]
    pub const fn unexpected(&self) -> ParseError {
        ParseError { at: self.at, kind: ParseErrorKind::Unexpected }
    }
}
