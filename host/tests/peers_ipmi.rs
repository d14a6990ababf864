//! The simulated BMC with foreign software: ipmitool and FreeIPMI, which share no code with Rackhand. PyPI's `pyghmi` drives it in
//! tests/clients/test_ipmi.py.

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use common::need;
use common::process::{RACKHAND, Ran, Running, command};

/// Nothing else that is said here is like it; twenty bytes, the most that there may be.
const PASSWORD: &str = "Bmc!Pass-7f3a-20byte";
/// The suites that these clients have, and that are any good.
const SUITES: [&str; 2] = ["3", "17"];

/// `rackhand sim bmc`.
struct Sim {
    rackhand: Running,
    port: u16,
}

/// The port in the word that a program listens.
fn port_of(line: &str) -> Option<u16> {
    line.rsplit(':').next()?.parse().ok()
}

impl Sim {
    #[track_caller]
    fn new(more: &[&str]) -> Self {
        let mut arguments = vec!["sim", "bmc", "--listen", "127.0.0.1:0", "--password", PASSWORD];
        arguments.extend(more);
        let mut rackhand = Running::start(command(None, RACKHAND, &arguments));
        let port = rackhand.line("word that it listens", port_of);
        Self { rackhand, port }
    }

    /// Asks by ipmitool, with the options before what is asked.
    #[track_caller]
    fn ipmitool_with(&self, password: &str, suite: &str, more: &[&str], what: &str) -> Ran {
        let port = self.port.to_string();
        let mut arguments = vec!["-I", "lanplus", "-H", "127.0.0.1", "-p", &port, "-U", "admin", "-P", password];
        arguments.extend(["-C", suite, "-N", "2", "-R", "2"]);
        arguments.extend(more);
        arguments.extend(what.split(' '));
        Running::start(command(None, "ipmitool", &arguments)).end()
    }

    #[track_caller]
    fn ipmitool(&self, suite: &str, what: &str) -> String {
        self.ipmitool_with(PASSWORD, suite, &[], what).well().stdout
    }

    /// Asks by one of FreeIPMI's programs. It keeps what it reads of records in the home folder.
    #[track_caller]
    fn freeipmi(&self, home: &tempfile::TempDir, program: &str, suite: &str, what: &[&str]) -> Ran {
        let host = format!("127.0.0.1:{}", self.port);
        let mut arguments = vec!["-D", "LAN_2_0", "-h", &host, "-u", "admin", "-p", PASSWORD, "-I", suite];
        arguments.extend(["--session-timeout", "5000"]);
        arguments.extend(what);
        let mut command = command(None, program, &arguments);
        command.env("HOME", home.path());
        Running::start(command).end()
    }

    /// Waits until it has said this.
    #[track_caller]
    fn says(&mut self, text: &str) {
        self.rackhand.line(text, |line| line.contains(text).then_some(()));
    }

    /// Ends it; what it has said.
    #[track_caller]
    fn said(self) -> String {
        let ran = self.rackhand.terminate().well();
        assert!(!ran.stdout.contains(PASSWORD) && !ran.stderr.contains(PASSWORD), "the password is told");
        ran.stdout
    }
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no '{word}' in {text}");
    }
}

#[test]
fn ipmitool_switches_and_reads() {
    if !need::programs(&["ipmitool"]) {
        return;
    }
    for suite in SUITES {
        let mut sim = Sim::new(&["--on-delay", "0", "--off-delay", "0"]);
        assert_eq!(sim.ipmitool(suite, "chassis power status"), "Chassis Power is off\n");
        let refused = sim.ipmitool_with(PASSWORD, suite, &[], "chassis power reset").failed(1, &[]);
        has(&refused.stderr, &["Command not supported in present state"]);
        sim.ipmitool(suite, "chassis bootdev pxe options=persistent,efiboot");
        let flags = sim.ipmitool(suite, "chassis bootparam get 5");
        has(&flags, &["Boot Flag Valid", "all future boots", "BIOS EFI boot", "Force PXE"]);
        sim.ipmitool(suite, "chassis power on");
        sim.says("BMC started: PXE");
        assert_eq!(sim.ipmitool(suite, "chassis power status"), "Chassis Power is on\n");
        sim.ipmitool(suite, "chassis power diag");
        sim.says("BMC diagnostic interrupt");
        sim.ipmitool(suite, "chassis power cycle");
        has(&sim.ipmitool(suite, "sdr list all"), &["Inlet Temp", "23 degrees C", "PwrUnit1", "RACKSIM", "Chassis"]);
        has(&sim.ipmitool(suite, "mc info"), &["2.15", "343"]);
        assert_eq!(sim.ipmitool(suite, "mc selftest"), "Selftest: passed\n");
        let said = sim.said();
        has(&said, &["session of 'admin' opened", "session closed", "boot flags set: PXE, for every start, EFI"]);
    }
}

