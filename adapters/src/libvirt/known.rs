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

use super::definition::{Definition, DefinitionError};
use super::session::Session;
use super::{Error, cause};

/// How long the addresses of a domain are taken to be those that its definition had, by whoever only wants to know its state.
const FRESH: Duration = Duration::from_secs(300);

/// Within this time definitions are not read again for an address that no domain has: by whoever only wants to know a state, and
/// by whoever is about to change something.
const JUST_READ: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(2)];

/// For what part of its time a call reads definitions that takes no time: what is not done then is done the next time, and nobody
/// takes it for silence.
const AT_A_TIME: u32 = 3;

/// The domains that were seen.
#[derive(Default)]
pub(super) struct Known {
    domains: HashMap<Uuid, Seen>,
    by_mac: HashMap<Mac, Vec<Uuid>>,
    /// When all had last been read again for an address that none had.
    searched: Option<Instant>,
    /// Those that were read before this are still to be read for such an address.
    searching: Option<Instant>,
}

struct Seen {
    domain: Domain,
    name: String,
    /// None, if its definition cannot be read; then why.
    macs: Vec<Mac>,
    wrong: Option<String>,
    /// Its boot order is for one start.
    once: bool,
    /// The id of the start that is known not to be that one.
    not_from: Option<u32>,
    read: Instant,
}

/// How much time a call has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// It takes no time: definitions that would take long are left to the next one.
    Quick,
    /// It takes what it takes.
    Patient,
}

/// A domain of the hypervisor.
pub(super) struct Found {
    pub(super) domain: Domain,
    pub(super) uuid: Uuid,
    pub(super) name: String,
    /// Its boot order is for one start, as far as is known.
    pub(super) once: bool,
    /// The id of the start that is known not to be that one.
    pub(super) not_from: Option<u32>,
    read: Instant,
}

impl Found {
    /// Whether its boot order for one start may be what it was started with, when it runs with this id.
    pub(super) fn is_unsettled(&self, id: u32) -> bool {
        self.once && self.not_from != Some(id)
    }

    /// Reads a definition of it.
    pub(super) fn parse<'xml>(&self, xml: &'xml str) -> Result<Definition<'xml>, Error> {
        Definition::parse(xml).map_err(|error| self.wrong(&error))
    }

    /// What is wrong with its definition.
    pub(super) fn wrong(&self, error: &DefinitionError) -> Error {
        Error::failed(error.to_string()).context(&self.name)
    }
}

impl Seen {
    /// A listing has it: it may have another name by now.
    fn is_called(&mut self, listed: Domain) {
        if let Ok(name) = listed.name()
            && name != self.name
        {
            (self.name, self.domain) = (name, listed);
        }
    }
}

/// Which domains there are, and whether each is active.
pub(super) struct Listing {
    /// The id of each that is active, another one for each start.
    ids: HashMap<Uuid, Option<u32>>,
    /// Definitions that are still to be read.
    unread: usize,
    /// Until when some may be; none: as long as it takes.
    until: Option<Instant>,
}

impl Listing {
    pub(super) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Whether a domain is among them; one that is newer is not.
    pub(super) fn has(&self, uuid: Uuid) -> bool {
        self.ids.contains_key(&uuid)
    }

