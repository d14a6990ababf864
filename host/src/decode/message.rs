//! A message that was found, and its fields.

use rackhand_core::ParseErrorKind;
use rackhand_core::describe::{Field, Value};
use rackhand_core::dxp::{Hello, Seen, Tap};
use rackhand_core::ethernet::Frame;
use rackhand_core::wol::{ETHERTYPE, Matches};

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
    let mut message = magic_packet(frame.payload, origin)?;
    message.remark = Some(format!("EtherType 0842h, from {} to {}", frame.source, frame.destination));
    Some(message)
}

/// Whether a client that sends this speaks DxP.
pub(super) fn is_dxp(bytes: &[u8]) -> bool {
    Hello::parse(bytes).is_ok()
}

/// Whether it may still turn out to.
pub(super) fn may_be_dxp(bytes: &[u8]) -> bool {
    Hello::parse(bytes).is_err_and(|error| error.kind == ParseErrorKind::Truncated)
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
                let remark = Some(format!("{} bytes that are no DxP: {error}", unread.len()));
                unread.clear();
                messages.push(Message { origin: origin.to_owned(), name: None, fields: Vec::new(), remark });
            }
        }
    }
}
