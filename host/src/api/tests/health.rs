//! `GET /healthz`

use std::sync::Arc;
use std::time::Duration;

use crate::store::StoreError;

use super::daemon::Daemon;

/// An error that the writer does not survive.
#[derive(Debug)]
struct Fatal;

impl From<StoreError> for Fatal {
    fn from(_: StoreError) -> Self {
        panic!("a fault of a test")
    }
}

#[tokio::test]
async fn a_daemon_that_can_keep_nothing_any_more_is_not_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(&folder).await;
    assert_eq!(daemon.ask("GET", "/healthz", 0, None).await.status, 200);
    let conductor = Arc::clone(&daemon.app.conductor);
    let asked = tokio::spawn(async move {
        conductor.inventory.change(|_, _| if true { panic!("a fault of a test") } else { Ok::<(), Fatal>(()) }).await
    });
    assert!(asked.await.is_err(), "whoever asked has the same panic");
    let told = async {
        while daemon.ask("GET", "/healthz", 0, None).await.status != 503 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("it says that it is well");
}
