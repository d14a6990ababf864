//! WS-Management and its XML. What reads and writes documents here knows nothing of the code that it judges; the properties in
//! `tests` use it, too.

mod alone;
mod answers;
mod choices;
mod judge;
mod styles;
mod tree;
mod writer;

pub use answers::wsman_envelope;
pub use choices::Choices;
pub use judge::{judge, reads_as, theirs_reads_as, wsman_xml};
pub use styles::styled;
pub use tree::{Content, Name, Tree};
pub use writer::{by_our_writer, wsman_writer};

/// Names of namespaces that trees are made of; none is the first.
pub const NAMESPACES: [&str; 6] =
    ["", "urn:a", "urn:b?c=1&d='2'", "http://schemas.xmlsoap.org/ws/2004/08/addressing", "u\u{e4}\u{1F600}", "\"<>\t"];

/// The namespace of the prefix `xml`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// XML 1.0, production 3: S.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether XML has this character: XML 1.0, production 2.
#[must_use]
pub const fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
