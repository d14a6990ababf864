//! What is on its way to clients of a stream: as late, and in as many pieces, as a fault wants.

use core::time::Duration;
use std::collections::VecDeque;

use rackhand_core::time::Instant;

/// Bytes that are still to be sent to a client.
#[derive(Clone, Debug)]
struct Outgoing<P, L> {
    /// When the next of them leave.
    at: Instant,
    /// They leave one by one, so long after each other.
    apart: Option<Duration>,
    peer: P,
    bytes: Vec<u8>,
    /// How many of them have left.
    sent: usize,
    last: L,
}

impl<P, L> Outgoing<P, L> {
    /// When the last of them leaves.
    fn ends(&self) -> Instant {
        let between = self.bytes.len().saturating_sub(self.sent).saturating_sub(1);
        let rest = self.apart.unwrap_or_default().saturating_mul(u32::try_from(between).unwrap_or(u32::MAX));
        self.at.after(rest)
    }
}

/// What [`Outbox::take`] has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken<P, L> {
    pub(super) peer: P,
    /// Bytes at the front of the room; zero for a message without any.
    pub(super) len: usize,
    /// What was to happen behind the last byte, when this was it.
    pub(super) last: Option<L>,
}

/// Messages on their way, in their order for each client. `L` is what happens behind the last byte of one.
#[derive(Clone, Debug)]
pub(super) struct Outbox<P, L>(VecDeque<Outgoing<P, L>>);

impl<P: Copy + Eq, L: Copy> Outbox<P, L> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Has bytes leave at `at`, but behind what is on its way to the same client; with `apart` one by one, so long after each other.
    pub(super) fn push(&mut self, at: Instant, apart: Option<Duration>, peer: P, bytes: Vec<u8>, last: L) {
        let before = self.0.iter().filter(|out| out.peer == peer).map(Outgoing::ends).max();
        let at = at.max(before.unwrap_or_default());
        self.0.push_back(Outgoing { at, apart, peer, bytes, sent: 0, last });
    }

    /// Writes what is first due at the front of `room`, as far as it fits; the rest stays. Nothing is taken without any room.
    pub(super) fn take(&mut self, now: Instant, room: &mut [u8]) -> Option<Taken<P, L>> {
        if room.is_empty() {
            return None;
        }
        let place = self.0.iter().position(|out| out.at <= now)?;
        let out = self.0.get_mut(place)?;
        let rest = out.bytes.get(out.sent..).unwrap_or(&[]);
        let len = rest.len().min(if out.apart.is_some() { 1 } else { room.len() });
        for (to, from) in room.iter_mut().zip(rest).take(len) {
            *to = *from;
        }
        out.sent = out.sent.saturating_add(len);
        out.at = out.at.after(out.apart.unwrap_or_default());
        let (peer, ended) = (out.peer, out.sent >= out.bytes.len());
        let last = if ended { self.0.remove(place).map(|out| out.last) } else { None };
        Some(Taken { peer, len, last })
    }

    /// When the next bytes leave.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|out| out.at).min()
    }

    /// Drops what is on its way to a client.
    pub(super) fn forget(&mut self, peer: P) {
        self.0.retain(|out| out.peer != peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// What leaves until nothing is on its way any more: when, for whom, what, and whether it was the last.
    fn all(outbox: &mut Outbox<u8, char>, room: usize) -> Vec<(u64, u8, String, Option<char>)> {
        let mut seen = Vec::new();
        while let Some(due) = outbox.due() {
            let mut room = vec![0; room];
            let Taken { peer, len, last } = outbox.take(due, &mut room).unwrap();
            seen.push((due.as_millis(), peer, String::from_utf8(room[..len].to_vec()).unwrap(), last));
        }
        seen
    }

    #[test]
    fn one_message_follows_the_other() {
        let mut outbox = Outbox::new();
        outbox.push(at(5), Some(Duration::from_millis(10)), 1, b"abc".to_vec(), 'x');
        outbox.push(at(0), None, 2, b"other".to_vec(), 'y');
        outbox.push(at(7), None, 1, b"behind".to_vec(), 'z');
        outbox.push(at(0), None, 1, Vec::new(), 'e');
        let seen = all(&mut outbox, 4);
        let want = [
            (0, 2, "othe", None),
            (0, 2, "r", Some('y')),
            (5, 1, "a", None),
            (15, 1, "b", None),
            (25, 1, "c", Some('x')),
            (25, 1, "behi", None),
            (25, 1, "nd", Some('z')),
            (25, 1, "", Some('e')),
        ];
        assert_eq!(seen, want.map(|(at, peer, text, last)| (at, peer, text.to_owned(), last)));
    }

    #[test]
    fn what_waits_can_be_dropped_and_without_room_it_waits_on() {
        let mut outbox = Outbox::new();
        outbox.push(at(0), None, 1, b"one".to_vec(), ());
        outbox.push(at(9), None, 2, b"two".to_vec(), ());
        assert_eq!(outbox.take(at(0), &mut []), None);
        assert_eq!(outbox.due(), Some(at(0)));
        outbox.forget(1);
        assert_eq!((outbox.take(at(8), &mut [0; 9]), outbox.due()), (None, Some(at(9))));
    }
    #[test]
    fn a_long_message_that_leaves_byte_by_byte_is_one_entry() {
        const LEN: usize = 320 * 1024;

        let mut outbox = Outbox::new();
        outbox.push(at(0), Some(Duration::from_millis(1)), 1, vec![7; LEN], ());
        let mut sent = 0;
        while let Some(due) = outbox.due() {
            assert_eq!((due, outbox.0.len()), (at(sent), 1));
            sent += outbox.take(due, &mut [0; 64]).unwrap().len as u64;
        }
        assert_eq!(sent, LEN as u64);
    }
}
