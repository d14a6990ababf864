//! A few threads for the calls to one hypervisor, each of which blocks until it is answered.
//!
//! A call that never returns keeps its thread: there is no way to call it off. Such a thread is given up as *lost* and replaced,
//! a few times; it ends when its call does. Nothing waits for these threads, so the process can end at any time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Threads that are not lost. libvirtd works on five calls of a connection at a time.
const LIVE: usize = 4;

/// Threads that are lost, before nobody is asked any more but now and then.
const LOST: usize = 8;

/// When so many are lost, one more call is made after this time: the hypervisor may have been switched off and on, of which the
/// calls that hang never hear.
const NOW_AND_THEN: Duration = Duration::from_secs(600);

/// Threads that may be lost in the whole process, whoever names hypervisors that hang: then each loses one at most.
const LOST_IN_ALL: usize = 512;

/// How long a call may take that begins when it is known that it will hang.
const SOON_AFTER: Duration = Duration::from_millis(100);

/// How long a thread waits for the next call.
const IDLE: Duration = Duration::from_secs(30);

/// Threads that are lost in the whole process.
static ALL_LOST: AtomicUsize = AtomicUsize::new(0);

/// The threads of one hypervisor.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    ready: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    live: usize,
    idle: usize,
    lost: usize,
    /// When the last one was.
    lost_at: Option<Instant>,
}

struct Job {
    ticket: Arc<Ticket>,
    make: Box<dyn FnOnce() + Send>,
}

/// How far a call is. It is locked before the queue, never after.
#[derive(Default)]
struct Ticket(Mutex<Stage>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Queued,
    Running(Instant),
    /// Nobody waits for it, and its thread does not count.
    GivenUp,
    Done,
}

/// When it is a call's turn.
#[derive(Clone, Copy)]
enum Turn {
    /// Before those that wait.
    Next,
    /// After them.
    Last,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The call was made, and has not returned in time.
    Silent,
    /// No thread is left to make calls with.
    AllLost,
    /// The call panicked, or was not made since who asked for it had gone.
    Broken,
}

impl Ticket {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why its call has ended without an answer.
    fn unanswered(&self) -> NoAnswer {
        if *self.stage() == Stage::Queued { NoAnswer::AllLost } else { NoAnswer::Broken }
    }
}

impl Queue {
    /// Takes out the calls that no thread will ever make. They are dropped when the queue is free again: what they hold may be the
    /// last of a connection.
    fn stranded(&mut self) -> VecDeque<Job> {
        if self.live == 0 { std::mem::take(&mut self.jobs) } else { VecDeque::new() }
    }
}

