//! Makes a document. XML 1.0, sections 2.4, 2.8 and 3.1.

use heapless::Vec;

use super::reader::MAX_DEPTH;
use crate::buffer::{Full, TxWriter};
use crate::digits::decimal;

/// A name as it is written: prefix, which may be empty, and local name.
type Name<'n> = (&'n str, &'n str);

/// A document that is being written. What it has written is balanced when as many elements were ended as were started. When
/// there is no more room it goes on in vain, and [`Writer::finish`] says so.
#[derive(Debug)]
pub struct Writer<'w, 'b, 'n> {
    to: &'w mut TxWriter<'b>,
    open: Vec<Name<'n>, MAX_DEPTH>,
    /// The last start tag has no end yet.
    in_tag: bool,
    /// Elements that there was no room to remember.
    lost: usize,
}

/// What stands for a character that is not written as it is.
const ESCAPES: [(u8, &str); 8] = [
    (b'&', "&amp;"),
    (b'<', "&lt;"),
    (b'>', "&gt;"),
    (b'"', "&quot;"),
    (b'\'', "&apos;"),
    // They would be read as other blanks.
    (b'\t', "&#9;"),
    (b'\n', "&#10;"),
    (b'\r', "&#13;"),
];

impl<'w, 'b, 'n> Writer<'w, 'b, 'n> {
    /// Appends a document to `to`, beginning with its declaration.
    #[must_use]
    pub fn document(to: &'w mut TxWriter<'b>) -> Self {
        let mut writer = Self { to, open: Vec::new(), in_tag: false, lost: 0 };
        writer.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        writer
    }

    /// Starts an element. The prefix is `""` for the default namespace; both must be names.
    pub fn start(&mut self, prefix: &'n str, local: &'n str) {
        self.end_of_tag();
        if self.open.push((prefix, local)).is_err() {
            self.lost = self.lost.saturating_add(1);
        }
        self.put("<");
        self.name(prefix, local);
        self.in_tag = true;
    }

    /// Declares a namespace in the start tag that was begun last. Without a prefix it is the default.
    pub fn namespace(&mut self, prefix: &str, uri: &str) {
        self.class(prefix, (uri, ""));
    }

    /// Declares the namespace of a class, whose URI is in two parts, in the start tag that was begun last.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn class(&mut self, prefix: &str, uri: (&str, &str)) {
        if prefix.is_empty() { self.two_parts("", "xmlns", uri) } else { self.two_parts("xmlns", prefix, uri) }
    }

    /// Gives the start tag that was begun last an attribute. Behind text it is left out.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn attribute(&mut self, prefix: &str, local: &str, value: &str) {
        self.two_parts(prefix, local, (value, ""));
    }

    fn two_parts(&mut self, prefix: &str, local: &str, value: (&str, &str)) {
        if self.in_tag {
            self.put(" ");
            self.name(prefix, local);
            self.put("=\"");
            self.escaped(value.0);
            self.escaped(value.1);
            self.put("\"");
        }
    }

    /// Appends text. A character that XML does not have becomes U+FFFD.
    pub fn text(&mut self, text: &str) {
        self.end_of_tag();
        self.escaped(text);
    }

    /// Appends a number.
    pub fn number(&mut self, number: u32) {
        self.end_of_tag();
        self.bytes(decimal(number).trim_ascii_start());
    }

    /// Ends the element that was started last. Without one it does nothing.
    pub fn end(&mut self) {
        let Some((prefix, local)) = self.open.pop() else { return };
        if self.in_tag {
            self.in_tag = false;
            self.put("/>");
        } else {
            self.put("</");
            self.name(prefix, local);
            self.put(">");
        }
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, prefix: &'n str, local: &'n str, text: &str) {
        self.start(prefix, local);
        self.text(text);
        self.end();
    }

    /// Whether all was written.
    ///
    /// # Errors
    /// [`Full`]: the buffer is too short, or elements are deeper than [`MAX_DEPTH`].
    pub fn finish(self) -> Result<(), Full> {
        self.to.went()?;
        if self.lost > 0 { Err(Full { needed: self.to.len().saturating_add(1) }) } else { Ok(()) }
    }

    fn end_of_tag(&mut self) {
        if self.in_tag {
            self.in_tag = false;
            self.put(">");
        }
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.put(prefix);
            self.put(":");
        }
        self.put(local);
    }

    fn put(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.to.add(bytes);
    }

    fn escaped(&mut self, text: &str) {
        // 0xEF begins U+FFFE and U+FFFF.
        let special = |byte: &u8| *byte < b' ' || *byte == 0xEF || ESCAPES.iter().any(|(special, _)| special == byte);
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let len = rest.iter().position(special).unwrap_or(rest.len());
            let (plain, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            self.bytes(plain);
            rest = match behind {
                [] => &[],
                [0xEF, 0xBF, 0xBE | 0xBF, behind @ ..] => {
                    self.put("\u{FFFD}");
                    behind
                }
                [byte, behind @ ..] => {
                    match ESCAPES.iter().find(|(special, _)| special == byte) {
                        Some((_, escape)) => self.put(escape),
                        None if *byte < b' ' => self.put("\u{FFFD}"),
                        None => self.bytes(&[*byte]),
                    }
                    behind
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document() {
        let mut buffer = [0; 256];
        let mut to = TxWriter::new(&mut buffer);
        let mut writer = Writer::document(&mut to);
        writer.start("s", "a");
        writer.namespace("s", "urn:x");
        writer.attribute("", "n", "a\"b\t<");
        writer.leaf("", "b", "1 & 2\u{1}\u{e4}\u{FFFE}\u{FFFF}\u{FF01}");
        writer.start("s", "c");
        writer.number(4096);
        writer.end();
        writer.start("s", "d");
        for _ in 0..3 {
            writer.end();
        }
        writer.finish().unwrap();
        let len = to.len();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:a xmlns:s=\"urn:x\" n=\"a&quot;b&#9;&lt;\">\
                        <b>1 &amp; 2\u{FFFD}\u{e4}\u{FFFD}\u{FFFD}\u{FF01}</b><s:c>4096</s:c><s:d/></s:a>";
        assert_eq!(core::str::from_utf8(&buffer[..len]), Ok(expected));
    }

    #[test]
    fn what_it_had_no_room_for() {
        let mut buffer = [0; 42];
        let mut to = TxWriter::new(&mut buffer);
        let mut writer = Writer::document(&mut to);
        writer.leaf("", "abc", "d");
        writer.leaf("", "e", "");
        assert_eq!(writer.finish(), Err(Full { needed: 43 }));
        let mut buffer = [0; 1024];
        let mut to = TxWriter::new(&mut buffer);
        let mut writer = Writer::document(&mut to);
        for _ in 0..=MAX_DEPTH {
            writer.start("", "a");
        }
        assert!(writer.finish().is_err());
    }
}
