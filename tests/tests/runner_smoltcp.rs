//! The smoltcp runner on virtual time: its slots on one stack, simulated iBoots, BMCs, machines with AMT and sleeping ones at the other
//! end of a cable in any weather. The same operations as on the emulated boards, thousands of times as fast.

use std::time::Duration;

use rackhand_adapters::drive::RunError;
use rackhand_adapters::sim::amt::Generation;
use rackhand_adapters::sim::bmc::{Config, Shape};
use rackhand_adapters::sim::{Amt, Bmc, Iboot, Nic, Station};
use rackhand_adapters::smoltcp::{Busy, DATAGRAM_LEN, Ended, Net, STREAM_LEN, Slot, Slots};
use rackhand_core::dxp::{Credentials, Dialect, Failure};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Step};
use rackhand_core::http::digest;
use rackhand_core::ipmi::{BootSetting, IpmiFailure, IpmiTrouble, RawRequest};
use rackhand_core::nm;
use rackhand_core::operation::{
    Action, BootDevice, Error, HardwareType, Host, Link, Operation, Outcome, PowerState, PowerTarget, RX_LEN, TX_LEN,
    Target, Value,
};
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;
use rackhand_tests::lan::{self, HOST, Lan, RELAY, Weather};
use rackhand_tests::targets::{amt, bmc, iboot, operation, wol};
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::IpEndpoint;

const _: () = assert!(RX_LEN <= STREAM_LEN);

/// Bytes of the longest datagram that a slot takes here.
const WINDOW_LEN: usize = rackhand_core::ipmi::RX_LEN;
const _: () = assert!(WINDOW_LEN <= DATAGRAM_LEN);

/// Bytes of a TCP segment, of which the sockets keep one that has come and two that were sent, as the firmware's do.
const SEGMENT_LEN: usize = 1460;

/// A relay without a board.
struct Relay<E: Exchange> {
    lan: Lan,
    station: Station,
    slots: Slots<'static, E, 4>,
    now: Instant,
    /// How each operation ended, and when.
    ended: Vec<(Ended<E>, Instant)>,
}

fn bytes(len: usize) -> &'static mut [u8] {
    Vec::leak(vec![0; len])
}

impl<E: Exchange> Relay<E> {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut lan = Lan::new(seed);
        lan.cable.set_weather(weather);
        let mut station = lan::station(0x99, Some(RELAY));
        let mut stream = || {
            let buffer = |len| tcp::SocketBuffer::new(vec![0; len]);
            let socket = station.sockets.add(tcp::Socket::new(buffer(SEGMENT_LEN), buffer(2 * SEGMENT_LEN)));
            Slot::stream(socket, bytes(TX_LEN), bytes(STREAM_LEN))
        };
        let (first, second) = (stream(), stream());
        let mut datagrams = || {
            let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 4], vec![0; 2 * DATAGRAM_LEN]);
            let socket = station.sockets.add(udp::Socket::new(buffer(), buffer()));
            Slot::datagrams(socket, bytes(TX_LEN), bytes(WINDOW_LEN))
        };
        let slots = Slots::new([first, second, datagrams(), datagrams()], "eth0", 0x1234);
        Self { lan, station, slots, now: Instant::ZERO, ended: Vec::new() }
    }

    /// A turn of everything; whether anything changed.
    fn turn(&mut self) -> bool {
        for frame in self.lan.poll(self.now) {
            self.station.put_frame(&frame);
        }
        let mut changed = self.station.poll(self.now);
        let Station { sockets, interface, frames } = &mut self.station;
        let mut net = Net { interface, sockets, device: frames };
        while let Some(ended) = self.slots.poll(self.now, &mut net) {
            changed = true;
            self.ended.push((ended, self.now));
        }
        changed |= self.station.poll(self.now);
        for frame in self.station.take_frames() {
            changed = true;
            self.lan.receive(self.now, frame);
        }
        changed
    }

    /// Goes on to the time at which the next thing is to happen.
    fn advance(&mut self) {
        let (lan, stack, slots) = (self.lan.due(), self.station.due(self.now), self.slots.due());
        let due = [lan, stack, slots].into_iter().flatten().min();
        // Time goes on even where everybody is in a hurry and nobody does anything.
        self.now = due.unwrap_or(self.now).max(self.now.after_millis(1));
    }

    /// Turns until `count` operations have ended.
    fn until_ended(&mut self, count: usize) {
        for _ in 0..2_000_000 {
            if self.ended.len() >= count {
                return;
            }
            if !self.turn() {
                self.advance();
            }
        }
        panic!("only {} operations end", self.ended.len());
    }
}

