//! The simulated AMT, as a server sees it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use rackhand_adapters::sim::amt::{Generation, Style};
use rackhand_adapters::sim::{Amt, AmtFault, Faults, Named};
use rackhand_core::amt::{BootProperties, BootSettings, BootSource, PowerCode, Question};
use rackhand_core::buffer::TxWriter;
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::http::digest::{Answer, Challenge, Credentials};
use rackhand_core::http::{Limits, Progress, RequestHead, ResponseReader};
use rackhand_core::time::Instant;

use crate::script::Script;

/// Bytes of an answer that has an end; of one that has none.
const LONGEST: usize = 24 * 1024;
const ENDLESS: usize = 400 * 1024;
/// A device that wants to be called more often than this at one moment does not rest at all.
const MOST_CALLS: usize = 1_000;
const TX: usize = 4096;
/// What is sent of an answer that is shorter than the device says.
const POISON: u8 = 0xE5;
const PASSWORD: &str = "s3cret";

fn tells_password(bytes: &[u8]) -> bool {
    bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes())
}

/// A client as the server sees it.
struct Client {
    unread: Vec<u8>,
    /// What has come, from the front of an answer.
    heard: Vec<u8>,
    /// None behind what is no answer.
    reader: Option<ResponseReader>,
}

impl Client {
    const fn new() -> Self {
        let limits = Limits { head: 8192, fields: 64, body: ENDLESS };
        Self { unread: Vec::new(), heard: Vec::new(), reader: Some(ResponseReader::new(limits)) }
    }

    /// The last challenge among the answers that have become whole.
    fn hear(&mut self, bytes: &[u8]) -> Option<Challenge> {
        let mut last = None;
        self.heard.extend_from_slice(bytes);
        while let Some(reader) = &mut self.reader {
            let used = match reader.read(&mut self.heard, false) {
                Ok(Progress::More) => return last,
                Ok(Progress::Interim { used }) => used,
                Ok(Progress::Whole { used, message }) => {
                    last = Challenge::choose(message.fields.all("WWW-Authenticate")).ok().or(last);
                    used
                }
                Err(_) => {
                    self.reader = None;
                    break;
                }
            };
            self.heard.drain(..used);
        }
        self.heard.clear();
        last
    }
}

struct Bench {
    now: Instant,
    due: Option<Instant>,
    clients: BTreeMap<u8, Client>,
    challenge: Option<Challenge>,
    count: u32,
    /// All poison, but while the device writes.
    tx: Vec<u8>,
    sent: usize,
    /// Requests that were begun, at most.
    asked: usize,
}

impl Bench {
    fn give(&mut self, device: &mut Amt<u8>, event: Event<'_, u8>) -> usize {
        let shown = match &event {
            Event::Received { rx, .. } => rx.len(),
            _ => 0,
        };
        let Reply { used, send, again, close } = device.respond(self.now, event, &mut self.tx);
        assert!(used <= shown, "{shown} bytes were shown and {used} used");
        if let Some((peer, len)) = send {
            let client = self.clients.get_mut(&peer).expect("it sends to somebody who is not there");
            self.sent += len;
            assert!(!tells_password(&self.tx[..len]), "the password is told");
            if let Some(challenge) = client.hear(&self.tx[..len]) {
                (self.challenge, self.count) = (Some(challenge), 0);
            }
            self.tx[..len].fill(POISON);
        }
        self.due = again;
        if let Some(peer) = close {
            assert!(self.clients.remove(&peer).is_some(), "it closes what is not open");
        }
        used
    }

    fn call(&mut self, device: &mut Amt<u8>) {
        for _ in 0..MOST_CALLS {
            if self.due.is_none_or(|due| due > self.now) {
                return;
            }
            self.give(device, Event::Due);
        }
        panic!("it never rests");
    }

    fn show(&mut self, device: &mut Amt<u8>, peer: u8) {
        while let Some(client) = self.clients.get(&peer) {
            let mut rx = client.unread.clone();
            let used = self.give(device, Event::Received { peer, rx: &mut rx });
            let Some(client) = self.clients.get_mut(&peer) else { return };
            // It may be changed in place.
            client.unread = rx;
            client.unread.drain(..used);
            if used == 0 || client.unread.is_empty() {
                return;
            }
        }
    }

    /// A request of somebody who knows how, with any body.
    fn request(&mut self, script: &mut Script<'_>, credentials: &Credentials) -> Vec<u8> {
        let mut body = vec![0; 8192];
        let mut w = TxWriter::new(&mut body);
        question(script).emit(script.u8().into(), &mut w).expect("there is room");
        let len = w.len();
        body.truncate(len);
        if script.u8().is_multiple_of(4) {
            let at = script.below(body.len());
            let new = script.chunk().to_vec();
            let end = (at + script.below(8)).min(body.len());
            body.splice(at..end, new);
        }
        let mut message = vec![0; 16 * 1024];
        let mut w = TxWriter::new(&mut message);
        self.count = self.count.wrapping_add(1);
        let answer =
            self.challenge.as_ref().map(|challenge| Answer { challenge, credentials, nc: self.count, cnonce: &[3; 8] });
        let head = RequestHead {
            method: if script.u8().is_multiple_of(16) { "GET" } else { "POST" },
            target: if script.u8().is_multiple_of(16) { "/" } else { "/wsman" },
            host: "::1",
            port: 16992,
            content_type: "application/soap+xml",
            answer,
        };
        let place = head.emit(&mut w).expect("there is room");
        w.put(&body).expect("there is room");
        let len = w.len();
        message.truncate(len);
        place.fill(&mut message);
        message
    }
}

