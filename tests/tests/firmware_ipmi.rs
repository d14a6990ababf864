//! The relay's real image with IPMI on the smaller board, end to end: BMCs and Node Manager behind them.

use std::time::Duration;

use rackhand_adapters::sim::bmc::{Config, Shape, Timing};
use rackhand_adapters::sim::{Bmc, Iboot, Nic};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::ipmi::{BootSetting, Bridge, IpmiTrouble, LoginFailure, RawRequest};
use rackhand_core::nm;
use rackhand_core::operation::{
    Action, Answer, BootDevice, Error, ErrorKind, HardwareType, IpmiMemory, Memory, Order, Outcome, PowerState,
    PowerTarget, Target, Value,
};
use rackhand_core::secret::Secret;
use rackhand_tests::firmware::{Board, Image, Relay};
use rackhand_tests::lan::Lan;
use rackhand_tests::targets::{bmc, iboot, wol};

/// Of every device.
const PASSWORD: &str = "s3cret";
const PORT: &str = "02:00:00:00:00:07";

const ON: Answer = Answer::Done(Outcome::Power(PowerState::On));
const OFF: Answer = Answer::Done(Outcome::Power(PowerState::Off));
const WOKEN: Answer = Answer::Done(Outcome::Stored(Some(PowerState::On)));

fn order(target: Target, action: Action) -> Order {
    Order { target, action, timeout_ms: 30_000, memory: Memory::Nothing }
}

fn failed(answer: Answer) -> Error {
    let Answer::Failed(error) = answer else { panic!("{answer:?}") };
    error
}

/// The log holds no password, and nothing that cannot be read.
fn nothing_secret(relay: &Relay) {
    let log = relay.emulator.log().join("\n");
    assert!(![PASSWORD, "Wr0ng"].into_iter().any(|password| log.contains(password)), "{log}");
    assert!(!log.lines().any(|line| line == "malformed"), "{log}");
}

/// The smaller board with IPMI in its image, and two machines with BMCs on the LAN, both off; they answer differently for what is
/// behind them.
fn start_with_ipmi() -> Option<Relay> {
    let mut relay = Relay::start(Image::with_ipmi(Board::Lm3s6965evb), 1)?;
    for (seed, shape) in (0..).zip([Shape::Separate, Shape::Inline]) {
        // Quick, so that tests are.
        let [on, off, cycle, soft] = [50, 100, 150, 200].map(Duration::from_millis);
        let timing = Timing { on, off, cycle, soft };
        let config = Config::new("admin", Secret::new(PASSWORD).unwrap());
        relay.lan.add_bmc(Bmc::new(Config { shape, timing, ..config }, seed));
    }
    Some(relay)
}

