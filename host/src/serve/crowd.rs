//! The connections that there are, and which of them gives way when there are too many.
//!
//! Whoever connects and says nothing holds a place at no cost. So a full house turns nobody away at the door: the connection
//! that has been silent longest, of those that are not being answered, is closed. A client that has something to say says it
//! at once, and is answered from then on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

/// How often one looks for who has to go before waiting for room.
const LOOKS: usize = 16;

/// All of them.
pub(super) struct Crowd {
    most: usize,
    members: Mutex<Members>,
    room: Notify,
}

#[derive(Default)]
struct Members {
    next: u64,
    /// Also those who were put out and are not closed yet: they have descriptors.
    open: usize,
    all: HashMap<u64, Arc<Member>>,
}

struct Member {
    phase: Mutex<Phase>,
    out: Notify,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was ever heard.
    New(Instant),
    /// Part of a request's head was heard.
    Head(Instant),
    /// A request is being answered.
    Busy,
    /// A request's body is waited for.
    Body(Instant),
    /// An answer is being written, and the client last took some of it then.
    Writing(Instant),
    /// An answer was written, and nothing heard since.
    Idle(Instant),
    /// It is being closed.
    Out,
}

impl Phase {
    const fn silent_since(self) -> Option<Instant> {
        match self {
            Self::New(since) | Self::Head(since) | Self::Body(since) | Self::Writing(since) | Self::Idle(since) => {
                Some(since)
            }
            Self::Busy | Self::Out => None,
        }
    }
}

/// A place among them, until it is dropped.
pub(super) struct Pass {
    crowd: Arc<Crowd>,
    id: u64,
    member: Arc<Member>,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, members: Mutex::default(), room: Notify::new() })
    }

    /// A place, if need be that of another; none if everybody is being answered, or the last one who had to go is not gone.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Pass> {
        let mut members = lock(&self.members);
        if members.open > self.most {
            return None;
        }
        if members.all.len() >= self.most && !members.put_out_one() {
            return None;
        }
        let id = members.next;
        members.next = id.wrapping_add(1);
        members.open = members.open.saturating_add(1);
        let member = Arc::new(Member { phase: Mutex::new(Phase::New(Instant::now())), out: Notify::new() });
        members.all.insert(id, Arc::clone(&member));
        Some(Pass { crowd: Arc::clone(self), id, member })
    }

    /// Closes the one that has been silent longest, if there is any.
    pub(super) fn put_out_one(&self) -> bool {
        lock(&self.members).put_out_one()
    }

    /// Returns when there may be room where there was none.
    pub(super) async fn room(&self) {
        self.room.notified().await;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.members).all.len()
    }
}

impl Members {
    fn put_out_one(&mut self) -> bool {
        // Between looking and closing a request may have begun: then another look.
        for _ in 0..LOOKS {
            let silent = self.all.iter().filter_map(|(id, it)| Some((lock(&it.phase).silent_since()?, *id)));
            let Some((_, id)) = silent.min() else { return false };
            let Some(member) = self.all.get(&id) else { return false };
            {
                let mut phase = lock(&member.phase);
                if phase.silent_since().is_none() {
                    continue;
                }
                *phase = Phase::Out;
            }
            member.out.notify_one();
            self.all.remove(&id);
            return true;
        }
        false
    }
}

impl Pass {
    /// Returns when this one has to go.
    pub(super) async fn put_out(&self) {
        self.member.out.notified().await;
    }

    /// What it is doing.
    pub(super) fn phase(&self) -> Phase {
        *lock(&self.member.phase)
    }

    /// It is a connection to speak over from now on: the handshake is done.
    pub(super) fn ready(&self) {
        self.turn(|phase| match phase {
            Phase::New(_) => Phase::New(Instant::now()),
            other => other,
        });
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        self.turn(|phase| match phase {
            // The first head is due from the beginning, so that a pause before it gains nothing.
            Phase::New(since) => Phase::Head(since),
            Phase::Idle(_) => Phase::Head(Instant::now()),
            other => other,
        });
    }

    /// A request is to be answered; false if it came too late.
    pub(super) fn begin(&self) -> bool {
        self.turn(|phase| if phase == Phase::Out { Phase::Out } else { Phase::Busy }) == Phase::Busy
    }

