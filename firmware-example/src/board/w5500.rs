//! WIZnet's W5500 as a plain network card, over SPI: socket 0 in MACRAW mode takes and gives whole frames, and the chip's own
//! TCP/IP is left alone. Data sheet "W5500", chapters 2 (SPI frames) and 4 (registers). Compiled and linted here, and never run:
//! no board of this folder has one. README.md says how a board uses it.
//!
//! ```text
//! SPI frame:      address (16 bits, big-endian) | block 7:3, write 2, 00 | data …
//! received frame: length, itself included (16 bits, big-endian) | frame without check sequence
//! ```
#![allow(dead_code, reason = "for boards that have one")]

use embedded_hal::digital::InputPin;
use embedded_hal::spi::{Operation, SpiDevice};

use super::Nic;

/// Blocks of the address space (chapter 2.2.2).
const COMMON: u8 = 0;
const SOCKET: u8 = 1;
const TX_BUFFER: u8 = 2;
const RX_BUFFER: u8 = 3;

/// Common registers (chapter 4.1).
const MODE: u16 = 0x0000;
const SOURCE_HARDWARE_ADDRESS: u16 = 0x0009;
const SOCKET_INTERRUPT_MASK: u16 = 0x0018;
const VERSION: u16 = 0x0039;

/// Registers of socket 0 (chapter 4.2).
const SN_MODE: u16 = 0x0000;
const SN_COMMAND: u16 = 0x0001;
const SN_INTERRUPT: u16 = 0x0002;
const SN_RX_BUFFER_SIZE: u16 = 0x001E;
const SN_TX_BUFFER_SIZE: u16 = 0x001F;
const SN_INTERRUPT_MASK: u16 = 0x002C;
const SN_TX_FREE_SIZE: u16 = 0x0020;
const SN_TX_WRITE_POINTER: u16 = 0x0024;
const SN_RX_RECEIVED_SIZE: u16 = 0x0026;
const SN_RX_READ_POINTER: u16 = 0x0028;

const RESET: u8 = 1 << 7;
/// MACRAW, and only frames for this card, for groups and for everybody.
const MACRAW_FILTERED: u8 = 1 << 7 | 0b0100;
const OPEN: u8 = 0x01;
const CLOSE: u8 = 0x10;
const SEND: u8 = 0x20;
const RECEIVE: u8 = 0x40;
/// SN_INTERRUPT: a frame was received.
const RECEIVED: u8 = 1 << 2;
/// What VERSION holds.
const W5500: u8 = 0x04;
/// Kilobytes of the chip's buffers a direction, all for socket 0; the other seven have none.
const BUFFER_KB: u8 = 16;
const OTHER_SOCKETS: core::ops::Range<u8> = 1..8;
/// The shortest and the longest frame, each behind its length.
const WITH_LENGTH: core::ops::RangeInclusive<u16> = 16..=2 + 1518;

/// The chip behind `spi`, with its interrupt line `interrupt`.
pub(crate) struct W5500Nic<S, I> {
    spi: S,
    interrupt: I,
    mac: [u8; 6],
}

impl<S: SpiDevice, I: InputPin> W5500Nic<S, I> {
    /// Starts the chip with this address; none when there is no W5500.
    pub(crate) fn start(spi: S, interrupt: I, mac: [u8; 6]) -> Option<Self> {
        let mut nic = Self { spi, interrupt, mac };
        nic.write(COMMON, MODE, &[RESET])?;
        // It takes no longer than a few reads (chapter 5.5.1: 1 ms until the PHY is ready, which frames do not wait for).
        (0..1000).find(|_| nic.byte(COMMON, MODE).is_some_and(|mode| mode & RESET == 0))?;
        (nic.byte(COMMON, VERSION)? == W5500).then_some(())?;
        nic.write(COMMON, SOURCE_HARDWARE_ADDRESS, &mac)?;
        for number in OTHER_SOCKETS {
            nic.write(4 * number + SOCKET, SN_RX_BUFFER_SIZE, &[0])?;
            nic.write(4 * number + SOCKET, SN_TX_BUFFER_SIZE, &[0])?;
        }
        nic.write(SOCKET, SN_RX_BUFFER_SIZE, &[BUFFER_KB])?;
        nic.write(SOCKET, SN_TX_BUFFER_SIZE, &[BUFFER_KB])?;
        nic.write(SOCKET, SN_MODE, &[MACRAW_FILTERED])?;
        nic.command(OPEN)?;
        // Nothing else may hold the line: what was sent, for one, is nobody's news.
        nic.write(SOCKET, SN_INTERRUPT_MASK, &[RECEIVED])?;
        nic.write(COMMON, SOCKET_INTERRUPT_MASK, &[1])?;
        Some(nic)
    }

