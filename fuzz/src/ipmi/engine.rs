//! The engine of IPMI and the simulated BMC, on virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_adapters::sim::Named;
use rackhand_adapters::sim::bmc::{Bmc, BmcFault, Config, Note, Shape};
use rackhand_core::exchange::{Cause, Event, Next, Responder};
use rackhand_core::ipmi::{CipherSuite, IpmiTrouble};
use rackhand_core::operation::{
    Action, BootDevice, Error, HardwareType, Memory, Operation, Outcome, PowerTarget, Target, Value,
};
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;

use crate::script::Script;

const PASSWORD: &str = "Fuzz-Passw0rd";
/// Neither side needs more steps than this together.
const MOST_STEPS: usize = 50_000;

/// A fault by name, with a value and a number of times as the bytes want.
fn fault(script: &mut Script<'_>) -> String {
    let name = script.pick(BmcFault::NAMES);
    let times = script.u8() & 31;
    let text = match name.split_once('=') {
        Some((name, "MILLISECONDS")) => format!("{name}={}", u32::from(script.u8()).pow(2)),
        Some((name, "CODE")) => format!("{name}={}", script.u8().max(1)),
        Some((name, _)) => format!("{name}={}", script.u8()),
        None => name.to_owned(),
    };
    if times == 0 { text } else { format!("{text}*{times}") }
}

fn action(script: &mut Script<'_>) -> Action {
    match script.below(4) {
        0 => Action::GetPower,
        1 => Action::GetBootDevice,
        2 => Action::SetBootDevice {
            device: script.pick(&BootDevice::ALL),
            persistent: script.bool(),
            efi: script.pick(&[None, Some(true), Some(false)]),
        },
        _ => Action::SetPower(script.pick(&PowerTarget::ALL)),
    }
}

