//! Makes a document. XML 1.0, sections 2.4, 2.8 and 3.1.

use heapless::Vec;

use super::reader::MAX_DEPTH;
use super::reference::is_character;
use crate::buffer::{Full, TxWriter};
use crate::digits::decimal;

/// A name as it is written: prefix, which may be empty, and local name.
type Name<'n> = (&'n str, &'n str);

/// A document that is being written. What it has written is balanced when as many elements were ended as were started.
#[derive(Debug)]
pub struct Writer<'w, 'b, 'n> {
    to: &'w mut TxWriter<'b>,
    open: Vec<Name<'n>, MAX_DEPTH>,
    /// The last start tag has no end yet.
    in_tag: bool,
}

impl<'w, 'b, 'n> Writer<'w, 'b, 'n> {
    /// Appends a document to `to`, beginning with its declaration.
    ///
    /// # Errors
    /// [`Full`], as in all that follows: the buffer is too short, or elements are deeper than [`MAX_DEPTH`].
    pub fn document(to: &'w mut TxWriter<'b>) -> Result<Self, Full> {
        to.put(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        Ok(Self { to, open: Vec::new(), in_tag: false })
    }

    /// Starts an element. The prefix is `""` for the default namespace; both must be names.
    ///
    /// # Errors
    /// [`Full`].
    pub fn start(&mut self, prefix: &'n str, local: &'n str) -> Result<(), Full> {
        self.end_of_tag()?;
        self.open.push((prefix, local)).map_err(|_| Full { needed: self.to.len().saturating_add(1) })?;
        self.to.put(b"<")?;
        self.name(prefix, local)?;
        self.in_tag = true;
        Ok(())
    }

    /// Declares a namespace in the start tag that was begun last. Without a prefix it is the default.
    ///
    /// # Errors
    /// [`Full`].
    pub fn namespace(&mut self, prefix: &str, uri: &str) -> Result<(), Full> {
        if prefix.is_empty() { self.attribute("", "xmlns", uri) } else { self.attribute("xmlns", prefix, uri) }
    }

    /// Declares the namespace of a class, whose URI is in two parts, in the start tag that was begun last.
    ///
    /// # Errors
    /// [`Full`].
    pub fn class(&mut self, prefix: &str, (base, class): (&str, &str)) -> Result<(), Full> {
        if !self.in_tag {
            return Ok(());
        }
        self.to.put(b" xmlns:")?;
        self.to.put(prefix.as_bytes())?;
        self.to.put(b"=\"")?;
        self.escaped(base)?;
        self.escaped(class)?;
        self.to.put(b"\"")
    }

    /// Gives the start tag that was begun last an attribute. Behind text it is left out.
    ///
    /// # Errors
    /// [`Full`].
    pub fn attribute(&mut self, prefix: &str, local: &str, value: &str) -> Result<(), Full> {
        if !self.in_tag {
            return Ok(());
        }
        self.to.put(b" ")?;
        self.name(prefix, local)?;
        self.to.put(b"=\"")?;
        self.escaped(value)?;
        self.to.put(b"\"")
    }

    /// Appends text. A character that XML does not have becomes U+FFFD.
    ///
    /// # Errors
    /// [`Full`].
    pub fn text(&mut self, text: &str) -> Result<(), Full> {
        self.end_of_tag()?;
        self.escaped(text)
    }

    /// Appends a number.
    ///
    /// # Errors
    /// [`Full`].
    pub fn number(&mut self, number: u32) -> Result<(), Full> {
        self.end_of_tag()?;
        self.to.put(decimal(number).trim_ascii_start())
    }

    /// Ends the element that was started last. Without one it does nothing.
    ///
    /// # Errors
    /// [`Full`].
    pub fn end(&mut self) -> Result<(), Full> {
        let Some((prefix, local)) = self.open.pop() else { return Ok(()) };
        if self.in_tag {
            self.in_tag = false;
            return self.to.put(b"/>");
        }
        self.to.put(b"</")?;
        self.name(prefix, local)?;
        self.to.put(b">")
    }

    /// An element that holds only text.
    ///
    /// # Errors
    /// [`Full`].
    pub fn leaf(&mut self, prefix: &'n str, local: &'n str, text: &str) -> Result<(), Full> {
        self.start(prefix, local)?;
        self.text(text)?;
        self.end()
    }

    fn end_of_tag(&mut self) -> Result<(), Full> {
        if self.in_tag {
            self.in_tag = false;
            self.to.put(b">")?;
        }
        Ok(())
    }

    fn name(&mut self, prefix: &str, local: &str) -> Result<(), Full> {
        if !prefix.is_empty() {
            self.to.put(prefix.as_bytes())?;
            self.to.put(b":")?;
        }
        self.to.put(local.as_bytes())
    }

    fn escaped(&mut self, text: &str) -> Result<(), Full> {
        if text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
            return self.to.put(text.as_bytes());
        }
        for character in text.chars() {
            match character {
                '&' => self.to.put(b"&amp;")?,
                '<' => self.to.put(b"&lt;")?,
                '>' => self.to.put(b"&gt;")?,
                '"' => self.to.put(b"&quot;")?,
                '\'' => self.to.put(b"&apos;")?,
                // They would be read as other blanks.
                '\t' => self.to.put(b"&#9;")?,
                '\n' => self.to.put(b"&#10;")?,
                '\r' => self.to.put(b"&#13;")?,
                other => {
                    let other = if is_character(other) { other } else { '\u{FFFD}' };
                    self.to.put(other.encode_utf8(&mut [0; 4]).as_bytes())?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document() {
        let mut buffer = [0; 256];
        let mut to = TxWriter::new(&mut buffer);
        let mut writer = Writer::document(&mut to).unwrap();
        writer.start("s", "a").unwrap();
        writer.namespace("s", "urn:x").unwrap();
        writer.attribute("", "n", "a\"b\t<").unwrap();
        writer.leaf("", "b", "1 & 2\u{1}\u{e4}").unwrap();
        writer.start("s", "c").unwrap();
        writer.number(4096).unwrap();
        writer.end().unwrap();
        writer.start("s", "d").unwrap();
        for _ in 0..3 {
            writer.end().unwrap();
        }
        let len = to.len();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:a xmlns:s=\"urn:x\" n=\"a&quot;b&#9;&lt;\">\
                        <b>1 &amp; 2\u{FFFD}\u{e4}</b><s:c>4096</s:c><s:d/></s:a>";
        assert_eq!(core::str::from_utf8(&buffer[..len]), Ok(expected));
    }
}
