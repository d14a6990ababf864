//! Requests in a session: what belongs to the session itself, and what is handed on to the satellite. IPMI 2.0, sections 6.13,
//! 13.8, 22.7, 22.18 and 22.19.

use core::time::Duration;

use rackhand_core::ipmi::Bridge;
use rackhand_core::ipmi::command::{
    APP, CloseSession, SendMessage, SessionPrivilegeLevel, SetSessionPrivilegeLevel, Tracking,
};
use rackhand_core::ipmi::wire::{Message, SessionId};
use rackhand_core::time::Instant;

use super::commands::{Answer, code};
use super::notes::Note;
use super::session::Outgoing;
use super::{Asked, Bmc, BmcFault, MOST_ASKED, Shape, bytes};

/// The address of the BMC.
pub(super) const BMC: u8 = 0x20;
const BUSY: u8 = 0xC0;
const INVALID_FIELD: u8 = 0xCC;
const DUPLICATE: u8 = 0xCF;
const PRIVILEGE: u8 = 0xD4;
const ADMINISTRATOR: u8 = 4;

/// The answer to a message, from whom it was for.
pub(super) fn response(request: &Message<'_>, code: u8, data: &[u8]) -> Vec<u8> {
    let data = [&[code], data].concat();
    let Message { to, netfn, to_lun, from, from_lun, sequence, command, .. } = *request;
    let (netfn, from_lun, to_lun) = (netfn | 1, to_lun, from_lun);
    let message = Message { to: from, netfn, to_lun, from: to, from_lun, sequence, command, data: &data };
    bytes(|w| message.emit(w))
}

/// What the BMC itself answers.
pub(super) fn answer(request: &Message<'_>, answer: &Answer) -> Vec<u8> {
    match answer {
        Ok(data) => response(request, 0, data),
        Err(code) => response(request, *code, &[]),
    }
}

impl<P: Copy + Eq> Bmc<P> {
    /// A datagram of a session. What does not verify, or has come before, is dropped.
    pub(super) fn inside(&mut self, now: Instant, peer: P, id: SessionId, rx: &mut [u8]) {
        let Some(session) = self.sessions.get(id) else { return };
        let Some(open) = &mut session.open else { return };
        let Ok(opened) = open.keys.open(id, rx) else { return };
        if !open.window.takes(opened.sequence) {
            return;
        }
        session.heard = now;
        let Ok(request) = Message::parse(opened.message) else { return };
        if request.netfn & 1 != 0 || request.to != BMC {
            return;
        }
        self.requests = self.requests.saturating_add(1);
        if self.strikes(&BmcFault::Forget) {
            self.sessions.clear();
        } else if !(self.is_answering(peer) && self.strikes(&BmcFault::DropSecond)) {
            self.take(now, peer, id, &request);
        }
        self.board.faults.served();
    }

    fn take(&mut self, now: Instant, peer: P, id: SessionId, request: &Message<'_>) {
        let known = self.sessions.get(id).and_then(|session| session.open.as_ref()?.answered(now, request));
        let messages = if let Some(messages) = known {
            if self.strikes(&BmcFault::DuplicateCode) {
                vec![(Duration::ZERO, response(request, DUPLICATE, &[]))]
            } else {
                messages
            }
        } else if let Some(code) = self.turned_away() {
            self.note_asked(request, None, code);
            // Nothing was done: who asks again is not answered from memory.
            vec![(Duration::ZERO, response(request, code, &[]))]
        } else {
            let messages = self.carry_out(now, id, request);
            if let Some(open) = self.sessions.get(id).and_then(|session| session.open.as_mut()) {
                open.remember(now, request, messages.clone());
            }
            messages
        };
        self.seal(now, peer, id, &messages);
        // Its last answer had to be sealed first.
        if self.closing.take().is_some_and(|closed| self.sessions.close(closed)) {
            self.board.notes.add(now, Note::Closed);
        }
    }

    /// The completion code of a fault that does nothing else.
    fn turned_away(&mut self) -> Option<u8> {
        if self
            .chance(|dice| &mut dice.busy, |fault| if let BmcFault::Busy(share) = fault { Some(*share) } else { None })
        {
            return Some(BUSY);
        }
        self.board.faults.strike(|fault| if let BmcFault::Code(code) = fault { Some(*code) } else { None })
    }

    fn carry_out(&mut self, now: Instant, id: SessionId, request: &Message<'_>) -> Vec<Outgoing> {
        if (request.netfn, request.command) == (SendMessage::NETFN, SendMessage::COMMAND) {
            return self.bridge(now, request);
        }
        let answered = match (request.netfn, request.command) {
            (APP, SetSessionPrivilegeLevel::COMMAND) => self.set_privilege(id, request.data),
            (APP, CloseSession::COMMAND) => self.close(id, request.data),
            (netfn, command) => {
                let level = self.sessions.get(id).and_then(|session| Some(session.open.as_ref()?.level));
                self.board.inside(now, level.unwrap_or(0), netfn, command, request.data)
            }
        };
        self.note_asked(request, None, answered.as_ref().err().copied().unwrap_or(0));
        vec![(Duration::ZERO, answer(request, &answered))]
    }

