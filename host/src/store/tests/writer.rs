//! The writer: what is together, what is seen, and what is undone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::future::join_all;

use super::node;
use crate::model::Node;
use crate::store::{Inventory, Memory, StoreError};

/// An inventory whose commits wait.
struct Gated {
    inventory: Arc<Inventory>,
    begun: mpsc::Receiver<usize>,
    go_on: mpsc::Sender<()>,
    fails: Arc<AtomicBool>,
}

impl Gated {
    fn open() -> Self {
        let (told, begun) = mpsc::channel();
        let (go_on, may) = mpsc::channel();
        let memory = Memory { gate: Some((told, may)), ..Memory::default() };
        let fails = Arc::clone(&memory.fails);
        let (inventory, _) = Inventory::open(memory).unwrap();
        Self { inventory: Arc::new(inventory), begun, go_on, fails }
    }

    /// Waits until a commit has begun; how many changes it has.
    fn begun(&self) -> usize {
        self.begun.recv_timeout(Duration::from_secs(60)).expect("a commit")
    }

    fn create(&self, name: &str) -> tokio::task::JoinHandle<Result<Arc<Node>, StoreError>> {
        let (inventory, node) = (Arc::clone(&self.inventory), node(name));
        tokio::spawn(async move {
            inventory
                .change(|registry, changes| match registry.named(node.name.as_deref().unwrap_or_default()) {
                    Some(_) => Err(StoreError::new("the name is taken")),
                    None => Ok(changes.create_node(node)),
                })
                .await
        })
    }

    fn names(&self) -> Vec<String> {
        self.inventory.read().nodes().map(|node| node.called()).collect()
    }

    /// Waits until so many changes wait for the writer.
    async fn waiting(&self, number: usize) {
        let wait = async {
            while self.inventory.waiting() < number {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("changes that wait");
    }
}

#[tokio::test]
async fn what_comes_while_the_disk_is_busy_is_committed_together_and_in_order() {
    let gated = Gated::open();
    let first = gated.create("n000");
    tokio::task::yield_now().await;
    assert_eq!(gated.begun(), 1);
    let names: Vec<_> = (1..=100).map(|number| format!("n{number:03}")).collect();
    let rest: Vec<_> = names.iter().map(|name| gated.create(name)).collect();
    gated.waiting(100).await;
    assert!(gated.names().is_empty(), "nobody sees what is not on disk");
    gated.go_on.send(()).unwrap();
    assert_eq!(gated.begun(), 100, "they share a commit");
    assert_eq!(gated.names(), ["n000"]);
    assert!(first.await.unwrap().is_ok());
    gated.go_on.send(()).unwrap();
    let kept: Vec<_> = join_all(rest).await.into_iter().map(|it| it.unwrap().unwrap()).collect();
    assert!(kept.is_sorted_by_key(|node| node.id), "in the order of asking");
    assert_eq!(gated.names()[1..], names);
}

#[tokio::test]
async fn a_commit_that_fails_undoes_everything_of_it_and_nothing_else() {
    let gated = Gated::open();
    let before = gated.create("before");
    tokio::task::yield_now().await;
    assert_eq!(gated.begun(), 1);
    let lost = [gated.create("one"), gated.create("other"), gated.create("one")];
    gated.waiting(3).await;
    gated.go_on.send(()).unwrap();
    assert_eq!(gated.begun(), 2, "the name is taken within the commit already");
    assert!(before.await.unwrap().is_ok());
    gated.fails.store(true, Ordering::SeqCst);
    gated.go_on.send(()).unwrap();
    let [one, other, again] = lost;
    assert_eq!(one.await.unwrap().map(|_| ()), Err(StoreError::new("no space left")));
    assert_eq!(other.await.unwrap().map(|_| ()), Err(StoreError::new("no space left")));
    let again = again.await.unwrap().map(|_| ());
    assert_eq!(again, Err(StoreError::new("no space left")), "what it was refused for never was");
    assert_eq!(gated.names(), ["before"]);
    assert_eq!(gated.inventory.stats().failures.load(Ordering::Relaxed), 1);
    // What failed is not in the writer's own copy either: the name is free.
    gated.fails.store(false, Ordering::SeqCst);
    let one = gated.create("one");
    tokio::task::yield_now().await;
    assert_eq!(gated.begun(), 1);
    gated.go_on.send(()).unwrap();
    assert!(one.await.unwrap().is_ok());
    assert_eq!(gated.names(), ["before", "one"]);
}

#[tokio::test]
async fn a_change_that_refuses_leaves_nothing_of_itself() {
    let (inventory, _) = Inventory::open(Memory::default()).unwrap();
    let error = inventory
        .change(|_, changes| {
            changes.create_node(node("half"));
            Err::<(), _>(StoreError::new("on second thoughts"))
        })
        .await;
    assert_eq!(error, Err(StoreError::new("on second thoughts")));
    assert!(inventory.read().nodes().next().is_none());
    let kept = inventory.change(|_, changes| Ok::<_, StoreError>(changes.create_node(node("whole")))).await;
    assert_eq!(kept.unwrap().id, 1);
}

#[tokio::test]
async fn a_change_that_panics_is_answered_and_leaves_the_others_be() {
    let gated = Gated::open();
    let first = gated.create("first");
    tokio::task::yield_now().await;
    assert_eq!(gated.begun(), 1);
    let one = gated.create("one");
    gated.waiting(1).await;
    let inventory = Arc::clone(&gated.inventory);
    let broken = tokio::spawn(async move {
        inventory
            .change(|_, changes| {
                changes.create_node(node("half"));
                if true {
                    panic!("a fault of a test");
                }
                Ok::<_, StoreError>(())
            })
            .await
    });
    gated.waiting(2).await;
    let other = gated.create("other");
    gated.waiting(3).await;
    gated.go_on.send(()).unwrap();
    assert_eq!(gated.begun(), 2);
    gated.go_on.send(()).unwrap();
    assert!(first.await.unwrap().is_ok());
    assert_eq!(broken.await.unwrap(), Err(StoreError::new("the change ended in a panic")));
    assert!(one.await.unwrap().is_ok() && other.await.unwrap().is_ok());
    assert_eq!(gated.names(), ["first", "one", "other"]);
    assert!(gated.inventory.is_writing());
}
