//! One Node Manager command: the discovery record in the sensor data repository (IPMI 2.0, section 33; Node Manager 3.0,
//! section 4.5) is found unless the caller remembers it, checked with Get Node Manager Version, and the command sent over
//! the bridge.
//!
//! ```text
//! record: id 2 | 51 | C0 | length | 57 01 00 | 0D | 01 | slave address | channel 7:4 … | sensors
//!         0      2    3    4        5          8    9    10              11
//! ```
//!
#![doc = include_str!("invoke.md")]

use heapless::Vec;

use crate::buffer::Full;
use crate::dialog::{Dialog, Last, Turn};
use crate::ipmi::{Bridge, Ipmi, Refusal, RequestWriter};
use crate::nm::IANA;
use crate::time::Instant;

const NETFN_STORAGE: u8 = 0x0A;
const NETFN_OEM: u8 = 0x2E;
const RESERVE_SDR_REPOSITORY: u8 = 0x22;
const GET_SDR: u8 = 0x23;
const GET_VERSION: u8 = 0xCA;
const RESERVATION_CANCELLED: Refusal = Refusal::Completion(0xC5);
const OEM_RECORD: u8 = 0xC0;
/// Bytes of a record before its key.
const HEADER: u8 = 5;
/// Bytes of the key that are read: up to the channel.
const KEY: u8 = 7;
/// A repository that changes under us this often is given up.
const RESERVATIONS: u8 = 10;
/// Records of the largest repository that is walked.
const RECORDS: u16 = 1024;

/// A Node Manager command: its number and the data after the IANA number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Command {
    /// The command's number (Node Manager 3.0, section 2).
    pub number: u8,
    /// What follows the IANA number.
    pub data: Vec<u8, 20>,
    /// Whether sending it twice does no harm.
    pub repeatable: bool,
}

/// What the command was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoked {
    /// What followed the IANA number.
    pub data: Vec<u8, 24>,
    /// Where Node Manager was found, to be remembered.
    pub at: Bridge,
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NmFailure {
    /// No answer. `sent`: the command itself may have been carried out.
    NoContact {
        /// Whether the command was sent.
        sent: bool,
    },
    /// No record names a Node Manager that answers.
    NotFound,
    /// The repository kept changing, or could not be read.
    Repository(Refusal),
    /// Node Manager, or the BMC in between, refused the command.
    Refused(Refusal),
    /// An answer that is too short, too long, or not Intel's.
    BadAnswer,
}

/// Finds Node Manager and sends it one command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Invoke {
    command: Command,
    at: At,
    node: Bridge,
    reservation: u16,
    record: u16,
    next: u16,
    reservations_left: u8,
    records_left: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Reserve,
    Header,
    Key,
    Version,
    Command,
}

impl Invoke {
    /// Sends `command` to Node Manager at `known`, or looks for it first.
    #[must_use]
    pub fn new(command: Command, known: Option<Bridge>) -> Self {
        Self {
            command,
            at: if known.is_some() { At::Command } else { At::Reserve },
            node: known.unwrap_or(Bridge { channel: 0, address: 0 }),
            reservation: 0,
            record: 0,
            next: 0,
            reservations_left: RESERVATIONS,
            records_left: RECORDS,
        }
    }

    fn go<T>(&mut self, at: At) -> Result<Turn<T>, NmFailure> {
        self.at = at;
        Ok(Turn::Ask)
    }

    /// The present record is not it.
    fn next_record<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        self.records_left = self.records_left.saturating_sub(1);
        if self.next == 0xFFFF || self.records_left == 0 {
            return Err(NmFailure::NotFound);
        }
        self.record = self.next;
        self.go(At::Header)
    }

    fn reserve_again<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        let left = self.reservations_left.checked_sub(1);
        self.reservations_left = left.ok_or(NmFailure::Repository(RESERVATION_CANCELLED))?;
        self.go(At::Reserve)
    }

    fn header<T>(&mut self, data: &[u8]) -> Result<Turn<T>, NmFailure> {
        let [next_low, next_high, _, _, _, kind, length] = data else { return Err(NmFailure::BadAnswer) };
        self.next = u16::from_le_bytes([*next_low, *next_high]);
        if *kind == OEM_RECORD && *length >= KEY { self.go(At::Key) } else { self.next_record() }
    }

    fn key<T>(&mut self, data: &[u8]) -> Result<Turn<T>, NmFailure> {
        match data {
            [_, _, 0x57, 0x01, 0x00, 0x0D, 0x01, address, channel] => {
                self.node = Bridge { channel: channel >> 4, address: address & 0xFE };
                self.go(At::Version)
            }
            [_, _, _, _, _, _, _, _, _] => self.next_record(),
            _ => Err(NmFailure::BadAnswer),
        }
    }
}

impl Dialog for Invoke {
    type On = Ipmi;
    type Output = Invoked;
    type Error = NmFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Result<Turn<Invoked>, NmFailure> {
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Command, Last::Lost { sent }) => Err(NmFailure::NoContact { sent }),
            (_, Last::Lost { .. }) => Err(NmFailure::NoContact { sent: false }),
            (At::Reserve, Last::Answer([low, high, ..])) => {
                self.reservation = u16::from_le_bytes([*low, *high]);
                self.go(At::Header)
            }
            (At::Header, Last::Answer(data)) => self.header(data),
            (At::Key, Last::Answer(data)) => self.key(data),
            (At::Version, Last::Answer(data)) if data.starts_with(&IANA) => self.go(At::Command),
            // The record lies, or another maker's controller sits there.
            (At::Version, Last::Answer(_) | Last::Refused(_)) => self.next_record(),
            (At::Command, Last::Answer(data)) => {
                let data = data.strip_prefix(&IANA).and_then(|data| Vec::from_slice(data).ok());
                Ok(Turn::Done(Invoked { data: data.ok_or(NmFailure::BadAnswer)?, at: self.node }))
            }
            (At::Reserve, Last::Answer(_)) => Err(NmFailure::BadAnswer),
            (At::Header | At::Key, Last::Refused(RESERVATION_CANCELLED)) => self.reserve_again(),
            (At::Reserve | At::Header | At::Key, Last::Refused(code)) => Err(NmFailure::Repository(code)),
            (At::Command, Last::Refused(code)) => Err(NmFailure::Refused(code)),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        let get_sdr = |writer: &mut RequestWriter<'_>, offset: u8, count: u8| {
            writer.head(NETFN_STORAGE, GET_SDR, None);
            writer.data(&self.reservation.to_le_bytes())?;
            writer.data(&self.record.to_le_bytes())?;
            writer.data(&[offset, count])
        };
        match self.at {
            At::Reserve => {
                writer.head(NETFN_STORAGE, RESERVE_SDR_REPOSITORY, None);
                Ok(())
            }
            At::Header => get_sdr(writer, 0, HEADER),
            At::Key => get_sdr(writer, HEADER, KEY),
            At::Version => {
                writer.head(NETFN_OEM, GET_VERSION, Some(self.node));
                writer.data(&IANA)
            }
            At::Command => {
                writer.head(NETFN_OEM, self.command.number, Some(self.node));
                writer.data(&IANA)?;
                writer.data(&self.command.data)
            }
        }
    }

    fn repeatable(&self) -> bool {
        self.at != At::Command || self.command.repeatable
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Reserve => "reserving the sensor data repository",
            At::Header => "reading the head of a record",
            At::Key => "reading the key of an OEM record",
            At::Version => "asking Node Manager for its version",
            At::Command => "sending the command",
        }
    }
}
