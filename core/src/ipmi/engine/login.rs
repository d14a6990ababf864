//! The opening of a session: Open Session, RAKP Messages 1 to 4. IPMI 2.0, sections 13.17 to 13.24.
//!
//! A login is a proposal of one cipher suite with fresh numbers. It knows no time: whoever has the clock sends what it writes again,
//! shows it what comes, and begins another one when it stays unanswered (many BMCs take a repeated message ill).

use heapless::Vec;

use super::random::Random;
use crate::buffer::{Full, TxWriter};
use crate::input::Bytes;
use crate::ipmi::failure::LoginFailure;
use crate::ipmi::keys::{Keys, Opening};
use crate::ipmi::status::Status;
use crate::ipmi::suite::CipherSuite;
use crate::ipmi::wire::{
    Header, OpenSessionRequest, OpenSessionResponse, PayloadType, Rakp1, Rakp2, Rakp3, Rakp4, Role, SessionId, payload,
};
use crate::ipmi::{Account, Kg};

/// Which answer is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// RMCP+ Open Session Response.
    Open,
    /// RAKP Message 2.
    Rakp2,
    /// RAKP Message 4.
    Rakp4,
}

/// What a datagram has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing: it is somebody else's, late, or wrong.
    Nothing,
    /// The next message is to be sent.
    Next,
    /// The session is open.
    Open,
    /// This login is over, another one may do better.
    Again,
    /// The BMC has no room for one more session now.
    NoRoom,
    /// It does not take the cipher suite.
    OtherSuite,
    /// No login will do.
    Never(LoginFailure),
}

/// A session that is being opened.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) suite: CipherSuite,
    pub(super) stage: Stage,
    /// The present message was sent more than once: what is said against it may be about the other copy.
    pub(super) repeated: bool,
    /// RAKP Message 1 was: the BMC may have drawn another number for its copy, and judge by that.
    doubled: bool,
    /// Something came that whoever knows password and Kg does not send. It may be anybody's; nothing better may come.
    wrong: bool,
    tag: u8,
    console: SessionId,
    pub(super) bmc: SessionId,
    console_random: [u8; 16],
    bmc_random: [u8; 16],
    guid: [u8; 16],
}

impl Login {
    pub(super) fn new(suite: CipherSuite, random: &mut Random) -> Self {
        let [a, b, c, d, tag, ..] = random.next();
        Self {
            suite,
            stage: Stage::Open,
            repeated: false,
            doubled: false,
            wrong: false,
            tag,
            // Zero is nobody's.
            console: [a | 1, b, c, d],
            bmc: [0; 4],
            console_random: random.next(),
            bmc_random: [0; 16],
            guid: [0; 16],
        }
    }

    pub(super) const fn console(&self) -> SessionId {
        self.console
    }

    const fn role(account: &Account) -> Role {
        Role { privilege: account.privilege.number(), name_only: true }
    }

    fn opening<'a>(&'a self, account: &'a Account) -> Opening<'a> {
        Opening {
            suite: self.suite,
            password: &account.password,
            kg: account.kg.as_ref().map(Kg::bytes),
            role: Self::role(account),
            user: account.user.as_bytes(),
            console: self.console,
            bmc: self.bmc,
            console_random: &self.console_random,
            bmc_random: &self.bmc_random,
            guid: &self.guid,
        }
    }

    /// The keys, once it is open.
    pub(super) fn keys(&self, account: &Account) -> Keys {
        self.opening(account).keys()
    }

    /// Writes the message whose answer is awaited.
    pub(super) fn write(&self, account: &Account, tx: &mut [u8]) -> Result<usize, Full> {
        let Self { tag, bmc, .. } = *self;
        let mut code = [0; 32];
        match self.stage {
            Stage::Open => {
                // The privilege that is wanted, not 0 for the highest: some BMCs hash with this one.
                let request = OpenSessionRequest::new(tag, account.privilege.number(), self.console, self.suite);
                datagram(PayloadType::OpenSessionRequest, tx, |w| request.emit(w))
            }
            Stage::Rakp2 => {
                let user = Vec::from_slice(account.user.as_bytes()).unwrap_or_default();
                let rakp1 = Rakp1 { tag, bmc, random: self.console_random, role: Self::role(account), user };
                datagram(PayloadType::Rakp1, tx, |w| rakp1.emit(w))
            }
            Stage::Rakp4 => {
                let len = self.opening(account).write_rakp3(&mut code);
                let code = code.get(..len).unwrap_or(&[]);
                let rakp3 = Rakp3 { tag, status: Status::Ok, bmc, code };
                datagram(PayloadType::Rakp3, tx, |w| rakp3.emit(w))
            }
        }
    }

    /// Writes that this side gives up: a BMC has room for few sessions, half open ones included.
    pub(super) fn write_goodbye(&self, tx: &mut [u8]) -> Result<usize, Full> {
        let status = Status::InvalidIntegrityCheckValue;
        let rakp3 = Rakp3 { tag: self.tag, status, bmc: self.bmc, code: &[] };
        datagram(PayloadType::Rakp3, tx, |w| rakp3.emit(w))
    }

