//! The explorer on dialogs that it must not let pass, and on one that it must.

use rackhand_core::dxp::{Answer, Question, RelayId};

use super::*;

/// Asks until it is told that the relay is on, at most `left` times more, or for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Toy {
    left: Option<u8>,
    until: Instant,
}

impl Dialog for Toy {
    type On = Dxp;
    type Output = ();
    type Error = u8;

    fn turn(&mut self, now: Instant, last: Last<'_, Dxp>) -> Result<Turn<()>, u8> {
        match last {
            Last::Answer(_) => Ok(Turn::Done(())),
            Last::Start | Last::Waited => Ok(Turn::Ask),
            Last::Refused(_) | Last::Lost { .. } => {
                self.left = match self.left {
                    Some(0) => return Err(1),
                    Some(left) => Some(left - 1),
                    None => None,
                };
                self.until = now.after(Duration::from_secs(1));
                Ok(Turn::Wait(Duration::from_secs(2)))
            }
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(Question::Read(RelayId::FIRST))
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "playing"
    }
}

/// Answers or not; fails when more is asked than allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Allowed(u8);

impl Watch<Toy> for Allowed {
    fn fates(&self, _: &Question) -> Vec<Fate<Dxp>> {
        [Fate::Answer("answer", Answer::Done)].into_iter().chain(Fate::LOST).collect()
    }

    fn asked(&mut self, _: &Question, _: bool) {
        self.0 = self.0.checked_sub(1).expect("too many questions");
    }

    fn told(&mut self, _: &Question, _: &Fate<Dxp>) {}

    fn ended(&mut self, _: &Result<(), u8>) {}
}

/// Watches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Blind(Vec<u8>);

impl Watch<Toy> for Blind {
    fn fates(&self, question: &Question) -> Vec<Fate<Dxp>> {
        if self.0.is_empty() { Vec::new() } else { Allowed(0).fates(question) }
    }

    fn asked(&mut self, _: &Question, _: bool) {}

    fn told(&mut self, _: &Question, _: &Fate<Dxp>) {}

    fn ended(&mut self, _: &Result<(), u8>) {}
}

const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(3600)];

fn toy(left: Option<u8>) -> Toy {
    Toy { left, until: Instant::ZERO }
}

#[test]
fn sees_every_path_once() {
    let explored = explore(&toy(Some(2)), &Allowed(3), &DELAYS);
    // Three questions and the pauses between them; each is answered or lost in either way, now or later.
    assert_eq!((explored.states, explored.edges, explored.most_questions), (5, 22, 3));
    // The answer in two ways, or any of four losses and two ways to wait for the rest.
    let paths = 2.0 + 8.0 * (2.0 + 8.0 * (2.0 + 4.0));
    assert!((explored.paths - paths).abs() < 0.5, "{}", explored.paths);
    let drawing = "stateDiagram-v2\n    state \"playing\" as s0\n    state \"done\" as e0\n    state \"failed: 1\" as e1\n    \
                   [*] --> s0\n    s0 --> s0 : lost, then a pause\n    s0 --> e0 : answer\n    s0 --> e1 : lost\n    \
                   e0 --> [*]\n    e1 --> [*]\n";
    assert_eq!(explored.drawing.mermaid(), drawing);
    assert_eq!(explored.drawing.clone().and(&explored.drawing), explored.drawing);
}

#[test]
#[should_panic(expected = "it never ends")]
fn a_cycle_is_found() {
    explore(&toy(None), &Blind(vec![0]), &DELAYS);
}

#[test]
#[should_panic(expected = "too many questions")]
fn the_watch_is_heard() {
    explore(&toy(Some(3)), &Allowed(3), &DELAYS);
}

#[test]
#[should_panic(expected = "the test knows no answer")]
fn no_answer_is_no_proof() {
    explore(&toy(Some(1)), &Blind(Vec::new()), &DELAYS);
}

#[test]
fn moments_count_from_now() {
    let dialog = Toy { left: None, until: Instant::from_millis(1500) };
    assert_eq!(relative(&dialog, Instant::from_millis(1000)), "Toy { left: None, until: Instant(500) }");
    assert_eq!(relative(&dialog, Instant::from_millis(9000)), "Toy { left: None, until: Instant(0) }");
}
