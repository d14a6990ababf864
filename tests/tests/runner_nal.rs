//! The embedded-nal runner over the standard library's sockets, which stand in for a microcontroller's stack.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use rackhand_adapters::drive::RunError;
use rackhand_adapters::nal::{Board, Tcp, Udp, run};
use rackhand_adapters::sim::{Iboot, Nic};
use rackhand_adapters::tokio::{Server, serve_datagrams, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect, Failure};
use rackhand_core::operation::{
    Action, Error, Operation, Outcome, PowerState, PowerTarget, RX_LEN, TX_LEN, Target, Value,
};
use rackhand_core::time::Instant;
use rackhand_tests::targets::{iboot, operation, wol};
use std_embedded_nal::Stack;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Runtime;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A thread in place of a microcontroller.
struct Host(Clock);

impl Board for Host {
    fn now(&mut self) -> Instant {
        Instant::ZERO.after(self.0.elapsed())
    }

    fn idle(&mut self, until: Instant) {
        let left = until.since(self.now());
        std::thread::sleep(left.min(Duration::from_millis(1)));
    }
}

/// The devices run on a runtime of their own, in the background of the blocking runner.
fn background() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn serve(runtime: &Runtime, faults: &[&str]) -> Server<Iboot<u64>> {
    let mut device = Iboot::new(Credentials::new("admin", "s3cret").unwrap(), Dialect::default(), 4);
    for fault in faults {
        device.faults().add_named(fault).unwrap();
    }
    runtime.block_on(async { serve_stream(TcpListener::bind(LOOPBACK).await.unwrap(), device).unwrap() })
}

fn over_tcp(operation: Operation, to: SocketAddr) -> Result<Outcome, RunError<Error>> {
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let mut stack = Stack;
    run(operation, &mut Tcp::new(&mut stack), to, &mut Host(Clock::now()), &mut tx, &mut window)
}

fn quick() -> Target {
    let mut target = iboot(&[]).unwrap();
    let Target::Iboot(iboot) = &mut target else { panic!() };
    (iboot.options.retry_interval_ms, iboot.options.reboot_delay_ms) = (5, 20);
    target
}

#[test]
fn every_action_over_tcp() {
    let runtime = background();
    for faults in [&[][..], &["fragments"], &["drop-hello*1", "drop-request*1", "drop-response*1"]] {
        let server = serve(&runtime, faults);
        for (power, state) in [
            (PowerTarget::On, PowerState::On),
            (PowerTarget::Off, PowerState::Off),
            (PowerTarget::Reboot, PowerState::On),
        ] {
            let outcome = over_tcp(operation(&quick(), &Action::SetPower(power)), server.address());
            assert_eq!(outcome, Ok(Outcome::Power(state)), "{faults:?}");
            assert_eq!(server.device().relays()[0], state == PowerState::On, "{faults:?}");
        }
    }
}

#[test]
fn nobody_listens() {
    let runtime = background();
    let free = runtime.block_on(async { TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap() });
    let error = over_tcp(operation(&quick(), &Action::GetPower), free).unwrap_err();
    assert!(matches!(error, RunError::Exchange(Error::Iboot { failure: Failure::NoContact, .. })), "{error:?}");
}

#[test]
fn a_packet_over_udp() {
    let runtime = background();
    let nic = Nic::new("02:00:00:00:00:07".parse().unwrap(), None);
    let server = runtime.block_on(async { serve_datagrams(UdpSocket::bind(LOOPBACK).await.unwrap(), nic).unwrap() });
    let host = server.address().ip().to_string();
    let target = wol(&[("wol_host", Value::Str(&host))], &["02:00:00:00:00:07"]).unwrap();
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let mut stack = Stack;
    let outcome = run(
        operation(&target, &Action::SetPower(PowerTarget::On)),
        &mut Udp::new(&mut stack),
        server.address(),
        &mut Host(Clock::now()),
        &mut tx,
        &mut window,
    );
    assert_eq!(outcome, Ok(Outcome::Stored(Some(PowerState::On))));
    let patience = Clock::now() + Duration::from_secs(5);
    while !server.device().is_awake() {
        assert!(Clock::now() < patience, "it sleeps on");
        std::thread::sleep(Duration::from_millis(1));
    }
}
