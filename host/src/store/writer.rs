//! The one thread that writes, and the handle that everybody else has.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::{Change, Registry, Store, StoreError};
use crate::model::{Node, Port};

/// Changes that may wait for the writer; whoever has one more waits for room.
const WAITING: usize = 1024;

/// Changes that are committed together at most: they share one wait for the disk, and the first of them one answer.
const TOGETHER: usize = 256;

/// What a change makes of the registry.
#[derive(Default)]
pub(crate) struct Changes {
    list: Vec<Change>,
    next_id: u64,
}

impl Changes {
    /// Adds a new node; its `id` is given to it here.
    pub(crate) fn create_node(&mut self, mut node: Node) -> Arc<Node> {
        node.id = self.take_id();
        self.put_node(node)
    }

    /// Puts a node in the place of the one with the same `id`.
    pub(crate) fn put_node(&mut self, mut node: Node) -> Arc<Node> {
        node.revision = node.revision.saturating_add(1);
        let node = Arc::new(node);
        self.list.push(Change::PutNode(Arc::clone(&node)));
        node
    }

    /// Removes a node and its ports.
    pub(crate) fn delete_node(&mut self, node: &Node) {
        self.list.push(Change::DeleteNode(node.id));
    }

    /// Adds a new port; its `id` is given to it here.
    pub(crate) fn create_port(&mut self, mut port: Port) -> Arc<Port> {
        port.id = self.take_id();
        self.put_port(port)
    }

    /// Puts a port in the place of the one with the same `id`.
    pub(crate) fn put_port(&mut self, port: Port) -> Arc<Port> {
        let port = Arc::new(port);
        self.list.push(Change::PutPort(Arc::clone(&port)));
        port
    }

    /// Removes a port.
    pub(crate) fn delete_port(&mut self, port: &Port) {
        self.list.push(Change::DeletePort(port.id));
    }

    const fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        id
    }
}

/// A change that waits: makes its changes, and is told later whether they were kept.
trait Job: Send {
    fn make(&mut self, registry: &Registry, changes: &mut Changes) -> Made;
    fn answer(self: Box<Self>, kept: Result<(), StoreError>);
}

/// Whether a job has anything to be kept.
#[derive(PartialEq, Eq)]
enum Made {
    Something,
    Nothing,
}

struct Waiting<F, T, E> {
    make: Option<F>,
    made: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Waiting<F, T, E>
where
    F: FnOnce(&Registry, &mut Changes) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn make(&mut self, registry: &Registry, changes: &mut Changes) -> Made {
        let Some(make) = self.make.take() else { return Made::Nothing };
        // One that panics is its own end, not that of the thread all changes need: it sees the registry and cannot touch it, and
        // what it has listed so far is forgotten as if it had refused.
        let made = catch_unwind(AssertUnwindSafe(|| make(registry, changes))).unwrap_or_else(|_| {
            tracing::error!("a change ended in a panic; please report it");
            Err(StoreError::new("the change ended in a panic").into())
        });
        let outcome = if made.is_ok() { Made::Something } else { Made::Nothing };
        self.made = Some(made);
        outcome
    }

    fn answer(self: Box<Self>, kept: Result<(), StoreError>) {
        let Some(made) = self.made else { return };
        // A refusal may be for what another change of the same batch had made, and that is undone: it is no answer then.
        let result = kept.map_err(E::from).and(made);
        // Whoever asked may be gone; the change holds all the same.
        let _ = self.answer.send(result);
    }
}

/// What the writer has done so far.
#[derive(Default)]
pub(crate) struct Stats {
    pub(crate) commits: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) commit_micros: AtomicU64,
}

/// The nodes and ports: to read at once, to change through the writer.
pub(crate) struct Inventory {
    published: Arc<RwLock<Registry>>,
    jobs: mpsc::Sender<Box<dyn Job>>,
    stats: Arc<Stats>,
}

