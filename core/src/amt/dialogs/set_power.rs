//! Switches a machine with AMT on or off, or reboots it, and starts it from a chosen device once (drivers.md,
//! staging-amt; CIM_PowerManagementService.RequestPowerStateChange, DSP1027, section 8.1).
//!
#![doc = include_str!("set_power.md")]

use core::time::Duration;

use super::{POLL, Said, failure, is_final};
use crate::amt::{
    Amt, AmtEnd, AmtFailure, AmtOptions, Answer, BootProperties, BootSettings, BootSource, Call, PowerCode,
    PowerMeaning, PowerStatus, Question, Refusal,
};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::time::{Instant, Share};

/// After a request that was answered "not now".
const NOT_NOW: Duration = Duration::from_secs(5);
/// What disarming may take, in milliseconds: two answers of a slow device.
const DISARMING_MS: u32 = 4000;
/// What arming and a request for power may take beside `action_wait`, in milliseconds.
const STARTING_MS: u32 = 10_000;

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Power on.
    On,
    /// Power off.
    Off,
    /// Off, then on.
    Reboot,
    /// The operating system is asked to shut down.
    SoftOff,
    /// The operating system is asked to restart.
    SoftReboot,
}

/// How it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Powered {
    /// A start that takes the boot device was accepted, or may have been: a one-time wish is fulfilled.
    pub boot_device_used: bool,
    /// It was not, and disarming failed: the device may start from the boot device some other time.
    pub left_armed: bool,
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
    /// A request was accepted, or may have been, in this leg.
    accepted: bool,
    /// The device has said so.
    confirmed: bool,
    /// Power requests, failed reads and transitions that take too long, that are left.
    attempts: u8,
    options: AmtOptions,
    /// Until when an accepted request, or a transition that was there before, may take to show.
    shows_until: Instant,
    settings: BootProperties,
    /// How it ends, as things are.
    end: Result<(), AmtFailure>,
    /// The ReturnValue of the last request, if that was "not now".
    not_now: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Leg {
    On,
    Off,
    OffThenOn,
    SoftOff,
    SoftReset,
}

impl Leg {
    const fn code(self) -> PowerCode {
        match self {
            Self::On => PowerCode::On,
            Self::Off | Self::OffThenOn => PowerCode::OffSoft,
            Self::SoftOff => PowerCode::OffSoftGraceful,
            Self::SoftReset => PowerCode::MasterBusResetGraceful,
        }
    }

    /// The operating system does it, in its own time.
    const fn is_soft(self) -> bool {
        matches!(self, Self::SoftOff | Self::SoftReset)
    }

    const fn starts(self) -> bool {
        matches!(self, Self::On | Self::SoftReset)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Read,
    Capabilities,
    /// Before the off of a reboot: whoever cannot be armed is not switched off.
    Consent,
    ReadBoot,
    ClearOrder,
    PutBoot,
    Arm,
    SetOrder,
    Power,
    Check,
    Disarm,
    ClearAgain,
    PutBack,
    WhyDenied,
    WhyNotNow,
}

impl SetPower {
    /// Reaches `goal`; a start that it sends is from `boot`, if that is given. With a soft goal `action_wait` is how long the
    /// operating system may take.
    #[must_use]
    pub const fn new(goal: Goal, boot: Option<BootSource>, options: AmtOptions) -> Self {
        let leg = match goal {
            Goal::On => Leg::On,
            Goal::Off => Leg::Off,
            Goal::Reboot => Leg::OffThenOn,
            Goal::SoftOff => Leg::SoftOff,
            Goal::SoftReboot => Leg::SoftReset,
        };
        Self {
            leg,
            at: At::Read,
            boot,
            armed: false,
            started: false,
            accepted: false,
            confirmed: false,
            attempts: options.max_attempts,
            options,
            shows_until: Instant::ZERO,
            settings: BootProperties::NONE,
            end: Err(AmtFailure::NoContact),
            not_now: None,
        }
    }

