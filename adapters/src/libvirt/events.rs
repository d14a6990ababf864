//! libvirt's event loop: it answers and sends keep-alive messages on connections that nobody uses at the moment.

use std::sync::OnceLock;
use std::time::Duration;

/// Starts it, once for the process, before the first connection is opened.
///
/// # Errors
/// libvirt has none, in words.
pub(super) fn start() -> Result<(), String> {
    static STARTED: OnceLock<Result<(), String>> = OnceLock::new();
    STARTED.get_or_init(begin).clone()
}

fn begin() -> Result<(), String> {
    // Else the library writes every error to standard error, beside telling it.
    virt::error::clear_error_callback();
    virt::event::event_register_default_impl().map_err(|error| error.message().to_owned())?;
    let run = || {
        loop {
            if virt::event::event_run_default_impl().is_err() {
                // Nothing can be done, and connections are found to be dead by those who use them.
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    };
    let thread = std::thread::Builder::new().name("libvirt-events".to_owned());
    thread.spawn(run).map(drop).map_err(|error| error.to_string())
}
