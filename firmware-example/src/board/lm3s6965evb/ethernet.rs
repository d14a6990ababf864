//! The Ethernet controller on the chip (data sheet, chapter "Ethernet Controller"): one FIFO a direction, words in and out.
//!
//! ```text
//! received: length + 6 (16 bits) | frame | check sequence (4 bytes), in words of least significant byte first
//! sent:     length - 14 (16 bits) | frame
//! ```

use cortex_m::peripheral::NVIC;

use super::register;
use crate::board::Nic;
use crate::board::cortex::one_interrupt;
use crate::board::register::Register;

const BASE: usize = 0x4004_8000;
/// Reading tells what has happened, writing ones forgets it.
const ACKNOWLEDGE: Register = register(BASE);
const INTERRUPT_MASK: Register = register(BASE + 0x04);
const RECEIVE_CONTROL: Register = register(BASE + 0x08);
const TRANSMIT_CONTROL: Register = register(BASE + 0x0C);
const DATA: Register = register(BASE + 0x10);
const ADDRESS_LOW: Register = register(BASE + 0x14);
const ADDRESS_HIGH: Register = register(BASE + 0x18);
const FRAMES_WAITING: Register = register(BASE + 0x34);
const TRANSMIT_REQUEST: Register = register(BASE + 0x38);
/// Chapter "System Control": the address that the maker has put into the chip, three bytes each.
const USER_0: Register = register(0x400F_E1E0);
const USER_1: Register = register(0x400F_E1E4);
/// A frame was received.
const RECEIVED: u32 = 1 << 0;

/// The controller's interrupt (chapter "Interrupts").
const INTERRUPT: u16 = 42;

one_interrupt!(INTERRUPT => received);

unsafe extern "C" fn received() {
    // Only what was received: writing more would empty the FIFO of a frame that is just being sent. The main loop looks at
    // the number of frames; all that the interrupt has to do is to wake it.
    ACKNOWLEDGE.write(RECEIVED);
}

/// The controller.
pub(crate) struct Ethernet {
    mac: [u8; 6],
}

impl Ethernet {
    pub(super) fn start() -> Self {
        let ([a, b, c, _], [d, e, f, _]) = (USER_0.read().to_le_bytes(), USER_1.read().to_le_bytes());
        ADDRESS_LOW.write(u32::from_le_bytes([a, b, c, d]));
        ADDRESS_HIGH.write(u32::from_le_bytes([e, f, 0, 0]));
        // All are on after a reset.
        INTERRUPT_MASK.write(RECEIVED);
        // Full duplex, check sequence, padding, on.
        TRANSMIT_CONTROL.write(0b1_0111);
        // Empties the FIFO; then: bad check sequences rejected, on.
        RECEIVE_CONTROL.write(1 << 4);
        RECEIVE_CONTROL.write(1 << 3 | 1 << 0);
        // SAFETY: the handler is there, and no critical section relies on this interrupt being masked.
        unsafe { NVIC::unmask(Interrupt) };
        Self { mac: [a, b, c, d, e, f] }
    }
}

impl Nic for Ethernet {
    fn mac(&self) -> [u8; 6] {
        self.mac
    }

    fn has_frame(&mut self) -> bool {
        FRAMES_WAITING.read() > 0
    }

    fn take(&mut self, frame: &mut [u8]) -> Option<Option<usize>> {
        if !self.has_frame() {
            return None;
        }
        let [low, high, first, second] = DATA.read().to_le_bytes();
        // The length itself and the check sequence count.
        let total = usize::from(u16::from_le_bytes([low, high]));
        let len = total.saturating_sub(6);
        let words = total.div_ceil(4).saturating_sub(1);
        let mut bytes = frame.iter_mut();
        let mut put = |byte| {
            if let Some(place) = bytes.next() {
                *place = byte;
            }
        };
        put(first);
        put(second);
        for _ in 0..words {
            DATA.read().to_le_bytes().into_iter().for_each(&mut put);
        }
        Some((14..=frame.len()).contains(&len).then_some(len))
    }

    fn send(&mut self, frame: &[u8]) {
        let [first, second, rest @ ..] = frame else { return };
        // The frame before is still leaving.
        while TRANSMIT_REQUEST.read() & 1 != 0 {}
        let len = u16::try_from(frame.len().saturating_sub(14)).unwrap_or(0);
        let [low, high] = len.to_le_bytes();
        DATA.write(u32::from_le_bytes([low, high, *first, *second]));
        for chunk in rest.chunks(4) {
            let mut word = [0; 4];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            DATA.write(u32::from_le_bytes(word));
        }
        TRANSMIT_REQUEST.write(1);
    }
}
