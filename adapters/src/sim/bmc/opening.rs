//! How a session is opened. IPMI 2.0, sections 13.17 to 13.24.

use rackhand_core::ipmi::wire::{
    OpenSessionRequest, OpenSessionResponse, PayloadType, Rakp1, Rakp2, Rakp3, Rakp4, Role, SessionId,
};
use rackhand_core::ipmi::{CipherSuite, Keys, Opening, PASSWORD_LEN, Status};
use rackhand_core::time::Instant;

use super::notes::Note;
use super::session::{Login, Open, Session};
use super::{Bmc, BmcFault, Config, bytes};

/// Most privilege of the channel: an administrator's.
const MOST: u8 = 4;
/// An algorithm that the console leaves to the BMC.
const ANY: u8 = 0xFF;
/// A Kg that nobody has.
const WRONG_KG: [u8; PASSWORD_LEN] = [0x5A; PASSWORD_LEN];
/// Bytes of whole answers, as long as with SHA-1.
const WHOLE: [usize; 3] = [36, 60, 20];

/// The answer to a message that opens a session.
pub(super) type Answer = Option<(PayloadType, Vec<u8>)>;

impl<P: Copy + Eq> Bmc<P> {
    /// A refusal; as long as firmware makes it.
    fn refusal(&mut self, kind: PayloadType, mut payload: Vec<u8>) -> Answer {
        if self.strikes(&BmcFault::LongErrors) {
            let [open, rakp2, rakp4] = WHOLE;
            let len = match kind {
                PayloadType::OpenSessionResponse => open,
                PayloadType::Rakp2 => rakp2,
                _ => rakp4,
            };
            payload.resize(len, 0);
        }
        Some((kind, payload))
    }

    /// A bad login; its session is gone.
    fn failed(&mut self, now: Instant, session: SessionId) -> bool {
        self.sessions.close(session);
        self.board.notes.add(now, Note::FailedLogin);
        self.strikes(&BmcFault::SilentLogin)
    }

    pub(super) fn open_session(&mut self, now: Instant, payload: &[u8]) -> Answer {
        let OpenSessionRequest { tag, max_privilege, console, algorithms } = OpenSessionRequest::parse(payload).ok()?;
        let suite = if console == [0; 4] {
            Err(Status::InvalidSessionId)
        } else if max_privilege > MOST {
            Err(Status::UnauthorizedRole)
        } else if self.sessions.len() >= self.board.config.sessions {
            Err(Status::NoResources)
        } else {
            choose(&self.board.config.suites, algorithms)
        };
        let suite = match suite {
            Ok(suite) => suite,
            Err(status) => {
                let refused = OpenSessionResponse::Refused { tag, status };
                return self.refusal(PayloadType::OpenSessionResponse, bytes(|w| refused.emit(console, w)));
            }
        };
        let bmc = self.sessions.new_id(&mut self.dice);
        let most = if max_privilege == 0 { MOST } else { max_privilege };
        let asked = max_privilege;
        self.sessions.push(Session { console, bmc, suite, asked, most, login: None, open: None, heard: now });
        let mut algorithms = suite.numbers();
        if self.strikes(&BmcFault::OtherSuite) {
            let weaker = if suite.id == 1 { 0 } else { 1 };
            algorithms = CipherSuite::by_id(weaker).map_or(algorithms, CipherSuite::numbers);
        }
        let response = OpenSessionResponse::Open { tag, max_privilege: most, console, bmc, algorithms };
        Some((PayloadType::OpenSessionResponse, bytes(|w| response.emit(console, w))))
    }

    pub(super) fn rakp1(&mut self, now: Instant, payload: &[u8]) -> Answer {
        let message = Rakp1::parse(payload).ok()?;
        let Rakp1 { tag, bmc, random, role, .. } = message;
        let again = self.sessions.get(bmc).is_some_and(|session| session.login.is_some());
        let refuses = again && self.strikes(&BmcFault::NoRepeat);
        let Some(session) = self.sessions.get(bmc).filter(|session| session.open.is_none() && !refuses) else {
            let refused = Rakp2::Refused { tag, status: Status::InvalidSessionId };
            return self.refusal(PayloadType::Rakp2, bytes(|w| refused.emit([0; 4], w)));
        };
        session.heard = now;
        let console = session.console;
        let wanted = if role.privilege == 0 { session.most } else { role.privilege };
        let found = if wanted > session.most {
            Err(Status::InvalidRole)
        } else {
            lookup(&self.board.config, &message.user, role, wanted)
        };
        let user = match found {
            Ok(user) => user,
            Err(status) => {
                if self.failed(now, bmc) {
                    return None;
                }
                let refused = Rakp2::Refused { tag, status };
                return self.refusal(PayloadType::Rakp2, bytes(|w| refused.emit(console, w)));
            }
        };
        // What comes again, because its answer was lost, is answered as before.
        let known = session.login.as_ref().filter(|login| login.console_random == random);
        let bmc_random = known.map_or_else(|| self.dice.bytes(), |login| login.bmc_random);
        session.most = wanted;
        session.login = Some(Login { user, name: message.user.to_vec(), role, console_random: random, bmc_random });
        let guid = self.board.config.guid;
        let mut code = [0; 32];
        let len = self.opened(bmc, |opening| opening.write_rakp2(&mut code))?;
        let code = code.get(..len).unwrap_or(&[]);
        let ready = Rakp2::Ready { tag, console, random: bmc_random, guid, code };
        Some((PayloadType::Rakp2, bytes(|w| ready.emit(console, w))))
    }

