//! The engine of Wake-on-LAN: one magic packet for each port, every port as often as asked, 0.5 s apart. AMD 20213,
//! section 2.1. Nothing answers, so all that can fail is sending; a port that fails does not keep the others from being
//! tried.

use core::time::Duration;

use heapless::Vec;

use crate::buffer::{Full, TxWriter};
use crate::exchange::{Cause, Exchange, Input, Next, Step, Why};
use crate::time::Instant;
use crate::wol::{MAX_PORTS, Mac, MagicPacket, SecureOn};

/// From one packet to the next.
const PAUSE_MS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(PAUSE_MS as u64);
/// Longest time to open the link or to hand over one packet.
const PATIENCE: Duration = Duration::from_secs(5);

/// Some ports were not sent a single packet. The others were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent {
    /// The addresses that no packet left for.
    pub macs: Vec<Mac, MAX_PORTS>,
    /// What the network said, or nothing when time ran out.
    pub cause: Option<Cause>,
    /// Packets that did leave.
    pub sent: u16,
}

/// Sends magic packets.
#[derive(Clone, Debug)]
pub struct Wake {
    macs: Vec<Mac, MAX_PORTS>,
    password: Option<SecureOn>,
    /// Packets that are still to be sent after the present one, all ports together.
    left: u16,
    /// Which port the present packet is for.
    port: usize,
    /// A bit for each port that a packet has left for.
    reached: u16,
    sent: u16,
    cause: Option<Cause>,
    open: bool,
    pausing: bool,
    ends: Instant,
}

impl Wake {
    /// Wakes `macs`, each `repeat` times, within `timeout`.
    #[must_use]
    pub fn new(macs: Vec<Mac, MAX_PORTS>, password: Option<SecureOn>, repeat: u8, timeout: Duration) -> Self {
        let ports = u16::try_from(macs.len()).unwrap_or(u16::MAX);
        Self {
            macs,
            password,
            left: ports.saturating_mul(u16::from(repeat)),
            port: 0,
            reached: 0,
            sent: 0,
            cause: None,
            open: false,
            pausing: false,
            // Until the first step this is the time that there is, counted from zero.
            ends: Instant::ZERO.after(timeout),
        }
    }

    /// The least time for all packets, in milliseconds: the pauses between them, and one more for sending them.
    #[must_use]
    pub fn least_ms(&self) -> u32 {
        if self.left > 1 { u32::from(self.left).saturating_mul(PAUSE_MS) } else { 0 }
    }

    /// What the next demand is for, in words.
    #[must_use]
    pub const fn doing(&self) -> &'static str {
        if self.sent == 0 { "sending magic packets" } else { "sending more magic packets" }
    }

    fn deadline(&self, now: Instant) -> Instant {
        now.after(PATIENCE).min(self.ends)
    }

    /// The present packet, or the link for it, or the end.
    fn present(&mut self, now: Instant, tx: &mut [u8]) -> Result<Next<u16>, WakeError> {
        let Some(mac) = self.macs.get(self.port).copied().filter(|_| self.left > 0) else { return self.finish() };
        if now >= self.ends {
            return self.finish();
        }
        if !self.open {
            return Ok(Next::Open { fresh: true, deadline: self.deadline(now) });
        }
        let mut writer = TxWriter::new(tx);
        MagicPacket { mac, password: self.password.clone() }.emit(&mut writer)?;
        Ok(Next::Send { len: writer.len(), deadline: self.deadline(now) })
    }

    fn advance(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.port = self.port.saturating_add(1);
        if self.port >= self.macs.len() {
            self.port = 0;
        }
    }

    fn finish(&self) -> Result<Next<u16>, WakeError> {
        let mut macs = Vec::new();
        for (port, mac) in (0_u32..).zip(&self.macs) {
            let reached = 1_u16.checked_shl(port).is_some_and(|bit| self.reached & bit != 0);
            // There is room: the list that they come from is no longer.
            if !reached && macs.push(*mac).is_err() {
                break;
            }
        }
        if macs.is_empty() {
            return Ok(Next::Done(self.sent));
        }
        Err(WakeError::NotSent(NotSent { macs, cause: self.cause, sent: self.sent }))
    }
}

/// Why waking failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WakeError {
    /// Some ports were not sent a packet.
    NotSent(NotSent),
    /// `tx` is shorter than [`TX_LEN`](crate::wol::TX_LEN).
    Full(Full),
    /// The runner gave an input that does not belong to the demand.
    OutOfTurn,
}

