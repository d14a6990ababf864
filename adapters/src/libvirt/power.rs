//! Power: each call brings a domain into a state, whatever it is in, so that it can be made again when nobody knows how far it came.

use rackhand_core::wol::Mac;
use virt::domain::{Domain, DomainState};
use virt::sys;

use super::known::Found;
use super::session::Session;
use super::uri::Transport;
use super::{Error, cause};

impl Session {
    /// The domain of a node as it is now.
    fn domain(&self, macs: &[Mac]) -> Result<Found, Error> {
        let listing = self.list()?;
        self.find(macs, &listing, true)
    }

    /// The domain of a node that has a definition, and is not gone when it is powered off.
    pub(super) fn persistent(&self, macs: &[Mac]) -> Result<Found, Error> {
        let found = self.domain(macs)?;
        match found.domain.is_persistent() {
            Ok(true) => Ok(found),
            Ok(false) => Err(Error::failed(format!(
                "the domain {} is transient: it has no definition, and is gone when it is powered off; define it first (virsh define)",
                found.name
            ))),
            Err(said) => Err(self.explain(&said).context(&found.name)),
        }
    }

    fn is_active(&self, domain: &Domain) -> Result<bool, Error> {
        domain.is_active().map_err(|said| self.explain(&said))
    }

    /// Starts a domain that is not active, and wakes one that is suspended; and sees that it is on.
    pub(super) fn bring_up(&self, macs: &[Mac]) -> Result<(), Error> {
        let found = self.domain(macs)?;
        let named = |error: Error| error.context(&found.name);
        if self.is_active(&found.domain)? {
            let (state, _) = found.domain.state().map_err(|said| self.explain(&said))?;
            if state.is(DomainState::PMSuspended) {
                found.domain.pm_wakeup(0).map_err(|said| named(self.explain(&said)))?;
            }
            return Ok(());
        }
        match found.domain.create() {
            // Somebody else has.
            Err(said) if cause::is_out_of_state(&said) && self.is_active(&found.domain)? => {}
            result => result.map_err(|said| named(self.explain(&said)))?,
        }
        if !self.is_active(&found.domain)? {
            return Err(named(Error::failed("it was started, and is off again")));
        }
        // What is left is taken back at the next reading.
        let _ = self.settle(&found);
        Ok(())
    }

    /// Destroys a domain that is active, which is what libvirt calls pulling the plug; and sees that it is off.
    pub(super) fn bring_down(&self, macs: &[Mac]) -> Result<(), Error> {
        let found = self.persistent(macs)?;
        let named = |error: Error| error.context(&found.name);
        if !self.is_active(&found.domain)? {
            return Ok(());
        }
        // Before the machine is gone, while it can be told that it has started since.
        let _ = self.settle(&found);
        match found.domain.destroy() {
            // It has gone by itself.
            Err(said) if cause::is_out_of_state(&said) && !self.is_active(&found.domain)? => {}
            result => result.map_err(|said| named(self.explain(&said)))?,
        }
        match self.is_active(&found.domain)? {
            false => Ok(()),
            true => Err(named(Error::failed("it was destroyed, and is on again"))),
        }
    }

    /// Presses the power button of a domain that is active. Whether it is not.
    pub(super) fn press(&self, macs: &[Mac]) -> Result<bool, Error> {
        let found = self.persistent(macs)?;
        if !self.is_active(&found.domain)? {
            return Ok(true);
        }
        let _ = self.settle(&found);
        let flags = match self.transport {
            // It has no buttons.
            Transport::Test => sys::VIR_DOMAIN_SHUTDOWN_DEFAULT,
            _ => sys::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
        };
        match found.domain.shutdown_flags(flags) {
            Err(said) if cause::is_out_of_state(&said) && !self.is_active(&found.domain)? => Ok(true),
            result => result.map(|()| false).map_err(|said| self.explain(&said).context(&found.name)),
        }
    }
}
