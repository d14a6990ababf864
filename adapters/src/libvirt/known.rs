//! The domains of a hypervisor, and which addresses their interfaces have.
//!
//! Who has which address is only in a domain's definition, and to read all definitions takes as many calls as there are domains.
//! So they are remembered: one listing, a single call, tells which domains there are and which are running; only the definitions
//! of those that were not seen before, or not lately, are read.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rackhand_core::wol::Mac;
use uuid::Uuid;
use virt::domain::Domain;
use virt::sys;

use super::definition::Definition;
use super::session::Session;
use super::{Error, cause};

/// How long the addresses of a domain are taken to be those that its definition had, by whoever only wants to know its state.
const FRESH: Duration = Duration::from_secs(300);

/// Within this time definitions are not read again for an address that no domain has: by whoever only wants to know a state, and
/// by whoever is about to change something.
const JUST_READ: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(2)];

/// How long definitions are read at a time: what is not done then is done the next time, and nobody takes it for silence.
const AT_A_TIME: Duration = Duration::from_secs(3);

/// The domains that were seen.
#[derive(Default)]
pub(super) struct Known {
    domains: HashMap<Uuid, Seen>,
    by_mac: HashMap<Mac, Vec<Uuid>>,
    /// When all were read again for an address that none had.
    searched: Option<Instant>,
}

struct Seen {
    domain: Domain,
    name: String,
    macs: Vec<Mac>,
    /// Its boot order is for one start.
    once: bool,
    read: Instant,
}

/// A domain of the hypervisor.
pub(super) struct Found {
    pub(super) domain: Domain,
    pub(super) uuid: Uuid,
    pub(super) name: String,
    /// Its boot order is for one start, as far as is known.
    pub(super) once: bool,
    read: Instant,
}

/// Which domains there are, and whether each is active.
pub(super) struct Listing {
    active: HashMap<Uuid, bool>,
    /// Definitions that are still to be read.
    unread: usize,
    /// Until when some may be.
    until: Instant,
}

impl Listing {
    /// Whether a domain is active.
    pub(super) fn is_active(&self, uuid: Uuid) -> bool {
        self.active.get(&uuid).copied().unwrap_or(false)
    }
}

impl Known {
    fn put(&mut self, uuid: Uuid, seen: Seen) {
        self.take(uuid);
        for mac in &seen.macs {
            self.by_mac.entry(*mac).or_default().push(uuid);
        }
        self.domains.insert(uuid, seen);
    }

    fn take(&mut self, uuid: Uuid) {
        let Some(seen) = self.domains.remove(&uuid) else { return };
        for mac in &seen.macs {
            if let Some(of_mac) = self.by_mac.get_mut(mac) {
                of_mac.retain(|it| *it != uuid);
                if of_mac.is_empty() {
                    self.by_mac.remove(mac);
                }
            }
        }
    }

    /// The domains that have one of these addresses.
    fn matching(&self, macs: &[Mac]) -> Vec<Uuid> {
        let mut matching: Vec<Uuid> = macs.iter().filter_map(|mac| self.by_mac.get(mac)).flatten().copied().collect();
        matching.sort_unstable();
        matching.dedup();
        matching
    }

    fn found(&self, uuid: Uuid) -> Option<Found> {
        let seen = self.domains.get(&uuid)?;
        let (domain, name) = (seen.domain.clone(), seen.name.clone());
        Some(Found { domain, uuid, name, once: seen.once, read: seen.read })
    }

    /// The one domain that has one of these addresses.
    fn find(&self, macs: &[Mac]) -> Result<Option<Found>, Error> {
        let matching = self.matching(macs);
        if let [_, _, ..] = matching.as_slice() {
            let named = matching.iter().filter_map(|uuid| Some(self.domains.get(uuid)?.name.as_str()));
            let mut names: Vec<_> = named.collect();
            names.sort_unstable();
            return Err(Error::failed(format!(
                "more than one domain has an interface with the address {}: {}; a node is one domain",
                listed(macs),
                names.join(", ")
            )));
        }
        Ok(matching.first().and_then(|uuid| self.found(*uuid)))
    }
}

fn listed(macs: &[Mac]) -> String {
    let macs: Vec<_> = macs.iter().map(ToString::to_string).collect();
    macs.join(" or ")
}

impl Session {
    /// Reads which domains there are, and the definitions of those that are new.
    pub(super) fn list(&self) -> Result<Listing, Error> {
        let until = Instant::now() + AT_A_TIME;
        let domains = self.connection.list_all_domains(0).map_err(|said| self.explain(&said))?;
        let mut active = HashMap::with_capacity(domains.len());
        let mut new = Vec::new();
        {
            let mut known = self.known();
            for domain in domains {
                let uuid = domain.uuid().map_err(|said| self.explain(&said))?;
                active.insert(uuid, domain.id().is_some());
                if !known.domains.contains_key(&uuid) {
                    new.push((uuid, domain));
                }
            }
            let gone: Vec<_> = known.domains.keys().filter(|uuid| !active.contains_key(uuid)).copied().collect();
            for uuid in gone {
                known.take(uuid);
            }
        }
        let mut unread = new.len();
        for (uuid, domain) in new {
            if Instant::now() >= until {
                break;
            }
            self.read(uuid, domain)?;
            unread = unread.saturating_sub(1);
        }
        Ok(Listing { active, unread, until })
    }

