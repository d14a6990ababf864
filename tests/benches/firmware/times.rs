//! What an emulated board takes: of its stack, from an order to the magic packet, for four orders at once.

use std::time::{Duration, Instant};

use rackhand_adapters::sim::amt::Generation;
use rackhand_adapters::sim::{Amt, Iboot, Nic};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::http::digest;
use rackhand_core::operation::{Action, Answer, BootDevice, Memory, Order, PowerTarget, Target, Value};
use rackhand_tests::bench::{Ceilings, Table, median};
use rackhand_tests::firmware::{Image, Relay};
use rackhand_tests::lan::Lan;
use rackhand_tests::targets::{amt, iboot, wol};

use super::elf::Elf;
use super::sizes::SMALL;
use super::stack::Deepest;

/// Wakes that are timed in a round.
const WAKES: usize = 20;
/// Rounds of each measurement, of which the least counts: a busy machine makes times longer, and never shorter.
const ROUNDS: usize = 3;
/// Each answer of an iBoot comes so much later.
const SLOW: &str = "slow=300";
/// From one look at the cable to the next while nothing happens.
const PAUSE: Duration = Duration::from_micros(20);
/// Machines to wake.
const MACS: [&str; 6] = [
    "02:00:00:00:00:07",
    "02:00:00:00:00:08",
    "02:00:00:00:00:09",
    "02:00:00:00:00:0a",
    "02:00:00:00:00:0b",
    "02:00:00:00:00:0c",
];

fn at(number: usize) -> Target {
    let address = Lan::iboot_address(number).to_string();
    iboot(&[("iboot_address", Value::Str(&address)), ("iboot_relay_id", Value::Int(2))]).expect("an iBoot")
}

fn order(target: Target, power: PowerTarget) -> Order {
    Order { target, action: Action::SetPower(power), timeout_ms: 30_000, memory: Memory::Nothing }
}

fn device() -> Iboot<u64> {
    Iboot::new(Credentials::new("admin", "s3cret").expect("credentials"), Dialect::default(), 8)
}

fn carry_out(relay: &mut Relay, order: &Order) {
    let answer = relay.carry_out(order);
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
}

fn start(image: Image, iboots: usize) -> Option<Relay> {
    let mut relay = Relay::start(image, 1)?;
    for _ in 0..iboots {
        relay.lan.add_iboot(device());
    }
    for mac in MACS {
        relay.lan.add_nic(Nic::new(mac.parse().expect("a MAC address"), None));
    }
    Some(relay)
}

/// A status, a reboot and a wake, and a start of a machine with AMT: the stack that was really used, beside the worst case. False
/// when it was more.
pub(crate) fn low_water(image: Image, deepest: &Deepest) -> bool {
    let (Some(mut relay), Some(path)) = (start(image, 1), image.build()) else { return true };
    let status = |target| Order { action: Action::GetPower, ..order(target, PowerTarget::On) };
    let wake = order(wol(&[], &MACS[..3]).expect("a target"), PowerTarget::On);
    for order in [status(at(0)), order(at(0), PowerTarget::On), order(at(0), PowerTarget::Reboot), wake] {
        carry_out(&mut relay, &order);
    }
    if image.amt {
        let credentials = digest::Credentials::new("admin", "Adm1n!Pass").expect("credentials");
        relay.lan.add_amt(Amt::new(credentials, Generation::Amt16));
        let address = Lan::amt_address(0).to_string();
        let machine = amt(&[("amt_address", Value::Str(&address))]).expect("a machine with AMT");
        let pxe = Action::StartFrom { boot: BootDevice::Pxe, target: PowerTarget::On };
        for action in [pxe, Action::Describe] {
            carry_out(&mut relay, &Order { action, ..status(machine.clone()) });
        }
    }
    let used = Elf::read(&path).stack_room() - relay.block().stack_free;
    println!(
        "Stack that a few orders have really used in the emulator: {used} bytes, {} below the worst case\n",
        i64::from(deepest.bytes) - i64::from(used)
    );
    if used > deepest.bytes {
        eprintln!("the deepest stack: {} bytes were computed, {used} were used", deepest.bytes);
    }
    used <= deepest.bytes
}