    /// The id of a domain that is active.
    pub(super) fn id(&self, uuid: Uuid) -> Option<u32> {
        self.ids.get(&uuid).copied().flatten()
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
        Some(Found { domain, uuid, name, once: seen.once, not_from: seen.not_from, read: seen.read })
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

/// Looking for an address among all of them.
impl Known {
    /// Whose definitions are to be read again, the oldest first, since some domain must have one of the addresses that only
    /// `matching` are known to have; and whether those are all that may have changed.
    fn unsearched(&mut self, matching: &[Uuid], now: bool) -> (Vec<Uuid>, bool) {
        let [long, short] = JUST_READ;
        // What was begun long ago and not ended says little of now.
        self.searching = self.searching.filter(|before| before.elapsed() < long);
        let lately = self.searched.is_some_and(|at| at.elapsed() < if now { short } else { long });
        let all_before = if matching.is_empty() && (self.searching.is_some() || !lately) {
            Some(*self.searching.get_or_insert_with(|| before(short)))
        } else {
            None
        };
        let is_old =
            |uuid: &Uuid, seen: &Seen| matching.contains(uuid) || all_before.is_some_and(|before| seen.read < before);
        let old = self.domains.iter().filter(|(uuid, seen)| is_old(uuid, seen));
        let mut old: Vec<_> = old.map(|(uuid, seen)| (seen.read, *uuid)).collect();
        old.sort_unstable();
        (old.into_iter().map(|(_, uuid)| uuid).collect(), all_before.is_some())
    }

    /// Its definition could not be read again: others come first.
    fn looked_at(&mut self, uuid: Uuid) {
        if let Some(seen) = self.domains.get_mut(&uuid) {
            seen.read = Instant::now();
        }
    }

    /// All that were to be searched have been.
    fn searched(&mut self) {
        if self.searching.take().is_some() {
            self.searched = Some(Instant::now());
        }
    }

    /// No domain has one of these addresses, of those that were read.
    fn nobody(&self, macs: &[Mac], unread: usize) -> Error {
        let macs = listed(macs);
        if unread > 0 {
            return Error::no_contact(format!(
                "the hypervisor is slow: the definitions of {unread} domains are still to be read, and none of the others has an \
                 interface with the address {macs}"
            ));
        }
        let mut wrong: Vec<_> =
            self.domains.values().filter_map(|seen| Some((&seen.name, seen.wrong.as_ref()?))).collect();
        wrong.sort_unstable();
        let kept = wrong.first().map_or_else(String::new, |(name, why)| {
            let others = match wrong.len().saturating_sub(1) {
                0 => String::new(),
                others => format!(" (and of {others} others)"),
            };
            format!("; the definition of {name}{others} cannot be read: {why}")
        });
        Error::not_found(format!("no domain of the hypervisor has an interface with the address {macs}{kept}"))
    }
}

fn before(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(time).unwrap_or(now)
}

fn listed(macs: &[Mac]) -> String {
    let macs: Vec<_> = macs.iter().map(ToString::to_string).collect();
    macs.join(" or ")
}

impl Session {
    /// Reads which domains there are, and the definitions of those that are new.
    pub(super) fn list(&self, pace: Pace) -> Result<Listing, Error> {
        let until = (pace == Pace::Quick).then(|| Instant::now() + self.patience / AT_A_TIME);
        let begun = Instant::now();
        let domains = self.connection.list_all_domains(0).map_err(|said| self.explain(&said))?;
        let mut ids = HashMap::with_capacity(domains.len());
        let mut new = Vec::new();
        {
            let mut known = self.known();
            for domain in domains {
                let uuid = domain.uuid().map_err(|said| self.explain(&said))?;
                ids.insert(uuid, domain.id());
                match known.domains.get_mut(&uuid) {
                    Some(seen) => seen.is_called(domain),
                    None => new.push((uuid, domain)),
                }
            }
            // What another call has seen since is not gone.
            let is_gone = |uuid: &Uuid, seen: &Seen| !ids.contains_key(uuid) && seen.read < begun;
            let gone = known.domains.iter().filter(|(uuid, seen)| is_gone(uuid, seen));
            let gone: Vec<_> = gone.map(|(uuid, _)| *uuid).collect();
            for uuid in gone {
                known.take(uuid);
            }
        }
        let mut listing = Listing { ids, unread: new.len(), until };
        for (uuid, domain) in new {
            if listing.is_over() {
                break;
            }
            if let Err(error) = self.read(uuid, domain.clone()) {
                self.unreadable(uuid, domain, error)?;
            }
            listing.unread = listing.unread.saturating_sub(1);
        }
        Ok(listing)
    }

    /// Notes that the definition of a domain is kept from us: it is nobody's node, and keeps nobody from theirs.
    pub(super) fn unreadable(&self, uuid: Uuid, domain: Domain, error: Error) -> Result<(), Error> {
        if !self.is_alive() {
            return Err(error);
        }
        let name = domain.name().unwrap_or_else(|_| uuid.to_string());
        let wrong = Some(error.to_string());
        let macs = Vec::new();
        self.known().put(uuid, Seen { domain, name, macs, wrong, once: false, not_from: None, read: Instant::now() });
        Ok(())
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
        let (macs, once, wrong) = match Definition::parse(&xml) {
            Ok(definition) => (definition.macs().to_vec(), definition.once().is_some(), None),
            Err(error) => (Vec::new(), false, Some(error.to_string())),
        };
        self.known().put(uuid, Seen { domain, name, macs, wrong, once, not_from: None, read: Instant::now() });
        Ok(())
    }

    fn read_again(&self, uuid: Uuid) -> Result<(), Error> {
        let domain = self.known().domains.get(&uuid).map(|seen| seen.domain.clone());
        domain.map_or(Ok(()), |domain| self.read(uuid, domain))
    }

    /// The one domain that has one of these addresses, by the listing that has just been made; `now`: by the definition that it
    /// has now.
    pub(super) fn find(&self, macs: &[Mac], listing: &Listing, now: bool) -> Result<Found, Error> {
        let mut matching = self.known().matching(macs);
        let fresh = |found: &Found| !now && (found.read.elapsed() < FRESH || listing.is_over());
        if let [uuid] = matching.as_slice() {
            let found = self.known().found(*uuid);
            match found {
                Some(found) if fresh(&found) => return Ok(found),
                _ => self.read_again(*uuid)?,
            }
            matching = self.known().matching(macs);
        }
        let mut unread = listing.unread;
        if matching.len() != 1 {
            unread = unread.saturating_add(self.search(&matching, listing, now)?);
        }
        let known = self.known();
        known.find(macs)?.ok_or_else(|| known.nobody(macs, unread))
    }

    /// Reads definitions again for addresses that no domain has, or more than one: it may be otherwise by now. How many are still
    /// to be read.
    fn search(&self, matching: &[Uuid], listing: &Listing, now: bool) -> Result<usize, Error> {
        let (old, all) = self.known().unsearched(matching, now);
        let mut left = old.len();
        for uuid in old {
            if listing.is_over() {
                return Ok(left);
            }
            if let Err(error) = self.read_again(uuid) {
                if !self.is_alive() {
                    return Err(error);
                }
                // It is kept from us, and is no more ours than before.
                self.known().looked_at(uuid);
            }
            left = left.saturating_sub(1);
        }
        if all {
            self.known().searched();
        }
        Ok(left)
    }

    /// The same without a listing, if it is known well enough.
    pub(super) fn find_known(&self, macs: &[Mac]) -> Option<Found> {
        // Two with one address are told with a listing, which may know better.
        let found = self.known().find(macs).ok()??;
        (found.read.elapsed() < FRESH).then_some(found)
    }

    /// Notes whether a domain's boot order is for one start.
    pub(super) fn note_once(&self, uuid: Uuid, once: bool) {
        if let Some(seen) = self.known().domains.get_mut(&uuid) {
            seen.once = once;
        }
    }

    /// Notes that a domain's boot order for one start was not what it was started with.
    pub(super) fn note_not_from(&self, uuid: Uuid, id: u32) {
        if let Some(seen) = self.known().domains.get_mut(&uuid) {
            seen.not_from = Some(id);
        }
    }

    /// Forgets a domain: it is not what it was taken for.
    pub(super) fn forget(&self, uuid: Uuid) {
        self.known().take(uuid);
    }

    /// All domains, by name.
    pub(super) fn all(&self) -> Result<Vec<super::DomainSummary>, Error> {
        let listing = self.list(Pace::Patient)?;
        let known = self.known();
        let summary = |(uuid, seen): (&Uuid, &Seen)| super::DomainSummary {
            name: seen.name.clone(),
            uuid: *uuid,
            macs: seen.macs.clone(),
            wrong: seen.wrong.clone(),
            running: listing.id(*uuid).is_some(),
        };
        let mut all: Vec<_> = known.domains.iter().map(summary).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }
}
