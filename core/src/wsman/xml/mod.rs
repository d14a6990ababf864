//! The XML that WS-Management is made of: Extensible Markup Language 1.0 (fifth edition) and Namespaces in XML 1.0, without
//! document types. A [`Reader`] pulls elements out of a document, a [`Writer`] makes one.

mod name;
mod reader;
mod reference;
mod tag;
mod text;
mod writer;

pub use reader::{Element, MAX_ATTRIBUTES, MAX_BINDINGS, MAX_DEPTH, MAX_DOCUMENT, QName, Reader};
pub use text::{Characters, Text};
pub use writer::Writer;
