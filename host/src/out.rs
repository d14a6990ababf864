//! Standard output, which may be a pipe that nobody reads to its end.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Prints a line. When the reader of a pipe has gone, `rackhand … | head` say, the program ends: it has nobody to talk to.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        eprintln!("rackhand: standard output: {error}");
        std::process::exit(1);
    }
}
