//! Boot flags: what the next start is from. IPMI 2.0, section 28.13, table 28-14, parameter 5.
//!
//! ```text
//!  V P E … | … device 5:2 … | verbosity … | … | …
//!  0         1                2             3   4
//! ```
//!
//! V: the flags are valid; P: for every start, not for the next alone; E: the system's firmware is EFI.

use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array};

macro_rules! devices {
    ($($name:ident $number:literal $words:literal,)*) => {
        /// What a machine is started from.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum BootDevice {
            $(#[doc = concat!($words, ".")] $name,)*
            /// One that the table does not have.
            Other(u8),
        }

        impl BootDevice {
            /// Those that the table has.
            pub const ALL: [Self; 12] = [$(Self::$name,)*];

            /// Of a number on the wire, 0 to 15.
            #[must_use]
            pub const fn of(number: u8) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Other(number) => number,
                }
            }
        }

        impl core::fmt::Display for BootDevice {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$name => f.write_str($words),)*
                    Self::Other(number) => write!(f, "boot device {number:X}h"),
                }
            }
        }
    };
}

devices! {
    None 0x0 "no override",
    Pxe 0x1 "PXE",
    Disk 0x2 "disk",
    DiskSafe 0x3 "disk in safe mode",
    Diagnostic 0x4 "diagnostic partition",
    Cdrom 0x5 "CD or DVD",
    Bios 0x6 "BIOS setup",
    RemoteFloppy 0x7 "remote floppy",
    RemoteCdrom 0x8 "remote CD or DVD",
    RemotePrimary 0x9 "primary remote media",
    RemoteDisk 0xB "remote disk",
    Floppy 0xF "floppy",
}

const VALID: u8 = 0x80;
const PERSISTENT: u8 = 0x40;
const EFI: u8 = 0x20;
const DEVICE: u8 = 0x3C;

/// Boot flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootFlags {
    /// They count.
    pub valid: bool,
    /// For every start; else the next one uses them up.
    pub persistent: bool,
    /// The system's firmware is EFI; else a PC's BIOS.
    pub efi: bool,
    /// What it is started from.
    pub device: BootDevice,
    /// The other bits, as they stand: CMOS, keyboard and screen, verbosity and console, mux, instance of the device.
    pub others: [u8; 5],
}

impl BootFlags {
    /// Flags that count, and ask for nothing but a device.
    #[must_use]
    pub const fn new(device: BootDevice, persistent: bool, efi: bool) -> Self {
        Self { valid: true, persistent, efi, device, others: [0; 5] }
    }

    pub(super) fn read(input: Bytes<'_>) -> Parsed<'_, Self> {
        let (rest, [first, second, third, fourth, fifth]) = array(input)?;
        let flag = |flag| first & flag != 0;
        let (valid, persistent, efi) = (flag(VALID), flag(PERSISTENT), flag(EFI));
        let device = BootDevice::of((second & DEVICE) >> 2);
        let others = [first & 0x1F, second & !DEVICE, third, fourth, fifth];
        Ok((rest, Self { valid, persistent, efi, device, others }))
    }

    pub(super) fn write(&self, w: &mut TxWriter<'_>) {
        let flag = |set, flag| if set { flag } else { 0 };
        let flags = flag(self.valid, VALID) | flag(self.persistent, PERSISTENT) | flag(self.efi, EFI);
        let [first, second, third, fourth, fifth] = self.others;
        let device = self.device.number().wrapping_shl(2) & DEVICE;
        w.add(&[(first & 0x1F) | flags, (second & !DEVICE) | device, third, fourth, fifth]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;
    use crate::buffer::Full;

    fn written(flags: &BootFlags, w: &mut TxWriter<'_>) -> Result<(), Full> {
        flags.write(w);
        w.went()
    }

    #[test]
    fn devices_by_number_and_in_words() {
        extern crate std;
        use std::string::ToString;
        for number in 0..16 {
            assert_eq!(BootDevice::of(number).number(), number);
        }
        for device in BootDevice::ALL {
            assert_eq!(BootDevice::of(device.number()), device);
        }
        assert_eq!(BootDevice::of(0xA).to_string(), "boot device Ah");
        assert_eq!(BootDevice::Bios.to_string(), "BIOS setup");
    }

    #[test]
    fn every_bit_is_kept() {
        for place in 0..40 {
            let mut bytes = [0; 5];
            bytes[place / 8] |= 1 << (place % 8);
            let (_, flags) = BootFlags::read(Bytes::new(&bytes)).unwrap();
            assert_eq!(emitted(|w| written(&flags, w)), bytes);
        }
        let pxe = BootFlags::new(BootDevice::Pxe, true, true);
        assert_eq!(emitted(|w| written(&pxe, w)), [0xE0, 4, 0, 0, 0]);
    }
}
