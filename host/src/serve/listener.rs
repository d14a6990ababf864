//! The loop that takes connections, and ends them all when it is told to.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use super::connection::{self, Common};
use super::crowd::Crowd;

/// The pause after a connection could not be taken, as when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// What a client may take of us.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many connections at a time.
    pub(crate) max_connections: usize,
    /// How long a TLS handshake may take.
    pub(crate) handshake: Duration,
    /// How long the head of a request may take; from the beginning of the connection, if it is its first.
    pub(crate) head: Duration,
    /// How long a connection may be kept between two requests.
    pub(crate) idle: Duration,
    /// How long requests may take to end when the daemon ends.
    pub(crate) grace: Duration,
}

impl Limits {
    /// The times as they are, for so many connections.
    pub(crate) const fn new(max_connections: usize) -> Self {
        Self {
            max_connections,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves the router until `end`, and then until the requests that run are answered or have had their time.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    limits: Limits,
    end: impl Future<Output = ()>,
) {
    let crowd = Crowd::new(limits.max_connections);
    let (ended, ending) = watch::channel(false);
    let common = Common { tls, router, limits, ending };
    let mut connections = JoinSet::new();
    let mut end = pin!(end);
    let mut failing = false;
    'accepting: loop {
        let accepted = tokio::select! {
            biased;
            () = &mut end => break,
            Some(done) = connections.join_next(), if !connections.is_empty() => {
                report(done);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                let pass = loop {
                    if let Some(pass) = crowd.enter() {
                        break pass;
                    }
                    // Everybody is being answered; the clients beyond wait in the kernel's queue.
                    tokio::select! {
                        () = &mut end => break 'accepting,
                        () = crowd.room() => {}
                    }
                };
                connections.spawn(connection::run(stream, peer, common.clone(), pass));
            }
            // It was gone again before it was taken.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                // Said once, not ten times a second.
                if !failing {
                    failing = true;
                    error!("no connection can be taken: {error}");
                }
                // Most likely there are no descriptors left: one silent client less is one more.
                crowd.put_out_one();
                tokio::select! {
                    () = &mut end => break,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }
    drop(listener);
    let _ = ended.send(true);
    let all = async {
        while let Some(done) = connections.join_next().await {
            report(done);
        }
    };
    if timeout(limits.grace, all).await.is_err() {
        warn!("{} requests did not end in {} s", connections.len(), limits.grace.as_secs());
        connections.shutdown().await;
    } else {
        info!("every request has ended");
    }
}

/// One connection's panic is not everybody's end.
fn report(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done
        && error.is_panic()
    {
        error!("a request ended in a panic; please report it");
    }
}

#[cfg(test)]
mod tests;