    /// Reads the definition of a domain; it may be gone by now.
    fn read(&self, uuid: Uuid, domain: Domain) -> Result<(), Error> {
        let xml = match domain.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE) {
            Ok(xml) => xml,
            Err(said) if cause::is_gone(&said) => {
                self.known().take(uuid);
                return Ok(());
            }
            Err(said) => return Err(self.explain(&said)),
        };
        let name = domain.name().map_err(|said| self.explain(&said))?;
        // One whose definition cannot be read is nobody's node, and keeps nobody from theirs.
        let (macs, once) = Definition::parse(&xml).map_or_else(
            |_| (Vec::new(), false),
            |definition| (definition.macs().to_vec(), definition.once().is_some()),
        );
        self.known().put(uuid, Seen { domain, name, macs, once, read: Instant::now() });
        Ok(())
    }

    fn read_again(&self, uuid: Uuid) -> Result<(), Error> {
        let domain = self.known().domains.get(&uuid).map(|seen| seen.domain.clone());
        domain.map_or(Ok(()), |domain| self.read(uuid, domain))
    }

    /// The one domain that has one of these addresses, by the listing that has just been made; `now`: by the definition that it
    /// has now.
    pub(super) fn find(&self, macs: &[Mac], listing: &Listing, now: bool) -> Result<Found, Error> {
        let matching = self.known().matching(macs);
        let fresh = |found: &Found| !now && (found.read.elapsed() < FRESH || Instant::now() >= listing.until);
        if let [uuid] = matching.as_slice() {
            let found = self.known().found(*uuid);
            match found {
                Some(found) if fresh(&found) => return Ok(found),
                _ => self.read_again(*uuid)?,
            }
        } else {
            self.search(&matching, listing, now)?;
        }
        let found = self.known().find(macs)?;
        found.ok_or_else(|| match listing.unread {
            0 => Error::not_found(format!("no domain of the hypervisor has an interface with the address {}", listed(macs))),
            unread => Error::no_contact(format!(
                "the hypervisor is slow: the definitions of {unread} domains are still to be read, and none of the others has an \
                 interface with the address {}",
                listed(macs)
            )),
        })
    }

    /// Reads definitions again for addresses that no domain has, or more than one: it may be otherwise by now.
    fn search(&self, matching: &[Uuid], listing: &Listing, now: bool) -> Result<(), Error> {
        let [long, short] = JUST_READ;
        let old: Vec<_> = {
            let mut known = self.known();
            let lately = known.searched.is_some_and(|at| at.elapsed() < if now { short } else { long });
            let all = matching.is_empty() && !lately;
            if all {
                known.searched = Some(Instant::now());
            }
            let old = |uuid: &Uuid, seen: &Seen| matching.contains(uuid) || (all && seen.read.elapsed() > short);
            known.domains.iter().filter(|(uuid, seen)| old(uuid, seen)).map(|(uuid, _)| *uuid).collect()
        };
        for uuid in old {
            if Instant::now() >= listing.until && !now {
                break;
            }
            self.read_again(uuid)?;
        }
        Ok(())
    }

    /// The same without a listing, if it is known well enough.
    pub(super) fn find_known(&self, macs: &[Mac]) -> Option<Found> {
        // Two with one address are told with a listing, which may know better.
        let found = self.known().find(macs).ok()??;
        (found.read.elapsed() < FRESH && !found.once).then_some(found)
    }

    /// Notes whether a domain's boot order is for one start.
    pub(super) fn note_once(&self, uuid: Uuid, once: bool) {
        if let Some(seen) = self.known().domains.get_mut(&uuid) {
            seen.once = once;
        }
    }

    /// Forgets a domain: it is not what it was taken for.
    pub(super) fn forget(&self, uuid: Uuid) {
        self.known().take(uuid);
    }

    /// All domains of which the definition can be read, by name.
    pub(super) fn all(&self) -> Result<Vec<super::DomainSummary>, Error> {
        let mut listing = self.list()?;
        while listing.unread > 0 {
            listing = self.list()?;
        }
        let known = self.known();
        let summary = |(uuid, seen): (&Uuid, &Seen)| super::DomainSummary {
            name: seen.name.clone(),
            uuid: *uuid,
            macs: seen.macs.clone(),
            running: listing.is_active(*uuid),
        };
        let mut all: Vec<_> = known.domains.iter().map(summary).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }
}
