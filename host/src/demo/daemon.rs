//! The demo's daemon, and what is asked of it.

use std::time::{Duration, Instant};

use rackhand_core::operation::PowerTarget;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Device;
use crate::client::Api;
use crate::config::Config;
use crate::serve;

/// A daemon on loopback whose database goes with it.
pub(super) struct Daemon {
    url: String,
    api: Api,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _folder: TempDir,
}

impl Daemon {
    pub(super) async fn start() -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("rackhand-demo-").tempdir().map_err(|error| error.to_string())?;
        let mut config = Config::default();
        config.api.port = 0;
        let database = format!("sqlite:///{}", folder.path().join("nodes.sqlite").display());
        config.database.connection = Some(database.parse()?);
        // What a device says at the end of the demo may be asked for at once.
        config.conductor.graceful_shutdown_timeout = Duration::from_secs(1);
        let daemon = serve::start(&config, false).await.map_err(|(_, text)| text)?;
        let url = daemon.url();
        let api = Api::local(&url).map_err(|error| error.to_string())?;
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(daemon.run(async {
            // Told to end, or left alone by whoever could.
            let _ = ended.await;
        }));
        Ok(Self { url, api, end, task, _folder: folder })
    }

    /// Where it is served.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a node of the device.
    pub(super) async fn enroll(&self, device: &dyn Device) -> Result<(), String> {
        let node = json!({
            "driver": device.hardware().as_str(),
            "name": device.name(),
            "driver_info": device.driver_info(),
        });
        let node = self.call(Method::POST, &["nodes"], &node).await?;
        if let Some(address) = device.port() {
            self.call(Method::POST, &["ports"], &json!({ "address": address, "node_uuid": node["uuid"] })).await?;
        }
        Ok(())
    }

    /// Powers a node and waits for the end of it; its power state then, or its last_error.
    pub(super) async fn power(&self, node: &str, target: PowerTarget) -> Result<String, String> {
        let body = json!({ "target": target.as_str() });
        self.call(Method::PUT, &["nodes", node, "states", "power"], &body).await?;
        let patience = Instant::now() + Duration::from_secs(90);
        loop {
            let states = self.api.get(&["nodes", node, "states"], &[]).await.map_err(|error| error.to_string())?;
            if states["target_power_state"].is_null() {
                let text = |name: &str| states[name].as_str().map(str::to_owned);
                return text("last_error").map_or_else(|| Ok(text("power_state").unwrap_or_default()), Err);
            }
            if Instant::now() > patience {
                return Err("the daemon does not come to an end with it".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Calls a vendor method of a node and waits for the end of it; what it answers, or the node's last_error.
    pub(super) async fn passthru(
        &self,
        node: &str,
        verb: Method,
        method: &str,
        arguments: &Value,
    ) -> Result<Value, String> {
        let answer = self.call(verb, &["nodes", node, "vendor_passthru", method], arguments).await?;
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let node = self.api.get(&["nodes", node], &[]).await.map_err(|error| error.to_string())?;
            if node["reservation"].is_null() {
                return node["last_error"].as_str().map_or(Ok(answer), |error| Err(error.to_owned()));
            }
            if Instant::now() > patience {
                return Err("the daemon does not come to an end with it".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn call(&self, method: Method, path: &[&str], body: &Value) -> Result<Value, String> {
        self.api.call(method, path, Some(body)).await.map_err(|error| error.to_string())
    }

    /// Ends it.
    pub(super) async fn end(self) {
        let _ = self.end.send(());
        let _ = self.task.await;
    }
}
