//! Sets what the next start, or every one, is from, and reads back what the BMC has kept of it (IPMI 2.0, section 28.12).
//!
//! Without parameter 3 the flags would be forgotten after a minute: whoever sets them powers on when it suits. Many BMCs lack one or
//! the other parameter around the flags themselves; what they say to those counts for nothing.
//!
#![doc = include_str!("set_boot.md")]

use super::read_boot::{ask_flags, flags};
use super::{Said, failure};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::command::{BootDevice as Source, BootFlags, BootParameter, SetBootOptions};
use crate::ipmi::{BootSetting, Ipmi, IpmiFailure, Query, RequestWriter};
use crate::operation::BootDevice;
use crate::time::Instant;

/// Bits of parameter 3: no start within 60 s does not make the flags invalid.
const NO_EXPIRY: u8 = 0x08;
/// Bits of parameter 4: the BIOS has taken no note yet.
const BIOS: u8 = 0x01;

/// Sets the boot flags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetBoot {
    device: BootDevice,
    persistent: bool,
    /// Whether the firmware is EFI; none: as the flags have it now.
    efi: Option<bool>,
    at: At,
    refused: Option<IpmiFailure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Read,
    Begin,
    Validity,
    Acknowledge,
    Flags,
    Commit,
    End,
    ReadBack,
}

const fn source(device: BootDevice) -> Source {
    match device {
        BootDevice::Bios => Source::Bios,
        BootDevice::Cdrom => Source::Cdrom,
        BootDevice::Disk => Source::Disk,
        BootDevice::Pxe => Source::Pxe,
        BootDevice::Safe => Source::DiskSafe,
    }
}

impl SetBoot {
    /// Starts from `device` once or always; `efi`: whether the firmware is EFI, none to leave that as it is.
    #[must_use]
    pub const fn new(device: BootDevice, persistent: bool, efi: Option<bool>) -> Self {
        let at = if efi.is_some() { At::Begin } else { At::Read };
        Self { device, persistent, efi, at, refused: None }
    }

    const fn go<T>(&mut self, at: At) -> Said<T> {
        self.at = at;
        Ok(Turn::Ask)
    }

    /// What was read back, judged. Some BMCs keep the device and say that the flags are not valid: they count for the next start all
    /// the same.
    fn judge(&self, kept: BootFlags) -> Said<BootSetting> {
        let setting = BootSetting::from(BootFlags { valid: true, ..kept });
        match setting.device {
            Some(device) if device == self.device => Ok(Turn::Done(setting)),
            _ => Err(IpmiFailure::BootNotKept { wanted: self.device, kept: kept.into() }),
        }
    }
}

impl Dialog for SetBoot {
    type On = Ipmi;
    /// What the BMC has kept: it may have dropped that it is for every start, or EFI.
    type Output = BootSetting;
    type Error = IpmiFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Said<BootSetting> {
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Read | At::ReadBack, Last::Lost { .. }) | (_, Last::Lost { sent: false }) => {
                self.give_up().map(Turn::Done)
            }
            // Whatever has arrived: it must not stay announced, or others could change nothing.
            (At::Begin | At::Validity | At::Acknowledge | At::Flags, Last::Lost { sent: true }) => {
                self.refused = Some(IpmiFailure::NoContact);
                self.go(At::End)
            }
            // One that cannot be asked can be told.
            (At::Read, last) => {
                self.efi = Some(flags(&last).is_some_and(|flags| flags.efi));
                self.go(At::Begin)
            }
            (At::Begin, _) => self.go(At::Validity),
            (At::Validity, _) => self.go(At::Acknowledge),
            (At::Acknowledge, _) => self.go(At::Flags),
            (At::Flags, Last::Answer(_)) => self.go(At::Commit),
            (At::Flags, last) => {
                self.refused = Some(failure(Query::SetBootOptions, &last));
                self.go(At::End)
            }
            (At::Commit, _) => self.go(At::End),
            (At::End, _) => match self.refused {
                Some(refused) => Err(refused),
                None => self.go(At::ReadBack),
            },
            (At::ReadBack, last) => match flags(&last) {
                Some(kept) => self.judge(kept),
                None => Err(failure(Query::GetBootOptions, &last)),
            },
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        let parameter = match self.at {
            At::Read | At::ReadBack => return ask_flags(writer),
            At::Begin => BootParameter::SetInProgress(1),
            At::Validity => BootParameter::Validity(NO_EXPIRY),
            At::Acknowledge => BootParameter::Acknowledge { mask: BIOS, state: BIOS },
            At::Flags => {
                let efi = self.efi.unwrap_or(false);
                BootParameter::Flags(BootFlags::new(source(self.device), self.persistent, efi))
            }
            At::Commit => BootParameter::SetInProgress(2),
            At::End => BootParameter::SetInProgress(0),
        };
        writer.head(SetBootOptions::NETFN, SetBootOptions::COMMAND, None);
        writer.emit(|w| SetBootOptions { invalid: false, parameter }.emit(w))
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Read => "reading the boot options",
            At::Begin => "announcing a change of the boot options",
            At::Validity => "keeping the boot flags from expiring",
            At::Acknowledge => "marking the boot options as new to the BIOS",
            At::Flags => "setting the boot flags",
            At::Commit => "committing the boot options",
            At::End => "ending the change of the boot options",
            At::ReadBack => "reading the boot options back",
        }
    }
}

impl Bounded for SetBoot {
    fn give_up(&self) -> Result<BootSetting, IpmiFailure> {
        Err(self.refused.unwrap_or(IpmiFailure::NoContact))
    }
}
