//! A whole request, client to device: header and payload. Chapter "DxP Protocol", section "Header".

use nom::Parser;

use super::{ChangeRelay, ChangeRelays, Class, Credentials, GetInputs, GetRelays, Header, Keepalive, PulseRelay};
use crate::ParseError;
use crate::buffer::{Full, TxWriter};
use crate::describe::{Field, Sink, Value};
use crate::input::{Bytes, ParseErrorKind, Parsed, front};

/// The commands that an iBoot knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Switch one relay.
    ChangeRelay(ChangeRelay),
    /// Switch several relays.
    ChangeRelays(ChangeRelays),
    /// Read every input.
    GetInputs(GetInputs),
    /// Read every relay.
    GetRelays(GetRelays),
    /// A sign of life.
    Keepalive(Keepalive),
    /// Put a relay into a state for a while.
    PulseRelay(PulseRelay),
}

impl Command {
    /// The command's name in the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChangeRelay(_) => "Change Relay",
            Self::ChangeRelays(_) => "Change Relays",
            Self::GetInputs(_) => "Get Inputs",
            Self::GetRelays(_) => "Get Relays",
            Self::Keepalive(_) => "Keepalive",
            Self::PulseRelay(_) => "Pulse Relay",
        }
    }

    const fn class_and_descriptor(self) -> (Class, u8) {
        match self {
            Self::ChangeRelay(_) => (Class::Io, ChangeRelay::DESCRIPTOR),
            Self::ChangeRelays(_) => (Class::Io, ChangeRelays::DESCRIPTOR),
            Self::GetInputs(_) => (Class::Io, GetInputs::DESCRIPTOR),
            Self::GetRelays(_) => (Class::Io, GetRelays::DESCRIPTOR),
            Self::Keepalive(_) => (Class::Keepalive, Keepalive::DESCRIPTOR),
            Self::PulseRelay(_) => (Class::Io, PulseRelay::DESCRIPTOR),
        }
    }

    fn parse(class: Class, descriptor: u8, input: Bytes<'_>) -> Parsed<'_, Self> {
        match (class, descriptor) {
            (Class::Io, ChangeRelay::DESCRIPTOR) => ChangeRelay::parse.map(Self::ChangeRelay).parse(input),
            (Class::Io, ChangeRelays::DESCRIPTOR) => ChangeRelays::parse.map(Self::ChangeRelays).parse(input),
            (Class::Io, GetRelays::DESCRIPTOR) => Ok((input, Self::GetRelays(GetRelays))),
            (Class::Io, GetInputs::DESCRIPTOR) => Ok((input, Self::GetInputs(GetInputs))),
            (Class::Io, PulseRelay::DESCRIPTOR) => PulseRelay::parse.map(Self::PulseRelay).parse(input),
            (Class::Keepalive, Keepalive::DESCRIPTOR) => Ok((input, Self::Keepalive(Keepalive))),
            _ => Err(nom::Err::Error(ParseError { at: Header::DESCRIPTOR_AT, kind: ParseErrorKind::BadValue })),
        }
    }

    fn emit(self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        match self {
            Self::ChangeRelay(it) => it.emit(writer),
            Self::ChangeRelays(it) => it.emit(writer),
            Self::PulseRelay(it) => it.emit(writer),
            // The header says it all.
            Self::GetInputs(_) | Self::GetRelays(_) | Self::Keepalive(_) => Ok(()),
        }
    }
}

/// A request as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks, in clear text.
    pub credentials: Credentials,
    /// One more than the number of the device's last answer, modulo 65536.
    pub sequence: u16,
    /// What is asked.
    pub command: Command,
}

impl Request {
    /// Bytes of the shortest requests: those that are only a head.
    pub const MIN_LEN: usize = Header::LEN;
    /// Bytes of the longest request, Change Relays.
    pub const MAX_LEN: usize = Header::LEN + 32;

