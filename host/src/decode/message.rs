//! A message that was found, and its fields.

use rackhand_core::describe::{Field, Value};
use rackhand_core::dxp::{Hello, Request, Seen, Tap};
use rackhand_core::ethernet::{Frame, Mac};
use rackhand_core::wol::{ETHERTYPE, Matches};
use rackhand_core::{ParseError, ParseErrorKind};

/// A field, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) name: &'static str,
    pub(super) section: &'static str,
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) value: String,
}

impl From<Field<'_>> for Shown {
    fn from(field: Field<'_>) -> Self {
        let value = match field.value {
            Value::Bytes(bytes) => hex::encode(bytes),
            Value::Hidden => rackhand_core::secret::HIDDEN.to_owned(),
            Value::Number(number, "") => number.to_string(),
            Value::Number(number, words) => format!("{number} ({words})"),
            Value::Text(text) => format!("\"{}\"", text.escape_ascii()),
            _ => "?".to_owned(),
        };
        Self { name: field.name, section: field.section, at: field.at, len: field.len, value }
    }
}

/// A message, or bytes that nobody here knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// When and between whom, where the recording tells.
    pub(super) origin: String,
    /// Protocol and message, or nothing.
    pub(super) name: Option<String>,
    pub(super) fields: Vec<Shown>,
    /// What is to be said beyond the fields.
    pub(super) remark: Option<String>,
}

impl Message {
    /// No message, but something that is to be said.
    pub(super) fn remark(origin: String, remark: String) -> Self {
        Self { origin, remark: Some(remark), ..Self::default() }
    }
}

/// The magic packet in a payload.
pub(super) fn magic_packet(payload: &[u8], origin: &str) -> Option<Message> {
    let found = Matches::new(payload).next()?;
    let mut fields = Vec::new();
    found.describe(&mut |field| fields.push(field.into()));
    let name = Some(format!("Wake-on-LAN magic packet for {}", found.mac));
    Some(Message { origin: origin.to_owned(), name, fields, remark: None })
}

/// The magic packet in a bare frame of Wake-on-LAN's own type.
pub(super) fn magic_frame(frame: &[u8], origin: &str) -> Option<Message> {
    let frame = Frame::parse(frame).ok().filter(|frame| frame.ethertype == ETHERTYPE)?;
    in_bare_frame(frame.payload, Some((frame.source, frame.destination)), origin)
}

/// The magic packet in what such a frame carries; from whom and to whom, where the recording tells.
pub(super) fn in_bare_frame(payload: &[u8], between: Option<(Mac, Mac)>, origin: &str) -> Option<Message> {
    let mut message = magic_packet(payload, origin)?;
    let between = between.map(|(source, destination)| format!(", from {source} to {destination}"));
    message.remark = Some(format!("EtherType {ETHERTYPE:04X}h{}", between.unwrap_or_default()));
    Some(message)
}

/// How a connection of DxP may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With the client's hello.
    Hello,
    /// With a request: what came before was not recorded.
    Request,
    /// It may still turn out to be one of these.
    Unknown,
    /// With something else: this is no client that speaks DxP.
    Other,
}

impl Beginning {
    /// How a direction that begins with these bytes begins.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let truncated = |error: &ParseError| error.kind == ParseErrorKind::Truncated;
        match (Hello::parse(bytes), Request::parse(bytes)) {
            (Ok(_), _) => Self::Hello,
            (_, Ok(_)) => Self::Request,
            (Err(hello), Err(request)) if truncated(&hello) || truncated(&request) => Self::Unknown,
            _ => Self::Other,
        }
    }

    /// Who follows a connection that begins so, if it is one.
    pub(super) fn tap(self) -> Option<Tap> {
        let mut tap = Tap::new();
        match self {
            Self::Hello => {}
            // A tap wants to have heard a hello; this one was missed.
            Self::Request => drop(tap.client(b"hello-000", &mut |_| {})),
            Self::Unknown | Self::Other => return None,
        }
        Some(tap)
    }
}

/// Takes whole messages from the front of one direction of a DxP connection.
pub(super) fn dxp(tap: &mut Tap, from_client: bool, unread: &mut Vec<u8>, origin: &str, messages: &mut Vec<Message>) {
    while !unread.is_empty() {
        let mut fields = Vec::new();
        let mut sink = |field: Field<'_>| fields.push(field.into());
        let seen = if from_client { tap.client(unread, &mut sink) } else { tap.device(unread, &mut sink) };
        match seen {
            Seen::Message(name, len) => {
                unread.drain(..len.min(unread.len()));
                let name = Some(format!("DxP {name}"));
                messages.push(Message { origin: origin.to_owned(), name, fields, remark: None });
            }
            Seen::Incomplete => return,
            Seen::NotDxp(error) => {
                let remark = format!("no DxP in {}: {error}", counted(unread.len()));
                unread.clear();
                messages.push(Message::remark(origin.to_owned(), remark));
            }
        }
    }
}

/// What is said of bytes with which a direction ends and that are no whole message.
pub(super) fn cut_short(unread: &mut Vec<u8>, origin: &str) -> Option<Message> {
    let len = std::mem::take(unread).len();
    (len > 0).then(|| Message::remark(origin.to_owned(), format!("{}: the message ends too early", counted(len))))
}

/// So many bytes, in words.
pub(super) fn counted(bytes: usize) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}
