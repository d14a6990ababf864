//! A hypervisor: one connection that is kept, and what is known of whether it answers.
//!
//! Who has not answered in time is *silent*: the connection is given up, whoever asks is told so at once, and now and then one asks
//! anew. Nobody else is kept waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rackhand_core::operation::{Action, ErrorKind, PowerTarget};
use rackhand_core::wol::Mac;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot, watch};

use super::lanes::{Lanes, NoAnswer};
use super::orders::{Order, Orders};
use super::places::Places;
use super::session::Session;
use super::target::Access;
use super::{DomainSummary, Error};

/// How long it holds for all who have the same login that it is refused: many nodes that ask at once ask once.
const REFUSED: Duration = Duration::from_secs(5);

/// The longest pause before a silent hypervisor is asked anew.
const PAUSE: Duration = Duration::from_secs(60);

/// How long a call has to return after its connection was given up.
const GRACE: Duration = Duration::from_secs(1);

/// Within this time a hypervisor answers who asks for nothing but a sign of life, if it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A hypervisor, as one login reaches it.
#[derive(Clone)]
pub struct Hypervisor(pub(super) Arc<Inner>);

pub(super) struct Inner {
    access: Access,
    /// How long a call may take that has nothing to wait for.
    pub(super) patience: Duration,
    pub(super) lanes: Lanes,
    pub(super) places: Places,
    /// Of power, and of boot devices: neither is in the other's way.
    power_orders: Orders,
    boot_orders: Orders,
    /// Tells calls that may take long that their connection is given up.
    given_up: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Kept>>,
    /// Rises with each connection that is given up: what comes of an older one is no longer wanted.
    generation: u64,
    opening: Option<watch::Receiver<Option<Opened>>>,
    silent: Option<Silent>,
    refused: Option<(Instant, Error)>,
    asking: Vec<Question>,
    is_asking: bool,
    used: Option<Instant>,
}

type Opened = Result<Arc<Kept>, Error>;

/// It does not answer.
struct Silent {
    since: Instant,
    next: Instant,
    pause: Duration,
}

/// A node whose state somebody wants to know.
struct Question {
    macs: Vec<Mac>,
    tell: oneshot::Sender<Result<bool, Error>>,
}

/// A session that closes on a thread of its own: closing, too, waits for the hypervisor.
pub(super) struct Kept {
    pub(super) session: Option<Session>,
    pub(super) generation: u64,
}

impl Kept {
    pub(super) fn is_alive(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_alive)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // Where there is no thread to be had, it is closed here.
            let _ = std::thread::Builder::new().name("libvirt-close".to_owned()).spawn(move || drop(session));
        }
    }
}

/// What became of asking for a sign of life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It is there.
    Alive,
    /// The connection broke off.
    Broken,
    /// There was none.
    None,
    /// No thread was left to ask with.
    Unasked,
}

impl Hypervisor {
    /// One that is not connected yet. `patience`: how long it may take to answer what takes no time.
    #[must_use]
    pub fn new(access: Access, patience: Duration) -> Self {
        Self(Arc::new(Inner {
            access,
            patience,
            lanes: Lanes::default(),
            places: Places::new(),
            power_orders: Orders::default(),
            boot_orders: Orders::default(),
            given_up: Notify::new(),
            state: Mutex::default(),
        }))
    }

