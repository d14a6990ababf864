//! Looks on while a client and a device speak DxP, and names the fields of what they say: answers carry neither a number
//! nor a type, so what they mean follows from the request before them. Chapter "DxP Protocol".

use crate::describe::{Field, Sink, Value};
use crate::dxp::wire::{Command, Hello, HelloAnswer, RelayState, Request, Status};
use crate::{ParseError, ParseErrorKind};

/// What a message that was seen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not whole yet.
    Incomplete,
    /// A whole message: its name in the specification, and its bytes.
    Message(&'static str, usize),
    /// No DxP; nothing more can be made of this direction.
    NotDxp(ParseError),
}

/// Follows one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tap {
    greeted: bool,
    /// What the device has to answer.
    pending: Option<Pending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Hello,
    /// A request, and how many bytes of states have come in answer to it.
    Request(Command, usize),
}

impl Tap {
    /// Nothing was said yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { greeted: false, pending: None }
    }

    /// Names the fields of what the client says next.
    pub fn client(&mut self, bytes: &[u8], sink: Sink<'_>) -> Seen {
        let parsed = if self.greeted {
            Request::parse(bytes).map(|(request, rest)| {
                request.describe(0, sink);
                self.pending = Some(Pending::Request(request.command, 0));
                (request.command.name(), rest)
            })
        } else {
            Hello::parse(bytes).map(|(Hello, rest)| {
                self.greeted = true;
                self.pending = Some(Pending::Hello);
                let len = Hello::LEN;
                let value = Value::Text(b"hello-000");
                sink(Field { name: "hello", section: "DxP Protocol, Session", at: 0, len, value });
                ("Hello", rest)
            })
        };
        match parsed {
            Ok((name, rest)) => Seen::Message(name, bytes.len().saturating_sub(rest.len())),
            Err(ParseError { kind: ParseErrorKind::Truncated, .. }) => Seen::Incomplete,
            Err(error) => Seen::NotDxp(error),
        }
    }

    /// Names the fields of what the device says next.
    pub fn device(&mut self, bytes: &[u8], sink: Sink<'_>) -> Seen {
        if bytes.is_empty() {
            return Seen::Incomplete;
        }
        match self.pending {
            None => Seen::NotDxp(ParseError { at: 0, kind: ParseErrorKind::TooLong }),
            Some(Pending::Hello) => {
                let Ok((answer, _)) = HelloAnswer::parse(bytes) else { return Seen::Incomplete };
                self.pending = None;
                let (section, len) = ("DxP Protocol, Session", HelloAnswer::LEN);
                let value = Value::Number(u32::from(answer.sequence), "");
                sink(Field { name: "initial sequence", section, at: 0, len, value });
                Seen::Message("Hello answer", len)
            }
            Some(Pending::Request(command @ (Command::GetRelays(_) | Command::GetInputs(_)), seen)) => {
                self.pending = Some(Pending::Request(command, seen.saturating_add(bytes.len())));
                let (name, section, message) = match (command, seen) {
                    (Command::GetInputs(_), 0) => ("input", "DxP Protocol, Get Inputs", "Get Inputs answer"),
                    (Command::GetInputs(_), _) => ("input", "DxP Protocol, Get Inputs", "Get Inputs answer, continued"),
                    (_, 0) => ("relay", "DxP Protocol, Get Relays", "Get Relays answer"),
                    (_, _) => ("relay", "DxP Protocol, Get Relays", "Get Relays answer, continued"),
                };
                states(name, section, seen, bytes, sink);
                Seen::Message(message, bytes.len())
            }
            Some(Pending::Request(..)) => {
                let Ok((Status(code), _)) = Status::parse(bytes) else { return Seen::Incomplete };
                self.pending = None;
                let word = if code == 0 { "success" } else { "failure" };
                let (section, value) = ("DxP Protocol, Change Relay", Value::Number(u32::from(code), word));
                sink(Field { name: "status", section, at: 0, len: Status::LEN, value });
                Seen::Message("Status", Status::LEN)
            }
        }
    }
}

/// The number of states is the device's secret, so whatever comes until the next request belongs to the answer; `seen` of
/// them came before.
fn states(name: &'static str, section: &'static str, seen: usize, bytes: &[u8], sink: Sink<'_>) {
    for (at, byte) in (seen..).zip(bytes) {
        let word = match RelayState::from_byte(*byte) {
            RelayState::Off => "off",
            RelayState::On => "on",
            RelayState::Unknown(_) => "unknown",
        };
        sink(Field { name, section, at, len: 1, value: Value::Number(u32::from(*byte), word) });
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::buffer::TxWriter;
    use crate::dxp::{ChangeRelay, Credentials};

    #[test]
    fn follows_a_session_and_hides_the_password() {
        let mut lines = Vec::<String>::new();
        let mut sink = |field: Field<'_>| lines.push(format!("{} {:?}", field.name, field.value));
        let mut tap = Tap::new();
        assert_eq!(tap.client(b"hello", &mut sink), Seen::Incomplete);
        assert_eq!(tap.client(b"hello-000", &mut sink), Seen::Message("Hello", 9));
        assert_eq!(tap.device(&[0xd2], &mut sink), Seen::Incomplete);
        assert_eq!(tap.device(&[0xd2, 0x04], &mut sink), Seen::Message("Hello answer", 2));

        let mut bytes = [0; Request::MAX_LEN];
        let mut writer = TxWriter::new(&mut bytes);
        let command = Command::ChangeRelay(ChangeRelay { relay: 2, state: 1 });
        let credentials = Credentials::new("admin", "hunter2").unwrap();
        Request { credentials, sequence: 1235, command }.emit(&mut writer).unwrap();
        let len = writer.len();
        assert_eq!(tap.client(bytes.get(..len).unwrap(), &mut sink), Seen::Message("Change Relay", 49));
        assert_eq!(tap.device(&[0], &mut sink), Seen::Message("Status", 1));
        assert!(matches!(tap.device(&[0], &mut sink), Seen::NotDxp(_)), "nothing was asked");

        let all = lines.join("\n");
        assert!(all.contains("initial sequence Number(1234") && all.contains("password Hidden"), "{all}");
        assert!(!all.contains("hunter2"), "{all}");
    }
}
