//! The simulated iBoot, as a server sees it.

use rackhand_adapters::sim::{Faults, Iboot, IbootFault, Named};
use rackhand_core::dxp::{Credentials, Dialect, RelayId};

use crate::dxp::fault;
use crate::responder::Bench;
use crate::script::Script;

/// [`Iboot`] with faults by name, serving several clients that say what they should, or anything.
///
/// Asserts: a text that names no fault is refused with all names that there are; the device uses no more than it was
/// shown; it answers and closes only connections that are open; it rests; no answer is longer than a status of all relays
/// and what `too-much` adds; the moves that it tells lead to the state that its relays have; with `refuse` or `stuck-relay`
/// none moves.
pub fn sim_iboot(data: &[u8]) {
    let mut script = Script::new(data);
    let knobs = script.u8();
    let any = script.text();
    if let Err(error) = Faults::<IbootFault>::default().add_named(any) {
        let text = error.to_string();
        assert!(text.contains(any) && IbootFault::NAMES.iter().all(|name| text.contains(name)));
    }

    let accounts = [("admin", "secret"), ("admin", "other")];
    let accounts = accounts.map(|(user, password)| Credentials::new(user, password).expect("both are short"));
    let mut iboot = Iboot::new(accounts[0].clone(), Dialect::default(), usize::from(knobs >> 2));
    iboot.set_sequence(script.u16());
    let still = knobs & 1 != 0;
    if still {
        let name = if knobs & 2 == 0 { "refuse" } else { "stuck-relay" };
        iboot.faults().add_named(name).expect("it is a fault");
        iboot.set_relay(RelayId::FIRST, true);
    }
    let faults = script.below(4);
    for _ in 0..faults {
        let fault = fault(&mut script);
        iboot.faults().add_named(&fault).expect("it is a fault");
    }
    let relays = iboot.relays().to_vec();
    let mut mirror = relays.clone();
    iboot.take_moves();

    let mut bench = Bench::new(64);
    let mut answers = 0;
    while !script.is_empty() {
        bench.event(&mut iboot, &mut script, &accounts);
        for bytes in &bench.sent[answers..] {
            assert!((1..=33).contains(&bytes.len()), "an answer of {} bytes", bytes.len());
        }
        answers = bench.sent.len();
        for change in iboot.take_moves() {
            assert_ne!(mirror[change.relay.index()], change.on, "relay {} moves to where it is", change.relay.get());
            mirror[change.relay.index()] = change.on;
        }
        assert_eq!(iboot.relays(), mirror);
        // A pulse ends of itself; nothing else moves a relay that is stuck.
        if still {
            assert_eq!(iboot.relays(), relays);
        }
    }
}
