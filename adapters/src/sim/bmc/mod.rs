//! A BMC: IPMI 2.0 over LAN, a machine whose power it has, boot options, a repository of sensor data records, and a management
//! engine behind a bridge.

mod boot;
mod chassis;
mod commands;
mod config;
mod dice;
mod faults;
mod inside;
mod nm;
mod notes;
mod opening;
mod respond;
mod satellite;
mod sdr;
mod session;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::ipmi::Bridge;
use rackhand_core::ipmi::command::BootFlags;
use rackhand_core::ipmi::wire::SessionId;
use rackhand_core::nm::{Domain, Periods, Policy, PolicyId, PowerDrawRange};
use rackhand_core::time::Instant;

use self::commands::Board;
use self::dice::Dice;
use self::session::Sessions;
use super::Faults;

pub use self::config::{Config, Shape, Timing, User};
pub use self::faults::BmcFault;
pub use self::notes::{Note, Start};

/// What a request in a session has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Network function of the request.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// Whom for; none: the BMC itself.
    pub bridge: Option<Bridge>,
    /// The completion code of the answer.
    pub code: u8,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The machine's power is on.
    pub on: bool,
    /// It is on its way from on to off, or back.
    pub changing: bool,
    /// What the next start is from.
    pub flags: BootFlags,
    /// What the machine has last started from; none when it never has.
    pub last_start: Option<Start>,
    /// How often it has started.
    pub starts: u64,
    /// Sessions that are open.
    pub sessions: usize,
    /// Sessions that were only begun.
    pub half_open: usize,
    /// Logins with a wrong user name or password.
    pub failed_logins: u64,
    /// Requests in sessions that it has taken.
    pub requests: u64,
    /// Datagrams that it has answered, those that a fault has lost among them.
    pub answers: u64,
}

/// A datagram on its way.
#[derive(Clone, Debug)]
struct Queued<P> {
    at: Instant,
    peer: P,
    bytes: Vec<u8>,
}

/// A sequence for each fault that hits a share.
#[derive(Clone, Debug)]
struct Chances {
    busy: Dice,
    duplicate: Dice,
    junk: Dice,
    loss: Dice,
}

/// A simulated BMC.
#[derive(Clone, Debug)]
pub struct Bmc<P> {
    board: Board,
    sessions: Sessions,
    /// The session that is closed behind the present answer.
    closing: Option<SessionId>,
    dice: Dice,
    chances: Chances,
    queue: VecDeque<Queued<P>>,
    asked: VecDeque<Asked>,
    requests: u64,
    answers: u64,
    junks: u64,
}

/// Requests that are remembered for whoever asks.
const MOST_ASKED: usize = 4096;
/// Bytes of the longest message.
const LONGEST: usize = 1024;

/// What is written; nothing where there is no room.
fn bytes(emit: impl FnOnce(&mut TxWriter<'_>) -> Result<(), Full>) -> Vec<u8> {
    let mut room = vec![0; LONGEST];
    let mut w = TxWriter::new(&mut room);
    let written = emit(&mut w);
    let len = w.len();
    room.truncate(if written.is_ok() { len } else { 0 });
    room
}

impl<P: Copy + Eq> Bmc<P> {
    /// A BMC as `config` has it. What it takes for random, and what its faults hit, follows from `seed`.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let [busy, duplicate, junk, loss] = [1, 2, 3, 4].map(|salt| Dice::new(seed, salt));
        Self {
            board: Board::new(config),
            sessions: Sessions::default(),
            closing: None,
            dice: Dice::new(seed, 0),
            chances: Chances { busy, duplicate, junk, loss },
            queue: VecDeque::new(),
            asked: VecDeque::new(),
            requests: 0,
            answers: 0,
            junks: 0,
        }
    }

    /// Its faults.
    pub const fn faults(&mut self) -> &mut Faults<BmcFault> {
        &mut self.board.faults
    }

    /// What it is like.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.board.config
    }

    /// How the answers come to what is bridged.
    pub const fn set_shape(&mut self, shape: Shape) {
        self.board.config.shape = shape;
    }

    /// How things stand.
    #[must_use]
    pub fn state(&self) -> State {
        let Board { chassis, notes, .. } = &self.board;
        let open = self.sessions.open();
        State {
            on: chassis.is_on(),
            changing: chassis.is_changing(),
            flags: chassis.boot.flags(),
            last_start: notes.last_start,
            starts: notes.starts,
            sessions: open,
            half_open: self.sessions.len().saturating_sub(open),
            failed_logins: notes.failed_logins,
            requests: self.requests,
            answers: self.answers,
        }
    }

    /// Puts the machine's power on or off by hand; what was under way is given up. Nothing starts by that.
    pub fn set_power(&mut self, on: bool) {
        self.board.chassis.set(on);
    }

    /// Forgets all sessions, as after a reset of its own.
    pub fn forget_sessions(&mut self) {
        self.sessions.clear();
    }

    /// A policy of Node Manager.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<Policy> {
        self.board.satellite.nm.policy(id)
    }

    /// When a policy of Node Manager does not act.
    #[must_use]
    pub fn suspend_periods(&self, id: PolicyId) -> Option<Periods> {
        self.board.satellite.nm.periods(id)
    }

    /// What power a domain was said to draw, if anybody has said so.
    #[must_use]
    pub fn power_draw_range(&self, domain: Domain) -> Option<PowerDrawRange> {
        self.board.satellite.nm.range(domain)
    }

    /// What was asked in sessions, in order; only the last thousands are remembered.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.iter().copied().collect()
    }

    /// What has happened since the last call, in order; the oldest are forgotten when nobody asks for long.
    pub fn take_notes(&mut self) -> Vec<(Instant, Note)> {
        self.board.notes.take()
    }
}
