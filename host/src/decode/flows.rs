//! TCP connections of a recording, put back into order.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use rackhand_core::dxp::Tap;

use super::message::{Message, dxp, is_dxp, may_be_dxp};

/// More than a connection of ours ever holds back while a segment is missing.
const MOST_HELD: usize = 1024;

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// The sequence number that comes next, once one is known.
    next: Option<u32>,
    /// Segments that came before their turn.
    held: BTreeMap<u32, Vec<u8>>,
    unread: Vec<u8>,
}

impl Direction {
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

/// All connections of a recording.
#[derive(Default)]
pub(super) struct Flows(HashMap<[SocketAddr; 2], Connection>);

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
        if segment.syn {
            // The same pair of ports may be used again.
            if let Some(connection) = self.0.get(&key)
                && !matches!(connection.speaks, Speaks::Unknown)
            {
                self.0.remove(&key);
            }
        }
        let connection =
            self.0.entry(key).or_insert_with(|| Connection { speaks: Speaks::Unknown, directions: HashMap::new() });
        let direction = connection.directions.entry(segment.from).or_default();
        direction.take(segment.sequence, segment.syn, segment.payload);
        if matches!(connection.speaks, Speaks::Unknown) && !direction.unread.is_empty() {
            if is_dxp(&direction.unread) {
                connection.speaks = Speaks::Dxp(Tap::new(), segment.from);
            } else if !may_be_dxp(&direction.unread) {
                connection.speaks = Speaks::Other;
            }
        }
        match &mut connection.speaks {
            Speaks::Dxp(tap, client) => {
                dxp(tap, *client == segment.from, &mut direction.unread, origin, messages);
            }
            Speaks::Other => direction.unread.clear(),
            Speaks::Unknown => {}
        }
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