    /// What a reboot needs at least, in milliseconds: nobody would be left to switch the machine on again.
    #[must_use]
    pub const fn least_ms(options: AmtOptions) -> u32 {
        options.action_wait_ms.saturating_add(STARTING_MS).saturating_mul(2)
    }

    fn go(&mut self, at: At) -> Said<Powered> {
        self.at = at;
        Ok(Turn::Ask)
    }

    fn wait_then(&mut self, at: At, pause: Duration) -> Said<Powered> {
        self.at = at;
        Ok(Turn::Wait(pause))
    }

    const fn reached(&self, seen: PowerMeaning) -> bool {
        match self.leg {
            Leg::On => matches!(seen, PowerMeaning::On),
            Leg::Off | Leg::OffThenOn | Leg::SoftOff => matches!(seen, PowerMeaning::Off),
            // It is on before and after: the device's word is all there is.
            Leg::SoftReset => self.confirmed && matches!(seen, PowerMeaning::On),
        }
    }

    /// The leg is where it should be.
    fn arrived(&mut self) -> Said<Powered> {
        if self.leg == Leg::OffThenOn {
            self.leg = Leg::On;
            self.attempts = self.options.max_attempts;
            self.accepted = false;
            self.not_now = None;
            return self.start(PowerMeaning::Off);
        }
        self.end = Ok(());
        self.finish()
    }

    /// The state calls for a request: arm first when a start is to be from a device, and may be sent. A reboot asks before its off
    /// whether that can be done. Waking from sleep is no start: what is armed then would be left to some later one.
    fn start(&mut self, seen: PowerMeaning) -> Said<Powered> {
        let wakes = self.leg == Leg::On && seen == PowerMeaning::Asleep;
        let reboots = self.leg == Leg::OffThenOn && self.at == At::Read;
        let arms = (self.leg.starts() && !wakes && !self.armed) || reboots;
        if arms && self.boot.is_some() && self.attempts > 0 { self.go(At::Capabilities) } else { self.request() }
    }

    fn request(&mut self) -> Said<Powered> {
        match self.attempts.checked_sub(1) {
            Some(left) => {
                self.attempts = left;
                self.not_now = None;
                self.go(At::Power)
            }
            None => self.used_up(),
        }
    }

    /// There is no attempt left.
    fn used_up(&mut self) -> Said<Powered> {
        if let (Some(value), Err(AmtFailure::NotReached(_))) = (self.not_now, self.end) {
            self.end = Err(AmtFailure::NotNow(value));
        }
        self.finish()
    }

    /// A request was accepted, or may have been.
    fn accepted(&mut self, now: Instant) {
        self.shows_until = now.after_millis(self.options.action_wait_ms.into());
        self.started |= self.armed;
        self.accepted = true;
        self.not_now = None;
    }

    /// A read has failed, or the device keeps changing: that uses an attempt up.
    fn spend(&mut self, at: At, why: AmtFailure) -> Said<Powered> {
        self.end = Err(why);
        match self.attempts.checked_sub(1) {
            Some(left) => {
                self.attempts = left;
                self.wait_then(at, POLL)
            }
            None => self.used_up(),
        }
    }

    fn fail(&mut self, why: AmtFailure) -> Said<Powered> {
        self.end = Err(why);
        self.finish()
    }

    /// A start has taken what was armed.
    const fn taken(&self) -> bool {
        self.started && self.end.is_ok()
    }

    /// Over, but nothing is left armed that no start has taken.
    fn finish(&mut self) -> Said<Powered> {
        if self.end == Err(AmtFailure::Unauthorized) {
            // Not even disarming: another login might lock the account.
            return self.over();
        }
        if self.armed && !self.taken() { self.go(At::Disarm) } else { self.explain() }
    }

    /// Over, but for what a person will want to know.
    fn explain(&mut self) -> Said<Powered> {
        match self.end {
            Err(AmtFailure::AccessDenied) if self.boot.is_some() => self.go(At::WhyDenied),
            Err(AmtFailure::NotNow(_)) => self.go(At::WhyNotNow),
            _ => self.over(),
        }
    }