type Ending = Result<Outcome, Error>;

impl Relay<Operation> {
    fn begin(&mut self, target: &Target, action: &Action) -> Result<usize, Busy> {
        self.slots.begin(operation(target, action), &target.link())
    }

    /// Carries one out: how it ended, and how long it took.
    fn carry_out(&mut self, target: &Target, action: &Action) -> (Ending, Duration) {
        let begun = self.now;
        self.begin(target, action).expect("a free slot");
        self.until_ended(self.ended.len() + 1);
        let (ended, at) = self.ended.pop().expect("it has ended");
        (ended.result.map_err(Error::from), at.since(begun))
    }
}

fn device(faults: &[&str]) -> Iboot<u64> {
    let mut device = Iboot::new(Credentials::new("admin", "s3cret").unwrap(), Dialect::default(), 8);
    for fault in faults {
        device.faults().add_named(fault).unwrap();
    }
    device
}

fn at(number: usize) -> Target {
    let address = Lan::iboot_address(number).to_string();
    iboot(&[("iboot_address", Value::Str(&address)), ("iboot_relay_id", Value::Int(2))]).unwrap()
}

const ON: Action = Action::SetPower(PowerTarget::On);
const REBOOT: Action = Action::SetPower(PowerTarget::Reboot);
const PORTS: [&str; 3] = ["02:00:00:00:00:07", "02:00:00:00:00:08", "02:00:00:00:00:09"];

#[test]
fn on_a_good_cable_everything_takes_as_long_as_it_must() {
    let mut relay = Relay::new(1, Weather::default());
    relay.lan.add_iboot(device(&[]));
    for port in PORTS {
        relay.lan.add_nic(Nic::new(port.parse().unwrap(), None));
    }
    let (result, took) = relay.carry_out(&at(0), &ON);
    assert_eq!(result, Ok(Outcome::Power(PowerState::On)));
    assert!(took < Duration::from_millis(50), "{took:?}");
    let (result, took) = relay.carry_out(&at(0), &REBOOT);
    assert_eq!(result, Ok(Outcome::Power(PowerState::On)));
    assert!((5000..5100).contains(&took.as_millis()), "{took:?}: reboot_delay");
    let (result, took) = relay.carry_out(&wol(&[], &PORTS).unwrap(), &ON);
    assert_eq!(result, Ok(Outcome::Stored(Some(PowerState::On))));
    assert!((1000..1010).contains(&took.as_millis()), "{took:?}: two pauses");
    assert!(relay.lan.nics.iter().all(Nic::is_awake));
}

/// A fifth of the frames lost, others doubled and late: whatever is said is so, and it is said in time.
#[test]
fn in_bad_weather_what_is_said_is_so() {
    let weather = Weather { lost: 20, doubled: 10, overtaken: 10 };
    let mut reached = 0;
    for seed in 0..150 {
        let mut relay = Relay::new(seed, weather);
        relay.lan.add_iboot(device(if seed % 3 == 0 { &["fragments"] } else { &[] }));
        let _ = relay.lan.iboot(0).take_moves();
        for action in [ON, REBOOT, Action::SetPower(PowerTarget::Off)] {
            let (result, took) = relay.carry_out(&at(0), &action);
            let is_on = relay.lan.iboot(0).relays()[1];
            match result {
                Ok(outcome) => {
                    reached += 1;
                    assert_eq!(outcome, Outcome::Power(PowerState::from_on(is_on)), "seed {seed}, {action:?}");
                }
                Err(error) => assert!(matches!(error, Error::Iboot { .. }), "seed {seed}, {action:?}: {error:?}"),
            }
            assert!(took <= Duration::from_secs(60), "seed {seed}, {action:?}: {took:?}");
        }
    }
    assert!(reached > 430, "only {reached} of 450: retries are for this");
}

