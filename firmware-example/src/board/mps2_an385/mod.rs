//! ARM's MPS2 with the FPGA image AN385: Cortex-M3, memory enough, an SMSC LAN9118. Application Note AN385, "ARM Cortex-M3
//! SMM on V2M-MPS2"; tables are cited by what they list. Run on QEMU's model only.

mod lan9118;

use cortex_m::Peripherals;
use rackhand_core::time::Instant;

use self::lan9118::Lan9118;
use super::Board;
use super::cortex::{self, Clock};
use super::register::Register;
use super::watchdog::Watchdog;

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
pub(crate) struct Mps2An385 {
    clock: Clock,
    watchdog: Watchdog,
}

impl Board for Mps2An385 {
    const NAME: &'static str = "mps2-an385";
    type Nic = Lan9118;

    fn take() -> Self {
        // 115,200 baud; the transmitter on.
        UART_BAUD.write(HERTZ / 115_200);
        UART_CONTROL.write(1 << 0);
        // There is nobody who could have taken them before.
        let systick = Peripherals::take().map(|peripherals| peripherals.SYST);
        let Some(systick) = systick else { Self::stop(1) };
        // SAFETY: the application note's address; it counts at the system clock, and nothing else uses it.
        let watchdog = unsafe { Watchdog::start(WATCHDOG, HERTZ) };
        Self { clock: Clock::start(systick, HERTZ), watchdog }
    }

    fn nic(&mut self) -> Lan9118 {
        Lan9118::start()
    }

    fn now(&mut self) -> Instant {
        self.clock.now()
    }

    fn entropy(&self) -> Option<[u8; 16]> {
        cortex::entropy()
    }

    fn feed_watchdog(&mut self) {
        self.watchdog.feed();
    }

    fn idle(&mut self, nic: &mut Lan9118, due: Instant) {
        self.clock.idle(nic, due, || self.watchdog.feed());
    }

    fn stack_free(&self) -> u32 {
        cortex::stack_free()
    }

    fn stop(status: i32) -> ! {
        cortex::stop(status)
    }

    fn put(byte: u8) {
        // The transmitter's one place is taken.
        while UART_STATE.read() & 1 != 0 {}
        UART_DATA.write(u32::from(byte));
    }
}
