//! Events in, datagrams out: what comes outside a session, and how answers leave. IPMI 2.0, section 13; DSP0136, section 3.2.

use core::time::Duration;

use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::ipmi::wire::{Header, Message, PayloadType, Ping, Pong, Session15};
use rackhand_core::time::Instant;

use super::inside::{BMC, answer};
use super::{Bmc, BmcFault, Chances, Queued, bytes};

/// Datagrams that wait to be sent; what is more is lost.
const MOST_QUEUED: usize = 256;
/// ASF's own enterprise number, most significant byte first.
const ASF: [u8; 4] = [0, 0, 0x11, 0xBE];
/// A sequence number of RMCP that wants no acknowledgement.
const NO_ACKNOWLEDGEMENT: u8 = 0xFF;
/// Bit of a class of RMCP: an acknowledgement.
const ACKNOWLEDGEMENT: u8 = 0x80;
/// Where the session's id is in a packet of RMCP+.
const SESSION: core::ops::Range<usize> = 6..10;

impl<P: Copy + Eq> Bmc<P> {
    pub(super) fn strikes(&mut self, fault: &BmcFault) -> bool {
        self.board.faults.strikes(fault)
    }

    /// Whether a fault that hits a share of what happens hits now. Dice are thrown every time, so that the faults do not change each
    /// other.
    pub(super) fn chance(
        &mut self,
        dice: impl FnOnce(&mut Chances) -> &mut super::dice::Dice,
        share: impl Fn(&BmcFault) -> Option<u16>,
    ) -> bool {
        let roll = dice(&mut self.chances).per_mille();
        self.board.faults.strike(|fault| share(fault).filter(|share| roll < *share)).is_some()
    }

    /// Whether something waits to be sent to a client.
    pub(super) fn is_answering(&self, peer: P) -> bool {
        self.queue.iter().any(|out| out.peer == peer)
    }

    fn received(&mut self, now: Instant, peer: P, rx: &mut [u8]) {
        if self.strikes(&BmcFault::Mute) {
            return;
        }
        if let Ok(ping) = Ping::parse(rx) {
            self.ping(now, peer, ping, rx);
        } else if let Ok(outside) = Session15::parse(rx) {
            if let Some(message) = self.outside(outside.message) {
                self.leave(now, peer, bytes(|w| Session15 { message: &message }.emit(w)), Duration::ZERO);
            }
        } else if !self.board.faults.holds(&BmcFault::Only15)
            && let Ok((header, payload)) = Header::read(rx)
        {
            let answered = match header.payload_type {
                PayloadType::Ipmi if header.session != [0; 4] => return self.inside(now, peer, header.session, rx),
                _ if header.session != [0; 4] => None,
                PayloadType::Ipmi => self.outside(payload).map(|message| (PayloadType::Ipmi, message)),
                PayloadType::OpenSessionRequest => self.open_session(now, payload),
                PayloadType::Rakp1 => self.rakp1(now, payload),
                PayloadType::Rakp3 => self.rakp3(now, payload),
                PayloadType::OpenSessionResponse | PayloadType::Rakp2 | PayloadType::Rakp4 => None,
            };
            if let Some((kind, payload)) = answered {
                self.leave(now, peer, bytes(|w| Header::write(kind, &payload, w)), Duration::ZERO);
            }
        }
    }

    fn ping(&mut self, now: Instant, peer: P, Ping { tag }: Ping, rx: &[u8]) {
        if let [version, reserved, sequence, class, ..] = rx
            && *sequence != NO_ACKNOWLEDGEMENT
        {
            let acknowledged = vec![*version, *reserved, *sequence, class | ACKNOWLEDGEMENT];
            self.leave(now, peer, acknowledged, Duration::ZERO);
        }
        let pong = Pong { tag, iana: ASF, oem: [0; 4], ipmi: true, interactions: 0 };
        self.leave(now, peer, bytes(|w| pong.emit(w)), Duration::ZERO);
    }

    /// A message outside a session.
    fn outside(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let request = Message::parse(message).ok().filter(|request| request.netfn & 1 == 0 && request.to == BMC)?;
        let answered = self.board.outside(request.netfn, request.command, request.data)?;
        Some(answer(&request, &answered))
    }

    /// Sends an answer on its way, as the faults want.
    pub(super) fn leave(&mut self, now: Instant, peer: P, datagram: Vec<u8>, later: Duration) {
        self.answers = self.answers.saturating_add(1);
        let slow = self.board.faults.strike(|fault| match fault {
            BmcFault::Slow(pause) => Some(*pause),
            _ => None,
        });
        let at = now.after(slow.unwrap_or_default()).after(later);
        let share = |fault: &BmcFault| if let BmcFault::Junk(share) = fault { Some(*share) } else { None };
        if self.chance(|chances| &mut chances.junk, share) {
            let junk = self.junk(&datagram);
            self.push(at, peer, junk);
        }
        let share = |fault: &BmcFault| if let BmcFault::Loss(share) = fault { Some(*share) } else { None };
        let lost = self.chance(|chances| &mut chances.loss, share);
        let share = |fault: &BmcFault| if let BmcFault::Duplicate(share) = fault { Some(*share) } else { None };
        let twice = self.chance(|chances| &mut chances.duplicate, share);
        if lost {
            return;
        }
        if twice {
            self.push(at, peer, datagram.clone());
        }
        self.push(at, peer, datagram);
    }

    fn push(&mut self, at: Instant, peer: P, bytes: Vec<u8>) {
        if self.queue.len() < MOST_QUEUED {
            self.queue.push_back(Queued { at, peer, bytes });
        }
    }

    /// What nobody has asked for; it looks like the answer that comes behind it.
    fn junk(&mut self, answer: &[u8]) -> Vec<u8> {
        self.junks = self.junks.wrapping_add(1);
        let mut junk = answer.to_vec();
        match self.junks % 3 {
            1 => {
                for byte in junk.get_mut(SESSION).unwrap_or(&mut []) {
                    *byte ^= 0xFF;
                }
            }
            2 => junk.truncate(1),
            _ => {
                if let Some(last) = junk.last_mut() {
                    *last ^= 0xFF;
                }
            }
        }
        junk
    }

    /// Sends what is first due.
    fn flush(&mut self, now: Instant, tx: &mut [u8]) -> Option<(P, usize)> {
        let place = self.queue.iter().position(|out| out.at <= now)?;
        let Queued { peer, bytes, .. } = self.queue.remove(place)?;
        // A runner without room loses it, as a network does.
        tx.get_mut(..bytes.len())?.copy_from_slice(&bytes);
        Some((peer, bytes.len()))
    }
}

impl<P: Copy + Eq> Responder<P> for Bmc<P> {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P> {
        self.board.chassis.advance(now, &mut self.board.notes);
        self.sessions.expire(now, &self.board.config);
        let mut reply = Reply::NOTHING;
        if let Event::Received { peer, rx } = event {
            reply.used = rx.len();
            self.received(now, peer, rx);
        }
        reply.send = self.flush(now, tx);
        let due = self.queue.iter().map(|out| out.at).chain(self.board.chassis.due()).min();
        reply.again = due.map(|due| due.max(now));
        reply
    }
}
