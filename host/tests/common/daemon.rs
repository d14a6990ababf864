//! The daemon: its configuration, its database, its process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::{Answer, Client};
use super::process::{RACKHAND, Ran, Running, command, until};

/// Where a daemon lives: it can be started here again and again.
pub(crate) struct Home {
    folder: TempDir,
    database: PathBuf,
}

impl Home {
    /// A home with these options in the configuration file, as TOML.
    #[track_caller]
    pub(crate) fn new(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rackhand.toml"), options).unwrap();
        let database = folder.path().join("nodes.sqlite");
        Self { folder, database }
    }

    /// The same with its database elsewhere.
    pub(crate) fn keeping(mut self, database: PathBuf) -> Self {
        self.database = database;
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// The words after the program's name.
    pub(crate) fn arguments(&self, database: &Path) -> Vec<String> {
        let config = self.folder.path().join("rackhand.toml").display().to_string();
        let database = format!("sqlite://{}", database.display());
        ["serve", "--listen", "127.0.0.1:0", "--config", &config, "--database", &database].map(str::to_owned).to_vec()
    }

    /// The daemon with its home's database.
    #[track_caller]
    pub(crate) fn start(&self) -> Daemon {
        Daemon::start(self.with(command(None, RACKHAND, &[])))
    }

    /// Adds the daemon's words to those of a command.
    pub(crate) fn with(&self, mut command: Command) -> Command {
        command.args(self.arguments(&self.database));
        command
    }

    /// The daemon with this database, if it does not start, in which it must fail.
    #[track_caller]
    pub(crate) fn refuses(&self, database: &Path, words: &[&str]) {
        let mut command = command(None, RACKHAND, &[]);
        command.args(self.arguments(database));
        let ran = Running::start(command).end().failed(1, words);
        assert!(!ran.stdout.contains("serving"), "{ran:?}");
    }
}

/// A daemon that serves.
pub(crate) struct Daemon {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Daemon {
    #[track_caller]
    pub(crate) fn start(command: Command) -> Self {
        let mut running = Running::start(command);
        let address =
            running.line("its address", |line| line.strip_prefix("rackhand: serving on http://")?.parse().ok());
        Self { running, address }
    }

    #[track_caller]
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address).unwrap_or_else(|error| panic!("{}: {error}", self.address))
    }

    /// One request over a connection of its own.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.client().ask(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// A request that must be answered so.
    #[track_caller]
    pub(crate) fn gets(&self, status: u16, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.ask(method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        answer
    }

    /// Makes a node of that name.
    #[track_caller]
    pub(crate) fn create(&self, name: &str, driver_info: &Value) {
        let node = json!({"name": name, "driver": "staging-iboot", "driver_info": driver_info});
        self.gets(201, "POST", "/v1/nodes", Some(&node));
    }

    /// The node of that name.
    #[track_caller]
    pub(crate) fn node(&self, name: &str) -> Value {
        self.gets(200, "GET", &format!("/v1/nodes/{name}"), None).json()
    }

    /// Asks for a power state.
    #[track_caller]
    pub(crate) fn power(&self, name: &str, target: &str) -> Answer {
        self.ask("PUT", &format!("/v1/nodes/{name}/states/power"), Some(&json!({"target": target})))
    }

    /// Puts something into the node's `extra`.
    #[track_caller]
    pub(crate) fn mark(&self, name: &str, value: impl Into<Value>) -> Answer {
        let patch = json!([{"op": "add", "path": "/extra/mark", "value": value.into()}]);
        self.ask("PATCH", &format!("/v1/nodes/{name}"), Some(&patch))
    }

    /// Waits until nobody works on the node.
    #[track_caller]
    pub(crate) fn settled(&self, name: &str) -> Value {
        until(&format!("{name} to settle"), || {
            let node = self.node(name);
            (node["reservation"].is_null() && node["target_power_state"].is_null()).then_some(node)
        })
    }

    /// Waits until the node is in this state, with nothing left to be told.
    #[track_caller]
    pub(crate) fn reaches(&self, name: &str, state: &str) {
        let node = self.settled(name);
        assert_eq!((node["power_state"].as_str(), &node["last_error"]), (Some(state), &Value::Null), "{node}");
    }

    /// Ends it without a warning.
    #[track_caller]
    pub(crate) fn kill(self) -> Ran {
        self.running.kill()
    }

    /// Ends it as a service manager does.
    #[track_caller]
    pub(crate) fn stop(self) -> Ran {
        self.running.terminate().well()
    }
}
