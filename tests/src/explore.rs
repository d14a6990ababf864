//! Walks every path that a dialog can take (DESIGN, core rule 9) and draws what it saw.
//!
//! A state is the dialog, the watch that the test has over it, and the pause that is asked for, if any. Moments count
//! relative to now, those that are past being all the same: a dialog may compare a moment with now and nothing else.
//! States that were met before are not walked again, so a search that comes to its end has seen every path there is,
//! and a graph without a cycle proves that each of them ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::{Debug, Write};
use std::hash::Hash;
use std::time::Duration;

use rackhand_core::amt::{self, Amt, Call};
use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Dialog, Last, Protocol, Turn};
use rackhand_core::dxp::{self, Asked, Dxp};
use rackhand_core::ipmi::{Bridge, Ipmi, RequestWriter};
use rackhand_core::time::Instant;

mod drawing;

pub use drawing::Drawing;

/// More states than this, and the dialog counts as one that never ends.
const MOST_STATES: usize = 1_000_000;

/// A protocol whose questions can be looked at.
pub trait Speech: Protocol {
    /// A question as a value.
    type Question: Clone + Debug + Eq;

    /// What `dialog` asks now.
    ///
    /// # Errors
    /// As [`Dialog::ask`].
    fn question<D: Dialog<On = Self>>(dialog: &D) -> Result<Self::Question, Full>;
}

impl Speech for Dxp {
    type Question = dxp::Question;

    fn question<D: Dialog<On = Self>>(dialog: &D) -> Result<dxp::Question, Full> {
        let mut asked = Asked::default();
        dialog.ask(&mut asked)?;
        Ok(asked.question().expect("ask puts a question"))
    }
}

impl Speech for Amt {
    type Question = amt::Question;

    fn question<D: Dialog<On = Self>>(dialog: &D) -> Result<amt::Question, Full> {
        let mut call = Call::default();
        dialog.ask(&mut call)?;
        Ok(call.question().expect("ask puts a question"))
    }
}

/// A question in IPMI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IpmiQuestion {
    /// Network function.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// Whom for.
    pub bridge: Option<Bridge>,
    /// Its data.
    pub data: Vec<u8>,
}

impl Speech for Ipmi {
    type Question = IpmiQuestion;

    fn question<D: Dialog<On = Self>>(dialog: &D) -> Result<IpmiQuestion, Full> {
        let mut buffer = [0; 64];
        let mut writer = RequestWriter::new(&mut buffer);
        dialog.ask(&mut writer)?;
        let (netfn, command, bridge, len) = (writer.netfn, writer.command, writer.bridge, writer.len());
        for short in 0..len {
            let mut room = vec![0; short];
            assert!(dialog.ask(&mut RequestWriter::new(&mut room)).is_err(), "{short} bytes cannot be enough");
        }
        Ok(IpmiQuestion { netfn, command, bridge, data: buffer[..len].to_vec() })
    }
}

/// What may become of a question, with a word for the drawing.
pub enum Fate<P: Protocol> {
    /// An answer.
    Answer(&'static str, P::View<'static>),
    /// A refusal.
    Refused(&'static str, P::Code),
    /// Silence.
    Lost {
        /// Whether the device may have seen the question.
        sent: bool,
    },
}

impl<P: Protocol<View<'static>: Copy>> Fate<P> {
    /// Both ways to get no answer.
    pub const LOST: [Self; 2] = [Self::Lost { sent: true }, Self::Lost { sent: false }];

    /// The word for the drawing.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Answer(word, _) | Self::Refused(word, _) => word,
            Self::Lost { sent: true } => "unanswered",
            Self::Lost { sent: false } => "never sent",
        }
    }

    /// Whether the device may have done what it was asked for.
    #[must_use]
    pub const fn may_have_acted(&self) -> bool {
        !matches!(self, Self::Lost { sent: false })
    }

    const fn last(&self) -> Last<'static, P> {
        match self {
            Self::Answer(_, view) => Last::Answer(*view),
            Self::Refused(_, code) => Last::Refused(*code),
            Self::Lost { sent } => Last::Lost { sent: *sent },
        }
    }
}

