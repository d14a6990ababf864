//! Who has ordered what.

use rackhand_core::operation::{Answer, Order, Outcome};
use rackhand_core::relay::{Counters, Desk, REMEMBERED, Taken, Ticket};
use rackhand_core::time::Instant;

use crate::script::Script;

const SLOTS: usize = 3;

/// What a slot is known to hold.
struct Known {
    peer: u8,
    text: Vec<u8>,
    /// None while it runs; then until when its answer is remembered.
    until: Option<Instant>,
}

/// [`Desk`] beside a plain list of what was taken, begun and finished, as the bytes want.
///
/// Asserts: an order that runs is never taken again, one that was answered gets the same answer for as long as it is remembered
/// and is new afterwards; what is no order is called malformed; whoever has ordered is told, once; the counters add up.
pub fn relay_desk(data: &[u8]) {
    let mut script = Script::new(data);
    let mut desk = Desk::<u8, SLOTS>::default();
    let mut known: [Option<Known>; SLOTS] = [const { None }; SLOTS];
    let (mut now, mut counted) = (Instant::ZERO, Counters::default());
    let mut waiting: Option<(Ticket<u8>, Vec<u8>)> = None;
    let done = Answer::Done(Outcome::Switched);
    while !script.is_empty() {
        match script.below(4) {
            0 => {
                let (peer, text) = (script.u8() % 2, order(&mut script));
                let same = |it: &&Known| it.peer == peer && it.text == text;
                let before = known.iter().flatten().find(same).map(|it| it.until);
                let expected = match before {
                    Some(None) => Some(Taken::Running),
                    Some(Some(until)) if now < until => Some(Taken::Answer(done.clone())),
                    _ => None,
                };
                let taken = desk.take(now, peer, &text);
                match (expected, taken) {
                    (Some(expected), taken) => {
                        assert_eq!(taken, expected);
                        counted.repeats += 1;
                    }
                    (None, Taken::Order(ticket, order)) => {
                        assert_eq!((Order::from_json(&text), ticket.peer), (Ok(order), peer));
                        counted.orders += 1;
                        if waiting.replace((ticket, text)).is_some() {
                            // The one before is given up: as if there had been no slot.
                            assert_eq!(desk.refuse(Answer::Busy), Answer::Busy);
                            counted.busy += 1;
                        }
                    }
                    (None, taken) => {
                        assert_eq!(taken, Taken::Answer(Answer::Malformed));
                        assert!(Order::from_json(&text).is_err());
                        counted.malformed += 1;
                    }
                }
            }
            1 => {
                let slot = script.below(SLOTS + 1);
                // A slot that is taken is not begun in again: the runner says which are free.
                let free = known.get(slot).is_none_or(|it| it.as_ref().is_none_or(|it| it.until.is_some()));
                if let Some((ticket, text)) = waiting.take_if(|_| free) {
                    desk.begin(slot, ticket);
                    if let Some(place) = known.get_mut(slot) {
                        *place = Some(Known { peer: ticket.peer, text, until: None });
                    }
                }
            }
            2 => {
                let slot = script.below(SLOTS + 1);
                let runs = known.get_mut(slot).and_then(Option::as_mut).filter(|it| it.until.is_none());
                let expected = runs.map(|it| {
                    it.until = Some(now.after(REMEMBERED));
                    counted.done += 1;
                    it.peer
                });
                assert_eq!(desk.finish(now, slot, &done), expected);
            }
            _ => now = now.after_millis(script.below(256) as u64 * 100),
        }
        assert_eq!(desk.counters(), counted);
    }
}

/// One of few orders, or any bytes.
fn order(script: &mut Script<'_>) -> Vec<u8> {
    let timeout = script.u8();
    if timeout >= 4 {
        return script.chunk().to_vec();
    }
    let target = r#"{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}}"#;
    format!(r#"{{"target":{target},"action":"get_power","timeout_ms":{timeout}}}"#).into_bytes()
}
