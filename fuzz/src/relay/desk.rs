//! Who has ordered what.

use rackhand_core::operation::{Answer, Order, Outcome};
use rackhand_core::relay::{Counters, Desk, REFUSED, REMEMBERED, Taken, Ticket};
use rackhand_core::time::Instant;

use crate::script::Script;

const SLOTS: usize = 3;
const KEPT: usize = 5;

/// An order that was answered, with what, and until when that is remembered.
struct Known {
    peer: u8,
    text: Vec<u8>,
    answer: Answer,
    until: Instant,
}

/// [`Desk`] beside plain lists of what runs and what was answered, as the bytes want.
///
/// Asserts: an order that runs is never taken again; one that was answered or refused gets the same answer for as long as it is
/// remembered, whatever else goes on, unless so many were answered since, and is new afterwards; what is no order is called
/// malformed; whoever has ordered is told, once; the counters add up.
pub fn relay_desk(data: &[u8]) {
    let mut script = Script::new(data);
    let mut desk = Desk::<u8, SLOTS, KEPT>::default();
    let mut running: [Option<(u8, Vec<u8>)>; SLOTS] = [const { None }; SLOTS];
    let mut known: Vec<Known> = Vec::new();
    let (mut now, mut counted) = (Instant::ZERO, Counters::default());
    let mut waiting: Option<(Ticket<u8>, Vec<u8>)> = None;
    let done = Answer::Done(Outcome::Switched);
    while !script.is_empty() {
        match script.below(4) {
            0 => {
                let (peer, text) = (script.u8() % 2, order(&mut script));
                let runs = running.iter().flatten().any(|it| *it == (peer, text.clone()));
                let same = |it: &&Known| it.peer == peer && it.text == text && now < it.until;
                let before = known.iter().rfind(same);
                // Whatever is forgotten first made room for others that are remembered longer.
                let certainly =
                    before.is_some_and(|it| known.iter().filter(|other| other.until >= it.until).count() <= KEPT);
                match desk.take(now, peer, &text) {
                    Taken::Running => {
                        assert!(runs);
                        counted.repeats += 1;
                    }
                    taken if runs => panic!("{taken:?} while it runs"),
                    Taken::Order(ticket, order) => {
                        assert!(!certainly, "forgotten too early");
                        assert_eq!((Order::from_json(&text), ticket.peer), (Ok(order), peer));
                        counted.orders += 1;
                        // The one before is given up: there is no slot for it.
                        if let Some((ticket, text)) = waiting.replace((ticket, text)) {
                            desk.refuse(now, ticket, &Answer::Busy);
                            counted.busy += 1;
                            let until = now.after(REFUSED);
                            known.push(Known { peer: ticket.peer, text, answer: Answer::Busy, until });
                        }
                    }
                    Taken::Answer(Answer::Malformed) => {
                        assert!(Order::from_json(&text).is_err());
                        counted.malformed += 1;
                    }
                    Taken::Answer(answer) => {
                        let given = known.iter().filter(same).any(|it| it.answer == answer);
                        assert!(given, "{answer:?} was never given, or long ago");
                        counted.repeats += 1;
                    }
                }
            }
            1 => {
                let slot = script.below(SLOTS + 1);
                // A slot that is taken is not begun in again: the runner says which are free.
                let free = running.get(slot).is_none_or(Option::is_none);
                if let Some((ticket, text)) = waiting.take_if(|_| free) {
                    desk.begin(slot, ticket);
                    if let Some(place) = running.get_mut(slot) {
                        *place = Some((ticket.peer, text));
                    }
                }
            }
            2 => {
                let slot = script.below(SLOTS + 1);
                let over = running.get_mut(slot).and_then(Option::take);
                let expected = over.as_ref().map(|(peer, _)| *peer);
                if let Some((peer, text)) = over {
                    counted.done += 1;
                    known.push(Known { peer, text, answer: done.clone(), until: now.after(REMEMBERED) });
                }
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