    fn over(&self) -> Said<Powered> {
        self.give_up().map(Turn::Done)
    }

    /// What a power status calls for.
    fn seen(&mut self, now: Instant, status: PowerStatus) -> Said<Powered> {
        let seen = PowerMeaning::of(status.state);
        let why = AmtFailure::NotReached(status.state);
        self.end = Err(why);
        if self.reached(seen) {
            return self.arrived();
        }
        if self.leg.is_soft() && !self.accepted && seen != PowerMeaning::Changing {
            let wanted = self.leg.code();
            if !status.available.contains(wanted.number()) {
                return self.fail(AmtFailure::NotAvailable { wanted, available: status.available });
            }
        }
        match (self.at, seen) {
            (At::Read, PowerMeaning::On | PowerMeaning::Asleep | PowerMeaning::Off | PowerMeaning::Strange) => {
                self.start(seen)
            }
            // What was not accepted shows nothing, however long it is waited for.
            (_, seen) if now < self.shows_until && (self.accepted || seen == PowerMeaning::Changing) => {
                self.wait_then(self.at, POLL)
            }
            // Whoever was asked nicely is not asked again.
            _ if self.leg.is_soft() && self.accepted => self.finish(),
            (at, PowerMeaning::Changing) => {
                self.shows_until = now.after_millis(self.options.action_wait_ms.into());
                self.spend(at, why)
            }
            _ => self.start(seen),
        }
    }

    /// The machine can be started from the device, as far as the firmware says.
    fn capable(&mut self) -> Said<Powered> {
        self.go(if self.leg == Leg::OffThenOn { At::Consent } else { At::ReadBoot })
    }

    /// A step of arming has ended: on with the next, or back.
    fn armed_step(&mut self, last: &Last<'_, Amt>, next: At) -> Said<Powered> {
        match last {
            Last::Answer(Answer::Put | Answer::ReturnValue(0)) if next == At::Power => self.request(),
            Last::Answer(Answer::Put | Answer::ReturnValue(0)) => self.go(next),
            // Access denied, in the table of ReturnValues.
            Last::Answer(Answer::ReturnValue(6 | NOT_PERMITTED)) => self.fail(AmtFailure::AccessDenied),
            last => self.fail(not_armed(last)),
        }
    }

    /// What the request for power was answered with.
    fn requested(&mut self, now: Instant, last: &Last<'_, Amt>) -> Said<Powered> {
        match last {
            Last::Answer(Answer::ReturnValue(0 | 4096)) => {
                self.accepted(now);
                self.confirmed = true;
                self.wait_then(At::Check, POLL)
            }
            Last::Answer(Answer::ReturnValue(NOT_PERMITTED)) => self.fail(AmtFailure::AccessDenied),
            // Not supported, invalid parameter, a word of AMT's own: the same request would get the same answer.
            Last::Answer(Answer::ReturnValue(code)) if is_last_word(*code) => self.fail(AmtFailure::ReturnValue(*code)),
            Last::Answer(Answer::ReturnValue(code)) => {
                self.not_now = Some(*code);
                self.wait_then(At::Check, NOT_NOW)
            }
            // An answer that nobody can read may mean yes, too.
            Last::Answer(_) | Last::Refused(Refusal::Unreadable) => {
                self.accepted(now);
                self.wait_then(At::Check, POLL)
            }
            Last::Refused(_) if is_final(failure(last)) => self.fail(failure(last)),
            Last::Refused(_) => self.wait_then(At::Check, NOT_NOW),
            // A switch is never repeated blindly: look first, and for as long as one that was accepted may take.
            Last::Lost { sent: true } => {
                self.accepted(now);
                self.go(At::Check)
            }
            Last::Lost { sent: false } => self.wait_then(At::Check, NOT_NOW),
            Last::Start | Last::Waited => Ok(Turn::Ask),
        }
    }
}

/// From here on a ReturnValue is a PT_STATUS (Intel AMT SDK, "Error Handling").
const PT_STATUS: u32 = 32_768;
const NOT_PERMITTED: u32 = PT_STATUS + 16;
const NOT_READY: u32 = PT_STATUS + 2;

/// A ReturnValue after which there is no use in asking again.
const fn is_last_word(value: u32) -> bool {
    matches!(value, 1 | 5) || value >= PT_STATUS && value != NOT_READY
}

/// Why arming failed.
const fn not_armed(last: &Last<'_, Amt>) -> AmtFailure {
    match failure(last) {
        final_one @ (AmtFailure::AccessDenied | AmtFailure::Unauthorized) => final_one,
        _ => AmtFailure::NotArmed,
    }
}

impl Dialog for SetPower {
    type On = Amt;
    type Output = Powered;
    type Error = AmtEnd;

