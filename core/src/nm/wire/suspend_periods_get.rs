//! Get Policy Suspend Periods (C6h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | policy
//!  answer:  count 0 to 5 | start | stop | days …
//!           0              1       2      3
//! ```

use super::{policy_id, suspend_periods_set};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed};
use crate::nm::days::Periods;
use crate::nm::policy::PolicyId;
use crate::nm::request::Request;
use crate::nm::response::Response;

pub(super) const COMMAND: u8 = 0xC6;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, policy) = policy_id(input)?;
    Ok((rest, Request::GetSuspendPeriods(policy)))
}

pub(super) fn response(policy: PolicyId, input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, periods) = suspend_periods_set::periods(input)?;
    Ok((rest, Response::SuspendPeriods { policy, periods }))
}

pub(super) fn emit(periods: &Periods, w: &mut TxWriter<'_>) {
    suspend_periods_set::emit_periods(periods, w);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::days::{Days, Period};
    use crate::nm::names::Domain;

    /// drivers.md's example.
    #[test]
    fn two() {
        let policy = PolicyId { domain: Domain::Platform, number: 13 };
        let request = Request::GetSuspendPeriods(policy);
        check::request(request, &[0, 13]);
        let mut periods = Periods::default();
        check::response(request, Response::SuspendPeriods { policy, periods }, &[0]);
        periods.push(Period { start: 20, stop: 100, days: Days::of(0b11) }).unwrap();
        periods.push(Period { start: 30, stop: 150, days: Days::of(0b101_0000) }).unwrap();
        check::response(request, Response::SuspendPeriods { policy, periods }, &[2, 20, 100, 3, 30, 150, 0x50]);
        assert!(Response::parse(&request, &[6; 19]).is_err());
    }
}
