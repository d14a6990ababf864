//! Elements and their names. XML 1.0, section 3; Namespaces in XML 1.0, section 4.

use super::text::Text;
use crate::input::{Bytes, ParseError, ParseErrorKind};

/// A name, resolved.
#[derive(Clone, Copy, Debug)]
pub struct QName<'a> {
    pub(super) namespace: Text<'a>,
    pub(super) local: &'a [u8],
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
    /// What its start tag has behind the name.
    pub(super) attributes: Bytes<'a>,
}

impl Element<'_> {
    /// Whether it has this name.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.name.is(namespace, local)
    }

    /// The error that it is not what was expected.
    #[must_use]
    pub const fn unexpected(&self) -> ParseError {
        ParseError { at: self.at, kind: ParseErrorKind::Unexpected }
    }
}
