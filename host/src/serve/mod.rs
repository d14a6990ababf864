//! `rackhand serve`: the daemon, from its configuration to its end.

mod awaited;
mod connection;
mod crowd;
mod descriptors;
mod exposure;
mod listener;
mod logging;
pub(crate) mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::Exit;
use crate::api::auth::Auth;
use crate::api::{App, router};
use crate::cli::Serve;
use crate::conductor::Conductor;
use crate::config::{AuthStrategy, Config};
use crate::driver::Drivers;
use crate::exit::asked_to_end;
use crate::out::{complain, say};
use crate::store::{Inventory, Sqlite};

pub(crate) use connection::Peer;

/// Runs the daemon until it is told to end.
pub(crate) async fn main(arguments: Serve) -> Exit {
    let config = match configured(&arguments) {
        Ok(config) => config,
        Err(text) => {
            complain(format_args!("rackhand: {text}"));
            return Exit::Usage;
        }
    };
    logging::start(config.default.debug, config.default.use_json);
    match start(&config, arguments.insecure).await {
        Ok(daemon) => {
            let end = asked_to_end();
            // For people and for programs that wait for it; who does not read it loses nothing.
            let _ = say(format_args!("rackhand: serving on {}", daemon.url()));
            daemon.run(end).await;
            Exit::Done
        }
        Err((exit, text)) => {
            complain(format_args!("rackhand: {text}"));
            exit
        }
    }
}

/// The configuration file, and what the command line changes of it.
fn configured(arguments: &Serve) -> Result<Config, String> {
    let mut config = Config::load(arguments.config.as_deref()).map_err(|error| error.to_string())?;
    if let Some(listen) = arguments.listen {
        config.api.host_ip = listen.ip();
        config.api.port = listen.port();
    }
    if let Some(database) = &arguments.database {
        config.database.connection = Some(database.parse().map_err(|error| format!("--database: {error}"))?);
    }
    Ok(config)
}

/// A daemon that listens, and does not answer yet.
pub(crate) struct Daemon {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    app: App,
    auth: Option<Arc<Auth>>,
    max_connections: usize,
    writer: JoinHandle<()>,
}

/// Starts a daemon: when this returns, its port is its own, its database is open, and what the last one left is cleared.
///
/// # Errors
/// What is wrong, and how the program ends for it. The database may have been made by then, and nodes been freed.
pub(crate) async fn start(config: &Config, insecure: bool) -> Result<Daemon, (Exit, String)> {
    let usage = |text: String| (Exit::Usage, text);
    let failed = |text: String| (Exit::Failed, text);
    let listen = SocketAddr::new(config.api.host_ip, config.api.port);
    if let Some(warning) = exposure::judge(config, listen, insecure).map_err(usage)? {
        tracing::warn!("{warning}");
    }
    let auth = match config.default.auth_strategy {
        AuthStrategy::Noauth => None,
        AuthStrategy::HttpBasic => Some(Auth::open(&config.default.http_basic_auth_user_file).map_err(usage)?),
    };
    let tls = match (&config.ssl.cert_file, &config.ssl.key_file) {
        (Some(certificate), Some(key)) => Some(tls::load(certificate, key).map_err(usage)?),
        _ => None,
    };
    let drivers = Drivers::new(config).map_err(usage)?;
    let database = config.database_path().map_err(|error| usage(error.to_string()))?;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| failed(format!("cannot listen on {listen}: {error}")))?;
    let address = listener.local_addr().map_err(|error| failed(format!("{listen}: {error}")))?;
    let opened = tokio::task::spawn_blocking(move || Inventory::open(Sqlite::open(&database)?)).await;
    let opened = opened.map_err(|error| failed(error.to_string()))?;
    let (inventory, writer) = opened.map_err(|error| failed(error.to_string()))?;
    let conductor = Conductor::new(config, inventory, drivers);
    conductor.recover().await.map_err(|error| failed(error.to_string()))?;
    let app = App {
        conductor,
        max_limit: config.api.max_limit,
        public_endpoint: config.api.public_endpoint.as_deref().map(Arc::from),
        scheme: if tls.is_some() { "https" } else { "http" },
    };
    Ok(Daemon { listener, address, tls, app, auth, max_connections: config.api.max_connections, writer })
}

impl Daemon {
    /// Where it is served.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.app.scheme, self.address)
    }

    /// Serves until `end`; then requests that run are answered and actions that run finish, within their bounds.
    pub(crate) async fn run(self, end: impl Future<Output = ()>) {
        let conductor = Arc::clone(&self.app.conductor);
        tracing::info!(url = self.url(), host = conductor.host, "serving");
        let sync = tokio::spawn(Arc::clone(&conductor).sync());
        let router = router::router(&self.app, self.auth);
        drop(self.app);
        let shares = descriptors::shares(self.max_connections, conductor.conversations());
        conductor.drivers.links().bound(shares.kept);
        let limits = listener::Limits::new(shares.clients);
        listener::serve(self.listener, self.tls, router, limits, end).await;
        tracing::info!("stopping");
        conductor.stop().await;
        let _ = sync.await;
        drop(conductor);
        // The store is closed properly when nobody has it any more; everything that was answered is on disk already.
        let closed = tokio::task::spawn_blocking(|| self.writer.join());
        let _ = tokio::time::timeout(Duration::from_secs(5), closed).await;
        tracing::info!("stopped");
    }
}
