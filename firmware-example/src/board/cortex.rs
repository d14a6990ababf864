//! What boards with a Cortex-M have in common: SysTick as clock, sleep, stack, exit.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::{Peripherals, interrupt};
use cortex_m_rt::{ExceptionFrame, STACK_PAINT_VALUE, exception};
use rackhand_core::time::Instant;

use super::watchdog::Watchdog;
use super::{Board, Chosen, Nic};

/// The status with which an emulator ends after a fault of the processor.
const FAULTED: i32 = 102;

static TICKS: AtomicU32 = AtomicU32::new(0);

defmt::timestamp!("{=u32:ms}", TICKS.load(Ordering::Relaxed));

#[exception]
fn SysTick() {
    // The only writer.
    TICKS.store(TICKS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    defmt::error!("fault at {=u32:#x}", frame.pc());
    Chosen::stop(FAULTED)
}

/// What differs from one board with a Cortex-M to the next.
///
/// # Safety
/// At `WATCHDOG` there is what is said there, and nothing else uses it.
pub(crate) unsafe trait Chip {
    /// Its name.
    const NAME: &'static str;
    /// What the processor, SysTick and the watchdog run at.
    const HERTZ: u32;
    /// Where its watchdog is, an SP805 or a copy of it.
    const WATCHDOG: usize;
    /// Its network card.
    type Nic: Nic;

    /// Clocks, pins, serial port.
    fn set_up();

    /// Starts the network card.
    fn nic() -> Self::Nic;

    /// Sends a byte of the log.
    fn put(byte: u8);
}

/// A board with a Cortex-M.
pub(crate) struct Cortex<C> {
    clock: Clock,
    watchdog: Watchdog,
    chip: PhantomData<C>,
}

impl<C: Chip> Board for Cortex<C> {
    const NAME: &'static str = C::NAME;
    type Nic = C::Nic;

    fn take() -> Self {
        C::set_up();
        // There is nobody who could have taken them before.
        let Some(Peripherals { SYST, .. }) = Peripherals::take() else { Self::stop(1) };
        // SAFETY: what a `Chip` promises.
        let watchdog = unsafe { Watchdog::start(C::WATCHDOG, C::HERTZ) };
        Self { clock: Clock::start(SYST, C::HERTZ), watchdog, chip: PhantomData }
    }

    fn nic(&mut self) -> C::Nic {
        C::nic()
    }

    fn now(&mut self) -> Instant {
        self.clock.now()
    }

    fn entropy(&self) -> Option<[u8; 16]> {
        entropy()
    }

    fn feed_watchdog(&mut self) {
        self.watchdog.feed();
    }

    fn idle(&mut self, nic: &mut C::Nic, due: Instant) {
        self.clock.idle(nic, due, || self.watchdog.feed());
    }

    fn stack_free(&self) -> u32 {
        stack_free()
    }

    /// Ends the emulator. On a board without a debugger this faults, and the watchdog resets it.
    fn stop(status: i32) -> ! {
        semihosting::process::exit(status)
    }

    fn put(byte: u8) {
        C::put(byte);
    }
}

/// A place in a table of interrupts.
pub(super) type Handler = unsafe extern "C" fn();

unsafe extern "C" {
    /// What cortex-m-rt does for interrupts that nobody expects: it waits, until the watchdog resets the board.
    #[link_name = "DefaultHandler"]
    pub(super) fn unexpected();
}

/// The table of a chip's interrupts, with one handler: everything up to it is unexpected, and nothing behind it is there.
macro_rules! one_interrupt {
    ($number:expr => $handler:ident) => {
        /// The interrupt that has a handler.
        #[derive(Clone, Copy)]
        struct Interrupt;

        // SAFETY: the number is the data sheet's, and the table has a place for it.
        unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
            fn number(self) -> u16 {
                $number
            }
        }

        // SAFETY: cortex-m-rt's place and name for this table; every entry is a function that can be called at any time.
        #[unsafe(link_section = ".vector_table.interrupts")]
        #[unsafe(no_mangle)]
        #[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
        static __INTERRUPTS: [$crate::board::cortex::Handler; $number as usize + 1] = {
            let mut table = [$crate::board::cortex::unexpected as $crate::board::cortex::Handler; $number as usize + 1];
            table[$number as usize] = $handler;
            table
        };
    };
}
pub(super) use one_interrupt;

