//! The engine of AMT on a device that says anything.

use std::time::Duration;

use rackhand_core::amt::{
    AmtEnd, AmtError, AmtFailure, AmtMemory, AmtOptions, AmtTask, AmtTaskDone, BootSource, Describe, Device, Disarm,
    Engine, Goal, Limits, RX_LEN, ReadPower, SetPower, TX_LEN,
};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Why};
use rackhand_core::http::digest::Credentials;
use rackhand_core::operation::Host;
use rackhand_core::time::Instant;

use crate::runner;
use crate::script::Script;

/// No operation needs more steps than this, whatever it is told.
const MOST_STEPS: usize = 200_000;
const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\",stale=\"false\",qop=\"auth\"\r\n";
const STALE: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\", qop=\"auth-int, auth\", stale=true\r\n";

/// What the device was asked, and what of it is remembered.
#[derive(Default)]
struct Watch {
    /// The last request.
    request: String,
    /// Power requests since the state was last asked for, but for those that the device has not done.
    requests: usize,
    /// Logins in a row that were refused, without the device saying that the nonce was stale, and with nothing lost between:
    /// the next question begins anew, and its nonce may be old.
    refused: usize,
    /// The PowerStates that were sent: later answers may be lost or refused.
    states: Vec<u32>,
    /// One byte of an answer was changed, so that its PowerState may be another one.
    changed: bool,
}

impl Watch {
    fn sent(&mut self, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).expect("a request is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let length = head.rsplit_once("Content-Length:").expect("a length").1.trim();
        assert_eq!(length.parse(), Ok(body.len()), "{head}");
        assert!(!text.contains("Adm1n"), "a password is sent");
        let login = head.contains("Authorization: Digest username=\"admin\"");
        assert!(self.refused < 2 || !login, "a login more after it was refused");
        if body.contains("RequestPowerStateChange_INPUT") {
            assert_eq!(self.requests, 0, "two power requests and no look between them");
            self.requests += 1;
        } else if body.contains("AssociatedPower") {
            self.requests = 0;
        }
        self.request = text;
    }
}

/// Whether an answer in these bytes says that nothing was done: log in first, or be patient.
fn refuses(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let status = |line: &str| line.starts_with("HTTP/1.") && matches!(line.get(8..12), Some(" 401" | " 503"));
    text.lines().any(status) || text.contains("q:Concurrency<")
}

fn content(body: &str) -> String {
    format!(
        "<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:q=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\">\
         <a:Body>{body}</a:Body></a:Envelope>"
    )
}

/// A good answer to the request, as far as numbers go chosen by the script.
fn good(script: &mut Script<'_>, watch: &mut Watch) -> String {
    let number = script.pick(&[2_u32, 8, 0, 2, 8, 5, 3, 1, 4096, 6, 4099, 12]);
    let uri = watch.request.rsplit_once("<w:ResourceURI s:mustUnderstand=\"true\">").map_or("", |(_, rest)| rest);
    let uri = uri.split_once('<').map_or("", |(uri, _)| uri);
    let class = uri.rsplit('/').next().unwrap_or("");
    let method = watch.request.split_once("_INPUT").and_then(|(front, _)| front.rsplit("<p:").next());
    let inner = match method {
        Some(method) => {
            return content(&format!(
                "<g:{method}_OUTPUT xmlns:g=\"{uri}\"><g:ReturnValue>{}</g:ReturnValue></g:{method}_OUTPUT>",
                if script.bool() { 0 } else { number }
            ));
        }
        None if class == "CIM_AssociatedPowerManagementService" => {
            watch.states.push(number);
            let codes = "<g:AvailableRequestedPowerStates>12</g:AvailableRequestedPowerStates>\
                         <g:AvailableRequestedPowerStates>14</g:AvailableRequestedPowerStates>";
            format!("{codes}<g:PowerState>{number}</g:PowerState>")
        }
        None => format!(
            "<g:BIOSSetup>true</g:BIOSSetup><g:ForcePXEBoot>true</g:ForcePXEBoot><g:OptInRequired>{number}</g:OptInRequired>\
             <g:OptInState>0</g:OptInState><g:EnabledState>{number}</g:EnabledState><g:ProvisioningMode>1</g:ProvisioningMode>\
             <g:ProvisioningState>2</g:ProvisioningState><g:VersionString>12.0.{number}</g:VersionString>"
        ),
    };
    content(&format!("<g:{class} xmlns:g=\"{uri}\">{inner}</g:{class}>"))
}

