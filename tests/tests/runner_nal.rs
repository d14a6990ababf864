//! The embedded-nal runner over the standard library's sockets, which stand in for a microcontroller's stack.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use rackhand_adapters::drive::{Kind, RunError};
use rackhand_adapters::nal::{Board, Link, Tcp, Udp, run};
use rackhand_adapters::sim::{Iboot, Nic};
use rackhand_adapters::tokio::{Server, serve_datagrams, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect, Failure, Stage, Trouble};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Step};
use rackhand_core::operation::{
    Action, Error, Memory, Operation, Outcome, PowerState, PowerTarget, RX_LEN, TX_LEN, Target, Value,
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
        assert!(self.0.elapsed() < Duration::from_secs(30), "it goes on for ever");
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
    assert_eq!(no_contact(&error), (Stage::Connect, Trouble::Closed(Cause::Refused)));
}

/// Where the last try failed, and how.
fn no_contact(error: &RunError<Error>) -> (Stage, Trouble) {
    match error {
        RunError::Exchange(Error::Iboot { failure: Failure::NoContact, fault: Some(fault), .. }) => {
            (fault.stage, fault.trouble)
        }
        _ => panic!("{error:?}"),
    }
}

/// Reads the state of relay 4 within a time that is short.
fn read_shortly(to: SocketAddr, timeout: Duration) -> (RunError<Error>, Duration) {
    let mut target = iboot(&[("iboot_relay_id", Value::Int(4))]).unwrap();
    let Target::Iboot(iboot) = &mut target else { panic!() };
    iboot.options.retry_interval_ms = 5;
    let operation = Operation::new(&target, &Action::GetPower, timeout, &Memory::Nothing, &[0; 32]).unwrap();
    let begun = Clock::now();
    (over_tcp(operation, to).unwrap_err(), begun.elapsed())
}

#[test]
fn a_mute_device_and_a_trickle_are_given_up_in_time() {
    let runtime = background();
    // It is let in by the operating system, and nobody reads what it says.
    let mute = runtime.block_on(async { TcpListener::bind(LOOPBACK).await.unwrap() });
    let trickle = serve(&runtime, &["trickle"]);
    for (to, what) in [(mute.local_addr().unwrap(), "mute"), (trickle.address(), "trickle")] {
        let timeout = Duration::from_millis(600);
        let (error, took) = read_shortly(to, timeout);
        assert!(matches!(error, RunError::Exchange(Error::Iboot { .. })), "{what}: {error:?}");
        assert!(took < timeout + Duration::from_secs(5), "{what}: {took:?}");
    }
}

#[test]
fn a_device_that_hangs_up_is_told_from_one_that_is_not_there() {
    let runtime = background();
    let rude = runtime.block_on(async { TcpListener::bind(LOOPBACK).await.unwrap() });
    let address = rude.local_addr().unwrap();
    runtime.spawn(async move {
        loop {
            let (stream, _) = rude.accept().await.unwrap();
            // What was said is read first: the end is one in good order.
            stream.readable().await.unwrap();
            let _ = stream.try_read(&mut [0; 16]);
        }
    });
    let (error, _) = read_shortly(address, Duration::from_secs(20));
    let RunError::Exchange(Error::Iboot { fault: Some(fault), .. }) = error else { panic!("{error:?}") };
    assert_eq!((fault.stage, fault.trouble), (Stage::Hello, Trouble::Closed(Cause::Ended)));
}

/// What a stand-in for a stack does not do, or how it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NeverOpens,
    TakesNothing,
    TakesOneByte,
    Mute,
    Trickles,
    FailsToOpen(Cause),
    FailsToSend(Cause),
    FailsToReceive(Cause),
}

/// A link that does not do what it should, and counts how often it was asked to open.
struct Bad {
    how: Fault,
    open: bool,
    asked: usize,
    taken: usize,
}

impl Link for Bad {
    const KIND: Kind = Kind::Stream;

    fn open(&mut self, _: SocketAddr) -> Result<bool, Cause> {
        self.asked += 1;
        self.open = match self.how {
            Fault::NeverOpens => false,
            Fault::FailsToOpen(cause) => return Err(cause),
            _ => true,
        };
        Ok(self.open)
    }

    fn is_open(&self) -> bool {
        self.open
    }

