//! The emulated relay at work: `cargo run -p rackhand-tests --example relay [lm3s6965evb | mps2-an385]`.
//!
//! Builds the image with the test door, starts it in QEMU on a LAN that this process is, and gives it the orders that a host
//! would: two iBoots and two sleeping machines, one after the other and all at once. Needs qemu-system-arm and
//! `rustup target add thumbv7m-none-eabi`.

use std::process::ExitCode;
use std::time::Instant;

use rackhand_adapters::sim::{Iboot, Nic};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::operation::{Action, Answer, JSON_LEN, Memory, Order, PowerTarget, Target, Value};
use rackhand_tests::firmware::{Board, Image, Relay};
use rackhand_tests::lan::{Lan, RELAY};
use rackhand_tests::targets::{iboot, wol};

const PASSWORD: &str = "s3cret";
const MACHINES: [&str; 2] = ["02:00:00:00:00:07", "02:00:00:00:00:08"];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_else(|| "lm3s6965evb".to_owned());
    let Some(board) = Board::ALL.into_iter().find(|board| board.name() == name) else {
        let names = Board::ALL.map(Board::name).join(", ");
        eprintln!("relay: there is no board '{name}'; there are {names}");
        return ExitCode::from(2);
    };
    println!("building the image for {name}, with the door that tests use");
    let Some(mut relay) = Relay::start(Image::with_door(board), 1) else { return ExitCode::FAILURE };
    println!("{name} runs in QEMU and has the address {RELAY} from the LAN's DHCP server\n");
    for _ in 0..2 {
        relay.lan.add_iboot(Iboot::new(
            Credentials::new("admin", PASSWORD).expect("short names"),
            Dialect::default(),
            8,
        ));
    }
    for mac in MACHINES {
        relay.lan.add_nic(Nic::new(mac.parse().expect("a MAC"), None));
    }

    let mut text = [0; JSON_LEN];
    let first = order(pdu(0), PowerTarget::On);
    let len = first.to_json(&mut text).expect("an order fits");
    println!("an order is a datagram such as this one:\n{}\n", String::from_utf8_lossy(&text[..len]));

    let one_by_one = [
        ("iBoot, relay 2: on", first.clone()),
        ("iBoot, relay 2: reboot", order(pdu(0), PowerTarget::Reboot)),
        ("sleeping machine: on", order(machine(0), PowerTarget::On)),
    ];
    for (what, order) in one_by_one {
        let begun = Instant::now();
        let answer = relay.carry_out(&order);
        tell(what, &answer, begun);
    }
    println!();
    let begun = Instant::now();
    let all = [pdu(0), pdu(1), machine(0), machine(1)].map(|target| relay.order(&order(target, PowerTarget::Reboot)));
    for (number, ticket) in all.into_iter().enumerate() {
        let answer = relay.answer(ticket);
        tell(&format!("four reboots at once, number {}", number + 1), &answer, begun);
    }

    println!("\nthe relay's counters: {:?}", relay.block());
    println!("the relay's log, from its serial port:");
    for line in relay.emulator.log() {
        println!("  {line}");
    }
    ExitCode::SUCCESS
}

fn tell(what: &str, answer: &Answer, begun: Instant) {
    println!("{what:<34} {answer:?} after {:.3} s", begun.elapsed().as_secs_f64());
}

fn order(target: Target, power: PowerTarget) -> Order {
    Order { target, action: Action::SetPower(power), timeout_ms: 60_000, memory: Memory::Nothing }
}

fn pdu(number: usize) -> Target {
    let address = Lan::iboot_address(number).to_string();
    let settings = [
        ("iboot_address", Value::Str(&address)),
        ("iboot_password", Value::Str(PASSWORD)),
        ("iboot_relay_id", Value::Int(2)),
    ];
    iboot(&settings).expect("a whole driver_info")
}

fn machine(number: usize) -> Target {
    wol(&[], &MACHINES[number..=number]).expect("a whole driver_info")
}
