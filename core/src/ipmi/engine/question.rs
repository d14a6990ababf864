//! A question as a message, handed on by Send Message where it is for somebody behind the BMC, and which message answers it. IPMI
//! 2.0, sections 13.8, 6.13 and 22.7.
//!
//! ```text
//!  request:  … 06 | 34 | tracking 7:6 channel 3:0 | a whole request, from the BMC's own address
//!  answers:  that of Send Message, without data, and apart from it, before or behind, the other's
//!            that of Send Message, with the other's as its data
//! ```

use crate::buffer::{Full, TxWriter};
use crate::dialog::Dialog;
use crate::ipmi::command::{SendMessage, Tracking};
use crate::ipmi::wire::{Message, Request, Response};
use crate::ipmi::{Bridge, DATA_LEN, Ipmi, RequestWriter};

/// Room for a whole request that is handed on, and for what is written around it.
pub(super) const MESSAGE_LEN: usize = DATA_LEN + SendMessage::OVERHEAD + Message::OVERHEAD;

/// Where questions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Whom those are for that a dialog does not address itself; none: the BMC.
    pub via: Option<Bridge>,
    /// The BMC's own address on the bus: `ipmi_local_address`.
    pub local_address: u8,
}

impl Default for Route {
    fn default() -> Self {
        Self { via: None, local_address: 0x20 }
    }
}

/// A question that is to be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) netfn: u8,
    pub(super) command: u8,
    pub(super) sequence: u8,
    pub(super) bridged: bool,
}

/// What a message is to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched<'a> {
    /// Nothing: late, or nobody's.
    Not,
    /// It was handed on.
    HandedOn,
    /// It was not, with this completion code.
    NotHandedOn(u8),
    /// It was answered: completion code and data.
    Answered(u8, &'a [u8]),
}

impl Pending {
    /// Writes what `dialog` asks, as the message of this number, and notes what answers it.
    pub(super) fn write<D: Dialog<On = Ipmi>>(
        &mut self,
        dialog: &D,
        route: Route,
        to: &mut [u8],
    ) -> Result<usize, Full> {
        let mut data = [0; DATA_LEN];
        let mut w = RequestWriter::new(&mut data);
        dialog.ask(&mut w)?;
        let (netfn, command, bridge, len) = (w.netfn, w.command, w.bridge.or(route.via), w.len());
        let data = data.get(..len).unwrap_or(&[]);
        let sequence = self.sequence;
        *self = Self { netfn, command, sequence, bridged: bridge.is_some() };
        let mut w = TxWriter::new(to);
        let Some(Bridge { channel, address }) = bridge else {
            Request { netfn, command, sequence, data }.emit(&mut w)?;
            return Ok(w.len());
        };
        let mut inner = [0; MESSAGE_LEN];
        let mut behind = TxWriter::new(&mut inner);
        let from = route.local_address;
        let message = Message { to: address, netfn, to_lun: 0, from, from_lun: 0, sequence, command, data };
        SendMessage { channel, tracking: Tracking::Tracked, message }.emit(&mut behind)?;
        let len = behind.len();
        let data = inner.get(..len).unwrap_or(&[]);
        Request { netfn: SendMessage::NETFN, command: SendMessage::COMMAND, sequence, data }.emit(&mut w)?;
        Ok(w.len())
    }

    /// What `message` is to it. Its checks are looked at only where nothing else vouches for it.
    pub(super) fn matched<'a>(&self, message: &'a [u8], signed: bool) -> Matched<'a> {
        let read = if signed { Response::parse_signed(message) } else { Response::parse(message) };
        let Ok(response) = read else { return Matched::Not };
        if self.is_answered_by(&response) {
            return Matched::Answered(response.completion_code, response.data);
        }
        let Response { netfn, command, sequence, completion_code, data } = response;
        if !self.bridged || (netfn, command, sequence) != (SendMessage::NETFN, SendMessage::COMMAND, self.sequence) {
            return Matched::Not;
        }
        match (completion_code, data) {
            (0, []) => Matched::HandedOn,
            (0, data) => match Response::parse(data) {
                Ok(inner) if self.is_answered_by(&inner) => Matched::Answered(inner.completion_code, inner.data),
                _ => Matched::Not,
            },
            (code, _) => Matched::NotHandedOn(code),
        }
    }

    fn is_answered_by(&self, response: &Response<'_>) -> bool {
        let Self { netfn, command, sequence, .. } = *self;
        (netfn, command, sequence) == (response.netfn, response.command, response.sequence)
    }
}
