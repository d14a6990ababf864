//! Progress on standard error, for a person who watches: a spinner on a terminal, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// What is being done at present.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins to show `what`.
    pub(crate) fn start(what: String) -> Self {
        let bar = ProgressBar::new_spinner();
        // A template that is wrong would be a slip in this line; the default style shows the same.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Shows what the present step is for.
    pub(crate) fn step(&self, doing: &'static str) {
        if self.0.message() != doing {
            self.0.set_message(doing);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
