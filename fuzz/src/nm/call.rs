//! The dialog that finds Node Manager and calls it.

use rackhand_core::dialog::{Dialog, Last, Turn};
use rackhand_core::ipmi::{Bridge, Ipmi, Refusal, RequestWriter};
use rackhand_core::nm::{Call, IANA, NmFailure, Request, Response};
use rackhand_core::time::Instant;

use super::wire::sent;
use crate::script::Script;

/// More than the largest repository takes.
const MOST_TURNS: usize = 20_000;
/// Room for the longest request.
const REQUEST: usize = 32;

/// A question: whom for, what, and its data.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    netfn: u8,
    command: u8,
    bridge: Option<Bridge>,
    data: Vec<u8>,
}

fn asked(dialog: &Call, room: usize) -> Option<Asked> {
    let mut buffer = vec![0; room];
    let mut writer = RequestWriter::new(&mut buffer);
    if let Err(full) = dialog.ask(&mut writer) {
        assert!(full.needed > room && full.needed <= REQUEST, "{full}");
        return None;
    }
    let (netfn, command, bridge, len) = (writer.netfn, writer.command, writer.bridge, writer.len());
    Some(Asked { netfn, command, bridge, data: buffer[..len].to_vec() })
}

/// A record that names Node Manager, or nearly.
fn record(kind: u8, script: &mut Script<'_>) -> [u8; 12] {
    let kind_of_record = if kind & 64 == 0 { 0xC0 } else { 1 };
    let version = if kind & 32 == 0 { 1 } else { 2 };
    [0, 0, 0x51, kind_of_record, 11, 0x57, 1, 0, 0x0D, version, script.u8(), script.u8()]
}

/// What a device might say to `asked`: what it should, or anything.
fn answer(asked: &Asked, script: &mut Script<'_>) -> Vec<u8> {
    let kind = script.u8();
    if kind & 7 == 0 {
        return script.chunk().to_vec();
    }
    let next = if kind & 7 == 1 { 0xFFFF } else { script.u16() };
    match (asked.netfn, asked.command, asked.data.as_slice()) {
        (0x0A, 0x22, _) => vec![script.u8(), script.u8()],
        (0x0A, 0x23, [.., offset, count]) => {
            let record = record(kind, script);
            let from = usize::from(*offset).min(record.len());
            let until = from.saturating_add(usize::from(*count)).min(record.len());
            [&next.to_le_bytes()[..], &record[from..until]].concat()
        }
        // With a policy in the domain that was asked for, now and then.
        (0x2E, 0xC2, [.., domain, _]) if kind & 8 == 0 => [&IANA[..], &[domain & 15], script.bytes(12)].concat(),
        (0x2E, 0xC9, _) if kind & 8 == 0 => {
            let wide = [16, 0xFF, 0xFF, 0, 0, script.u8(), 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0];
            [&IANA[..], &wide].concat()
        }
        _ => [&IANA[..], script.bytes(usize::from(kind >> 3))].concat(),
    }
}

/// A request, if the bytes are one.
fn request(script: &mut Script<'_>) -> Option<Request> {
    let (command, data) = (script.u8(), script.chunk());
    let request = Request::parse(command, data).ok()??;
    Some(match request {
        Request::SetPolicy { settings, .. } => Request::SetPolicy { settings, least_correction_time: script.bool() },
        other => other,
    })
}

