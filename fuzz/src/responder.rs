//! Serves a responder several clients whose bytes are a script, and holds it to its contract.

use std::collections::BTreeMap;
use std::time::Duration;

use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{
    ChangeRelay, ChangeRelays, Command, Credentials, GetInputs, GetRelays, Hello, Keepalive, PulseRelay, Request,
};
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;

use crate::script::Script;

const FILL: u8 = 0xE5;
/// A device that wants to be called more often than this at one moment does not rest at all.
const MOST_CALLS: usize = 1_000;

/// A client as the server sees it.
#[derive(Default)]
struct Client {
    unread: Vec<u8>,
    /// What it knows of the device's sequence numbers.
    sequence: Option<u16>,
}

/// The server's side.
pub(crate) struct Bench {
    now: Instant,
    due: Option<Instant>,
    clients: BTreeMap<u8, Client>,
    tx: Vec<u8>,
    /// What was answered, first to last.
    pub(crate) sent: Vec<Vec<u8>>,
}

impl Bench {
    pub(crate) fn new(tx_len: usize) -> Self {
        Self { now: Instant::ZERO, due: None, clients: BTreeMap::new(), tx: vec![FILL; tx_len], sent: Vec::new() }
    }

    /// Gives one event; returns how many bytes were used.
    fn give(&mut self, device: &mut impl Responder<u8>, event: Event<'_, u8>) -> usize {
        let shown = match &event {
            Event::Received { rx, .. } => rx.len(),
            _ => 0,
        };
        self.tx.fill(FILL);
        let Reply { used, send, again, close } = device.respond(self.now, event, &mut self.tx);
        assert!(used <= shown, "{shown} bytes were shown and {used} used");
        if let Some((peer, len)) = send {
            let client = self.clients.get_mut(&peer).expect("it sends to somebody who is not there");
            let bytes = self.tx[..len].to_vec();
            // Two bytes answer hello; later they may be the state of two relays.
            if let ([low, high], None) = (&bytes[..], client.sequence) {
                client.sequence = Some(u16::from_le_bytes([*low, *high]));
            }
            self.sent.push(bytes);
        }
        self.due = again;
        if let Some(peer) = close {
            assert!(self.clients.remove(&peer).is_some(), "it closes what is not open");
        }
        used
    }

    /// Calls the device as often as it wants until now.
    fn call(&mut self, device: &mut impl Responder<u8>) {
        for _ in 0..MOST_CALLS {
            if self.due.is_none_or(|due| due > self.now) {
                return;
            }
            self.give(device, Event::Due);
        }
        panic!("it never rests");
    }

    /// Shows a client's unread bytes until the device wants more.
    fn show(&mut self, device: &mut impl Responder<u8>, peer: u8) {
        while let Some(client) = self.clients.get(&peer) {
            let mut rx = client.unread.clone();
            let used = self.give(device, Event::Received { peer, rx: &mut rx });
            let Some(client) = self.clients.get_mut(&peer) else { return };
            client.unread.drain(..used);
            if used == 0 || client.unread.is_empty() {
                return;
            }
        }
    }

    /// One event that the script chooses; `accounts` are those that its clients know.
    pub(crate) fn event(&mut self, device: &mut impl Responder<u8>, script: &mut Script<'_>, accounts: &[Credentials]) {
        let lapse = script.u8();
        let until = self.now.after(Duration::from_millis(u64::from(lapse).pow(2)));
        // What falls due on the way happens at its own time.
        while let Some(due) = self.due.filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.call(device);
        }
        self.now = until;

        let op = script.u8();
        let peer = op >> 4;
        match op % 8 {
            0 if !self.clients.contains_key(&peer) => {
                self.clients.insert(peer, Client::default());
                self.give(device, Event::Opened { peer });
            }
            1 if self.clients.remove(&peer).is_some() => {
                self.give(device, Event::Closed { peer });
            }
            2 => {
                self.give(device, Event::Due);
            }
            kind => {
                let Some(client) = self.clients.get_mut(&peer) else { return };
                if kind == 3 || accounts.is_empty() {
                    client.unread.extend_from_slice(script.chunk());
                } else {
                    let bytes = message(client, script, accounts);
                    client.unread.extend_from_slice(&bytes);
                }
                self.show(device, peer);
            }
        }
        self.call(device);
    }
}

/// Any command.
pub(crate) fn command(script: &mut Script<'_>) -> Command {
    let (relay, state) = (script.u8() % 8, script.u8() % 4);
    match script.u8() % 6 {
        0 => Command::GetRelays(GetRelays),
        1 => Command::GetInputs(GetInputs),
        2 => Command::Keepalive(Keepalive),
        3 => Command::PulseRelay(PulseRelay { relay, state, width_seconds: script.u16() }),
        4 => Command::ChangeRelays(ChangeRelays { states: [state; 32] }),
        _ => Command::ChangeRelay(ChangeRelay { relay, state }),
    }
}

/// What a client that knows the protocol would say.
fn message(client: &mut Client, script: &mut Script<'_>, accounts: &[Credentials]) -> Vec<u8> {
    let mut bytes = [0; Request::MAX_LEN];
    let mut writer = TxWriter::new(&mut bytes);
    match client.sequence {
        None => Hello.emit(&mut writer),
        Some(last) => {
            let command = command(script);
            let sequence = last.wrapping_add(1);
            client.sequence = Some(last.wrapping_add(2));
            Request { credentials: script.pick(accounts), sequence, command }.emit(&mut writer)
        }
    }
    .expect("MAX_LEN is enough for every request");
    let len = writer.len();
    bytes[..len].to_vec()
}
