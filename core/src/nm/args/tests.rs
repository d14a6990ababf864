//! Every method with every argument: the examples of drivers.md (staging-nm), both ends of each range and what lies just outside, and
//! what depends on what.

use super::std::string::{String, ToString};
use super::std::vec::Vec;
use super::*;
use crate::nm::days::{Days, Period, Periods};
use crate::nm::names::{Action, BootMode, CpuPowerCorrection, Storage};
use crate::nm::policy::{CapabilitiesOf, PolicySettings, Scope, TargetLimit};
use crate::nm::statistics::{Mode, PolicyMode, Reset, StatisticsOf};

type Given<'a> = Vec<(&'a str, Value<'a>)>;

const ON: Value<'_> = Value::Bool(true);

const fn s(text: &str) -> Value<'_> {
    Value::Str(text)
}

fn ask(method: Method, given: &[(&str, Value<'_>)]) -> Result<Request, BadArgument> {
    args(method, given.iter().copied())
}

/// With one argument more, or another value for it.
fn with<'a>(given: &[(&'a str, Value<'a>)], key: &'a str, value: Value<'a>) -> Given<'a> {
    let mut given: Given<'_> = without(given, key);
    given.push((key, value));
    given
}

fn without<'a>(given: &[(&'a str, Value<'a>)], key: &str) -> Given<'a> {
    given.iter().copied().filter(|(name, _)| *name != key).collect()
}

#[track_caller]
fn wrong(method: Method, given: &[(&str, Value<'_>)]) -> String {
    let bad = ask(method, given).unwrap_err();
    assert_eq!(bad.name(), "InvalidParameterValue", "{bad}");
    bad.to_string()
}

#[track_caller]
fn lacks(method: Method, given: &[(&str, Value<'_>)], names: &str) {
    let bad = ask(method, given).unwrap_err();
    assert_eq!((bad.name(), bad.to_string()), ("MissingParameterValue", super::std::format!("missing: {names}")));
}

/// The values of `key` that are taken, and those that are not; each refusal names key, value and what is allowed.
#[track_caller]
fn judged(method: Method, given: &[(&str, Value<'_>)], key: &str, good: &[Value<'_>], bad: &[Value<'_>]) {
    for value in good {
        let answer = ask(method, &with(given, key, *value));
        assert!(answer.is_ok(), "{key} = {value:?}: {answer:?}");
    }
    let always = [Value::Float(200.0), Value::Empty];
    for value in bad.iter().chain(&always) {
        let said = wrong(method, &with(given, key, *value));
        let got = shown(*value);
        assert!(
            said.starts_with(&super::std::format!("{key} must be "))
                && said.ends_with(&super::std::format!(", not '{got}'")),
            "{said}"
        );
    }
}

fn policy(domain: Domain, number: u8) -> PolicyId {
    PolicyId { domain, number }
}

fn set_policy() -> Given<'static> {
    super::std::vec![
        ("domain_id", s("platform")),
        ("enable", ON),
        ("policy_id", Value::Int(10)),
        ("policy_trigger", s("none")),
        ("action", s("alert")),
        ("power_domain", s("primary")),
        ("target_limit", Value::Int(200)),
        ("reporting_period", Value::Int(20000)),
    ]
}

fn boot_policy() -> Given<'static> {
    let given = with(&without(&set_policy(), "target_limit"), "policy_trigger", s("boot"));
    with(&with(&given, "target_limit.boot_mode", s("power")), "target_limit.cores_disabled", Value::Int(2))
}

fn suspend() -> Given<'static> {
    super::std::vec![
        ("domain_id", s("platform")),
        ("policy_id", Value::Int(10)),
        ("periods[0].start", Value::Int(10)),
        ("periods[0].stop", Value::Int(60)),
        ("periods[0].days[0]", s("monday")),
        ("periods[0].days[1]", s("tuesday")),
    ]
}

#[test]
fn the_documented_examples() {
    assert_eq!(ask(Method::GetVersion, &[]), Ok(Request::GetVersion));
    let of =
        CapabilitiesOf { domain: Domain::Platform, trigger: PolicyTrigger::None, power_domain: PowerDomain::Primary };
    let given = [("domain_id", s("platform")), ("policy_trigger", s("none")), ("power_domain", s("primary"))];
    assert_eq!(ask(Method::GetCapabilities, &given), Ok(Request::GetCapabilities(of)));
    let given = [("scope", s("policy")), ("enable", Value::Bool(false)), ("policy_id", Value::Int(10))];
    let scope = Scope::Policy(policy(Domain::Platform, 10));
    assert_eq!(ask(Method::ControlPolicy, &given), Ok(Request::ControlPolicies { scope, enable: false }));
    let settings = PolicySettings {
        id: policy(Domain::Platform, 10),
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
    let set = ask(Method::SetPolicy, &set_policy());
    assert_eq!(set, Ok(Request::SetPolicy { settings, least_correction_time: true }));
    let given = [("domain_id", s("platform")), ("policy_id", Value::Int(11))];
    let id = policy(Domain::Platform, 11);
    assert_eq!(ask(Method::GetPolicy, &given), Ok(Request::GetPolicy(id)));
    assert_eq!(ask(Method::RemovePolicy, &given), Ok(Request::RemovePolicy(id)));
    assert_eq!(ask(Method::GetPolicySuspend, &given), Ok(Request::GetSuspendPeriods(id)));
    assert_eq!(ask(Method::RemovePolicySuspend, &given), Ok(Request::RemoveSuspendPeriods(id)));
    let mut periods = Periods::default();
    periods.push(Period { start: 10, stop: 60, days: Days::of(0b11) }).unwrap();
    let asked = Request::SetSuspendPeriods { policy: policy(Domain::Platform, 10), periods };
    assert_eq!(ask(Method::SetPolicySuspend, &suspend()), Ok(asked));
    let given = [("scope", s("global")), ("domain_id", s("platform")), ("parameter_name", s("power"))];
    let of = StatisticsOf::Domain { domain: Domain::Platform, mode: Mode::Power };
    assert_eq!(ask(Method::GetStatistics, &given), Ok(Request::GetStatistics(of)));
    let reset = ask(Method::ResetStatistics, &given[..2]);
    assert_eq!(reset, Ok(Request::ResetStatistics(Reset::Domain(Domain::Platform))));
}

#[test]
fn all_that_is_missing_is_named() {
    lacks(Method::GetPolicy, &[("domain_id", Value::Null)], "domain_id, policy_id");
    lacks(Method::GetCapabilities, &[], "domain_id, policy_trigger, power_domain");
    lacks(
        Method::SetPolicy,
        &[],
        "enable, domain_id, policy_id, policy_trigger, action, power_domain, target_limit, reporting_period",
    );
    for key in set_policy().iter().map(|(key, _)| *key) {
        lacks(Method::SetPolicy, &without(&set_policy(), key), key);
    }
    lacks(Method::ControlPolicy, &[], "scope, enable");
    lacks(Method::ControlPolicy, &[("scope", s("policy"))], "enable, policy_id");
    lacks(Method::ControlPolicy, &[("scope", s("domain")), ("enable", ON)], "domain_id");
    lacks(Method::GetStatistics, &[], "scope, parameter_name");
    lacks(Method::GetStatistics, &[("scope", s("policy"))], "domain_id, policy_id, parameter_name");
    lacks(Method::GetStatistics, &[("scope", s("global")), ("parameter_name", s("power"))], "domain_id");
    lacks(Method::ResetStatistics, &[], "scope");
    lacks(Method::ResetStatistics, &[("scope", s("policy"))], "domain_id, policy_id");
    lacks(Method::ResetStatistics, &[("scope", s("global"))], "domain_id");
    lacks(Method::SetPolicySuspend, &[], "domain_id, policy_id, periods");
    let given = [("periods[1]", Value::Empty), ("periods[0].start", Value::Int(1))];
    lacks(
        Method::SetPolicySuspend,
        &given,
        "domain_id, policy_id, periods[0].stop, periods[0].days, periods[1].start, periods[1].stop, periods[1].days",
    );
}

#[test]
fn unknown_arguments_are_named() {
    for method in Method::ALL {
        let said = wrong(*method, &[("polcy_id", Value::Int(7))]);
        assert!(said.contains(method.as_str()) && said.contains("polcy_id ('7')"), "{said}");
        for argument in method.arguments() {
            assert!(said.contains(argument), "{said}");
        }
    }
    let nested = [
        (Method::GetPolicy, "policy_id.x"),
        (Method::SetPolicy, "target_limit.watts"),
        (Method::SetPolicySuspend, "periods[0].begin"),
        (Method::SetPolicySuspend, "periods[0].days[0].name"),
        (Method::SetPolicy, "periods[0].start"),
        (Method::SetPolicySuspend, "target_limit.boot_mode"),
    ];
    for (method, key) in nested {
        let said = wrong(method, &[(key, s("1"))]);
        assert!(said.contains(key), "{said}");
    }
    // What is far too long is cut, not refused for it.
    let said = wrong(Method::GetVersion, &[(&"ä".repeat(1000), s(&"ö".repeat(1000)))]);
    assert!(said.contains("takes no arguments") && said.len() < 300, "{said}");
}

#[test]
fn ranges_and_names_of_a_policy() {
    let none = set_policy();
    let judge = |key: &str, good: &[Value<'_>], bad: &[Value<'_>]| judged(Method::SetPolicy, &none, key, good, bad);
    let int = Value::Int;
    judge("policy_id", &[int(0), int(255)], &[int(-1), int(256), s("10"), ON]);
    judge("target_limit", &[int(0), int(65535)], &[int(-1), int(65536), s("200"), ON]);
    judge("reporting_period", &[int(0), int(65535)], &[int(-1), int(65536), s("1"), ON]);
    judge("trigger_limit", &[int(0), int(65535)], &[int(-1), int(65536), s("1"), ON]);
    judge("correction_time", &[int(0), int(4_294_967_295)], &[int(-1), int(4_294_967_296), int(i64::MAX), s("1")]);
    judge("enable", &[ON, Value::Bool(false)], &[int(1), s("true")]);
    judge("domain_id", &["platform", "cpu", "memory", "io"].map(s), &[s("protection"), s("Platform"), s(""), int(0)]);
    judge("action", &[s("alert"), s("shutdown")], &[s("none"), s("alert and shutdown"), int(1)]);
    judge("cpu_power_correction", &["auto", "unagressive", "aggressive"].map(s), &[s("unaggressive"), s("unknown")]);
    judge("storage", &[s("persistent"), s("volatile")], &[s("temporary"), ON]);
    judge("power_domain", &[s("primary"), s("secondary")], &[s("tertiary"), int(0)]);
    judge("policy_trigger", &[s("none")], &[s("always"), int(0), s("unknown")]);
    // null is not being there.
    for key in ["cpu_power_correction", "storage", "correction_time", "trigger_limit"] {
        assert_eq!(ask(Method::SetPolicy, &with(&none, key, Value::Null)), ask(Method::SetPolicy, &none), "{key}");
    }
    let settings = |given: &[(&str, Value<'_>)]| match ask(Method::SetPolicy, given) {
        Ok(Request::SetPolicy { settings, least_correction_time }) => (settings, least_correction_time),
        other => panic!("{other:?}"),
    };
    let (given, least) = settings(&with(&with(&none, "correction_time", int(0)), "enable", Value::Bool(false)));
    assert_eq!((given.correction_time_ms, given.enabled, least), (0, false, false));
    // The last one of two counts.
    let mut twice = none.clone();
    twice.push(("policy_id", int(11)));
    assert_eq!(settings(&twice).0.id.number, 11);
}

#[test]
fn a_trigger_has_a_limit() {
    for trigger in ["temperature", "power", "reset"] {
        let given = with(&set_policy(), "policy_trigger", s(trigger));
        lacks(Method::SetPolicy, &given, "trigger_limit");
        let given = with(&given, "trigger_limit", Value::Int(45));
        let asked = ask(Method::SetPolicy, &given);
        assert!(matches!(asked, Ok(Request::SetPolicy { settings, .. }) if settings.trigger_limit == 45), "{asked:?}");
        // Its limit is no boot policy's.
        let said = wrong(Method::SetPolicy, &with(&given, "target_limit.boot_mode", s("power")));
        assert!(
            said.starts_with("target_limit.boot_mode must be a whole number from 0 to 65535: only a boot"),
            "{said}"
        );
        let nested = with(&without(&given, "target_limit"), "target_limit.cores_disabled", Value::Int(1));
        assert!(wrong(Method::SetPolicy, &nested).starts_with("target_limit.cores_disabled must be"));
    }
    let all = [("policy_trigger", s("reset"))];
    let said = ask(Method::SetPolicy, &all).unwrap_err().to_string();
    assert!(said.ends_with("target_limit, reporting_period, trigger_limit"), "{said}");
}

#[test]
fn a_boot_policy() {
    let boot = boot_policy();
    let asked = ask(Method::SetPolicy, &boot);
    let limit = TargetLimit::Boot { mode: BootMode::Power, cores_disabled: 2 };
    match asked {
        Ok(Request::SetPolicy { settings, least_correction_time: false }) => {
            assert_eq!((settings.target_limit, settings.correction_time_ms, settings.trigger_limit), (limit, 0, 0));
        }
        other => panic!("{other:?}"),
    }
    let int = Value::Int;
    let judge = |key: &str, good: &[Value<'_>], bad: &[Value<'_>]| judged(Method::SetPolicy, &boot, key, good, bad);
    judge("target_limit.boot_mode", &[s("power"), s("performance")], &[s("fast"), int(0)]);
    judge("target_limit.cores_disabled", &[int(0), int(127)], &[int(-1), int(128), s("2")]);
    judge("domain_id", &[s("platform")], &[s("cpu"), s("memory"), s("io")]);
    judge("correction_time", &[int(0)], &[int(1), int(4_294_967_295)]);
    let said = wrong(Method::SetPolicy, &with(&boot, "target_limit", int(200)));
    assert!(said.contains("an object with boot_mode") && said.ends_with("not '200'"), "{said}");
    lacks(Method::SetPolicy, &without(&boot, "target_limit.boot_mode"), "target_limit.boot_mode");
    lacks(Method::SetPolicy, &without(&boot, "target_limit.cores_disabled"), "target_limit.cores_disabled");
    let neither = without(&without(&boot, "target_limit.boot_mode"), "target_limit.cores_disabled");
    lacks(Method::SetPolicy, &neither, "target_limit");
    let empty = with(&neither, "target_limit", Value::Empty);
    lacks(Method::SetPolicy, &empty, "target_limit.boot_mode, target_limit.cores_disabled");
}

#[test]
fn periods() {
    let given = suspend();
    let int = Value::Int;
    let judge =
        |key: &str, good: &[Value<'_>], bad: &[Value<'_>]| judged(Method::SetPolicySuspend, &given, key, good, bad);
    judge("periods[0].start", &[int(0), int(59)], &[int(-1), int(240), s("10")]);
    judge("periods[0].stop", &[int(11), int(240)], &[int(10), int(0), int(241), s("60")]);
    let late = with(&given, "periods[0].start", int(239));
    assert!(wrong(Method::SetPolicySuspend, &with(&late, "periods[0].stop", int(239))).contains("more than start"));
    assert!(ask(Method::SetPolicySuspend, &with(&late, "periods[0].stop", int(240))).is_ok());
    judge("periods[0].days[1]", &[s("sunday")], &[s("monday"), s("Sunday"), int(0), Value::Null]);
    judge("policy_id", &[int(0), int(255)], &[int(256)]);
    let no_days = without(&without(&given, "periods[0].days[0]"), "periods[0].days[1]");
    judged(Method::SetPolicySuspend, &no_days, "periods[0].days", &[], &[s("monday"), int(1)]);
    lacks(Method::SetPolicySuspend, &with(&no_days, "periods[0].days", Value::Null), "periods[0].days");
    judged(Method::SetPolicySuspend, &given[..2], "periods", &[], &[s("all"), int(1)]);
    judged(Method::SetPolicySuspend, &given, "periods[5].start", &[], &[int(1)]);
    let strange = wrong(Method::SetPolicySuspend, &with(&given, "periods[1]", s("night")));
    assert!(strange.starts_with("periods[1] must be an object"), "{strange}");

    // Five, each on all days.
    let mut five = given[..2].to_vec();
    let keys: Vec<[String; 2]> =
        (0..5).map(|at| ["start", "stop"].map(|name| super::std::format!("periods[{at}].{name}"))).collect();
    let days: Vec<(String, &str)> = (0..5)
        .flat_map(|at| crate::nm::Day::ALL.iter().enumerate().map(move |(place, day)| (at, place, day)))
        .map(|(at, place, day)| (super::std::format!("periods[{at}].days[{place}]"), day.as_str()))
        .collect();
    for ([start, stop], at) in keys.iter().zip(0..) {
        five.extend([(start.as_str(), int(at)), (stop.as_str(), int(at + 1))]);
    }
    five.extend(days.iter().map(|(key, day)| (key.as_str(), s(day))));
    let Ok(Request::SetSuspendPeriods { periods, .. }) = ask(Method::SetPolicySuspend, &five) else { panic!() };
    let all: Vec<Period> = (0..5).map(|at| Period { start: at, stop: at + 1, days: Days::of(0x7F) }).collect();
    assert_eq!(periods.as_slice(), all);
}

#[test]
fn scopes_of_switches() {
    let control = |given: &[(&'static str, Value<'static>)]| ask(Method::ControlPolicy, &with(given, "enable", ON));
    let global = [("scope", s("global"))];
    assert_eq!(control(&global), Ok(Request::ControlPolicies { scope: Scope::Global, enable: true }));
    let domain = [("scope", s("domain")), ("domain_id", s("io"))];
    assert_eq!(control(&domain), Ok(Request::ControlPolicies { scope: Scope::Domain(Domain::Io), enable: true }));
    let one = [("scope", s("policy")), ("domain_id", s("cpu")), ("policy_id", Value::Int(3))];
    let scope = Scope::Policy(policy(Domain::Cpu, 3));
    assert_eq!(control(&one), Ok(Request::ControlPolicies { scope, enable: true }));
    // What would be passed over is refused: more might be switched than was meant.
    for (given, key) in [
        (with(&global, "domain_id", s("cpu")), "domain_id"),
        (with(&global, "policy_id", Value::Int(3)), "policy_id"),
        (with(&domain, "policy_id", Value::Int(3)), "policy_id"),
    ] {
        let said = wrong(Method::ControlPolicy, &with(&given, "enable", ON));
        assert!(said.starts_with(&super::std::format!("{key} must be left out with scope")), "{said}");
    }
    judged(Method::ControlPolicy, &with(&one, "enable", ON), "scope", &[], &[s("all"), Value::Int(0)]);
    judged(Method::ControlPolicy, &with(&one, "enable", ON), "domain_id", &[s("memory")], &[s("protection")]);
}

#[test]
fn statistics() {
    let get = |given: &[(&str, Value<'_>)]| ask(Method::GetStatistics, given);
    let own = |mode: &Mode| {
        ["unhandled_requests", "response_time", "cpu_throttling", "memory_throttling", "communication_failures"]
            .contains(&mode.as_str())
    };
    for mode in Mode::ALL {
        assert_eq!(mode.is_platforms(), own(mode));
        let given = [("scope", s("global")), ("parameter_name", s(mode.as_str()))];
        let of = |domain| Ok(Request::GetStatistics(StatisticsOf::Domain { domain, mode: *mode }));
        let platform = with(&given, "domain_id", s("platform"));
        assert_eq!(get(&platform), of(Domain::Platform));
        let protection = with(&given, "domain_id", s("protection"));
        if own(mode) {
            assert_eq!(get(&given), of(Domain::Platform));
            assert!(wrong(Method::GetStatistics, &protection).contains("the platform alone has it"));
        } else {
            lacks(Method::GetStatistics, &given, "domain_id");
            assert_eq!(get(&protection), of(Domain::Protection));
        }
        let said = wrong(Method::GetStatistics, &with(&platform, "policy_id", Value::Int(1)));
        assert!(said.starts_with("policy_id must be left out with scope 'global'"), "{said}");
    }
    let of = [("scope", s("policy")), ("domain_id", s("cpu")), ("policy_id", Value::Int(9))];
    for mode in PolicyMode::ALL {
        let asked = Request::GetStatistics(StatisticsOf::Policy { domain: Domain::Cpu, number: 9, mode: *mode });
        assert_eq!(get(&with(&of, "parameter_name", s(mode.as_str()))), Ok(asked));
    }
    let power = with(&of, "parameter_name", s("power"));
    judged(
        Method::GetStatistics,
        &power,
        "parameter_name",
        &[],
        &[s("temperature"), s("response_time"), Value::Int(1)],
    );
    judged(Method::GetStatistics, &power, "domain_id", &[s("protection"), s("io")], &[s("gpu")]);
    judged(Method::GetStatistics, &power, "policy_id", &[Value::Int(0), Value::Int(255)], &[Value::Int(256)]);
    judged(Method::GetStatistics, &power, "scope", &[], &[s("domain"), s("all")]);
    let global = [("scope", s("global")), ("domain_id", s("cpu")), ("parameter_name", s("power"))];
    judged(Method::GetStatistics, &global, "parameter_name", &[s("airflow")], &[s("trigger"), s("unknown")]);
}

#[test]
fn resets() {
    let reset = |given: &[(&str, Value<'_>)]| ask(Method::ResetStatistics, given);
    let of = [("scope", s("policy")), ("domain_id", s("memory")), ("policy_id", Value::Int(9))];
    assert_eq!(reset(&of), Ok(Request::ResetStatistics(Reset::Policy(policy(Domain::Memory, 9)))));
    let said = wrong(Method::ResetStatistics, &with(&of, "parameter_name", s("response_time")));
    assert!(said.starts_with("parameter_name must be left out with scope 'policy'"), "{said}");
    let global = [("scope", s("global"))];
    for mode in Mode::ALL {
        let given = with(&global, "parameter_name", s(mode.as_str()));
        if mode.is_platforms() {
            assert_eq!(reset(&given), Ok(Request::ResetStatistics(Reset::Platforms(*mode))));
            assert_eq!(reset(&with(&given, "domain_id", s("platform"))), reset(&given));
            assert!(
                wrong(Method::ResetStatistics, &with(&given, "domain_id", s("cpu"))).starts_with("domain_id must be")
            );
        } else {
            assert!(wrong(Method::ResetStatistics, &given).starts_with("parameter_name must be 'unhandled_requests'"));
        }
    }
    let domain = with(&global, "domain_id", s("protection"));
    assert_eq!(reset(&domain), Ok(Request::ResetStatistics(Reset::Domain(Domain::Protection))));
    assert!(
        wrong(Method::ResetStatistics, &with(&domain, "policy_id", Value::Int(5))).starts_with("policy_id must be")
    );
}

/// Whatever is accepted can be sent, and comes back as what it was.
#[cfg(feature = "ipmi")]
#[test]
fn what_is_accepted_can_be_sent() {
    for given in [set_policy(), boot_policy()] {
        let Ok(Request::SetPolicy { settings, .. }) = ask(Method::SetPolicy, &given) else { panic!() };
        let request = Request::SetPolicy { settings, least_correction_time: false };
        let mut buffer = [0; Request::LEN];
        let mut w = crate::buffer::TxWriter::new(&mut buffer);
        request.emit(&mut w).unwrap();
        let len = w.len();
        assert_eq!(Request::parse(request.command(), &buffer[..len]), Ok(Some(request)));
    }
}
