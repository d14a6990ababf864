//! A daemon without its listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use rackhand_adapters::sim;
use rackhand_adapters::tokio::{Server, serve_datagrams, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::secret::Secret;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket, UdpSocket};
use tower::ServiceExt;

use crate::api::{App, router};
use crate::conductor::Conductor;
use crate::config::Config;
use crate::driver::Drivers;
use crate::store::{Inventory, Sqlite};

/// What the daemon is called, in links and as a conductor.
pub(super) const HOST: &str = "rackhand.test:6385";
pub(super) const CONDUCTOR: &str = "conductor.test";

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A simulated BMC that takes admin and hunter2.
pub(super) type Bmc = sim::Bmc<SocketAddr>;

/// Devices on loopback: a BMC, an iBoot, a port that refuses, and one where magic packets arrive.
pub(super) struct Devices {
    pub(super) bmc: Server<Bmc>,
    pub(super) iboot: Server<sim::Iboot<u64>>,
    pub(super) refusing: TcpSocket,
    pub(super) sleeper: UdpSocket,
}

impl Devices {
    pub(super) async fn start() -> Self {
        let credentials = Credentials::new("admin", "hunter2").unwrap();
        let device = sim::Iboot::new(credentials, Dialect::default(), 8);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let iboot = serve_stream(listener, device).unwrap();
        let sleeper = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        // Bound and never listening: connections are refused, and nobody else is given the number.
        let refusing = TcpSocket::new_v4().unwrap();
        refusing.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let bmc = bmc(|_| {}).await;
        Self { bmc, iboot, refusing, sleeper }
    }
}

/// A BMC on loopback, but for what `change` changes.
pub(super) async fn bmc(change: impl FnOnce(&mut sim::bmc::Config)) -> Server<Bmc> {
    let mut config = sim::bmc::Config::new("admin", Secret::new("hunter2").unwrap());
    change(&mut config);
    serve_datagrams(UdpSocket::bind("127.0.0.1:0").await.unwrap(), Bmc::new(config, 1)).unwrap()
}

/// A daemon that is asked without a network.
pub(super) struct Daemon {
    pub(super) app: App,
    router: Router,
    writer: JoinHandle<()>,
}

/// What it answered.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Null where there is none.
    pub(super) body: Value,
    /// The body as it came.
    pub(super) text: String,
}

impl Told {
    /// What an error says.
    #[track_caller]
    pub(super) fn fault(&self) -> String {
        let inner: Value = serde_json::from_str(self.body["error_message"].as_str().expect("an error")).unwrap();
        let text = inner.get("faultstring").or_else(|| inner.get("description"));
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// The options of tests: no device is waited for.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.default.host = CONDUCTOR.to_owned();
    config.iboot.max_retry = 0;
    config.iboot.retry_interval = Duration::ZERO;
    config.iboot.reboot_delay = Duration::ZERO;
    config
}

pub(super) fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("rackhand.sqlite")
}

impl Daemon {
    /// On the database in `folder`, which may have been another's before.
    pub(super) async fn start(folder: &TempDir) -> Self {
        let config = config();
        let drivers = Drivers::new(&config).unwrap();
        Self::with(folder, &config, drivers).await
    }

    pub(super) async fn with(folder: &TempDir, config: &Config, drivers: Drivers) -> Self {
        let (inventory, writer) = Inventory::open(Sqlite::open(&database(folder)).unwrap()).unwrap();
        let conductor = Conductor::new(config, inventory, drivers);
        conductor.recover().await.unwrap();
        let app = App { conductor, max_limit: config.api.max_limit, public_endpoint: None, scheme: "http" };
        let router = router::router(&app, None);
        Self { app, router, writer }
    }

    /// Asks in microversion 1.`version`; 0 leaves it open.
    pub(super) async fn ask(&self, method: &str, path: &str, version: u16, body: Option<&Value>) -> Told {
        let version = (version > 0).then(|| format!("1.{version}"));
        self.ask_in(method, path, version.as_deref(), body).await
    }

    pub(super) async fn ask_in(&self, method: &str, path: &str, version: Option<&str>, body: Option<&Value>) -> Told {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        request = request.header("Host", HOST);
        if let Some(version) = version {
            request = request.header("X-OpenStack-Ironic-API-Version", version);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Told { status: head.status, headers: head.headers, body, text }
    }

    /// Waits until nobody works on any node.
    pub(super) async fn settle(&self) {
        let idle = async {
            while self.app.conductor.inventory.read().nodes().any(|node| node.reservation.is_some())
                || self.app.conductor.locked() != (0, 0)
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, idle).await.expect("somebody works on a node for ever");
    }

    /// Ends it, as the daemon's own end does; the database is closed then.
    pub(super) async fn stop(self) {
        self.app.conductor.stop().await;
        let Self { app, router, writer } = self;
        drop((app, router));
        tokio::task::spawn_blocking(|| writer.join().unwrap()).await.unwrap();
    }
}
