//! What happens to a BMC and its machine, for whoever watches.

use core::fmt;
use std::collections::VecDeque;

use rackhand_core::ipmi::command::{BootDevice, BootFlags, ChassisControl};
use rackhand_core::time::Instant;

/// A start of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// What the boot flags wanted; [`BootDevice::None`]: nothing, it has gone by its own order.
    pub device: BootDevice,
    /// The flags were for EFI.
    pub efi: bool,
    /// The flags stay for the next start.
    pub persistent: bool,
}

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A session was closed by its client.
    Closed,
    /// Something was done to the power by a command.
    Control(ChassisControl),
    /// An operating system was stopped by a diagnostic interrupt.
    Diagnosed,
    /// Somebody tried to log in with a wrong user name or password.
    FailedLogin,
    /// The boot flags were set.
    Flags(BootFlags),
    /// The boot flags were forgotten, because the machine was not started in time.
    FlagsExpired,
    /// Somebody has logged in: the user's name.
    Opened(String),
    /// The power is on now, or off.
    Power(bool),
    /// The machine has started.
    Started(Start),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("session closed"),
            Self::Control(what) => write!(f, "{} requested", words(*what)),
            Self::Diagnosed => f.write_str("diagnostic interrupt"),
            Self::FailedLogin => f.write_str("failed login"),
            Self::Flags(flags) if !flags.valid => f.write_str("boot flags cleared"),
            Self::Flags(BootFlags { device, persistent, efi, .. }) => {
                let (lasting, efi) =
                    (if *persistent { ", for every start" } else { "" }, if *efi { ", EFI" } else { "" });
                write!(f, "boot flags set: {device}{lasting}{efi}")
            }
            Self::FlagsExpired => f.write_str("boot flags expired: no start within 60 s"),
            Self::Opened(user) => write!(f, "session of '{}' opened", user.escape_debug()),
            Self::Power(true) => f.write_str("power on"),
            Self::Power(false) => f.write_str("power off"),
            Self::Started(Start { device, .. }) => write!(f, "started: {device}"),
        }
    }
}

const fn words(what: ChassisControl) -> &'static str {
    match what {
        ChassisControl::Off => "power off",
        ChassisControl::On => "power on",
        ChassisControl::Cycle => "power cycle",
        ChassisControl::Reset => "reset",
        ChassisControl::Diagnose => "diagnostic interrupt",
        ChassisControl::Soft => "shutdown",
    }
}

/// Notes that are kept for whoever asks.
const MOST: usize = 1024;

/// What has happened since somebody asked; the oldest are forgotten when nobody asks for long.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    notes: VecDeque<(Instant, Note)>,
    /// Starts of the machine, ever.
    pub(super) starts: u64,
    pub(super) last_start: Option<Start>,
    pub(super) failed_logins: u64,
}

impl Notes {
    pub(super) fn add(&mut self, at: Instant, note: Note) {
        match note {
            Note::Started(start) => {
                self.starts = self.starts.saturating_add(1);
                self.last_start = Some(start);
            }
            Note::FailedLogin => self.failed_logins = self.failed_logins.saturating_add(1),
            _ => {}
        }
        if self.notes.len() >= MOST {
            self.notes.pop_front();
        }
        self.notes.push_back((at, note));
    }

    pub(super) fn take(&mut self) -> Vec<(Instant, Note)> {
        self.notes.drain(..).collect()
    }
}
