//! What is asked of a machine that says nothing to an Open Session Request: whether it speaks IPMI at all, and 2.0 (IPMI 2.0, section
//! 22.13). It is the one question that IPMI 1.5 answers to anybody.

use crate::buffer::{Full, TxWriter};
use crate::ipmi::Privilege;
use crate::ipmi::command::{AuthCapabilities, GetChannelAuthCapabilities, THIS_CHANNEL};
use crate::ipmi::wire::{Message, Request, Response, Session15};

/// Tells the answer from those to other questions.
const SEQUENCE: u8 = 0x3E;
/// Those that have only 1.5 may say that a request is wrong which asks for more.
const INVALID_FIELD: u8 = 0xCC;

/// Writes the question.
pub(super) fn write(privilege: Privilege, tx: &mut [u8]) -> Result<usize, Full> {
    let (netfn, command) = (GetChannelAuthCapabilities::NETFN, GetChannelAuthCapabilities::COMMAND);
    let question = GetChannelAuthCapabilities { extended: true, channel: THIS_CHANNEL, privilege: privilege.number() };
    let (mut data, mut message) = ([0; 2], [0; Message::OVERHEAD + 2]);
    question.emit(&mut TxWriter::new(&mut data))?;
    Request { netfn, command, sequence: SEQUENCE, data: &data }.emit(&mut TxWriter::new(&mut message))?;
    let mut w = TxWriter::new(tx);
    Session15 { message: &message }.emit(&mut w)?;
    Ok(w.len())
}

/// Whether somebody who answers has IPMI 2.0; none when it is no answer.
pub(super) fn has_v20(datagram: &[u8]) -> Option<bool> {
    let response = Response::parse(Session15::parse(datagram).ok()?.message).ok()?;
    let Response { netfn, command, sequence, completion_code, data } = response;
    let asked = (GetChannelAuthCapabilities::NETFN, GetChannelAuthCapabilities::COMMAND, SEQUENCE);
    match completion_code {
        _ if (netfn, command, sequence) != asked => None,
        0 => AuthCapabilities::parse(data).ok().map(|answer| answer.has_v20()),
        INVALID_FIELD => Some(false),
        // Whatever is wrong, it is not that.
        _ => Some(true),
    }
}
