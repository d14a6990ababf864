//! From a method and its arguments to a request (drivers.md, staging-nm).

use super::periods::Place;
use super::{Arguments, BadArgument, cut, shown, text};
use crate::nm::names::Domain;
use crate::nm::policy::{CapabilitiesOf, PolicyId, Scope};
use crate::nm::{Method, Request};

/// What policies are switched.
#[derive(Clone, Copy)]
enum ScopeName {
    Global,
    Domain,
    Policy,
}

fn scope_of(name: &str) -> Option<ScopeName> {
    Some(match name {
        "global" => ScopeName::Global,
        "domain" => ScopeName::Domain,
        "policy" => ScopeName::Policy,
        _ => return None,
    })
}

const SCOPES: &str = "'global', 'domain' or 'policy'";
const NOT_GLOBAL: &str = "left out with scope 'global'";
const NOT_DOMAIN: &str = "left out with scope 'domain'";

impl Arguments<'_, '_> {
    pub(super) fn request(self) -> Result<Request, BadArgument> {
        self.judge(&mut |key, value| {
            if knows(self.method, key) {
                return Ok(());
            }
            Err(BadArgument::Unknown { key: cut(key), got: shown(value), method: self.method })
        })?;
        match self.method {
            Method::ControlPolicy => self.control(),
            Method::GetCapabilities => {
                self.require(&["domain_id", "policy_trigger", "power_domain"])?;
                let (domain, trigger) = (self.domain()?, self.trigger()?);
                let power_domain = self.power_domain()?;
                Ok(Request::GetCapabilities(CapabilitiesOf { domain, trigger, power_domain }))
            }
            Method::GetPolicy => self.policy().map(Request::GetPolicy),
            Method::GetPolicySuspend => self.policy().map(Request::GetSuspendPeriods),
            Method::GetStatistics => self.get_statistics(),
            Method::GetVersion => Ok(Request::GetVersion),
            Method::RemovePolicy => self.policy().map(Request::RemovePolicy),
            Method::RemovePolicySuspend => self.policy().map(Request::RemoveSuspendPeriods),
            Method::ResetStatistics => self.reset_statistics(),
            Method::SetPolicy => self.set_policy(),
            Method::SetPolicySuspend => self.set_suspend_periods(),
        }
    }

    /// What the scope is called: it decides what else must be there.
    pub(super) fn scope_name(self) -> Option<&'static str> {
        Some(match scope_of(text(self.get("scope")?)?)? {
            ScopeName::Global => "global",
            ScopeName::Domain => "domain",
            ScopeName::Policy => "policy",
        })
    }

    fn control(self) -> Result<Request, BadArgument> {
        self.require(match self.scope_name() {
            Some("domain") => &["scope", "enable", "domain_id"],
            Some("policy") => &["scope", "enable", "policy_id"],
            _ => &["scope", "enable"],
        })?;
        let scope = self.named("scope", SCOPES, scope_of)?;
        let enable = self.enable()?;
        let scope = match scope {
            ScopeName::Global => {
                self.refuse("domain_id", NOT_GLOBAL)?;
                self.refuse("policy_id", NOT_GLOBAL)?;
                Scope::Global
            }
            ScopeName::Domain => {
                self.refuse("policy_id", NOT_DOMAIN)?;
                Scope::Domain(self.domain()?)
            }
            ScopeName::Policy => {
                // The documented example names no domain.
                let number = self.policy_number()?;
                let domain = if self.get("domain_id").is_some() { self.domain()? } else { Domain::Platform };
                Scope::Policy(PolicyId { domain, number })
            }
        };
        Ok(Request::ControlPolicies { scope, enable })
    }
}

/// Whether the method has a place for a value of this path.
fn knows(method: Method, key: &str) -> bool {
    let nested = match method {
        Method::SetPolicy => matches!(key, "target_limit.boot_mode" | "target_limit.cores_disabled"),
        Method::SetPolicySuspend => Place::of(key).is_some(),
        _ => false,
    };
    nested || method.arguments().contains(&key)
}
