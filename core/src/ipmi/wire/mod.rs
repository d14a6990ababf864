//! What goes over the wire, a layer or a message a file: RMCP, the two session headers, the IPMI message, and the messages that
//! open a session.

mod asf;
mod header;
mod message;
mod open_session;
mod rakp1;
mod rakp2;
mod rakp3;
mod rakp4;
mod rmcp;
mod session15;

pub use asf::{Ping, Pong};
pub(super) use header::payload;
pub use header::{Header, PayloadType};
pub use message::{Message, REMOTE_CONSOLE, Request, Response, checksum};
pub use open_session::{OpenSessionRequest, OpenSessionResponse};
pub use rakp1::{Rakp1, Role};
pub use rakp2::Rakp2;
pub use rakp3::Rakp3;
pub use rakp4::Rakp4;
pub use rmcp::Class;
pub use session15::Session15;

use super::status::Status;
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array, u8};

/// A session id: of the console or of the managed system, whichever gave it. As it stands on the wire.
pub type SessionId = [u8; 4];

/// The head that the answers to the messages of a session's opening share: tag, status, two bytes, the id of who reads it. A refusal
/// may end behind the status: OpenIPMI's simulator leaves it at that.
fn answer_head(input: Bytes<'_>) -> Parsed<'_, (u8, Status, u8)> {
    let (input, tag) = u8(input)?;
    let (input, status) = u8(input)?;
    let status = Status::of(status);
    match array(input) {
        Ok((input, [privilege, _])) => Ok((input, (tag, status, privilege))),
        Err(_) if status != Status::Ok => Ok((input, (tag, status, 0))),
        Err(error) => Err(error),
    }
}

/// Writes such a head.
fn emit_head(w: &mut TxWriter<'_>, tag: u8, status: Status, session: SessionId) {
    w.add(&[tag, status.number(), 0, 0]);
    w.add(&session);
}