fn machine(number: usize, extra: &[(&str, Value<'_>)]) -> Target {
    let address = Lan::amt_address(number).to_string();
    let settings: Vec<_> = extra.iter().copied().chain([("amt_address", Value::Str(&address))]).collect();
    amt(&settings).unwrap()
}

fn machine_with_amt(generation: Generation) -> Amt<u64> {
    Amt::new(digest::Credentials::new("admin", "Adm1n!Pass").unwrap(), generation)
}

/// Requests and answers of several segments, over sockets that do not hold them, in all weathers.
#[test]
fn machines_with_amt_are_where_they_are_said_to_be() {
    let from = |boot, target| Action::StartFrom { boot, target };
    let actions = [
        ON,
        Action::GetPower,
        from(BootDevice::Pxe, PowerTarget::Reboot),
        Action::SetPower(PowerTarget::Off),
        from(BootDevice::Disk, PowerTarget::On),
        Action::Describe,
    ];
    for weather in [Weather::default(), Weather { lost: 10, doubled: 10, overtaken: 10 }] {
        let mut reached = 0;
        for (seed, generation) in (0..).zip(Generation::ALL) {
            let mut relay = Relay::new(seed, weather);
            relay.lan.add_amt(machine_with_amt(generation));
            if seed % 2 == 1 {
                relay.lan.amt(0).faults().add_named("chunked").unwrap();
            }
            for action in &actions {
                let (result, took) = relay.carry_out(&machine(0, &[]), action);
                let context = format!("{weather:?}, seed {seed}, {action:?}: {result:?} after {took:?}");
                let is_on = relay.lan.amt(0).power_state() == 2;
                match result {
                    Ok(Outcome::Power(state) | Outcome::Started { state, .. }) => {
                        assert_eq!(state, PowerState::from_on(is_on), "{context}");
                    }
                    Ok(Outcome::Described(info)) => assert_eq!(info.power_state == 2, is_on, "{context}"),
                    Err(Error::Amt { .. }) if weather.lost > 0 => continue,
                    _ => panic!("{context}"),
                }
                reached += 1;
                assert!(took <= Duration::from_secs(60), "{context}");
            }
            assert_eq!(relay.lan.amt(0).failed_logins(), 0, "{weather:?}, seed {seed}");
        }
        let all = actions.len() * Generation::ALL.len();
        assert!(reached * 10 >= all * 9, "{weather:?}: only {reached} of {all}");
    }
}

fn machine_with_bmc(shape: Shape, seed: u64) -> Bmc<IpEndpoint> {
    Bmc::new(Config { shape, ..Config::new("admin", Secret::new("s3cret").unwrap()) }, seed)
}

fn managed(number: usize) -> Target {
    let address = Lan::bmc_address(number).to_string();
    bmc(HardwareType::StagingNm, &[("ipmi_address", Value::Str(&address))]).unwrap()
}

/// Both answers of a bridged request come in one breath where firmware has it so.
#[test]
fn a_bmc_and_node_manager_behind_it() {
    for (name, shape) in Shape::NAMED {
        let mut relay = Relay::new(5, Weather::default());
        relay.lan.add_bmc(machine_with_bmc(shape, 5));
        let get = RawRequest { netfn: 6, command: 1, bridge: None, data: std::iter::empty::<u8>().collect() };
        let pxe = Action::SetBootDevice { device: BootDevice::Pxe, persistent: true, efi: Some(true) };
        let setting = BootSetting { device: Some(BootDevice::Pxe), persistent: true, efi: true };
        for (action, outcome) in [
            (Action::GetPower, Outcome::Power(PowerState::Off)),
            (pxe, Outcome::BootDevice(setting)),
            (Action::GetBootDevice, Outcome::BootDevice(setting)),
            (ON, Outcome::Power(PowerState::On)),
            (REBOOT, Outcome::Power(PowerState::On)),
            (Action::SetPower(PowerTarget::SoftOff), Outcome::Power(PowerState::Off)),
        ] {
            let (result, took) = relay.carry_out(&managed(0), &action);
            assert_eq!(result, Ok(outcome), "{name}, {action:?}");
            assert!(took < Duration::from_secs(8), "{name}, {action:?}: {took:?}");
        }
        assert_eq!(relay.lan.bmc(0).state().flags.device, rackhand_core::ipmi::command::BootDevice::Pxe);
        let (result, _) = relay.carry_out(&managed(0), &Action::Raw(get));
        let Ok(Outcome::Raw(answer)) = result else { panic!("{name}: {result:?}") };
        assert_eq!(answer.bytes().first(), Some(&0x20), "{name}: the device's id");
        let (result, took) = relay.carry_out(&managed(0), &Action::NodeManager(nm::Request::GetVersion));
        assert!(matches!(result, Ok(Outcome::NodeManager(nm::Response::Version(_)))), "{name}: {result:?}");
        assert!(took < Duration::from_secs(1), "{name}: {took:?}");
        let state = relay.lan.bmc(0).state();
        assert_eq!((state.on, state.sessions, state.half_open, state.failed_logins), (false, 0, 0, 0), "{name}");
    }
}

#[test]
fn what_is_said_of_a_bmc_in_bad_weather_is_so() {
    let weather = Weather { lost: 10, doubled: 10, overtaken: 10 };
    let (mut reached, mut all) = (0, 0);
    for seed in 0..60 {
        let mut relay = Relay::new(seed, weather);
        let [.., (_, shape)] = Shape::NAMED;
        relay.lan.add_bmc(machine_with_bmc(if seed % 2 == 0 { Shape::Separate } else { shape }, seed));
        for action in [ON, REBOOT, Action::SetPower(PowerTarget::Off), Action::NodeManager(nm::Request::GetVersion)] {
            let (result, took) = relay.carry_out(&managed(0), &action);
            let context = format!("seed {seed}, {action:?}: {result:?} after {took:?}");
            all += 1;
            match result {
                Ok(Outcome::Power(state)) => {
                    assert_eq!(state, PowerState::from_on(relay.lan.bmc(0).state().on), "{context}");
                    reached += 1;
                }
                Ok(Outcome::NodeManager(nm::Response::Version(_))) => reached += 1,
                Err(Error::Ipmi { .. }) => {}
                _ => panic!("{context}"),
            }
            assert!(took <= Duration::from_secs(60), "{context}");
        }
    }
    assert!(reached * 20 >= all * 19, "only {reached} of {all}");
}

/// Nobody has the address, or nobody listens there: no datagram that never left ends the search, and no other slot waits.
#[test]
fn a_bmc_that_is_not_there_holds_only_its_own_slot() {
    let start = || {
        let mut relay = Relay::new(1, Weather::default());
        relay.lan.add_bmc(machine_with_bmc(Shape::Separate, 1));
        relay
    };
    let alone = start().carry_out(&managed(0), &ON).1;
    for address in ["192.0.2.222".to_owned(), HOST.to_string()] {
        let mut relay = start();
        let nobody = bmc(HardwareType::Ipmi, &[("ipmi_address", Value::Str(&address))]).unwrap();
        let begun = relay.now;
        assert_eq!((relay.begin(&nobody, &Action::GetPower), relay.begin(&managed(0), &ON)), (Ok(2), Ok(3)));
        relay.until_ended(1);
        let (ended, when) = relay.ended.pop().unwrap();
        assert_eq!((ended.slot, ended.result), (3, Ok(Outcome::Power(PowerState::On))));
        let took = when.since(begun);
        assert!(took < alone + Duration::from_millis(20), "{address}: {took:?}, alone {alone:?}");
        relay.until_ended(1);
        let (ended, when) = relay.ended.pop().unwrap();
        let error = Error::from(ended.result.unwrap_err());
        let (failure, trouble) = (IpmiFailure::NoContact, Some(IpmiTrouble::Silence));
        assert_eq!(error, Error::Ipmi { failure, trouble, contact: false, out_of_time: false }, "{address}");
        assert!((20..=60).contains(&when.since(begun).as_secs()), "{address}: {:?}", when.since(begun));
    }
}

/// A stream that cannot be opened takes a place for streams, and none of the others.
#[test]
fn tls_is_a_stream_that_cannot_be_opened() {
    let mut relay = Relay::new(1, Weather::default());
    let https = machine(0, &[("amt_protocol", Value::Str("https"))]);
    for slot in [0, 1] {
        assert_eq!(relay.begin(&https, &Action::GetPower), Ok(slot));
    }
    assert_eq!(relay.begin(&https, &Action::GetPower), Err(Busy));
    let wake = wol(&[], &PORTS).unwrap();
    assert_eq!([relay.begin(&wake, &ON), relay.begin(&wake, &ON)], [Ok(2), Ok(3)]);
    relay.until_ended(4);
    for (ended, _) in relay.ended.iter().filter(|(ended, _)| ended.slot < 2) {
        let error = Error::from(ended.result.clone().unwrap_err());
        let cause = Some(rackhand_core::amt::AmtTrouble::Closed(Cause::Unsupported));
        assert!(matches!(error, Error::Amt { trouble, contact: false, .. } if trouble == cause), "{error}");
    }
}

/// Devices that do not answer, or not to the end, hold nobody longer than they may, and nobody else at all.
#[test]
fn a_device_that_hangs_holds_only_its_own_slot() {
    for fault in ["mute", "trickle", "garbage", "drop-hello", "drop-request", "drop-response", "slow=30000"] {
        let mut relay = Relay::new(7, Weather::default());
        relay.lan.add_iboot(device(&[fault]));
        relay.lan.add_iboot(device(&[]));
        let begun = relay.now;
        relay.begin(&at(0), &ON).unwrap();
        relay.begin(&at(1), &ON).unwrap();
        relay.until_ended(1);
        let (ended, when) = relay.ended.pop().unwrap();
        assert_eq!((ended.slot, ended.result), (1, Ok(Outcome::Power(PowerState::On))), "{fault}");
        assert!(when.since(begun) < Duration::from_millis(50), "{fault}: {:?}", when.since(begun));
        relay.until_ended(1);
        let (ended, when) = relay.ended.pop().unwrap();
        assert_eq!(ended.slot, 0);
        // A byte a second is enough for the two answers of one byte.
        if fault != "trickle" {
            assert!(ended.result.is_err(), "{fault}: {:?}", ended.result);
        }
        assert!(when.since(begun) <= Duration::from_secs(60), "{fault}: {:?}", when.since(begun));
        // The slot is as good as new.
        assert_eq!(relay.carry_out(&at(1), &REBOOT).0, Ok(Outcome::Power(PowerState::On)), "{fault}");
    }
}

#[test]
fn four_at_once_take_as_long_as_the_slowest_and_a_fifth_is_refused() {
    let mut relay = Relay::new(3, Weather::default());
    relay.lan.add_iboot(device(&["slow=400"]));
    relay.lan.add_iboot(device(&["slow=300"]));
    let wake = wol(&[], &PORTS).unwrap();
    let alone = relay.carry_out(&at(0), &ON).1;
    let begun = relay.now;
    for target in [&at(0), &at(1), &wake, &wake] {
        relay.begin(target, &ON).unwrap();
    }
    assert_eq!(relay.slots.running(), 4);
    assert_eq!((relay.begin(&at(1), &ON), relay.begin(&wake, &ON)), (Err(Busy), Err(Busy)));
    relay.until_ended(4);
    let last = relay.ended.last().unwrap().1.since(begun);
    assert!(last < alone + Duration::from_millis(20), "{last:?}, alone {alone:?}");
    assert_eq!((relay.slots.running(), relay.slots.due()), (0, None));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let mut relay = Relay::new(1, Weather::default());
    let mut named = at(0);
    let Target::Iboot(target) = &mut named else { panic!() };
    target.address = "pdu.example.org".parse().unwrap();
    let mut refused = at(0);
    let Target::Iboot(target) = &mut refused else { panic!() };
    target.address = HOST.to_string().parse().unwrap();
    let mut far = at(0);
    let Target::Iboot(target) = &mut far else { panic!() };
    target.address = "198.51.100.1".parse().unwrap();
    for (target, cause) in [(named, Cause::NoSuchHost), (refused, Cause::Refused), (far, Cause::Unreachable)] {
        let error = relay.carry_out(&target, &Action::GetPower).0.unwrap_err();
        assert!(matches!(&error, Error::Iboot { failure: Failure::NoContact, .. }), "{error}");
        assert!(error.to_string().contains(&cause.to_string()), "{error}, not {cause}");
    }
    let raw = |name| wol(&[("wol_transport", Value::Str("raw")), ("wol_interface", Value::Str(name))], &PORTS).unwrap();
    assert!(relay.carry_out(&raw("eth0"), &ON).0.is_ok());
    let far = wol(&[("wol_host", Value::Str("198.51.100.255"))], &PORTS).unwrap();
    for (target, expected) in [(raw("eth1"), Cause::NoInterface), (far, Cause::Unreachable)] {
        let Err(Error::NotWoken { cause, sent: 0, .. }) = relay.carry_out(&target, &ON).0 else { panic!() };
        assert_eq!(cause, Some(expected));
    }
}

/// What the stack drops because it has lost its address was not sent.
#[test]
fn a_packet_that_has_no_address_to_leave_from_was_not_sent() {
    let mut relay = Relay::new(1, Weather::default());
    for port in PORTS {
        relay.lan.add_nic(Nic::new(port.parse().unwrap(), None));
    }
    relay.begin(&wol(&[], &PORTS).unwrap(), &ON).unwrap();
    while relay.now < Instant::from_millis(100) {
        if !relay.turn() {
            relay.advance();
        }
        if relay.lan.nics[0].is_awake() {
            break;
        }
    }
    relay.station.interface.update_ip_addrs(|addresses| {
        addresses.clear();
    });
    relay.until_ended(1);
    let (ended, _) = relay.ended.pop().unwrap();
    let Err(Error::NotWoken { macs, cause, sent }) = ended.result.map_err(Error::from) else { panic!() };
    assert_eq!((macs.len(), cause, sent), (2, Some(Cause::Unreachable), 1));
    assert_eq!([0, 1, 2].map(|number| relay.lan.nics[number].is_awake()), [true, false, false]);
}

/// Sends a question to one peer and wants an answer of so many bytes.
struct Ask(usize);

impl Exchange for Ask {
    type Output = Vec<u8>;
    type Error = Cause;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Vec<u8>>, Cause> {
        let deadline = now.after_millis(1000);
        Ok(match input {
            Input::Start => Step::new(Next::Open { fresh: false, deadline }),
            Input::Opened { .. } => {
                tx[..2].copy_from_slice(b"?!");
                Step::new(Next::Send { len: 2, deadline })
            }
            Input::Received(rx) if rx.len() == self.0 => Step::using(rx.len(), Next::Done(rx.to_vec())),
            Input::Received(_) | Input::Sent => Step::new(Next::Receive { deadline }),
            Input::Closed { why, .. } => return Err(why.cause),
            Input::TimedOut => return Err(Cause::Other),
        })
    }
}

/// One peer's datagrams are shown, one by one; those of others are not, and one that is too long is an error.
#[test]
fn datagrams_of_one_peer() {
    let ask = |wanted: usize, answers: &[(u16, usize)]| {
        let mut relay = Relay::new(1, Weather::default());
        let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 8], vec![0; 4096]);
        let mut peers = Vec::new();
        for port in [623, 624] {
            let mut socket = udp::Socket::new(buffer(), buffer());
            socket.bind(port).unwrap();
            peers.push(relay.lan.host.station.sockets.add(socket));
        }
        let link = Link::Udp { host: Host::Ip(HOST.into()), port: 623 };
        relay.slots.begin(Ask(wanted), &link).unwrap();
        let mut asked = None;
        for _ in 0..10_000 {
            let changed = relay.turn();
            let sockets = &mut relay.lan.host.station.sockets;
            if asked.is_none()
                && let Ok((_, meta)) = sockets.get_mut::<udp::Socket<'_>>(peers[0]).recv()
            {
                let to: IpEndpoint = meta.endpoint;
                asked = Some(to);
                for (port, len) in answers {
                    let peer = peers[usize::from(port - 623)];
                    sockets.get_mut::<udp::Socket<'_>>(peer).send_slice(&vec![7; *len], to).unwrap();
                }
            }
            if let Some((ended, _)) = relay.ended.pop() {
                return ended.result.map(|bytes| bytes.len());
            }
            if !changed && asked.is_some() {
                relay.advance();
            }
        }
        panic!("it does not end");
    };
    assert_eq!(ask(5, &[(624, 5), (623, 3), (623, 5)]), Ok(5));
    assert_eq!(ask(5, &[(624, 5)]), Err(RunError::Exchange(Cause::Other)), "in time");
    assert_eq!(ask(5, &[(623, WINDOW_LEN + 1)]), Err(RunError::WindowFull { len: WINDOW_LEN }));
}