#[test]
fn ipmitool_is_turned_away() {
    if !need::programs(&["ipmitool"]) {
        return;
    }
    let mut sim = Sim::new(&["--privilege", "user"]);
    sim.ipmitool_with("wrong", "17", &[], "chassis power status").failed(1, &["Unable to establish"]);
    let refused = sim.ipmitool_with(PASSWORD, "17", &["-L", "USER"], "chassis power on");
    has(&refused.failed(1, &[]).stderr, &["Insufficient privilege level"]);
    sim.ipmitool_with(PASSWORD, "17", &["-L", "ADMINISTRATOR"], "chassis power status").failed(1, &[]);
    sim.says("failed login");
    drop(sim);
    let only_three = Sim::new(&["--suites", "3"]);
    only_three.ipmitool_with(PASSWORD, "17", &[], "chassis power status").failed(1, &[]);
    // Without a number it asks which there are.
    let found = only_three.ipmitool("3", "channel getciphers ipmi 1");
    has(&found, &["hmac_sha1", "aes_cbc_128"]);
    let kg = "0102030405060708090a0b0c0d0e0f1011121314";
    let sim = Sim::new(&["--kg", kg]);
    sim.ipmitool_with(PASSWORD, "17", &["-y", kg], "chassis power status").well();
    sim.ipmitool_with(PASSWORD, "17", &[], "chassis power status").failed(1, &[]);
}

/// Which client takes which shape is their own matter: ipmi.md, section 5.
#[test]
fn ipmitool_asks_node_manager() {
    if !need::programs(&["ipmitool"]) {
        return;
    }
    let bridge = ["-b", "6", "-t", "0x2c"];
    for (shape, suite) in [("separate", "17"), ("inline", "3")] {
        let sim = Sim::new(&["--bridging", shape]);
        let ask = |what: &str| sim.ipmitool_with(PASSWORD, suite, &bridge, what);
        assert_eq!(ask("raw 0x2e 0xca 0x57 0x01 0x00").well().stdout, " 57 01 00 05 03 07 01 02\n");
        let statistics = ask("raw 0x2e 0xc8 0x57 0x01 0x00 0x01 0x00 0x00").well().stdout;
        assert_eq!(statistics, " 57 01 00 ca 00 96 00 f0 00 c8 00 80 5f b2 56 4d\n 08 00 00 f0\n");
        has(&ask("raw 0x2e 0xc2 0x57 0x01 0x00 0x00 0x63").failed(1, &[]).stderr, &["rsp=0x80"]);
        has(&ask("raw 6 1").well().stdout, &["50 01 01 02"]);
    }
    let sim = Sim::new(&["--bridging", "none"]);
    sim.ipmitool_with(PASSWORD, "17", &bridge, "raw 0x2e 0xca 0x57 0x01 0x00").failed(1, &[]);
}

