//! The engine of Wake-on-LAN.

use std::time::Duration;

use rackhand_core::exchange::{Input, Next};
use rackhand_core::operation::Ports;
use rackhand_core::time::Instant;
use rackhand_core::wol::{Mac, MagicPacket, NotSent, SecureOn, TX_LEN, Wake, WakeError};

use super::password;
use crate::runner::{self, Setting, Watch};
use crate::script::Script;

/// What the engine should do, counted along.
struct Model {
    macs: Vec<Mac>,
    password: Option<SecureOn>,
    /// Packets that were tried, failed ones included.
    tried: usize,
    sent: usize,
    reached: Vec<bool>,
    /// An open or a send was demanded.
    trying: bool,
    last_sent: Option<Instant>,
    start: Instant,
    now: Instant,
}

impl Model {
    fn port(&self) -> usize {
        self.tried % self.macs.len()
    }
}

impl Watch<u16> for Model {
    fn given(&mut self, now: Instant, input: &Input<'_>) {
        self.now = now;
        match input {
            Input::Start => self.start = now,
            Input::Sent => {
                let port = self.port();
                self.reached[port] = true;
                self.sent += 1;
                self.tried += 1;
                self.last_sent = Some(now);
            }
            Input::Closed { .. } | Input::TimedOut if self.trying => self.tried += 1,
            _ => {}
        }
    }

    fn demanded(&mut self, now: Instant, next: &Next<u16>, tx: &[u8]) {
        self.trying = matches!(next, Next::Open { .. } | Next::Send { .. });
        match next {
            Next::Send { len, .. } => {
                let packet = MagicPacket { mac: self.macs[self.port()], password: self.password.clone() };
                assert_eq!(MagicPacket::parse(&tx[..*len]), Some(packet));
                if let Some(before) = self.last_sent {
                    assert!(now.since(before) >= Duration::from_millis(500), "packets too close to each other");
                }
            }
            Next::Wait { until, close: false } => assert!(until.since(now) <= Duration::from_millis(500)),
            Next::Wait { close: true, .. } => panic!("the next packet needs the link"),
            Next::Receive { .. } => panic!("nothing answers a magic packet"),
            Next::Open { .. } | Next::Done(_) => {}
        }
    }
}

/// [`Wake`] on a network that fails as the bytes want, and on a runner without any order.
///
/// Asserts, besides the contract of an exchange: each port is tried in its turn, with its packet and password, as often as
/// asked and not oftener; half a second lies between two packets; it gives up early only when time is up; it is done only
/// when every port was sent a packet, and otherwise names exactly those that were not.
pub fn wol_wake(data: &[u8]) {
    let mut script = Script::new(data);
    let lawful = script.bool();
    let count = 1 + script.below(16);
    let macs: Vec<_> = (1..).take(count).map(|last| Mac::from_octets([2, 0, 0, 0, 0, last])).collect();
    let password = password(&mut script);
    let repeat = script.u8();
    let timeout = Duration::from_millis(u64::from(script.u16()) * 4);
    let ports = Ports::new(&macs).expect("the addresses differ");
    let mut wake = Wake::new(ports.into(), password.clone(), repeat, timeout);
    if !lawful {
        let _ = runner::run_lawless(&mut wake, &mut script);
        return;
    }
    let mut model = Model {
        reached: vec![false; count],
        macs,
        password,
        tried: 0,
        sent: 0,
        trying: false,
        last_sent: None,
        start: Instant::ZERO,
        now: Instant::ZERO,
    };
    let setting = Setting { timeout, tx_len: TX_LEN, rx_len: 1 };
    let result = runner::run(&mut wake, setting, &mut script, &mut model);

    let all = count * usize::from(repeat);
    assert!(model.tried <= all, "{} packets were tried, {all} asked for", model.tried);
    assert!(model.tried == all || model.now >= model.start.after(timeout), "it gives up early");
    let left: Vec<_> =
        model.macs.iter().zip(&model.reached).filter(|(_, reached)| !**reached).map(|(mac, _)| *mac).collect();
    match result {
        Ok(sent) => {
            assert_eq!(usize::from(sent), model.sent);
            assert!(left.is_empty(), "no packet left for {left:?}");
        }
        Err(WakeError::NotSent(NotSent { macs, sent, .. })) => {
            assert_eq!((&macs[..], usize::from(sent)), (&left[..], model.sent));
            assert!(!left.is_empty());
        }
        Err(error) => panic!("{error:?}"),
    }
}
