//! Every documented example (drivers.md, staging-nm): the body, what is asked for, what Node Manager may say, and the answer.

use rackhand_core::nm::{
    Action, BootMode, Capabilities, CapabilitiesOf, CpuPowerCorrection, Day, Days, Domain, Method, Mode, Period,
    Periods, Policy, PolicyId, PolicySettings, PolicyTrigger, PowerDomain, Request, Reset, Response, Scope, Statistics,
    StatisticsOf, Storage, TargetLimit, Timestamp, Version,
};
use serde_json::{Value, json};

use super::{answer, request};

const fn policy(number: u8) -> PolicyId {
    PolicyId { domain: Domain::Platform, number }
}

const CAPABILITIES: CapabilitiesOf =
    CapabilitiesOf { domain: Domain::Platform, trigger: PolicyTrigger::None, power_domain: PowerDomain::Primary };

const SET: PolicySettings = PolicySettings {
    id: policy(10),
    enabled: true,
    trigger: PolicyTrigger::None,
    cpu_power_correction: CpuPowerCorrection::Auto,
    storage: Storage::Persistent,
    action: Action::Alert,
    power_domain: PowerDomain::Primary,
    target_limit: TargetLimit::Value(200),
    correction_time_ms: 0,
    trigger_limit: 0,
    reporting_period_seconds: 20_000,
};

const GOT: Policy = Policy {
    settings: PolicySettings {
        id: policy(11),
        target_limit: TargetLimit::Value(250),
        correction_time_ms: 10_000,
        trigger_limit: 300,
        ..SET
    },
    domain_enabled: true,
    global_enabled: true,
    created_by_nm: true,
    power_policy: false,
};

fn periods(of: &[(u8, u8, &[Day])]) -> Periods {
    let mut periods = Periods::default();
    for (start, stop, on) in of {
        let mut days = Days::default();
        on.iter().for_each(|day| assert!(days.insert(*day)));
        periods.push(Period { start: *start, stop: *stop, days }).unwrap();
    }
    periods
}

/// Method, body, request, response, answer.
fn examples() -> Vec<(&'static str, Value, Request, Response, Value)> {
    vec![
        (
            "get_nm_version",
            json!({}),
            Request::GetVersion,
            Response::Version(Version { nm: 5, ipmi: 3, patch: 7, major: 1, minor: 2 }),
            json!({"firmware": "1.2", "ipmi": "3.0", "nm": "3.0", "patch": "7"}),
        ),
        (
            "get_nm_capabilities",
            json!({"domain_id": "platform", "policy_trigger": "none", "power_domain": "primary"}),
            Request::GetCapabilities(CAPABILITIES),
            Response::Capabilities(Capabilities {
                of: CAPABILITIES,
                max_policies: 16,
                max_limit: 4096,
                min_limit: 100,
                min_correction_time_ms: 10,
                max_correction_time_ms: 100_000,
                min_reporting_period_seconds: 100,
                max_reporting_period_seconds: 32_768,
                limits: PowerDomain::Primary,
            }),
            json!({
                "domain_id": "platform", "max_correction_time": 100_000, "max_limit_value": 4096, "max_policies": 16,
                "max_reporting_period": 32_768, "min_correction_time": 10, "min_limit_value": 100,
                "min_reporting_period": 100, "power_domain": "primary",
            }),
        ),
        (
            "control_nm_policy",
            json!({"scope": "policy", "enable": false, "policy_id": 10}),
            Request::ControlPolicies { scope: Scope::Policy(policy(10)), enable: false },
            Response::Done,
            Value::Null,
        ),
        (
            "set_nm_policy",
            json!({
                "domain_id": "platform", "enable": true, "policy_id": 10, "policy_trigger": "none", "action": "alert",
                "power_domain": "primary", "target_limit": 200, "reporting_period": 20_000,
            }),
            Request::SetPolicy { settings: SET, least_correction_time: true },
            Response::Done,
            Value::Null,
        ),
        (
            "get_nm_policy",
            json!({"domain_id": "platform", "policy_id": 11}),
            Request::GetPolicy(policy(11)),
            Response::Policy(GOT),
            json!({
                "action": "alert", "correction_time": 10_000, "cpu_power_correction": "auto", "created_by_nm": true,
                "domain_id": "platform", "enabled": true, "global_enabled": true, "per_domain_enabled": true,
                "policy_trigger": "none", "power_domain": "primary", "power_policy": false, "reporting_period": 20_000,
                "storage": "persistent", "target_limit": 250, "trigger_limit": 300,
            }),
        ),
        (
            "remove_nm_policy",
            json!({"domain_id": "platform", "policy_id": 11}),
            Request::RemovePolicy(policy(11)),
            Response::Done,
            Value::Null,
        ),
        (
            "set_nm_policy_suspend",
            json!({
                "domain_id": "platform", "policy_id": 10,
                "periods": [{"start": 10, "stop": 60, "days": ["monday", "tuesday"]}],
            }),
            Request::SetSuspendPeriods {
                policy: policy(10),
                periods: periods(&[(10, 60, &[Day::Monday, Day::Tuesday])]),
            },
            Response::Done,
            Value::Null,
        ),
        (
            "get_nm_policy_suspend",
            json!({"domain_id": "platform", "policy_id": 13}),
            Request::GetSuspendPeriods(policy(13)),
            Response::SuspendPeriods {
                policy: policy(13),
                periods: periods(&[(20, 100, &[Day::Monday, Day::Tuesday]), (30, 150, &[Day::Friday, Day::Sunday])]),
            },
            json!({
                "domain_id": "platform", "policy_id": 13,
                "periods": [
                    {"start": 20, "stop": 100, "days": ["monday", "tuesday"]},
                    {"start": 30, "stop": 150, "days": ["friday", "sunday"]},
                ],
            }),
        ),
        (
            "remove_nm_policy_suspend",
            json!({"domain_id": "platform", "policy_id": 13}),
            Request::RemoveSuspendPeriods(policy(13)),
            Response::Done,
            Value::Null,
        ),
        (
            "get_nm_statistics",
            json!({"scope": "global", "domain_id": "platform", "parameter_name": "power"}),
            Request::GetStatistics(StatisticsOf::Domain { domain: Domain::Platform, mode: Mode::Power }),
            Response::Statistics(Statistics {
                domain: Domain::Platform,
                current: 202,
                minimum: 150,
                maximum: 240,
                average: 200,
                timestamp: Timestamp::Seconds(1_454_530_432),
                reporting_period_seconds: 2125,
                enabled: true,
                operational: true,
                measuring: true,
                limiting: true,
            }),
            json!({
                "activation_state": true, "administrative_enabled": true, "average_value": 200, "current_value": 202,
                "domain_id": "platform", "maximum_value": 240, "measurement_state": true, "minimum_value": 150,
                "operational_state": true, "reporting_period": 2125, "timestamp": "2016-02-03T20:13:52",
            }),
        ),
        (
            "reset_nm_statistics",
            json!({"scope": "global", "domain_id": "platform"}),
            Request::ResetStatistics(Reset::Domain(Domain::Platform)),
            Response::Done,
            Value::Null,
        ),
    ]
}

