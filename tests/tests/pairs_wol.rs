//! Our magic packets against simulated sleeping machines on virtual time, over a network that loses, repeats, delays and reorders.

use std::collections::BTreeMap;

use rackhand_adapters::drive::{Drive, Kind};
use rackhand_adapters::sim::Nic;
use rackhand_core::exchange::{Cause, Event, Next, Responder};
use rackhand_core::operation::{Action, Error, Outcome, PowerState, PowerTarget, Value};
use rackhand_core::time::Instant;
use rackhand_core::wol::Mac;
use rackhand_tests::pair::Random;
use rackhand_tests::targets::{operation, wol};

/// Of a hundred datagrams so many are lost, and so many come twice.
#[derive(Clone, Copy, Default)]
struct Air {
    lost: u64,
    doubled: u64,
    delay_ms: u64,
    /// Of a hundred sends so many fail here.
    unsent: u64,
}

struct Run {
    result: Result<Outcome, Error>,
    awake: Vec<bool>,
    took: u64,
}

/// Wakes `count` machines, each by its own port; every packet reaches all of them that it reaches at all.
fn run(count: u8, repeat: i64, air: Air, faults: &[&str], seed: u64) -> Run {
    let macs: Vec<Mac> = (0..count).map(|last| Mac::from_octets([2, 0, 0, 0, 0, last])).collect();
    let mut nics: Vec<Nic> = macs.iter().map(|mac| Nic::new(*mac, None)).collect();
    for nic in &mut nics {
        for fault in faults {
            nic.faults().add_named(fault).unwrap();
        }
    }
    let ports: Vec<String> = macs.iter().map(ToString::to_string).collect();
    let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
    let target = wol(&[("wol_repeat", Value::Int(repeat))], &ports).unwrap();
    let action = Action::SetPower(PowerTarget::On);

    let (mut tx, mut window) = ([0; 256], [0; 1]);
    let mut drive = Drive::new(operation(&target, &action), Kind::Datagrams, &mut tx, &mut window);
    let mut random = Random::new(seed);
    let mut flying: BTreeMap<(Instant, u64), Vec<u8>> = BTreeMap::new();
    let (mut now, mut number) = (Instant::ZERO, 0);
    let mut next = drive.start(now);
    let result = loop {
        next = match next {
            Ok(Next::Done(outcome)) => break Ok(outcome),
            Err(rackhand_adapters::drive::RunError::Exchange(error)) => break Err(error),
            Ok(Next::Open { .. }) => drive.opened(now, false),
            Ok(Next::Send { .. }) if random.below(100) < air.unsent => drive.closed(now, Cause::Unreachable, false),
            Ok(Next::Send { len, .. }) => {
                let copies =
                    u64::from(random.below(100) >= air.lost) * (1 + u64::from(random.below(100) < air.doubled));
                for _ in 0..copies {
                    number += 1;
                    let delay = std::time::Duration::from_millis(random.below(air.delay_ms + 1));
                    flying.insert((now.after(delay), number), drive.to_send(len).to_vec());
                }
                drive.sent(now)
            }
            Ok(Next::Wait { until, close: false }) => {
                now = until;
                drive.timed_out(now)
            }
            other => panic!("{:?}", other.map(|next| next.map(|_| ()))),
        };
    };
    for ((at, _), mut packet) in flying {
        for nic in &mut nics {
            let _ = nic.respond(at, Event::Received { peer: 0_u8, rx: &mut packet }, &mut []);
        }
    }
    let end = now.after(std::time::Duration::from_secs(60));
    let awake = nics
        .iter_mut()
        .map(|nic| {
            let _: rackhand_core::exchange::Reply<u8> = nic.respond(end, Event::Due, &mut []);
            nic.is_awake()
        })
        .collect();
    Run { result, awake, took: now.as_millis() }
}

const ON: Result<Outcome, Error> = Ok(Outcome::Stored(Some(PowerState::On)));

#[test]
fn one_packet_each_is_enough_on_a_good_network() {
    for count in 1..=16 {
        let run = run(count, 1, Air { doubled: 50, delay_ms: 3000, ..Air::default() }, &["slow=2000"], 7);
        assert_eq!((run.result, run.took), (ON, (u64::from(count) - 1) * 500));
        assert!(run.awake.iter().all(|awake| *awake));
    }
}

#[test]
fn repeats_make_up_for_loss() {
    let air = Air { lost: 30, doubled: 20, delay_ms: 700, unsent: 0 };
    for seed in 0..50 {
        let run = run(4, 20, air, &["deaf*1"], seed);
        assert_eq!(run.result, ON, "seed {seed}");
        assert!(run.awake.iter().all(|awake| *awake), "seed {seed}: twenty packets each, a third of them lost");
    }
}

#[test]
fn nothing_is_said_to_be_sent_that_was_not() {
    let air = Air { unsent: 60, ..Air::default() };
    for seed in 0..200 {
        let run = run(3, 1, air, &[], seed);
        match run.result {
            Ok(_) => assert_eq!(run.awake, [true; 3], "seed {seed}"),
            Err(Error::NotWoken { macs, cause, sent }) => {
                assert_eq!(cause, Some(Cause::Unreachable), "seed {seed}");
                assert_eq!(usize::from(sent) + macs.len(), 3, "seed {seed}");
                for (last, awake) in (0..).zip(&run.awake) {
                    let failed = macs.contains(&Mac::from_octets([2, 0, 0, 0, 0, last]));
                    assert_eq!(*awake, !failed, "seed {seed}: the others were tried all the same");
                }
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}
