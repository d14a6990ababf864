//! Answers as bytes, and how their bodies end (RFC 9112).

use rackhand_core::buffer::TxWriter;
use rackhand_core::http::{BodyFraming, ResponseHead, chunk, last_chunk};

/// How the body of an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// With the last of several chunks.
    #[default]
    Chunked,
    /// With the connection.
    CloseDelimited,
    /// After as many bytes as HTTP/1.0 says; the connection is not kept.
    Http10,
    /// After as many bytes as it says.
    Length,
}

/// Bytes of the body in a chunk.
const CHUNK: usize = 700;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) framing: Framing,
    /// The connection is not kept, and the answer says so.
    pub(super) close: bool,
}

impl Answer {
    /// A page for people.
    pub(super) fn page(status: u16, words: &str) -> Self {
        let body = format!(
            "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" ><html><head><link rel=stylesheet \
             href=/styles.css><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"><title>Intel&reg; \
             Active Management Technology</title></head><body><h1>{words}</h1></body></html>"
        );
        Self {
            status,
            fields: vec![("Content-Type", "text/html".to_owned())],
            body: body.into_bytes(),
            framing: Framing::Length,
            close: true,
        }
    }

    /// An envelope.
    pub(super) fn envelope(status: u16, text: String, framing: Framing, close: bool) -> Self {
        let fields = vec![("Content-Type", "application/soap+xml; charset=UTF-8".to_owned())];
        Self { status, fields, body: text.into_bytes(), framing, close }
    }

    /// Whether the connection ends behind it.
    pub(super) const fn closes(&self) -> bool {
        self.close || matches!(self.framing, Framing::CloseDelimited | Framing::Http10)
    }

    /// All of it, and where the body begins.
    pub(super) fn bytes(&self) -> (Vec<u8>, usize) {
        let framing = match self.framing {
            Framing::Chunked => BodyFraming::Chunked,
            Framing::CloseDelimited => BodyFraming::Close,
            Framing::Http10 | Framing::Length => {
                BodyFraming::Length(u32::try_from(self.body.len()).unwrap_or(u32::MAX))
            }
        };
        let mut fields: Vec<(&str, &str)> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if self.close && self.framing != Framing::CloseDelimited {
            fields.insert(0, ("Connection", "close"));
        }
        let head = ResponseHead { status: self.status, framing, fields: &fields };
        // Room for all of it: a chunk has less than 16 bytes of its own.
        let mut buffer = vec![0; 4096 + self.body.len() + 16 * (self.body.len() / CHUNK + 2)];
        let mut w = TxWriter::new(&mut buffer);
        let _ = head.emit(&mut w);
        let begin = w.len();
        if self.framing == Framing::Chunked {
            for part in self.body.chunks(CHUNK) {
                let _ = chunk(part, &mut w);
            }
            let _ = last_chunk(&mut w);
        } else {
            let _ = w.put(&self.body);
        }
        let len = w.len();
        buffer.truncate(len);
        if self.framing == Framing::Http10
            && let Some(version) = buffer.get_mut(..8)
        {
            version.copy_from_slice(b"HTTP/1.0");
        }
        (buffer, begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(framing: Framing, close: bool) -> String {
        let body = "x".repeat(CHUNK + 1);
        String::from_utf8(Answer::envelope(200, body, framing, close).bytes().0).unwrap()
    }

    #[test]
    fn bodies_end_as_they_should() {
        let chunked = text(Framing::Chunked, false);
        assert!(chunked.starts_with("HTTP/1.1 200 OK\r\n") && chunked.contains("\r\n\r\n02BC\r\nxx"), "{chunked}");
        assert!(chunked.ends_with("x\r\n0001\r\nx\r\n0\r\n\r\n") && !chunked.contains("Connection"), "{chunked}");
        let length = text(Framing::Length, true);
        assert!(length.contains("Connection: close\r\n") && length.contains("Content-Length: 701\r\n"), "{length}");
        let close = text(Framing::CloseDelimited, true);
        assert!(close.matches("Connection: close").count() == 1 && !close.contains("Length"), "{close}");
        assert!(text(Framing::Http10, false).starts_with("HTTP/1.0 200 OK\r\n"));
    }
}
