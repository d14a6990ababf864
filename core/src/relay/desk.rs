//! Takes orders, knows which of them came before, and remembers what was answered (DESIGN, "Relay").
//!
//! A datagram can get lost, so a host repeats its order until an answer comes. A repeat must not be carried out again: it is
//! told by its sender and its text. While the order runs a repeat is left alone; when it is over the same answer is sent
//! again, for [`REMEMBERED`] and until the slot is needed.

use core::time::Duration;

use crate::operation::{Answer, Order};
use crate::relay::Counters;
use crate::time::Instant;

/// For how long an answer is remembered. A host that asks the same question later, from the same port, wants to know what is
/// the case then.
pub const REMEMBERED: Duration = Duration::from_secs(10);

/// Who has ordered it, and what tells a repeat from another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket<P> {
    /// The sender.
    pub peer: P,
    digest: u32,
}

/// What is or was done in a slot.
#[derive(Clone, Debug)]
struct Job<P> {
    ticket: Ticket<P>,
    /// None while it is being done; then the answer, and until when it is remembered.
    answered: Option<(Answer, Instant)>,
}

/// What to do with a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "no heap to put an order on")]
pub enum Taken<P> {
    /// It was answered before, or is no order: send this.
    Answer(Answer),
    /// A new order. Carry it out and [`begin`](Desk::begin), or [`refuse`](Desk::refuse).
    Order(Ticket<P>, Order),
    /// It is being carried out: nothing.
    Running,
}

/// The orders of `N` slots, sent by peers of the type `P`.
#[derive(Clone, Debug)]
pub struct Desk<P, const N: usize> {
    jobs: [Option<Job<P>>; N],
    counters: Counters,
}

impl<P, const N: usize> Default for Desk<P, N> {
    fn default() -> Self {
        Self { jobs: [const { None }; N], counters: Counters::default() }
    }
}

impl<P: Copy + Eq, const N: usize> Desk<P, N> {
    /// What there was to do so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes a datagram that `peer` has sent.
    pub fn take(&mut self, now: Instant, peer: P, datagram: &[u8]) -> Taken<P> {
        let ticket = Ticket { peer, digest: digest(datagram) };
        if let Some(job) = self.jobs.iter().flatten().find(|job| job.ticket == ticket) {
            let again = match &job.answered {
                None => Some(Taken::Running),
                Some((answer, until)) if now < *until => Some(Taken::Answer(answer.clone())),
                Some(_) => None,
            };
            if let Some(again) = again {
                self.counters.repeats = self.counters.repeats.wrapping_add(1);
                return again;
            }
        }
        match Order::from_json(datagram) {
            Ok(order) => {
                self.counters.orders = self.counters.orders.wrapping_add(1);
                Taken::Order(ticket, order)
            }
            Err(_) => Taken::Answer(self.refuse(Answer::Malformed)),
        }
    }

    /// The order is being carried out in `slot`. What was remembered there is forgotten.
    pub fn begin(&mut self, slot: usize, ticket: Ticket<P>) {
        if let Some(job) = self.jobs.get_mut(slot) {
            *job = Some(Job { ticket, answered: None });
        }
    }

    /// The order got no slot: this is its answer. It is not remembered, since a repeat may find things changed.
    pub const fn refuse(&mut self, answer: Answer) -> Answer {
        self.counters.count(&answer);
        answer
    }

    /// What was done in `slot` is over: whom to send the answer. None when nothing was.
    pub fn finish(&mut self, now: Instant, slot: usize, answer: &Answer) -> Option<P> {
        let job = self.jobs.get_mut(slot)?.as_mut().filter(|job| job.answered.is_none())?;
        job.answered = Some((answer.clone(), now.after(REMEMBERED)));
        self.counters.count(answer);
        Some(job.ticket.peer)
    }
}

/// Tells texts of one sender apart (FNV-1a); nobody gains by making two alike but whoever sends them.
fn digest(text: &[u8]) -> u32 {
    text.iter().fold(0x811C_9DC5, |digest, byte| (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Outcome, PowerState};

    const ORDER: &[u8] = br#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#;
    const DONE: Answer = Answer::Done(Outcome::Stored(Some(PowerState::On)));

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    fn ticket(desk: &mut Desk<u8, 2>, now: Instant, peer: u8) -> Ticket<u8> {
        match desk.take(now, peer, ORDER) {
            Taken::Order(ticket, _) => ticket,
            taken => panic!("{taken:?}"),
        }
    }

    #[test]
    fn a_repeat_is_answered_and_not_done_again() {
        let mut desk = Desk::<u8, 2>::default();
        let first = ticket(&mut desk, at(0), 1);
        desk.begin(1, first);
        assert_eq!(desk.take(at(1), 1, ORDER), Taken::Running);
        let other = ticket(&mut desk, at(1), 2);
        assert_ne!(first, other, "somebody else's");
        assert_eq!(desk.refuse(Answer::Busy), Answer::Busy);

        assert_eq!(desk.finish(at(2), 1, &DONE), Some(1));
        assert_eq!(desk.finish(at(2), 1, &DONE), None, "once");
        assert_eq!(desk.take(at(11), 1, ORDER), Taken::Answer(DONE));
        // Long after, the same text is a new question.
        ticket(&mut desk, at(12), 1);
        let counters = Counters { orders: 3, repeats: 2, malformed: 0, busy: 1, done: 1, failed: 0 };
        assert_eq!(desk.counters(), counters);
    }

    #[test]
    fn what_is_no_order_is_said_to_be_none() {
        let mut desk = Desk::<u8, 2>::default();
        assert_eq!(desk.take(at(0), 1, b"{}"), Taken::Answer(Answer::Malformed));
        assert_eq!(desk.counters().malformed, 1);
        desk.begin(7, Ticket { peer: 1, digest: 0 });
        assert_eq!(desk.finish(at(0), 7, &DONE), None);
    }

    #[test]
    fn a_slot_that_is_needed_forgets() {
        let mut desk = Desk::<u8, 2>::default();
        let one = ticket(&mut desk, at(0), 1);
        desk.begin(0, one);
        let _ = desk.finish(at(0), 0, &DONE);
        let two = ticket(&mut desk, at(1), 2);
        desk.begin(0, two);
        assert!(matches!(desk.take(at(1), 1, ORDER), Taken::Order(..)), "as if it had never been");
        assert_eq!(desk.take(at(1), 2, ORDER), Taken::Running);
    }
}