/// [`Operation`] on a BMC that is as the bytes want, over a network that does what they want.
///
/// Asserts: it ends in time; the password is in no datagram; what is said of power and boot device at the end was so; a request for
/// power that was taken is not followed by another one before somebody has looked; a wrong password is blamed only where it is wrong,
/// or somebody has changed or made datagrams.
pub fn ipmi_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let knobs = script.u8();
    let mut config = Config::new("admin", Secret::new(PASSWORD).expect("it is short"));
    config.on = knobs & 1 != 0;
    config.shape = script.pick(&Shape::NAMED).1;
    if knobs & 2 != 0 {
        config.suites = vec![script.pick(&CipherSuite::ALL)];
    }
    let mut bmc = Bmc::<u64>::new(config, script.u16().into());
    for _ in 0..script.below(4) {
        bmc.faults().add_named(&fault(&mut script)).expect("a name with a value");
    }
    let suite = script.pick(&CipherSuite::ALL).id;
    let named = knobs & 16 != 0;
    // Suite 0 asks for none.
    let right = knobs & 12 != 0 || (named && suite == 0);
    let mut info = vec![
        ("ipmi_address", Value::Str("192.0.2.7")),
        ("ipmi_username", Value::Str("admin")),
        ("ipmi_password", Value::Str(if knobs & 12 != 0 { PASSWORD } else { "another" })),
    ];
    if named {
        info.push(("ipmi_cipher_suite", Value::Int(suite.into())));
    }
    let target = Target::new(HardwareType::Ipmi, info.iter().copied(), std::iter::empty()).expect("valid");
    let action = action(&mut script);
    let timeout = Duration::from_secs(16 + u64::from(script.u8()));
    let Ok(mut operation) = Operation::new(&target, &action, timeout, &Memory::Nothing, &[script.u8(); 32]) else {
        panic!("there is time enough")
    };

    let (mut tx, mut window) = (vec![0; 256], vec![0; 512]);
    let begun = Instant::from_millis(script.u16().into());
    let mut now = begun;
    let mut arrived: VecDeque<Vec<u8>> = VecDeque::new();
    let (mut due, mut socket, mut meddled, mut steps): (Option<Instant>, u64, bool, usize) = (None, 0, false, 0);
    let mut drive = Drive::new(&mut operation, Kind::Datagrams, &mut tx, &mut window);
    let mut next = drive.start(now);
    let end = loop {
        steps += 1;
        assert!(steps < MOST_STEPS, "it does not end");
        // Lets the device do what is due until `until`.
        let mut tell = |event: Event<'_, u64>, now: Instant, arrived: &mut VecDeque<Vec<u8>>| {
            let mut answer = [0; 512];
            let reply = bmc.respond(now, event, &mut answer);
            if let Some((peer, len)) = reply.send
                && peer == socket
            {
                arrived.push_back(answer[..len].to_vec());
            }
            reply.again
        };
        next = match next {
            Ok(Next::Done(outcome)) => break Ok(outcome),
            Err(RunError::Exchange(error)) => break Err(error),
            Err(RunError::WindowFull { len }) => panic!("{len} bytes are too short"),
            Ok(Next::Open { deadline, .. }) => {
                assert!(deadline >= now && deadline.since(begun) <= timeout, "{deadline:?}");
                socket += 1;
                arrived.clear();
                match script.u8() {
                    255 => drive.closed(now, Cause::NoSuchHost, false),
                    254 => drive.closed(now, Cause::Unreachable, false),
                    253 => {
                        now = now.max(deadline);
                        drive.timed_out(now)
                    }
                    _ => drive.opened(now, false),
                }
            }
            Ok(Next::Send { len, deadline }) => {
                let mut bytes = drive.to_send(len).to_vec();
                assert!(!bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "the password leaves");
                let fate = script.u8();
                match fate {
                    255 => drive.closed(now, Cause::Refused, true),
                    254 => {
                        now = now.max(deadline);
                        drive.timed_out(now)
                    }
                    200..=253 => drive.sent(now),
                    _ => {
                        if fate >= 180 {
                            let at = script.below(bytes.len());
                            bytes[at] ^= script.u8() | 1;
                            meddled = true;
                        }
                        for _ in 0..=u8::from(fate >= 160) {
                            due = tell(Event::Received { peer: socket, rx: &mut bytes.clone() }, now, &mut arrived)
                                .or(due);
                        }
                        drive.sent(now)
                    }
                }
            }
            Ok(Next::Receive { deadline }) if now >= deadline => drive.timed_out(now),
            Ok(Next::Receive { deadline }) => {
                while arrived.is_empty() && due.is_some_and(|due| due < deadline) {
                    now = now.max(due.unwrap_or(now));
                    due = tell(Event::Due, now, &mut arrived);
                }
                match (arrived.pop_front(), script.u8()) {
                    (Some(_), 250..=253) | (None, 0..=253) => {
                        now = now.max(deadline);
                        drive.timed_out(now)
                    }
                    (_, 254) => {
                        let junk = script.chunk();
                        meddled |= !junk.is_empty();
                        let room = drive.room();
                        let len = junk.len().min(room.len());
                        room[..len].copy_from_slice(&junk[..len]);
                        drive.received(now, len)
                    }
                    (_, 255) => drive.closed(now, Cause::Refused, true),
                    (Some(mut bytes), fate) => {
                        if fate >= 230 {
                            let at = script.below(bytes.len());
                            bytes[at] ^= script.u8() | 1;
                            meddled = true;
                        }
                        now = now.after(Duration::from_millis(u64::from(fate & 15)));
                        let room = drive.room();
                        room[..bytes.len()].copy_from_slice(&bytes);
                        drive.received(now, bytes.len())
                    }
                }
            }
            Ok(Next::Wait { until, .. }) => {
                while due.is_some_and(|due| due < until) {
                    now = now.max(due.unwrap_or(now));
                    due = tell(Event::Due, now, &mut arrived);
                }
                now = now.max(until);
                drive.timed_out(now)
            }
        };
    };
    // A farewell may take a moment of its own.
    assert!(now.since(begun) <= timeout + Duration::from_secs(2), "it has taken {:?}", now.since(begun));
    judge(&action, &end, &mut bmc, right, meddled);
}

fn judge(action: &Action, end: &Result<Outcome, Error>, bmc: &mut Bmc<u64>, right: bool, meddled: bool) {
    let state = bmc.state();
    let notes = bmc.take_notes();
    let mut seen: Vec<bool> =
        notes.iter().filter_map(|(_, note)| if let Note::Power(on) = note { Some(*on) } else { None }).collect();
    seen.push(state.on);
    match (action, end) {
        (Action::SetPower(target), Ok(outcome)) => {
            let on = matches!(target, PowerTarget::On | PowerTarget::Reboot | PowerTarget::SoftReboot);
            assert!(matches!(outcome, Outcome::Power(state) if (state.as_str() == "power on") == on), "{outcome:?}");
            assert!(right && (meddled || seen.contains(&on)), "it says so and it was not");
        }
        (Action::SetBootDevice { device, .. }, Ok(outcome)) => {
            assert!(matches!(outcome, Outcome::BootDevice(kept) if kept.device == Some(*device)), "{outcome:?}");
            assert!(meddled || notes.iter().any(|(_, note)| matches!(note, Note::Flags(_))), "nothing was set");
        }
        (_, Err(Error::Ipmi { trouble: Some(IpmiTrouble::Login(failure)), .. })) if failure.is_final() => {
            assert!(state.failed_logins <= 1 || meddled, "{failure:?}: {} tries", state.failed_logins);
        }
        (_, Err(Error::Ipmi { .. }) | Ok(_)) => {}
        (_, Err(other)) => panic!("{other:?}"),
    }
}
