//! Standard output and standard error, either of which may be a pipe that nobody reads to its end. Neither decides how the
//! program ends: that is what became of the device.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Exit;

/// Something that was said could not be written, for another reason than that nobody reads it.
static LOST: AtomicBool = AtomicBool::new(false);

/// Whether anybody reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// As far as can be told.
    There,
    /// The other end of the pipe is closed, as by `rackhand … | head`, or it cannot be written to: what goes on without end
    /// may end now.
    Gone,
}

/// Prints a line.
pub(crate) fn say(line: impl Display) -> Reader {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => Reader::There,
        Err(error) => {
            // Said once: a full disk is full for the next line too.
            if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
                complain(format_args!("rackhand: standard output: {error}"));
            }
            Reader::Gone
        }
    }
}

/// Prints a line on standard error; whether anybody reads it is no matter.
pub(crate) fn complain(line: impl Display) {
    // In one piece, so that the lines of two programs at one terminal do not mix.
    let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// How the program ends when its work ended like this: a result that was to be kept and is lost is no success.
pub(crate) fn judge(exit: Exit) -> Exit {
    if exit == Exit::Done && LOST.load(Ordering::Relaxed) { Exit::Failed } else { exit }
}
