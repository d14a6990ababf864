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

/// Returns when the program is told to end: Ctrl-C, or SIGTERM where there is one.
pub(crate) async fn asked_to_end() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nobody can tell us then: go on until we are killed.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
