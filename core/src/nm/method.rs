//! The methods of vendor passthru, by Ironic's names (drivers.md, staging-nm).

use super::names::names;

names! {
    /// A method.
    Method {
        /// Switches policies on or off.
        ControlPolicy "control_nm_policy",
        /// Reads what policies there can be.
        GetCapabilities "get_nm_capabilities",
        /// Reads a policy.
        GetPolicy "get_nm_policy",
        /// Reads when a policy does not act.
        GetPolicySuspend "get_nm_policy_suspend",
        /// Reads what was measured.
        GetStatistics "get_nm_statistics",
        /// Reads the versions.
        GetVersion "get_nm_version",
        /// Removes a policy.
        RemovePolicy "remove_nm_policy",
        /// Lets a policy act at all times.
        RemovePolicySuspend "remove_nm_policy_suspend",
        /// Lets statistics begin anew.
        ResetStatistics "reset_nm_statistics",
        /// Makes a policy, or changes it.
        SetPolicy "set_nm_policy",
        /// Says when a policy does not act.
        SetPolicySuspend "set_nm_policy_suspend",
    }
}

impl Method {
    /// The HTTP methods that it is called with.
    #[must_use]
    pub const fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::GetCapabilities
            | Self::GetPolicy
            | Self::GetPolicySuspend
            | Self::GetStatistics
            | Self::GetVersion => &["GET"],
            Self::ControlPolicy | Self::SetPolicy | Self::SetPolicySuspend => &["PUT"],
            Self::RemovePolicy | Self::RemovePolicySuspend => &["DELETE"],
            Self::ResetStatistics => &["DELETE", "PUT"],
        }
    }

    /// What it does, for a list of methods.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::ControlPolicy => "Enable or disable Intel Node Manager policies: all, those of a domain, or one",
            Self::GetCapabilities => "Get which policies a domain of Intel Node Manager can have, and their limits",
            Self::GetPolicy => "Get an Intel Node Manager policy",
            Self::GetPolicySuspend => "Get the periods in which an Intel Node Manager policy is suspended",
            Self::GetStatistics => "Get what Intel Node Manager measures of a domain or of a policy",
            Self::GetVersion => "Get the versions of Intel Node Manager and of its firmware",
            Self::RemovePolicy => "Remove an Intel Node Manager policy",
            Self::RemovePolicySuspend => "Remove the periods in which an Intel Node Manager policy is suspended",
            Self::ResetStatistics => "Reset Intel Node Manager statistics of a domain, a policy or the platform",
            Self::SetPolicy => "Create or change an Intel Node Manager policy",
            Self::SetPolicySuspend => "Set the periods in which an Intel Node Manager policy is suspended",
        }
    }

    /// The arguments that it knows.
    #[must_use]
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::ControlPolicy => &["scope", "enable", "domain_id", "policy_id"],
            Self::GetCapabilities => &["domain_id", "policy_trigger", "power_domain"],
            Self::GetPolicy | Self::GetPolicySuspend | Self::RemovePolicy | Self::RemovePolicySuspend => {
                &["domain_id", "policy_id"]
            }
            Self::GetStatistics | Self::ResetStatistics => &["scope", "domain_id", "policy_id", "parameter_name"],
            Self::GetVersion => &[],
            Self::SetPolicy => &[
                "domain_id",
                "enable",
                "policy_id",
                "policy_trigger",
                "action",
                "power_domain",
                "target_limit",
                "reporting_period",
                "cpu_power_correction",
                "storage",
                "correction_time",
                "trigger_limit",
            ],
            Self::SetPolicySuspend => &["domain_id", "policy_id", "periods"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_eleven() {
        assert_eq!(Method::ALL.len(), 11);
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.as_str()), Some(*method));
            // The name tells the verb but once.
            let verb = match method.as_str().split('_').next() {
                Some("get") => "GET",
                Some("remove" | "reset") => "DELETE",
                _ => "PUT",
            };
            assert_eq!(method.verbs().first(), Some(&verb), "{method}");
            assert!(method.description().contains("Intel Node Manager"));
        }
        assert_eq!(Method::ResetStatistics.verbs(), ["DELETE", "PUT"]);
    }
}
