//! The arguments of set_nm_policy (drivers.md, staging-nm). What the platform can, it says itself: that is judged before anything is
//! sent to it.

use super::{Arguments, BYTE, BadArgument, invalid, number};
use crate::nm::Request;
use crate::nm::names::{Action, BootMode, CpuPowerCorrection, Domain, PolicyTrigger, Storage};
use crate::nm::policy::{PolicyId, PolicySettings, TargetLimit};
use crate::operation::Value;

const ACTIONS: &str = "'alert' or 'shutdown'";
const CORRECTIONS: &str = "'auto', 'unagressive' or 'aggressive'";
const STORAGES: &str = "'persistent' or 'volatile'";
const BOOT_MODES: &str = "'power' or 'performance'";
const WORD: &str = "a whole number from 0 to 65535";
const SECONDS: &str = "a whole number from 0 to 65535 (seconds)";
const MILLISECONDS: &str = "a whole number from 0 to 4294967295 (ms)";
const CORES: &str = "a whole number from 0 to 127";
const BOOT_PLATFORM: &str = "'platform' for a boot policy";
const BOOT_CORRECTION: &str = "0 or left out for a boot policy";
const BOOT_LIMIT: &str =
    "an object with boot_mode ('power' or 'performance') and cores_disabled (0 to 127) for a boot policy";
const LIMIT: &str = "a whole number from 0 to 65535: only a boot policy has a boot_mode and cores_disabled";
const OF_BOOT: [&str; 2] = ["target_limit.boot_mode", "target_limit.cores_disabled"];

impl Arguments<'_, '_> {
    pub(super) fn set_policy(self) -> Result<Request, BadArgument> {
        self.all_of_a_policy()?;
        let trigger = self.trigger()?;
        let boots = trigger == PolicyTrigger::Boot;
        let id = PolicyId { domain: self.domain()?, number: self.needed("policy_id", BYTE, number)? };
        if boots && id.domain != Domain::Platform {
            self.refuse("domain_id", BOOT_PLATFORM)?;
        }
        let correction_time_ms = self.correction_time(boots)?;
        let trigger_limit = self.optional("trigger_limit", WORD, number)?.unwrap_or(0);
        let settings = PolicySettings {
            id,
            enabled: self.enable()?,
            trigger,
            cpu_power_correction: self.or_default(
                "cpu_power_correction",
                CORRECTIONS,
                CpuPowerCorrection::from_name,
                CpuPowerCorrection::Auto,
            )?,
            storage: self.or_default("storage", STORAGES, Storage::from_name, Storage::Persistent)?,
            action: self.named("action", ACTIONS, action)?,
            power_domain: self.power_domain()?,
            target_limit: self.target_limit(boots)?,
            correction_time_ms: correction_time_ms.unwrap_or(0),
            // The other two have none, and pass it over.
            trigger_limit: if has_limit(trigger) { trigger_limit } else { 0 },
            reporting_period_seconds: self.needed("reporting_period", SECONDS, number)?,
        };
        Ok(Request::SetPolicy { settings, least_correction_time: correction_time_ms.is_none() })
    }

    /// Names all that is missing, what depends on the trigger included.
    fn all_of_a_policy(self) -> Result<(), BadArgument> {
        let always =
            ["domain_id", "enable", "policy_id", "policy_trigger", "action", "power_domain", "reporting_period"];
        let trigger = self.get("policy_trigger").and_then(super::text).and_then(PolicyTrigger::from_name);
        let mut missing = super::Missing::default();
        for key in always.into_iter().filter(|key| self.get(key).is_none()) {
            missing.insert(key);
        }
        if trigger.is_some_and(has_limit) && self.get("trigger_limit").is_none() {
            missing.insert("trigger_limit");
        }
        let whole = self.get("target_limit");
        let nested = OF_BOOT.map(|key| self.get(key).is_some());
        match (trigger, whole, nested) {
            (_, None, [false, false]) => missing.insert("target_limit"),
            (Some(PolicyTrigger::Boot), None | Some(Value::Empty), nested) => {
                for (key, _) in OF_BOOT.into_iter().zip(nested).filter(|(_, there)| !there) {
                    missing.insert(key);
                }
            }
            _ => {}
        }
        missing.into_result()
    }

    fn or_default<T>(
        self,
        key: &'static str,
        allowed: &'static str,
        from_name: fn(&str) -> Option<T>,
        default: T,
    ) -> Result<T, BadArgument> {
        if self.get(key).is_some() { self.named(key, allowed, from_name) } else { Ok(default) }
    }

    /// None: the platform's own least, in milliseconds.
    fn correction_time(self, boots: bool) -> Result<Option<u32>, BadArgument> {
        let given = self.optional("correction_time", MILLISECONDS, number)?;
        match given {
            Some(1..) if boots => self.refuse("correction_time", BOOT_CORRECTION).map(|()| None),
            None if boots => Ok(Some(0)),
            given => Ok(given),
        }
    }

    fn target_limit(self, boots: bool) -> Result<TargetLimit, BadArgument> {
        if boots {
            match self.get("target_limit") {
                // Nothing beside what it holds.
                None | Some(Value::Empty) => {}
                Some(value) => return Err(invalid("target_limit", value, BOOT_LIMIT)),
            }
            let mode = self.named(OF_BOOT[0], BOOT_MODES, BootMode::from_name)?;
            let cores = |value| number::<u8>(value).filter(|cores| *cores <= 127);
            return Ok(TargetLimit::Boot { mode, cores_disabled: self.needed(OF_BOOT[1], CORES, cores)? });
        }
        for key in OF_BOOT {
            self.refuse(key, LIMIT)?;
        }
        self.needed("target_limit", WORD, number).map(TargetLimit::Value)
    }
}

/// Only what Ironic has a name for can be asked for.
fn action(name: &str) -> Option<Action> {
    Action::from_name(name).filter(|action| matches!(action, Action::Alert | Action::Shutdown))
}

const fn has_limit(trigger: PolicyTrigger) -> bool {
    matches!(trigger, PolicyTrigger::Temperature | PolicyTrigger::Power | PolicyTrigger::Reset)
}