/// What a test knows and demands: the answers that a question can get, and what must hold on every path. It sees what
/// passes and panics when it does not like it; the path is printed then. It is part of the state: keep it small.
pub trait Watch<D: Dialog<On: Speech>>: Clone + Debug + Eq + Hash {
    /// Everything that can become of this question.
    fn fates(&self, question: &<D::On as Speech>::Question) -> Vec<Fate<D::On>>;

    /// The question is put; `repeatable` is what the engine is told.
    fn asked(&mut self, question: &<D::On as Speech>::Question, repeatable: bool);

    /// This became of it.
    fn told(&mut self, question: &<D::On as Speech>::Question, fate: &Fate<D::On>);

    /// The dialog wants a pause.
    fn paused(&mut self, _: Duration) {}

    /// Time goes by, before `told` or the end of a pause.
    fn passed(&mut self, _: Duration) {}

    /// The dialog has come here: what it would say if its time were over.
    fn stands(&self, _: &D) {}

    /// The operation is over.
    fn ended(&mut self, end: &Result<D::Output, D::Error>);
}

/// What was walked.
#[derive(Clone, Debug)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Different ways from a state: what became of the question, and how long it took.
    pub edges: usize,
    /// Questions on the path that has most of them.
    pub most_questions: usize,
    /// Paths from the start to an end.
    pub paths: f64,
    /// The state diagram.
    pub drawing: Drawing,
}

struct Node<D, W> {
    dialog: D,
    watch: W,
    now: Instant,
    /// None: a question is pending.
    pause: Option<Duration>,
    /// How it was reached first: one of the shortest ways.
    from: Option<(usize, &'static str)>,
    to: Vec<usize>,
    ends: usize,
}

struct Walk<D, W> {
    nodes: Vec<Node<D, W>>,
    known: HashMap<(String, W, Option<Duration>), usize>,
    drawing: Drawing,
    /// What is being tried, for whoever has to find out why it failed.
    trying: (Option<usize>, &'static str),
}

/// Walks every path of `dialog`, every answer and every end of a pause coming after each of `delays`.
///
/// # Panics
/// When the watch does, and when the dialog breaks a rule that holds for all: it ends, `ask` is pure and succeeds, the
/// share of the time that a question may use up is some of it and not more than there is.
pub fn explore<D, W>(dialog: &D, watch: &W, delays: &[Duration]) -> Explored
where
    D: Dialog<On: Speech, Output: Debug, Error: Debug> + Clone + Debug + Eq,
    W: Watch<D>,
    <D::On as Protocol>::View<'static>: Copy,
{
    let mut walk =
        Walk { nodes: Vec::new(), known: HashMap::new(), drawing: Drawing::default(), trying: (None, "start") };
    walk.arrive(dialog.clone(), watch.clone(), Instant::ZERO, Last::Start);
    let mut at = 0;
    while at < walk.nodes.len() {
        assert!(at < MOST_STATES, "more than {MOST_STATES} states: it does not seem to end");
        walk.leave(at, delays);
        at += 1;
    }
    walk.sum_up()
}

impl<D, W> Walk<D, W>
where
    D: Dialog<On: Speech, Output: Debug, Error: Debug> + Clone + Debug + Eq,
    W: Watch<D>,
    <D::On as Protocol>::View<'static>: Copy,
{
    /// Tries everything that can happen in a state.
    fn leave(&mut self, at: usize, delays: &[Duration]) {
        let Node { dialog, watch, now, pause, .. } = &self.nodes[at];
        let (dialog, watch, now, pause) = (dialog.clone(), watch.clone(), *now, *pause);
        if let Some(pause) = pause {
            self.trying = (Some(at), "waited");
            for delay in delays {
                let mut watch = watch.clone();
                watch.passed(pause + *delay);
                self.arrive(dialog.clone(), watch, now.after(pause + *delay), Last::Waited);
            }
            return;
        }
        let question = D::On::question(&dialog).expect("asked before");
        let fates = watch.fates(&question);
        assert!(!fates.is_empty(), "the test knows no answer to {question:?}");
        for fate in &fates {
            self.trying = (Some(at), fate.word());
            for delay in delays {
                let mut watch = watch.clone();
                watch.passed(*delay);
                watch.told(&question, fate);
                self.arrive(dialog.clone(), watch, now.after(*delay), fate.last());
            }
        }
    }

    /// Gives the dialog its turn and keeps the state that it comes to.
    fn arrive(&mut self, mut dialog: D, mut watch: W, now: Instant, last: Last<'_, D::On>) {
        let (from, word) = self.trying;
        let pause = match dialog.turn(now, last) {
            Ok(Turn::Ask) => {
                let before = dialog.clone();
                let question = D::On::question(&dialog).expect("there is room for every question");
                assert_eq!(D::On::question(&dialog).as_ref(), Ok(&question), "ask is pure");
                assert_eq!(dialog, before, "ask changes nothing");
                watch.asked(&question, dialog.repeatable());
                None
            }
            Ok(Turn::Wait(pause)) => {
                watch.paused(pause);
                Some(pause)
            }
            Ok(Turn::Done(output)) => return self.end(&mut watch, &Ok(output)),
            Err(error) => return self.end(&mut watch, &Err(error)),
        };
        watch.stands(&dialog);
        let before = from.map(|at| self.nodes[at].dialog.doing());
        self.drawing.step(before, word, dialog.doing(), pause.is_some());
        let to = match self.known.entry((relative(&dialog, now), watch.clone(), pause)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let (at, from) = (self.nodes.len(), from.map(|at| (at, word)));
                self.nodes.push(Node { dialog, watch, now, pause, from, to: Vec::new(), ends: 0 });
                *unknown.insert(at)
            }
        };
        if let Some(from) = from {
            self.nodes[from].to.push(to);
        }
    }

