//! The SMSC LAN9118 on the board (data sheet "LAN9118", revision 1.5; registers are cited by their names there).

use cortex_m::peripheral::NVIC;

use super::register;
use crate::board::Nic;
use crate::board::cortex::one_interrupt;
use crate::board::register::Register;

const BASE: usize = 0x4020_0000;
const RX_DATA_FIFO: Register = register(BASE);
const TX_DATA_FIFO: Register = register(BASE + 0x20);
const RX_STATUS_FIFO: Register = register(BASE + 0x40);
const TX_STATUS_FIFO: Register = register(BASE + 0x48);
const IRQ_CFG: Register = register(BASE + 0x54);
const INT_STS: Register = register(BASE + 0x58);
const INT_EN: Register = register(BASE + 0x5C);
const FIFO_INT: Register = register(BASE + 0x68);
const RX_CFG: Register = register(BASE + 0x6C);
const TX_CFG: Register = register(BASE + 0x70);
const HW_CFG: Register = register(BASE + 0x74);
const RX_FIFO_INF: Register = register(BASE + 0x7C);
const TX_FIFO_INF: Register = register(BASE + 0x80);
const MAC_CSR_CMD: Register = register(BASE + 0xA4);
const MAC_CSR_DATA: Register = register(BASE + 0xA8);

/// Indices of the registers behind MAC_CSR_CMD.
const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;
const CSR_BUSY: u32 = 1 << 31;
const CSR_READ: u32 = 1 << 30;
/// INT_STS and INT_EN: the level of the receive status FIFO.
const RSFL: u32 = 1 << 3;

/// The controller's interrupt (AN385, "Interrupts").
const INTERRUPT: u16 = 13;

one_interrupt!(INTERRUPT => received);

unsafe extern "C" fn received() {
    // The level stays as long as frames wait: masked until the main loop has taken them, so that it comes to do so.
    INT_EN.write(0);
    INT_STS.write(RSFL);
}

fn mac_read(index: u32) -> u32 {
    MAC_CSR_CMD.write(CSR_BUSY | CSR_READ | index);
    while MAC_CSR_CMD.read() & CSR_BUSY != 0 {}
    MAC_CSR_DATA.read()
}

fn mac_write(index: u32, value: u32) {
    MAC_CSR_DATA.write(value);
    MAC_CSR_CMD.write(CSR_BUSY | index);
    while MAC_CSR_CMD.read() & CSR_BUSY != 0 {}
}

/// Takes the frame that waits, or drops it.
fn read_frame(frame: &mut [u8]) -> Option<usize> {
    let status = RX_STATUS_FIFO.read();
    // Error summary; length with the check sequence.
    let (bad, total) = (status & 1 << 15 != 0, (status >> 16 & 0x3FFF) as usize);
    let len = total.saturating_sub(4);
    let mut bytes = frame.iter_mut();
    for _ in 0..total.div_ceil(4) {
        for byte in RX_DATA_FIFO.read().to_le_bytes() {
            if let Some(place) = bytes.next() {
                *place = byte;
            }
        }
    }
    (!bad && (14..=frame.len()).contains(&len)).then_some(len)
}

/// The controller.
pub(crate) struct Lan9118 {
    mac: [u8; 6],
}

impl Lan9118 {
    pub(super) fn start() -> Self {
        HW_CFG.write(1);
        while HW_CFG.read() & 1 != 0 {}
        TX_CFG.write(1 << 1);
        RX_CFG.write(0);
        // Enabled, active high, push-pull.
        IRQ_CFG.write(0x111);
        // An interrupt with the first frame.
        FIFO_INT.write(FIFO_INT.read() & !0xFF);
        // Full duplex, transmitter, receiver.
        mac_write(MAC_CR, 1 << 20 | 1 << 3 | 1 << 2);
        // Loaded from the EEPROM after the reset.
        let ([a, b, c, d], [e, f, ..]) = (mac_read(ADDRL).to_le_bytes(), mac_read(ADDRH).to_le_bytes());
        INT_STS.write(RSFL);
        INT_EN.write(RSFL);
        // SAFETY: the handler is there, and no critical section relies on this interrupt being masked.
        unsafe { NVIC::unmask(Interrupt) };
        Self { mac: [a, b, c, d, e, f] }
    }
}

impl Nic for Lan9118 {
    fn mac(&self) -> [u8; 6] {
        self.mac
    }

    fn has_frame(&mut self) -> bool {
        RX_FIFO_INF.read() >> 16 & 0xFF > 0
    }

    fn take(&mut self, frame: &mut [u8]) -> Option<Option<usize>> {
        let taken = self.has_frame().then(|| read_frame(frame));
        if taken.flatten().is_none() {
            // All may be taken: the next one shall wake the processor.
            INT_STS.write(RSFL);
            INT_EN.write(RSFL);
        }
        taken
    }

    fn send(&mut self, frame: &[u8]) {
        let len = u32::try_from(frame.len()).unwrap_or(0);
        // TX command A: first and last segment; B: the length.
        TX_DATA_FIFO.write(0x3000 | len);
        TX_DATA_FIFO.write(len);
        for chunk in frame.chunks(4) {
            let mut word = [0; 4];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            TX_DATA_FIFO.write(u32::from_le_bytes(word));
        }
        while TX_FIFO_INF.read() >> 16 & 0xFF > 0 {
            let _ = TX_STATUS_FIFO.read();
        }
    }
}