    pub(super) fn rakp3(&mut self, now: Instant, payload: &[u8]) -> Answer {
        let Rakp3 { tag, status, bmc, code } = Rakp3::parse(payload).ok()?;
        let again = self.sessions.get(bmc).is_some_and(|session| session.open.is_some());
        let refuses = again && self.strikes(&BmcFault::NoRepeat);
        let Some(session) = self.sessions.get(bmc).filter(|session| session.login.is_some() && !refuses) else {
            return self.rakp4(tag, Status::InvalidSessionId, None, &[]);
        };
        let console = session.console;
        if status != Status::Ok {
            // The console gives up, and wants no answer.
            self.failed(now, bmc);
            return None;
        }
        if !self.opened(bmc, |opening| opening.is_rakp3(code))? {
            // Whoever sends it to a session that is open cannot end that.
            if !again && self.failed(now, bmc) {
                return None;
            }
            return self.rakp4(tag, Status::InvalidIntegrityCheckValue, Some(console), &[]);
        }
        let mut value = [0; 32];
        let len = self.opened(bmc, |opening| opening.write_rakp4(&mut value))?;
        if !again {
            let keys = self.opened(bmc, keys)?;
            let session = self.sessions.get(bmc)?;
            session.heard = now;
            session.open = Some(Open::new(keys, session.most));
            let name = session.login.as_ref().map(|login| String::from_utf8_lossy(&login.name).into_owned());
            self.board.notes.add(now, Note::Opened(name.unwrap_or_default()));
        }
        let len = if len == 0 && self.strikes(&BmcFault::ExtraIcv) { 12 } else { len };
        self.rakp4(tag, Status::Ok, Some(console), value.get(..len).unwrap_or(&[]))
    }

    fn rakp4(&mut self, tag: u8, status: Status, console: Option<SessionId>, value: &[u8]) -> Answer {
        let message = Rakp4 { tag, status, console, integrity_check_value: value };
        let payload = bytes(|w| message.emit(w));
        if status == Status::Ok {
            Some((PayloadType::Rakp4, payload))
        } else {
            self.refusal(PayloadType::Rakp4, payload)
        }
    }

    /// What the two sides hash.
    fn opened<T>(&mut self, bmc: SessionId, with: impl FnOnce(&Opening<'_>) -> T) -> Option<T> {
        let (wrong_kg, from_open) =
            (self.board.faults.holds(&BmcFault::WrongKg), self.board.faults.holds(&BmcFault::KeysFromOpen));
        let session = self.sessions.get(bmc)?;
        let login = session.login.as_ref()?;
        let role = if from_open { Role { privilege: session.asked, ..login.role } } else { login.role };
        let config = &self.board.config;
        Some(with(&Opening {
            suite: session.suite,
            password: &config.users.get(login.user)?.password,
            kg: if wrong_kg { Some(&WRONG_KG) } else { config.kg.as_ref() },
            role,
            user: &login.name,
            console: session.console,
            bmc: session.bmc,
            console_random: &login.console_random,
            bmc_random: &login.bmc_random,
            guid: &config.guid,
        }))
    }
}

fn keys(opening: &Opening<'_>) -> Keys {
    opening.keys()
}

/// The first suite that has what is proposed, or the status that says what there is not.
fn choose(suites: &[CipherSuite], algorithms: [u8; 3]) -> Result<CipherSuite, Status> {
    let fits = |ours: u8, theirs: u8| theirs == ANY || ours == theirs;
    let [authentication, integrity, confidentiality] = algorithms;
    let all =
        |suite: &&CipherSuite| suite.numbers().into_iter().zip(algorithms).all(|(ours, theirs)| fits(ours, theirs));
    if let Some(suite) = suites.iter().find(all) {
        return Ok(*suite);
    }
    let knows = |place: usize, theirs: u8| {
        suites.iter().any(|suite| suite.numbers().get(place).is_some_and(|ours| fits(*ours, theirs)))
    };
    Err(if !knows(0, authentication) {
        Status::InvalidAuthentication
    } else if !knows(1, integrity) {
        Status::InvalidIntegrity
    } else if !knows(2, confidentiality) {
        Status::InvalidConfidentiality
    } else {
        Status::NoCipherSuite
    })
}

/// The place of the user with this name who may have this privilege.
fn lookup(config: &Config, name: &[u8], role: Role, wanted: u8) -> Result<usize, Status> {
    let named = |user: &super::User| user.name.as_bytes() == name;
    let enough = |user: &super::User| user.privilege >= wanted;
    // Who is looked up by name and privilege is unknown without that privilege.
    let place = config.users.iter().position(|user| named(user) && (role.name_only || enough(user)));
    let place = place.ok_or(Status::UnauthorizedName)?;
    match config.users.get(place).filter(|user| enough(user)) {
        Some(_) => Ok(place),
        None => Err(Status::UnauthorizedRole),
    }
}
