//! Boot options: what the next start is from. IPMI 2.0, sections 28.12 and 28.13.

use core::time::Duration;

use rackhand_core::ipmi::command::{BootDevice, BootFlags, BootOptions, BootParameter, SetBootOptions};
use rackhand_core::time::Instant;

use super::notes::{Note, Notes, Start};

/// How long flags wait for a start.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bit of the validity: flags wait for ever.
const WAITS: u8 = 0x08;

/// Boot options.
#[derive(Clone, Debug)]
pub(super) struct Boot {
    in_progress: u8,
    /// Parameters 1 and 2: service partition.
    service: [u8; 2],
    validity: u8,
    acknowledged: u8,
    flags: BootFlags,
    /// Parameters that are marked invalid, a bit each.
    invalid: u8,
    expires: Option<Instant>,
}

const NO_FLAGS: BootFlags =
    BootFlags { valid: false, persistent: false, efi: false, device: BootDevice::None, others: [0; 5] };

impl Boot {
    pub(super) const fn new() -> Self {
        Self {
            in_progress: 0,
            service: [0; 2],
            validity: 0,
            acknowledged: 0,
            flags: NO_FLAGS,
            invalid: 0,
            expires: None,
        }
    }

    pub(super) const fn flags(&self) -> BootFlags {
        self.flags
    }

    /// Changes one; a completion code when it cannot.
    pub(super) fn set(&mut self, now: Instant, request: &SetBootOptions<'_>) -> Result<(), u8> {
        let number = request.parameter.number();
        match &request.parameter {
            // Who begins while another has begun is refused; who has forgotten to end ends all the same.
            BootParameter::SetInProgress(1) if self.in_progress == 1 => return Err(SetBootOptions::IN_PROGRESS),
            BootParameter::SetInProgress(state @ (0 | 1)) => self.in_progress = *state,
            BootParameter::SetInProgress(2) => self.in_progress = 0,
            BootParameter::SetInProgress(_) => return Err(0xCC),
            BootParameter::Validity(bits) => self.validity = *bits,
            BootParameter::Acknowledge { mask, state } => {
                self.acknowledged = (self.acknowledged & !mask) | (state & mask);
            }
            BootParameter::Flags(flags) => {
                self.flags = *flags;
                self.expires = (flags.valid && self.validity & WAITS == 0).then(|| now.after(PATIENCE));
            }
            BootParameter::Other { number: 0..=5, data: [] } => {}
            BootParameter::Other { number: 1, data: [selector] } => self.service = [*selector, self.service[1]],
            BootParameter::Other { number: 2, data: [scan] } => self.service = [self.service[0], *scan],
            BootParameter::Other { number: 1 | 2, .. } => return Err(0xC7),
            BootParameter::Other { .. } => return Err(SetBootOptions::NO_SUCH_PARAMETER),
        }
        let bit = 1_u8.checked_shl(number.into()).unwrap_or(0);
        self.invalid = if request.invalid { self.invalid | bit } else { self.invalid & !bit };
        Ok(())
    }

    /// One of them; a completion code when there is no such.
    pub(super) fn get<T>(&self, number: u8, with: impl FnOnce(BootOptions<'_>) -> T) -> Result<T, u8> {
        let [selector, scan] = self.service;
        let parameter = match number {
            BootParameter::SET_IN_PROGRESS => BootParameter::SetInProgress(self.in_progress),
            1 => BootParameter::Other { number, data: &[selector] },
            2 => BootParameter::Other { number, data: &[scan] },
            BootParameter::VALIDITY => BootParameter::Validity(self.validity),
            BootParameter::ACKNOWLEDGE => BootParameter::Acknowledge { mask: 0, state: self.acknowledged },
            BootParameter::FLAGS => BootParameter::Flags(self.flags),
            _ => return Err(SetBootOptions::NO_SUCH_PARAMETER),
        };
        let invalid = self.invalid.checked_shr(number.into()).unwrap_or(0) & 1 != 0;
        Ok(with(BootOptions { invalid, parameter }))
    }

    /// When something happens next.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.expires
    }

    /// Forgets flags that have waited too long.
    pub(super) fn advance(&mut self, now: Instant, notes: &mut Notes) {
        if let Some(expired) = self.expires.filter(|expires| *expires <= now) {
            self.expires = None;
            self.flags = NO_FLAGS;
            notes.add(expired, Note::FlagsExpired);
        }
    }

    /// A start was asked for: flags wait for it as long as it takes.
    pub(super) const fn wait(&mut self) {
        self.expires = None;
    }

    /// The machine starts; flags that do not last are used up.
    pub(super) const fn start(&mut self) -> Start {
        self.expires = None;
        let flags = self.flags;
        if !flags.valid {
            return Start { device: BootDevice::None, efi: false, persistent: false };
        }
        if !flags.persistent {
            self.flags = NO_FLAGS;
        }
        Start { device: flags.device, efi: flags.efi, persistent: flags.persistent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pxe(persistent: bool) -> SetBootOptions<'static> {
        SetBootOptions::new(BootParameter::Flags(BootFlags::new(BootDevice::Pxe, persistent, true)))
    }

    #[test]
    fn flags_are_used_up_or_last_or_expire() {
        let (mut boot, mut notes) = (Boot::new(), Notes::default());
        boot.set(Instant::ZERO, &pxe(false)).unwrap();
        assert_eq!(boot.due(), Some(Instant::from_millis(60_000)));
        assert_eq!(boot.start().device, BootDevice::Pxe);
        assert_eq!(boot.start().device, BootDevice::None);
        boot.set(Instant::ZERO, &pxe(true)).unwrap();
        assert_eq!([boot.start(), boot.start()].map(|start| (start.device, start.efi)), [(BootDevice::Pxe, true); 2]);
        boot.set(Instant::ZERO, &pxe(true)).unwrap();
        boot.advance(Instant::from_millis(59_999), &mut notes);
        assert!(boot.flags().valid);
        boot.advance(Instant::from_millis(60_000), &mut notes);
        assert!(!boot.flags().valid);
        assert_eq!(notes.take().len(), 1);
        boot.set(Instant::ZERO, &SetBootOptions::new(BootParameter::Validity(WAITS))).unwrap();
        boot.set(Instant::ZERO, &pxe(false)).unwrap();
        assert_eq!(boot.due(), None);
    }

    #[test]
    fn parameters_and_what_is_none() {
        let mut boot = Boot::new();
        let set = |boot: &mut Boot, data: &[u8]| boot.set(Instant::ZERO, &SetBootOptions::parse(data).unwrap());
        assert_eq!(set(&mut boot, &[0, 1]), Ok(()));
        assert_eq!(set(&mut boot, &[0, 1]), Err(0x81));
        assert_eq!(set(&mut boot, &[0, 2]), Ok(()));
        assert_eq!(set(&mut boot, &[0, 3]), Err(0xCC));
        assert_eq!(set(&mut boot, &[4, 1, 1]), Ok(()));
        assert_eq!(set(&mut boot, &[0x83]), Ok(()));
        assert_eq!((set(&mut boot, &[2, 7]), set(&mut boot, &[2, 7, 7])), (Ok(()), Err(0xC7)));
        assert_eq!((set(&mut boot, &[6]), set(&mut boot, &[0x60, 1])), (Err(0x80), Err(0x80)));
        let get = |number| boot.get(number, |options| (options.invalid, options.parameter.number()));
        assert_eq!((get(3), get(2), get(6)), (Ok((true, 3)), Ok((false, 2)), Err(0x80)));
    }
}