/// A clock of milliseconds.
struct Clock {
    last: u32,
    wraps: u32,
}

impl Clock {
    /// Starts it on a processor that runs at `hertz`.
    fn start(mut systick: SYST, hertz: u32) -> Self {
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(hertz / 1000 - 1);
        systick.clear_current();
        systick.enable_counter();
        systick.enable_interrupt();
        Self { last: 0, wraps: 0 }
    }

    /// Milliseconds since the start. Must be called every 49 days at least.
    fn now(&mut self) -> Instant {
        let ticks = TICKS.load(Ordering::Relaxed);
        if ticks < self.last {
            self.wraps = self.wraps.wrapping_add(1);
        }
        self.last = ticks;
        Instant::from_millis((u64::from(self.wraps) << 32) | u64::from(ticks))
    }

    /// Sleeps until `nic` has a frame or `due` has come. SysTick wakes the processor every millisecond.
    fn idle(&mut self, nic: &mut impl Nic, due: Instant, mut feed: impl FnMut()) {
        while !nic.has_frame() && self.now() < due {
            // With interrupts masked none can come between the look and the sleep; a pending one wakes all the same.
            interrupt::free(|_| {
                if !nic.has_frame() {
                    cortex_m::asm::wfi();
                }
            });
            feed();
        }
    }
}

/// 16 bytes at the end of the RAM that are not the program's: whoever starts the emulator puts fresh ones there. All zero:
/// nobody has.
fn entropy() -> Option<[u8; 16]> {
    unsafe extern "C" {
        #[link_name = "_rackhand_entropy"]
        static ENTROPY: [u8; 16];
    }
    // SAFETY: build.rs keeps this place out of the program's RAM, so that nobody writes it while the program runs.
    let mut bytes = unsafe { (&raw const ENTROPY).read_volatile() };
    if bytes == [0; 16] {
        return None;
    }
    // After a reset without a power cut the bytes are the same again; the number of the start is not.
    let start = start_number().to_le_bytes();
    bytes.iter_mut().zip(start).for_each(|(byte, of_start)| *byte ^= of_start);
    Some(bytes)
}

/// The number of this start since the last power cut, kept in RAM that nobody clears beside its complement; 0 where there is
/// none yet.
fn start_number() -> u32 {
    #[unsafe(link_section = ".uninit.rackhand_starts")] // SAFETY: cortex-m-rt's name for what it leaves as it is.
    static STARTS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
    let [number, complement] = &STARTS;
    let before = number.load(Ordering::Relaxed);
    let start = if complement.load(Ordering::Relaxed) == !before { before.wrapping_add(1) } else { 0 };
    number.store(start, Ordering::Relaxed);
    complement.store(!start, Ordering::Relaxed);
    start
}

/// Bytes of the stack that still have the paint which they were given at the start: down from the lowest use that is known, as
/// long as there is a use in the next [`FRAME`] words.
fn stack_free() -> u32 {
    unsafe extern "C" {
        #[link_name = "_stack_end"]
        static END: u32;
        #[link_name = "_stack_start"]
        static START: u32;
    }
    static LOWEST: AtomicUsize = AtomicUsize::new(usize::MAX);
    let (end, start) = ((&raw const END).addr(), (&raw const START).addr());
    let mut lowest = LOWEST.load(Ordering::Relaxed).min(start);
    loop {
        let window = (lowest.saturating_sub(FRAME).max(end)..lowest).step_by(4);
        let used = window.into_iter().find(|word| {
            // SAFETY: everything between both symbols is the stack's RAM, of which only words below any use are read here.
            let word = unsafe { core::ptr::with_exposed_provenance::<u32>(*word).read_volatile() };
            word != STACK_PAINT_VALUE
        });
        match used {
            Some(word) => lowest = word,
            None => break,
        }
    }
    LOWEST.store(lowest, Ordering::Relaxed);
    u32::try_from(lowest.saturating_sub(end)).unwrap_or(u32::MAX)
}

/// Bytes of the largest frame that a function may leave unused in its middle.
const FRAME: usize = 8192;