#[test]
fn freeipmi_switches_and_reads() {
    if !need::programs(&["ipmipower", "ipmi-raw", "ipmi-chassis", "ipmi-sensors"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    for suite in SUITES {
        let mut sim = Sim::new(&["--on-delay", "0", "--off-delay", "0"]);
        has(&sim.freeipmi(&home, "ipmipower", suite, &["-s"]).well().stdout, &["off"]);
        has(&sim.freeipmi(&home, "ipmipower", suite, &["--on", "--wait-until-on"]).well().stdout, &["ok"]);
        has(&sim.freeipmi(&home, "ipmipower", suite, &["-s"]).well().stdout, &["on"]);
        // ipmi-chassis 1.6.10 sends no device with --set-boot-flags, whatever --boot-device says.
        let pxe = ["-l", "ADMIN", "0", "0", "8", "5", "0x80", "4", "0", "0", "0"];
        sim.freeipmi(&home, "ipmi-raw", suite, &pxe).well();
        let status = sim.freeipmi(&home, "ipmi-chassis", suite, &["--get-chassis-status"]).well().stdout;
        has(&status, &["System Power                        : on"]);
        sim.freeipmi(&home, "ipmipower", suite, &["--reset"]).well();
        sim.says("BMC started: PXE");
        let raw = sim.freeipmi(&home, "ipmi-raw", suite, &["-l", "ADMIN", "0", "6", "1"]).well();
        has(&raw.stdout, &["01 00 20 01 02 15 02 BF 57 01 00 71 00"]);
        let sensors = sim.freeipmi(&home, "ipmi-sensors", suite, &["--sdr-cache-recreate"]).well();
        has(&sensors.stdout, &["Inlet Temp", "23.00"]);
        sim.said();
    }
    // The privilege of the opening is in the keys: without the workaround it does not come in.
    let quirky = Sim::new(&["--fault", "keys-from-open"]);
    let workaround = ["-W", "opensesspriv", "-l", "ADMIN", "0", "6", "1"];
    quirky.freeipmi(&home, "ipmi-raw", "17", &workaround).well();
    let without = quirky.freeipmi(&home, "ipmi-raw", "17", &["-l", "ADMIN", "0", "6", "1"]);
    assert_ne!(without.code, Some(0), "{without:?}");
}

#[test]
fn freeipmi_asks_node_manager() {
    if !need::programs(&["ipmi-oem", "ipmi-raw"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    // It takes the answer before or behind that of Send Message, and not within it.
    for (shape, suite) in [("separate", "3"), ("reordered", "17")] {
        let sim = Sim::new(&["--bridging", shape]);
        let ask = |what: &[&str]| {
            sim.freeipmi(&home, "ipmi-oem", suite, &[&["-l", "ADMIN", "intelnm"], what].concat()).well().stdout
        };
        has(&ask(&["get-node-manager-version"]), &["Node Manager Version   : 3.0", "1.02"]);
        let power = ask(&["get-node-manager-statistics", "mode=globalpower", "domainid=platform"]);
        has(&power, &["202 Watts", "150 Watts", "240 Watts", "200 Watts", "2125 seconds", "Enabled", "In Progress"]);
        let capabilities = ask(&["get-node-manager-capabilities", "domainid=platform", "policytrigger=none"]);
        has(&capabilities, &["Max Concurrent Settings         : 16", "4096 W", "100 W", "100000 ms", "32768 s"]);
        let policy = ask(&["get-node-manager-policy", "domainid=platform", "policyid=11"]);
        has(&policy, &["250 W", "10000 ms", "20000 s", "Send Alert Action      : enabled"]);
        let periods = ask(&["get-node-manager-policy-suspend-periods", "domainid=platform", "policyid=13"]);
        has(&periods, &["Number of Policy Suspend Periods     : 2", "02:00", "10:00", "03:00", "15:00"]);
        let limit = ["policytriggerlimit=0", "policytargetlimit=200", "correctiontimelimit=1000"];
        let rest = ["statisticsreportingperiod=600", "policystorage=persistent", "policystate=enable"];
        let which = ["set-node-manager-policy", "domainid=platform", "policyid=20", "policytrigger=none"];
        ask(&[&which[..], &limit[1..], &rest].concat());
        has(&ask(&["get-node-manager-policy", "domainid=platform", "policyid=20"]), &["200 W", "1000 ms", "600 s"]);
        ask(&["remove-node-manager-policy", "domainid=platform", "policyid=20"]);
        let gone = ["-l", "ADMIN", "intelnm", "get-node-manager-policy", "domainid=platform", "policyid=20"];
        sim.freeipmi(&home, "ipmi-oem", suite, &gone).failed(1, &["Invalid Policy Id"]);
    }
}

/// What baselines.md has measured of the peers: what a share of lost answers does to them is the same each time.
#[test]
fn losses_are_borne() {
    if !need::programs(&["ipmi-raw"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let sim = Sim::new(&["--fault", "loss=100", "--seed", "3"]);
    for _ in 0..3 {
        sim.freeipmi(&home, "ipmi-raw", "3", &["-l", "ADMIN", "--retransmission-timeout", "300", "0", "6", "1"]).well();
    }
}

#[test]
fn wrong_options_say_what_there_is() {
    let refused = |more: &[&str], words: &[&str]| {
        let arguments = [&["sim", "bmc", "--listen", "127.0.0.1:0"], more].concat();
        Running::start(command(None, RACKHAND, &arguments)).end().failed(2, words);
    };
    refused(&["--suites", "8"], &["--suites 8", "0, 1, 2, 3, 15, 16, 17"]);
    refused(&["--kg", "0g"], &["--kg", "hexadecimal"]);
    refused(&["--kg", "010203040506070809101112131415161718192021"], &["--kg", "20"]);
    refused(&["--password", "123456789012345678901"], &["--password", "20"]);
    refused(&["--user", "12345678901234567"], &["--user", "16"]);
    refused(&["--fault", "los=3"], &["los=3", "loss=THOUSANDTHS"]);
    refused(&["--bridging", "odd"], &["separate", "inline", "reordered", "none"]);
}
