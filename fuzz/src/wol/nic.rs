//! The sleeping machine: core's network card and the simulated one.

use std::time::Duration;

use rackhand_adapters::sim;
use rackhand_core::buffer::TxWriter;
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;
use rackhand_core::wol::{Mac, MagicPacket, Nic, SecureOn, TX_LEN};

use super::{mac, naive, password};
use crate::script::Script;

/// A payload: any bytes, or the card's own packet between any bytes.
fn payload(script: &mut Script<'_>, mac: Mac, password: Option<&SecureOn>) -> Vec<u8> {
    match script.u8() % 4 {
        0 => script.chunk().to_vec(),
        kind => {
            let with = password.filter(|_| kind != 1).cloned();
            let mut bytes = [0; TX_LEN];
            let mut writer = TxWriter::new(&mut bytes);
            MagicPacket { mac, password: with }.emit(&mut writer).expect("TX_LEN is enough for every packet");
            let len = writer.len();
            // With the last kind one byte is wrong.
            if kind == 3 {
                bytes[usize::from(script.u8()) % len] ^= script.u8();
            }
            [script.chunk(), &bytes[..len], script.chunk()].concat()
        }
    }
}

fn wakes(payload: &[u8], mac: Mac, password: Option<&SecureOn>) -> bool {
    let password = password.map_or(&[][..], SecureOn::octets);
    naive(payload).iter().any(|(at, found)| *found == mac && payload[at + 102..].starts_with(password))
}

/// [`Nic`].
///
/// Asserts: it wakes on its own packet with its own password, wherever that is, and on nothing else; it uses a datagram up
/// and answers nothing.
pub fn wol_nic(data: &[u8]) {
    let mut script = Script::new(data);
    let (mac, password) = (mac(&mut script), password(&mut script));
    let mut nic = Nic::new(mac, password.clone());
    let mut awake = false;
    while !script.is_empty() {
        let mut rx = Vec::new();
        let event = match script.u8() % 8 {
            0 => Event::Opened { peer: 0_u8 },
            1 => Event::Closed { peer: 0 },
            2 => Event::Due,
            3 => {
                nic.sleep();
                awake = false;
                continue;
            }
            _ => {
                rx = payload(&mut script, mac, password.as_ref());
                awake |= wakes(&rx, mac, password.as_ref());
                Event::Received { peer: 0, rx: &mut rx }
            }
        };
        let reply = nic.respond(Instant::ZERO, event, &mut []);
        assert_eq!(reply, Reply { used: rx.len(), ..Reply::NOTHING });
        assert_eq!(nic.is_awake(), awake);
    }
}

/// The simulated machine, by what its faults are said to do.
struct Machine {
    deaf: Option<u32>,
    slow: Option<(u64, u32)>,
    starting: Option<Instant>,
    awake: bool,
    woken: u64,
    heard_awake: u64,
}

impl Machine {
    fn at(&mut self, now: Instant) {
        if self.starting.is_some_and(|at| at <= now) {
            self.up();
        }
    }

    fn up(&mut self) {
        self.starting = None;
        self.awake = true;
        self.woken += 1;
    }

    fn hears(&mut self, now: Instant) {
        if self.awake || self.starting.is_some() {
            self.heard_awake += 1;
            return;
        }
        if let Some(left) = self.deaf.as_mut().filter(|left| **left > 0) {
            *left -= 1;
            return;
        }
        match self.slow.as_mut().filter(|(_, left)| *left > 0) {
            Some((pause, left)) => {
                *left -= 1;
                self.starting = Some(now.after(Duration::from_millis(*pause)));
            }
            None => self.up(),
        }
    }
}

/// [`sim::Nic`] with faults by name.
///
/// Asserts: a text that names no fault is refused with all names that there are; the machine is up when, and as often as,
/// a model of packets, `deaf` and `slow` says; it asks to be called when it will be up.
pub fn sim_nic(data: &[u8]) {
    let mut script = Script::new(data);
    let (mac, password) = (mac(&mut script), password(&mut script));
    let mut nic = sim::Nic::new(mac, password.clone());
    let any = script.text();
    if let Err(error) = nic.faults().add_named(any) {
        let text = error.to_string();
        assert!(text.contains(any) && text.contains("deaf") && text.contains("slow="));
    }
    nic.faults().clear();
    let mut machine = Machine { deaf: None, slow: None, starting: None, awake: false, woken: 0, heard_awake: 0 };
    if script.bool() {
        let times = u32::from(script.u8());
        nic.faults().add_named(&format!("deaf*{times}")).expect("it is a fault");
        machine.deaf = Some(times);
    }
    if script.bool() {
        let (pause, times) = (u64::from(script.u16()), u32::from(script.u8()));
        nic.faults().add_named(&format!("slow={pause}*{times}")).expect("it is a fault");
        machine.slow = Some((pause, times));
    }

    let mut now = Instant::ZERO;
    while !script.is_empty() {
        now = now.after(Duration::from_millis(u64::from(script.u8()).pow(2)));
        machine.at(now);
        let mut rx = Vec::new();
        let event = match script.u8() % 8 {
            0 => Event::Opened { peer: 0_u8 },
            1 => Event::Closed { peer: 0 },
            2 | 3 => Event::Due,
            4 => {
                let _: Reply<u8> = nic.respond(now, Event::Due, &mut []);
                nic.sleep();
                (machine.awake, machine.starting) = (false, None);
                continue;
            }
            _ => {
                rx = payload(&mut script, mac, password.as_ref());
                if wakes(&rx, mac, password.as_ref()) {
                    machine.hears(now);
                }
                Event::Received { peer: 0, rx: &mut rx }
            }
        };
        let reply = nic.respond(now, event, &mut []);
        assert_eq!(reply, Reply { used: rx.len(), again: machine.starting, ..Reply::NOTHING });
        assert_eq!((nic.is_awake(), nic.woken()), (machine.awake, machine.woken));
        assert_eq!(nic.heard_awake(), machine.heard_awake);
    }
}
