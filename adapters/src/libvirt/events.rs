//! libvirt's event loop: it answers and sends keep-alive messages on connections that nobody uses at the moment.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Starts it, once for the process, before the first connection is opened.
///
/// # Errors
/// libvirt has none, in words.
pub(super) fn start() -> Result<(), String> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    // One that did not start may do so later.
    if !*started {
        begin()?;
        *started = true;
    }
    Ok(())
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
