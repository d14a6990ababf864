//! Switches a machine with AMT on or off, or reboots it, and starts it from a chosen device once (drivers.md,
//! staging-amt; CIM_PowerManagementService.RequestPowerStateChange, DSP1027, section 8.1).
//!
#![doc = include_str!("power.md")]

use core::time::Duration;

use crate::amt::{Amt, AmtFault, BootProperties, BootSource, Call, PowerCode, Question};
use crate::buffer::Full;
use crate::dialog::{Dialog, Last, Turn};
use crate::time::{Instant, Share};

/// From one look at the power state to the next.
const POLL: Duration = Duration::from_secs(2);
/// After a request that was answered "not now".
const NOT_NOW: Duration = Duration::from_secs(5);

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Power on.
    On,
    /// Power off.
    Off,
    /// Off, then on.
    Reboot,
}

/// The configuration options `[amt_driver]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmtOptions {
    /// `max_attempts`: power requests in all.
    pub max_attempts: u8,
    /// `action_wait`: how long an accepted request may take to show.
    pub action_wait: Duration,
}

impl Default for AmtOptions {
    fn default() -> Self {
        Self { max_attempts: 3, action_wait: Duration::from_secs(10) }
    }
}

/// How it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Powered {
    /// A start that takes the boot device was accepted, or may have been: a one-time wish is fulfilled.
    pub boot_device_used: bool,
    /// It was not, and disarming failed: the device may start from the boot device some other time.
    pub left_armed: bool,
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AmtFailure {
    /// No answer to the last try.
    NoContact,
    /// The device will not, and asking again will not help.
    AccessDenied,
    /// The device answered what nobody can read.
    BadAnswer,
    /// The boot device could not be armed.
    NotArmed,
    /// The device refused with this ReturnValue, and asking again will not help.
    ReturnValue(u32),
    /// Every attempt was used up; the last PowerState seen.
    NotReached(u32),
}

/// Reads, arms, switches, looks; disarms whenever it fails after arming, or was armed for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetPower {
    leg: Leg,
    at: At,
    boot: Option<BootSource>,
    /// The boot configuration may be armed on the device.
    armed: bool,
    /// A start was accepted, or may have been, while armed.
    started: bool,
    /// Power requests, failed reads and transitions that take too long, that are left.
    attempts: u8,
    max_attempts: u8,
    action_wait: Duration,
    /// Until when an accepted request, or a transition that was there before, may take to show.
    shows_until: Instant,
    settings: BootProperties,
    /// How it ends, as things are.
    end: Result<(), AmtFailure>,
    /// Disarming failed: the device may start from the boot device some other time.
    left_armed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Leg {
    On,
    Off,
    OffThenOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Read,
    ReadBoot,
    ClearOrder,
    PutBoot,
    Arm,
    SetOrder,
    Power,
    Check,
    Disarm,
    ClearAgain,
}

/// What a PowerState means for us (DSP1027, table of PowerState; drivers.md, staging-amt).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    On,
    /// 3 and 4: on for whoever asks, and a power-on still wakes it.
    Asleep,
    Off,
    Changing,
    Strange,
}

const fn seen(state: u32) -> Seen {
    match state {
        2 => Seen::On,
        3 | 4 => Seen::Asleep,
        6 | 7 | 8 | 12 | 13 => Seen::Off,
        5 | 9 | 10 | 11 | 14..=17 => Seen::Changing,
        _ => Seen::Strange,
    }
}

type Outcome = Result<Turn<Powered>, (AmtFailure, bool)>;

impl SetPower {
    /// Reaches `goal`; a start that it sends is from `boot`, if that is given.
    #[must_use]
    pub const fn new(goal: Goal, boot: Option<BootSource>, options: AmtOptions) -> Self {
        Self {
            leg: match goal {
                Goal::On => Leg::On,
                Goal::Off => Leg::Off,
                Goal::Reboot => Leg::OffThenOn,
            },
            at: At::Read,
            boot,
            armed: false,
            started: false,
            attempts: options.max_attempts,
            max_attempts: options.max_attempts,
            action_wait: options.action_wait,
            shows_until: Instant::ZERO,
            settings: BootProperties::NONE,
            end: Err(AmtFailure::NoContact),
            left_armed: false,
        }
    }

