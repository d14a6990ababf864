//! ARM's MPS2 with the FPGA image AN385: Cortex-M3, memory enough, an SMSC LAN9118. Application Note AN385, "ARM Cortex-M3
//! SMM on V2M-MPS2"; tables are cited by what they list. Run on QEMU's model only.

mod lan9118;

use self::lan9118::Lan9118;
use super::cortex::Chip;
use super::register::Register;

/// The system clock (AN385, "Clocks").
const HERTZ: u32 = 25_000_000;
/// AN385, "Memory map": the CMSDK's peripherals.
const WATCHDOG: usize = 0x4000_8000;
const UART0: usize = 0x4000_4000;

/// A register that this file alone uses.
const fn register(address: usize) -> Register {
    // SAFETY: every address below is the application note's, and nothing else in the program uses these registers.
    unsafe { Register::at(address) }
}

const UART_DATA: Register = register(UART0);
const UART_STATE: Register = register(UART0 + 0x4);
const UART_CONTROL: Register = register(UART0 + 0x8);
const UART_BAUD: Register = register(UART0 + 0x10);

/// The board.
pub(crate) struct Mps2An385;

// SAFETY: the address is the application note's (AN385, "Memory map").
unsafe impl Chip for Mps2An385 {
    const NAME: &'static str = "mps2-an385";
    const HERTZ: u32 = HERTZ;
    const WATCHDOG: usize = WATCHDOG;
    type Nic = Lan9118;

    fn set_up() {
        // 115,200 baud; the transmitter on.
        UART_BAUD.write(HERTZ / 115_200);
        UART_CONTROL.write(1 << 0);
    }

    fn nic() -> Lan9118 {
        Lan9118::start()
    }

    fn put(byte: u8) {
        // The transmitter's one place is taken.
        while UART_STATE.read() & 1 != 0 {}
        UART_DATA.write(u32::from(byte));
    }
}
