//! The arguments of get_nm_statistics and reset_nm_statistics (drivers.md, staging-nm).

use super::{Arguments, BadArgument, DOMAINS_OF_STATISTICS};
use crate::nm::Request;
use crate::nm::names::Domain;
use crate::nm::policy::PolicyId;
use crate::nm::statistics::{Mode, PolicyMode, Reset, StatisticsOf};

/// Whose statistics.
enum Whose {
    /// A domain's, or the platform's own.
    Global,
    Policy,
}

const SCOPES: &str = "'global' or 'policy'";
const MODES: &str = "'power', 'temperature', 'throttling', 'airflow', 'airflow_temperature', 'chassis_power', \
                     'unhandled_requests', 'response_time', 'cpu_throttling', 'memory_throttling' or \
                     'communication_failures' with scope 'global'";
const POLICY_MODES: &str = "'power', 'trigger' or 'throttling' with scope 'policy'";
const PLATFORMS_MODES: &str = "'unhandled_requests', 'response_time', 'cpu_throttling', 'memory_throttling' or \
                               'communication_failures', or left out";
const ONLY_POLICY: &str = "left out with scope 'global'";
const ONLY_GLOBAL: &str = "left out with scope 'policy'";
const PLATFORM: &str = "'platform' or left out with that parameter_name: the platform alone has it";

impl Arguments<'_, '_> {
    pub(super) fn get_statistics(self) -> Result<Request, BadArgument> {
        self.require(match self.scope_name() {
            Some("policy") => &["scope", "parameter_name", "domain_id", "policy_id"],
            _ => &["scope", "parameter_name"],
        })?;
        let of = match self.statistics_scope()? {
            Whose::Global => {
                self.refuse("policy_id", ONLY_POLICY)?;
                let mode = self.named("parameter_name", MODES, Mode::from_name)?;
                let domain = if mode.is_platforms() { self.platform()? } else { self.domain_of_statistics()? };
                StatisticsOf::Domain { domain, mode }
            }
            Whose::Policy => {
                let PolicyId { domain, number } = self.policy_of_statistics()?;
                let mode = self.named("parameter_name", POLICY_MODES, PolicyMode::from_name)?;
                StatisticsOf::Policy { domain, number, mode }
            }
        };
        Ok(Request::GetStatistics(of))
    }

    pub(super) fn reset_statistics(self) -> Result<Request, BadArgument> {
        let reset = match self.statistics_scope()? {
            Whose::Policy => {
                self.refuse("parameter_name", ONLY_GLOBAL)?;
                Reset::Policy(self.policy_of_statistics()?)
            }
            Whose::Global => {
                self.refuse("policy_id", ONLY_POLICY)?;
                if self.get("parameter_name").is_some() {
                    let own = |name: &str| Mode::from_name(name).filter(|mode| mode.is_platforms());
                    let mode = self.named("parameter_name", PLATFORMS_MODES, own)?;
                    self.platform()?;
                    Reset::Platforms(mode)
                } else {
                    Reset::Domain(self.domain_of_statistics()?)
                }
            }
        };
        Ok(Request::ResetStatistics(reset))
    }

    fn statistics_scope(self) -> Result<Whose, BadArgument> {
        self.named("scope", SCOPES, |name| match name {
            "global" => Some(Whose::Global),
            "policy" => Some(Whose::Policy),
            _ => None,
        })
    }

    fn domain_of_statistics(self) -> Result<Domain, BadArgument> {
        self.named("domain_id", DOMAINS_OF_STATISTICS, Domain::from_name)
    }

    fn policy_of_statistics(self) -> Result<PolicyId, BadArgument> {
        self.require(&["domain_id", "policy_id"])?;
        Ok(PolicyId { domain: self.domain_of_statistics()?, number: self.policy_number()? })
    }

    /// The only domain that has it: nothing else may be asked for, and come back as what it is not.
    fn platform(self) -> Result<Domain, BadArgument> {
        let platform = |name: &str| Domain::from_name(name).filter(|domain| *domain == Domain::Platform);
        let named = self.optional("domain_id", PLATFORM, |value| platform(super::text(value)?))?;
        Ok(named.unwrap_or(Domain::Platform))
    }
}
