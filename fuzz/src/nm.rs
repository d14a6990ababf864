//! The dialog that finds Node Manager and calls it.

use rackhand_core::dialog::{Dialog, Last, Turn};
use rackhand_core::ipmi::{Bridge, Ipmi, Refusal, RequestWriter};
use rackhand_core::nm::{Command, IANA, Invoke, NmFailure};
use rackhand_core::time::Instant;

use crate::script::Script;

/// More than the largest repository takes.
const MOST_TURNS: usize = 10_000;
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

fn asked(dialog: &Invoke, room: usize) -> Option<Asked> {
    let mut buffer = vec![0; room];
    let mut writer = RequestWriter::new(&mut buffer);
    if let Err(full) = dialog.ask(&mut writer) {
        assert!(full.needed > room && full.needed <= REQUEST, "{full}");
        return None;
    }
    let (netfn, command, bridge, len) = (writer.netfn, writer.command, writer.bridge, writer.len());
    Some(Asked { netfn, command, bridge, data: buffer[..len].to_vec() })
}

/// What a device might say to `asked`: what it should, or anything.
fn answer(asked: &Asked, script: &mut Script<'_>) -> Vec<u8> {
    let kind = script.u8();
    if kind & 7 == 0 {
        return script.chunk().to_vec();
    }
    let next = if kind & 7 == 1 { 0xFFFF } else { script.u16() };
    match (asked.netfn, asked.command, asked.data.get(4)) {
        (0x0A, 0x22, _) => vec![script.u8(), script.u8()],
        (0x0A, 0x23, Some(0)) => {
            let [low, high] = next.to_le_bytes();
            vec![low, high, 0, 0, 0x51, if kind & 64 == 0 { 0xC0 } else { 1 }, 11]
        }
        (0x0A, 0x23, _) => vec![0, 0, 0x57, 1, 0, 0x0D, if kind & 32 == 0 { 1 } else { 2 }, script.u8(), script.u8()],
        _ => [&IANA[..], script.bytes(usize::from(kind >> 3))].concat(),
    }
}

/// [`Invoke`] on a controller that answers anything, refuses or falls silent.
///
/// Asserts: it ends; a question asks the same when it is put again, and says how much room it lacks; every record that is
/// read belongs to the last reservation; the command goes out once at most, to the node that was remembered or that a record
/// named and that answered as Intel's; what comes back is what followed the IANA number; `sent` says whether the command may
/// have been carried out.
pub fn nm_invoke(data: &[u8]) {
    let mut script = Script::new(data);
    let knobs = script.u8();
    let known = (knobs & 3 == 0).then(|| Bridge { channel: script.u8() & 15, address: script.u8() });
    let (number, repeatable) = (script.u8(), knobs & 4 == 0);
    let argument: Vec<u8> = script.bytes(usize::from(knobs >> 3) % 21).to_vec();
    let command = Command { number, data: argument.iter().copied().collect(), repeatable };
    let mut dialog = Invoke::new(command, known);

    let (mut commands, mut reservation, mut named, mut vouched) = (0, None, None, known);
    let mut last_data = None;
    let mut turn = dialog.turn(Instant::ZERO, Last::Start);
    for _ in 0..MOST_TURNS {
        assert!(!dialog.doing().is_empty());
        match turn {
            Ok(Turn::Ask) => {}
            Ok(Turn::Wait(_)) => panic!("it has nothing to wait for"),
            Ok(Turn::Done(done)) => {
                assert_eq!(Some(done.at), vouched);
                assert_eq!(last_data.as_deref().and_then(|data: &[u8]| data.strip_prefix(&IANA)), Some(&done.data[..]));
                return;
            }
            Err(failure) => {
                assert!(!matches!(failure, NmFailure::NoContact { sent: true }) || commands > 0);
                assert!(!matches!(failure, NmFailure::Refused(_)) || commands > 0);
                return;
            }
        }
        let _ = asked(&dialog, script.below(REQUEST));
        let question = asked(&dialog, REQUEST).expect("there is room");
        assert_eq!(asked(&dialog, REQUEST).as_ref(), Some(&question), "asking twice asks another thing");
        let is_command = question.netfn == 0x2E && question.bridge == vouched && vouched.is_some();
        if is_command {
            commands += 1;
            assert_eq!(commands, 1, "the command goes out twice");
            assert_eq!((question.command, dialog.repeatable()), (number, repeatable));
            assert_eq!(question.data, [&IANA[..], &argument].concat());
        } else {
            assert!(dialog.repeatable());
            assert!(question.bridge.is_none() || question.bridge == named);
        }
        if (question.netfn, question.command) == (0x0A, 0x23) {
            assert_eq!(question.data.get(..2), reservation.as_deref(), "of another reservation");
        }

        let op = script.u8();
        let data = answer(&question, &mut script);
        let last: Last<'_, Ipmi> = match op % 8 {
            0 => Last::Lost { sent: op & 8 != 0 },
            1 => Last::Refused(Refusal::Completion(script.u8())),
            2 => Last::Refused(Refusal::Completion(0xC5)),
            _ => Last::Answer(data.as_slice()),
        };
        if let Last::Answer(data) = last {
            match (question.netfn, question.command, question.data.get(4)) {
                (0x0A, 0x22, _) => reservation = data.get(..2).map(<[u8]>::to_vec),
                (0x0A, 0x23, Some(5)) => {
                    let bridge = |channel: &u8, address: &u8| Bridge { channel: channel >> 4, address: address & 0xFE };
                    named = data.get(8).zip(data.get(7)).map(|(channel, address)| bridge(channel, address));
                }
                (0x2E, 0xCA, _) if !is_command && data.starts_with(&IANA) => vouched = named,
                _ => {}
            }
            last_data = Some(data.to_vec());
        }
        turn = dialog.turn(Instant::ZERO, last);
    }
    panic!("it does not end");
}
