//! Takes orders, knows which of them came before, and remembers what was answered (DESIGN, "Relay").
//!
//! A datagram can get lost, so a host repeats its order until an answer comes. A repeat must not be carried out again: it is
//! told by its sender and its text. While the order runs a repeat is left alone; when it is over the same answer is sent
//! again, for [`REMEMBERED`]. An order that was refused stays refused for a while too, so that a copy of it that is still on its
//! way does not find a slot that its host no longer counts on.

use core::time::Duration;

use crate::operation::{Answer, Order};
use crate::relay::Counters;
use crate::time::Instant;

/// For how long the answer to an order that was carried out is remembered. A host that asks the same question later, from the
/// same port, wants to know what is the case then.
pub const REMEMBERED: Duration = Duration::from_secs(10);

/// For how long it is remembered that an order was refused: as long as copies of it may be on their way.
pub const REFUSED: Duration = Duration::from_secs(2);

/// Who has ordered it, and what tells a repeat from another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket<P> {
    /// The sender.
    pub peer: P,
    digest: u32,
}

/// An answer, and until when it is remembered.
#[derive(Clone, Debug)]
struct Kept<P> {
    ticket: Ticket<P>,
    answer: Answer,
    until: Instant,
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

/// The orders of `SLOTS` slots, sent by peers of the type `P`, and the last `KEPT` answers: at least as many as there are slots,
/// and more, so that an answer outlives the next order.
#[derive(Clone, Debug)]
pub struct Desk<P, const SLOTS: usize, const KEPT: usize> {
    running: [Option<Ticket<P>>; SLOTS],
    kept: [Option<Kept<P>>; KEPT],
    counters: Counters,
}

impl<P, const SLOTS: usize, const KEPT: usize> Default for Desk<P, SLOTS, KEPT> {
    fn default() -> Self {
        Self { running: [const { None }; SLOTS], kept: [const { None }; KEPT], counters: Counters::default() }
    }
}

impl<P: Copy + Eq, const SLOTS: usize, const KEPT: usize> Desk<P, SLOTS, KEPT> {
    /// What there was to do so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes a datagram that `peer` has sent.
    pub fn take(&mut self, now: Instant, peer: P, datagram: &[u8]) -> Taken<P> {
        let ticket = Ticket { peer, digest: digest(datagram) };
        let again = if self.running.iter().flatten().any(|running| *running == ticket) {
            Some(Taken::Running)
        } else {
            let mut kept = self.kept.iter().flatten();
            kept.find(|kept| kept.ticket == ticket && now < kept.until).map(|kept| Taken::Answer(kept.answer.clone()))
        };
        if let Some(again) = again {
            self.counters.repeats = self.counters.repeats.wrapping_add(1);
            return again;
        }
        match Order::from_json(datagram) {
            Ok(order) => {
                self.counters.orders = self.counters.orders.wrapping_add(1);
                Taken::Order(ticket, order)
            }
            Err(_) => {
                self.counters.count(&Answer::Malformed);
                Taken::Answer(Answer::Malformed)
            }
        }
    }

    /// The order is being carried out in `slot`.
    pub fn begin(&mut self, slot: usize, ticket: Ticket<P>) {
        if let Some(running) = self.running.get_mut(slot) {
            *running = Some(ticket);
        }
    }

    /// The order got no slot, or cannot even begin: `answer` is its answer.
    pub fn refuse(&mut self, now: Instant, ticket: Ticket<P>, answer: &Answer) {
        self.keep(ticket, answer, now, now.after(REFUSED));
    }

    /// What was done in `slot` is over: whom to send the answer. None when nothing was.
    pub fn finish(&mut self, now: Instant, slot: usize, answer: &Answer) -> Option<P> {
        let ticket = self.running.get_mut(slot)?.take()?;
        self.keep(ticket, answer, now, now.after(REMEMBERED));
        Some(ticket.peer)
    }

    /// Counts an answer and remembers it in place of what is forgotten first.
    fn keep(&mut self, ticket: Ticket<P>, answer: &Answer, now: Instant, until: Instant) {
        self.counters.count(answer);
        // What is over, and a place that was never used, are as good as each other.
        let left = |kept: &Option<Kept<P>>| kept.as_ref().map_or(now, |kept| kept.until).max(now);
        if let Some(place) = self.kept.iter_mut().min_by_key(|kept| left(kept)) {
            *place = Some(Kept { ticket, answer: answer.clone(), until });
        }
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

    type Two = Desk<u8, 2, 3>;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    fn ticket(desk: &mut Two, now: Instant, peer: u8) -> Ticket<u8> {
        match desk.take(now, peer, ORDER) {
            Taken::Order(ticket, _) => ticket,
            taken => panic!("{taken:?}"),
        }
    }

    /// An order of `peer`, carried out in slot 0 at once.
    fn carry_out(desk: &mut Two, now: Instant, peer: u8) {
        let ticket = ticket(desk, now, peer);
        desk.begin(0, ticket);
        assert_eq!(desk.finish(now, 0, &DONE), Some(peer));
    }

    #[test]
    fn a_repeat_is_answered_and_not_done_again() {
        let mut desk = Two::default();
        let first = ticket(&mut desk, at(0), 1);
        desk.begin(1, first);
        assert_eq!(desk.take(at(1), 1, ORDER), Taken::Running);
        assert_eq!(desk.finish(at(2), 1, &DONE), Some(1));
        assert_eq!(desk.finish(at(2), 1, &DONE), None, "once");
        assert_eq!(desk.take(at(11), 1, ORDER), Taken::Answer(DONE));
        // Long after, the same text is a new question.
        ticket(&mut desk, at(12), 1);
        let counters = Counters { orders: 2, repeats: 2, malformed: 0, busy: 0, done: 1, failed: 0 };
        assert_eq!(desk.counters(), counters);
    }

    #[test]
    fn somebody_elses_order_in_the_same_slot_makes_nobody_forget() {
        let mut desk = Two::default();
        carry_out(&mut desk, at(0), 1);
        carry_out(&mut desk, at(1), 2);
        carry_out(&mut desk, at(2), 3);
        assert_eq!(desk.take(at(3), 1, ORDER), Taken::Answer(DONE));
        // A fourth takes the place of the oldest.
        carry_out(&mut desk, at(4), 4);
        assert!(matches!(desk.take(at(5), 1, ORDER), Taken::Order(..)));
        for peer in [2, 3, 4] {
            assert_eq!(desk.take(at(5), peer, ORDER), Taken::Answer(DONE), "{peer}");
        }
    }

    #[test]
    fn a_refusal_holds_while_copies_are_on_their_way() {
        let mut desk = Two::default();
        let first = ticket(&mut desk, at(0), 1);
        desk.refuse(at(0), first, &Answer::Busy);
        assert_eq!(desk.take(at(1), 1, ORDER), Taken::Answer(Answer::Busy));
        ticket(&mut desk, at(2), 1);
        let counters = Counters { orders: 2, repeats: 1, malformed: 0, busy: 1, done: 0, failed: 0 };
        assert_eq!(desk.counters(), counters);
    }

    #[test]
    fn what_is_no_order_is_said_to_be_none() {
        let mut desk = Two::default();
        assert_eq!(desk.take(at(0), 1, b"{}"), Taken::Answer(Answer::Malformed));
        assert_eq!(desk.counters().malformed, 1);
        desk.begin(7, Ticket { peer: 1, digest: 0 });
        assert_eq!(desk.finish(at(0), 7, &DONE), None);
    }
}