/// [`Call`] on a controller that answers anything, refuses or falls silent.
///
/// Asserts: it ends; a question asks the same when it is put again, and says how much room it lacks; every record that is
/// read belongs to the last reservation; the request goes out once, to the node that was remembered or that a record
/// named and that answered as Intel's, and a second time only after that of the node that was remembered was not carried out; a policy
/// that is set was held against the platform's capabilities, and has a correction time of theirs where nobody named one; what comes
/// back is what followed the IANA number; `sent` says whether the request may have been carried out.
pub fn nm_call(data: &[u8]) {
    let mut script = Script::new(data);
    let knobs = script.u8();
    let known = (knobs & 3 == 0).then(|| Bridge { channel: script.u8() & 15, address: script.u8() });
    let Some(request) = request(&mut script) else { return };
    let mut dialog = Call::new(request, known);

    // The requests that were put, whether the last of them has no answer, and whether one may have changed something.
    let (mut commands, mut unanswered, mut may_have_acted) = (0, false, false);
    let (mut reservation, mut named, mut vouched) = (None, None, known);
    // What the record has told of itself so far.
    let mut key: Vec<u8> = Vec::new();
    let (mut last_data, mut looked): (Option<Vec<u8>>, _) = (None, false);
    let mut turn = dialog.turn(Instant::ZERO, Last::Start);
    for _ in 0..MOST_TURNS {
        assert!(!dialog.doing().is_empty());
        match turn {
            Ok(Turn::Ask) => {}
            Ok(Turn::Wait(_)) => panic!("it has nothing to wait for"),
            Ok(Turn::Done(done)) => {
                assert_eq!(Some(done.at), vouched);
                let told = last_data.as_deref().and_then(|data| data.strip_prefix(&IANA));
                let limits_nobody = matches!(done.response, Response::LimitingPolicy { number: None, .. });
                assert!(limits_nobody || told.map(|data| Response::parse(&request, data)) == Some(Ok(done.response)));
                return;
            }
            Err(failure) => {
                assert_eq!(matches!(failure, NmFailure::NoContact { sent: true }), unanswered, "{failure}");
                assert!(!matches!(failure, NmFailure::Limit { .. }) || commands == 0 || known.is_some());
                return;
            }
        }
        let _ = asked(&dialog, script.below(REQUEST));
        let question = asked(&dialog, REQUEST).expect("there is room");
        assert_eq!(asked(&dialog, REQUEST).as_ref(), Some(&question), "asking twice asks another thing");
        let is_command = dialog.doing() == "sending the command";
        if is_command {
            assert!(!may_have_acted, "it may have been carried out, and goes out again");
            commands += 1;
            assert!(commands <= 1 + u8::from(known.is_some()), "the request goes out once too often");
            assert_eq!((question.netfn, question.bridge), (0x2E, vouched));
            assert_eq!((question.command, dialog.repeatable()), (request.command(), request.repeatable()));
            let mut wanted = sent(&request);
            if let Request::SetPolicy { settings, least_correction_time } = request {
                assert!(looked || settings.trigger == rackhand_core::nm::PolicyTrigger::Boot, "set without a look");
                if looked && least_correction_time {
                    let least = last_data.as_ref().and_then(|data| data.get(8..12)).expect("capabilities");
                    wanted[6..10].copy_from_slice(least);
                }
            }
            assert_eq!(question.data, [&IANA[..], &wanted].concat());
        } else {
            assert!(dialog.repeatable());
            assert!(question.bridge.is_none() || question.bridge == named || question.bridge == known);
        }
        let reads = (question.netfn, question.command) == (0x0A, 0x23);
        if reads {
            assert_eq!(question.data.get(..2), reservation.as_deref(), "of another reservation");
            if question.data[4] == 5 {
                key.clear();
            }
        }

        let op = script.u8();
        let data = answer(&question, &mut script);
        let last: Last<'_, Ipmi> = match op % 12 {
            0 => Last::Lost { sent: op & 16 != 0 },
            1 => Last::Refused(Refusal::Completion(script.u8())),
            2 => Last::Refused(Refusal::Completion(0xC5)),
            3 => Last::Refused(Refusal::Completion(0xCA)),
            4 => Last::Refused(Refusal::Bridge(script.u8())),
            5 => Last::Refused(Refusal::Completion(0xC1)),
            _ => Last::Answer(data.as_slice()),
        };
        (looked, unanswered) = (false, false);
        match &last {
            Last::Answer(data) => {
                match (question.netfn, question.command) {
                    (0x0A, 0x22) => reservation = data.get(..2).map(<[u8]>::to_vec),
                    (0x0A, 0x23) if question.data[4] >= 5 => {
                        key.extend(data.get(2..).unwrap_or_default());
                        if let [.., address, channel] = key[..]
                            && key.len() == 7
                        {
                            named = Some(Bridge { channel: channel >> 4, address: address & 0xFE });
                        }
                    }
                    (0x2E, 0xCA) if !is_command && data.starts_with(&IANA) => vouched = named,
                    (0x2E, 0xC9) if !is_command => looked = true,
                    _ => {}
                }
                last_data = Some(data.to_vec());
            }
            Last::Lost { sent } => {
                unanswered = is_command && *sent;
                may_have_acted = unanswered && !request.reads();
            }
            // It knows nothing of the trigger: there is nothing to hold the policy against.
            Last::Refused(Refusal::Completion(0x82 | 0x83)) => {
                looked = (question.netfn, question.command) == (0x2E, 0xC9) && !is_command;
            }
            _ => {}
        }
        turn = dialog.turn(Instant::ZERO, last);
    }
    panic!("it does not end");
}
