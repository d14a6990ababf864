//! Reaches a power state: Chassis Control, and Get Chassis Status until it shows (IPMI 2.0, sections 28.2 and 28.3; drivers.md, ipmi).
//!
//! A request whose answer is lost is not repeated blindly: the state is read first. A reboot is off, seen off, and on: whatever
//! happens, time is left for the on.
//!
#![doc = include_str!("set_power.md")]

use core::time::Duration;

use super::{Said, ask_power, failure, power_on};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::command::ChassisControl;
use crate::ipmi::{Ipmi, IpmiFailure, Query, Reception, Refusal, RequestWriter};
use crate::time::{Instant, Share};

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// The power is on.
    On,
    /// The power is off.
    Off,
    /// Off, and on.
    Reboot,
    /// The operating system shuts down.
    SoftOff,
    /// The operating system shuts down, and on.
    SoftReboot,
}

/// Tries for one state: a request that is answered takes two of them, one whose answer is lost, or that is, one.
const TRIES: u8 = 6;
/// Looks in a row that may fail.
const LOOKS: u8 = 3;
/// From one look to the next.
const POLL: Duration = Duration::from_millis(1000);
/// Milliseconds that an accepted request may take to show, and one that may not have arrived.
const SETTLES_MS: (u32, u32) = (15_000, 4_000);
/// Milliseconds that are kept for the on of a reboot, and for seeing it.
const RESERVE_MS: u32 = 10_000;
/// Milliseconds that there must be at least for its off.
const OFF_MS: u32 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    /// The first look.
    Look,
    /// The request for the state of the present leg.
    Control,
    /// A look whether it is there.
    Check,
}

/// Asks for a power state and sees to it that it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetPower {
    goal: Goal,
    at: At,
    /// The power shall be on in this leg.
    on: bool,
    /// It was on at the first look, so that a reboot has an off behind it.
    was_on: bool,
    /// It was seen off.
    was_off: bool,
    /// Milliseconds that the operating system may take to shut down.
    soft_wait_ms: u32,
    tries_left: u8,
    looks_left: u8,
    /// What became of the last request of this leg.
    request: Reception,
    settles_until: Instant,
}

impl SetPower {
    /// Reaches `goal`; the operating system may take `soft_wait_ms` milliseconds to shut down.
    #[must_use]
    pub const fn new(goal: Goal, soft_wait_ms: u32) -> Self {
        Self {
            goal,
            at: At::Look,
            on: matches!(goal, Goal::On),
            was_on: false,
            was_off: false,
            soft_wait_ms,
            tries_left: TRIES,
            looks_left: LOOKS,
            request: Reception::NeverSent,
            settles_until: Instant::ZERO,
        }
    }

    /// The least time for a whole reboot, in milliseconds: with less, nobody might be left to switch the machine on again.
    #[must_use]
    pub const fn least_ms() -> u32 {
        OFF_MS.saturating_add(RESERVE_MS)
    }

    const fn is_reboot(&self) -> bool {
        matches!(self.goal, Goal::Reboot | Goal::SoftReboot)
    }

    /// The operating system is asked, which takes its time, and is asked once.
    const fn is_soft(&self) -> bool {
        !self.on && matches!(self.goal, Goal::SoftOff | Goal::SoftReboot)
    }

    const fn control(&self) -> ChassisControl {
        match (self.on, self.is_soft()) {
            (true, _) => ChassisControl::On,
            (false, false) => ChassisControl::Off,
            (false, true) => ChassisControl::Soft,
        }
    }

    const fn go<T>(&mut self, at: At) -> Said<T> {
        self.at = at;
        Ok(Turn::Ask)
    }

    /// On to a state.
    const fn leg<T>(&mut self, on: bool) -> Said<T> {
        self.on = on;
        self.request = Reception::NeverSent;
        (self.tries_left, self.looks_left) = (if self.is_soft() { 1 } else { TRIES }, LOOKS);
        self.go(At::Control)
    }

    /// The state of the first look.
    const fn begin(&mut self, on: bool) -> Said<()> {
        self.was_on = on;
        match (self.goal, on) {
            (Goal::On, true) | (Goal::Off | Goal::SoftOff, false) => Ok(Turn::Done(())),
            (Goal::On, false) | (Goal::Reboot | Goal::SoftReboot, false) => self.leg(true),
            (Goal::Off | Goal::SoftOff | Goal::Reboot | Goal::SoftReboot, true) => self.leg(false),
        }
    }

