//! How the engine gets into a session: which cipher suite it proposes, when it begins anew, and whom it believes (IPMI 2.0, sections
//! 13.17 to 13.24, and 22.13).

use super::login::{Heard, Stage};
use super::session::Session;
use super::{Asks, At, Demand, Engine, IpmiError, LOGIN_MS, farewell, probe};
use crate::exchange::Next;
use crate::ipmi::{CipherSuite, IpmiTrouble, LoginFailure};
use crate::time::Instant;

/// Sessions that are begun before a BMC that answers one and then falls silent is given up.
const LOGINS: u8 = 12;
/// The same of one that has never shown that it goes on: it may not know the user.
const LOGINS_UNPROVED: u8 = 8;
/// Times that one message of a login is sent.
const LOGIN_SENDS: u8 = 2;
/// Sends of an Open Session Request that a BMC which is there has not answered: it may ignore what it is offered.
const IGNORED: u8 = 7;

impl<D: Asks> Engine<D> {
    pub(super) fn not_logged_in(&mut self, now: Instant, why: LoginFailure, tx: &mut [u8]) -> Demand<D> {
        self.trouble = Some(IpmiTrouble::Login(why));
        self.unanswered(now, tx)
    }

    /// The cipher suite is not taken: the next one, if there is one. One that was only not answered to may still be the one.
    pub(super) fn other_suite(&mut self, now: Instant, ignored: bool, tx: &mut [u8]) -> Demand<D> {
        let refused = self.login.take().map(|login| login.suite);
        let bit = refused.and_then(|suite| CipherSuite::ALL.iter().position(|it| *it == suite));
        let bit = bit.and_then(|bit| 1_u8.checked_shl(u32::try_from(bit).ok()?)).unwrap_or(0);
        if ignored {
            self.ignored_suites |= bit;
        } else {
            self.refused_suites |= bit;
        }
        if self.bmc.suite.is_some() || self.refused_suites & 0b11 == 0b11 {
            return self.not_logged_in(now, LoginFailure::NoCipherSuite, tx);
        }
        (self.sends, self.logins, self.suite) = (0, 0, None);
        self.say(now, tx)
    }

    /// Writes that the session is closed which is open if only RAKP Message 4 was lost; it would be in the way for a minute.
    pub(super) fn leave(&mut self, tx: &mut [u8]) -> Option<usize> {
        let login = self.login.as_ref().filter(|login| login.stage == Stage::Rakp4)?;
        let mut session = Session::new(login, &self.bmc.account);
        farewell(&mut session, self.pending.sequence, &mut self.random, tx).ok()
    }

    /// Another session is begun, unless there were enough.
    pub(super) fn log_in_again(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        if self.logins >= if self.proved { LOGINS } else { LOGINS_UNPROVED } {
            return self.not_logged_in(now, LoginFailure::Silent, tx);
        }
        if let Some(len) = self.leave(tx) {
            return self.send_and_go_on(now, At::Leaving, len);
        }
        self.begin_again(now, tx)
    }

    pub(super) fn begin_again(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        (self.login, self.sends) = (None, 0);
        self.say(now, tx)
    }

    /// What a datagram says to a login.
    pub(super) fn hear(&mut self, now: Instant, datagram: &[u8], tx: &mut [u8]) -> Demand<D> {
        let Some(login) = &mut self.login else { return Err(IpmiError::OutOfTurn) };
        if login.stage == Stage::Open
            && let Some(has_v20) = probe::has_v20(datagram)
        {
            self.contact = true;
            // It may be there and ignore what it does not like, or the network may lose what it says.
            self.only_15 = !has_v20;
            return Ok(Next::Receive { deadline: self.deadline });
        }
        let heard = login.take(&self.bmc.account, datagram);
        self.contact |= heard != Heard::Nothing;
        match heard {
            Heard::Nothing => Ok(Next::Receive { deadline: self.deadline }),
            Heard::Next => {
                self.proved |= login.stage == Stage::Rakp4;
                self.sends = 0;
                self.say(now, tx)
            }
            Heard::Open => {
                // One that came second because nothing was heard is not held on to.
                self.suite = Some(login.suite.id).filter(|_| self.ignored_suites == 0);
                self.session = Some(Session::new(login, &self.bmc.account));
                self.login = None;
                self.begin(now, tx)
            }
            Heard::Again => self.log_in_again(now, tx),
            Heard::NoRoom => {
                self.login = None;
                self.trouble = Some(IpmiTrouble::Login(LoginFailure::NoRoom));
                let until = now.after_millis(1000_u64.wrapping_shl(self.logins.min(3).into()));
                if until >= self.question_ends {
                    return self.unanswered(now, tx);
                }
                // Others go, or are forgotten after a minute: it is worth all the time that there is.
                self.phase_ends = until.after_millis(LOGIN_MS.into()).min(self.question_ends);
                (self.sends, self.logins) = (0, self.logins.min(LOGINS - 1));
                self.rest(until, false)
            }
            Heard::OtherSuite => self.other_suite(now, false, tx),
            Heard::Never(why) => {
                self.login = None;
                self.not_logged_in(now, why, tx)
            }
        }
    }

    /// Nothing that counts has come to a message of a login.
    pub(super) fn login_silence(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        let Some(login) = &mut self.login else { return self.say(now, tx) };
        let (suspicion, stage, sends) = (login.suspicion(), login.stage, self.sends);
        login.repeated = true;
        let is_over = now >= self.phase_ends;
        let unanswered = sends >= IGNORED;
        match (suspicion, stage) {
            (Some(_), Stage::Open) => self.other_suite(now, false, tx),
            (Some(failure), _) => self.not_logged_in(now, failure, tx),
            (None, Stage::Open) if self.only_15 && (is_over || unanswered) => {
                self.not_logged_in(now, LoginFailure::Only15, tx)
            }
            (None, Stage::Open) if is_over => self.lost(now, tx),
            // The second one is then proposed to the end.
            (None, Stage::Open) if unanswered && self.may_change_suite() => self.other_suite(now, true, tx),
            (None, Stage::Rakp2 | Stage::Rakp4) if is_over => self.not_logged_in(now, LoginFailure::Silent, tx),
            (None, Stage::Rakp2 | Stage::Rakp4) if sends >= LOGIN_SENDS => self.log_in_again(now, tx),
            (None, _) => self.say(now, tx),
        }
    }

    /// Whether a BMC that is there may ignore the present suite, and none was tried instead.
    const fn may_change_suite(&self) -> bool {
        self.contact && self.bmc.suite.is_none() && self.ignored_suites | self.refused_suites == 0
    }
}

/// The suite to propose: the one that is demanded, else the one that worked before, else the best that was not refused, and if there
/// is another one, not ignored either.
pub(super) fn proposed(demanded: Option<CipherSuite>, worked: Option<u8>, refused: u8, ignored: u8) -> CipherSuite {
    let [best, second, ..] = CipherSuite::ALL;
    let worked = worked.and_then(CipherSuite::by_id).filter(|suite| *suite == best || *suite == second);
    let next = match (refused & 0b11, ignored & 0b11) {
        (0, 0b01) | (0b01, _) => second,
        _ => best,
    };
    demanded.or(worked).unwrap_or(next)
}
