//! The boot order in a domain's definition. Nothing here touches a running domain: its next start is what counts.
//!
//! Each change reads the definition, edits it and writes it again, and libvirt has no way to tell that somebody else has written it
//! in between: the two follow each other at once, and no two of ours do so at the same time.

use rackhand_core::ipmi::BootSetting;
use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;
use virt::sys;

use super::definition::{Often, Once};
use super::known::{Found, Pace};
use super::orders::Order;
use super::session::Session;
use super::{Error, cause};

/// The definition as it is to be written again: with its secrets, which would be lost otherwise.
const WHOLE: sys::virDomainXMLFlags = sys::VIR_DOMAIN_XML_INACTIVE | sys::VIR_DOMAIN_XML_SECURE;

/// What a running domain was started from.
const LIVE: sys::virDomainXMLFlags = 0;

fn not_settled(found: &Found, error: &Error) {
    tracing::warn!(domain = ?found.name, %error, "boot device for one start not taken back");
}

impl Session {
    fn xml(&self, found: &Found, flags: sys::virDomainXMLFlags) -> Result<String, Error> {
        self.told(found, found.domain.xml_desc(flags))
    }

    fn define(&self, found: &Found, xml: &str) -> Result<(), Error> {
        self.told(found, self.connection.define_domain_xml(xml)).map(drop)
    }

    /// Takes a boot order for one start back, if the domain has started since it was set.
    pub(super) fn settle(&self, found: &Found) -> Result<(), Error> {
        if !found.once {
            return Ok(());
        }
        let _alone = self.editing();
        self.settle_alone(found)
    }

    /// The same for whoever is about something else: what does not succeed is told in the log, and tried again at the next reading.
    pub(super) fn settle_or_warn(&self, found: &Found) {
        if let Err(error) = self.settle(found) {
            not_settled(found, &error);
        }
    }

    /// The same for a domain that runs with this id; what is known of this start is not asked for again. Whether it was asked for.
    pub(super) fn settle_start(&self, found: &Found, id: u32) -> bool {
        if !found.is_unsettled(id) {
            return false;
        }
        match self.settle(found) {
            Ok(()) => self.note_not_from(found.uuid, id),
            Err(error) => not_settled(found, &error),
        }
        true
    }

    /// Whether the next start of a domain is from something else than those behind it, as far as nobody has changed that.
    pub(super) fn has_once_in_force(&self, found: &Found) -> Result<bool, Error> {
        if !found.once {
            return Ok(false);
        }
        let xml = self.xml(found, WHOLE)?;
        Ok(found.parse(&xml)?.once().is_some_and(|once| once.in_force))
    }

    fn settle_alone(&self, found: &Found) -> Result<(), Error> {
        let xml = self.xml(found, WHOLE)?;
        let definition = found.parse(&xml)?;
        let Some(once) = definition.once() else {
            self.note_once(found.uuid, false);
            return Ok(());
        };
        if self.started_with(found, once)?
            && let Some(before) = definition.undone()
        {
            self.may_change()?;
            self.define(found, &before)?;
            self.note_once(found.uuid, false);
        }
        Ok(())
    }

    /// Whether the domain runs, and was started from a definition with this order for one start.
    fn started_with(&self, found: &Found, once: Once) -> Result<bool, Error> {
        match found.domain.is_active() {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(said) if cause::is_gone(&said) => {
                self.forget(found.uuid);
                return Err(Error::not_found(format!("the domain {} is gone", found.name)));
            }
            Err(said) => return self.told(found, Err(said)),
        }
        let live = self.xml(found, LIVE)?;
        Ok(found.parse(&live)?.once().is_some_and(|live| live.nonce == once.nonce))
    }

    /// What the next start of the domain is from.
    pub(super) fn boot_device(&self, macs: &[Mac]) -> Result<BootSetting, Error> {
        let found = self.persistent(macs, Pace::Quick)?;
        self.settle(&found)?;
        Self::setting(&found, &self.xml(&found, WHOLE)?)
    }

    fn setting(found: &Found, xml: &str) -> Result<BootSetting, Error> {
        let definition = found.parse(xml)?;
        // What somebody has changed since is no longer for one start.
        let persistent = !definition.once().is_some_and(|once| once.in_force);
        Ok(BootSetting { device: definition.first(), persistent, efi: definition.is_efi() })
    }

    /// Has the domain start from `device` first, and tells what the definition then says. `nonce`: anything that no other call has.
    pub(super) fn set_boot_device(
        &self,
        macs: &[Mac],
        order: &Order,
        device: BootDevice,
        persistent: bool,
        nonce: u32,
    ) -> Result<BootSetting, Error> {
        let found = self.persistent(macs, Pace::Quick)?;
        let often = if persistent { Often::Always } else { Often::Once { nonce: Some(nonce) } };
        {
            let _alone = self.editing();
            let xml = self.xml(&found, WHOLE)?;
            let changed = found.parse(&xml)?.start_from(device, macs, often).map_err(|error| found.wrong(&error))?;
            if changed != xml {
                self.may_do(order)?;
                self.define(&found, &changed)?;
                self.note_once(found.uuid, !persistent);
            }
        }
        let kept = Self::setting(&found, &self.xml(&found, WHOLE)?)?;
        if kept.device != Some(device) {
            return Err(Error::failed(format!(
                "libvirt has taken the definition, and it does not start from {device}"
            ))
            .context(&found.name));
        }
        Ok(kept)
    }
}