    fn go(&mut self, at: At) -> Outcome {
        self.at = at;
        Ok(Turn::Ask)
    }

    fn wait_then(&mut self, at: At, pause: Duration) -> Outcome {
        self.at = at;
        Ok(Turn::Wait(pause))
    }

    const fn reached(&self, state: Seen) -> bool {
        matches!((self.leg, state), (Leg::On, Seen::On) | (Leg::Off | Leg::OffThenOn, Seen::Off))
    }

    /// The leg is where it should be.
    fn arrived(&mut self) -> Outcome {
        match self.leg {
            Leg::OffThenOn => {
                self.leg = Leg::On;
                self.attempts = self.max_attempts;
                self.start()
            }
            Leg::On | Leg::Off => {
                self.end = Ok(());
                self.finish()
            }
        }
    }

    /// The state calls for a request: arm first when a start is to be from a device, and may be sent.
    fn start(&mut self) -> Outcome {
        let arm = self.leg == Leg::On && self.boot.is_some() && self.attempts > 0;
        if arm { self.go(At::ReadBoot) } else { self.request() }
    }

    fn request(&mut self) -> Outcome {
        match self.attempts.checked_sub(1) {
            Some(left) => {
                self.attempts = left;
                self.go(At::Power)
            }
            None => self.finish(),
        }
    }

    /// A request was accepted, or may have been.
    fn accepted(&mut self, now: Instant) {
        self.shows_until = now.after(self.action_wait);
        self.started |= self.armed;
    }

    /// A read has failed, or the device keeps changing: that uses an attempt up.
    fn spend(&mut self, at: At, why: AmtFailure) -> Outcome {
        self.end = Err(why);
        match self.attempts.checked_sub(1) {
            Some(left) => {
                self.attempts = left;
                self.wait_then(at, POLL)
            }
            None => self.finish(),
        }
    }

    fn fail(&mut self, why: AmtFailure) -> Outcome {
        self.end = Err(why);
        self.finish()
    }

    /// Over, but nothing is left armed that no start has taken.
    fn finish(&mut self) -> Outcome {
        let taken = self.end.is_ok() && self.started;
        if self.armed && !taken { self.go(At::Disarm) } else { self.over() }
    }

    fn over(&self) -> Outcome {
        match self.end {
            Ok(()) => Ok(Turn::Done(Powered { boot_device_used: self.started, left_armed: self.left_armed })),
            Err(why) => Err((why, self.left_armed)),
        }
    }

    /// A step of arming has ended: on with the next, or back.
    fn armed_step(&mut self, last: &Last<'_, Amt>, next: At) -> Outcome {
        match last {
            // A Put is answered with the instance, without a ReturnValue.
            Last::Answer(body) if self.at == At::PutBoot || body.number("ReturnValue") == Some(0) => match next {
                At::Power => self.request(),
                next => self.go(next),
            },
            // Access denied, in the table of ReturnValues.
            Last::Answer(body) if body.number("ReturnValue") == Some(6) => self.fail(AmtFailure::AccessDenied),
            Last::Refused(AmtFault::AccessDenied) => self.fail(AmtFailure::AccessDenied),
            _ => self.fail(AmtFailure::NotArmed),
        }
    }
}

impl Dialog for SetPower {
    type On = Amt;
    type Output = Powered;
    /// Why, and whether the device may still be armed.
    type Error = (AmtFailure, bool);