    /// What was wrong, when nothing better has come than what is wrong.
    pub(super) const fn suspicion(&self) -> Option<LoginFailure> {
        match self.stage {
            _ if !self.wrong => None,
            Stage::Open => Some(LoginFailure::NoCipherSuite),
            Stage::Rakp2 => Some(LoginFailure::Password),
            Stage::Rakp4 => Some(LoginFailure::Kg),
        }
    }

    /// Takes a datagram.
    pub(super) fn take(&mut self, account: &Account, datagram: &[u8]) -> Heard {
        let Ok((rest, header)) = Header::parse(Bytes::new(datagram)) else { return Heard::Nothing };
        let Ok((_, payload)) = payload(rest, header.length) else { return Heard::Nothing };
        if header.encrypted || header.authenticated || header.session != [0; 4] {
            return Heard::Nothing;
        }
        let heard = match (self.stage, header.payload_type) {
            (Stage::Open, PayloadType::OpenSessionResponse) => self.opened(payload),
            (Stage::Rakp2, PayloadType::Rakp2) => self.rakp2(account, payload),
            (Stage::Rakp4, PayloadType::Rakp4) => self.rakp4(account, payload),
            _ => Heard::Nothing,
        };
        if heard == Heard::Next {
            (self.repeated, self.wrong) = (false, false);
            self.tag = self.tag.wrapping_add(1);
        }
        heard
    }

    fn opened(&mut self, payload: &[u8]) -> Heard {
        match OpenSessionResponse::parse(payload) {
            Ok(OpenSessionResponse::Open { tag, console, bmc, algorithms, .. })
                if tag == self.tag && console == self.console && bmc != [0; 4] =>
            {
                // Others than the proposed ones may be weaker ones.
                if algorithms != self.suite.numbers() {
                    self.wrong = true;
                    return Heard::Nothing;
                }
                self.bmc = bmc;
                self.stage = Stage::Rakp2;
                Heard::Next
            }
            Ok(OpenSessionResponse::Refused { tag, status }) if tag == self.tag => self.refused(status),
            _ => Heard::Nothing,
        }
    }

    fn rakp2(&mut self, account: &Account, payload: &[u8]) -> Heard {
        match Rakp2::parse(payload) {
            Ok(Rakp2::Ready { tag, console, random, guid, code }) if tag == self.tag && console == self.console => {
                let before = (self.bmc_random, self.guid);
                (self.bmc_random, self.guid) = (random, guid);
                if self.opening(account).is_rakp2(code) {
                    self.stage = Stage::Rakp4;
                    self.doubled = self.repeated;
                    return Heard::Next;
                }
                (self.bmc_random, self.guid) = before;
                self.wrong = true;
                Heard::Nothing
            }
            Ok(Rakp2::Refused { tag, status }) if tag == self.tag => self.refused(status),
            _ => Heard::Nothing,
        }
    }

    fn rakp4(&mut self, account: &Account, payload: &[u8]) -> Heard {
        let Ok(rakp4) = Rakp4::parse(payload) else { return Heard::Nothing };
        if rakp4.tag != self.tag {
            return Heard::Nothing;
        }
        // What follows the status counts only in one that is good.
        if rakp4.status != Status::Ok {
            return self.refused(rakp4.status);
        }
        if rakp4.console != Some(self.console) {
            return Heard::Nothing;
        }
        if self.opening(account).is_rakp4(rakp4.integrity_check_value) {
            return Heard::Open;
        }
        self.wrong = true;
        Heard::Nothing
    }

    /// What a status says about this login, or about all.
    fn refused(&self, status: Status) -> Heard {
        match status {
            Status::Ok => Heard::Nothing,
            Status::NoResources | Status::NoResourcesForRole => Heard::NoRoom,
            Status::InvalidAuthentication
            | Status::InvalidIntegrity
            | Status::InvalidConfidentiality
            | Status::NoMatchingAuthentication
            | Status::NoMatchingIntegrity
            | Status::NoCipherSuite => Heard::OtherSuite,
            // It has forgotten the session, or took a repeated message for one too many.
            Status::InvalidSessionId | Status::InactiveSessionId => Heard::Again,
            _ if (self.repeated || self.doubled) && self.stage == Stage::Rakp4 => Heard::Again,
            Status::InvalidRole | Status::UnauthorizedRole => Heard::Never(LoginFailure::Privilege),
            Status::InvalidNameLength | Status::UnauthorizedName => Heard::Never(LoginFailure::User),
            Status::InvalidIntegrityCheckValue => Heard::Never(LoginFailure::Password),
            other => Heard::Never(LoginFailure::Status(other.number())),
        }
    }
}

/// A datagram outside a session around the payload that `emit` writes.
fn datagram(
    kind: PayloadType,
    tx: &mut [u8],
    emit: impl FnOnce(&mut TxWriter<'_>) -> Result<(), Full>,
) -> Result<usize, Full> {
    let (front, behind) = tx.split_at_mut_checked(Header::LEN).ok_or(Full { needed: Header::LEN })?;
    let mut w = TxWriter::new(behind);
    let more = |full: Full| Full { needed: full.needed.saturating_add(Header::LEN) };
    emit(&mut w).map_err(more)?;
    let len = w.len();
    let mut w = TxWriter::new(front);
    Header::outside(kind, u16::try_from(len).unwrap_or(u16::MAX)).emit(&mut w);
    w.went()?;
    Ok(Header::LEN.saturating_add(len))
}