#[test]
fn each_as_it_stands() {
    let examples = examples();
    assert_eq!(examples.len(), Method::ALL.len());
    for (name, body, asked, told, answered) in examples {
        let method = Method::from_name(name).unwrap();
        assert_eq!(request(method, body.as_object().unwrap()), Ok(asked), "{name}");
        assert_eq!(answer(&told), answered, "{name}");
    }
}

#[test]
fn what_no_example_shows() {
    let limit = TargetLimit::Boot { mode: BootMode::Performance, cores_disabled: 2 };
    let boot = PolicySettings { trigger: PolicyTrigger::Boot, target_limit: limit, action: Action::None, ..SET };
    let told = answer(&Response::Policy(Policy { settings: boot, ..GOT }));
    assert_eq!(told["target_limit"], json!({ "boot_mode": "performance", "cores_disabled": 2 }));
    assert_eq!((&told["policy_trigger"], &told["action"]), (&json!("boot"), &json!("none")));
    let both = PolicySettings { action: Action::AlertAndShutdown, ..SET };
    assert_eq!(answer(&Response::Policy(Policy { settings: both, ..GOT }))["action"], "shutdown");
    // Four flags, each in its place, and a clock that was never set.
    for at in 0..4 {
        let [enabled, operational, measuring, limiting] = [0, 1, 2, 3].map(|flag| flag == at);
        let told = answer(&Response::Statistics(Statistics {
            domain: Domain::Protection,
            current: 1,
            minimum: 2,
            maximum: 3,
            average: 4,
            timestamp: Timestamp::Unspecified,
            reporting_period_seconds: 5,
            enabled,
            operational,
            measuring,
            limiting,
        }));
        let names = ["administrative_enabled", "operational_state", "measurement_state", "activation_state"];
        assert_eq!(names.map(|name| told[name] == true), [0, 1, 2, 3].map(|flag| flag == at));
        assert_eq!((&told["timestamp"], &told["domain_id"]), (&json!("1970-01-01T00:00:00"), &json!("protection")));
    }
    for at in 0..4 {
        let [enabled, domain_enabled, global_enabled, created_by_nm] = [0, 1, 2, 3].map(|flag| flag == at);
        let settings = PolicySettings { enabled, ..SET };
        let told = answer(&Response::Policy(Policy {
            settings,
            domain_enabled,
            global_enabled,
            created_by_nm,
            power_policy: true,
        }));
        let names = ["enabled", "per_domain_enabled", "global_enabled", "created_by_nm"];
        assert_eq!(names.map(|name| told[name] == true), [0, 1, 2, 3].map(|flag| flag == at));
        assert_eq!(told["power_policy"], true);
    }
}
