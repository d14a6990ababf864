//! What Node Manager's methods answer, as JSON (drivers.md, staging-nm: the keys are a contract).

use rackhand_core::nm::{Day, Period, Policy, Response, TargetLimit};
use serde_json::{Value, json};

/// An answer as JSON; null where there is nothing to tell.
pub(in crate::driver) fn answer(response: &Response) -> Value {
    match response {
        Response::Capabilities(it) => json!({
            "domain_id": it.of.domain.as_str(),
            "power_domain": it.of.power_domain.as_str(),
            "max_policies": it.max_policies,
            "max_limit_value": it.max_limit,
            "min_limit_value": it.min_limit,
            "max_correction_time": it.max_correction_time_ms,
            "min_correction_time": it.min_correction_time_ms,
            "max_reporting_period": it.max_reporting_period_seconds,
            "min_reporting_period": it.min_reporting_period_seconds,
        }),
        Response::Policy(it) => policy(it),
        Response::SuspendPeriods { policy, periods } => json!({
            "domain_id": policy.domain.as_str(),
            "policy_id": policy.number,
            "periods": periods.as_slice().iter().map(period).collect::<Vec<_>>(),
        }),
        Response::Statistics(it) => json!({
            "domain_id": it.domain.as_str(),
            "current_value": it.current,
            "minimum_value": it.minimum,
            "maximum_value": it.maximum,
            "average_value": it.average,
            "timestamp": it.timestamp.to_string(),
            "reporting_period": it.reporting_period_seconds,
            "administrative_enabled": it.enabled,
            "operational_state": it.operational,
            "measurement_state": it.measuring,
            "activation_state": it.limiting,
        }),
        Response::Version(it) => json!({
            "firmware": format!("{}.{}", it.major, it.minor),
            "ipmi": it.ipmi_version(),
            "nm": it.nm_version(),
            "patch": it.patch.to_string(),
        }),
        // No method of Ironic's asks for the other two.
        Response::AlertThresholds { .. } | Response::LimitingPolicy { .. } | Response::Done => Value::Null,
    }
}

fn policy(policy: &Policy) -> Value {
    let it = &policy.settings;
    json!({
        "domain_id": it.id.domain.as_str(),
        "enabled": it.enabled,
        "per_domain_enabled": policy.domain_enabled,
        "global_enabled": policy.global_enabled,
        "created_by_nm": policy.created_by_nm,
        "power_policy": policy.power_policy,
        "policy_trigger": it.trigger.as_str(),
        "cpu_power_correction": it.cpu_power_correction.as_str(),
        "storage": it.storage.as_str(),
        "action": it.action.answered(),
        "power_domain": it.power_domain.as_str(),
        "target_limit": match it.target_limit {
            TargetLimit::Boot { mode, cores_disabled } => {
                json!({ "boot_mode": mode.as_str(), "cores_disabled": cores_disabled })
            }
            TargetLimit::Value(limit) => json!(limit),
        },
        "correction_time": it.correction_time_ms,
        "trigger_limit": it.trigger_limit,
        "reporting_period": it.reporting_period_seconds,
    })
}

fn period(period: &Period) -> Value {
    let days: Vec<_> = period.days.iter().map(Day::as_str).collect();
    json!({ "start": period.start, "stop": period.stop, "days": days })
}
