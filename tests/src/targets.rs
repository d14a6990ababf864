//! Targets and operations that many tests need.

use std::time::Duration;

use rackhand_core::operation::{Action, Error, HardwareType, Memory, Operation, Target, Value};

/// driver_info of staging-iboot with `extra` settings; user `admin`, password `s3cret`, at 192.0.2.7.
///
/// # Errors
/// What core says of it.
pub fn iboot(extra: &[(&str, Value<'_>)]) -> Result<Target, Error> {
    let info = [
        ("iboot_address", Value::Str("192.0.2.7")),
        ("iboot_username", Value::Str("admin")),
        ("iboot_password", Value::Str("s3cret")),
    ];
    let all: Vec<(&str, Value<'_>)> = info.into_iter().chain(extra.iter().copied()).collect();
    Target::new(HardwareType::StagingIboot, all.iter().copied(), std::iter::empty())
}

/// driver_info of staging-amt with `extra` settings; user `admin`, password `Adm1n!Pass`, at 192.0.2.7.
///
/// # Errors
/// What core says of it.
pub fn amt(extra: &[(&str, Value<'_>)]) -> Result<Target, Error> {
    let info = [
        ("amt_address", Value::Str("192.0.2.7")),
        ("amt_username", Value::Str("admin")),
        ("amt_password", Value::Str("Adm1n!Pass")),
    ];
    let all: Vec<(&str, Value<'_>)> = info.into_iter().chain(extra.iter().copied()).collect();
    Target::new(HardwareType::StagingAmt, all.iter().copied(), std::iter::empty())
}

/// driver_info of `hardware`, ipmi or staging-nm, with `extra` settings; user `admin`, password `s3cret`, at 192.0.2.7.
///
/// # Errors
/// What core says of it.
pub fn bmc(hardware: HardwareType, extra: &[(&str, Value<'_>)]) -> Result<Target, Error> {
    let info = [
        ("ipmi_address", Value::Str("192.0.2.7")),
        ("ipmi_username", Value::Str("admin")),
        ("ipmi_password", Value::Str("s3cret")),
    ];
    let all: Vec<(&str, Value<'_>)> = info.into_iter().chain(extra.iter().copied()).collect();
    Target::new(hardware, all.iter().copied(), std::iter::empty())
}

/// driver_info of staging-wol with `extra` settings and these ports.
///
/// # Errors
/// What core says of it.
pub fn wol(extra: &[(&str, Value<'_>)], ports: &[&str]) -> Result<Target, Error> {
    Target::new(HardwareType::StagingWol, extra.iter().copied(), ports.iter().copied())
}

/// `action` on `target` within a minute.
///
/// # Panics
/// Core refuses it.
#[must_use]
pub fn operation(target: &Target, action: &Action) -> Operation {
    let made = Operation::new(target, action, Duration::from_secs(60), &Memory::Nothing, &[0; 32]);
    made.unwrap_or_else(|error| panic!("{action:?}: {error}"))
}