impl From<Full> for WakeError {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl Exchange for Wake {
    /// Packets that were sent.
    type Output = u16;
    type Error = WakeError;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<u16>, WakeError> {
        match input {
            Input::Start => self.ends = now.after_millis(self.ends.as_millis()),
            Input::Opened { .. } => self.open = true,
            Input::Sent => {
                let port = u32::try_from(self.port).unwrap_or(u32::MAX);
                self.reached |= 1_u16.checked_shl(port).unwrap_or(0);
                self.sent = self.sent.saturating_add(1);
                self.advance();
                if self.left > 0 {
                    self.pausing = true;
                    return Ok(Step::new(Next::Wait { until: now.after(PAUSE).min(self.ends), close: false }));
                }
            }
            Input::Closed { why: Why { cause, .. }, .. } => {
                self.cause = Some(cause);
                self.open = false;
                self.advance();
            }
            Input::TimedOut if self.pausing => self.pausing = false,
            // The link or the send took too long: the next packet begins with a new link.
            Input::TimedOut => {
                self.open = false;
                self.advance();
            }
            Input::Received(_) => return Err(WakeError::OutOfTurn),
        }
        self.present(now, tx).map(Step::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACS: [Mac; 2] = [Mac::from_octets([2, 0, 0, 0, 0, 1]), Mac::from_octets([2, 0, 0, 0, 0, 2])];

    fn wake(repeat: u8) -> Wake {
        Wake::new(Vec::from_slice(&MACS).unwrap(), None, repeat, Duration::from_secs(60))
    }

    /// Runs it with a network that says `verdict` of each send and open; returns the result and when it came.
    fn run(mut wake: Wake, mut verdict: impl FnMut(bool, u32) -> Option<Cause>) -> (Result<u16, WakeError>, u64) {
        let mut tx = [0; crate::wol::TX_LEN];
        let mut now = Instant::from_millis(7);
        let mut input = Input::Start;
        for turn in 0..100 {
            input = match wake.step(now, input, &mut tx) {
                Err(error) => return (Err(error), now.as_millis()),
                Ok(Step { next: Next::Done(sent), .. }) => return (Ok(sent), now.as_millis()),
                Ok(Step { next: Next::Wait { until, .. }, .. }) => {
                    now = until;
                    Input::TimedOut
                }
                Ok(Step { next, .. }) => match verdict(matches!(next, Next::Open { .. }), turn) {
                    Some(cause) => Input::Closed { why: Why { cause, sent: false }, unread: &mut [] },
                    None if matches!(next, Next::Open { .. }) => Input::Opened { kept: false },
                    None => Input::Sent,
                },
            };
        }
        panic!("it does not end");
    }

    #[test]
    fn every_port_as_often_as_asked_half_a_second_apart() {
        assert_eq!(run(wake(1), |_, _| None), (Ok(2), 507));
        assert_eq!(run(wake(3), |_, _| None), (Ok(6), 2507));
    }

    #[test]
    fn a_port_that_fails_keeps_no_other_from_being_tried() {
        let mut sends = 0;
        let first_fails = |open: bool, _| {
            sends += u32::from(!open);
            (!open && sends == 1).then_some(Cause::Unreachable)
        };
        let (result, _) = run(wake(1), first_fails);
        let not_sent = NotSent { macs: Vec::from_slice(&MACS[..1]).unwrap(), cause: Some(Cause::Unreachable), sent: 1 };
        assert_eq!(result, Err(WakeError::NotSent(not_sent)));
    }

    #[test]
    fn repeats_make_up_for_a_loss() {
        let mut sends = 0;
        let first_fails = |open: bool, _| {
            sends += u32::from(!open);
            (!open && sends == 1).then_some(Cause::Other)
        };
        assert_eq!(run(wake(2), first_fails).0, Ok(3));
    }

    #[test]
    fn no_link_at_all() {
        let (result, at) = run(wake(1), |open, _| open.then_some(Cause::NotPermitted));
        assert!(matches!(result, Err(WakeError::NotSent(NotSent { sent: 0, cause: Some(Cause::NotPermitted), .. }))));
        assert_eq!(at, 7, "nothing to wait for");
    }

    #[test]
    fn ends_in_time() {
        let wake = Wake::new(Vec::from_slice(&MACS).unwrap(), None, 255, Duration::from_millis(1200));
        assert_eq!(wake.least_ms(), 255_000);
        let (result, at) = run(wake, |_, _| None);
        assert_eq!(
            (result, at),
            (Ok(3), 1207),
            "both ports were reached; whoever gives it less time than `least_ms` gets fewer repeats"
        );
    }
}