/// An order for a machine with a BMC, and Node Manager behind it.
fn managed(number: usize, extra: &[(&str, Value<'_>)], action: Action) -> Order {
    let address = Lan::bmc_address(number).to_string();
    let settings: Vec<_> = [("ipmi_address", Value::Str(&address))].into_iter().chain(extra.iter().copied()).collect();
    order(bmc(HardwareType::StagingNm, &settings).unwrap(), action)
}

/// Both places for datagrams take one.
#[test]
fn two_bmcs_from_end_to_end() {
    let Some(mut relay) = start_with_ipmi() else { return };
    let pxe = Action::SetBootDevice { device: BootDevice::Pxe, persistent: false, efi: Some(true) };
    let armed = Outcome::BootDevice(BootSetting { device: Some(BootDevice::Pxe), persistent: false, efi: true });
    let version = nm::Version { nm: 5, ipmi: 3, patch: 7, major: 1, minor: 2 };
    let version = Answer::Done(Outcome::NodeManager(nm::Response::Version(version)));
    let both = [
        (Action::GetPower, OFF, false),
        (pxe, Answer::Done(armed), false),
        (Action::GetBootDevice, Answer::Done(armed), false),
        (Action::SetPower(PowerTarget::On), ON, true),
        (Action::SetPower(PowerTarget::Reboot), ON, true),
        (Action::NodeManager(nm::Request::GetVersion), version, true),
        (Action::SetPower(PowerTarget::SoftOff), OFF, false),
    ];
    for (action, answer, on) in &both {
        let tickets = [0, 1].map(|number| relay.order(&managed(number, &[], action.clone())));
        for (number, ticket) in tickets.into_iter().enumerate() {
            let said = relay.answer(ticket);
            assert_eq!((&said, relay.lan.bmc(number).state().on), (answer, *on), "{number}: {action:?}");
        }
    }
    // As it stands, for the device itself.
    let data = std::iter::empty::<u8>().collect();
    let raw = RawRequest { netfn: 6, command: 1, bridge: None, data };
    let Answer::Done(Outcome::Raw(id)) = relay.carry_out(&managed(0, &[], Action::Raw(raw))) else { panic!() };
    assert_eq!(id.bytes().first(), Some(&0x20));
    for number in [0, 1] {
        let state = relay.lan.bmc(number).state();
        assert_eq!((state.sessions, state.half_open, state.failed_logins), (0, 0, 0), "{number}");
    }
    let block = relay.block();
    assert_eq!((block.orders.orders, block.orders.done, block.running), (15, 15, 0));
    let log = relay.emulator.log();
    assert!(log.iter().any(|line| line == "info slot 2: StagingNm NodeManager"), "{}", log.join("\n"));
    nothing_secret(&relay);
}

/// What goes wrong with a BMC comes through by name, what an order says that it has taught is used, and the others are as they were.
#[test]
fn errors_of_bmcs_come_through_with_their_names() {
    let Some(mut relay) = start_with_ipmi() else { return };
    // Once, and not a second time: accounts get locked.
    let wrong = managed(0, &[("ipmi_password", Value::Str("Wr0ng"))], Action::SetPower(PowerTarget::On));
    let error = failed(relay.carry_out(&wrong));
    assert_eq!((error.name(), error.kind()), ("IPMIFailure", ErrorKind::Access));
    let trouble = Some(IpmiTrouble::Login(LoginFailure::Password));
    assert!(matches!(&error, Error::Ipmi { trouble: it, contact: true, .. } if *it == trouble), "{error:?}");
    assert_eq!((relay.lan.bmc(0).state().failed_logins, relay.lan.bmc(0).state().on), (1, false));
    // Only a BMC with Node Manager is asked for it.
    let address = Lan::bmc_address(0).to_string();
    let plain = bmc(HardwareType::Ipmi, &[("ipmi_address", Value::Str(&address))]).unwrap();
    let error = failed(relay.carry_out(&order(plain, Action::NodeManager(nm::Request::GetVersion))));
    let hardware = HardwareType::Ipmi;
    let unsupported = Action::NodeManager(nm::Request::GetVersion).name();
    assert_eq!(error, Error::Unsupported { hardware, action: unsupported });

    // Where Node Manager is known to be, nobody searches for it.
    let asked = |relay: &mut Relay, memory| {
        let before = relay.lan.bmc(0).state().requests;
        let version = managed(0, &[], Action::NodeManager(nm::Request::GetVersion));
        assert!(matches!(relay.carry_out(&Order { memory, ..version }), Answer::Done(Outcome::NodeManager(_))));
        relay.lan.bmc(0).state().requests - before
    };
    let at = Bridge { channel: 6, address: 0x2C };
    let known = Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: Some(at) });
    let (without, with) = (asked(&mut relay, Memory::Nothing), asked(&mut relay, known));
    assert!(with < without, "{with} requests, {without} without knowing");

    // Wake-on-LAN and iBoot are as they were.
    relay.lan.add_iboot(Iboot::new(Credentials::new("admin", PASSWORD).unwrap(), Dialect::default(), 8));
    relay.lan.add_nic(Nic::new(PORT.parse().unwrap(), None));
    let address = Lan::iboot_address(0).to_string();
    let settings = [("iboot_address", Value::Str(&address)), ("iboot_relay_id", Value::Int(2))];
    let others = [iboot(&settings).unwrap(), wol(&[], &[PORT]).unwrap()];
    let tickets = others.map(|target| relay.order(&order(target, Action::SetPower(PowerTarget::On))));
    assert_eq!(tickets.map(|ticket| relay.answer(ticket)), [ON, WOKEN]);
    assert!(relay.lan.nics[0].is_awake() && relay.lan.iboot(0).relays()[1]);
    nothing_secret(&relay);
}
