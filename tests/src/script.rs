//! Conversations as literal bytes, written from the specification: no codec of ours is involved.

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_core::exchange::{Cause, Exchange, Next};
use rackhand_core::time::Instant;

use crate::vectors::unhex;

/// A line of a script: what the machine must demand, and what it is then told.
#[derive(Clone, Copy, Debug)]
pub enum Line<'a> {
    /// It opens a new connection, and gets it.
    Opens,
    /// It may use a connection that was kept from before, and does.
    OpensKept,
    /// It opens a connection, which is refused.
    IsRefused,
    /// It opens a connection, which fails for this reason.
    FailsToOpen(Cause),
    /// It opens a connection, and hears nothing until its deadline.
    OpensInVain,
    /// It sends these bytes (hexadecimal, blanks allowed).
    Sends(&'a str),
    /// It sends exactly this text.
    SendsText(&'a str),
    /// It sends something that has all of these in it, in this order.
    Asks(&'a [&'a str]),
    /// It sends something, and the connection breaks before a byte has left.
    BreaksUnsent,
    /// It waits for bytes, and gets these.
    Gets(&'a str),
    /// It waits for bytes, and gets this text.
    GetsText(&'a str),
    /// It waits for bytes, gets this text, and the connection ends behind it.
    GetsAndEnds(&'a str),
    /// It waits for bytes, and the connection ends.
    Ends,
    /// It waits for bytes, and hears nothing until its deadline.
    Silence,
    /// It waits for so many milliseconds, and keeps its connection.
    Waits(u64),
    /// It closes its connection, if it has one, and waits for so many milliseconds.
    ClosesAndWaits(u64),
}

/// Plays `script` and returns how the machine ends, and when.
///
/// # Errors
/// What the machine says.
///
/// # Panics
/// It demands anything else.
pub fn play<E: Exchange>(exchange: E, kind: Kind, script: &[Line<'_>]) -> (Result<E::Output, E::Error>, u64) {
    let (mut tx, mut window) = ([0; 8192], [0; 8192]);
    let mut now = Instant::from_millis(1_000_000);
    let begun = now;
    let mut drive = Drive::new(exchange, kind, &mut tx, &mut window);
    let mut next = drive.start(now);
    for (number, line) in (1..).zip(script) {
        let demand = match next {
            Ok(demand) => demand,
            Err(RunError::Exchange(_)) => panic!("line {number}: the machine failed before {line:?}"),
            Err(RunError::WindowFull { .. }) => panic!("line {number}: the window is too short"),
        };
        next = match (demand, *line) {
            (Next::Open { .. }, Line::Opens) => drive.opened(now, false),
            (Next::Open { .. }, Line::IsRefused) => drive.closed(now, Cause::Refused, false),
            (Next::Open { .. }, Line::FailsToOpen(cause)) => drive.closed(now, cause, false),
            (Next::Open { deadline, .. }, Line::OpensInVain) | (Next::Receive { deadline }, Line::Silence) => {
                now = deadline;
                drive.timed_out(now)
            }
            (Next::Send { len, .. }, Line::Sends(hex)) => {
                let wanted = unhex(&hex.replace([' ', '|', '\n'], ""));
                assert_eq!(drive.to_send(len), wanted, "line {number}: sent {}", hex::encode(drive.to_send(len)));
                drive.sent(now)
            }
            (Next::Send { len, .. }, Line::SendsText(text)) => {
                assert_eq!(String::from_utf8_lossy(drive.to_send(len)), text, "line {number}");
                drive.sent(now)
            }
            (Next::Send { len, .. }, Line::Asks(parts)) => {
                let sent = String::from_utf8_lossy(drive.to_send(len)).into_owned();
                let mut rest = sent.as_str();
                for part in parts {
                    let (_, behind) =
                        rest.split_once(part).unwrap_or_else(|| panic!("line {number}: no {part} in {sent}"));
                    rest = behind;
                }
                drive.sent(now)
            }
            (Next::Open { fresh: false, .. }, Line::OpensKept) => drive.opened(now, true),
            (Next::Receive { .. }, Line::GetsText(text)) => {
                drive.room()[..text.len()].copy_from_slice(text.as_bytes());
                drive.received(now, text.len())
            }
            (Next::Receive { .. }, Line::GetsAndEnds(text)) => {
                drive.room()[..text.len()].copy_from_slice(text.as_bytes());
                match drive.received(now, text.len()) {
                    Ok(Next::Receive { .. }) => drive.closed(now, Cause::Ended, false),
                    other => panic!(
                        "line {number}: the machine demands {:?} before the end",
                        other.map(|it| it.map(|_| ())).ok()
                    ),
                }
            }
            (Next::Send { .. }, Line::BreaksUnsent) => drive.closed(now, Cause::Reset, false),
            (Next::Receive { .. }, Line::Gets(hex)) => {
                let bytes = unhex(&hex.replace(' ', ""));
                drive.room()[..bytes.len()].copy_from_slice(&bytes);
                drive.received(now, bytes.len())
            }
            (Next::Receive { .. }, Line::Ends) => drive.closed(now, Cause::Ended, false),
            (Next::Wait { until, close: false }, Line::Waits(millis))
            | (Next::Wait { until, close: true }, Line::ClosesAndWaits(millis)) => {
                assert_eq!(until.since(now).as_millis(), u128::from(millis), "line {number}");
                now = until;
                drive.timed_out(now)
            }
            (demand, line) => {
                let demand = demand.map(|_| "the result");
                panic!("line {number}: the machine demands {demand:?} where the script has {line:?}")
            }
        };
    }
    let took = u64::try_from(now.since(begun).as_millis()).unwrap_or(u64::MAX);
    match next {
        Ok(Next::Done(output)) => (Ok(output), took),
        Err(RunError::Exchange(error)) => (Err(error), took),
        Ok(demand) => panic!("the script is over and the machine demands {:?}", demand.map(|_| "the result")),
        Err(RunError::WindowFull { .. }) => panic!("the window is too short"),
    }
}