/// From an order to the magic packet on the wire.
pub(crate) fn to_magic_packet(ceilings: &mut Ceilings) {
    let Some(mut relay) = start(SMALL.1, 0) else { return };
    let order = order(wol(&[], &MACS[..1]).expect("a target"), PowerTarget::On);
    // The first one finds neither the relay's MAC address nor the host's known.
    carry_out(&mut relay, &order);
    let (mut least, mut worst) = (f64::INFINITY, 0.0_f64);
    for _ in 0..ROUNDS {
        let mut times = Vec::new();
        for _ in 0..WAKES {
            let ticket = relay.order(&order);
            times.push(millis(one_wake(&mut relay)));
            let answer = relay.answer(ticket);
            assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
        }
        worst = worst.max(most(&times));
        least = least.min(median(times));
    }
    let ceiling = ceilings.check("order to magic packet, median", least);
    println!(
        "From the order's frame to the magic packet's, {WAKES} times: median {least:.2} ms, the least of {ROUNDS}, ceiling {ceiling}; \
         worst {worst:.2} ms\n"
    );
}

/// Lets frames go to and fro until the magic packet has come, and returns the time since the order went.
fn one_wake(relay: &mut Relay) -> Duration {
    let (mut left, begun) = (None, Instant::now());
    loop {
        while let Some(frame) = relay.emulator.receive() {
            let now = Instant::now();
            let magic = is_magic(&frame);
            relay.lan.receive(relay.now(), frame);
            if let (true, Some(left)) = (magic, left) {
                return now - left;
            }
        }
        let mut moved = false;
        for frame in relay.lan.poll(relay.now()) {
            // The first one; a repeat would not make it later.
            if to_the_door(&frame) && left.is_none() {
                left = Some(Instant::now());
            }
            relay.emulator.send(&frame);
            moved = true;
        }
        if !moved {
            std::thread::sleep(PAUSE);
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "no magic packet\n{}", relay.emulator.log().join("\n"));
    }
}

/// Whether it is UDP for the relay's door: Ethernet's 14 bytes, IPv4's 20 without options, and two of the source's port.
fn to_the_door(frame: &[u8]) -> bool {
    frame.get(36..38) == Some(&6385_u16.to_be_bytes())
}

fn is_magic(frame: &[u8]) -> bool {
    frame.windows(12).any(|bytes| bytes == [[0xFF; 6], [2, 0, 0, 0, 0, 7]].as_flattened())
}

/// Four orders at once against each alone.
pub(crate) fn at_once(ceilings: &mut Ceilings) {
    let Some(mut relay) = start(SMALL.1, 2) else { return };
    for number in 0..2 {
        relay.lan.iboot(number).faults().add_named(SLOW).expect("a fault");
    }
    let wake = |macs| order(wol(&[], macs).expect("a target"), PowerTarget::On);
    let orders = [
        ("iBoot, power on", order(at(0), PowerTarget::On)),
        ("another iBoot, power on", order(at(1), PowerTarget::On)),
        ("wake of three ports", wake(&MACS[..3])),
        ("another wake of three", wake(&MACS[3..])),
    ];
    let mut table = Table::new(&["order, ms", "alone", "all at once"]);
    // Neighbours are found.
    orders.iter().for_each(|(_, order)| carry_out(&mut relay, order));
    let mut alone = vec![f64::INFINITY; orders.len()];
    let mut all = alone.clone();
    for _ in 0..ROUNDS {
        for (least, (_, order)) in alone.iter_mut().zip(&orders) {
            *least = least.min(together(&mut relay, &[order])[0]);
        }
        let round = together(&mut relay, &orders.each_ref().map(|(_, order)| order));
        if most(&round) < most(&all) {
            all = round;
        }
    }
    for ((what, _), (alone, all)) in orders.iter().zip(alone.iter().zip(&all)) {
        table.row([(*what).to_owned(), format!("{alone:.0}"), format!("{all:.0}")]);
    }
    let (slowest, last) = (most(&alone), most(&all));
    table.row(["the slowest".to_owned(), format!("{slowest:.0}"), format!("{last:.0}")]);
    table.print();
    let ratio = last / slowest;
    let ceiling = ceilings.check("all at once over the slowest alone", ratio);
    println!(
        "All at once take {ratio:.2} of what the slowest takes alone, ceiling {ceiling}; one after the other {:.0} ms\n",
        alone.iter().sum::<f64>()
    );
}

/// Gives the orders at the same time and returns how long each took, in milliseconds.
fn together(relay: &mut Relay, orders: &[&Order]) -> Vec<f64> {
    let begun = Instant::now();
    let tickets: Vec<_> = orders.iter().map(|order| relay.order(order)).collect();
    let mut times = vec![None; tickets.len()];
    relay.until("all answers", |relay| {
        for (time, ticket) in times.iter_mut().zip(&tickets).filter(|(time, _)| time.is_none()) {
            if let Some(answer) = relay.lan.host.answer(*ticket) {
                assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
                *time = Some(millis(begun.elapsed()));
            }
        }
        times.iter().copied().collect::<Option<Vec<f64>>>()
    })
}

fn most(times: &[f64]) -> f64 {
    times.iter().copied().fold(0.0, f64::max)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
