//! Set Policy Suspend Periods (C5h), to Node Manager: those that there were are replaced. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | policy | count 0 to 5 | start | stop | days …       times in tenths of an hour; days: Monday 0 … Sunday 6
//!           0        1        2              3       4      5
//! ```

use super::{counted, emit_policy_id, policy_id};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array};
use crate::nm::days::{Days, Period, Periods};
use crate::nm::policy::PolicyId;
use crate::nm::request::Request;

pub(super) const COMMAND: u8 = 0xC5;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, policy) = policy_id(input)?;
    let (rest, periods) = periods(rest)?;
    let request = if periods.count() == 0 {
        Request::RemoveSuspendPeriods(policy)
    } else {
        Request::SetSuspendPeriods { policy, periods }
    };
    Ok((rest, request))
}

pub(super) fn emit(policy: PolicyId, periods: &Periods, w: &mut TxWriter<'_>) {
    emit_policy_id(policy, w);
    emit_periods(periods, w);
}

pub(super) fn periods(input: Bytes<'_>) -> Parsed<'_, Periods> {
    counted(input, |input| {
        let (rest, [start, stop, days]) = array(input)?;
        Ok((rest, Period { start, stop, days: Days::of(days) }))
    })
}

pub(super) fn emit_periods(periods: &Periods, w: &mut TxWriter<'_>) {
    w.add(&[periods.count()]);
    for period in periods.as_slice() {
        w.add(&[period.start, period.stop, period.days.bits()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::days::MOST_PERIODS;
    use crate::nm::names::Domain;

    #[test]
    fn one_to_five_and_none() {
        let policy = PolicyId { domain: Domain::Platform, number: 10 };
        check::request(Request::RemoveSuspendPeriods(policy), &[0, 10, 0]);
        let mut periods = Periods::default();
        // 02:00 to 06:00.
        periods.push(Period { start: 0x14, stop: 0x3C, days: Days::of(3) }).unwrap();
        check::request(Request::SetSuspendPeriods { policy, periods }, &[0, 10, 1, 0x14, 0x3C, 3]);
        while periods.push(Period { start: 0, stop: 240, days: Days::of(0x7F) }).is_ok() {}
        let bytes = [0, 10, 5, 0x14, 0x3C, 3, 0, 240, 127, 0, 240, 127, 0, 240, 127, 0, 240, 127];
        assert_eq!((bytes.len(), usize::from(bytes[2])), (Request::LEN, MOST_PERIODS));
        check::request(Request::SetSuspendPeriods { policy, periods }, &bytes);
        assert!(Request::parse(COMMAND, &[0, 10, 6]).is_err());
    }
}
