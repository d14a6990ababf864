//! A node with a relay: what was asked of it, what was answered, and what may therefore be seen after a kill.

use serde_json::Value;

/// What a daemon says of an action that it did not see the end of.
const INTERRUPTED: &str = "the service ended before it was done, and how far it came is not known";

/// A value and, where a change was asked for and not answered, the one that may have come in its place.
#[derive(Debug, Default)]
pub(super) struct Kept<T> {
    pub(super) sure: T,
    pub(super) perhaps: Option<T>,
}

impl<T> Kept<T> {
    /// A change is asked for.
    pub(super) fn ask(&mut self, value: T) {
        self.perhaps = Some(value);
    }

    /// It was answered.
    pub(super) fn answered(&mut self) {
        if let Some(value) = self.perhaps.take() {
            self.sure = value;
        }
    }
}

/// A request for a power state.
#[derive(Debug)]
struct Asked {
    target: &'static str,
    answered: bool,
}

impl Asked {
    fn end(&self) -> &'static str {
        if self.target == "power off" { "power off" } else { "power on" }
    }
}

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) device: usize,
    pub(super) relay: usize,
    pub(super) mark: Kept<Option<u64>>,
    /// As it was last seen at rest.
    power_state: String,
    last_error: Option<String>,
    /// What was asked since.
    asked: Vec<Asked>,
}

impl Machine {
    pub(super) fn new(number: usize, device: usize, relay: usize) -> Self {
        Self {
            uuid: uuid::Uuid::from_u128(0x7ac4_0000_0000_4000_8000_0000_0000_0000 + number as u128).to_string(),
            name: format!("node-{number}"),
            device,
            relay,
            mark: Kept::default(),
            power_state: String::new(),
            last_error: None,
            asked: Vec::new(),
        }
    }

    pub(super) fn ask(&mut self, target: &'static str) {
        self.asked.push(Asked { target, answered: false });
    }

    pub(super) fn answered(&mut self) {
        if let Some(asked) = self.asked.last_mut() {
            asked.answered = true;
        }
    }

    /// That is how it is at rest.
    pub(super) fn is(&mut self, node: &Value) {
        self.power_state = node["power_state"].as_str().unwrap_or_default().to_owned();
        self.last_error = node["last_error"].as_str().map(str::to_owned);
        self.asked.clear();
    }

    /// Compares with what is seen after a restart; returns whether an action was interrupted.
    pub(super) fn compare(&mut self, node: &Value, context: &str) -> bool {
        let mark = node["extra"]["mark"].as_u64();
        assert!(
            mark == self.mark.sure || self.mark.perhaps == Some(mark),
            "{context}: an answered PATCH does not hold: {self:?}, {node}"
        );
        self.mark = Kept { sure: mark, perhaps: None };

        let state = node["power_state"].as_str().unwrap_or_default();
        let error = node["last_error"].as_str();
        let last = self.asked.iter().rfind(|asked| asked.answered);
        let open = self.asked.last().filter(|asked| !asked.answered);
        let told = |asked: &Asked| {
            let text = format!("Failed to change power state to '{}': {INTERRUPTED}.", asked.end());
            error == Some(text.as_str())
        };
        // What was answered was carried out, or is said to have been interrupted; what was not answered may be either, or
        // may not have come in at all.
        let done = |asked: &Asked| error.is_none() && state == asked.end();
        let untouched = error == self.last_error.as_deref() && state == self.power_state;
        let interrupted = last.into_iter().chain(open).any(told);
        let fits = interrupted || open.is_some_and(done) || last.map_or(untouched, done);
        assert!(fits, "{context}: an answered power request is lost, or an error is not told: {self:?}, {node}");
        self.is(node);
        interrupted
    }
}