/// What the device sends.
fn answer(script: &mut Script<'_>, watch: &mut Watch) -> Vec<u8> {
    let kind = script.u8() % 16;
    let login = watch.request.contains("Authorization:");
    let before = std::mem::take(&mut watch.refused);
    let with = |status: &str, fields: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let fault = |code: &str| {
        content(&format!(
            "<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>q:{code}</a:Value></a:Subcode></a:Code></a:Fault>"
        ))
    };
    match kind {
        0..=7 => with("200 OK", "", &good(script, watch)),
        8 => {
            watch.refused = before + usize::from(login);
            with("401 Unauthorized", &format!("{CHALLENGE}Connection: close\r\n"), "<html/>")
        }
        9 => with("401 Unauthorized", STALE, ""),
        10 => with("503 Busy", "", ""),
        11 => {
            let code = script.pick(&["AccessDenied", "InternalError", "Concurrency", "InvalidSelectors", "Nonsense"]);
            with("400 Bad Request", "", &fault(code))
        }
        12 => {
            let body = good(script, watch);
            watch.changed = true;
            let mut bytes = with("200 OK", "Connection: close\r\n", &body);
            let at = usize::from(script.u16()) % bytes.len();
            bytes[at] = script.u8();
            bytes
        }
        13 => format!("HTTP/1.0 {}\r\n\r\n{}", script.pick(&["200 OK", "403 No", "404 No"]), good(script, watch))
            .into_bytes(),
        _ => script.chunk().to_vec(),
    }
}

fn task(script: &mut Script<'_>, options: AmtOptions) -> AmtTask {
    let boot = script.pick(&[None, Some(BootSource::Pxe), Some(BootSource::Bios), Some(BootSource::Disk)]);
    let goals = [Goal::On, Goal::Off, Goal::Reboot, Goal::SoftOff, Goal::SoftReboot];
    match script.u8() % 8 {
        0 => AmtTask::ReadPower(ReadPower::new(options)),
        1 => AmtTask::Describe(Describe::new()),
        2 => AmtTask::Disarm(Disarm::new(options)),
        _ => AmtTask::SetPower(SetPower::new(script.pick(&goals), boot, options)),
    }
}

