//! How the program ends.

use std::process::ExitCode;

use rackhand_core::operation::ErrorKind;

/// The exit statuses, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the device refused or failed.
    Failed,
    /// 2: wrong usage or driver_info; nothing was sent.
    Usage,
    /// 3: no contact.
    NoContact,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoContact => 3,
        })
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Parameters | ErrorKind::Unsupported => Self::Usage,
            ErrorKind::NoContact => Self::NoContact,
            _ => Self::Failed,
        }
    }
}

/// Returns, when awaited, after the program was told to end: Ctrl-C, or SIGTERM where there is one. It counts from the call,
/// not only from when it is first awaited: to be called before anybody is told that the program is there.
#[cfg(unix)]
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let received = |signal: std::io::Result<tokio::signal::unix::Signal>| async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            // Nobody can tell us then: go on until we are killed.
            Err(_) => std::future::pending().await,
        }
    };
    async move {
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
        }
    }
}

/// Returns, when awaited, after the program was told to end by Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn asked_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nobody can tell us then: go on until we are killed.
        std::future::pending::<()>().await;
    }
}