impl Inventory {
    /// Loads what is kept and starts the writer. The thread ends when the inventory is dropped and all waiting changes
    /// are kept.
    ///
    /// # Errors
    /// The store cannot be read, or no thread can be started.
    pub(crate) fn open(mut store: impl Store + 'static) -> Result<(Self, JoinHandle<()>), StoreError> {
        let registry = Registry::new(store.load()?);
        let published = Arc::new(RwLock::new(registry.clone()));
        let stats = Arc::new(Stats::default());
        let (jobs, waiting) = mpsc::channel(WAITING);
        let mut writer =
            Writer { store, working: registry, published: Arc::clone(&published), stats: Arc::clone(&stats) };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|error| StoreError::new(format_args!("the writer's thread does not start: {error}")))?;
        Ok((Self { published, jobs, stats }, thread))
    }

    /// What is kept at present. Not to be held for long: the writer waits for it.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Registry> {
        // Applying a change does not panic half way; what is there is whole.
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `make` look at everything and say what changes, alone with it; returns when that is kept. It goes on when
    /// the caller stops waiting.
    ///
    /// # Errors
    /// What `make` says, and then nothing has changed; or the store cannot keep it, or what it refused for.
    pub(crate) async fn change<T, E>(
        &self,
        make: impl FnOnce(&Registry, &mut Changes) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job = Box::new(Waiting { make: Some(make), made: None, answer });
        let gone = || E::from(StoreError::new("the store has ended"));
        self.jobs.send(job).await.map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }

    /// What the writer has done so far.
    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether changes are still taken: not if the writer has ended, which only a fault of the daemon's own brings about.
    pub(crate) fn is_writing(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// Changes that wait for the writer.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.max_capacity().saturating_sub(self.jobs.capacity())
    }
}

struct Writer<S> {
    store: S,
    /// The published registry and what of the present batch came before.
    working: Registry,
    published: Arc<RwLock<Registry>>,
    stats: Arc<Stats>,
}

impl<S: Store> Writer<S> {
    fn run(&mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut jobs = Vec::new();
        while waiting.blocking_recv_many(&mut jobs, TOGETHER) > 0 {
            self.work(std::mem::take(&mut jobs));
        }
    }

    fn work(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut batch = Vec::new();
        for job in &mut jobs {
            let mut changes = Changes { list: Vec::new(), next_id: self.working.next_id() };
            // What a job changed before it failed is forgotten with it.
            if job.make(&self.working, &mut changes) == Made::Something {
                changes.list.iter().for_each(|change| self.working.apply(change));
                batch.append(&mut changes.list);
            }
        }
        let kept = if batch.is_empty() { Ok(()) } else { self.keep(&batch) };
        for job in jobs {
            job.answer(kept.clone());
        }
    }

    fn keep(&mut self, batch: &[Change]) -> Result<(), StoreError> {
        let begun = Instant::now();
        // A transaction that a panic goes through is rolled back.
        let kept = catch_unwind(AssertUnwindSafe(|| self.store.commit(batch)))
            .unwrap_or_else(|_| Err(StoreError::new("the commit ended in a panic")));
        let add = |counter: &AtomicU64, number: u64| counter.fetch_add(number, Ordering::Relaxed);
        let took = begun.elapsed().min(Duration::from_secs(3600)).as_micros();
        add(&self.stats.commit_micros, u64::try_from(took).unwrap_or(u64::MAX));
        let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
        match &kept {
            Ok(()) => {
                add(&self.stats.commits, 1);
                add(&self.stats.changes, u64::try_from(batch.len()).unwrap_or(u64::MAX));
                batch.iter().for_each(|change| published.apply(change));
            }
            Err(error) => {
                add(&self.stats.failures, 1);
                self.working = published.clone();
                tracing::error!(%error, changes = batch.len(), "the store did not keep a change");
            }
        }
        drop(published);
        kept
    }
}