    fn end(&mut self, watch: &mut W, end: &Result<D::Output, D::Error>) {
        watch.ended(end);
        let (from, word) = self.trying;
        let from = from.expect("no dialog ends before it has begun");
        self.nodes[from].ends += 1;
        self.drawing.end(self.nodes[from].dialog.doing(), word, end.as_ref().map(|_| ()));
    }

    /// Takes states away that no other leads to, until none is left or a cycle is.
    fn sum_up(mut self) -> Explored {
        let nodes = std::mem::take(&mut self.nodes);
        let mut ways_in = vec![0_usize; nodes.len()];
        for to in nodes.iter().flat_map(|node| &node.to) {
            ways_in[*to] += 1;
        }
        let (mut most, mut paths) = (vec![0_usize; nodes.len()], vec![0_f64; nodes.len()]);
        paths[0] = 1.0;
        let mut free: Vec<usize> = (0..1).filter(|start| ways_in[*start] == 0).collect();
        let (mut done, mut all) = (0, 0.0);
        while let Some(at) = free.pop() {
            done += 1;
            most[at] += usize::from(nodes[at].pause.is_none());
            for _ in 0..nodes[at].ends {
                all += paths[at];
            }
            for to in &nodes[at].to {
                most[*to] = most[*to].max(most[at]);
                paths[*to] += paths[at];
                ways_in[*to] -= 1;
                if ways_in[*to] == 0 {
                    free.push(*to);
                }
            }
        }
        if done < nodes.len() {
            let stuck = ways_in.iter().position(|ways| *ways > 0);
            self.trying = (stuck, "and so on");
            self.nodes = nodes;
            panic!("it never ends: it can come back to where it was");
        }
        Explored {
            states: nodes.len(),
            edges: nodes.iter().map(|node| node.to.len() + node.ends).sum(),
            most_questions: most.into_iter().max().unwrap_or(0),
            paths: all,
            drawing: std::mem::take(&mut self.drawing),
        }
    }
}

/// Prints how the state was reached that something is wrong with.
impl<D, W> Drop for Walk<D, W> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let (mut at, word) = self.trying;
        let mut path = vec![word];
        while let Some((from, word)) = at.and_then(|at| self.nodes.get(at)?.from) {
            path.push(word);
            at = Some(from);
        }
        path.reverse();
        eprintln!("the path there: {}", path.join(" → "));
    }
}

/// The dialog as text, its moments relative to now.
fn relative(dialog: &impl Debug, now: Instant) -> String {
    const MOMENT: &str = "Instant(";
    let all = format!("{dialog:?}");
    let (mut text, mut rest) = (String::with_capacity(all.len()), all.as_str());
    while let Some((before, behind)) = rest.split_once(MOMENT) {
        let end = behind.find(')').expect("Instant is a number in brackets");
        let millis: u64 = behind[..end].parse().expect("Instant is a number in brackets");
        write!(text, "{before}{MOMENT}{}", millis.saturating_sub(now.as_millis())).expect("a String has room");
        rest = &behind[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests;
