//! The simulated AMT with foreign software: `curl --digest` on the wire. PyPI's `amt` drives it in tests/clients/test_amt.py.

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use common::need;
use common::process::{RACKHAND, Running, command};

/// Nothing else that is said here is like it.
const PASSWORD: &str = "Adm1n!Pass-7f3a";

/// `rackhand sim amt`.
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
        let mut arguments = vec!["sim", "amt", "--listen", "127.0.0.1:0", "--password", PASSWORD];
        arguments.extend(more);
        let mut rackhand = Running::start(command(None, RACKHAND, &arguments));
        let port = rackhand.line("word that it listens", port_of);
        Self { rackhand, port }
    }

    /// Asks by curl; the status, and all that it printed.
    #[track_caller]
    fn curl(&self, password: &str, more: &[&str], body: &str) -> (String, String) {
        let (login, url) = (format!("admin:{password}"), format!("http://127.0.0.1:{}/wsman", self.port));
        let mut arguments = vec!["-sS", "-i", "--max-time", "20", "--digest", "-u", &login, "--data-binary", body];
        arguments.extend(["-H", "Content-Type: application/soap+xml;charset=UTF-8", "-w", "\nstatus %{http_code}\n"]);
        arguments.extend(more);
        arguments.push(&url);
        let ran = Running::start(command(None, "curl", &arguments)).end().well();
        let status = ran.stdout.lines().rev().find_map(|line| line.strip_prefix("status ").map(str::to_owned));
        (status.expect("curl prints the status"), ran.stdout)
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

const CIM: &str = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";

fn envelope(action: &str, class: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
 <e:Header>
  <wsa:Action e:mustUnderstand="true">{action}</wsa:Action> <wsa:To e:mustUnderstand="true">/wsman</wsa:To>
  <wsman:ResourceURI e:mustUnderstand="true">{CIM}{class}</wsman:ResourceURI>
  <wsa:MessageID e:mustUnderstand="true">uuid:7d1c6a52-1f0e-4d3a-9a53-0c5b7e1d2f34</wsa:MessageID>
  <wsa:ReplyTo><wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address></wsa:ReplyTo>
 </e:Header>
 <e:Body>{body}</e:Body>
</e:Envelope>"#
    )
}

fn get(class: &str) -> String {
    envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", class, "")
}

#[test]
fn curl_reads_and_switches() {
    if !need::programs(&["curl"]) {
        return;
    }
    for generation in ["7", "12", "14", "16"] {
        let mut sim = Sim::new(&["--generation", generation]);
        let (status, said) = sim.curl(PASSWORD, &[], &get("CIM_AssociatedPowerManagementService"));
        assert_eq!(status, "200", "{said}");
        for wanted in [
            "HTTP/1.1 401",
            "Connection: close",
            "Transfer-Encoding: chunked",
            "<g:PowerState>8</g:PowerState>",
            "<b:RelatesTo>uuid:7d1c6a52-1f0e-4d3a-9a53-0c5b7e1d2f34</b:RelatesTo>",
        ] {
            assert!(said.contains(wanted), "AMT {generation}: no {wanted} in {said}");
        }
        let body = format!(
            r#"<n:RequestPowerStateChange_INPUT xmlns:n="{CIM}CIM_PowerManagementService"><n:PowerState>2</n:PowerState><n:ManagedElement>
<wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address><wsa:ReferenceParameters>
<wsman:ResourceURI>{CIM}CIM_ComputerSystem</wsman:ResourceURI>
<wsman:SelectorSet><wsman:Selector Name="Name">ManagedSystem</wsman:Selector></wsman:SelectorSet></wsa:ReferenceParameters>
</n:ManagedElement></n:RequestPowerStateChange_INPUT>"#
        );
        let action = format!("{CIM}CIM_PowerManagementService/RequestPowerStateChange");
        // It waits for 100 Continue if it is told to.
        let waits = ["-H", "Expect: 100-continue"];
        let (status, said) = sim.curl(PASSWORD, &waits, &envelope(&action, "CIM_PowerManagementService", &body));
        assert!(status == "200" && said.contains("<g:ReturnValue>0</g:ReturnValue>"), "{said}");
        sim.says("AMT power change 2 requested: ReturnValue 0");
        sim.said();
    }
}

#[test]
fn curl_is_turned_away() {
    if !need::programs(&["curl"]) {
        return;
    }
    let mut sim = Sim::new(&[]);
    let (status, said) = sim.curl("wrong", &[], &get("CIM_AssociatedPowerManagementService"));
    assert!(status == "401" && said.contains("Log on failed"), "{said}");
    let (status, said) = sim.curl(PASSWORD, &[], &get("CIM_NoSuchThing"));
    assert!(status == "400" && said.contains("b:DestinationUnreachable"), "{said}");
    let (status, said) = sim.curl(PASSWORD, &[], "<a><b></a>");
    assert!(status == "400" && said.contains("SchemaValidationError"), "{said}");
    sim.says("AMT failed login");
    let said = sim.said();
    assert_eq!(said.matches("AMT failed login").count(), 1, "{said}");
}