/// [`Engine`] with each task, on a device and a network that do what the bytes want, and on a runner without any order.
///
/// Asserts: it ends within its time; no deadline is beyond that; it uses no more than it was shown; every request is whole, with
/// its length, and without the password; a login that was refused twice in a row, nothing being lost between, is not tried
/// again; no two power requests without a look between them, unless the device has said that it did nothing; `TX_LEN` bytes are
/// enough; after a wrong password nothing is called well.
pub fn amt_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let lawful = script.u8() != 255;
    let options = AmtOptions {
        max_attempts: script.pick(&[3, 1, 0, 9]),
        action_wait_ms: script.pick(&[10_000, 0, 60_000]),
        awake_interval_ms: script.pick(&[0, 60_000]),
    };
    let timeout = Duration::from_millis(script.pick(&[60_000, 0, 5_000, 300_000]));
    let device = Device {
        host: "192.0.2.7".parse::<Host>().expect("an address"),
        port: 16_992,
        credentials: Credentials::new("admin", "Adm1n").expect("short texts"),
        awake_interval_ms: options.awake_interval_ms,
    };
    let task = task(&mut script, options);
    let mut engine = Engine::new(task, device, Limits::default(), AmtMemory::NOTHING, [7; 8], timeout);
    if !lawful {
        if let Some(AmtError::Full(full)) = runner::run_lawless(&mut engine, &mut script) {
            assert!(full.needed <= TX_LEN, "{full}");
        }
        return;
    }
    let mut watch = Watch::default();
    let result = run(&mut engine, timeout, &mut script, &mut watch);
    assert!(!engine.doing().is_empty());
    let memory = engine.memory();
    assert!(memory.challenge.is_some() || memory.count > 0 || watch.refused == 0 || result.is_err());
    match result {
        Ok(AmtTaskDone::Read(status)) => assert!(watch.changed || watch.states.contains(&status.state)),
        Ok(_) => {}
        Err(AmtError::Failed { end: AmtEnd { failure: AmtFailure::Unauthorized, .. }, contact, .. }) => {
            assert!(contact);
        }
        Err(AmtError::Failed { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}

/// Runs the engine to its end on a network where whole answers are likely.
fn run(
    engine: &mut Engine<AmtTask>,
    timeout: Duration,
    script: &mut Script<'_>,
    watch: &mut Watch,
) -> Result<AmtTaskDone, AmtError<AmtEnd>> {
    let mut now = Instant::from_millis(1000);
    let ends = now.after(timeout);
    let (mut tx, mut window, mut coming) = (vec![0; TX_LEN], Vec::new(), Vec::new());
    let mut step = engine.step(now, Input::Start, &mut tx)?;
    for _ in 0..MOST_STEPS {
        let why = |script: &mut Script<'_>| Why {
            cause: script.pick(&[Cause::Ended, Cause::Reset, Cause::Refused]),
            sent: script.bool(),
        };
        let op = script.u8();
        now = now.after_millis(u64::from(op >> 4).pow(3));
        step = match step.next {
            Next::Done(output) => return Ok(output),
            Next::Wait { until, .. } => {
                assert!(until <= ends, "a pause beyond the end");
                now = now.max(until);
                engine.step(now, Input::TimedOut, &mut tx)?
            }
            Next::Open { deadline, .. } | Next::Send { deadline, .. } | Next::Receive { deadline }
                if now >= deadline =>
            {
                assert!(deadline <= ends, "a deadline beyond the end");
                watch.refused = 0;
                engine.step(now, Input::TimedOut, &mut tx)?
            }
            Next::Open { fresh, .. } => {
                (window, coming) = (Vec::new(), Vec::new());
                if op.is_multiple_of(8) {
                    watch.refused = 0;
                    engine.step(now, Input::Closed { why: why(script), unread: &mut [] }, &mut tx)?
                } else {
                    engine.step(now, Input::Opened { kept: !fresh && op % 8 == 1 }, &mut tx)?
                }
            }
            Next::Send { len, .. } => {
                watch.sent(&tx[..len]);
                if op.is_multiple_of(8) {
                    let why = why(script);
                    watch.refused = 0;
                    if !why.sent {
                        watch.requests = 0;
                    }
                    engine.step(now, Input::Closed { why, unread: &mut [] }, &mut tx)?
                } else {
                    coming = answer(script, watch);
                    engine.step(now, Input::Sent, &mut tx)?
                }
            }
            Next::Receive { deadline } => {
                if coming.is_empty() && !op.is_multiple_of(4) {
                    now = deadline;
                    continue;
                }
                if coming.is_empty() || window.len() >= 16 * RX_LEN {
                    let why = why(script);
                    watch.refused = 0;
                    if refuses(&window) {
                        watch.requests = 0;
                    }
                    let step = engine.step(now, Input::Closed { why, unread: &mut window }, &mut tx)?;
                    window.clear();
                    step
                } else {
                    let piece = if op % 8 < 5 { coming.len() } else { coming.len().min(1 + script.below(200)) };
                    window.extend(coming.drain(..piece));
                    let shown = window.len();
                    let refuses = refuses(&window);
                    let step = engine.step(now, Input::Received(&mut window), &mut tx)?;
                    assert!(step.used <= shown, "{shown} bytes were shown and {} used", step.used);
                    window.drain(..step.used);
                    if refuses && step.used > 0 {
                        watch.requests = 0;
                    }
                    step
                }
            }
        };
    }
    panic!("it does not end");
}
