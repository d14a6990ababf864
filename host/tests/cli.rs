//! The command line as a person meets it: results, exit statuses, errors, secrets.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const RACKHAND: &str = env!("CARGO_BIN_EXE_rackhand");

fn rackhand(arguments: &[&str]) -> Output {
    Command::new(RACKHAND).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Standard output, standard error and exit status.
fn said(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

/// A simulated device that ends with the test.
struct Sim {
    child: Child,
    port: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Sim {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(RACKHAND)
            .arg("sim")
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let port = first.trim().rsplit(':').next().unwrap().to_owned();
        Self { child, port, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn power(&self, action: &[&str], extra: &[&str]) -> Output {
        let port = format!("iboot_port={}", self.port);
        let info = ["iboot_address=127.0.0.1", &port, "iboot_username=admin", "iboot_password=admin"];
        let info: Vec<&str> = info.into_iter().flat_map(|pair| ["-i", pair]).collect();
        let fixed = ["--driver", "staging-iboot", "--retry-interval", "0.01", "--reboot-delay", "0.1"];
        rackhand(&[&["power"], action, &fixed, &info, extra].concat())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_device_through_all_its_actions() {
    let mut sim = Sim::start(&["iboot", "--relays", "4"]);
    for (action, result) in [
        (&["status"][..], "power off\n"),
        (&["on"], "power on\n"),
        (&["status"], "power on\n"),
        (&["reboot"], "power on\n"),
        (&["off"], "power off\n"),
        (&["switch", "--relay", "2=on", "--relay", "4=on"], "switched\n"),
        (&["pulse", "--state", "on", "--seconds", "30"], "pulsed; right after: power on\n"),
    ] {
        assert_eq!(said(&sim.power(action, &[])), (result.to_owned(), String::new(), 0), "{action:?}");
        // What the device tells is read as it comes, so that every line belongs to its action.
        let lines: &[&str] = match action {
            ["on"] => &["iBoot relay 1 on"],
            ["reboot"] => &["iBoot relay 1 off", "iBoot relay 1 on"],
            ["off"] => &["iBoot relay 1 off"],
            _ => &[],
        };
        for line in lines {
            assert_eq!(sim.line(), *line, "{action:?}");
        }
    }
}

#[test]
fn json_for_machines() {
    let sim = Sim::start(&["iboot"]);
    let (out, err, status) = said(&sim.power(&["on"], &["--json"]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!((json["driver"].as_str(), json["power_state"].as_str()), (Some("staging-iboot"), Some("power on")));
    assert!(json["seconds"].as_f64().unwrap() < 30.0);

    let (out, _, status) = said(&sim.power(&["status"], &["--json", "-i", "iboot_relay_id=40"]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, json["error"]["name"].as_str()), (2, Some("InvalidParameterValue")));
    assert_eq!(json["error"]["detail"]["invalid_parameter_value"]["setting"], "iboot_relay_id");
    assert_eq!(json["power_state"], serde_json::Value::Null);
}

#[test]
fn exit_statuses() {
    let sim = Sim::start(&["iboot", "--relays", "2"]);
    // The device is there and does not do it.
    let refusing = Sim::start(&["iboot", "--fault", "refuse"]);
    let (out, err, status) = said(&refusing.power(&["on"], &[]));
    assert_eq!((out.as_str(), status), ("", 1));
    assert!(
        err.contains(
            "relay 1 should be on; the request was refused, and the relay last read off; last: the device answered \
             failure, status 1"
        ),
        "{err}"
    );
    // What never left is not said to be done: the list ends at the change that is refused, which was carried out.
    let odd = Sim::start(&["iboot", "--fault", "wrong-status=5*4"]);
    let (_, err, status) = said(&odd.power(&["switch", "--relay", "1=on", "--relay", "2=on"], &[]));
    assert!(err.contains("relay 2 should be on; the request was never sent, and the relay last read off;"), "{err}");
    assert_eq!(status, 1);
    // Reached, switched off, and then gone: no lack of contact, and the relay is off.
    let gone = Sim::start(&["iboot", "--fault", "drop-hello^3"]);
    assert_eq!(said(&gone.power(&["status"], &[])).2, 0);
    let (_, err, status) = said(&gone.power(&["reboot"], &["--max-retry", "0"]));
    let off = "relay 1 was told to go off and read off; it could not be switched on again: the request was never sent";
    assert!(err.contains(off) && status == 1, "{status}: {err}");
    // There must be time to switch it on again.
    let (_, err, status) = said(&sim.power(&["reboot"], &["--timeout", "15"]));
    assert!(err.contains("timeout must be at least 16 s") && status == 2, "{status}: {err}");
    let (_, err, status) = said(&sim.power(&["pulse", "--state", "on", "--seconds", "0"], &[]));
    assert!(err.contains("0 is not in 1..=65535") && status == 2, "{status}: {err}");
    // A state that cannot be read is the state `error`.
    let (out, err, status) = said(&sim.power(&["status"], &["-i", "iboot_password=wrong", "--max-retry", "0"]));
    assert_eq!((out.as_str(), status), ("error\n", 1));
    assert!(err.contains("user name or password"), "{err}");
    // Usage and settings.
    for extra in [&["-i", "iboot_port=0"][..], &["-i", "iboot_relayid=2"], &["-i", "novalue"], &["--timeout", "-1"]] {
        assert_eq!(said(&sim.power(&["status"], extra)).2, 2, "{extra:?}");
    }
    assert_eq!(said(&sim.power(&["off", "--soft"], &[])).2, 2);
    assert_eq!(said(&sim.power(&["switch", "--relay", "2"], &[])).2, 2);
    assert_eq!(said(&sim.power(&["switch", "--relay", "2=on", "--relay", "2=off"], &[])).2, 2);
    assert_eq!(said(&rackhand(&["power", "status", "--driver", "staging-nm"])).2, 2);
    assert_eq!(said(&rackhand(&["power", "status", "--driver", "idrac"])).2, 2);
    assert_eq!(said(&rackhand(&["sim", "iboot", "--fault", "nonsense", "--listen", "127.0.0.1:0"])).2, 2);
    // Nobody there.
    let (out, err, status) = said(&sim.power(&["status"], &["-i", "iboot_port=1", "--max-retry", "0"]));
    assert_eq!((out.as_str(), status), ("error\n", 3));
    assert!(err.contains("refused: nothing listens on that port"), "{err}");
    let (_, _, status) = said(&sim.power(&["status"], &["-i", "iboot_address=pdu.invalid", "--max-retry", "0"]));
    assert_eq!(status, 3);
}

#[test]
fn a_secret_comes_from_a_file_and_goes_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "tr0ub4dor\n").unwrap();
    let at = format!("@{}", file.display());
    let sim = Sim::start(&["iboot", "--password", &at]);
    let setting = format!("iboot_password={at}");
    let (out, err, status) = said(&sim.power(&["on"], &["-i", &setting]));
    assert_eq!((out.as_str(), err.as_str(), status), ("power on\n", "", 0));

    std::fs::write(&file, "tr0ub4dor&3-much-too-long").unwrap();
    for extra in [&["--json"][..], &[]] {
        let (out, err, status) = said(&sim.power(&["on"], &[&["-i", &setting], extra].concat()));
        assert_eq!(status, 2);
        assert!(!format!("{out}{err}").contains("tr0ub4dor"), "{out}{err}");
    }
    let missing = said(&sim.power(&["on"], &["-i", "iboot_password=@/nonexistent"]));
    assert!(missing.2 == 2 && missing.1.contains("'/nonexistent' cannot be read"), "{missing:?}");
}

#[test]
fn wake_on_lan() {
    let mut sim = Sim::start(&["nic", "--mac", "02:00:00:00:00:09", "--password", "1.2.3.4"]);
    let port = format!("wol_port={}", sim.port);
    let base = ["--driver", "staging-wol", "--port", "02-00-00-00-00-09", "-i", "wol_host=127.0.0.1", "-i", &port];
    let wake = |action: &str, extra: &[&str]| said(&rackhand(&[&["power", action][..], &base, extra].concat()));
    let (out, err, status) = wake("on", &["-i", "wol_password=1.2.3.4"]);
    assert_eq!((out.as_str(), status), ("power on\n", 0));
    assert!(err.contains("whether the machine woke up cannot be asked"), "{err}");
    assert_eq!(sim.line(), "sleeping machine woke up");
    // It cannot wake again, and tells all the same.
    assert_eq!(wake("on", &["-i", "wol_password=1.2.3.4"]).2, 0);
    assert_eq!(sim.line(), "sleeping machine heard its magic packet (already awake)");
    let (_, err, status) = wake("on", &["-i", "wol_repeat=255", "--timeout", "5"]);
    assert!(err.contains("timeout must be at least 128 s") && status == 2, "{status}: {err}");
    let (out, err, status) = wake("off", &[]);
    assert_eq!((out.as_str(), status), ("power off\n", 0));
    assert!(err.contains("by hand"), "{err}");
    let (out, err, status) = wake("status", &[]);
    assert_eq!((out.as_str(), status), ("power off\n", 0));
    assert!(err.contains("cannot be asked"), "{err}");
    assert_eq!(said(&rackhand(&["power", "on", "--driver", "staging-wol"])).2, 2, "no port");
}

#[test]
fn decode_names_fields_and_hides_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.txt");
    // The example of the specification's facts: admin, admin, relay 2 on, sequence 1235.
    let request = concat!(
        "0000  03 61 64 6d 69 6e 00 00 00 00 00 00 00 00 00 00  .admin..........\n",
        "0010  00 00 00 00 00 00 61 64 6d 69 6e 00 00 00 00 00  ......admin.....\n",
        "0020  00 00 00 00 00 00 00 00 00 00 00 01 00 d3 04 02  ................\n",
        "0030  01                                               .\n",
    );
    std::fs::write(&file, request).unwrap();
    let (out, _, status) = said(&rackhand(&["decode", file.to_str().unwrap()]));
    assert_eq!(status, 0, "{out}");
    for line in ["DxP Change Relay", "sequence               1235", "******", "DxP Protocol, Change Relay"] {
        assert!(out.contains(line), "{out}");
    }
    assert_eq!(out.matches("admin").count(), 1, "the user name, not the password: {out}");

    let (out, _, _) = said(&rackhand(&["decode", "--json", file.to_str().unwrap()]));
    let json: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!(json["message"], "DxP Change Relay");
    assert_eq!(json["fields"][2]["value"], "******");

    for (text, status) in [("0102", 1), ("zz", 2), ("", 2)] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(said(&rackhand(&["decode", file.to_str().unwrap()])).2, status, "{text:?}");
    }
    assert_eq!(said(&rackhand(&["decode", "/nonexistent"])).2, 2);
}

/// Answers every request on every connection with `answer`, and closes. Ends with the test.
fn answers_always(answer: &'static str) -> u16 {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"Envelope>") {
                let mut some = [0; 4096];
                match stream.read(&mut some) {
                    Ok(read @ 1..) => request.extend_from_slice(&some[..read]),
                    _ => break,
                }
            }
            // It may have hung up.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn amt_statuses_and_words() {
    let amt = |command: &[&str], port: u16, timeout: &str, extra: &[&str]| {
        let port = format!("amt_port={port}");
        let info = ["amt_address=127.0.0.1", &port, "amt_username=admin", "amt_password=hunter2"];
        let info: Vec<&str> = info.into_iter().flat_map(|pair| ["-i", pair]).collect();
        said(&rackhand(&[command, &["--driver", "staging-amt", "--timeout", timeout], &info, extra].concat()))
    };
    let locked = answers_always(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"Digest:10DF\",nonce=\"abc\",stale=\"false\",\
         qop=\"auth\"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    let all = [
        &["power", "status"][..],
        &["power", "on"],
        &["power", "reboot", "--soft"],
        &["power", "on", "--boot-device", "pxe"],
        &["power", "reboot", "--boot-device", "bios"],
        &["describe"],
    ];
    for command in all {
        let (out, err, status) = amt(command, locked, "45", &[]);
        assert_eq!(status, 1, "{command:?}: {out}{err}");
        assert!(err.contains("user name or password") && !err.contains("hunter2"), "{err}");
    }
    // Nobody there: bound, and nobody listens. Silence is what a device that sleeps gives, so it is not tried for long.
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for command in [&["power", "status"][..], &["describe", "--json"]] {
        let (out, err, status) = amt(command, refusing, "2", &[]);
        assert_eq!(status, 3, "{command:?}: {out}{err}");
    }
    // Usage, and nothing is sent.
    for command in [&["power", "on", "--boot-device", "safe"][..], &["power", "on", "--boot-device", "odd"]] {
        assert_eq!(amt(command, locked, "45", &[]).2, 2, "{command:?}");
    }
    let (_, err, status) = amt(&["describe"], locked, "45", &["-i", "amt_port=0"]);
    assert!(err.contains("amt_port must be") && status == 2, "{err}");
    let other = ["power", "on", "--driver", "staging-wol", "--port", "02:00:00:00:00:01", "--boot-device", "pxe"];
    assert_eq!(said(&rackhand(&other)).2, 2);
    assert_eq!(said(&rackhand(&["describe", "--driver", "staging-wol", "--port", "02:00:00:00:00:01"])).2, 2);
}

/// `power` on a simulated AMT that speaks TLS.
fn amt_over_tls(sim: &Sim, action: &[&str], extra: &[&str]) -> (String, String, i32) {
    let port = format!("amt_port={}", sim.port);
    let info = ["amt_address=127.0.0.1", "amt_protocol=https", &port, "amt_username=admin", "amt_password=hunter2"];
    let info: Vec<&str> = info.into_iter().chain(extra.iter().copied()).flat_map(|pair| ["-i", pair]).collect();
    said(&rackhand(&[&["power"], action, &["--driver", "staging-amt", "--json"], &info].concat()))
}

fn power_state(out: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(out).unwrap();
    json["power_state"].as_str().unwrap().to_owned()
}

/// What a simulated device has told of its certificate.
fn fingerprint(sim: &mut Sim) -> String {
    let line = sim.line();
    let fingerprint = line.strip_prefix("AMT certificate's SHA-256 fingerprint: ");
    fingerprint.unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn a_simulated_amt_over_tls_is_pinned_or_its_own_ca() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "what another one has left").unwrap();
    let path = file.to_str().unwrap();
    let mut sim = Sim::start(&["amt", "--tls", "--ca-file-out", path, "--password", "hunter2"]);
    let seen = fingerprint(&mut sim);
    let (pin, ca_file) = (format!("amt_tls_fingerprint={seen}"), format!("amt_tls_ca_file={path}"));
    for trust in [&[&*pin][..], &[&*ca_file], &[&*ca_file, "amt_address=localhost"], &["amt_tls_insecure=true"]] {
        let (out, err, status) = amt_over_tls(&sim, &["status"], trust);
        assert_eq!((power_state(&out).as_str(), err.as_str(), status), ("power off", "", 0), "{trust:?}");
    }
    let (out, err, status) = amt_over_tls(&sim, &["on", "--boot-device", "pxe"], &[&pin]);
    assert_eq!((power_state(&out).as_str(), status), ("power on", 0), "{err}");
    while sim.line() != "AMT started from pxe" {}

    // Who is not known is shown, so that he can be pinned.
    let other = format!("amt_tls_fingerprint={}", "00".repeat(32));
    for (trust, why) in [(&[&*other][..], "not the one that is pinned"), (&[], "not signed by a known CA")] {
        let (out, _, status) = amt_over_tls(&sim, &["off"], trust);
        assert!(out.contains(why) && out.contains(&seen) && status == 1, "{status}: {out}");
        assert!(!out.contains("hunter2"), "{out}");
    }
    // And who speaks TLS speaks nothing else.
    let (out, _, status) = amt_over_tls(&sim, &["status"], &["amt_protocol=http", &pin]);
    assert!(out.contains("amt_tls_fingerprint") && status == 2, "{status}: {out}");
    let plain = Sim::start(&["amt", "--password", "hunter2"]);
    let (out, _, status) = amt_over_tls(&plain, &["status"], &[&pin]);
    assert!(out.contains("the device does not speak TLS on that port") && status == 1, "{status}: {out}");
}

#[test]
fn a_simulated_amt_shows_the_certificate_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let [cert, key, other, none] = ["cert", "key", "other", "none"].map(|name| folder.path().join(name));
    let [one, two] = ["amt-7.example.org", "127.0.0.1"]
        .map(|name| rcgen::generate_simple_self_signed(vec![name.to_owned(), "127.0.0.1".to_owned()]).unwrap());
    std::fs::write(&cert, one.cert.pem()).unwrap();
    std::fs::write(&key, one.signing_key.serialize_pem()).unwrap();
    std::fs::write(&other, two.signing_key.serialize_pem()).unwrap();
    let [cert, key, other, none] = [&cert, &key, &other, &none].map(|path| path.to_str().unwrap());
    let mut sim = Sim::start(&["amt", "--tls", "--cert-file", cert, "--key-file", key, "--password", "hunter2"]);
    let pin = format!("amt_tls_fingerprint={}", fingerprint(&mut sim));
    let ca_file = format!("amt_tls_ca_file={cert}");
    for trust in [&pin, &ca_file] {
        let (out, err, status) = amt_over_tls(&sim, &["status"], &[trust]);
        assert_eq!((power_state(&out).as_str(), status), ("power off", 0), "{trust}: {err}");
    }

    let missing = format!("{none}/ca.pem");
    for (arguments, status, words) in [
        (&["--cert-file", cert, "--key-file", other][..], 2, other),
        (&["--cert-file", key, "--key-file", key], 2, "there is no certificate in it"),
        (&["--cert-file", cert, "--key-file", none], 2, "--key-file '"),
        (&["--cert-file", cert], 2, "--key-file"),
        (&["--key-file", key], 2, "--cert-file"),
        (&["--cert-file", cert, "--key-file", key, "--ca-file-out", none], 2, "cannot be used with"),
        (&["--ca-file-out", &missing], 1, "--ca-file-out '"),
    ] {
        let (out, err, ended) =
            said(&rackhand(&[&["sim", "amt", "--tls", "--listen", "127.0.0.1:0"], arguments].concat()));
        assert!(ended == status && err.contains(words) && out.is_empty(), "{arguments:?}: {ended}: {out}{err}");
    }
    for alone in [&["--ca-file-out", none][..], &["--cert-file", cert, "--key-file", key]] {
        let (_, err, status) = said(&rackhand(&[&["sim", "amt", "--listen", "127.0.0.1:0"], alone].concat()));
        assert!(err.contains("--tls") && status == 2, "{alone:?}: {err}");
    }
}

#[test]
fn a_bmc_its_boot_device_and_node_manager() {
    let mut sim = Sim::start(&["bmc", "--password", "hunter2", "--fault", "drops-persistent*1"]);
    let port = format!("ipmi_port={}", sim.port);
    let bmc = |command: &[&str], driver: &str, extra: &[&str]| {
        let info = ["ipmi_address=127.0.0.1", &port, "ipmi_username=admin", "ipmi_password=hunter2"];
        let info: Vec<&str> = info.into_iter().flat_map(|pair| ["-i", pair]).collect();
        said(&rackhand(&[command, &["--driver", driver], &info, extra].concat()))
    };
    for (action, state) in [(&["on"][..], "on"), (&["reboot"], "on"), (&["off"], "off"), (&["status"], "off")] {
        let (out, err, status) = bmc(&[&["power"], action].concat(), "ipmi", &[]);
        assert_eq!((out, err.as_str(), status), (format!("power {state}\n"), "", 0), "{action:?}");
    }
    while sim.line() != "BMC power off" {}

    let (out, _, status) = bmc(&["boot-device", "show"], "ipmi", &[]);
    assert_eq!((out.as_str(), status), ("none: the machine's own order counts\n", 0));
    let (out, err, status) = bmc(&["boot-device", "set", "pxe", "--persistent", "--efi"], "staging-nm", &[]);
    assert_eq!((out.as_str(), status), ("pxe, the next start, UEFI\n", 0));
    assert!(err.contains("not for how many starts"), "{err}");
    let (_, err, status) = bmc(&["boot-device", "set", "safe", "--persistent"], "ipmi", &[]);
    assert_eq!((err.as_str(), status), ("", 0));
    let (out, _, _) = bmc(&["boot-device", "show", "--json"], "ipmi", &[]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["boot_device"], &json["persistent"], &json["efi"]), (&"safe".into(), &true.into(), &true.into()));

    let (out, err, status) = bmc(&["passthru", "get_nm_version"], "staging-nm", &[]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!((json["nm"].as_str(), status), (Some("3.0"), 0));
    let policy = ["passthru", "get_nm_policy", "--arg", "domain_id=platform", "--arg", "policy_id=11"];
    let (out, _, status) = bmc(&policy, "staging-nm", &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((json["result"]["target_limit"].as_u64(), status), (Some(250), 0), "{out}");
    let enable = ["passthru", "control_nm_policy", "--body", r#"{"scope": "global", "enable": true}"#];
    assert_eq!(bmc(&enable, "staging-nm", &[]), ("done\n".to_owned(), String::new(), 0));
    let (out, _, status) = bmc(&["passthru", "send_raw", "--arg", "raw_bytes=0x06 0x01"], "ipmi", &[]);
    assert!(out.starts_with("20 01 ") && status == 0, "{out}");

    // What is wrong is named, and what the device says is told.
    let none = ["passthru", "get_nm_policy", "--arg", "domain_id=platform", "--arg", "policy_id=200"];
    for (command, driver, expected, words) in [
        (&none[..], "staging-nm", 1, "there is no such policy"),
        (
            &["passthru", "get_nm_policy", "--arg", "policy_id=256"],
            "staging-nm",
            2,
            "MissingParameterValue: missing: domain_id",
        ),
        (&["passthru", "get_nm_policy", "--body", "[]"], "staging-nm", 2, "--body is a JSON object"),
        (&["passthru", "get_nm_versions"], "staging-nm", 2, "it has control_nm_policy, get_nm_capabilities"),
        (&["passthru", "get_nm_version"], "ipmi", 2, "ipmi has no method 'get_nm_version'; it has send_raw"),
        (&["passthru", "get_nm_version"], "staging-wol", 2, "staging-wol has no vendor methods"),
        (&["power", "on", "--boot-device", "pxe"], "ipmi", 2, "rackhand boot-device set pxe"),
        (&["boot-device", "show"], "staging-amt", 2, "missing: amt_address"),
    ] {
        let (out, err, status) = bmc(command, driver, &[]);
        assert!(
            status == expected && err.contains(words) && !format!("{out}{err}").contains("hunter2"),
            "{status}: {err}"
        );
    }
    let (out, err, status) = bmc(&["boot-device", "show"], "ipmi", &["-i", "ipmi_password=another"]);
    assert!(status == 1 && out.is_empty() && err.contains("ipmi_password is wrong"), "{status}: {err}");
}
