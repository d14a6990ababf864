//! Sessions, half open and open. IPMI 2.0, sections 6.12 and 13.

use core::time::Duration;
use std::collections::VecDeque;

use rackhand_core::ipmi::wire::{Message, Role, SessionId};
use rackhand_core::ipmi::{CipherSuite, Keys};
use rackhand_core::time::Instant;

use super::Config;
use super::dice::Dice;

/// Requests whose answers are kept, in case they come again.
const MOST_RECENT: usize = 4;
/// How long they are kept: who takes so long has numbered anew (section 13.8).
const RECENT: Duration = Duration::from_secs(5);
/// The privilege that a session begins with: a user's.
const USER: u8 = 2;

/// Which numbers of packets have come: each counts once, and at most so far from the highest (section 6.12.13).
#[derive(Clone, Debug)]
pub(super) struct Window {
    highest: u32,
    /// Bit n: the highest less n has come.
    seen: u32,
}

impl Window {
    const AHEAD: u32 = 15;
    const BEHIND: u32 = 16;

    /// Nothing has come, and what is before the beginning never will.
    const fn new() -> Self {
        Self { highest: 0, seen: u32::MAX }
    }

    /// Whether a packet with this number is taken.
    pub(super) fn takes(&mut self, number: u32) -> bool {
        let (ahead, behind) = (number.wrapping_sub(self.highest), self.highest.wrapping_sub(number));
        if (1..=Self::AHEAD).contains(&ahead) {
            self.highest = number;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            return true;
        }
        let bit = 1_u32.checked_shl(behind).unwrap_or(0);
        let new = behind <= Self::BEHIND && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// Their place among the users.
    pub(super) user: usize,
    pub(super) name: Vec<u8>,
    pub(super) role: Role,
    pub(super) console_random: [u8; 16],
    pub(super) bmc_random: [u8; 16],
}

/// A message on its way, and how much later than others it leaves.
pub(super) type Outgoing = (Duration, Vec<u8>);

/// A request that was answered.
#[derive(Clone, Debug)]
struct Answered {
    at: Instant,
    netfn: u8,
    command: u8,
    sequence: u8,
    data: Vec<u8>,
    messages: Vec<Outgoing>,
}

/// What an open session has.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) keys: Keys,
    pub(super) window: Window,
    /// What it may do now.
    pub(super) level: u8,
    /// The number of the last packet that was sent.
    sent: u32,
    recent: VecDeque<Answered>,
}

impl Open {
    pub(super) fn new(keys: Keys, most: u8) -> Self {
        Self { keys, window: Window::new(), level: most.min(USER), sent: 0, recent: VecDeque::new() }
    }

    /// The number of the next packet.
    pub(super) const fn number(&mut self) -> u32 {
        self.sent = match self.sent.wrapping_add(1) {
            0 => 1,
            next => next,
        };
        self.sent
    }

    /// What the same request was answered a moment ago.
    pub(super) fn answered(&self, now: Instant, request: &Message<'_>) -> Option<Vec<Outgoing>> {
        let same = |it: &&Answered| {
            now.since(it.at) < RECENT
                && (it.netfn, it.command, it.sequence) == (request.netfn, request.command, request.sequence)
                && it.data == request.data
        };
        self.recent.iter().rev().find(same).map(|it| it.messages.clone())
    }

    pub(super) fn remember(&mut self, at: Instant, request: &Message<'_>, messages: Vec<Outgoing>) {
        if self.recent.len() >= MOST_RECENT {
            self.recent.pop_front();
        }
        let Message { netfn, command, sequence, .. } = *request;
        self.recent.push_back(Answered { at, netfn, command, sequence, data: request.data.to_vec(), messages });
    }
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) console: SessionId,
    pub(super) bmc: SessionId,
    pub(super) suite: CipherSuite,
    /// The privilege in the request that opened it, as it stood.
    pub(super) asked: u8,
    /// Most privilege that it may have.
    pub(super) most: u8,
    pub(super) login: Option<Login>,
    pub(super) open: Option<Open>,
    /// When something came last.
    pub(super) heard: Instant,
}

/// All sessions.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    all: Vec<Session>,
}

impl Sessions {
    pub(super) fn get(&mut self, bmc: SessionId) -> Option<&mut Session> {
        self.all.iter_mut().find(|session| session.bmc == bmc)
    }

    /// Forgets those that nobody goes on with.
    pub(super) fn expire(&mut self, now: Instant, config: &Config) {
        self.all.retain(|session| {
            let patience = if session.open.is_some() { config.idle } else { config.half_open };
            now.since(session.heard) < patience
        });
    }

    pub(super) fn close(&mut self, bmc: SessionId) -> bool {
        let before = self.all.len();
        self.all.retain(|session| session.bmc != bmc);
        self.all.len() != before
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Those that are open.
    pub(super) fn open(&self) -> usize {
        self.all.iter().filter(|session| session.open.is_some()).count()
    }

    pub(super) fn push(&mut self, session: Session) {
        self.all.push(session);
    }

    /// An id that no session has.
    pub(super) fn new_id(&self, dice: &mut Dice) -> SessionId {
        loop {
            let id = dice.bytes();
            if id != [0; 4] && self.all.iter().all(|session| session.bmc != id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_moves_and_takes_each_number_once() {
        let mut window = Window::new();
        assert!(!window.takes(0) && !window.takes(16) && window.takes(3) && !window.takes(3));
        assert!(window.takes(2) && window.takes(1) && !window.takes(0) && !window.takes(u32::MAX));
        assert!(window.takes(18) && !window.takes(34) && !window.takes(3) && window.takes(4));
        assert!(!window.takes(1), "more than sixteen behind");
        assert!(window.takes(33) && window.takes(17) && !window.takes(16));
        let mut late = Window { highest: u32::MAX, seen: 1 };
        assert!(late.takes(1) && late.takes(u32::MAX - 3) && !late.takes(u32::MAX));
    }
}
