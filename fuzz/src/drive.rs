//! The window that all runners share.

use std::collections::VecDeque;

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Step};
use rackhand_core::time::Instant;

use crate::script::Script;

/// What the exchange is to answer, and what it was shown.
struct Toy {
    answers: VecDeque<(usize, bool)>,
    shown: Option<Vec<u8>>,
}

impl Exchange for Toy {
    type Output = ();
    type Error = ();

    fn step(&mut self, _: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<()>, ()> {
        self.shown = match input {
            Input::Received(rx) | Input::Closed { unread: rx, .. } => Some(rx.to_vec()),
            _ => None,
        };
        let (used, receives) = self.answers.pop_front().ok_or(())?;
        tx.fill(0x5A);
        let used = self.shown.as_ref().map_or(0, |shown| used.min(shown.len()));
        let next = if receives {
            Next::Receive { deadline: Instant::ZERO }
        } else {
            Next::Send { len: used, deadline: Instant::ZERO }
        };
        Ok(Step { used, next })
    }
}

/// [`Drive`] around an exchange that answers as the bytes want, beside a plain queue of bytes.
///
/// Asserts: an exchange on a stream is shown exactly what has arrived and was not used, in order; one on datagrams exactly
/// the last one; a new connection begins empty; unread bytes are offered again unless they were just not enough; the room
/// and the unread bytes fill the window; a full window that is not enough is an error with its size, and nothing else is.
pub fn drive(data: &[u8]) {
    let mut script = Script::new(data);
    let kind = if script.bool() { Kind::Datagrams } else { Kind::Stream };
    let len = script.below(64);
    let answers: VecDeque<_> = script.chunk().iter().map(|byte| (usize::from(byte >> 1 & 31), byte & 1 != 0)).collect();
    let (mut tx, mut window) = (vec![0; 64], vec![0; len]);
    let mut left = answers.clone();
    let mut drive = Drive::new(Toy { answers, shown: None }, kind, &mut tx, &mut window);
    let mut unread: Vec<u8> = Vec::new();
    let now = Instant::ZERO;
    loop {
        assert_eq!(drive.room().len(), len - unread.len());
        let op = script.u8();
        let mut received = false;
        let demand = match op % 8 {
            0 => drive.timed_out(now),
            1 => drive.sent(now),
            2 => {
                let kept = op & 128 != 0;
                if !kept {
                    unread.clear();
                }
                drive.opened(now, kept)
            }
            3 => drive.closed(now, Cause::Reset, op & 128 != 0),
            _ => {
                let chunk = script.chunk();
                let room = drive.room();
                let chunk = &chunk[..chunk.len().min(room.len())];
                room[..chunk.len()].copy_from_slice(chunk);
                unread.extend_from_slice(chunk);
                received = true;
                drive.received(now, chunk.len())
            }
        };
        let Some((used, receives)) = left.pop_front() else {
            assert_eq!(demand, Err(RunError::Exchange(())));
            return;
        };
        let closed = op % 8 == 3;
        let shown = (received || closed).then(|| unread.clone());
        assert_eq!(drive.exchange().shown, shown);
        let used = if shown.is_some() { used.min(unread.len()) } else { 0 };
        unread.drain(..used);
        let hungry = received && used == 0 && kind == Kind::Stream;
        if closed || received && kind == Kind::Datagrams {
            unread.clear();
        }
        if hungry && receives && unread.len() == len {
            assert_eq!(demand, Err(RunError::WindowFull { len }));
            return;
        }
        match demand {
            Ok(Next::Receive { .. }) => assert!(receives),
            Ok(Next::Send { len, .. }) => {
                assert!(!receives && len == used);
                assert!(drive.to_send(len).len() == len && drive.to_send(len).iter().all(|byte| *byte == 0x5A));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(drive.has_unread(), !unread.is_empty() && !hungry);
    }
}
