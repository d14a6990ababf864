//! Calls to a hypervisor.
//!
//! libvirt's calls block, and one to a hypervisor that hangs never returns. So each is made on one of the hypervisor's own threads
//! ([`Lanes`](super::lanes::Lanes)), by a task of its own that sees to it that the thread is given up when there is no answer; who
//! asked waits for that task, and may go away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rackhand_core::operation::ErrorKind;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::Error;
use super::hypervisor::{Hypervisor, Sign};
use super::lanes::NoAnswer;
use super::session::Session;
use super::start::Start;

/// How long a call that is owed is tried.
const OWED: Duration = Duration::from_secs(600);

/// The first pause before it is tried anew, and the longest.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// What kind of call it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It takes no time: one that does is silence.
    Quick,
    /// The same, and it must not be made twice.
    Single,
    /// It takes what it takes.
    Long,
    /// The same, and it is made although nobody waits for it any longer.
    Owed,
}

impl Kind {
    const fn is_long(self) -> bool {
        matches!(self, Self::Long | Self::Owed)
    }
}

impl Hypervisor {
    /// Makes a call that takes no time; when the hypervisor is silent for longer than it may be, it is given up. It is made again
    /// when the connection breaks off meanwhile.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        self.call(deadline, Kind::Quick, call, |_| ()).await
    }

    /// The same for a call that is not made a second time.
    pub(super) async fn ask_once<T: Send + 'static>(
        &self,
        deadline: Instant,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        self.call(deadline, Kind::Single, call, |_| ()).await
    }

    /// Makes a call that takes what it takes, and waits for it until `deadline`. One that has begun goes on, and keeps its place
    /// among the few of its kind, until it returns or the hypervisor no longer answers. It is made again when the connection breaks
    /// off meanwhile.
    pub(super) async fn wait<T: Send + 'static>(
        &self,
        deadline: Instant,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        self.wait_then(deadline, call, |_| ()).await
    }

    /// The same, and then something that must not depend on whether anybody waits for it.
    pub(super) async fn wait_then<T: Send + 'static>(
        &self,
        deadline: Instant,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
        then: impl FnOnce(&Result<T, Error>) + Send + 'static,
    ) -> Result<T, Error> {
        self.call(deadline, Kind::Long, call, then).await
    }

    /// The same for a call that is made in any case, when time is up before it begins, and when the hypervisor only answers later.
    pub(super) async fn owe<T: Send + 'static>(
        &self,
        deadline: Instant,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        self.call(deadline, Kind::Owed, call, |_| ()).await
    }

    /// The same for a call that nobody waits for.
    pub(super) fn owe_later<T: Send + 'static>(
        &self,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) {
        drop(self.begin(Instant::now(), Kind::Owed, Arc::default(), call, |_| ()));
    }

    async fn call<T: Send + 'static>(
        &self,
        deadline: Instant,
        kind: Kind,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
        then: impl FnOnce(&Result<T, Error>) + Send + 'static,
    ) -> Result<T, Error> {
        let start = Arc::<Start>::default();
        let made = self.begin(deadline, kind, Arc::clone(&start), call, then);
        let _waiting = (kind != Kind::Owed).then(|| Waiting(Arc::clone(&start)));
        let answer = tokio::time::timeout_at(deadline.into(), made).await;
        match answer {
            Ok(answer) => answer.unwrap_or_else(|_| Err(Error::internal("a call of libvirt broke off"))),
            Err(_) if kind == Kind::Owed && !start.has_begun() => Err(match self.is_connected() {
                true => Error::failed("time is up before its turn has come, and it is started when that comes"),
                false => {
                    Error::no_contact("time is up, and there is no connection to libvirt; it is started when there is")
                }
            }),
            Err(_) if kind != Kind::Owed && start.call_off() => Err(match (self.is_connected(), kind.is_long()) {
                (true, true) => Error::failed(
                    "the hypervisor is busy with other starts and stops, and time is up: nothing was done",
                ),
                (true, false) => {
                    Error::no_contact("the hypervisor has not answered others yet, and time is up: nothing was done")
                }
                (false, _) => {
                    Error::no_contact("there is no connection to libvirt yet, and time is up: nothing was done")
                }
            }),
            Err(_) if kind.is_long() => Err(Error::failed("the hypervisor is not done in time, and may be later")),
            Err(_) => Err(Error::no_contact("the hypervisor has not answered, and time is up")),
        }
    }

    /// Has a task see a call through, whether or not anybody waits for it.
    fn begin<T: Send + 'static>(
        &self,
        deadline: Instant,
        kind: Kind,
        start: Arc<Start>,
        call: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
        then: impl FnOnce(&Result<T, Error>) + Send + 'static,
    ) -> JoinHandle<Result<T, Error>> {
        let (hypervisor, call) = (self.clone(), Arc::new(call));
        let task = async move {
            let made = match kind {
                Kind::Owed => hypervisor.insist(deadline, start, call).await,
                Kind::Quick | Kind::Single | Kind::Long => hypervisor.made(deadline, kind, start, call).await,
            };
            then(&made);
            made
        };
        // What it logs is about the node of who asked.
        tokio::spawn(task.in_current_span())
    }

    /// Makes a call that is owed: what keeps it from being made may pass.
    async fn insist<T: Send + 'static>(
        self,
        deadline: Instant,
        start: Arc<Start>,
        call: Arc<impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static>,
    ) -> Result<T, Error> {
        let until = deadline.max(Instant::now()) + OWED;
        let [mut pause, longest] = AGAIN;
        loop {
            let made = self.clone().made(deadline, Kind::Owed, Arc::clone(&start), Arc::clone(&call)).await;
            let Err(error) = &made else { return made };
            let may_pass = match error.kind() {
                ErrorKind::NoContact => true,
                ErrorKind::Failed => !start.has_begun(),
                _ => false,
            };
            if !may_pass || Instant::now() >= until {
                if Instant::now() > deadline {
                    tracing::warn!(hypervisor = %self.access(), %error, "a domain was not started again");
                }
                return made;
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(longest);
        }
    }

    /// Makes a call, and once more if its connection breaks off.
    async fn made<T: Send + 'static>(
        self,
        deadline: Instant,
        kind: Kind,
        start: Arc<Start>,
        call: Arc<impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static>,
    ) -> Result<T, Error> {
        let _place = if kind.is_long() {
            // In the same order as those who have their turn before they ask; it has come when there is a place.
            let _turn = if kind == Kind::Owed { self.0.places.turn().await } else { None };
            Some(self.0.places.call(self.0.patience).await?)
        } else {
            None
        };
        let deadline = match kind {
            Kind::Owed => deadline.max(Instant::now() + self.0.patience),
            Kind::Long | Kind::Quick | Kind::Single => deadline,
        };
        let mut again = kind != Kind::Single;
        loop {
            let session = self.session(deadline).await?;
            let made = {
                let (session, call) = (Arc::clone(&session), Arc::clone(&call));
                move || session.session.as_ref().map(|session| call(session))
            };
            let is_wanted = {
                let start = Arc::clone(&start);
                // One that has begun may be made again, whoever has gone meanwhile: nothing is left half done.
                move || start.begin() || start.has_begun()
            };
            let answer = match kind {
                Kind::Quick | Kind::Single => self.0.lanes.call(self.0.patience, is_wanted, made).await,
                // Whether it answers at all need not be waited for so long.
                Kind::Long | Kind::Owed => match self.gives_sign(&session, self.0.patience).await {
                    Sign::None => return Err(self.is_silent(session.generation)),
                    Sign::Unasked => return Err(self.all_lost()),
                    Sign::Alive | Sign::Broken => {
                        let call = self.0.lanes.call_long(self.falls_silent(&session), is_wanted, made);
                        self.0.places.until_late(deadline, call).await
                    }
                },
            };
            match answer {
                Ok(Some(Err(error))) if !session.is_alive() => {
                    self.give_up(session.generation);
                    if !std::mem::take(&mut again) || Instant::now() >= deadline {
                        return Err(error);
                    }
                }
                Ok(Some(result)) => return result,
                Ok(None) | Err(NoAnswer::Broken) => return Err(Error::internal("a call of libvirt broke off")),
                Err(NoAnswer::Silent) if kind.is_long() => return Err(self.is_silent(session.generation)),
                Err(NoAnswer::Silent) => return Err(self.is_silent_or_stuck(&session).await),
                Err(NoAnswer::AllLost) => return Err(self.all_lost()),
            }
        }
    }
}

/// Somebody who waits for a call, as long as this is there.
struct Waiting(Arc<Start>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.call_off();
    }
}
