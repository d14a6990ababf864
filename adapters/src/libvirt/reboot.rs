//! Reboots: two halves, of which the second is owed when the first was begun. A machine that was switched off is not left so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rackhand_core::operation::ErrorKind;
use rackhand_core::wol::Mac;

use super::Error;
use super::hypervisor::Hypervisor;
use super::orders::Order;
use super::session::Session;

/// What of a soft reboot's time is kept for the start, and what it gets at least.
const FOR_THE_START: Duration = Duration::from_secs(5);

/// How far a reboot is.
#[derive(Default)]
struct Half {
    /// The plug was pulled, or libvirt at least asked to.
    pulled: AtomicBool,
    /// The domain is off.
    is_down: AtomicBool,
}

impl Half {
    /// Whether a start is owed after this error: who has it was to make it cannot, and the next may.
    fn owes(&self, error: &Error) -> bool {
        self.pulled.load(Ordering::Acquire) && error.kind() == ErrorKind::NoContact
    }

    /// What has become of the machine, with the reason.
    fn told(&self, error: Error) -> Error {
        match (self.pulled.load(Ordering::Acquire), self.is_down.load(Ordering::Acquire), self.owes(&error)) {
            (true, true, true) => error.context("it was switched off, and is started again when libvirt can be asked"),
            (true, true, false) => error.context("it was switched off, and is not known to be on again"),
            (true, false, true) => error.context("it may have been switched off, and is then started again"),
            _ => error,
        }
    }
}

impl Hypervisor {
    /// Switches a domain off and on again.
    pub(super) async fn reboot(&self, macs: Vec<Mac>, order: Order, deadline: Instant) -> Result<(), Error> {
        let half = Arc::new(Half::default());
        // In one call: the second half follows whoever still waits for it. The first is not made twice, also when the connection
        // breaks off and the call is made again.
        let call = {
            let (half, macs, order) = (Arc::clone(&half), macs.clone(), order.clone());
            move |session: &Session| {
                if !half.is_down.load(Ordering::Acquire) {
                    session.bring_down(&macs, &order, || half.pulled.store(true, Ordering::Release))?;
                    half.is_down.store(true, Ordering::Release);
                }
                session.bring_up(&macs, &order)
            }
        };
        let then = {
            let (half, hypervisor) = (Arc::clone(&half), self.clone());
            move |made: &Result<(), Error>| {
                if made.as_ref().is_err_and(|error| half.owes(error)) {
                    hypervisor.owe_later(owed(macs, order));
                }
            }
        };
        self.wait_then(deadline, call, then).await.map_err(|error| half.told(error))
    }

    /// Has a domain shut down, and starts it.
    pub(super) async fn soft_reboot(&self, macs: Vec<Mac>, order: Order, deadline: Instant) -> Result<(), Error> {
        let off_by = deadline.checked_sub(FOR_THE_START).unwrap_or(deadline);
        self.shut_down(&macs, order.clone(), off_by).await?;
        let deadline = deadline.max(Instant::now() + FOR_THE_START);
        // Many that shut down at once are started a few at a time: whose time is up before is started all the same.
        let up = self.owe(deadline, owed(macs, order)).await;
        up.map_err(|error| error.context("it has shut down, and is not known to be on again"))
    }
}

/// The second half, unless what was ordered since leaves the domain off.
fn owed(macs: Vec<Mac>, order: Order) -> impl Fn(&Session) -> Result<(), Error> + Send + Sync + 'static {
    move |session| if order.may_leave_on() { session.bring_up(&macs, &order) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_machine_is_told_and_a_start_is_owed_when_it_may_be_off() {
        for (pulled, is_down, error, owed, words) in [
            (false, false, Error::no_contact("x"), false, "x"),
            // It was off before.
            (false, true, Error::failed("x"), false, "x"),
            (true, false, Error::no_contact("x"), true, "it may have been switched off"),
            (true, false, Error::failed("x"), false, "x"),
            (true, true, Error::no_contact("x"), true, "it was switched off, and is started again"),
            (true, true, Error::failed("x"), false, "it was switched off, and is not known to be on"),
        ] {
            let half = Half { pulled: AtomicBool::new(pulled), is_down: AtomicBool::new(is_down) };
            assert_eq!(half.owes(&error), owed, "{words}");
            let told = half.told(error).to_string();
            assert!(told.starts_with(words) && told.ends_with('x'), "{told}");
        }
    }
}