    fn read(&mut self, block: u8, address: u16, into: &mut [u8]) -> Option<()> {
        let [high, low] = address.to_be_bytes();
        self.spi.transaction(&mut [Operation::Write(&[high, low, block << 3]), Operation::Read(into)]).ok()
    }

    fn write(&mut self, block: u8, address: u16, bytes: &[u8]) -> Option<()> {
        let [high, low] = address.to_be_bytes();
        self.spi.transaction(&mut [Operation::Write(&[high, low, block << 3 | 1 << 2]), Operation::Write(bytes)]).ok()
    }

    fn byte(&mut self, block: u8, address: u16) -> Option<u8> {
        let mut byte = [0];
        self.read(block, address, &mut byte)?;
        Some(byte[0])
    }

    /// A number that the chip may be changing: read until it is the same twice (chapter 4.2, Sn_RX_RSR).
    fn number(&mut self, address: u16) -> Option<u16> {
        let mut before = None;
        for _ in 0..8 {
            let mut bytes = [0; 2];
            self.read(SOCKET, address, &mut bytes)?;
            let number = u16::from_be_bytes(bytes);
            if before == Some(number) {
                return before;
            }
            before = Some(number);
        }
        None
    }

    fn command(&mut self, command: u8) -> Option<()> {
        self.write(SOCKET, SN_COMMAND, &[command])?;
        // The register is 0 when the chip has taken the command.
        (0..1000).find(|_| self.byte(SOCKET, SN_COMMAND) == Some(0)).map(|_| ())
    }

    fn put(&mut self, frame: &[u8]) -> Option<()> {
        let len = u16::try_from(frame.len()).ok()?;
        // A frame that finds no room is lost, as on any busy wire.
        (self.number(SN_TX_FREE_SIZE)? >= len).then_some(())?;
        let at = self.number(SN_TX_WRITE_POINTER)?;
        self.write(TX_BUFFER, at, frame)?;
        self.write(SOCKET, SN_TX_WRITE_POINTER, &at.wrapping_add(len).to_be_bytes())?;
        self.command(SEND)
    }
}

impl<S: SpiDevice, I: InputPin> Nic for W5500Nic<S, I> {
    fn mac(&self) -> [u8; 6] {
        self.mac
    }

    fn has_frame(&mut self) -> bool {
        self.interrupt.is_low().unwrap_or(true)
    }

    // None at all also when the chip does not answer.
    fn take(&mut self, frame: &mut [u8]) -> Option<Option<usize>> {
        self.write(SOCKET, SN_INTERRUPT, &[RECEIVED])?;
        let waiting = self.number(SN_RX_RECEIVED_SIZE)?;
        if waiting == 0 {
            return None;
        }
        let at = self.number(SN_RX_READ_POINTER)?;
        let mut length = [0; 2];
        self.read(RX_BUFFER, at, &mut length)?;
        let total = u16::from_be_bytes(length);
        if !WITH_LENGTH.contains(&total) || total > waiting {
            // Chip and driver are out of step, and nothing that waits can be trusted: begin anew.
            self.command(CLOSE)?;
            self.command(OPEN)?;
            return None;
        }
        let len = usize::from(total.saturating_sub(2));
        let fits = frame.get_mut(..len).filter(|_| len >= 14);
        let taken = match fits {
            Some(room) => {
                self.read(RX_BUFFER, at.wrapping_add(2), room)?;
                Some(len)
            }
            None => None,
        };
        self.write(SOCKET, SN_RX_READ_POINTER, &at.wrapping_add(total).to_be_bytes())?;
        self.command(RECEIVE)?;
        Some(taken)
    }

    fn send(&mut self, frame: &[u8]) {
        let _ = self.put(frame);
    }
}