    fn set_privilege(&mut self, id: SessionId, data: &[u8]) -> Answer {
        let SetSessionPrivilegeLevel { level } = SetSessionPrivilegeLevel::parse(data).map_err(code)?;
        let none = CloseSession::NO_SUCH_SESSION;
        let session = self.sessions.get(id).ok_or(none)?;
        let user = session.login.as_ref().and_then(|login| self.board.config.users.get(login.user)).ok_or(none)?;
        let open = session.open.as_mut().ok_or(none)?;
        match level {
            0 => {}
            1 | 5.. => return Err(INVALID_FIELD),
            _ if level > user.privilege => return Err(SetSessionPrivilegeLevel::NOT_FOR_USER),
            _ if level > session.most => return Err(SetSessionPrivilegeLevel::NOT_FOR_SESSION),
            _ => open.level = level,
        }
        let level = open.level;
        Ok(bytes(|w| SessionPrivilegeLevel { level }.emit(w)))
    }

    fn close(&mut self, id: SessionId, data: &[u8]) -> Answer {
        let CloseSession { session } = CloseSession::parse(data).map_err(code)?;
        let level = self.sessions.get(id).and_then(|session| Some(session.open.as_ref()?.level));
        if session != id && level < Some(ADMINISTRATOR) {
            return Err(PRIVILEGE);
        }
        self.sessions.get(session).ok_or(CloseSession::NO_SUCH_SESSION)?;
        self.closing = Some(session);
        Ok(Vec::new())
    }

    /// Send Message.
    fn bridge(&mut self, now: Instant, request: &Message<'_>) -> Vec<Outgoing> {
        let at_once = |message| (Duration::ZERO, message);
        let inner = SendMessage::parse(request.data);
        let (channel, to) = inner.as_ref().map_or((0, 0), |it| (it.channel, it.message.to));
        let refused = match &inner {
            Err(error) => Some(code(*error)),
            Ok(SendMessage { tracking: Tracking::Raw | Tracking::Reserved, .. }) => Some(INVALID_FIELD),
            Ok(_) => match self.board.config.satellite {
                Some(Bridge { channel: known, .. }) if known != channel => Some(INVALID_FIELD),
                Some(Bridge { address, .. }) if address != to => Some(SendMessage::NOBODY),
                Some(_) => None,
                None => Some(INVALID_FIELD),
            },
        };
        let (Ok(SendMessage { tracking, message, .. }), None) = (inner, refused) else {
            let code = refused.unwrap_or(INVALID_FIELD);
            self.note_asked(request, None, code);
            return vec![at_once(response(request, code, &[]))];
        };
        let locks = self.board.faults.holds(&BmcFault::LocksEnabled);
        let (code, data) = self.board.satellite.answer(now, message.netfn, message.command, message.data, locks);
        self.note_asked(&message, Some(Bridge { channel, address: to }), code);
        let theirs = response(&message, code, &data);
        let ours = response(request, 0, &[]);
        if tracking == Tracking::No {
            self.board.keep(channel, &theirs);
            return vec![at_once(ours)];
        }
        let lost = self.strikes(&BmcFault::BridgeLost);
        let later = self.board.faults.strike(|fault| match fault {
            BmcFault::BridgeSlow(pause) => Some(*pause),
            _ => None,
        });
        let theirs = (later.unwrap_or_default(), theirs);
        match (self.board.config.shape, lost) {
            (Shape::Inline, true) => Vec::new(),
            (_, true) => vec![at_once(ours)],
            (Shape::Separate, false) => vec![at_once(ours), theirs],
            (Shape::Inline, false) => vec![(theirs.0, response(request, 0, &theirs.1))],
            (Shape::Reordered, false) => vec![theirs.clone(), (theirs.0, ours)],
        }
    }

    fn note_asked(&mut self, request: &Message<'_>, bridge: Option<Bridge>, code: u8) {
        if self.asked.len() >= MOST_ASKED {
            self.asked.pop_front();
        }
        let Message { netfn, command, .. } = *request;
        self.asked.push_back(Asked { netfn, command, bridge, code });
    }

    /// Sends messages of a session on their way.
    fn seal(&mut self, now: Instant, peer: P, id: SessionId, messages: &[Outgoing]) {
        for (later, message) in messages {
            let iv = self.dice.bytes();
            let Some(session) = self.sessions.get(id) else { return };
            let Some(open) = &mut session.open else { return };
            let mut room = vec![0; message.len().saturating_add(128)];
            let number = open.number();
            let Ok(len) = open.keys.seal(session.console, number, &iv, message, &mut room) else { return };
            room.truncate(len);
            if self.strikes(&BmcFault::BadCode)
                && let Some(last) = room.last_mut()
            {
                *last ^= 0x55;
            }
            self.leave(now, peer, room, *later);
        }
    }
}