    fn send(&mut self, bytes: &[u8]) -> Result<usize, Cause> {
        match self.how {
            Fault::TakesNothing => Ok(0),
            Fault::TakesOneByte if self.taken > 0 => Ok(0),
            Fault::TakesOneByte => {
                self.taken = 1;
                Ok(1)
            }
            Fault::FailsToSend(cause) => Err(cause),
            _ => Ok(bytes.len()),
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<Option<usize>, Cause> {
        match self.how {
            Fault::Trickles => {
                room[0] = 7;
                Ok(Some(1))
            }
            Fault::FailsToReceive(cause) => Err(cause),
            _ => Ok(None),
        }
    }

    fn close(&mut self) {
        self.open = false;
    }
}

/// A board whose time passes a millisecond a look, and runs out for whoever looks, or waits, for ever.
struct Virtual {
    millis: u64,
    calls: u32,
}

impl Virtual {
    fn called(&mut self) {
        self.calls += 1;
        assert!(self.calls < 100_000, "it goes on for ever");
    }
}

impl Board for Virtual {
    fn now(&mut self) -> Instant {
        self.called();
        self.millis += 1;
        Instant::from_millis(self.millis)
    }

    fn idle(&mut self, until: Instant) {
        self.called();
        self.millis = until.as_millis().clamp(self.millis, self.millis + 10);
    }
}

/// Opens, sends, and wants more than it gets, all until one moment. It ends with what it was waiting for when its time was up.
struct Until {
    deadline: Instant,
    waits_for: &'static str,
}

impl Exchange for Until {
    type Output = &'static str;
    /// Why, and whether anything left.
    type Error = (Cause, bool);

    fn step(&mut self, _: Instant, input: Input<'_>, _: &mut [u8]) -> Result<Step<&'static str>, Self::Error> {
        let deadline = self.deadline;
        let (used, next) = match input {
            Input::Start => {
                self.waits_for = "open";
                (0, Next::Open { fresh: false, deadline })
            }
            Input::Opened { .. } => {
                self.waits_for = "send";
                (0, Next::Send { len: 3, deadline })
            }
            Input::Sent => {
                self.waits_for = "receive";
                (0, Next::Receive { deadline })
            }
            Input::Received(rx) => (rx.len(), Next::Receive { deadline }),
            Input::TimedOut => (0, Next::Done(self.waits_for)),
            Input::Closed { why, .. } => return Err((why.cause, why.sent)),
        };
        Ok(Step::using(used, next))
    }
}

type Ended = Result<&'static str, RunError<(Cause, bool)>>;

/// How it ended, when, and how often the link was asked to open.
fn with(how: Fault, deadline: u64) -> (Ended, u64, usize) {
    let mut link = Bad { how, open: false, asked: 0, taken: 0 };
    let mut board = Virtual { millis: 0, calls: 0 };
    let exchange = Until { deadline: Instant::from_millis(deadline), waits_for: "" };
    let (mut tx, mut window) = ([0; 8], [0; 8]);
    let result = run(exchange, &mut link, LOOPBACK, &mut board, &mut tx, &mut window);
    assert!(!link.open, "{how:?}: it is left open");
    (result, board.millis, link.asked)
}

#[test]
fn every_demand_ends_at_its_deadline() {
    for (how, waits_for) in [
        (Fault::NeverOpens, "open"),
        (Fault::TakesNothing, "send"),
        (Fault::TakesOneByte, "send"),
        (Fault::Mute, "receive"),
        (Fault::Trickles, "receive"),
    ] {
        let (result, at, _) = with(how, 500);
        assert_eq!(result, Ok(waits_for), "{how:?}");
        assert!((500..520).contains(&at), "{how:?}: given up at {at}");
    }
    // What is late already is not begun.
    let (result, _, asked) = with(Fault::Mute, 0);
    assert_eq!((result, asked), (Ok("open"), 0));
}

#[test]
fn every_failure_says_why_and_whether_anything_left() {
    for cause in [Cause::Refused, Cause::Reset, Cause::Ended, Cause::Other] {
        for (how, left) in [
            (Fault::FailsToOpen(cause), false),
            (Fault::FailsToSend(cause), false),
            (Fault::FailsToReceive(cause), true),
        ] {
            assert_eq!(with(how, 500).0, Err(RunError::Exchange((cause, left))), "{how:?}");
        }
    }
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
