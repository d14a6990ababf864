//! DxP with foreign software: two programs in Python, a client and a device, that know nothing but the protocol's description
//! and share no code with Rackhand. PyPI has no client for DxP.

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::time::{Duration, Instant};

use common::capture::{self, Capture, Packet, utf8};
use common::need;
use common::netns::Namespace;
use common::process::{DXP_PASSWORD, RACKHAND, Ran, Running, command, rackhand, until};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

const USER: &str = "wärter";

/// A script of ours.
fn python(within: Option<&Namespace>, script: &str, arguments: &[&str]) -> Running {
    let script = format!("{}/tests/common/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut command = command(within, "python3", &["-B", &script]);
    command.args(arguments).env("PYTHONUTF8", "1");
    Running::start(command)
}

/// The port in the word that a program listens.
fn port_of(line: &str) -> Option<u16> {
    line.rsplit(':').next()?.parse().ok()
}

/// The foreign client.
struct Client {
    python: Running,
    taken: usize,
}

impl Client {
    fn new(within: Option<&Namespace>, port: u16) -> Self {
        let python = python(within, "dxp_client.py", &["127.0.0.1", &port.to_string(), USER, DXP_PASSWORD]);
        Self { python, taken: 0 }
    }

    /// Takes a step and returns what came of it.
    #[track_caller]
    fn step(&mut self, step: &str) -> Value {
        self.python.say(format!("{step}\n").as_bytes());
        let line = self.python.nth_line(step, self.taken);
        self.taken += 1;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{step}: {error}: {line}"))
    }

    /// Connects, and returns where the device starts.
    #[track_caller]
    fn open(&mut self) -> u16 {
        let sequence = self.step("open")["sequence"].as_u64();
        sequence.and_then(|number| u16::try_from(number).ok()).expect("an answer to hello")
    }

    /// Takes steps and demands these answers, and the sequence numbers that the specification wants.
    #[track_caller]
    fn session(&mut self, steps: &[(&str, &str)]) {
        let first = self.open();
        self.go_on(first, steps);
    }

    #[track_caller]
    fn go_on(&mut self, last: u16, steps: &[(&str, &str)]) -> u16 {
        let mut sequence = last.wrapping_add(1);
        for (step, answer) in steps {
            let got = self.step(step);
            assert_eq!((&got["answer"], &got["sequence"]), (&json!(answer), &json!(sequence)), "{step}: {got}");
            sequence = sequence.wrapping_add(2);
        }
        sequence.wrapping_sub(1)
    }
}

/// `rackhand sim iboot`.
struct Sim {
    rackhand: Running,
    port: u16,
}

impl Sim {
    #[track_caller]
    fn new(within: Option<&Namespace>, more: &[&str]) -> Self {
        let mut arguments = vec!["sim", "iboot", "--listen", "127.0.0.1:0", "--user", USER, "--password", DXP_PASSWORD];
        arguments.extend(more);
        let mut rackhand = Running::start(command(within, RACKHAND, &arguments));
        let port = rackhand.line("word that it listens", port_of);
        Self { rackhand, port }
    }

    /// Ends it; these are the relays that it says it has switched.
    #[track_caller]
    fn switched(self) -> Vec<String> {
        let said = self.rackhand.terminate().well().stdout;
        said.lines().filter_map(|line| line.strip_prefix("iBoot relay ")).map(str::to_owned).collect()
    }
}

/// The foreign device.
struct Device {
    python: Running,
    host: String,
    port: u16,
    password: NamedTempFile,
    told: usize,
}

impl Device {
    #[track_caller]
    fn new(plan: Value) -> Self {
        Self::within(None, plan)
    }

    #[track_caller]
    fn within(within: Option<&Namespace>, plan: Value) -> Self {
        let login = json!({ "user": USER, "password": DXP_PASSWORD });
        let all = [plan, login].into_iter().filter_map(|part| part.as_object().cloned()).flatten();
        let plan: Value = all.collect::<serde_json::Map<_, _>>().into();
        let host = plan["host"].as_str().unwrap_or("127.0.0.1").to_owned();
        let mut python = python(within, "dxp_device.py", &[&plan.to_string()]);
        let port = python.line("word that it listens", |line| {
            serde_json::from_str::<Value>(line).ok()?["port"].as_u64().and_then(|port| u16::try_from(port).ok())
        });
        let password = NamedTempFile::new().expect("a file");
        std::fs::write(password.path(), format!("{DXP_PASSWORD}\n")).expect("a password in it");
        Self { python, host, port, password, told: 1 }
    }

    /// The arguments of `rackhand power` for this device.
    fn arguments(&self, action: &str, more: &[&str]) -> Vec<String> {
        let words = format!("power {action} --driver staging-iboot --retry-interval 0.05");
        let settings = [
            format!("iboot_address={}", self.host),
            format!("iboot_port={}", self.port),
            format!("iboot_username={USER}"),
            format!("iboot_password=@{}", utf8(self.password.path())),
        ];
        let settings = settings.into_iter().flat_map(|setting| ["-i".to_owned(), setting]);
        let more = more.iter().map(|&word| word.to_owned());
        words.split(' ').map(str::to_owned).chain(settings).chain(more).collect()
    }

    /// `rackhand power ACTION` with this device, run to its end.
    #[track_caller]
    fn power(&self, action: &str, more: &[&str]) -> Ran {
        let arguments = self.arguments(action, more);
        rackhand(None, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// All that happened so far.
    fn events(&self) -> Vec<Value> {
        let said = self.python.stdout();
        let whole = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// What happened since it was asked last, once all sessions of `expected` are over: nothing else did.
    #[track_caller]
    fn heard(&mut self, expected: &[Vec<String>]) -> Vec<Value> {
        let events = until("the end of the last session", || {
            let events = self.events().split_off(self.told);
            let over = events.iter().filter(|event| event["event"] == "closed").count();
            (over >= expected.len()).then_some(events)
        });
        self.told += events.len();
        assert_eq!(events.iter().map(in_words).collect::<Vec<_>>(), expected.concat());
        events
    }
}

/// An event of the device, without when it was.
fn in_words(event: &Value) -> String {
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    match text("event") {
        "hello" => format!("hello -> {}", text("answer")),
        "request" => {
            let login = if event["login"] == true { "" } else { " with a wrong login" };
            let sequence = &event["sequence"];
            assert_eq!(*sequence, event["expected"], "{event}");
            format!("{sequence} {} {}{login} -> {}", text("name"), text("payload"), text("answer"))
        }
        other => other.to_owned(),
    }
}

/// A connection on which these requests are made, numbered as the specification wants.
fn session(start: u16, requests: &[&str]) -> Vec<String> {
    let [low, high] = start.to_le_bytes();
    let mut words = vec!["opened".to_owned(), format!("hello -> {low:02x}{high:02x}")];
    let mut sequence = start.wrapping_add(1);
    for request in requests {
        words.push(format!("{sequence} {request}"));
        sequence = sequence.wrapping_add(2);
    }
    words.push("closed".to_owned());
    words
}

/// A connection that nothing comes of.
fn no_session(words: &[&str]) -> Vec<String> {
    ["opened"].iter().chain(words).chain(&["closed"]).map(|&word| word.to_owned()).collect()
}

/// What the device starts with unless it is told otherwise.
const START: u16 = 1234;
const PYTHON: &[&str] = &["python3"];

#[test]
fn the_simulated_iboot_serves_a_foreign_client() {
    if !need::programs(PYTHON) {
        return;
    }
    let mut sim = Sim::new(None, &[]);
    let mut client = Client::new(None, sim.port);
    let first = client.open();
    let last = client.go_on(
        first,
        &[
            ("change 2 1", "00"),
            ("change 3 0", "00"),
            ("get 8", "0001000000000000"),
            ("keepalive", "00"),
            // There is no such relay, no such state, and nothing moves.
            ("change 9 1", "01"),
            ("change 0 1", "01"),
            ("change 1 7", "01"),
            ("get 8", "0001000000000000"),
            // 2 leaves a relay as it is.
            ("change 2 2", "00"),
            ("pulse 3 1 1", "00"),
            ("get 8", "0001010000000000"),
        ],
    );
    sim.rackhand.line("word of relay 2", |line| (line == "iBoot relay 2 on").then_some(()));
    let mut last = last;
    until("the end of the pulse", || {
        let got = client.step("get 8");
        last = last.wrapping_add(2);
        (got["answer"] == "0001000000000000").then_some(())
    });
    sim.rackhand.line("word of relay 3", |line| (line == "iBoot relay 3 off").then_some(()));
    let all_on = format!("change-all {}{}", "01".repeat(8), "02".repeat(24));
    client.go_on(last, &[(&all_on, "00"), ("get 8", "0101010101010101")]);

    // A second client has numbers of its own.
    let mut other = Client::new(None, sim.port);
    let (one, two) = (client.open(), other.open());
    assert!(one != two && one != first);
    let one = client.go_on(one, &[("change 1 0", "00")]);
    let two = other.go_on(two, &[("get 8", "0001010101010101"), ("keepalive", "00")]);
    client.go_on(one, &[("get 8", "0001010101010101")]);
    other.go_on(two, &[("keepalive", "00")]);

    // One that is so slow that every byte comes alone.
    client.step("slowly");
    client.session(&[("change 1 1", "00"), ("pulse 2 0 300", "00"), ("get 8", "0100010101010101")]);
    client.python.end().well();
    other.python.end().well();

    let switched = sim.switched();
    let ones = ["2 on", "3 on", "3 off", "1 on", "3 on", "1 off", "1 on", "2 off"];
    for one in ones {
        assert!(switched.iter().any(|line| line == one), "{one}: {switched:?}");
    }
}

#[test]
fn the_simulated_iboot_wraps_its_numbers_around() {
    if !need::programs(PYTHON) {
        return;
    }
    let sim = Sim::new(None, &["--relays", "1"]);
    let mut client = Client::new(None, sim.port);
    // Sessions start at changing numbers: the request after 65534 is 0, that after 65535 is 1.
    let mut turns = std::collections::BTreeSet::new();
    until("both ways to wrap around", || {
        assert!(client.step("open-until 64900")["sequence"].as_u64() >= Some(64900));
        let turn = client.step("wrap");
        turns.insert([&turn["before"], &turn["after"]].map(|number| number.as_u64().expect("a number")));
        assert_eq!(client.step("get 1")["answer"], "00", "{turn}");
        (turns.len() == 2).then_some(())
    });
    assert_eq!(turns.into_iter().collect::<Vec<_>>(), [[65534, 0], [65535, 1]]);
    client.python.end().well();
    assert_eq!(sim.switched(), [""; 0]);
}

#[test]
fn the_simulated_iboot_hangs_up_on_whom_it_does_not_know() {
    if !need::programs(PYTHON) {
        return;
    }
    let sim = Sim::new(None, &[]);
    let mut client = Client::new(None, sim.port);
    let refused = |client: &mut Client, step: &str| {
        let got = client.step(step);
        assert_eq!(got["answer"], "", "{got}");
        assert!(got["end"] == "closed" || got["end"] == "reset", "{got}");
    };
    for (user, password) in [(USER, "wrong"), ("admin", DXP_PASSWORD), ("admin", "admin")] {
        client.open();
        client.step(&format!("login {user} {password}"));
        refused(&mut client, "change 1 1");
    }
    client.step(&format!("login {USER} {DXP_PASSWORD}"));
    for skipped in [1, 65535, 1000] {
        client.open();
        client.step(&format!("skip {skipped}"));
        refused(&mut client, "change 1 1");
    }
    refused(&mut client, "say hello-001");
    refused(&mut client, "say GET/HTTP/1.0");
    client.session(&[("get 8", "0000000000000000")]);
    client.python.end().well();
    assert_eq!(sim.switched(), [""; 0]);
}

#[test]
fn the_simulated_iboot_speaks_as_the_manuals_say() {
    if !need::programs(PYTHON) {
        return;
    }
    let sim =
        Sim::new(None, &["--relay-base", "0", "--state-codes", "manual", "--relays", "32", "--fault", "refuse*1"]);
    let mut client = Client::new(None, sim.port);
    let states = |first: &str, last: &str| format!("{first}{}{last}", "00".repeat(30));
    client.session(&[
        ("change 0 1", "01"),
        ("change 0 1", "00"),
        ("change 31 1", "00"),
        ("change 32 1", "01"),
        ("get 32", &states("01", "01")),
        ("change 0 0", "00"),
        ("get 32", &states("01", "01")),
        ("change 0 2", "00"),
        ("get 32", &states("00", "01")),
    ]);
    client.python.end().well();
    let switched = sim.switched();
    assert!(switched.contains(&"32 on".to_owned()) && !switched.contains(&"2 on".to_owned()), "{switched:?}");
}

#[test]
fn rackhand_drives_a_foreign_device_in_every_dialect() {
    if !need::programs(PYTHON) {
        return;
    }
    for (base, off) in [(1_u8, 0_u8), (1, 2), (0, 0), (0, 2)] {
        let mut device = Device::new(json!({ "base": base, "off": off }));
        let codes = if off == 0 { "iboot_state_codes=boot" } else { "iboot_state_codes=manual" };
        let base_setting = format!("iboot_relay_base={base}");
        let settings = ["-i", "iboot_relay_id=2", "-i", &base_setting, "-i", codes];
        let power = |device: &Device, action: &str, more: &[&str]| {
            let ran = device.power(action, &[&settings[..], more].concat()).well();
            assert_eq!(ran.stderr, "");
            ran.stdout
        };
        // The wire's numbers of the printed relays 1, 2 and 3.
        let wire = |relay: u8, state: u8| format!("{:02x}{state:02x}", relay - 1 + base);
        let (on, off_2) = (format!("change {} -> 00", wire(2, 1)), format!("change {} -> 00", wire(2, off)));
        let get = |states: &str| format!("get  -> {states}{}", "00".repeat(8 - states.len() / 2));

        assert_eq!(power(&device, "status", &[]), "power off\n");
        device.heard(&[session(START, &[&get("0000")])]);
        assert_eq!(power(&device, "on", &[]), "power on\n");
        device.heard(&[session(START, &[&on]), session(START, &[&get("0001")])]);
        assert_eq!(power(&device, "status", &[]), "power on\n");
        device.heard(&[session(START, &[&get("0001")])]);

        let begun = Instant::now();
        assert_eq!(power(&device, "reboot", &["--reboot-delay", "0.2"]), "power on\n");
        assert!(begun.elapsed() >= Duration::from_millis(200));
        let rebooted = [&off_2, &get("0000"), &on, &get("0001")].map(|request| session(START, &[request]));
        let events = device.heard(&rebooted);
        let at = |event: &Value| event["at"].as_f64().unwrap_or_default();
        assert!(at(&events[10]) - at(&events[6]) >= 0.19, "{events:?}");
        // The same when somebody has said how many relays it has.
        let known = ["--reboot-delay", "0.2", "-i", "iboot_relay_count=8"];
        assert_eq!(power(&device, "reboot", &known), "power on\n");
        device.heard(&rebooted);

        assert_eq!(power(&device, "off", &[]), "power off\n");
        device.heard(&[session(START, &[&off_2]), session(START, &[&get("0000")])]);
        assert_eq!(power(&device, "switch", &["--relay", "3=on", "--relay", "1=on", "--relay", "2=off"]), "switched\n");
        let changes = [(3, 1), (1, 1), (2, off)].map(|(relay, state)| format!("change {} -> 00", wire(relay, state)));
        // Changes share a connection, every read has one of its own.
        device.heard(&[session(START, &changes.each_ref().map(String::as_str)), session(START, &[&get("010001")])]);
        let pulsed = power(&device, "pulse", &["--state", "on", "--seconds", "300"]);
        assert_eq!(pulsed, "pulsed; right after: power on\n");
        device
            .heard(&[session(START, &[&format!("pulse {}2c01 -> 00", wire(2, 1))]), session(START, &[&get("010101")])]);

        let asked = power(&device, "status", &["--json"]);
        let answer: Value = serde_json::from_str(&asked).expect("JSON");
        assert_eq!((&answer["driver"], &answer["power_state"]), (&json!("staging-iboot"), &json!("power on")));
        device.heard(&[session(START, &[&get("010101")])]);
    }
}

#[test]
fn the_last_of_thirty_two_relays() {
    if !need::programs(PYTHON) {
        return;
    }
    let last = ["-i", "iboot_relay_id=32"];
    let states = |last: &str| format!("get  -> {}{last}", "00".repeat(31));
    for (base, change) in [(1, "change 2001 -> 00"), (0, "change 1f01 -> 00")] {
        // In pieces: the state that counts comes alone, 31 pauses later.
        let mut device = Device::new(json!({ "relays": vec![0; 32], "base": base, "pace": 0.01 }));
        let base = format!("iboot_relay_base={base}");
        assert_eq!(device.power("on", &[&last[..], &["-i", &base]].concat()).well().stdout, "power on\n");
        device.heard(&[session(START, &[change]), session(START, &[&states("01")])]);
    }
}

#[test]
fn nothing_is_said_before_the_relay_was_read_back() {
    if !need::programs(PYTHON) {
        return;
    }
    let mut device = Device::new(json!({ "hold": true }));
    for (action, more, says, reads) in [
        ("on", &[][..], "power on\n", 1),
        ("off", &[], "power off\n", 1),
        ("reboot", &["--reboot-delay", "0"], "power on\n", 2),
        ("switch", &["--relay", "1=off"], "switched\n", 1),
        ("pulse", &["--state", "on", "--seconds", "1"], "pulsed; right after: power on\n", 1),
        ("on", &["--json"], "", 1),
    ] {
        let before = device.events().len();
        let arguments = device.arguments(action, more);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut rackhand = Running::start(command(None, RACKHAND, &arguments));
        for read in 1..=reads {
            let requests = until("a read", || {
                let events = device.events().split_off(before);
                let names: Vec<_> =
                    events.iter().filter_map(|event| event["name"].as_str().map(str::to_owned)).collect();
                (names.iter().filter(|name| *name == "get").count() == read).then_some(names)
            });
            // Each change was followed by a read, and the one that is not answered yet holds everything up.
            assert_eq!(requests.last().map(String::as_str), Some("get"), "{action}: {requests:?}");
            assert_eq!(requests.len(), 2 * read, "{action}: {requests:?}");
            assert!(rackhand.runs(), "{action}");
            assert_eq!(rackhand.stdout(), "", "{action}");
            device.python.say(b"answer\n");
        }
        let said = rackhand.end().well().stdout;
        assert!(said == says || says.is_empty(), "{action}: {said}");
    }
}

#[test]
fn numbers_wrap_around() {
    if !need::programs(PYTHON) {
        return;
    }
    let get = "get  -> 0101010000000000";
    for start in [65533, 65534, 65535, 0] {
        let mut device = Device::new(json!({ "sequence": start }));
        let switch = ["--relay", "1=on", "--relay", "2=on", "--relay", "3=on"];
        assert_eq!(device.power("switch", &switch).well().stdout, "switched\n");
        let changes = ["change 0101 -> 00", "change 0201 -> 00", "change 0301 -> 00"];
        device.heard(&[session(start, &changes), session(start, &[get])]);
        assert_eq!(device.power("status", &[]).well().stdout, "power on\n");
        device.heard(&[session(start, &[get])]);
    }
}

#[test]
fn answers_in_pieces() {
    if !need::programs(PYTHON) {
        return;
    }
    // The two bytes of hello, and the states, apart by more than any segment waits to be filled.
    let mut device = Device::new(json!({ "pace": 0.25, "relays": [1, 0, 1] }));
    assert_eq!(device.power("off", &["-i", "iboot_relay_id=3"]).well().stdout, "power off\n");
    device.heard(&[session(START, &["change 0300 -> 00"]), session(START, &["get  -> 010000"])]);
    // A byte a second is slow, but it is an answer.
    let mut device = Device::new(json!({ "pace": 1, "relays": [1, 0, 1] }));
    assert_eq!(device.power("status", &["-i", "iboot_relay_id=3"]).well().stdout, "power on\n");
    device.heard(&[session(START, &["get  -> 010001"])]);
    // The first relay's state is there with the first byte; nobody waits for the others.
    let mut device = Device::new(json!({ "pace": 1, "relays": vec![0; 30], "sequence": 7 }));
    let begun = Instant::now();
    assert_eq!(device.power("status", &[]).well().stdout, "power off\n");
    assert!(begun.elapsed() < Duration::from_secs(10));
    let get = format!("get  -> {}", "00".repeat(30));
    device.heard(&[session(7, &[&get])]);
}

#[test]
fn more_bytes_than_were_asked_for() {
    if !need::programs(PYTHON) {
        return;
    }
    let (on, get) = ("change 0101 -> 00", "get  -> 0100000000000000010101");
    let mut device = Device::new(json!({ "more_get": 3 }));
    assert_eq!(device.power("on", &[]).well().stdout, "power on\n");
    device.heard(&[session(START, &[on]), session(START, &[get])]);
    // Somebody has said that there are eight.
    let count = ["-i", "iboot_relay_count=8", "--max-retry", "1"];
    let ran =
        device.power("status", &count).failed(1, &["PowerStateFailure", "more status bytes", "iboot_relay_count"]);
    assert_eq!(ran.stdout, "error\n");
    device.heard(&[session(START, &[get]), session(START, &[get])]);

    // What is behind a status would be taken for the next answer: the relays are read on a connection of their own.
    let mut device = Device::new(json!({ "more_done": 8 }));
    assert_eq!(device.power("on", &[]).well().stdout, "power on\n");
    device.heard(&[
        session(START, &["change 0101 -> 000000000000000000"]),
        session(START, &["get  -> 0100000000000000"]),
    ]);
    // And so does the next change.
    assert_eq!(device.power("switch", &["--relay", "2=on", "--relay", "3=on"]).well().stdout, "switched\n");
    device.heard(&[
        session(START, &["change 0201 -> 000000000000000000"]),
        session(START, &["change 0301 -> 000000000000000000"]),
        session(START, &["get  -> 0101010000000000"]),
    ]);
}

#[test]
fn fewer_relays_than_were_asked_for() {
    if !need::programs(PYTHON) {
        return;
    }
    let mut device = Device::new(json!({ "relays": [1, 1] }));
    for setting in ["iboot_relay_id=3", "iboot_relay_count=3"] {
        let ran = device.power("status", &["-i", setting, "--max-retry", "0", "--timeout", "5"]);
        assert_eq!(ran.failed(1, &["PowerStateFailure", "fewer relays"]).stdout, "error\n");
        device.heard(&[session(START, &["get  -> 0101"])]);
    }
    let ran = device.power("on", &["-i", "iboot_relay_id=3", "--max-retry", "0", "--timeout", "5"]);
    ran.failed(1, &["PowerStateFailure"]);
    device.heard(&[session(START, &["change 0301 -> 01"]), session(START, &["get  -> 0101"])]);
}

#[test]
fn a_refused_login() {
    if !need::programs(PYTHON) {
        return;
    }
    for login in ["close", "silence"] {
        let mut device = Device::new(json!({ "login": login }));
        std::fs::write(device.password.path(), "hunter2-wrong").expect("a wrong password");
        // Less than the 10 s that an answer may take.
        let limits = ["--max-retry", "1", "--timeout", "9"];
        let words = ["PowerStateFailure", "refuses user name or password (it does not say)"];
        let begun = Instant::now();
        assert_eq!(device.power("status", &limits).failed(1, &words).stdout, "error\n", "{login}");
        assert!(begun.elapsed() < Duration::from_secs(18), "{login}: --timeout is 9 s");
        let refused = ["get  with a wrong login -> "];
        // Silence takes all the time that there is.
        let tries = if login == "close" { 2 } else { 1 };
        device.heard(&vec![session(START, &refused); tries]);

        assert_eq!(device.power("on", &limits).failed(1, &words).stdout, "", "{login}");
        let change = session(START, &["change 0101 with a wrong login -> "]);
        let get = session(START, &refused);
        match login {
            "close" => device.heard(&[change.clone(), change, get.clone(), get]),
            _ => device.heard(&[change.clone(), change, get]),
        };
        // It was only the password.
        std::fs::write(device.password.path(), DXP_PASSWORD).expect("the right password");
        assert_eq!(device.power("status", &[]).well().stdout, "power off\n", "{login}");
        device.heard(&[session(START, &["get  -> 0000000000000000"])]);
    }
}

#[test]
fn whatever_does_not_speak_dxp_is_no_contact() {
    if !need::programs(PYTHON) {
        return;
    }
    let limits = ["--max-retry", "1", "--timeout", "20", "--reboot-delay", "0.1"];
    let banner = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";
    let mut early = Device::new(json!({ "banner": banner, "deaf": true }));
    for action in ["status", "on", "off", "reboot"] {
        let ran = early.power(action, &limits).failed(3, &["PowerStateFailure", "another protocol"]);
        assert_eq!(ran.stdout, if action == "status" { "error\n" } else { "" });
        let words = no_session(&["hello -> "]);
        early.heard(&[words.clone(), words]);
    }
    let pulse = ["--state", "on", "--seconds", "1"];
    early.power("pulse", &[&pulse[..], &limits].concat()).failed(3, &["another protocol"]);

    let mut late = Device::new(json!({ "greeting": "3c68746d6c3e" }));
    late.power("on", &limits).failed(3, &["another protocol"]);
    let words = no_session(&["hello -> 3c68746d6c3e"]);
    late.heard(&[words.clone(), words]);

    let mut deaf = Device::new(json!({ "deaf": true }));
    deaf.power("on", &["--max-retry", "0", "--timeout", "5"]).failed(3, &["hello was not answered"]);
    deaf.heard(&[no_session(&["hello -> "])]);

    // A greeting in pieces begins like an answer. It is found out with the first answer, and no relay is thought to be on.
    let junk = Device::new(json!({ "greeting": "0d0a0d0a6c6f67696e3a", "pace": 0.05 }));
    assert_ne!(junk.power("on", &limits).code, Some(0));

    let nobody = deaf.port;
    let deaf = deaf.python.terminate();
    assert_eq!(deaf.code, None);
    early.port = nobody;
    let ran = early.power("status", &limits).failed(3, &["PowerStateFailure", "refused"]);
    assert_eq!(ran.stdout, "error\n");
}

#[test]
fn a_device_that_serves_one_request_a_connection() {
    if !need::programs(PYTHON) {
        return;
    }
    let mut device = Device::new(json!({ "once": true }));
    // No try is used up by that.
    let switch = ["--relay", "2=on", "--relay", "4=on", "--relay", "6=on", "--max-retry", "0"];
    assert_eq!(device.power("switch", &switch).well().stdout, "switched\n");
    let requests = ["change 0201 -> 00", "change 0401 -> 00", "change 0601 -> 00", "get  -> 0001000100010000"];
    device.heard(&requests.map(|request| session(START, &[request])));
}

#[test]
fn what_fails_is_tried_again_and_never_believed() {
    if !need::programs(PYTHON) {
        return;
    }
    let (on, get_on, get_off) = ("change 0101 -> 00", "get  -> 0100000000000000", "get  -> 0000000000000000");
    // Refused twice.
    let mut device = Device::new(json!({ "refuse": 2 }));
    assert_eq!(device.power("on", &[]).well().stdout, "power on\n");
    device.heard(&[session(START, &["change 0101 -> 01", "change 0101 -> 01", on]), session(START, &[get_on])]);
    // Refused to the end: what the relay is, is read all the same.
    let mut device = Device::new(json!({ "refuse": 9 }));
    device
        .power("on", &["--max-retry", "1"])
        .failed(1, &["PowerStateFailure", "was refused, and the relay last read off"]);
    let refused = session(START, &["change 0101 -> 01", "change 0101 -> 01"]);
    device.heard(&[refused, session(START, &[get_off]), session(START, &[get_off])]);
    // The first answer is lost, and so is that to the first read.
    let mut device = Device::new(json!({ "lose": [1, 3] }));
    assert_eq!(device.power("on", &[]).well().stdout, "power on\n");
    let (lost_on, lost_get) = ("change 0101 -> ", "get  -> ");
    device.heard(&[lost_on, on, lost_get, get_on].map(|request| session(START, &[request])));
    // It says yes and does nothing.
    let mut device = Device::new(json!({ "stuck": true }));
    let words = ["PowerStateFailure", "relay 1 should be on; the request was accepted, and the relay last read off"];
    assert_eq!(device.power("on", &["--max-retry", "1"]).failed(1, &words).stdout, "");
    device.heard(&[on, get_off, get_off].map(|request| session(START, &[request])));
    // So it cannot be rebooted either: the relay is set on again.
    let mut device = Device::new(json!({ "stuck": true, "relays": [1] }));
    let words = ["PowerStateFailure", "did not read off", "set it on again was accepted", "last read on"];
    device.power("reboot", &["--max-retry", "1", "--reboot-delay", "0"]).failed(1, &words);
    let get = "get  -> 01";
    device.heard(&["change 0100 -> 00", get, get, on, get].map(|request| session(START, &[request])));
    // A state that is neither.
    let device = Device::new(json!({ "relays": [7] }));
    let ran =
        device.power("status", &["--max-retry", "0"]).failed(1, &["PowerStateFailure", "neither on (1) nor off (0)"]);
    assert_eq!(ran.stdout, "error\n");
}

#[test]
fn a_pulse_is_never_sent_twice() {
    if !need::programs(PYTHON) {
        return;
    }
    let pulse = ["--state", "on", "--seconds", "5"];
    let (get_on, get_off) = ("get  -> 0100000000000000", "get  -> 0000000000000000");
    let mut device = Device::new(json!({ "lose": [1] }));
    let words = ["PowerStateFailure", "may have been carried out", "last read on"];
    assert_eq!(device.power("pulse", &pulse).failed(1, &words).stdout, "");
    device.heard(&[session(START, &["pulse 01010500 -> "]), session(START, &[get_on])]);

    let mut device = Device::new(json!({ "refuse": 1 }));
    assert_eq!(device.power("pulse", &pulse).failed(1, &["PowerStateFailure", "refused"]).stdout, "");
    device.heard(&[session(START, &["pulse 01010500 -> 01"]), session(START, &[get_off])]);
}

#[test]
fn by_name_and_over_ipv6() {
    if !need::programs(PYTHON) {
        return;
    }
    let get = session(START, &["get  -> 0000000000000000"]);
    let mut device = Device::new(json!({}));
    device.host = "localhost".to_owned();
    assert_eq!(device.power("status", &[]).well().stdout, "power off\n");
    device.heard(std::slice::from_ref(&get));
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return need::missing("IPv6");
    }
    let mut device = Device::new(json!({ "host": "::1" }));
    assert_eq!(device.power("status", &[]).well().stdout, "power off\n");
    device.heard(&[get]);
}

/// How many bytes a packet carries in TCP over IPv4.
fn carried(packet: &Packet) -> usize {
    let ip = &packet.frame[14..];
    let ip_header = usize::from(ip[0] & 15) * 4;
    let tcp_header = usize::from(ip[ip_header + 12] >> 4) * 4;
    usize::from(u16::from_be_bytes([ip[2], ip[3]])) - ip_header - tcp_header
}

/// The first request of the protocol's description, byte by byte.
const FIRST_REQUEST: &str =
    "0361646d696e0000000000000000000000000000000061646d696e000000000000000000000000000000000100d3040201";

#[test]
fn a_recorded_session_is_decoded_without_its_password() {
    if !need::programs(&[PYTHON, &capture::PROGRAMS].concat()) {
        return;
    }
    let Some(namespace) = Namespace::new() else { return };
    let within = Some(&namespace);
    let capture = Capture::start(&namespace, "lo", "tcp");

    // A foreign client and our device; then, so slow that every byte is a segment, the same client again.
    let sim = Sim::new(within, &[]);
    let mut client = Client::new(within, sim.port);
    client.session(&[("change 2 1", "00"), ("get 8", "0001000000000000"), ("keepalive", "00"), ("pulse 3 1 1", "00")]);
    client.step("slowly");
    client.session(&[("change 2 0", "00")]);
    client.python.end().well();
    // Our client and a foreign device.
    let device = Device::within(within, json!({ "relays": [1, 0] }));
    let arguments = device.arguments("on", &["-i", "iboot_relay_id=2"]);
    rackhand(within, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).well();
    // And once with the password of the protocol's description, which is no secret.
    let plain = Device::within(within, json!({ "relays": [0, 0] }));
    std::fs::write(plain.password.path(), "admin").expect("a password");
    let arguments = plain.arguments("on", &["-i", "iboot_relay_id=2", "--max-retry", "0"]);
    let arguments: Vec<_> = arguments.iter().map(|it| it.replace(USER, "admin")).collect();
    // The device wants another one and hangs up, but what was sent was sent.
    rackhand(within, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).failed(1, &[]);

    // Hello six times, then what was asked, then what was answered; the device that hung up answered nothing.
    let asked = [49, 47, 47, 51, 49, 49, 47, 49, 47].iter().sum::<usize>();
    let all = 6 * (9 + 2) + asked + [1, 8, 1, 1, 1, 1, 2].iter().sum::<usize>();
    let enough = |packets: &[Packet]| packets.iter().map(carried).sum::<usize>() >= all;
    let packets = capture.packets("all that was said", enough);
    let first_request: Vec<u8> = (0..FIRST_REQUEST.len() / 2)
        .filter_map(|at| u8::from_str_radix(&FIRST_REQUEST[2 * at..2 * at + 2], 16).ok())
        .collect();
    assert_eq!(first_request.len(), 49);
    assert!(packets.iter().any(|packet| packet.frame.ends_with(&first_request)), "not as the description has it");

    let opened = &["DxP Hello", "DxP Hello answer"][..];
    let (change, get) = (&["DxP Change Relay", "DxP Status"][..], &["DxP Get Relays", "DxP Get Relays answer"][..]);
    let others = &["DxP Keepalive", "DxP Status", "DxP Pulse Relay", "DxP Status"][..];
    let theirs = [opened, change, get, others, opened, change].concat();
    let ours = [opened, change, opened, get].concat();
    let refused = [opened, &change[..1], opened, &get[..1]].concat();
    let expected = [theirs.clone(), ours, refused].concat();
    let pcapng = capture.pcapng();
    for file in [capture.pcap(), &pcapng] {
        let ran = rackhand(None, &["decode", "--json", utf8(file)]).well();
        let messages: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let names: Vec<_> = messages.iter().map(|message| message["message"].as_str().unwrap_or("none")).collect();
        assert_eq!(names, expected, "{}", file.display());

        let field = |message: &Value, name: &str| {
            let fields = message["fields"].as_array().expect("fields");
            let values = fields.iter().filter(|field| field["name"] == name);
            values.map(|field| field["value"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        for message in messages.iter().filter(|message| field(message, "sequence").len() == 1) {
            assert_eq!(field(message, "password"), ["******"]);
            let user = field(message, "user name");
            assert!(user == ["\"admin\""] || user == [format!("\"{}\"", USER.as_bytes().escape_ascii())], "{user:?}");
        }
        let [_, greeted, change, done, _, _, _, got, ..] = &messages[theirs.len()..] else { panic!("{messages:?}") };
        assert_eq!(field(greeted, "initial sequence"), ["1234"]);
        assert_eq!(field(change, "sequence"), ["1235"]);
        assert_eq!((field(change, "relay"), field(change, "state")), (vec!["2".to_owned()], vec!["1 (on)".to_owned()]));
        assert_eq!(field(done, "status"), ["0 (success)"]);
        assert_eq!(field(got, "relay"), ["1 (on)", "1 (on)"]);
        assert_eq!(field(&messages[8], "width"), ["1 (seconds)"]);
    }
    let text = rackhand(None, &["decode", utf8(capture.pcap())]).well().stdout;
    assert!(text.contains("DxP Get Relays answer") && text.contains("******"), "{text}");

    // The same bytes as tshark takes them out, without the connection around them.
    let filter = "tcp.len >= 9";
    let payloads = capture::tshark(&["-r", utf8(capture.pcap()), "-Y", filter, "-T", "fields", "-e", "tcp.payload"]);
    let lines: Vec<_> = payloads.stdout.lines().collect();
    let mut decode = Running::start(command(None, RACKHAND, &["decode", "--json"]));
    decode.say(lines.join("\n\n").as_bytes());
    let named = decode.end().well().stdout;
    assert_eq!(named.lines().count(), lines.len(), "{named}");
    assert_eq!(named.matches("DxP Change Relay\"").count(), 3, "{named}");

    assert_eq!(sim.switched().first().map(String::as_str), Some("2 on"));
}