    fn turn(&mut self, now: Instant, last: Last<'_, Amt>) -> Said<Powered> {
        match (self.at, last) {
            (_, Last::Start) => {
                // A transition that was there before is nobody's request.
                self.shows_until = now.after_millis(self.options.action_wait_ms.into());
                Ok(Turn::Ask)
            }
            (_, Last::Waited) => Ok(Turn::Ask),
            (At::Read | At::Check, Last::Answer(Answer::Power(status))) => self.seen(now, status),
            (at @ (At::Read | At::Check), last) => match failure(&last) {
                why if is_final(why) => self.fail(why),
                // Network and firmware may be away for a moment when the machine starts.
                why if self.accepted && now < self.shows_until => {
                    self.end = Err(why);
                    self.wait_then(at, POLL)
                }
                why => self.spend(at, why),
            },
            (At::Capabilities, Last::Answer(Answer::BootCapabilities(it))) => match self.boot {
                Some(boot) if it.has(boot) == Some(false) => self.fail(AmtFailure::NoBootSource(boot)),
                Some(BootSource::Bios) if it.has(BootSource::Bios).is_none() => {
                    self.fail(AmtFailure::NoBootSource(BootSource::Bios))
                }
                _ => self.capable(),
            },
            // The firmware does not say: it is tried. But not with an option that it may not know.
            (At::Capabilities, Last::Refused(Refusal::NotThere | Refusal::Fault))
                if self.boot != Some(BootSource::Bios) =>
            {
                self.capable()
            }
            (At::Consent, Last::Answer(Answer::OptIn(opt_in))) if opt_in.missing() => {
                self.fail(AmtFailure::ConsentNeeded)
            }
            (At::Consent, Last::Refused(Refusal::Unauthorized)) => self.fail(AmtFailure::Unauthorized),
            // It is asked for the answer above; what else it says will show when it is armed.
            (At::Consent, _) => self.request(),
            (At::ReadBoot, Last::Answer(Answer::BootSettings(present))) => {
                self.settings = present;
                self.go(At::ClearOrder)
            }
            (At::Capabilities | At::ReadBoot, last) => self.fail(not_armed(&last)),
            (At::ClearOrder, last) => self.armed_step(&last, At::PutBoot),
            (At::PutBoot, last) => {
                let step = self.armed_step(&last, At::Arm);
                // Armed from the moment the question is put: nobody knows what becomes of a lost one.
                self.armed |= self.at == At::Arm;
                step
            }
            (At::Arm, last) => {
                // The set-up of the BIOS is an option, not an entry of the order.
                let next = if self.boot == Some(BootSource::Bios) { At::Power } else { At::SetOrder };
                self.armed_step(&last, next)
            }
            (At::SetOrder, last) => self.armed_step(&last, At::Power),
            (At::Power, last) => self.requested(now, &last),
            (At::Disarm, last) => {
                match last {
                    Last::Answer(Answer::ReturnValue(0)) => self.armed = false,
                    Last::Refused(Refusal::Unauthorized) => return self.over(),
                    _ => {}
                }
                self.go(At::ClearAgain)
            }
            // Without its role the order does nothing; clearing it is tidiness.
            (At::ClearAgain | At::PutBack, Last::Refused(Refusal::Unauthorized)) => self.over(),
            // Whoever arms next with another tool would enter the set-up.
            (At::ClearAgain, _) if self.boot == Some(BootSource::Bios) => self.go(At::PutBack),
            (At::ClearAgain | At::PutBack, _) => self.explain(),
            (At::WhyDenied, last) => {
                if matches!(last, Last::Answer(Answer::OptIn(opt_in)) if opt_in.missing()) {
                    self.end = Err(AmtFailure::ConsentNeeded);
                }
                self.over()
            }
            (At::WhyNotNow, last) => {
                if matches!(last, Last::Answer(Answer::Kvm(kvm)) if kvm.in_session()) {
                    self.end = Err(AmtFailure::RedirectionOpen);
                }
                self.over()
            }
        }
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        writer.put(match self.at {
            At::Read | At::Check => Question::GetPower,
            At::Capabilities => Question::GetBootCapabilities,
            At::ReadBoot => Question::GetBootSettings,
            At::ClearOrder | At::ClearAgain => Question::ChangeBootOrder(None),
            At::PutBoot => Question::PutBootSettings(BootSettings {
                present: self.settings,
                bios_setup: self.boot == Some(BootSource::Bios),
            }),
            At::PutBack => Question::PutBootSettings(BootSettings { present: self.settings, bios_setup: false }),
            At::Arm => Question::SetBootConfigRole { armed: true },
            At::SetOrder => Question::ChangeBootOrder(self.boot),
            At::Power => Question::RequestPowerStateChange(self.leg.code()),
            At::Disarm => Question::SetBootConfigRole { armed: false },
            At::Consent | At::WhyDenied => Question::GetOptIn,
            At::WhyNotNow => Question::GetKvm,
        })
    }