    /// The request's body is waited for, since then.
    pub(super) fn awaits(&self, since: Instant) {
        self.turn(|phase| if phase == Phase::Busy { Phase::Body(since) } else { phase });
        self.crowd.room.notify_one();
    }

    /// The answer is ready to be written.
    pub(super) fn finish(&self) {
        self.turn(|phase| match phase {
            // What is answered before its body was there.
            Phase::Busy | Phase::Body(_) => Phase::Writing(Instant::now()),
            other => other,
        });
        self.crowd.room.notify_one();
    }

    /// The client took some of an answer.
    pub(super) fn taken(&self) {
        self.turn(|phase| match phase {
            // An answer in several pieces is all written between two of them, too.
            Phase::Writing(_) | Phase::Idle(_) => Phase::Writing(Instant::now()),
            other => other,
        });
    }

    /// All that was to be written is written.
    pub(super) fn written(&self) {
        self.turn(|phase| if matches!(phase, Phase::Writing(_)) { Phase::Idle(Instant::now()) } else { phase });
    }

    fn turn(&self, next: impl FnOnce(Phase) -> Phase) -> Phase {
        let mut phase = lock(&self.member.phase);
        *phase = next(*phase);
        *phase
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        {
            let mut members = lock(&self.crowd.members);
            members.all.remove(&self.id);
            members.open = members.open.saturating_sub(1);
        }
        self.crowd.room.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{advance, timeout};

    use super::*;

    async fn is_out(pass: &Pass) -> bool {
        timeout(Duration::from_millis(1), pass.put_out()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_silent_gives_way_and_never_one_that_is_answered() {
        let crowd = Crowd::new(3);
        let mut passes = Vec::new();
        for _ in 0..3 {
            passes.push(crowd.enter().unwrap());
            advance(Duration::from_secs(1)).await;
        }
        assert!(passes[0].begin());
        let four = crowd.enter().unwrap();
        assert_eq!(crowd.len(), 3);
        assert!(is_out(&passes[1]).await && !is_out(&passes[0]).await && !is_out(&passes[2]).await);
        // Too late to be answered; and nobody comes in before he is gone.
        assert!(!passes[1].begin());
        assert!(crowd.enter().is_none() && !is_out(&passes[2]).await);
        drop(passes.remove(1));
        assert!(passes[1].begin() && four.begin());
        assert!(crowd.enter().is_none() && !crowd.put_out_one());
        // It waits for a body, and has it; what trickles in makes it no younger.
        let since = Instant::now();
        advance(Duration::from_secs(1)).await;
        passes[0].awaits(since);
        assert_eq!(passes[0].phase(), Phase::Body(since));
        assert!(passes[0].begin() && !crowd.put_out_one());
        // Answered, and so silent again, for which a newcomer may wait.
        passes[0].finish();
        timeout(Duration::from_secs(1), crowd.room()).await.unwrap();
        let five = crowd.enter().unwrap();
        assert!(is_out(&passes[0]).await);
        drop(five);
        assert_eq!(crowd.len(), 2);
        drop(passes);
        assert_eq!(crowd.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn of_those_who_are_written_to_the_one_that_takes_nothing_gives_way() {
        let crowd = Crowd::new(2);
        let (takes, waits) = (crowd.enter().unwrap(), crowd.enter().unwrap());
        for pass in [&takes, &waits] {
            assert!(pass.begin());
            pass.finish();
            // Not before something was written is it all written.
            assert_eq!(pass.phase(), Phase::Writing(Instant::now()));
        }
        advance(Duration::from_secs(1)).await;
        takes.taken();
        let three = crowd.enter().unwrap();
        assert!(is_out(&waits).await && !is_out(&takes).await);
        takes.written();
        assert_eq!(takes.phase(), Phase::Idle(Instant::now()));
        drop((waits, three));
        // A body that did not come before its sender had to go is no request any more.
        let mut last = crowd.enter().unwrap();
        for _ in 0..2 {
            assert!(last.begin());
            last.awaits(Instant::now());
            assert!(takes.begin() && crowd.put_out_one());
            assert!(is_out(&last).await && !last.begin());
            drop(last);
            last = crowd.enter().unwrap();
        }
    }
}