fn question(script: &mut Script<'_>) -> Question {
    let mut present = BootProperties::NONE;
    let (known, every) = (script.u8(), script.bool());
    for (place, (name, _)) in BootProperties::ALL.iter().enumerate() {
        if every || place % 8 == usize::from(known % 8) {
            present.note(name);
        }
    }
    match script.u8() % 12 {
        0 => Question::ChangeBootOrder(None),
        1 => Question::ChangeBootOrder(Some(script.pick(&BootSource::ALL))),
        2 => Question::GetBootCapabilities,
        3 => Question::GetBootSettings,
        4 => Question::GetKvm,
        5 => Question::GetOptIn,
        6 => Question::GetPower,
        7 => Question::GetPowerSaving,
        8 => Question::GetVersion,
        9 => Question::PutBootSettings(BootSettings { present, bios_setup: script.bool() }),
        10 => Question::SetBootConfigRole { armed: script.bool() },
        _ => Question::RequestPowerStateChange(script.pick(&PowerCode::ALL)),
    }
}

/// Any fault, as it is named.
fn fault(script: &mut Script<'_>) -> String {
    let name = script.pick(AmtFault::NAMES);
    let number = script.u8();
    let named = match name.split_once('=') {
        Some(("fault", _)) => "fault=InternalError".to_owned(),
        Some(("status", _)) => format!("status={}", 200 + u16::from(number)),
        Some((name, _)) => format!("{name}={number}"),
        None => name.to_owned(),
    };
    format!("{named}^{}*{}", script.below(4), script.below(4))
}

/// [`Amt`] with faults by name, serving several clients that say what they should, or anything.
///
/// Asserts: a text that names no fault is refused with all names that there are; the device uses no more than it was shown; it
/// answers and closes only connections that are open; it rests; what it sends is bounded; the password is not in it, unless a client
/// has said it; the machine is in a power state that there is, and disks are erased by nobody who did not ask for it.
pub fn sim_amt(data: &[u8]) {
    let mut script = Script::new(data);
    let any = script.text();
    if let Err(error) = Faults::<AmtFault>::default().add_named(any) {
        let text = error.to_string();
        assert!(text.contains(any) && AmtFault::NAMES.iter().all(|name| text.contains(name)));
    }
    let accounts = [PASSWORD, "other"].map(|password| Credentials::new("admin", password).expect("both are short"));
    let mut device = Amt::new(accounts[0].clone(), script.pick(&Generation::ALL));
    device.set_style(script.pick(&Style::NAMED).1);
    device.set_client_control(script.u8().is_multiple_of(8));
    for _ in 0..script.below(4) {
        device.faults().add_named(&fault(&mut script)).expect("it is a fault");
    }
    let mut bench = Bench {
        now: Instant::ZERO,
        due: None,
        clients: BTreeMap::new(),
        challenge: None,
        count: 0,
        tx: vec![POISON; TX],
        sent: 0,
        asked: 0,
    };
    while !script.is_empty() {
        let lapse = script.u8();
        let until = bench.now.after(Duration::from_millis(u64::from(lapse).pow(2)));
        while let Some(due) = bench.due.filter(|due| *due <= until) {
            bench.now = due.max(bench.now);
            bench.call(&mut device);
        }
        bench.now = until;
        let op = script.u8();
        let peer = op >> 5;
        match op % 8 {
            0 if bench.clients.remove(&peer).is_some() => {
                bench.give(&mut device, Event::Closed { peer });
            }
            1 => {
                bench.give(&mut device, Event::Due);
            }
            kind => {
                if let Entry::Vacant(place) = bench.clients.entry(peer) {
                    place.insert(Client::new());
                    bench.give(&mut device, Event::Opened { peer });
                }
                let bytes = match kind {
                    2 => script.chunk().to_vec(),
                    3 => bench.request(&mut script, &accounts[1]),
                    _ => bench.request(&mut script, &accounts[0]),
                };
                // A piece of a message, or several: every byte may begin one.
                bench.asked += 1 + bytes.len() / 16;
                if let Some(client) = bench.clients.get_mut(&peer) {
                    // What came before may be the password's front.
                    let from = client.unread.len().saturating_sub(PASSWORD.len() - 1);
                    client.unread.extend_from_slice(&bytes);
                    // An answer repeats the MessageID: a client who says the password himself may be told it.
                    if tells_password(&client.unread[from..]) {
                        return;
                    }
                    bench.show(&mut device, peer);
                }
            }
        }
        bench.call(&mut device);
        assert!(bench.sent <= bench.asked * LONGEST + 4 * ENDLESS, "{} bytes were sent", bench.sent);
        assert!(matches!(device.power_state(), 2 | 4 | 5 | 7 | 8), "power state {}", device.power_state());
        assert!(device.last_start().is_none_or(|start| !start.erased), "the disks are gone");
        assert!(device.asked().len() as u64 <= device.requests());
    }
}
