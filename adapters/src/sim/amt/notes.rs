//! What happens to an AMT, for whoever watches.

use core::fmt;
use std::collections::VecDeque;

use rackhand_core::amt::BootSource;
use rackhand_core::time::Instant;

use super::Start;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The boot configuration was armed, or disarmed.
    Armed(bool),
    /// Somebody logged in with a wrong user name or password.
    FailedLogin,
    /// The boot order was set, or cleared.
    Order(Option<BootSource>),
    /// PowerState has become this.
    Power(u32),
    /// A change of power was asked for.
    Requested {
        /// PowerState.
        code: u32,
        /// ReturnValue.
        value: u32,
    },
    /// The machine has started.
    Started(Start),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Armed(true) => f.write_str("boot configuration armed"),
            Self::Armed(false) => f.write_str("boot configuration disarmed"),
            Self::FailedLogin => f.write_str("failed login"),
            Self::Order(None) => f.write_str("boot order cleared"),
            Self::Order(Some(source)) => write!(f, "boot order {}", name(*source)),
            Self::Power(state) => write!(f, "power state {state} ({})", state_name(*state)),
            Self::Requested { code, value } => write!(f, "power change {code} requested: ReturnValue {value}"),
            Self::Started(Start { from, armed, erased }) => {
                let why = if *armed { "" } else { ", nothing was armed" };
                let lost = if *erased { ", its disks were ERASED" } else { "" };
                write!(f, "started from {}{why}{lost}", name(*from))
            }
        }
    }
}

/// What Ironic calls a boot source.
const fn name(source: BootSource) -> &'static str {
    match source {
        BootSource::Bios => "bios",
        BootSource::Cdrom => "cdrom",
        BootSource::Disk => "disk",
        BootSource::Pxe => "pxe",
    }
}

const fn state_name(state: u32) -> &'static str {
    match state {
        2 => "on",
        3 | 4 => "asleep",
        5 => "changing",
        7 => "hibernating",
        6 | 8 | 12 | 13 => "off",
        _ => "other",
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
}

impl Notes {
    pub(super) fn add(&mut self, at: Instant, note: Note) {
        if let Note::Started(start) = note {
            self.starts = self.starts.saturating_add(1);
            self.last_start = Some(start);
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
