//! Node Manager behind a simulated BMC: where it is found is kept, and a search that finds nothing is not repeated at once.

use rackhand_adapters::tokio::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{Bmc, Daemon, Told, bmc};

const PATH: &str = "/v1/nodes/10000000-0000-4000-8000-000000000005";

/// Network function and number of Get SDR, which a search sends for each record.
const GET_SDR: (u8, u8) = (0x0A, 0x23);

struct Bench {
    daemon: Daemon,
    bmc: Server<Bmc>,
    folder: TempDir,
}

impl Bench {
    async fn start(bmc: Server<Bmc>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(&folder).await;
        let info = json!({
            "ipmi_address": "127.0.0.1", "ipmi_port": bmc.address().port(), "ipmi_username": "admin",
            "ipmi_password": "hunter2",
        });
        let uuid = PATH.rsplit('/').next().unwrap();
        let node = json!({ "driver": "staging-nm", "uuid": uuid, "driver_info": info });
        assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&node)).await.status, 201);
        Self { daemon, bmc, folder }
    }

    async fn get(&self, method: &str) -> Told {
        self.daemon.ask("GET", &format!("{PATH}/vendor_passthru/{method}"), 82, None).await
    }

    /// What is kept of where it is.
    async fn place(&self) -> Value {
        self.daemon.ask("GET", PATH, 82, None).await.body["driver_internal_info"].take()
    }

    /// Says that it is kept.
    async fn put_place(&self, channel: u8) {
        let conductor = &self.daemon.app.conductor;
        let node = conductor.node(PATH.rsplit('/').next().unwrap()).unwrap();
        let object = json!({ "intel_nm_channel": channel, "intel_nm_address": 44 }).as_object().cloned().unwrap();
        conductor.note(&node, move |node| node.driver_internal_info = object).await.unwrap();
    }

    /// How many requests were sent since then, and how many of them for a search.
    fn asked(&self, since: usize) -> (usize, usize) {
        let asked = self.bmc.device().asked();
        let new = &asked[since..];
        (new.len(), new.iter().filter(|it| (it.netfn, it.command) == GET_SDR).count())
    }

    fn so_far(&self) -> usize {
        self.asked(0).0
    }
}

const POLICY: &str = "get_nm_policy?domain_id=platform&policy_id=11";

#[tokio::test]
async fn where_it_is_found_outlives_the_daemon_and_goes_with_the_settings() {
    let mut bench = Bench::start(bmc(|_| {}).await).await;
    let place = json!({ "intel_nm_channel": 6, "intel_nm_address": 44 });
    assert_eq!(bench.get("get_nm_version").await.body["nm"], "3.0");
    assert!(bench.asked(0).1 > 0);
    assert_eq!(bench.place().await, place);
    bench.daemon.stop().await;
    bench.daemon = Daemon::start(&bench.folder).await;
    let before = bench.so_far();
    assert_eq!(bench.get(POLICY).await.body["target_limit"], 250);
    assert_eq!(bench.asked(before).1, 0, "it is known");
    let again = json!([{ "op": "add", "path": "/driver_info/ipmi_priv_level", "value": "ADMINISTRATOR" }]);
    assert_eq!(bench.daemon.ask("PATCH", PATH, 82, Some(&again)).await.status, 200);
    assert_eq!(bench.place().await, json!({}));
    let before = bench.so_far();
    let set = json!({ "scope": "global", "domain_id": "platform" });
    let told = bench.daemon.ask("PUT", &format!("{PATH}/vendor_passthru/reset_nm_statistics"), 82, Some(&set)).await;
    assert_eq!(told.status, 202);
    bench.daemon.settle().await;
    assert!(bench.asked(before).1 > 0);
    assert_eq!(bench.place().await, place, "methods without an answer teach, too");
}

#[tokio::test]
async fn one_that_has_moved_is_found_again() {
    let bench = Bench::start(bmc(|_| {}).await).await;
    bench.put_place(3).await;
    assert_eq!(bench.get(POLICY).await.body["target_limit"], 250);
    assert_eq!(bench.place().await["intel_nm_channel"], 6);
}

#[tokio::test]
async fn a_search_that_finds_nothing_is_not_repeated_unless_somebody_wants_it() {
    let bench = Bench::start(bmc(|config| config.discovery = None).await).await;
    // What was known before is not so any more.
    bench.put_place(3).await;
    let told = bench.get(POLICY).await;
    assert_eq!(told.status, 500);
    assert!(told.fault().contains("no Node Manager was found"), "{}", told.fault());
    assert!(bench.asked(0).1 > 0);
    assert_eq!(bench.place().await, json!({}));
    let before = bench.so_far();
    let told = bench.get(POLICY).await;
    assert_eq!(told.status, 500);
    for words in ["no Node Manager was found", "it is looked for again in", "at once by get_nm_version"] {
        assert!(told.fault().contains(words), "{}", told.fault());
    }
    let enable = json!({ "scope": "global", "enable": true });
    let told = bench.daemon.ask("PUT", &format!("{PATH}/vendor_passthru/control_nm_policy"), 82, Some(&enable)).await;
    assert_eq!(told.status, 202);
    bench.daemon.settle().await;
    let last_error = bench.daemon.ask("GET", PATH, 82, None).await.body["last_error"].to_string();
    assert!(last_error.contains("it is looked for again in"), "{last_error}");
    assert_eq!(bench.asked(before), (0, 0), "nothing is sent");
    assert_eq!(bench.get("get_nm_version").await.status, 500);
    assert!(bench.asked(before).1 > 0, "somebody wants it");
    let before = bench.so_far();
    assert_eq!(bench.get(POLICY).await.status, 500);
    assert_eq!(bench.asked(before), (0, 0));
    let other = json!([{ "op": "add", "path": "/driver_info/ipmi_priv_level", "value": "ADMINISTRATOR" }]);
    assert_eq!(bench.daemon.ask("PATCH", PATH, 82, Some(&other)).await.status, 200);
    assert_eq!(bench.get(POLICY).await.status, 500);
    assert!(bench.asked(before).1 > 0, "the settings are others");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_is_no_search() {
    let bench = Bench::start(bmc(|_| {}).await).await;
    let wrong = json!([{ "op": "add", "path": "/driver_info/ipmi_password", "value": "another" }]);
    assert_eq!(bench.daemon.ask("PATCH", PATH, 82, Some(&wrong)).await.status, 200);
    for method in [POLICY, "get_nm_version", POLICY] {
        let told = bench.get(method).await;
        assert_eq!(told.status, 500);
        assert!(told.fault().ends_with("ipmi_password is wrong"), "{}", told.fault());
    }
    let told = bench.daemon.ask("GET", &format!("{PATH}/management/boot_device"), 82, None).await;
    assert!(told.status == 500 && told.fault().ends_with("ipmi_password is wrong"), "{}", told.text);
}