    /// How it is reached.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.0.access
    }

    /// When somebody last asked it for anything; none: nobody ever has.
    pub(super) fn used(&self) -> Option<Instant> {
        self.state().used
    }

    /// Whether something is under way that may take long.
    pub(super) fn is_busy(&self) -> bool {
        self.0.places.are_taken()
    }

    /// Gives the connection up, as who gets no answer does.
    #[cfg(test)]
    pub(super) fn hang_up(&self) {
        let generation = self.state().generation;
        self.give_up(generation);
    }

    /// Whether there is a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.state().session.is_some()
    }

    /// How many calls that may take long could begin at once.
    #[cfg(test)]
    pub(super) fn free_places(&self) -> usize {
        self.0.places.free()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the domain with one of these addresses is active. Those who ask at once are answered by one question, which is
    /// asked after all of them.
    ///
    /// # Errors
    /// No such domain, more than one, or no answer from the hypervisor.
    pub async fn is_active(&self, macs: &[Mac]) -> Result<bool, Error> {
        let (tell, told) = oneshot::channel();
        let begin = {
            let mut state = self.state();
            state.asking.push(Question { macs: macs.to_vec(), tell });
            !std::mem::replace(&mut state.is_asking, true)
        };
        if begin {
            // Not here: who asks first may go away before the others have their answers.
            tokio::spawn(self.clone().answer());
        }
        told.await.unwrap_or_else(|_| Err(Error::internal("the question got lost")))
    }

    /// Answers all who ask, until nobody does.
    async fn answer(self) {
        loop {
            let asking = {
                let mut state = self.state();
                state.asking.retain(|question| !question.tell.is_closed());
                if state.asking.is_empty() {
                    state.is_asking = false;
                    return;
                }
                std::mem::take(&mut state.asking)
            };
            let nodes: Vec<_> = asking.iter().map(|question| question.macs.clone()).collect();
            // A connection may have to be opened first, which is as patient again, and others may have the threads.
            let deadline = Instant::now() + self.0.patience.saturating_mul(3);
            match self.ask(deadline, move |session| session.states(&nodes)).await {
                Ok(states) => {
                    for (question, state) in asking.into_iter().zip(states) {
                        let _ = question.tell.send(state);
                    }
                }
                Err(error) => {
                    for question in asking {
                        let _ = question.tell.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Waits until the hypervisor has room for an action of this kind among all that it is asked for; the place is kept as long as
    /// what is returned. None: it needs none. An action is carried out without one, too, but its time may be over before it begins.
    pub async fn turn(&self, action: &Action) -> Option<OwnedSemaphorePermit> {
        match action {
            Action::SetPower(PowerTarget::On | PowerTarget::Off | PowerTarget::Reboot) => self.0.places.turn().await,
            _ => None,
        }
    }

    /// All domains, by name.
    ///
    /// # Errors
    /// No answer from the hypervisor.
    pub async fn domains(&self, timeout: Duration) -> Result<Vec<DomainSummary>, Error> {
        self.wait(Instant::now() + timeout, Session::all).await
    }

    /// An order to bring a domain into a power state; `off`: that it is left in.
    pub(super) fn power_order(&self, macs: &[Mac], off: bool) -> Order {
        self.0.power_orders.give(macs, off)
    }

    /// An order to have a domain start from something.
    pub(super) fn boot_order(&self, macs: &[Mac]) -> Order {
        self.0.boot_orders.give(macs, false)
    }

    /// The open connection, or a new one.
    pub(super) async fn session(&self, deadline: Instant) -> Result<Arc<Kept>, Error> {
        let mut opening = {
            let mut state = self.state();
            let now = Instant::now();
            state.used = Some(now);
            match &state.session {
                Some(session) if session.is_alive() => return Ok(Arc::clone(session)),
                Some(_) => {
                    state.generation = state.generation.wrapping_add(1);
                    drop(state.session.take());
                    self.0.given_up.notify_waiters();
                }
                None => {}
            }
            if let Some(silent) = state.silent.as_ref().filter(|silent| now < silent.next) {
                return Err(silent.told(now));
            }
            match &state.refused {
                Some((at, error)) if at.elapsed() < REFUSED => return Err(error.clone()),
                _ => state.refused = None,
            }
            match &state.opening {
                Some(opening) => opening.clone(),
                None => {
                    let (tell, told) = watch::channel(None);
                    state.opening = Some(told.clone());
                    tokio::spawn(self.clone().open(state.generation, tell));
                    told
                }
            }
        };
        let opened = tokio::time::timeout_at(deadline.into(), opening.wait_for(Option::is_some)).await;
        match opened.map(|opened| opened.ok().and_then(|opened| opened.clone())) {
            Ok(Some(opened)) => opened,
            Ok(None) => Err(Error::internal("a connection got lost")),
            Err(_) => Err(Error::no_contact("there is no connection to libvirt yet, and time is up")),
        }
    }

    /// Opens a connection, for all who wait for one.
    async fn open(self, generation: u64, tell: watch::Sender<Option<Opened>>) {
        let made = {
            let hypervisor = self.clone();
            move || {
                let opened = Session::open(&hypervisor.0.access, hypervisor.0.patience);
                if opened.is_ok() {
                    hypervisor.speaks();
                }
                opened.map(|session| Arc::new(Kept { session: Some(session), generation }))
            }
        };
        let opened = match self.0.lanes.call(self.0.patience, || true, made).await {
            Ok(opened) => opened,
            Err(NoAnswer::Silent) => Err(self.is_silent(generation)),
            Err(NoAnswer::AllLost) => Err(self.all_lost()),
            Err(NoAnswer::Broken) => Err(Error::internal("libvirt broke off while it connected")),
        };
        {
            let mut state = self.state();
            state.opening = None;
            match &opened {
                Ok(session) if state.generation == generation => state.session = Some(Arc::clone(session)),
                Err(error) if error.kind() == ErrorKind::Access => {
                    state.refused = Some((Instant::now(), error.clone()));
                }
                _ => {}
            }
        }
        // Who waited may have gone.
        let _ = tell.send(Some(opened));
    }

    /// Gives a connection up. Whether it was the present one.
    pub(super) fn give_up(&self, generation: u64) -> bool {
        let mut state = self.state();
        let is_present = state.generation == generation;
        if is_present {
            state.generation = generation.wrapping_add(1);
            let session = state.session.take();
            drop(state);
            if let Some(session) = session.as_ref().and_then(|kept| kept.session.as_ref()) {
                session.give_up();
            }
            drop(session);
            self.0.given_up.notify_waiters();
        }
        is_present
    }

    /// A call over an open connection has not returned in time: the hypervisor may be there all the same, and wait for what some
    /// domain is busy with.
    pub(super) async fn is_silent_or_stuck(&self, session: &Arc<Kept>) -> Error {
        match self.gives_sign(session, SIGN_OF_LIFE).await {
            Sign::Alive => Error::failed(format!(
                "libvirt is there, and has not answered this in {} s: a domain that is busy may hold it up",
                self.0.patience.as_secs()
            )),
            Sign::Unasked => self.all_lost(),
            Sign::Broken | Sign::None => self.is_silent(session.generation),
        }
    }

    /// Asks for nothing but a sign of life.
    pub(super) async fn gives_sign(&self, session: &Arc<Kept>, patience: Duration) -> Sign {
        let asked = {
            let session = Arc::clone(session);
            move || session.session.as_ref().is_some_and(|session| session.connection.lib_version().is_ok())
        };
        // Not here: whoever waits for the sign may go away, and a thread that is lost must be told from one that works.
        let asking = {
            let hypervisor = self.clone();
            tokio::spawn(async move { hypervisor.0.lanes.call_next(patience, asked).await })
        };
        match asking.await.unwrap_or(Err(NoAnswer::Broken)) {
            Ok(true) => Sign::Alive,
            Ok(false) | Err(NoAnswer::Broken) => Sign::Broken,
            Err(NoAnswer::Silent) => Sign::None,
            Err(NoAnswer::AllLost) => Sign::Unasked,
        }
    }

    /// Returns when the hypervisor no longer answers while a call is made that may take long. libvirt's own probing is slower, and
    /// where it ends one of several calls of a connection it leaves the others waiting for ever.
    pub(super) async fn falls_silent(&self, session: &Arc<Kept>) {
        let asked_in_vain = async {
            loop {
                tokio::time::sleep(self.0.patience).await;
                if self.gives_sign(session, self.0.patience).await != Sign::Alive {
                    return;
                }
            }
        };
        tokio::select! {
            // Another call has found that out, or that the connection broke off.
            () = self.0.given_up.notified() => {}
            () = asked_in_vain => {}
        }
        // The call may be about to say so itself.
        tokio::time::sleep(GRACE).await;
    }

    /// A call has not returned in time.
    pub(super) fn is_silent(&self, generation: u64) -> Error {
        let is_present = self.give_up(generation);
        let now = Instant::now();
        let mut state = self.state();
        let known = state.silent.as_ref().map(|silent| (silent.since, silent.pause));
        let (since, pause) = match known {
            Some((since, pause)) if is_present => (since, pause.saturating_mul(2).min(PAUSE)),
            // What has become of an older connection is known already.
            Some(known) => known,
            None if !is_present => return Error::no_contact("the connection to libvirt broke off"),
            None => (now.checked_sub(self.0.patience).unwrap_or(now), self.0.patience.min(PAUSE)),
        };
        let silent = state.silent.insert(Silent { since, next: now + pause, pause });
        silent.told(now)
    }

    /// It has answered.
    fn speaks(&self) {
        self.state().silent = None;
    }

    pub(super) fn all_lost(&self) -> Error {
        match self.0.lanes.lost() {
            0 => Error::internal("no thread can be started to ask the hypervisor with"),
            lost => Error::no_contact(format!(
                "the hypervisor has not answered {lost} calls, which still wait for it; it is asked again in some minutes"
            )),
        }
    }
}

impl Silent {
    fn told(&self, now: Instant) -> Error {
        Error::no_contact(format!(
            "the hypervisor has not answered for {} s; it is asked again in {} s",
            now.saturating_duration_since(self.since).as_secs(),
            self.next.saturating_duration_since(now).as_secs()
        ))
    }
}
