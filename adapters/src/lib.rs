//! Runners that drive [`rackhand_core`]'s exchanges over real networks, and simulated devices.
//!
//! A runner does what [`Next`](rackhand_core::exchange::Next) says and knows no protocol. All share [`drive::Drive`], which
//! keeps the window of unread bytes by the rules of [`rackhand_core::exchange`]; what is left of a runner is its sockets.
//!
//! - `tokio` (feature `tokio`): TCP, UDP, broadcast and raw frames on a host; and a server for simulated devices.
//! - `tls` (feature `tls`): TLS over that TCP, for devices that speak it; and a server for simulated ones.
//! - `nal` (feature `nal`): any `embedded-nal` stack, without a standard library.
//! - `smoltcp` (feature `smoltcp`): a microcontroller's stack, several operations at once.
//! - `libvirt` (feature `libvirt`): virtual machines, by libvirt's own library; what needs no library is in `libvirt-model`.
//! - `sim` (feature `sim`): simulated devices with state and named faults.
//!
//! Write your own in sixty lines (compiled and run as a test):
//!
//! ```
#![doc = include_str!("own_runner.rs")]
//! # let device = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let address = device.local_addr().unwrap();
//! # std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let (mut stream, _) = device.accept().unwrap();
//! #     let mut hello = [0; 9];
//! #     stream.read_exact(&mut hello).unwrap();
//! #     stream.write_all(&[0xd2, 0x04]).unwrap();
//! #     let mut request = [0; 47];
//! #     stream.read_exact(&mut request).unwrap();
//! #     stream.write_all(&[1]).unwrap();
//! # });
//! # use rackhand_core::operation::{Action, HardwareType, Memory, Operation, Outcome, PowerState, Target, Value};
//! # let host = address.ip().to_string();
//! # let info = [
//! #     ("iboot_address", Value::Str(&host)),
//! #     ("iboot_port", Value::Int(address.port().into())),
//! #     ("iboot_username", Value::Str("admin")),
//! #     ("iboot_password", Value::Str("admin")),
//! # ];
//! # let target = Target::new(HardwareType::StagingIboot, info.into_iter(), std::iter::empty()).unwrap();
//! # let timeout = std::time::Duration::from_secs(10);
//! # let operation = Operation::new(&target, &Action::GetPower, timeout, &Memory::Nothing, &[0; 32]).unwrap();
//! # assert_eq!(run(operation, address), Ok(Outcome::Power(PowerState::On)));
//! #
//! # // It is given up in time, whether the device says nothing or never stops.
//! # struct Insatiable(Instant);
//! # impl Exchange for Insatiable {
//! #     type Output = ();
//! #     type Error = Cause;
//! #     fn step(&mut self, _: Instant, input: Input<'_>, _: &mut [u8]) -> Result<Step<()>, Cause> {
//! #         let deadline = self.0;
//! #         Ok(match input {
//! #             Input::Start => Step::new(Next::Open { fresh: true, deadline }),
//! #             Input::Received(rx) => Step::using(rx.len(), Next::Receive { deadline }),
//! #             Input::Opened { .. } | Input::Sent => Step::new(Next::Receive { deadline }),
//! #             Input::TimedOut => Step::new(Next::Done(())),
//! #             Input::Closed { why, .. } => return Err(why.cause),
//! #         })
//! #     }
//! # }
//! # use rackhand_core::exchange::Step;
//! # for talks in [false, true] {
//! #     let device = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! #     let address = device.local_addr().unwrap();
//! #     let device = std::thread::spawn(move || {
//! #         let (mut stream, _) = device.accept().unwrap();
//! #         // Until the other side has gone.
//! #         while talks && stream.write_all(&[0; 4096]).is_ok() {}
//! #         stream.read(&mut [0])
//! #     });
//! #     let (tell, told) = std::sync::mpsc::channel();
//! #     std::thread::spawn(move || tell.send(run(Insatiable(Instant::from_millis(300)), address)));
//! #     let result = told.recv_timeout(Duration::from_secs(10));
//! #     assert_eq!(result, Ok(Ok(())), "it waits for ever");
//! #     let _ = device.join().unwrap();
//! # }
//! ```
#![cfg_attr(not(any(test, feature = "tokio", feature = "sim", feature = "libvirt-model")), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice, clippy::unwrap_used)
)]

pub mod drive;
#[cfg(feature = "libvirt-model")]
pub mod libvirt;
#[cfg(feature = "nal")]
pub mod nal;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "smoltcp")]
pub mod smoltcp;
#[cfg(feature = "tokio")]
pub mod tokio;
