//! HTTP Basic authentication, as Ironic has it in its standalone mode.
//!
//! A password is tried with bcrypt once; then a keyed hash of it is remembered, so that the requests that follow cost next to
//! nothing. Only logins that are not remembered are slowed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};
use zeroize::Zeroizing;

use super::answer::fault;
use super::htpasswd::{Stamp, Users};
use crate::serve::Peer;

/// Ironic's public routes, and ours for those who watch the daemon.
const PUBLIC: [&str; 4] = ["/", "/v1", "/v1/", "/healthz"];

/// How often the file of users is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long a failure keeps its address from trying again.
const PAUSE: Duration = Duration::from_secs(1);

/// How many passwords are tried at a time: each keeps a processor busy.
const TRIALS: usize = 2;

/// How many logins may be under way or wait, in all and from one address.
const WAITING: usize = 256;
const WAITING_OF_ONE: usize = 64;

/// How many addresses are known at a time.
const ADDRESSES: usize = 4096;

/// Who may use the API. No `Debug`: there is nothing in it to be shown.
pub(crate) struct Auth {
    path: PathBuf,
    key: hmac::Key,
    known: Mutex<Known>,
    addresses: Mutex<HashMap<IpAddr, Arc<Address>>>,
    trials: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The file as it was last read, and when it was looked at.
struct Known {
    looked: Instant,
    /// None: nobody gets in, until the file is in order again.
    users: Option<Arc<Remembering>>,
    /// None: it could not be read.
    stamp: Option<Stamp>,
}

/// The users, and the last good login of each. One that was made with another file is void, since a new file is a new one of
/// these.
struct Remembering {
    users: Users,
    good: Mutex<HashMap<String, hmac::Tag>>,
}

/// An address whose logins are not remembered: one at a time.
struct Address {
    waiting: Arc<Semaphore>,
    /// Locked during a trial; holds when the next one may begin.
    turn: tokio::sync::Mutex<Option<Instant>>,
}

/// What a client says it is.
struct Login {
    user: String,
    password: Zeroizing<Vec<u8>>,
}

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// 401, and why.
    Unauthorized(&'static str),
    /// Too many at a time.
    TooMany,
    /// The file of users is not in order.
    NoUsers,
}

const WRONG: Refusal = Refusal::Unauthorized("Incorrect username or password");

impl Auth {
    /// Reads the file of users, whose every line must be in order.
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>, String> {
        let (users, stamp) = Users::read(path)?;
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new())
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        let known = Known { looked: Instant::now(), users: Some(Remembering::new(users)), stamp: Some(stamp) };
        Ok(Arc::new(Self {
            path: path.to_owned(),
            key,
            known: Mutex::new(known),
            addresses: Mutex::default(),
            trials: Arc::new(Semaphore::new(TRIALS)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }))
    }

    async fn check(self: &Arc<Self>, headers: &HeaderMap, peer: IpAddr) -> Result<(), Refusal> {
        let login = Login::from(headers)?;
        let users = self.users().await.ok_or(Refusal::NoUsers)?;
        if users.remembers(&self.key, &login) {
            return Ok(());
        }
        let address = self.address(peer).ok_or(Refusal::TooMany)?;
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Refusal::TooMany)?;
        let waiting_here = Arc::clone(&address.waiting).try_acquire_owned().map_err(|_| Refusal::TooMany)?;
        // On its own: a client that hangs up does not get its turn back early.
        let auth = Arc::clone(self);
        let trial = tokio::spawn(async move {
            let result = auth.try_in_turn(&users, login, &address, peer).await;
            drop((waiting, waiting_here));
            result
        });
        trial.await.unwrap_or(Err(WRONG))
    }

    async fn try_in_turn(
        &self,
        users: &Remembering,
        login: Login,
        address: &Address,
        peer: IpAddr,
    ) -> Result<(), Refusal> {
        let mut turn = address.turn.lock().await;
        // The one before may have been the same.
        if users.remembers(&self.key, &login) {
            return Ok(());
        }
        if let Some(begin) = *turn {
            sleep_until(begin).await;
        }
        let permit = Arc::clone(&self.trials).acquire_owned().await.map_err(|_| WRONG)?;
        let trial = users.users.trial(&login.user);
        let Login { user, password } = login;
        let tried = tokio::task::spawn_blocking(move || {
            let good = trial.verify(&password);
            // Here, since this goes on when nobody waits for it any more.
            drop(permit);
            (good, password)
        });
        let (good, password) = tried.await.map_err(|_| WRONG)?;
        if good {
            *turn = None;
            users.remember(&self.key, &Login { user, password });
            return Ok(());
        }
        *turn = Some(Instant::now() + PAUSE);
        warn!(%peer, user = shown(&user), "login refused");
        Err(WRONG)
    }

