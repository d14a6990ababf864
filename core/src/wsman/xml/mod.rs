//! The XML that WS-Management is made of: Extensible Markup Language 1.0 (fifth edition) and Namespaces in XML 1.0, without
//! document types. A [`Reader`] pulls elements out of a document, a [`Writer`] makes one.

mod cursor;
mod element;
mod find;
mod name;
mod reader;
mod reference;
mod text;
mod writer;

pub use cursor::MAX_NAME;
pub use element::{Element, QName};
pub use reader::{MAX_ATTRIBUTES, MAX_BINDINGS, MAX_DEPTH, MAX_DOCUMENT, MAX_NAMESPACE, Reader};
pub use text::{Octets, Text};
pub use writer::Writer;

#[cfg(test)]
extern crate std;
#[cfg(test)]
mod tests;
