//! The policies that there are, and the switches of all and of each domain. Node Manager 3.0, section 2.

use std::collections::BTreeMap;

use rackhand_core::nm::{
    Domain, Periods, Policy, PolicyId, PolicySettings, PolicyTrigger, Scope, TargetLimit, Thresholds,
};

use super::{codes, limits};

/// The last tenth of an hour of a day.
const MIDNIGHT: u8 = 240;

#[derive(Clone, Debug)]
struct Entry {
    settings: PolicySettings,
    power_policy: bool,
    periods: Periods,
    thresholds: Thresholds,
}

impl Entry {
    fn new(settings: PolicySettings, power_policy: bool) -> Self {
        Self { settings, power_policy, periods: Periods::default(), thresholds: Thresholds::default() }
    }
}

/// All policies, by domain and number.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    all: BTreeMap<(u8, u8), Entry>,
    /// All are switched off.
    off: bool,
    /// The domains that are switched off.
    domains_off: Vec<Domain>,
}

impl Policies {
    /// One that is there from the beginning.
    pub(super) fn preset(&mut self, settings: PolicySettings) {
        self.all.insert(key(settings.id), Entry::new(settings, false));
    }

    fn entry(&mut self, id: PolicyId) -> Result<&mut Entry, u8> {
        limits::has_policies(id.domain)?;
        self.all.get_mut(&key(id)).ok_or(codes::POLICY)
    }

    fn look(&self, id: PolicyId) -> Result<&Entry, u8> {
        limits::has_policies(id.domain)?;
        self.all.get(&key(id)).ok_or(codes::POLICY)
    }

    /// Whether a domain's policies act at all.
    pub(super) fn acts(&self, domain: Domain) -> bool {
        !self.off && !self.domains_off.contains(&domain)
    }

    pub(super) fn get(&self, id: PolicyId) -> Result<Policy, u8> {
        let Entry { settings, power_policy, .. } = *self.look(id)?;
        Ok(Policy {
            settings,
            domain_enabled: !self.domains_off.contains(&id.domain),
            global_enabled: !self.off,
            created_by_nm: true,
            power_policy,
        })
    }

    /// The policy that limits a domain: that with the lowest limit of those that act always.
    pub(super) fn limiting(&self, domain: Domain) -> Option<u8> {
        let limits = |entry: &Entry| match entry.settings {
            PolicySettings { id, enabled: true, trigger: PolicyTrigger::None, target_limit, .. }
                if id.domain == domain =>
            {
                match target_limit {
                    TargetLimit::Value(limit) => Some((limit, id.number)),
                    TargetLimit::Boot { .. } => None,
                }
            }
            _ => None,
        };
        self.all.values().filter(|_| self.acts(domain)).filter_map(limits).min().map(|(_, number)| number)
    }

    pub(super) fn control(&mut self, scope: Scope, enable: bool) -> Result<(), u8> {
        match scope {
            Scope::Global => self.off = !enable,
            Scope::Domain(domain) => {
                limits::has_policies(domain)?;
                self.domains_off.retain(|known| *known != domain);
                if !enable {
                    self.domains_off.push(domain);
                }
            }
            Scope::Policy(id) => self.entry(id)?.settings.enabled = enable,
        }
        Ok(())
    }

    /// Makes one, or changes it. One that is enabled keeps its trigger; with `locks`, all that it has.
    pub(super) fn set(&mut self, settings: PolicySettings, locks: bool) -> Result<(), u8> {
        limits::judge(&settings)?;
        let id = settings.id;
        if let Some(entry) = self.all.get_mut(&key(id)) {
            if entry.settings.enabled && (locks || entry.settings.trigger != settings.trigger) {
                return Err(codes::NOT_NOW);
            }
            entry.settings = settings;
            entry.power_policy = true;
            return Ok(());
        }
        let of_domain = self.all.values().filter(|entry| entry.settings.id.domain == id.domain).count();
        if of_domain >= usize::from(limits::MOST_POLICIES) {
            return Err(codes::OUT_OF_SPACE);
        }
        self.all.insert(key(id), Entry::new(settings, true));
        Ok(())
    }

    pub(super) fn remove(&mut self, id: PolicyId) -> Result<(), u8> {
        limits::has_policies(id.domain)?;
        self.all.remove(&key(id)).map(drop).ok_or(codes::POLICY)
    }

    pub(super) fn periods(&self, id: PolicyId) -> Result<Periods, u8> {
        self.look(id).map(|entry| entry.periods)
    }

    pub(super) fn set_periods(&mut self, id: PolicyId, periods: Periods, locks: bool) -> Result<(), u8> {
        let entry = self.entry(id)?;
        let sound = |period: &rackhand_core::nm::Period| {
            period.start < period.stop && period.stop <= MIDNIGHT && period.days.bits() != 0
        };
        if !periods.as_slice().iter().all(sound) {
            return Err(codes::PERIOD);
        }
        if locks && entry.settings.enabled {
            return Err(codes::NOT_NOW);
        }
        entry.periods = periods;
        Ok(())
    }

    pub(super) fn thresholds(&self, id: PolicyId) -> Result<Thresholds, u8> {
        self.look(id).map(|entry| entry.thresholds)
    }

    pub(super) fn set_thresholds(&mut self, id: PolicyId, thresholds: Thresholds, locks: bool) -> Result<(), u8> {
        let entry = self.entry(id)?;
        for threshold in thresholds.as_slice() {
            limits::threshold(&entry.settings, *threshold)?;
        }
        if locks && entry.settings.enabled {
            return Err(codes::NOT_NOW);
        }
        entry.thresholds = thresholds;
        Ok(())
    }
}

const fn key(id: PolicyId) -> (u8, u8) {
    (id.domain.number(), id.number)
}
