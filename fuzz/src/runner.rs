//! A runner whose network is a script: it gives an exchange whatever the contract of [`rackhand_core::exchange`] allows,
//! and holds the exchange to its side of that contract.

use std::time::Duration;

use rackhand_core::exchange::{Cause, Exchange, Input, Next, Why};
use rackhand_core::time::Instant;

use crate::script::Script;

/// What the buffer to send from is filled with before each step.
const FILL: u8 = 0xE5;
/// No exchange here needs more steps than this, whatever it is told.
const MOST_STEPS: usize = 100_000;

const CAUSES: [Cause; 9] = [
    Cause::Ended,
    Cause::NoInterface,
    Cause::NoSuchHost,
    Cause::NotPermitted,
    Cause::Other,
    Cause::Refused,
    Cause::Reset,
    Cause::Unreachable,
    Cause::Unsupported,
];

/// How an exchange is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) timeout: Duration,
    pub(crate) tx_len: usize,
    pub(crate) rx_len: usize,
}

/// Looks at each input and demand, and judges them by what it knows of the protocol.
pub(crate) trait Watch<T> {
    fn given(&mut self, now: Instant, input: &Input<'_>);
    fn demanded(&mut self, now: Instant, next: &Next<T>, tx: &[u8]);
}

/// Judges nothing.
pub(crate) struct Blind;

impl<T> Watch<T> for Blind {
    fn given(&mut self, _: Instant, _: &Input<'_>) {}
    fn demanded(&mut self, _: Instant, _: &Next<T>, _: &[u8]) {}
}

/// What the script makes of a demand.
#[derive(Clone, Copy)]
enum Told {
    Start,
    Opened { kept: bool },
    Sent,
    Received,
    Closed(Why),
    TimedOut,
}

impl Told {
    fn input(self, unread: &mut [u8]) -> Input<'_> {
        match self {
            Self::Start => Input::Start,
            Self::Opened { kept } => Input::Opened { kept },
            Self::Sent => Input::Sent,
            Self::Received => Input::Received(unread),
            Self::Closed(why) => Input::Closed { why, unread },
            Self::TimedOut => Input::TimedOut,
        }
    }
}

/// Why a link is gone.
fn why(script: &mut Script<'_>) -> Why {
    Why { cause: script.pick(&CAUSES), sent: script.bool() }
}

/// Runs `exchange` to its end.
///
/// Asserts: it ends, at the latest when its time is over; no deadline is beyond that; bytes never put a deadline off; it
/// uses no more than it was shown; it sends and receives only while there is a link; what it sends fits, and nothing is
/// written behind it; `rx_len` bytes are enough.
pub(crate) fn run<E: Exchange>(
    exchange: &mut E,
    setting: Setting,
    script: &mut Script<'_>,
    watch: &mut impl Watch<E::Output>,
) -> Result<E::Output, E::Error> {
    let start = match script.u8() {
        255 => Instant::from_millis(u64::MAX - 20_000),
        early => Instant::from_millis(u64::from(early)),
    };
    let ends = start.after(setting.timeout);
    let (mut now, mut tx, mut window) = (start, vec![FILL; setting.tx_len], Vec::new());
    // Until when the exchange waits for bytes, if it does.
    let (mut told, mut receives, mut linked) = (Told::Start, None, false);
    for _ in 0..MOST_STEPS {
        tx.fill(FILL);
        let input = told.input(&mut window);
        let shown = match &input {
            Input::Received(rx) | Input::Closed { unread: rx, .. } => rx.len(),
            _ => 0,
        };
        watch.given(now, &input);
        let step = exchange.step(now, input, &mut tx)?;
        assert!(step.used <= shown, "{shown} bytes were shown and {} used", step.used);
        watch.demanded(now, &step.next, &tx);
        let hungry = matches!(told, Told::Received) && step.used == 0;
        window.drain(..step.used);
        if matches!(told, Told::Closed(_)) {
            window.clear();
        }

        let before = receives.take();
        let deadline = match &step.next {
            Next::Open { deadline, .. } => *deadline,
            Next::Send { len, deadline } => {
                assert!(linked, "it sends without a link");
                assert!(tx[*len..].iter().all(|byte| *byte == FILL), "something is written behind what is sent");
                *deadline
            }
            Next::Receive { deadline } => {
                assert!(linked, "it waits for bytes without a link");
                if matches!(told, Told::Received) {
                    assert!(before.is_some_and(|before| *deadline <= before), "bytes put a deadline off");
                }
                assert!(!hungry || window.len() < setting.rx_len, "the window is too short");
                receives = Some(*deadline);
                *deadline
            }
            Next::Wait { until, close } => {
                linked &= !close;
                *until
            }
            Next::Done(_) => {
                let Next::Done(output) = step.next else { unreachable!() };
                return Ok(output);
            }
        };
        assert!(now < ends, "its time is over and it goes on");
        assert!(deadline <= ends, "a deadline beyond the end of its time");

        let unread = !window.is_empty() && !hungry;
        let op = script.u8();
        if receives.is_some() && unread && now < deadline {
            told = Told::Received;
            continue;
        }
        let lapse = [0, 1, 20, 300, 1_000, 5_000, 10_000, 60_000][usize::from(op >> 5)];
        let later = now.after(Duration::from_millis(lapse));
        told = match step.next {
            _ if later >= deadline || op & 31 == 0 => Told::TimedOut,
            Next::Open { fresh, .. } if op & 3 != 0 => {
                window.clear();
                linked = true;
                Told::Opened { kept: !fresh && op & 4 != 0 }
            }
            Next::Send { .. } if op & 3 != 0 => Told::Sent,
            Next::Receive { .. } if op & 3 != 0 => {
                let len = usize::from(op >> 2 & 7).pow(2);
                let chunk = script.bytes(len.clamp(1, setting.rx_len - window.len()));
                window.extend(if chunk.is_empty() { &[0] } else { chunk });
                Told::Received
            }
            Next::Wait { .. } | Next::Done(_) => Told::TimedOut,
            _ => {
                linked = false;
                Told::Closed(why(script))
            }
        };
        // What was begun and not done in time is over; a link that only stayed silent is still a link.
        linked &= !matches!((told, &step.next), (Told::TimedOut, Next::Open { .. } | Next::Send { .. }));
        now = match told {
            // A runner may be a little late.
            Told::TimedOut => deadline.max(now).after(Duration::from_millis(u64::from(op & 1))),
            _ => later,
        };
    }
    panic!("it does not end");
}

/// Gives `exchange` inputs that nobody demanded, and buffers of any size, until it fails or the script ends.
///
/// Asserts: it uses no more than it was shown, and what it sends fits.
pub(crate) fn run_lawless<E: Exchange>(exchange: &mut E, script: &mut Script<'_>) -> Option<E::Error> {
    let mut now = Instant::ZERO;
    while !script.is_empty() {
        now = match script.u8() {
            255 => Instant::ZERO,
            lapse => now.after(Duration::from_millis(u64::from(lapse).pow(2))),
        };
        let op = script.u8();
        let mut shown = Vec::new();
        let told = match op % 7 {
            0 => Told::Start,
            1 => Told::Opened { kept: op & 128 != 0 },
            2 => Told::Sent,
            3 | 4 => {
                shown = script.chunk().to_vec();
                Told::Received
            }
            5 => {
                shown = script.chunk().to_vec();
                Told::Closed(why(script))
            }
            _ => Told::TimedOut,
        };
        let mut tx = [FILL; 256];
        let room = usize::from(script.u8()).min(tx.len());
        let len = shown.len();
        match exchange.step(now, told.input(&mut shown), &mut tx[..room]) {
            Ok(step) => {
                assert!(step.used <= len, "{len} bytes were shown and {} used", step.used);
                match step.next {
                    Next::Send { len, .. } => assert!(len <= room, "{len} bytes do not fit into {room}"),
                    Next::Done(_) => return None,
                    Next::Open { .. } | Next::Receive { .. } | Next::Wait { .. } => {}
                }
            }
            Err(error) => return Some(error),
        }
    }
    None
}