impl Lanes {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call on one of the threads as soon as one is free, unless `is_wanted` says by then that nobody wants it, and waits
    /// for its answer. One that has not returned so long after it began as `patience` says has lost its thread. That is found out
    /// here: where this is dropped before its end, a thread that hangs still counts as one that works.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        patience: Duration,
        is_wanted: impl FnOnce() -> bool + Send + 'static,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (ticket, told) = self.enter(Turn::Last, is_wanted, call)?;
        self.wait(&ticket, told, Instant::now() + patience, patience).await
    }

    /// The same for a call that comes before those that wait.
    pub(super) async fn call_next<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (ticket, told) = self.enter(Turn::Next, || true, call)?;
        self.wait(&ticket, told, Instant::now() + patience, patience).await
    }

    /// The same for a call that may take what it takes, as long as `hangs` does not return: then it has lost its thread.
    pub(super) async fn call_long<T: Send + 'static>(
        &self,
        hangs: impl Future<Output = ()>,
        is_wanted: impl FnOnce() -> bool + Send + 'static,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (ticket, mut told) = self.enter(Turn::Last, is_wanted, call)?;
        tokio::select! {
            biased;
            answer = &mut told => return answer.map_err(|_| ticket.unanswered()),
            () = hangs => {}
        }
        // One that waits for a thread still hangs as soon as it has one.
        self.wait(&ticket, told, Instant::now(), SOON_AFTER).await
    }

    /// Has a call made.
    fn enter<T: Send + 'static>(
        &self,
        turn: Turn,
        is_wanted: impl FnOnce() -> bool + Send + 'static,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Arc<Ticket>, oneshot::Receiver<T>), NoAnswer> {
        let (tell, told) = oneshot::channel();
        let ticket = Arc::new(Ticket::default());
        let make = move || {
            if is_wanted() {
                let _ = tell.send(call());
            }
        };
        self.begin(turn, Job { ticket: Arc::clone(&ticket), make: Box::new(make) })?;
        Ok((ticket, told))
    }

    /// Waits for the answer of a call until `until`, and then for as long as `patience` says after it began.
    async fn wait<T>(
        &self,
        ticket: &Ticket,
        mut told: oneshot::Receiver<T>,
        mut until: Instant,
        patience: Duration,
    ) -> Result<T, NoAnswer> {
        loop {
            match tokio::time::timeout_at(until.into(), &mut told).await {
                Ok(answer) => return answer.map_err(|_| ticket.unanswered()),
                Err(_) => until = self.look(ticket, patience)?,
            }
        }
    }

    /// When a call that has not returned is to be looked at again; a thread that has been silent for so long is lost.
    fn look(&self, ticket: &Ticket, patience: Duration) -> Result<Instant, NoAnswer> {
        let mut stage = ticket.stage();
        let now = Instant::now();
        match *stage {
            // It waits for others, whose threads are lost when their time is up.
            Stage::Queued => Ok(now + patience),
            Stage::Running(began) if now < began + patience => Ok(began + patience),
            Stage::Running(_) => {
                *stage = Stage::GivenUp;
                let mut queue = self.queue();
                queue.live = queue.live.saturating_sub(1);
                queue.lost = queue.lost.saturating_add(1);
                queue.lost_at = Some(now);
                ALL_LOST.fetch_add(1, Ordering::Relaxed);
                // Those who wait are not left without a thread, or are told that there is none.
                self.grow(&mut queue);
                let stranded = queue.stranded();
                drop(queue);
                drop(stranded);
                Err(NoAnswer::Silent)
            }
            // The answer is on its way.
            Stage::GivenUp | Stage::Done => Ok(now + patience),
        }
    }

    fn begin(&self, turn: Turn, job: Job) -> Result<(), NoAnswer> {
        let mut queue = self.queue();
        match turn {
            Turn::Next => queue.jobs.push_front(job),
            Turn::Last => queue.jobs.push_back(job),
        }
        if queue.idle >= queue.jobs.len() {
            self.0.ready.notify_one();
        } else {
            self.grow(&mut queue);
        }
        let stranded = queue.stranded();
        drop(queue);
        if stranded.is_empty() { Ok(()) } else { Err(NoAnswer::AllLost) }
    }

    /// Has another thread work, if there may be one.
    fn grow(&self, queue: &mut Queue) {
        let now_and_then = queue.live == 0 && queue.lost_at.is_some_and(|at| at.elapsed() >= NOW_AND_THEN);
        // A hypervisor that has lost none is not to blame for the others.
        let too_many = queue.lost > 0 && ALL_LOST.load(Ordering::Relaxed) >= LOST_IN_ALL;
        let may = (queue.lost < LOST && !too_many) || now_and_then;
        if queue.live >= LIVE || !may {
            return;
        }
        let lanes = self.clone();
        let thread = std::thread::Builder::new().name("libvirt".to_owned());
        if thread.spawn(move || lanes.work()).is_ok() {
            queue.live = queue.live.saturating_add(1);
        }
    }

    /// Threads that are stuck.
    pub(super) fn lost(&self) -> usize {
        self.queue().lost
    }

    /// What a thread does.
    fn work(&self) {
        while let Some(Job { ticket, make }) = self.next() {
            *ticket.stage() = Stage::Running(Instant::now());
            // What libvirt's binding panics for is a call that fails, not a thread that is gone.
            let _ = catch_unwind(AssertUnwindSafe(make));
            let mut stage = ticket.stage();
            if *stage == Stage::GivenUp {
                let mut queue = self.queue();
                queue.lost = queue.lost.saturating_sub(1);
                ALL_LOST.fetch_sub(1, Ordering::Relaxed);
                // It has its place again, unless another has taken that.
                if queue.live >= LIVE {
                    return;
                }
                queue.live = queue.live.saturating_add(1);
            }
            *stage = Stage::Done;
        }
    }

    /// The next call; none: there was none for long, and the thread ends.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        let until = Instant::now() + IDLE;
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                queue.live = queue.live.saturating_sub(1);
                return None;
            }
            queue.idle = queue.idle.saturating_add(1);
            queue = self.0.ready.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
            queue.idle = queue.idle.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::mpsc;

    use tokio::task::JoinHandle;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_secs(60);

    const fn yes() -> bool {
        true
    }

    /// Has a long call on every thread, until what is given with it is dropped.
    async fn occupied(lanes: &Lanes) -> (Vec<mpsc::Sender<()>>, Vec<JoinHandle<Result<(), NoAnswer>>>) {
        let call = |_| {
            let (end, ended) = mpsc::channel::<()>();
            let lanes = lanes.clone();
            let call = async move { lanes.call_long(pending(), yes, move || ended.recv()).await.map(drop) };
            (end, tokio::spawn(call))
        };
        let calls = (0..LIVE).map(call).unzip();
        while lanes.queue().live < LIVE || !lanes.queue().jobs.is_empty() {
            tokio::task::yield_now().await;
        }
        calls
    }

    #[tokio::test]
    async fn a_call_that_hangs_costs_a_thread_and_no_other_call() {
        let lanes = Lanes::default();
        assert_eq!(lanes.call(LATE, yes, || 5).await, Ok(5));
        assert_eq!(lanes.call(LATE, yes, || -> u8 { panic!("a call that panics") }).await, Err(NoAnswer::Broken));
        assert_eq!(lanes.call(LATE, || false, || -> u8 { panic!("nobody wants it") }).await, Err(NoAnswer::Broken));
        let mut stuck = Vec::new();
        loop {
            let (free, freed) = mpsc::channel::<()>();
            match lanes.call(SOON, yes, move || freed.recv()).await {
                Err(NoAnswer::Silent) => stuck.push(free),
                other => break assert_eq!(other, Err(NoAnswer::AllLost), "after {}", stuck.len()),
            }
            assert_eq!(lanes.lost(), stuck.len());
            if stuck.len() < LOST {
                assert_eq!(lanes.call(LATE, yes, || 5).await, Ok(5));
            }
        }
        // A hung hypervisor gets no more than that.
        assert!((LOST..=LOST + LIVE).contains(&stuck.len()), "{}", stuck.len());
        // But for one more, when it may have come back unheard.
        lanes.queue().lost_at = Instant::now().checked_sub(NOW_AND_THEN);
        assert_eq!(lanes.call(LATE, yes, || 5).await, Ok(5));
        drop(stuck);
        // They come back when their calls do.
        let patience = Instant::now() + Duration::from_secs(60);
        while lanes.lost() > 0 {
            assert!(Instant::now() < patience, "{} are lost for ever", lanes.lost());
            tokio::task::yield_now().await;
        }
        assert_eq!(lanes.call(LATE, yes, || 6).await, Ok(6));
    }

    /// Calls that wait for a thread, when the last one is lost: they are told, and the next to come back makes calls again.
    #[tokio::test]
    async fn nobody_waits_for_threads_that_are_not_there() {
        let lanes = Lanes::default();
        let mut stuck = Vec::new();
        let mut hang = |lanes: &Lanes, patience| {
            let (free, freed) = mpsc::channel::<()>();
            stuck.push(free);
            let lanes = lanes.clone();
            tokio::spawn(async move { lanes.call(patience, yes, move || freed.recv()).await.map(drop) })
        };
        for _ in 0..LOST - 1 {
            assert_eq!(hang(&lanes, SOON).await.unwrap(), Err(NoAnswer::Silent));
        }
        let last: Vec<_> = (0..LIVE).map(|_| hang(&lanes, Duration::from_secs(1))).collect();
        let all_run = || {
            let queue = lanes.queue();
            queue.live + queue.lost == LOST - 1 + LIVE && queue.jobs.is_empty()
        };
        while !all_run() {
            tokio::task::yield_now().await;
        }
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let lanes = lanes.clone();
                tokio::spawn(async move { lanes.call(LATE, yes, || 5).await })
            })
            .collect();
        let next = {
            let lanes = lanes.clone();
            tokio::spawn(async move { lanes.call_next(LATE, || 6).await })
        };
        for call in last {
            assert_eq!(call.await.unwrap(), Err(NoAnswer::Silent));
        }
        for call in waiting {
            assert_eq!(call.await.unwrap(), Err(NoAnswer::AllLost));
        }
        assert_eq!(next.await.unwrap(), Err(NoAnswer::AllLost));
        assert_eq!(lanes.lost(), LOST - 1 + LIVE);
        // One is enough.
        stuck.pop();
        let patience = Instant::now() + Duration::from_secs(60);
        while lanes.call(LATE, yes, || 7).await != Ok(7) {
            assert!(Instant::now() < patience, "nobody works, and {} are lost", lanes.lost());
            tokio::task::yield_now().await;
        }
        assert_eq!(lanes.lost(), LOST - 2 + LIVE);
    }

    #[tokio::test]
    async fn who_asks_for_a_sign_of_life_comes_next() {
        let lanes = Lanes::default();
        let (mut free, long) = occupied(&lanes).await;
        let (tell, told) = mpsc::channel();
        let mut calls = Vec::new();
        for (number, is_next) in [(1, false), (2, false), (3, true)] {
            let (lanes, tell) = (lanes.clone(), tell.clone());
            let waiting = lanes.queue().jobs.len();
            let queue = lanes.clone();
            calls.push(tokio::spawn(async move {
                match is_next {
                    true => lanes.call_next(LATE, move || tell.send(number)).await.map(drop),
                    false => lanes.call(LATE, yes, move || tell.send(number)).await.map(drop),
                }
            }));
            while queue.queue().jobs.len() == waiting {
                tokio::task::yield_now().await;
            }
        }
        // One thread for all three.
        free.pop();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [3, 1, 2]);
        drop(free);
        for call in long {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn calls_that_take_long_are_waited_for_and_waiting_is_not_silence() {
        let lanes = Lanes::default();
        let (free, long) = occupied(&lanes).await;
        let waits = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.call(SOON, yes, || 7).await }
        });
        while lanes.queue().jobs.is_empty() {
            tokio::task::yield_now().await;
        }
        // Many times as long as it may be silent.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!waits.is_finished() && lanes.lost() == 0);
        drop(free);
        assert_eq!(waits.await.unwrap(), Ok(7));
        for call in long {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn a_call_that_takes_long_loses_its_thread_when_it_hangs_and_not_before() {
        let lanes = Lanes::default();
        assert_eq!(lanes.call_long(pending(), yes, || 5).await, Ok(5));
        let mut free = Vec::new();
        for lost in 1..=LIVE {
            let (end, ended) = mpsc::channel::<()>();
            free.push(end);
            let hangs = lanes.call_long(ready(()), yes, move || ended.recv()).await;
            assert_eq!((hangs.map(drop), lanes.lost()), (Err(NoAnswer::Silent), lost));
        }
        assert_eq!(lanes.call(LATE, yes, || 6).await, Ok(6));
    }
}