    fn repeatable(&self) -> bool {
        self.at != At::Power
    }

    /// Enough is left to look, and to disarm.
    fn share(&self) -> Share {
        match self.at {
            At::PutBack | At::WhyDenied | At::WhyNotNow => Share::All,
            _ => Share::Half,
        }
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Read => "reading the power state",
            At::Capabilities => "reading what it can be started from",
            At::Consent => "asking whether consent is given",
            At::ReadBoot => "reading the boot settings",
            At::ClearOrder => "clearing the boot order",
            At::PutBoot => "putting the boot settings",
            At::Arm => "arming the boot configuration",
            At::SetOrder => "setting the boot order",
            At::Power => "asking for the power change",
            At::Check => "waiting for the power state",
            At::Disarm => "disarming the boot configuration",
            At::ClearAgain => "clearing the boot order again",
            At::PutBack => "putting the boot settings back",
            At::WhyDenied => "asking whether somebody must consent",
            At::WhyNotNow => "asking whether a KVM session is open",
        }
    }
}

impl Bounded for SetPower {
    fn reserve_ms(&self) -> u32 {
        match self.at {
            At::Disarm | At::ClearAgain | At::PutBack | At::WhyDenied | At::WhyNotNow => 0,
            _ if self.leg == Leg::OffThenOn => self.options.action_wait_ms.saturating_add(STARTING_MS),
            _ if self.armed => DISARMING_MS,
            _ => 0,
        }
    }

    /// Disarms, if that is what is left to do.
    fn hurry(&mut self) -> bool {
        let hurry = self.armed
            && !self.taken()
            && !matches!(self.at, At::Disarm | At::ClearAgain | At::PutBack)
            && self.end != Err(AmtFailure::Unauthorized);
        if hurry {
            self.at = At::Disarm;
        }
        hurry
    }

    fn give_up(&self) -> Result<Powered, AmtEnd> {
        let left_armed = self.armed && !self.taken();
        match self.end {
            Ok(()) => Ok(Powered { boot_device_used: self.started, left_armed }),
            Err(failure) => Err(AmtEnd { failure, boot_device_used: self.started, left_armed }),
        }
    }
}
