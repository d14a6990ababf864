//! `rackhand node` and `rackhand driver` against `rackhand serve` with simulated devices: what a person sees, what a program reads,
//! exit statuses, and that no secret comes out.

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::process::{DXP_PASSWORD, RACKHAND, Ran, Running, command};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What tells the command line where the daemon is and who asks.
const ENVIRONMENT: [&str; 5] = ["RACKHAND_URL", "OS_ENDPOINT", "OS_AUTH_TYPE", "OS_USERNAME", "OS_PASSWORD"];

/// A daemon that ends with the test.
struct Daemon {
    folder: TempDir,
    url: String,
    _serve: Running,
}

impl Daemon {
    fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, config)
    }

    fn start_in(folder: TempDir, config: &str) -> Self {
        let file = folder.path().join("rackhand.toml");
        let quick = "[conductor]\nsync_power_state_interval = 0\n[iboot]\nmax_retry = 0\nreboot_delay = 0.05\n";
        fs::write(&file, format!("{quick}{config}")).unwrap();
        let database = format!("sqlite://{}/nodes.sqlite", folder.path().display());
        let file = file.display().to_string();
        let arguments = ["serve", "--config", &file, "--listen", "127.0.0.1:0", "--database", &database];
        let mut serve = Running::start(command(None, RACKHAND, &arguments));
        let url = serve.line("its address", |line| line.strip_prefix("rackhand: serving on ").map(str::to_owned));
        Self { folder, url, _serve: serve }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `rackhand` with these arguments, told where the daemon is by the environment.
    fn run(&self, arguments: &[&str]) -> Ran {
        run_with(&[("RACKHAND_URL", &self.url)], arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ran.stderr, "", "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }
}

fn run_with(environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = command(None, RACKHAND, arguments);
    for name in ENVIRONMENT {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    Running::start(command).end()
}

/// A simulated iBoot with eight relays and its TCP port.
fn iboot(extra: &[&str]) -> (Running, String) {
    let fixed = ["sim", "iboot", "--listen", "127.0.0.1:0", "--password", DXP_PASSWORD];
    let mut sim = Running::start(command(None, RACKHAND, &[&fixed, extra].concat()));
    let port = sim.line("its port", |line| line.rsplit_once(':').map(|(_, port)| format!("iboot_port={port}")));
    (sim, port)
}

/// Eight machines on the eight relays of one device.
fn rack(daemon: &Daemon, port: &str) -> Ran {
    let secret = daemon.path("secret");
    fs::write(&secret, format!("{DXP_PASSWORD}\n")).unwrap();
    let password = format!("iboot_password=@{}", secret.display());
    let fixed = ["node", "create", "--driver", "staging-iboot", "--name", "rack[01-08]"];
    let info = ["-i", "iboot_address=127.0.0.1", "-i", port, "-i", "iboot_username=admin", "-i", &password];
    let each = ["-i", "iboot_relay_id=[1-8]", "--port", "02:00:00:00:00:[01-08]"];
    daemon.run(&[&fixed[..], &info, &each].concat()).well()
}

/// The cells of a table that was printed, without its head.
fn cells(table: &str) -> Vec<Vec<&str>> {
    let rows = table.lines().filter(|line| line.starts_with('│')).skip(1);
    rows.map(|row| row.trim_matches('│').split('┆').map(str::trim).collect()).collect()
}

#[test]
fn a_rack_of_eight() {
    let daemon = Daemon::start("");
    let (sim, port) = iboot(&[]);
    let made = rack(&daemon, &port);
    let names: Vec<_> = cells(&made.stdout).iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(names, (1..=8).map(|number| format!("rack{number:02}")).collect::<Vec<_>>());

    // Each has its own relay.
    let ran = daemon.run(&["node", "power", "on", "rack[01-04]"]).well();
    let expected: Vec<_> = (1..=4).map(|number| vec![format!("rack{number:02}"), "power on".to_owned()]).collect();
    assert_eq!(
        (cells(&ran.stdout), ran.stderr.as_str()),
        (expected.iter().map(|row| row.iter().map(String::as_str).collect()).collect(), "")
    );
    let mut moved: Vec<String> = (1..=4).map(|line| sim_line(&sim, line)).collect();
    moved.sort_unstable();
    assert_eq!(moved, ["iBoot relay 1 on", "iBoot relay 2 on", "iBoot relay 3 on", "iBoot relay 4 on"]);

    // One of several fails: the others are tried, in the order named, and the reason is told.
    assert_eq!(daemon.run(&["node", "set", "rack03", "-i", "iboot_username=nobody"]).well().stderr, "");
    let ran = daemon.run(&["node", "power", "off", "rack04", "rack03,rack01", "rack04", "gone"]);
    assert_eq!(
        cells(&ran.stdout),
        [["rack04", "power off"], ["rack03", "FAILED"], ["rack01", "power off"], ["gone", "FAILED"]]
    );
    let reasons = [
        "rackhand: rack03: Failed to change power state to 'power off'",
        "rackhand: gone: Node gone could not be found. (HTTP 404)",
        "rackhand: 2 done, 2 failed\n",
    ];
    ran.failed(1, &reasons);

    // One node is told without its name.
    assert_eq!(daemon.run(&["node", "power", "reboot", "rack02", "--timeout", "60"]).well().stdout, "power on\n");
    assert_eq!(daemon.run(&["node", "power", "status", "rack01"]).well().stdout, "power off\n");
    let status = daemon.json(&["node", "power", "status", "rack[01-02]", "gone"]);
    assert_eq!(status[1], json!({ "node": "rack02", "power_state": "power on" }));
    assert_eq!(status[2]["error"], json!({ "message": "Node gone could not be found.", "status": 404 }));
    assert_eq!(daemon.run(&["node", "delete", "rack[01-08]"]).well().stderr, "");
    assert_eq!(daemon.json(&["node", "list"]), json!([]));
}

fn sim_line(sim: &Running, number: usize) -> String {
    common::process::until("a relay to move", || sim.stdout().lines().nth(number).map(str::to_owned))
}

#[test]
fn what_a_node_is() {
    let daemon = Daemon::start("[api]\nmax_limit = 3\n");
    let (_sim, port) = iboot(&[]);
    rack(&daemon, &port);
    // Page after page.
    let names = |list: &Value| {
        list.as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&daemon.json(&["node", "list"])).len(), 8);
    assert_eq!(
        names(&daemon.json(&["node", "list", "--limit", "4", "--sort", "name:desc"])),
        ["rack08", "rack07", "rack06", "rack05"]
    );
    let listed = daemon.run(&["node", "list", "--fields", "name,driver", "--limit", "1", "--sort", "name"]).well();
    assert_eq!(cells(&listed.stdout), [["rack01", "staging-iboot"]]);

    let shown = daemon.json(&["node", "show", "rack02"]);
    let info = &shown[0]["driver_info"];
    assert_eq!((&info["iboot_password"], &info["iboot_relay_id"]), (&json!("******"), &json!("2")));
    assert!(daemon.run(&["node", "show", "rack02"]).well().stdout.contains("\nname                  rack02\n"));

    daemon
        .run(&[
            "node",
            "set",
            "rack[01-02]",
            "--extra",
            "slot=4",
            "--property",
            "cpus=\"8\"",
            "--description",
            "by the door",
        ])
        .well();
    let shown = daemon.json(&["node", "show", "rack01", "--fields", "extra,properties,description"]);
    assert_eq!((&shown[0]["extra"], &shown[0]["properties"]), (&json!({ "slot": 4 }), &json!({ "cpus": "8" })));
    assert_eq!(
        names(&daemon.json(&["node", "list", "--description-contains", "door", "--sort", "name"])),
        ["rack01", "rack02"]
    );
    daemon
        .run(&["node", "unset", "rack01", "--extra", "slot", "--field", "description", "-i", "iboot_relay_id"])
        .well();
    let shown = daemon.json(&["node", "show", "rack01"]);
    assert_eq!((&shown[0]["extra"], &shown[0]["description"]), (&json!({}), &Value::Null));
    daemon.run(&["node", "unset", "rack01", "--extra", "slot"]).failed(1, &["rackhand: rack01: ", "(HTTP 400)"]);

    daemon.run(&["node", "maintenance", "set", "rack[03,05]", "--reason", "fan"]).well();
    assert_eq!(names(&daemon.json(&["node", "list", "--maintenance", "--sort", "name"])), ["rack03", "rack05"]);
    assert_eq!(names(&daemon.json(&["node", "list", "--maintenance=false"])).len(), 6);
    daemon.run(&["node", "maintenance", "unset", "rack03"]).well();

    // The daemon asks the device before a node is manageable.
    assert_eq!(daemon.run(&["node", "manage", "rack01"]).well().stdout, "manageable\n");
    assert_eq!(daemon.run(&["node", "provide", "rack01"]).well().stdout, "available\n");
    daemon
        .run(&["node", "provide", "rack02"])
        .failed(1, &["rack02: The requested action \"provide\" can not be performed"]);
    daemon.run(&["node", "set", "rack02", "-i", "iboot_username=nobody"]).well();
    daemon
        .run(&["node", "manage", "rack02"])
        .failed(1, &["rack02: Failed to get power state", "provision_state is 'enroll'"]);

    let valid = daemon.run(&["node", "validate", "rack01"]).well();
    assert!(cells(&valid.stdout).contains(&vec!["rack01", "power", "true", ""]), "{valid:?}");
    daemon.run(&["node", "unset", "rack01", "-i", "iboot_address"]).well();
    let invalid = daemon.run(&["node", "validate", "rack01"]).failed(1, &[]);
    assert!(invalid.stdout.contains("iboot_address"), "{invalid:?}");

    // These devices have none to set: Ironic's noop takes it and goes on to tell pxe.
    let set = daemon.run(&["node", "boot-device", "set", "rack[04,05]", "disk", "--persistent"]).well();
    assert_eq!(cells(&set.stdout)[1], ["rack05", "disk", "true"]);
    let device = json!({ "node": "rack05", "boot_device": "pxe", "persistent": true });
    assert_eq!(daemon.json(&["node", "boot-device", "show", "rack05"]), json!([device]));
    daemon.run(&["node", "boot-device", "set", "rack04", "floppy"]).failed(1, &["Invalid boot device floppy"]);
    assert_eq!(daemon.json(&["node", "passthru", "list", "rack04"]), json!({}));
    daemon
        .run(&["node", "passthru", "call", "rack04", "nothing"])
        .failed(1, &["rack04: No handler for method nothing (HTTP 400)"]);
}

#[test]
fn ports_and_drivers() {
    let daemon = Daemon::start("");
    daemon.run(&["node", "create", "--driver", "staging-wol", "--name", "box", "--port", "02:00:00:00:00:01"]).well();
    daemon.run(&["node", "port", "create", "--node", "box", "02:00:00:00:00:02", "02:00:00:00:00:03"]).well();
    let ports = cells_of_ports(&daemon, &["--node", "box"]);
    assert_eq!(ports, ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"]);
    daemon.run(&["node", "port", "delete", "02:00:00:00:00:02"]).well();
    daemon.run(&["node", "port", "delete", "02:00:00:00:00:02"]).failed(1, &["there is no port"]);
    assert_eq!(cells_of_ports(&daemon, &["--address", "02:00:00:00:00:03"]), ["02:00:00:00:00:03"]);
    // The node is there, its port is not: both are told.
    let taken = ["node", "create", "--driver", "staging-wol", "--name", "other", "--port", "02:00:00:00:00:01"];
    daemon
        .run(&taken)
        .failed(1, &["rackhand: other: the node was made (", "), a port was not: A port with MAC address"]);
    daemon
        .run(&["node", "create", "--driver", "staging-wol", "--name", "box"])
        .failed(1, &["box already exists. (HTTP 409)"]);

    let drivers = daemon.run(&["driver", "list"]).well();
    assert!(cells(&drivers.stdout).iter().any(|row| row[0] == "staging-wol"), "{drivers:?}");
    assert_eq!(daemon.json(&["driver", "show", "staging-wol"])["name"], "staging-wol");
    assert!(daemon.run(&["driver", "properties", "staging-wol"]).well().stdout.contains("wol_port"));
    daemon.run(&["driver", "show", "idrac"]).failed(1, &["hardware type(s): idrac. (HTTP 404)"]);
}

fn cells_of_ports(daemon: &Daemon, filter: &[&str]) -> Vec<String> {
    let ran = daemon.run(&[&["node", "port", "list"], filter].concat()).well();
    // Several are made at once, in whichever order.
    let mut addresses: Vec<_> = cells(&ran.stdout).iter().map(|row| row[1].to_owned()).collect();
    addresses.sort_unstable();
    addresses
}

#[test]
fn many_are_as_easy_as_one() {
    let daemon = Daemon::start("[api]\nmax_limit = 100\n");
    let info = ["-i", "wol_host=127.0.0.1", "-i", "wol_port=9"];
    let create =
        ["node", "create", "--driver", "staging-wol", "--name", "w[001-500]", "--port", "02:00:00:00:[10-14]:[00-99]"];
    daemon.run(&[&create[..], &info].concat()).well();
    let ran = daemon.run(&["node", "power", "on", "w[001-500]"]).well();
    let rows = cells(&ran.stdout);
    assert_eq!((rows.len(), rows[499].as_slice()), (500, &["w500", "power on"][..]));
    // What fails for the same reason is one line.
    let ran = daemon.run(&["node", "power", "off", "--soft", "w[001-003,005]"]);
    ran.failed(1, &["rackhand: w[001-003,005]: The driver staging-wol does not support the power state, soft power off (HTTP 400)\n"]);
}

#[test]
fn no_contact_and_wrong_usage() {
    // A port that nobody is given.
    let url = "http://127.0.0.1:1";
    let ran = run_with(&[], &["node", "power", "on", "rack[1-40]", "--url", url]);
    let text = format!("rackhand: no contact with the daemon at {url}/: Connection refused");
    assert_eq!(ran.stderr.matches("no contact").count(), 1, "{ran:?}");
    ran.failed(3, &[&text, "0 done, 40 failed"]);
    let ran = run_with(&[("OS_ENDPOINT", url)], &["node", "list", "--json"]);
    let error: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().starts_with("no contact"), "{ran:?}");
    ran.failed(3, &[]);

    for (arguments, words) in [
        (&["node", "show", "rack[1-"][..], "'rack[1-': place 5: a '[' without its ']'"),
        (&["node", "create", "--driver", "staging-wol", "-i", "hunter2"], "driver_info is given as -i KEY=VALUE"),
        (&["node", "create", "--driver", "staging-iboot", "-i", "iboot_relayid=1"], "has no setting 'iboot_relayid'"),
        (&["node", "list", "--url", "http://u:hunter2@h"], "--url holds a user"),
        (&["node", "list", "--user", "me"], "--user needs --password"),
        (&["node", "list", "--user", "me", "--password", "@/nonexistent"], "'/nonexistent' cannot be read"),
        (&["node", "list", "--url", "https://127.0.0.1:1", "--ca-file", "/nonexistent"], "--ca-file '/nonexistent'"),
        (&["node", "set", "rack1"], "nothing to set"),
        (&["node", "power", "on"], "<NODE>..."),
        (&["node", "power", "on", "x", "--timeout", "0"], "0 is not in 1..=86400"),
    ] {
        run_with(&[("RACKHAND_URL", url)], arguments).failed(2, &[words]);
    }
}

/// Writes a certificate and its key, and returns its file.
fn certificate(folder: &Path, is_ca: rcgen::IsCa) -> PathBuf {
    let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    parameters.is_ca = is_ca;
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(folder.join("cert.pem"), parameters.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    folder.join("cert.pem")
}

#[test]
fn a_certificate_that_no_server_may_have_is_told_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        certificate(folder.path(), rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained)).display().to_string();
    let key = folder.path().join("key.pem").display().to_string();
    let daemon = Daemon::start_in(folder, &format!("[ssl]\ncert_file = \"{file}\"\nkey_file = \"{key}\"\n"));
    daemon.run(&["node", "list", "--ca-file", &file]).failed(3, &["make it with basicConstraints=CA:FALSE"]);
}

#[test]
fn login_and_tls() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certificate(folder.path(), rcgen::IsCa::NoCa).display().to_string();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("users"), format!("me:{}\n", bcrypt::hash(DXP_PASSWORD, 4).unwrap())).unwrap();
    fs::write(at("password"), DXP_PASSWORD).unwrap();
    let config = format!(
        "[DEFAULT]\nauth_strategy = \"http_basic\"\nhttp_basic_auth_user_file = \"{}\"\n[ssl]\ncert_file = \"{certificate}\"\nkey_file = \"{}\"\n",
        at("users"),
        at("key.pem"),
    );
    let password = format!("@{}", at("password"));
    let daemon = Daemon::start_in(folder, &config);
    assert!(daemon.url.starts_with("https://"), "{}", daemon.url);
    let list = ["node", "list", "--json"];
    let ca = ["--ca-file", &certificate];
    let login = ["--user", "me", "--password", &password];
    let ran = daemon.run(&[&list[..], &ca, &login].concat()).well();
    assert_eq!(ran.stdout, "[]\n");
    let environment = [
        ("OS_ENDPOINT", daemon.url.as_str()),
        ("OS_USERNAME", "me"),
        ("OS_PASSWORD", DXP_PASSWORD),
        ("OS_AUTH_TYPE", "http_basic"),
    ];
    run_with(&environment, &[&list[..], &ca].concat()).well();
    // Not the right one, none, and one that is of another OpenStack.
    let wrong = daemon.run(&[&["node", "list"][..], &ca, &["--user", "me", "--password", "hunter2wrong"]].concat());
    wrong.failed(1, &["(HTTP 401)", "--user and --password"]);
    let keystone = [&environment[..3], &[("OS_AUTH_TYPE", "password")]].concat();
    run_with(&keystone, &[&["node", "list"][..], &ca].concat()).failed(1, &["(HTTP 401)"]);
    // Without its certificate the daemon is not believed.
    daemon
        .run(&[&["node", "list"][..], &login].concat())
        .failed(3, &["no contact with the daemon at https://", "UnknownIssuer"]);
}
