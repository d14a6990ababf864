//! TCP connections of a recording, put back into order.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use rackhand_core::dxp::Tap;

use super::message::{Beginning, Message, counted, cut_short, dxp};

/// More than a connection of ours ever holds back while a segment is missing.
const MOST_HELD: usize = 1024;

/// More than the rest of a request, and than answers to one.
const MOST_PASSED: usize = 128;

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// The sequence number that comes next, once one is known.
    next: Option<u32>,
    /// Segments that came before their turn.
    held: BTreeMap<u32, Vec<u8>>,
    unread: Vec<u8>,
    /// Bytes that were no client's of DxP, while it is not known what the connection is.
    passed: usize,
    /// Where its last bytes were.
    origin: String,
}

impl Direction {
    /// Whether a connection that begins with this number is another one than was seen.
    fn is_past(&self, syn: u32) -> bool {
        self.next.is_some_and(|next| next != syn.wrapping_add(1))
    }

    /// Takes a segment; what was in its turn is unread now.
    fn take(&mut self, sequence: u32, syn: bool, payload: &[u8]) {
        let first = if syn { sequence.wrapping_add(1) } else { sequence };
        let next = *self.next.get_or_insert(first);
        // How far ahead of what comes next it begins; what was seen before is cut off, so that it never begins behind.
        let ahead = first.wrapping_sub(next);
        let (ahead, payload) = if ahead < u32::MAX / 2 {
            (ahead, payload)
        } else {
            let seen = usize::try_from(ahead.wrapping_neg()).unwrap_or(usize::MAX);
            (0, payload.get(seen..).unwrap_or(&[]))
        };
        if payload.is_empty() || self.held.len() >= MOST_HELD {
            return;
        }
        let held = self.held.entry(ahead).or_default();
        if held.len() < payload.len() {
            *held = payload.to_vec();
        }
        let mut at = 0_u32;
        while let Some(first) = self.held.first_entry().filter(|entry| *entry.key() <= at) {
            let (ahead, payload) = first.remove_entry();
            // Segments may overlap.
            let seen = usize::try_from(at.wrapping_sub(ahead)).unwrap_or(usize::MAX);
            let new = payload.get(seen..).unwrap_or(&[]);
            self.unread.extend_from_slice(new);
            at = at.wrapping_add(u32::try_from(new.len()).unwrap_or(0));
        }
        let held = std::mem::take(&mut self.held);
        self.held = held.into_iter().map(|(ahead, payload)| (ahead.wrapping_sub(at), payload)).collect();
        self.next = Some(next.wrapping_add(at));
    }
}

/// What a connection is.
enum Speaks {
    /// Not enough was seen.
    Unknown,
    Dxp(Tap, SocketAddr),
    Other,
}

struct Connection {
    speaks: Speaks,
    directions: HashMap<SocketAddr, Direction>,
}

impl Connection {
    /// Judges by how `from` begins, after more of it came, what the connection is.
    fn judge(&mut self, from: SocketAddr, origin: &str, messages: &mut Vec<Message>) {
        let Some(direction) = self.directions.get_mut(&from).filter(|it| !it.unread.is_empty()) else { return };
        let beginning = Beginning::of(&direction.unread);
        if let Some(tap) = beginning.tap() {
            self.speaks = Speaks::Dxp(tap, from);
            // What came before belongs to what was not recorded: nobody can tell what it means.
            let others = self.directions.iter_mut().filter(|(whose, _)| **whose != from);
            let unread: usize = others.map(|(_, other)| std::mem::take(&mut other.unread).len()).sum();
            let before = self.directions.values().map(|it| it.passed).sum::<usize>() + unread;
            if before > 0 {
                let remark = format!("{} before the first request that was recorded whole", counted(before));
                messages.push(Message::remark(origin.to_owned(), remark));
            }
        } else if beginning == Beginning::Other {
            // It may be the device, or the rest of a request.
            direction.passed += std::mem::take(&mut direction.unread).len();
            if direction.passed > MOST_PASSED {
                self.speaks = Speaks::Other;
            }
        }
    }

    /// What is left when nothing more comes.
    fn end(self, messages: &mut Vec<Message>) {
        if !matches!(self.speaks, Speaks::Dxp(..)) {
            return;
        }
        let mut directions: Vec<_> = self.directions.into_values().collect();
        directions.sort_unstable_by(|a, b| a.origin.cmp(&b.origin));
        for mut direction in directions {
            messages.extend(cut_short(&mut direction.unread, &direction.origin));
            let held: usize = direction.held.values().map(Vec::len).sum();
            if held > 0 {
                let remark = format!("{} behind a segment that was not recorded", counted(held));
                messages.push(Message::remark(direction.origin, remark));
            }
        }
    }
}

/// All connections of a recording.
#[derive(Default)]
pub(super) struct Flows(BTreeMap<[SocketAddr; 2], Connection>);

/// A TCP segment.
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) payload: &'a [u8],
}

impl Flows {
    /// Takes a segment and adds the messages that it made whole.
    pub(super) fn take(&mut self, segment: &Segment<'_>, origin: &str, messages: &mut Vec<Message>) {
        let mut key = [segment.from, segment.to];
        key.sort_unstable();
        // The same pair of ports may be used again.
        if segment.syn
            && let Entry::Occupied(connection) = self.0.entry(key)
            && connection.get().directions.get(&segment.from).is_some_and(|it| it.is_past(segment.sequence))
        {
            connection.remove().end(messages);
        }
        let connection =
            self.0.entry(key).or_insert_with(|| Connection { speaks: Speaks::Unknown, directions: HashMap::new() });
        let direction = connection.directions.entry(segment.from).or_default();
        direction.take(segment.sequence, segment.syn, segment.payload);
        if !segment.payload.is_empty() {
            origin.clone_into(&mut direction.origin);
        }
        if matches!(connection.speaks, Speaks::Unknown) {
            connection.judge(segment.from, origin, messages);
        }
        let Some(direction) = connection.directions.get_mut(&segment.from) else { return };
        match &mut connection.speaks {
            Speaks::Dxp(tap, client) => {
                dxp(tap, *client == segment.from, &mut direction.unread, origin, messages);
            }
            Speaks::Other => direction.unread.clear(),
            Speaks::Unknown => {}
        }
    }

    /// Adds what is to be said when the recording has ended.
    pub(super) fn end(&mut self, messages: &mut Vec<Message>) {
        std::mem::take(&mut self.0).into_values().for_each(|connection| connection.end(messages));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_loss_and_repetition() {
        let mut direction = Direction::default();
        direction.take(u32::MAX - 1, true, b"");
        // Numbers wrap at the third byte.
        direction.take(2, false, b"de");
        direction.take(u32::MAX, false, b"abc");
        direction.take(u32::MAX, false, b"abc");
        direction.take(1, false, b"cdefg");
        assert_eq!(direction.unread, b"abcdefg");
        assert!(direction.held.is_empty());
    }

    #[test]
    fn a_resend_that_overlaps_while_a_later_segment_is_held() {
        let mut direction = Direction::default();
        direction.take(0, false, b"0123");
        direction.take(8, false, b"89");
        direction.take(0, false, b"01234567");
        assert_eq!(direction.unread, b"0123456789");
        // The shorter of two segments at one place adds nothing, whichever comes first.
        direction.take(12, false, b"c");
        direction.take(12, false, b"cde");
        direction.take(12, false, b"cd");
        direction.take(10, false, b"ab");
        assert_eq!(direction.unread, b"0123456789abcde");
        assert!(direction.held.is_empty());
    }
}
