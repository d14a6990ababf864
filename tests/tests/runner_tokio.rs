//! The tokio runner over real sockets on loopback: what the operating system says comes through as it should, and nothing waits
//! longer than its deadline.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rackhand_adapters::drive::RunError;
use rackhand_adapters::sim::{Iboot, Nic};
use rackhand_adapters::tokio::{Channel, Server, run, serve_datagrams, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect, Failure, Stage, Trouble};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Step, Why};
use rackhand_core::operation::{
    Action, Error, Host, Link, Memory, Operation, Outcome, PowerState, PowerTarget, RX_LEN, TX_LEN, Target, Value,
};
use rackhand_core::time::Instant as Moment;
use rackhand_tests::targets::{iboot, wol};
use tokio::net::{TcpListener, UdpSocket};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

async fn serve(faults: &[&str]) -> Server<Iboot<u64>> {
    let mut device = Iboot::new(Credentials::new("admin", "s3cret").unwrap(), Dialect::default(), 8);
    for fault in faults {
        device.faults().add_named(fault).unwrap();
    }
    serve_stream(TcpListener::bind(LOOPBACK).await.unwrap(), device).unwrap()
}

fn target_at(address: SocketAddr, extra: &[(&str, Value<'_>)]) -> Target {
    let host = address.ip().to_string();
    let info = [("iboot_address", Value::Str(&host)), ("iboot_port", Value::Int(address.port().into()))];
    let all: Vec<_> = info.into_iter().chain(extra.iter().copied()).collect();
    iboot(&all).unwrap()
}

async fn perform(target: &Target, action: &Action, timeout: Duration) -> Result<Outcome, Error> {
    let operation = Operation::new(target, action, timeout, &Memory::Nothing, &[0; 32])?;
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    match run(operation, &mut channel, &mut tx, &mut window, |_| {}).await {
        Ok(outcome) => Ok(outcome),
        Err(RunError::Exchange(error)) => Err(error),
        Err(RunError::WindowFull { len }) => panic!("a window of {len} bytes is too short"),
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_action_on_a_real_connection() {
    let server = serve(&[]).await;
    let mut target = target_at(server.address(), &[("iboot_relay_id", Value::Int(3))]);
    let Target::Iboot(options) = &mut target else { panic!() };
    options.options.reboot_delay_ms = 30;
    for (power, state) in
        [(PowerTarget::On, PowerState::On), (PowerTarget::Off, PowerState::Off), (PowerTarget::Reboot, PowerState::On)]
    {
        let outcome = perform(&target, &Action::SetPower(power), MINUTE).await;
        assert_eq!(outcome, Ok(Outcome::Power(state)));
        assert_eq!(server.device().relays()[2], state == PowerState::On);
        assert_eq!(perform(&target, &Action::GetPower, MINUTE).await, Ok(Outcome::Power(state)));
    }
}

#[tokio::test]
async fn fragments_and_slowness_are_no_failure() {
    let server = serve(&["fragments", "slow=50"]).await;
    let target = target_at(server.address(), &[("iboot_relay_id", Value::Int(8))]);
    let begun = Instant::now();
    assert_eq!(perform(&target, &Action::GetPower, MINUTE).await, Ok(Outcome::Power(PowerState::Off)));
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn nobody_listens() {
    let free = TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap();
    let mut target = target_at(free, &[]);
    let Target::Iboot(iboot) = &mut target else { panic!() };
    iboot.options.retry_interval_ms = 1;
    let error = perform(&target, &Action::GetPower, MINUTE).await.unwrap_err();
    let Error::Iboot { failure: Failure::NoContact, fault: Some(fault), .. } = error else { panic!("{error:?}") };
    assert_eq!((fault.stage, fault.trouble), (Stage::Connect, Trouble::Closed(Cause::Refused)));
}

#[tokio::test]
async fn a_name_that_nobody_knows() {
    // RFC 2606 keeps this name from ever being there; nothing is sent where there is no resolver.
    let mut target = iboot(&[("iboot_address", Value::Str("pdu.invalid"))]).unwrap();
    let Target::Iboot(iboot) = &mut target else { panic!() };
    (iboot.options.retry_interval_ms, iboot.options.max_retry) = (1, 0);
    let error = perform(&target, &Action::GetPower, MINUTE).await.unwrap_err();
    let Error::Iboot { failure: Failure::NoContact, fault: Some(fault), .. } = error else { panic!("{error:?}") };
    assert_eq!(fault.stage, Stage::Connect);
}

#[tokio::test]
async fn a_trickle_cannot_hold_it_beyond_its_deadline() {
    let server = serve(&["trickle"]).await;
    let target = target_at(server.address(), &[("iboot_relay_id", Value::Int(8))]);
    let begun = Instant::now();
    let timeout = Duration::from_millis(1500);
    let error = perform(&target, &Action::GetPower, timeout).await.unwrap_err();
    assert!(matches!(error, Error::Iboot { failure: Failure::NoContact, out_of_time: true, .. }), "{error:?}");
    // Hello and eight relays are two bytes and eight, a second apart.
    assert!(begun.elapsed() < timeout + Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_mute_device_is_given_up_in_time_and_what_was_switched_is_said() {
    let server = serve(&["drop-response"]).await;
    let target = target_at(server.address(), &[]);
    let error = perform(&target, &Action::SetPower(PowerTarget::On), Duration::from_millis(2500)).await.unwrap_err();
    // It was carried out, and could not be read back: both are said.
    assert!(server.device().relays()[0]);
    let words = error.to_string();
    assert!(words.contains("could not be read"), "{words}");
}

#[tokio::test]
async fn a_hundred_devices_do_not_wait_for_each_other() {
    let mut tasks = Vec::new();
    let mut servers = Vec::new();
    for _ in 0..100 {
        let server = serve(&["slow=100"]).await;
        let target = target_at(server.address(), &[]);
        servers.push(server);
        tasks.push(tokio::spawn(async move { perform(&target, &Action::GetPower, MINUTE).await }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(Outcome::Power(PowerState::Off)));
    }
    drop(servers);
}

#[tokio::test]
async fn magic_packets_wake_a_machine_through_udp() {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    let mut nic = Nic::new("02:00:00:00:00:07".parse().unwrap(), "1.2.3.4".parse().ok());
    nic.faults().add_named("deaf*1").unwrap();
    let server = serve_datagrams(socket, nic).unwrap();
    let port = Value::Int(server.address().port().into());
    let wake = |extra: Vec<(&'static str, Value<'static>)>| {
        let info = [vec![("wol_host", Value::Str("127.0.0.1")), ("wol_port", port)], extra].concat();
        wol(&info, &["02:00:00:00:00:07"]).unwrap()
    };
    let stored_on = Ok(Outcome::Stored(Some(PowerState::On)));
    let on = Action::SetPower(PowerTarget::On);
    assert_eq!(perform(&wake(vec![]), &on, MINUTE).await, stored_on);
    assert!(!server.device().is_awake(), "without the password");
    let twice = wake(vec![("wol_password", Value::Str("1.2.3.4")), ("wol_repeat", Value::Int(2))]);
    let begun = Instant::now();
    assert_eq!(perform(&twice, &on, MINUTE).await, stored_on);
    assert!(begun.elapsed() >= Duration::from_millis(500), "half a second apart");
    // The packet is there already; only the server's task has to get its turn.
    for _ in 0..1000 {
        if server.device().is_awake() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it missed the first packet, and slept through the second");
}

#[tokio::test]
async fn no_such_interface() {
    for transport in ["udp", "raw"] {
        let info = [("wol_transport", Value::Str(transport)), ("wol_interface", Value::Str("nope0"))];
        let target = wol(&info, &["02:00:00:00:00:07"]).unwrap();
        let error = perform(&target, &Action::SetPower(PowerTarget::On), MINUTE).await.unwrap_err();
        let Error::NotWoken { cause, sent: 0, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(cause, Some(Cause::NoInterface | Cause::NotPermitted)), "{transport}: {cause:?}");
    }
}

/// Sends one datagram and returns the answer: what a protocol over UDP does.
struct Ask(u8);

impl Exchange for Ask {
    type Output = Vec<u8>;
    type Error = Option<Why>;

    fn step(&mut self, now: Moment, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Vec<u8>>, Option<Why>> {
        let deadline = now.after(Duration::from_millis(300));
        Ok(match input {
            Input::Start => Step::new(Next::Open { fresh: false, deadline }),
            Input::Opened { .. } => {
                tx[0] = self.0;
                Step::new(Next::Send { len: 1, deadline })
            }
            Input::Sent => Step::new(Next::Receive { deadline }),
            // Half of it: the rest of a datagram is gone with it.
            Input::Received(rx) => Step::using(rx.len() / 2, Next::Done(rx.to_vec())),
            Input::Closed { why, .. } => return Err(Some(why)),
            Input::TimedOut => return Err(None),
        })
    }
}

#[tokio::test]
async fn datagrams_both_ways_and_a_link_that_is_kept() {
    let peer = UdpSocket::bind(LOOPBACK).await.unwrap();
    let address = peer.local_addr().unwrap();
    let echo = tokio::spawn(async move {
        let mut buffer = [0; 16];
        let mut peers = std::collections::HashSet::new();
        for _ in 0..2 {
            let (len, from) = peer.recv_from(&mut buffer).await.unwrap();
            peers.insert(from);
            peer.send_to(&[buffer[..len].to_vec(), vec![1, 2, 3]].concat(), from).await.unwrap();
        }
        peers.len()
    });
    let mut channel = Channel::new(Link::Udp { host: Host::Ip(address.ip()), port: address.port() });
    let (mut tx, mut window) = ([0; 8], [0; 8]);
    for byte in [7, 9] {
        let answer = run(Ask(byte), &mut channel, &mut tx, &mut window, |_| {}).await;
        assert_eq!(answer, Ok(vec![byte, 1, 2, 3]));
    }
    assert_eq!(echo.await.unwrap(), 1, "both came from the same socket");

    // Nobody is there any more: the operating system tells.
    let silent = run(Ask(1), &mut channel, &mut tx, &mut window, |_| {}).await.unwrap_err();
    let RunError::Exchange(why) = silent else { panic!() };
    assert!(why.is_none_or(|why| why.cause == Cause::Refused), "{why:?}");
}