    /// The users as the file has them now, or had a moment ago.
    async fn users(self: &Arc<Self>) -> Option<Arc<Remembering>> {
        {
            let mut known = lock(&self.known);
            if known.looked.elapsed() < LOOK {
                return known.users.clone();
            }
            // Others go on with what is known while this one looks.
            known.looked = Instant::now();
        }
        let auth = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || auth.look()).await;
        looked.unwrap_or(None)
    }

    fn look(&self) -> Option<Arc<Remembering>> {
        let stamp = Stamp::of(&self.path).ok();
        {
            let known = lock(&self.known);
            if stamp.is_some() && stamp == known.stamp {
                return known.users.clone();
            }
        }
        let read = Users::read(&self.path);
        let mut known = lock(&self.known);
        match read {
            Ok((users, stamp)) => {
                info!(file = %self.path.display(), "the file of users was read again");
                known.users = Some(Remembering::new(users));
                known.stamp = Some(stamp);
            }
            Err(wrong) => {
                // Whoever was to be locked out by the change is locked out. Said once: when it was in order before.
                if known.users.take().is_some() {
                    error!("nobody can log in: {wrong}");
                }
                known.stamp = None;
            }
        }
        known.users.clone()
    }

    /// The place of an address in the table, unless that is full of addresses that just failed.
    fn address(&self, peer: IpAddr) -> Option<Arc<Address>> {
        let mut addresses = lock(&self.addresses);
        let peer = network(peer);
        if let Some(address) = addresses.get(&peer) {
            return Some(Arc::clone(address));
        }
        if addresses.len() >= ADDRESSES {
            let now = Instant::now();
            let idle = |it: &Arc<Address>| {
                Arc::strong_count(it) == 1 && it.turn.try_lock().is_ok_and(|turn| turn.is_none_or(|begin| begin <= now))
            };
            addresses.retain(|_, address| !idle(address));
        }
        if addresses.len() >= ADDRESSES {
            return None;
        }
        let address = Arc::new(Address {
            waiting: Arc::new(Semaphore::new(WAITING_OF_ONE)),
            turn: tokio::sync::Mutex::new(None),
        });
        addresses.insert(peer, Arc::clone(&address));
        Some(address)
    }
}

impl Remembering {
    fn new(users: Users) -> Arc<Self> {
        Arc::new(Self { users, good: Mutex::default() })
    }

    fn remembers(&self, key: &hmac::Key, login: &Login) -> bool {
        let Some(tag) = lock(&self.good).get(&login.user).copied() else { return false };
        self.message(login).is_some_and(|message| hmac::verify(key, &message, tag.as_ref()).is_ok())
    }

    /// One for a user, so that there are never more than users.
    fn remember(&self, key: &hmac::Key, login: &Login) {
        if let Some(message) = self.message(login) {
            lock(&self.good).insert(login.user.clone(), hmac::sign(key, &message));
        }
    }

    /// What is hashed: a change of any part changes it. The hash has a fixed length, and a user name no colon.
    fn message(&self, login: &Login) -> Option<Zeroizing<Vec<u8>>> {
        let hash = self.users.hash(&login.user)?.text();
        // Of the right size at once: a vector that grows leaves copies behind.
        let mut message = Zeroizing::new(Vec::with_capacity(hash.len() + login.user.len() + 1 + login.password.len()));
        message.extend_from_slice(hash.as_bytes());
        message.extend_from_slice(login.user.as_bytes());
        message.push(b':');
        message.extend_from_slice(&login.password);
        Some(message)
    }
}

impl Login {
    fn from(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Refusal::Unauthorized("Authorization required"))?;
        const UNREADABLE: Refusal = Refusal::Unauthorized("Could not parse Authorization header");
        if values.next().is_some() {
            return Err(UNREADABLE);
        }
        let (scheme, token) = value.to_str().ok().and_then(|it| it.split_once(' ')).ok_or(UNREADABLE)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Refusal::Unauthorized("Unsupported authorization type"));
        }
        const UNDECODABLE: Refusal = Refusal::Unauthorized("Could not decode authorization token");
        // Some clients leave the padding out.
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded = GeneralPurpose::new(&STANDARD, config).decode(token.trim()).map_err(|_| UNDECODABLE)?;
        let decoded = Zeroizing::new(decoded);
        let colon = decoded.iter().position(|byte| *byte == b':').ok_or(UNDECODABLE)?;
        let (user, rest) = decoded.split_at_checked(colon).ok_or(UNDECODABLE)?;
        let user = std::str::from_utf8(user).map_err(|_| UNDECODABLE)?;
        let password = rest.get(1..).unwrap_or_default();
        Ok(Self { user: user.to_owned(), password: Zeroizing::new(password.to_vec()) })
    }
}

/// What counts as one address: whoever has an IPv6 address has the whole /64.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// A user name that cannot garble a log.
fn shown(user: &str) -> String {
    let escaped = user.escape_debug().take(64);
    escaped.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A middleware that lets in who has a password, and everybody to the public routes.
pub(crate) async fn require(State(auth): State<Arc<Auth>>, request: Request, next: Next) -> Response {
    if PUBLIC.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    // Whoever comes without an address shares one with all who do.
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |Peer(peer)| peer.ip());
    match auth.check(request.headers(), peer).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.response(),
    }
}

impl Refusal {
    fn response(&self) -> Response {
        let (status, text) = match self {
            Self::Unauthorized(why) => (StatusCode::UNAUTHORIZED, *why),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "Too many logins are being tried; try again later."),
            Self::NoUsers => {
                (StatusCode::SERVICE_UNAVAILABLE, "The file of users is not in order; the daemon's log says why.")
            }
        };
        let mut response = fault(status, text);
        let (name, value) = match self {
            Self::Unauthorized(_) => (WWW_AUTHENTICATE, "Basic realm=\"Baremetal API\""),
            Self::TooMany | Self::NoUsers => (RETRY_AFTER, "1"),
        };
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}

#[cfg(test)]
mod tests;
