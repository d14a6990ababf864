//! Which domains are on, for many nodes at once.

use rackhand_core::wol::Mac;

use super::known::Pace;
use super::session::Session;
use super::{Error, cause};

/// For so many nodes each is asked for alone: a call each costs less than a listing of everything.
const FEW: usize = 2;

impl Session {
    /// Whether the domain of each node is active: running, or paused, suspended, crashed and kept, on its way down.
    ///
    /// A boot order for one start of a domain that has started since is taken back on the way.
    ///
    /// # Errors
    /// The hypervisor does not tell; what is wrong with one node alone is in the node's own answer.
    pub(super) fn states(&self, nodes: &[Vec<Mac>]) -> Result<Vec<Result<bool, Error>>, Error> {
        if nodes.len() <= FEW {
            let states: Result<Option<Vec<_>>, Error> =
                nodes.iter().map(|macs| Ok(self.state_of_known(macs)?.map(Ok))).collect();
            if let Some(states) = states? {
                return Ok(states);
            }
        }
        let listing = self.list(Pace::Quick)?;
        let mut states = Vec::with_capacity(nodes.len());
        let mut settled = false;
        for macs in nodes {
            let state = self.find(macs, &listing, false).and_then(|found| {
                if !listing.has(found.uuid) {
                    return self.told(&found, found.domain.is_active());
                }
                let id = listing.id(found.uuid);
                // One at least, however long the listing takes, so that all have their turn.
                if let Some(id) = id.filter(|_| !(settled && listing.is_over())) {
                    settled |= self.settle_start(&found, id);
                }
                Ok(id.is_some())
            });
            if state.is_err() && !self.is_alive() {
                return Err(Error::no_contact("the connection to libvirt broke off"));
            }
            states.push(state);
        }
        Ok(states)
    }

    /// None: a listing is needed to know whose state it is.
    fn state_of_known(&self, macs: &[Mac]) -> Result<Option<bool>, Error> {
        let Some(found) = self.find_known(macs) else { return Ok(None) };
        let active = match found.once {
            false => found.domain.is_active(),
            // The same in one call, and whether it has started meanwhile.
            true => self.connection.lookup_domain_by_uuid(found.uuid).map(|domain| {
                let id = domain.id();
                if let Some(id) = id {
                    self.settle_start(&found, id);
                }
                id.is_some()
            }),
        };
        match active {
            Ok(active) => Ok(Some(active)),
            Err(said) if cause::is_gone(&said) => {
                self.forget(found.uuid);
                Ok(None)
            }
            Err(said) => Err(self.explain(&said)),
        }
    }
}
