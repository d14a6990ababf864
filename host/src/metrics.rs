//! What is counted, for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::conductor::Conductor;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Action {
    driver: String,
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failure {
    driver: String,
    action: &'static str,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    status: u16,
}

type Latency = Family<Action, Histogram, fn() -> Histogram>;

/// What is counted.
pub(crate) struct Metrics {
    actions: Family<Action, Counter>,
    failures: Family<Failure, Counter>,
    seconds: Latency,
    requests: Family<Request, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        // From a relay on the same desk to a reboot that waits for a machine.
        let buckets: fn() -> Histogram =
            || Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]);
        Self {
            actions: Family::default(),
            failures: Family::default(),
            seconds: Family::new_with_constructor(buckets),
            requests: Family::default(),
        }
    }
}

impl Metrics {
    /// An action on a device ended; `failure` is its kind.
    pub(crate) fn action(&self, driver: &str, action: &'static str, failure: Option<&'static str>, took: Duration) {
        let labels = Action { driver: driver.to_owned(), action };
        self.actions.get_or_create(&labels).inc();
        self.seconds.get_or_create(&labels).observe(took.as_secs_f64());
        if let Some(kind) = failure {
            let Action { driver, action } = labels;
            self.failures.get_or_create(&Failure { driver, action, kind }).inc();
        }
    }

    /// A request was answered.
    pub(crate) fn request(&self, method: &'static str, status: u16) {
        self.requests.get_or_create(&Request { method, status }).inc();
    }
}

/// All figures in the OpenMetrics text format.
pub(crate) fn text(conductor: &Conductor) -> String {
    let mut registry = Registry::with_prefix("rackhand");
    let metrics = &conductor.metrics;
    registry.register("actions", "Actions on devices that ended", metrics.actions.clone());
    registry.register(
        "action_failures",
        "Actions on devices that failed, by the kind of failure",
        metrics.failures.clone(),
    );
    registry.register_with_unit("action", "How long actions on devices took", Unit::Seconds, metrics.seconds.clone());
    registry.register("requests", "Requests that were answered", metrics.requests.clone());

    let gauge = |number: usize| ConstGauge::new(i64::try_from(number).unwrap_or(i64::MAX));
    registry.register("tasks_running", "Accepted actions that run", gauge(conductor.running()));
    registry.register("tasks_queued", "Accepted actions that wait", gauge(conductor.waiting()));
    let (nodes, devices) = conductor.locked();
    registry.register("nodes_locked", "Nodes that somebody works on or waits for", gauge(nodes));
    registry.register("devices_locked", "Devices that are spoken with or waited for", gauge(devices));
    let open = gauge(conductor.drivers.links().open());
    registry.register("links_kept", "Connections to devices that are open and idle", open);
    let (nodes, ports) = {
        let registry = conductor.inventory.read();
        (registry.nodes().count(), registry.ports().count())
    };
    registry.register("nodes", "Nodes that are known", gauge(nodes));
    registry.register("ports", "Ports that are known", gauge(ports));

    let stats = conductor.inventory.stats();
    let counter = |counter: &std::sync::atomic::AtomicU64| ConstCounter::new(counter.load(Ordering::Relaxed));
    registry.register("store_commits", "Transactions that the store kept", counter(&stats.commits));
    registry.register("store_changes", "Changes that the store kept", counter(&stats.changes));
    registry.register("store_failures", "Transactions that the store could not keep", counter(&stats.failures));
    registry.register("store_commit_microseconds", "Time spent on transactions", counter(&stats.commit_micros));
    registry.register("store_waiting", "Changes that wait for the store", gauge(conductor.inventory.waiting()));

    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        // A String takes everything; this line would tell of a fault in an encoder.
        let _ = writeln!(text, "# the figures could not be written");
    }
    text
}