    /// What became of a request.
    fn requested(&mut self, now: Instant, last: &Last<'_, Ipmi>) -> Said<()> {
        let lost = matches!(last, Last::Lost { .. });
        self.tries_left = self.tries_left.saturating_sub(if lost { 1 } else { 2 });
        let wait = match (self.is_soft(), lost) {
            (true, _) => self.soft_wait_ms,
            (false, false) => SETTLES_MS.0,
            (false, true) => SETTLES_MS.1,
        };
        self.settles_until = now.after_millis(wait.into());
        self.at = At::Check;
        self.request = match last {
            Last::Answer(_) => Reception::Accepted,
            Last::Lost { sent: false } => {
                self.settles_until = now;
                self.request
            }
            Last::Lost { sent: true } => Reception::Unanswered,
            Last::Refused(refusal) => {
                // The state may be the one that is wanted, or become another one.
                if !passes(*refusal) && !self.is_second() {
                    return Err(failure(Query::ChassisControl, last));
                }
                self.settles_until = now;
                Reception::Refused(*refusal)
            }
            Last::Start | Last::Waited => return Ok(Turn::Ask),
        };
        if matches!(self.request, Reception::Accepted) { Ok(Turn::Wait(POLL)) } else { Ok(Turn::Ask) }
    }

    /// The off of a reboot is done: nothing may keep the machine from being switched on again.
    const fn is_second(&self) -> bool {
        self.on && self.is_reboot() && self.was_on
    }

    fn checked(&mut self, now: Instant, on: bool) -> Said<()> {
        self.looks_left = LOOKS;
        self.was_off |= !on;
        if on == self.on {
            return match (on, self.is_reboot()) {
                // On, and nobody has seen it off: who was in a hurry cannot say that it was.
                (true, true) if self.was_on && !self.was_off => self.give_up().map(Turn::Done),
                (false, true) => self.leg(true),
                _ => Ok(Turn::Done(())),
            };
        }
        if now < self.settles_until {
            return Ok(Turn::Wait(POLL));
        }
        if self.tries_left == 0 {
            return self.give_up().map(Turn::Done);
        }
        self.go(At::Control)
    }
}

/// Whether a refusal may pass by itself: busy, timeout, initialization, an update, or a state in which it makes no sense.
const fn passes(refusal: Refusal) -> bool {
    matches!(refusal.code(), 0xC0 | 0xC3 | 0xCE | 0xD1 | 0xD2 | 0xD5 | 0xFF)
}

impl Dialog for SetPower {
    type On = Ipmi;
    type Output = ();
    type Error = IpmiFailure;

    fn turn(&mut self, now: Instant, last: Last<'_, Ipmi>) -> Said<()> {
        match (self.at, power_on(&last), last) {
            (_, _, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Look, Some(on), _) => self.begin(on),
            (At::Look, None, last) => Err(failure(Query::ChassisStatus, &last)),
            (At::Control, _, last) => self.requested(now, &last),
            (At::Check, Some(on), _) => self.checked(now, on),
            (At::Check, None, _) => {
                self.looks_left = self.looks_left.saturating_sub(1);
                if self.looks_left == 0 { self.give_up().map(Turn::Done) } else { Ok(Turn::Wait(POLL)) }
            }
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        match self.at {
            At::Look | At::Check => ask_power(writer),
            At::Control => {
                writer.head(ChassisControl::NETFN, ChassisControl::COMMAND, None);
                writer.emit(|w| self.control().emit(w))
            }
        }
    }

    fn repeatable(&self) -> bool {
        self.at != At::Control
    }

    /// After a request there must be time to look.
    fn share(&self) -> Share {
        match self.at {
            At::Look | At::Control => Share::Half,
            At::Check => Share::ThreeQuarters,
        }
    }

    fn doing(&self) -> &'static str {
        match (self.at, self.control()) {
            (At::Look, _) => "reading the power state",
            (At::Control, ChassisControl::On) => "switching on",
            (At::Control, ChassisControl::Soft) => "asking the operating system to shut down",
            (At::Control, _) => "switching off",
            (At::Check, ChassisControl::On) => "reading back that it is on",
            (At::Check, _) => "reading back that it is off",
        }
    }
}

impl Bounded for SetPower {
    fn reserve_ms(&self) -> u32 {
        if self.is_reboot() && !self.on { RESERVE_MS } else { 0 }
    }

    /// On, though nobody has seen it off: where it was not, nothing happens, and else it would stay off.
    fn hurry(&mut self) -> bool {
        let hurry = self.is_reboot() && !self.on && self.request != Reception::NeverSent;
        hurry && self.leg::<()>(true).is_ok()
    }

    fn give_up(&self) -> Result<(), IpmiFailure> {
        Err(match (self.at, self.request) {
            (At::Look, _) => IpmiFailure::NoContact,
            (_, request) if self.is_second() && self.was_off => IpmiFailure::NotOnAgain(request),
            (_, request) => {
                let soft = matches!(self.goal, Goal::SoftOff | Goal::SoftReboot);
                // Of a reboot the off was not.
                IpmiFailure::NotReached { on: self.on && !self.is_second(), soft, request }
            }
        })
    }
}
