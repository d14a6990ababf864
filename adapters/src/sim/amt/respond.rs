//! Events in, bytes out: what is done with a request, and how its answer leaves (RFC 9112; RFC 7616).

use core::hash::Hash;
use core::time::Duration;

use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::http::Progress;
use rackhand_core::time::Instant;

use super::classes::World;
use super::connection::{Behind, Connection};
use super::http::Answer;
use super::login::Verdict;
use super::{Amt, AmtFault, Framing, MOST_ASKED};

/// Clients that one device serves at once.
const MOST_CONNECTIONS: usize = 32;
/// Bytes of an endless body, after which the device falls silent: more than any client takes.
const ENDLESS: usize = 320 * 1024;
/// The target of all requests.
const TARGET: &str = "/wsman";

/// A request of HTTP, as far as it is looked at.
struct Taken {
    method: String,
    target: String,
    keeps: bool,
    authorization: Option<Vec<u8>>,
    body: Vec<u8>,
}

/// How much of an answer leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// Half of the body, and then nothing.
    Hangs,
    /// Half of the body, and the connection ends.
    Cut,
    /// More and more of a body.
    Never,
}

impl<P: Copy + Eq + Hash> Amt<P> {
    fn strikes(&mut self, fault: &AmtFault) -> bool {
        self.faults.strikes(fault)
    }

    fn forget(&mut self, peer: P) {
        self.connections.remove(&peer);
        self.outbox.forget(peer);
    }

    fn hang_up(&mut self, peer: P, used: usize) -> Reply<P> {
        self.forget(peer);
        Reply { used, close: Some(peer), ..Reply::NOTHING }
    }

    fn opened(&mut self, peer: P) -> Reply<P> {
        if self.connections.len() >= MOST_CONNECTIONS {
            return Reply { close: Some(peer), ..Reply::NOTHING };
        }
        let deaf = self.strikes(&AmtFault::Mute);
        self.connections.insert(peer, Connection::new(deaf));
        Reply::NOTHING
    }

