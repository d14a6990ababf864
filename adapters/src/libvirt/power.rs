//! Power: each call brings a domain into a state, whatever it is in, so that it can be made again when nobody knows how far it came.

use std::sync::atomic::{AtomicBool, Ordering};

use rackhand_core::operation::ErrorKind;
use rackhand_core::wol::Mac;
use virt::domain::DomainState;
use virt::error::Error as Said;
use virt::sys;

use super::known::{Found, Pace};
use super::orders::Order;
use super::session::Session;
use super::start::Start;
use super::uri::Transport;
use super::{Error, cause};

/// A power button that is pressed once at most: by a call over which nobody may have any say when it is made.
#[derive(Default)]
pub(super) struct Button {
    press: Start,
    /// libvirt was asked to press it, and has refused.
    refused: AtomicBool,
}

impl Button {
    /// Whether it may have been pressed although there was no answer. If it has not been it will not be any more.
    pub(super) fn may_be_pressed(&self) -> bool {
        !self.press.call_off() && !self.refused.load(Ordering::Acquire)
    }
}

impl Session {
    /// The domain of a node as it is now.
    fn domain(&self, macs: &[Mac], pace: Pace) -> Result<Found, Error> {
        let listing = self.list(pace)?;
        self.find(macs, &listing, true)
    }

    /// The domain of a node that has a definition, and is not gone when it is powered off.
    pub(super) fn persistent(&self, macs: &[Mac], pace: Pace) -> Result<Found, Error> {
        let found = self.domain(macs, pace)?;
        if self.told(&found, found.domain.is_persistent())? {
            return Ok(found);
        }
        Err(Error::failed(format!(
            "the domain {} is transient: it has no definition, and is gone when it is powered off; define it first (virsh define)",
            found.name
        )))
    }

    fn is_active(&self, found: &Found) -> Result<bool, Error> {
        self.told(found, found.domain.is_active())
    }

    /// What became of a call that brings a domain into a state: one that libvirt refuses since the domain is in another state than
    /// before has been forestalled, by somebody else or by the machine itself. Whether it was.
    fn brought<T>(&self, found: &Found, result: Result<T, Said>, active: bool) -> Result<bool, Error> {
        match result {
            Err(said) if cause::is_out_of_state(&said) && self.is_active(found)? == active => Ok(true),
            result => self.told(found, result).map(|_| false),
        }
    }

    /// Starts a domain that is not active, and wakes one that is suspended; and sees that it is on.
    pub(super) fn bring_up(&self, macs: &[Mac], order: &Order) -> Result<(), Error> {
        let found = self.domain(macs, Pace::Patient)?;
        if self.is_active(&found)? {
            let (state, _) = self.told(&found, found.domain.state())?;
            // The binding passes over libvirt's error.
            if !state.is_known() {
                return Err(
                    Error::failed("it is active, and libvirt does not tell in which state").context(&found.name)
                );
            }
            if state.is(DomainState::PMSuspended) {
                Self::may_start(order)?;
                self.told(&found, found.domain.pm_wakeup(0))?;
            }
            self.settle_or_warn(&found);
            return Ok(());
        }
        if self.has_once_in_force(&found)? && self.told(&found, found.domain.has_managed_save(0))? {
            return Err(Error::failed(
                "it was saved (virsh managedsave) and would go on from there, and not start from the boot device that is set for \
                 its next start: virsh managedsave-remove drops what was saved, virsh start goes on from it",
            )
            .context(&found.name));
        }
        Self::may_start(order)?;
        self.brought(&found, found.domain.create(), true)?;
        if !self.is_active(&found)? {
            return Err(Error::failed("it was started, and is off again").context(&found.name));
        }
        self.settle_or_warn(&found);
        Ok(())
    }

    /// Destroys a domain that is active, which is what libvirt calls pulling the plug; and sees that it is off. `pulls` is called right
    /// before.
    pub(super) fn bring_down(&self, macs: &[Mac], order: &Order, pulls: impl FnOnce()) -> Result<(), Error> {
        let found = self.persistent(macs, Pace::Patient)?;
        if !self.is_active(&found)? {
            return Ok(());
        }
        // Before the machine is gone, while it can be told that it has started since.
        self.settle_or_warn(&found);
        self.may_do(order)?;
        pulls();
        self.brought(&found, found.domain.destroy(), false)?;
        if self.is_active(&found)? {
            return Err(Error::failed("it was destroyed, and is on again").context(&found.name));
        }
        Ok(())
    }

    /// Presses the power button of a domain that is active. Whether it is not.
    pub(super) fn press(&self, macs: &[Mac], order: &Order, button: &Button) -> Result<bool, Error> {
        let found = self.persistent(macs, Pace::Quick)?;
        if !self.is_active(&found)? {
            return Ok(true);
        }
        self.settle_or_warn(&found);
        let flags = match self.transport {
            // It has no buttons.
            Transport::Test => sys::VIR_DOMAIN_SHUTDOWN_DEFAULT,
            _ => sys::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
        };
        self.may_do(order)?;
        if !button.press.begin() {
            return Err(Error::no_contact("nobody waits for it any longer: nothing was done"));
        }
        let pressed = self.brought(&found, found.domain.shutdown_flags(flags), false);
        // What it says otherwise may come too late for whoever waits for it.
        if matches!(&pressed, Err(error) if error.kind() != ErrorKind::NoContact) {
            button.refused.store(true, Ordering::Release);
        }
        pressed
    }
}
