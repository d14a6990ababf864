//! The relay's real image on both emulated boards, end to end: frames are judged from outside.

use std::time::Duration;

use rackhand_adapters::sim::{Iboot, Nic};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::operation::{Action, Answer, Memory, Order, Outcome, PowerState, PowerTarget, Target, Value};
use rackhand_tests::firmware::{Board, Image, Relay};
use rackhand_tests::lan::Lan;
use rackhand_tests::targets::{iboot, wol};

fn device() -> Iboot<u64> {
    Iboot::new(Credentials::new("admin", "s3cret").unwrap(), Dialect::default(), 8)
}

/// The target that stands for an iBoot of the LAN; quick, so that tests are.
fn at(number: usize) -> Target {
    let address = Lan::iboot_address(number).to_string();
    let mut target = iboot(&[("iboot_address", Value::Str(&address)), ("iboot_relay_id", Value::Int(2))]).unwrap();
    let Target::Iboot(iboot) = &mut target else { panic!() };
    (iboot.options.retry_interval_ms, iboot.options.reboot_delay_ms) = (20, 200);
    target
}

fn order(target: Target, action: Action) -> Order {
    Order { target, action, timeout_ms: 30_000, memory: Memory::Nothing }
}

#[test]
fn smoke() {
    for board in Board::ALL {
        let Some(mut relay) = Relay::start(Image::with_door(board), 1) else { return };
        let number = relay.lan.add_iboot(device());
        relay.lan.add_nic(Nic::new("02:00:00:00:00:07".parse().unwrap(), None));
        let power = |target| order(at(number), Action::SetPower(target));
        assert_eq!(relay.carry_out(&power(PowerTarget::On)), Answer::Done(Outcome::Power(PowerState::On)));
        assert_eq!(relay.carry_out(&power(PowerTarget::Reboot)), Answer::Done(Outcome::Power(PowerState::On)));
        let target = wol(&[], &["02:00:00:00:00:07"]).unwrap();
        let answer = relay.carry_out(&order(target, Action::SetPower(PowerTarget::On)));
        assert_eq!(answer, Answer::Done(Outcome::Stored(Some(PowerState::On))));
        assert!(relay.lan.nics[0].is_awake());
        println!("{:?}", relay.block());
        println!("{}", relay.emulator.log().join("\n"));
    }
    let _ = Duration::ZERO;
}
