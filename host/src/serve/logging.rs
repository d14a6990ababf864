//! The log: standard error, as text or as lines of JSON.

use std::io::{self, IsTerminal, Write};

use tracing::{Subscriber, warn};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts it. `RUST_LOG` overrides what is logged; a second start changes nothing.
pub(crate) fn start(debug: bool, use_json: bool) {
    let wish = std::env::var("RUST_LOG").unwrap_or_default();
    let (filter, wrong) = filter(&wish, debug);
    let stderr = || Quiet(io::stderr());
    let _ = subscriber(stderr, io::stderr().is_terminal(), filter, use_json).try_init();
    if let Some(wrong) = wrong {
        warn!("RUST_LOG is passed over: {wrong}");
    }
}

/// What is logged, and what is wrong with the wish.
fn filter(wish: &str, debug: bool) -> (EnvFilter, Option<String>) {
    let wrong = match wish.trim() {
        "" => None,
        wish => match EnvFilter::try_new(wish) {
            Ok(filter) => return (filter, None),
            Err(error) => Some(error.to_string()),
        },
    };
    // Of the libraries, only what went wrong: their details show other people's bytes and drown ours.
    let level = if debug { "debug" } else { "info" };
    (EnvFilter::new(format!("warn,rackhand={level},rackhand_core={level},rackhand_adapters={level}")), wrong)
}

fn subscriber<W>(writer: W, ansi: bool, filter: EnvFilter, use_json: bool) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would use a macro that panics when standard error is closed.
        .log_internal_errors(false)
        .with_ansi(ansi)
        .with_writer(writer);
    if use_json { Box::new(builder.json().flatten_event(true).finish()) } else { Box::new(builder.finish()) }
}

/// A writer that never fails: whether anybody reads the log is no matter, as in [`crate::out::complain`].
struct Quiet<W>(W);

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(wish: &str, debug: bool, use_json: bool, what: impl FnOnce()) -> String {
        let paper = Paper::default();
        let copy = paper.clone();
        let subscriber = subscriber(move || Quiet(copy.clone()), false, filter(wish, debug).0, use_json);
        tracing::subscriber::with_default(subscriber, what);
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn all() {
        debug!(node = 7, "detail");
        info!(node = 7, "event");
        info!(target: "hyper", "hyper's event");
        warn!(target: "hyper", "hyper's warning");
    }

    #[test]
    fn text_and_levels() {
        let text = logged("", false, false, all);
        assert!(text.contains("event node=7") && text.contains("hyper's warning"), "{text}");
        assert!(!text.contains("detail") && !text.contains("hyper's event"), "{text}");
        let text = logged("", true, false, all);
        assert!(text.contains("detail node=7") && !text.contains("hyper's event"), "{text}");
        let text = logged("hyper=info", true, false, all);
        assert!(text.contains("hyper's event") && !text.contains("detail"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = logged("", false, true, all);
        assert_eq!(text.lines().count(), 2, "{text}");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(
                line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_wrong_wish_is_told_and_passed_over() {
        let (_, wrong) = filter("rackhand=loud", false);
        assert!(wrong.is_some());
        assert!(logged("rackhand=loud", false, false, all).contains("event node=7"));
    }

    #[test]
    fn a_closed_standard_error_is_no_matter() {
        struct Closed;

        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }

        let mut quiet = Quiet(Closed);
        assert!(writeln!(quiet, "anything").is_ok() && quiet.flush().is_ok());
    }
}