    fn turn(&mut self, now: Instant, last: Last<'_, Amt>) -> Outcome {
        let power = match &last {
            Last::Answer(body) => body.number("PowerState"),
            _ => None,
        };
        match (self.at, last) {
            (_, Last::Start) => {
                self.shows_until = now.after(self.action_wait);
                Ok(Turn::Ask)
            }
            (_, Last::Waited) => Ok(Turn::Ask),
            (At::Read | At::Check, Last::Refused(AmtFault::AccessDenied)) => self.fail(AmtFailure::AccessDenied),
            (at @ (At::Read | At::Check), Last::Lost { .. } | Last::Refused(AmtFault::Other)) => {
                self.spend(at, AmtFailure::NoContact)
            }
            (at @ (At::Read | At::Check), Last::Answer(_)) => {
                let Some(state) = power else { return self.spend(at, AmtFailure::BadAnswer) };
                let seen = seen(state);
                let why = AmtFailure::NotReached(state);
                self.end = Err(why);
                match (at, seen) {
                    _ if self.reached(seen) => self.arrived(),
                    (At::Read, Seen::On | Seen::Asleep | Seen::Off | Seen::Strange) => self.start(),
                    _ if now < self.shows_until => self.wait_then(at, POLL),
                    (_, Seen::Changing) => {
                        self.shows_until = now.after(self.action_wait);
                        self.spend(at, why)
                    }
                    _ => self.request(),
                }
            }
            (At::ReadBoot, Last::Answer(body)) => {
                self.settings = body.boot_properties();
                self.go(At::ClearOrder)
            }
            (At::ReadBoot, last) => self.armed_step(&last, At::ClearOrder),
            (At::ClearOrder, last) => self.armed_step(&last, At::PutBoot),
            (At::PutBoot, last) => {
                let step = self.armed_step(&last, At::Arm);
                // Armed from the moment the question is put: nobody knows what becomes of a lost one.
                self.armed |= self.at == At::Arm;
                step
            }
            (At::Arm, last) => self.armed_step(&last, At::SetOrder),
            (At::SetOrder, last) => self.armed_step(&last, At::Power),
            (At::Power, Last::Answer(body)) => match body.number("ReturnValue") {
                // An answer that nobody can read may mean yes, too.
                Some(0 | 4096) | None => {
                    self.accepted(now);
                    self.wait_then(At::Check, POLL)
                }
                // Not supported, invalid parameter: the same request would get the same answer.
                Some(code @ (1 | 5)) => self.fail(AmtFailure::ReturnValue(code)),
                Some(_) => self.wait_then(At::Check, NOT_NOW),
            },
            (At::Power, Last::Refused(AmtFault::AccessDenied)) => self.fail(AmtFailure::AccessDenied),
            (At::Power, Last::Refused(AmtFault::Other)) => self.wait_then(At::Check, NOT_NOW),
            // A switch is never repeated blindly: look first, and for as long as one that was accepted may take.
            (At::Power, Last::Lost { sent }) => {
                if sent {
                    self.accepted(now);
                }
                self.go(At::Check)
            }
            (At::Disarm, last) => {
                self.left_armed = !matches!(&last, Last::Answer(body) if body.number("ReturnValue") == Some(0));
                self.go(At::ClearAgain)
            }
            // Without its role the order does nothing; clearing it is tidiness.
            (At::ClearAgain, _) => self.over(),
        }
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        writer.put(match self.at {
            At::Read | At::Check => Question::GetPower,
            At::ReadBoot => Question::GetBootSettings,
            At::ClearOrder | At::ClearAgain => Question::ChangeBootOrder(None),
            At::PutBoot => Question::PutBootSettings(self.settings),
            At::Arm => Question::SetBootConfigRole { armed: true },
            At::SetOrder => Question::ChangeBootOrder(self.boot),
            At::Power if self.leg == Leg::On => Question::RequestPowerStateChange(PowerCode::On),
            At::Power => Question::RequestPowerStateChange(PowerCode::OffSoft),
            At::Disarm => Question::SetBootConfigRole { armed: false },
        })
    }

    fn repeatable(&self) -> bool {
        self.at != At::Power
    }

    /// Enough is left to look, and to disarm.
    fn share(&self) -> Share {
        match self.at {
            At::ClearAgain => Share::All,
            _ => Share::Half,
        }
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Read => "reading the power state",
            At::ReadBoot => "reading the boot settings",
            At::ClearOrder => "clearing the boot order",
            At::PutBoot => "putting the boot settings",
            At::Arm => "arming the boot configuration",
            At::SetOrder => "setting the boot order",
            At::Power => "asking for the power change",
            At::Check => "waiting for the power state",
            At::Disarm => "disarming the boot configuration",
            At::ClearAgain => "clearing the boot order again",
        }
    }
}