    /// Reads a request and returns what follows it.
    ///
    /// # Errors
    /// [`ParseError`]: truncated while bytes are still missing, else the place of what no iBoot knows.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        front(bytes, |input| {
            let (input, header) = Header::parse(input)?;
            let (input, command) = Command::parse(header.class, header.descriptor, input)?;
            Ok((input, Self { credentials: header.credentials, sequence: header.sequence, command }))
        })
    }

    /// Writes the request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter than the message.
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        Self::put(&self.credentials, self.sequence, self.command, writer)
    }

    /// Writes a request without owning who asks: copies of a password are to be wiped, and better not made.
    pub(in crate::dxp) fn put(
        credentials: &Credentials,
        sequence: u16,
        command: Command,
        writer: &mut TxWriter<'_>,
    ) -> Result<(), Full> {
        let (class, descriptor) = command.class_and_descriptor();
        Header::put(class, credentials, descriptor, sequence, writer)?;
        command.emit(writer)
    }

    /// Names the fields; `base` is where the request began in what is described.
    pub fn describe(&self, base: usize, sink: Sink<'_>) {
        let (class, descriptor) = self.command.class_and_descriptor();
        let mut put = |name, section, at: usize, len, value| {
            sink(Field { name, section, at: base.saturating_add(at), len, value });
        };
        let header = "DxP Protocol, Header";
        let class_name = if class == Class::Io { "I/O" } else { "keepalive" };
        put("command class", header, 0, 1, Value::Number(u32::from(class.code()), class_name));
        put("user name", header, 1, 21, Value::Text(self.credentials.user().as_bytes()));
        put("password", header, 22, 21, Value::Hidden);
        put("descriptor", header, 43, 1, Value::Number(u32::from(descriptor), self.command.name()));
        put("parameter", header, 44, 1, Value::Number(0, "reserved"));
        put("sequence", header, 45, 2, Value::Number(u32::from(self.sequence), ""));
        match self.command {
            Command::ChangeRelay(ChangeRelay { relay, state }) => {
                let section = "DxP Protocol, Change Relay";
                put("relay", section, 47, 1, Value::Number(u32::from(relay), ""));
                put("state", section, 48, 1, Value::Number(u32::from(state), state_name(state)));
            }
            Command::PulseRelay(PulseRelay { relay, state, width_seconds }) => {
                let section = "DxP Protocol, Pulse Relay";
                put("relay", section, 47, 1, Value::Number(u32::from(relay), ""));
                put("state", section, 48, 1, Value::Number(u32::from(state), state_name(state)));
                put("width", section, 49, 2, Value::Number(u32::from(width_seconds), "seconds"));
            }
            Command::ChangeRelays(ChangeRelays { states }) => {
                put("states", "DxP Protocol, Change Relays", 47, 32, Value::Bytes(&states));
            }
            Command::GetInputs(_) | Command::GetRelays(_) | Command::Keepalive(_) => {}
        }
    }
}

/// The state as python-iboot found it; the manuals have other numbers.
const fn state_name(state: u8) -> &'static str {
    match state {
        0 => "off (manuals: keep)",
        1 => "on",
        2 => "keep (manuals: off)",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParseErrorKind::{BadValue, Truncated};

    const COMMANDS: [Command; 6] = [
        Command::ChangeRelay(ChangeRelay { relay: 2, state: 1 }),
        Command::ChangeRelays(ChangeRelays { states: [2; 32] }),
        Command::GetInputs(GetInputs),
        Command::GetRelays(GetRelays),
        Command::Keepalive(Keepalive),
        Command::PulseRelay(PulseRelay { relay: 1, state: 0, width_seconds: 300 }),
    ];

    #[test]
    fn both_ways_and_each_truncation() {
        for command in COMMANDS {
            let credentials = Credentials::new("admin", "sécret").unwrap();
            let request = Request { credentials, sequence: 0xFFFE, command };
            let mut bytes = [0; Request::MAX_LEN];
            let mut writer = TxWriter::new(&mut bytes);
            request.emit(&mut writer).unwrap();
            let len = writer.len();
            let bytes = bytes.get(..len).unwrap();
            assert_eq!(Request::parse(bytes), Ok((request.clone(), &[][..])));
            for short in 0..len {
                assert_eq!(
                    Request::parse(bytes.get(..short).unwrap()).unwrap_err().kind,
                    Truncated,
                    "{command:?} {short}"
                );
                let mut room = [0; Request::MAX_LEN];
                assert!(request.emit(&mut TxWriter::new(room.get_mut(..short).unwrap())).is_err());
            }
        }
    }

    #[test]
    fn says_where_a_request_is_wrong() {
        let mut bytes = [0; Request::MAX_LEN];
        let credentials = Credentials::new("u", "p").unwrap();
        let request = Request { credentials, sequence: 1, command: Command::GetRelays(GetRelays) };
        request.emit(&mut TxWriter::new(&mut bytes)).unwrap();
        for (at, byte, place) in [(0, 9, 0), (43, 99, 43), (1, 0xFF, 1)] {
            let mut bytes = bytes;
            *bytes.get_mut(at).unwrap() = byte;
            assert_eq!(Request::parse(&bytes).unwrap_err(), ParseError { at: place, kind: BadValue });
        }
        // No NUL behind the user name.
        let mut long = bytes;
        long.get_mut(1..22).unwrap().fill(b'u');
        assert_eq!(Request::parse(&long).unwrap_err(), ParseError { at: 1, kind: BadValue });
    }
}