    fn received(&mut self, now: Instant, peer: P, rx: &mut [u8]) -> Reply<P> {
        let shown = rx.len();
        let Some(connection) = self.connections.get_mut(&peer) else {
            return Reply { used: shown, close: Some(peer), ..Reply::NOTHING };
        };
        if connection.deaf {
            return Reply { used: shown, ..Reply::NOTHING };
        }
        match connection.reader.read(rx, false) {
            Ok(Progress::More) => Reply::NOTHING,
            Ok(Progress::Interim { used }) => {
                self.send(now, peer, b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), false, false);
                Reply { used, ..Reply::NOTHING }
            }
            Ok(Progress::Whole { used, message }) => {
                let taken = Taken {
                    method: message.method.to_owned(),
                    target: message.target.to_owned(),
                    keeps: message.keeps,
                    authorization: message.fields.get("Authorization").map(<[u8]>::to_vec),
                    body: message.body.to_vec(),
                };
                self.request(now, peer, &taken, used)
            }
            Err(error) => {
                connection.in_flight = connection.in_flight.saturating_add(1);
                self.leave(now, peer, &Answer::page(error.what.status(), "Bad Request"), End::Whole);
                Reply { used: shown, ..Reply::NOTHING }
            }
        }
    }

    /// A whole request.
    fn request(&mut self, now: Instant, peer: P, taken: &Taken, used: usize) -> Reply<P> {
        self.requests = self.requests.saturating_add(1);
        let kept = self.connections.get(&peer).is_some_and(|connection| connection.answered > 0);
        if kept && self.strikes(&AmtFault::CloseKept) {
            return self.hang_up(peer, used);
        }
        if let Some(connection) = self.connections.get_mut(&peer) {
            connection.in_flight = connection.in_flight.saturating_add(1);
        }
        self.most_in_flight = self.most_in_flight.max(self.in_flight());
        let reply = Reply { used, ..Reply::NOTHING };
        if self.strikes(&AmtFault::Asleep) {
            return reply;
        }
        if self.strikes(&AmtFault::Garbage) {
            self.send(now, peer, b"SSH-2.0-dropbear\r\n".to_vec(), true, false);
            return reply;
        }
        if let Some(answer) = self.turned_away(now, taken) {
            self.leave(now, peer, &answer, End::Whole);
            return reply;
        }
        let (answer, end) = self.let_in(now, taken);
        self.faults.served();
        if self.strikes(&AmtFault::DropResponse) {
            return self.hang_up(peer, used);
        }
        self.leave(now, peer, &answer, end);
        reply
    }

    /// The answer to whoever has no business here, or has not logged in.
    fn turned_away(&mut self, now: Instant, taken: &Taken) -> Option<Answer> {
        if taken.target != TARGET {
            return Some(Answer::page(404, "Not Found"));
        }
        if taken.method != "POST" {
            return Some(Answer::page(405, "Method Not Allowed"));
        }
        let once = self.strikes(&AmtFault::Stale);
        let verdict = self.login.judge(taken.authorization.as_deref(), &taken.method, &taken.target, once);
        if verdict == Verdict::Failed {
            self.notes.add(now, super::Note::FailedLogin);
        }
        if verdict == Verdict::Good && !self.strikes(&AmtFault::Unauthorized) {
            return None;
        }
        let mut answer = Answer::page(401, "Log on failed");
        let mut offer = |value: String| answer.fields.insert(0, ("WWW-Authenticate", value));
        let basic = self.faults.strikes(&AmtFault::Basic);
        if !basic {
            offer(self.login.challenge());
        }
        let negotiate = self.faults.strikes(&AmtFault::Negotiate);
        if basic || negotiate {
            offer("Basic realm=\"Digest:10DF0000000000000000000000000000\"".to_owned());
        }
        if negotiate {
            offer("Negotiate".to_owned());
        }
        Some(answer)
    }

    /// The answer to whoever has logged in.
    fn let_in(&mut self, now: Instant, taken: &Taken) -> (Answer, End) {
        if self.strikes(&AmtFault::Busy) {
            return (Answer::page(503, "Service Unavailable"), End::Whole);
        }
        if self.strikes(&AmtFault::Redirect) {
            let mut answer = Answer::page(302, "Found");
            answer.fields.push(("Location", "http://192.0.2.1/wsman".to_owned()));
            return (answer, End::Whole);
        }
        let status = self.faults.strike(|fault| match fault {
            AmtFault::Status(status) => Some(*status),
            _ => None,
        });
        if let Some(status) = status {
            return (Answer::page(status, "An error page"), End::Whole);
        }
        let mut world = World {
            now,
            generation: self.generation,
            machine: &mut self.machine,
            faults: &mut self.faults,
            notes: &mut self.notes,
            client_control: self.client_control,
        };
        let (status, text, asked) = self.soap.answer(&mut world, self.style, &taken.body);
        if let Some(asked) = asked {
            if self.asked.len() >= MOST_ASKED {
                self.asked.pop_front();
            }
            self.asked.push_back(asked);
        }
        let framing = self.faults.strike(|fault| match fault {
            AmtFault::Framing(framing) => Some(*framing),
            _ => None,
        });
        let mut answer = Answer::envelope(status, text, framing.unwrap_or_default(), !taken.keeps);
        let end = if self.strikes(&AmtFault::HangBody) {
            End::Hangs
        } else if self.strikes(&AmtFault::Truncated) {
            End::Cut
        } else if self.strikes(&AmtFault::Endless) {
            answer.framing = Framing::Chunked;
            End::Never
        } else {
            End::Whole
        };
        (answer, end)
    }

    /// Sends an answer on its way, as much of it as leaves.
    fn leave(&mut self, now: Instant, peer: P, answer: &Answer, end: End) {
        let mut answer = answer.clone();
        answer.fields.push(("Server", self.generation.server()));
        let (mut bytes, body) = answer.bytes();
        let half = body.saturating_add(bytes.len().saturating_sub(body) / 2);
        let mut close = answer.closes() || self.strikes(&AmtFault::CloseAfterAnswer);
        match end {
            End::Whole => {}
            End::Hangs => {
                bytes.truncate(half);
                close = false;
            }
            End::Cut => {
                bytes.truncate(half);
                close = true;
            }
            End::Never => {
                // Blanks may be behind the root; there are more than anybody reads.
                bytes.truncate(bytes.len().saturating_sub(b"0\r\n\r\n".len()));
                let blanks = [b"0400\r\n".to_vec(), vec![b' '; 0x400], b"\r\n".to_vec()].concat();
                bytes.extend(blanks.iter().cycle().take(ENDLESS));
                close = false;
            }
        }
        let whole = matches!(end, End::Whole | End::Cut);
        if self.strikes(&AmtFault::Interim) {
            bytes.splice(0..0, *b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (close || !whole)
            && let Some(connection) = self.connections.get_mut(&peer)
        {
            connection.deaf = true;
        }
        self.send(now, peer, bytes, whole, close);
    }

    /// Sends bytes on their way, as late and in as many pieces as the faults want.
    fn send(&mut self, now: Instant, peer: P, bytes: Vec<u8>, ends_answer: bool, close: bool) {
        let first = self.connections.get(&peer).is_some_and(|connection| connection.answered == 0);
        let mut pause = self.faults.strike(|fault| match fault {
            AmtFault::Slow(pause) => Some(*pause),
            _ => None,
        });
        if pause.is_none() && first {
            pause = self.faults.strike(|fault| match fault {
                AmtFault::SlowFirst(pause) => Some(*pause),
                _ => None,
            });
        }
        let apart = if self.strikes(&AmtFault::Trickle) {
            Some(Duration::from_secs(1))
        } else {
            self.strikes(&AmtFault::Fragments).then_some(Duration::from_millis(1))
        };
        let at = now.after(pause.unwrap_or_default());
        self.outbox.push(at, apart, peer, bytes, Behind { ends_answer, close });
    }

    /// Sends what is first due, as far as there is room.
    fn flush(&mut self, now: Instant, tx: &mut [u8], reply: &mut Reply<P>) {
        let Some(out) = self.outbox.take(now, tx) else { return };
        if out.len > 0 {
            reply.send = Some((out.peer, out.len));
        }
        let Some(Behind { ends_answer, close }) = out.last else { return };
        if let Some(connection) = self.connections.get_mut(&out.peer).filter(|_| ends_answer) {
            connection.in_flight = connection.in_flight.saturating_sub(1);
            connection.answered = connection.answered.saturating_add(1);
        }
        if close {
            self.forget(out.peer);
            reply.close = Some(out.peer);
        }
    }
}

impl<P: Copy + Eq + Hash> Responder<P> for Amt<P> {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P> {
        self.machine.advance(now, &mut self.notes);
        let mut reply = match event {
            Event::Opened { peer } => self.opened(peer),
            Event::Received { peer, rx } => self.received(now, peer, rx),
            Event::Closed { peer } => {
                self.forget(peer);
                Reply::NOTHING
            }
            Event::Due => Reply::NOTHING,
        };
        if reply.close.is_none() {
            self.flush(now, tx, &mut reply);
        }
        let due = self.outbox.due().into_iter().chain(self.machine.due()).min();
        reply.again = due.map(|due| due.max(now));
        reply
    }
}
