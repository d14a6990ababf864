//! A small HTTP client, which shows a broken connection as what it is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::process::tells_secret;

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(45);

/// An answer of the daemon.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The words of an error.
    #[track_caller]
    pub(crate) fn fault(&self) -> String {
        let text = self.json()["error_message"].as_str().map(str::to_owned).unwrap_or_default();
        let inner: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        inner["faultstring"].as_str().map(str::to_owned).unwrap_or_default()
    }
}

/// One connection.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The bytes of a request.
    pub(crate) fn request(method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let len = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: rackhand\r\nX-OpenStack-Ironic-API-Version: 1.82\r\n\
             Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads the next answer. Whatever it is, it tells no secret.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let nonsense = || io::Error::from(io::ErrorKind::InvalidData);
        let mut first = String::new();
        if self.0.read_line(&mut first)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(nonsense)?;
        let (mut head, mut len) = (first, 0);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                len = number.trim().parse().map_err(|_| nonsense())?;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; len];
        self.0.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(|_| nonsense())?;
        assert!(!tells_secret(&head) && !tells_secret(&body), "an answer tells a secret: {head}{body}");
        Ok(Answer { status, body })
    }

    /// Reads until the daemon closes the connection.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        self.send(&Self::request(method, path, body))?;
        self.answer()
    }
}
