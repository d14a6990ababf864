//! Texas Instruments' (Luminary's) LM3S6965 evaluation board: Cortex-M3, 256 KiB flash, 64 KiB RAM, Ethernet on the chip.
//! Data sheet: "Stellaris LM3S6965 Microcontroller"; chapters are cited by name. Run on QEMU's model only: on silicon nothing
//! of this was tried.

mod ethernet;

use self::ethernet::Ethernet;
use super::cortex::Chip;
use super::register::Register;

/// The clock after a reset, as QEMU has it; the chip's own oscillator is specified as 12 MHz (chapter "System Control").
const HERTZ: u32 = 12_500_000;
const WATCHDOG: usize = 0x4000_0000;
const UART0: usize = 0x4000_C000;
/// 115,200 baud: HERTZ / (16 * 115,200), whole and in 64ths (chapter "UARTs", section "Baud-Rate Generation").
const BAUD: (u32, u32) = (6, 50);

/// A register that this file alone uses.
const fn register(address: usize) -> Register {
    // SAFETY: every address below is the data sheet's, and nothing else in the program uses these registers.
    unsafe { Register::at(address) }
}

const RUN_CLOCK_GATE_0: Register = register(0x400F_E100);
const RUN_CLOCK_GATE_1: Register = register(0x400F_E104);
const RUN_CLOCK_GATE_2: Register = register(0x400F_E108);
const PORT_A_ALTERNATE: Register = register(0x4000_4420);
const PORT_A_DIGITAL: Register = register(0x4000_451C);
const UART_DATA: Register = register(UART0);
const UART_FLAGS: Register = register(UART0 + 0x018);
const UART_BAUD: Register = register(UART0 + 0x024);
const UART_BAUD_FRACTION: Register = register(UART0 + 0x028);
const UART_LINE: Register = register(UART0 + 0x02C);
const UART_CONTROL: Register = register(UART0 + 0x030);

/// Sets the bits of `mask`; others have theirs in the same register.
fn set(register: Register, mask: u32) {
    register.write(register.read() | mask);
}

/// The board.
pub(crate) struct Lm3s6965evb;

// SAFETY: the address is the data sheet's (chapter "Watchdog Timer").
unsafe impl Chip for Lm3s6965evb {
    const NAME: &'static str = "lm3s6965evb";
    const HERTZ: u32 = HERTZ;
    const WATCHDOG: usize = WATCHDOG;
    type Nic = Ethernet;

    fn set_up() {
        // Chapter "System Control": watchdog; UART 0; Ethernet (controller and PHY) and port A.
        set(RUN_CLOCK_GATE_0, 1 << 3);
        set(RUN_CLOCK_GATE_1, 1 << 0);
        set(RUN_CLOCK_GATE_2, 1 << 30 | 1 << 28 | 1 << 0);
        // Three clocks must go by before a register behind a gate is touched.
        let _ = RUN_CLOCK_GATE_2.read();
        // Chapter "UARTs": pins 0 and 1 of port A; 8 bits, no parity, queues on; UART and transmitter on.
        set(PORT_A_ALTERNATE, 0b11);
        set(PORT_A_DIGITAL, 0b11);
        UART_BAUD.write(BAUD.0);
        UART_BAUD_FRACTION.write(BAUD.1);
        UART_LINE.write(0b11 << 5 | 1 << 4);
        UART_CONTROL.write(1 << 8 | 1 << 0);
    }

    fn nic() -> Ethernet {
        Ethernet::start()
    }

    fn put(byte: u8) {
        // The transmitter's queue is full.
        while UART_FLAGS.read() & 1 << 5 != 0 {}
        UART_DATA.write(u32::from(byte));
    }
}
