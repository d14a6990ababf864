//! Set Policy Alert Thresholds (C3h), to Node Manager. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | policy | count 0 to 3 | threshold 2 …
//!           0        1        2              3
//! ```

use super::{counted, emit_policy_id, policy_id};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, u16_le};
use crate::nm::policy::{PolicyId, Thresholds};
use crate::nm::request::Request;

pub(super) const COMMAND: u8 = 0xC3;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, policy) = policy_id(input)?;
    let (rest, thresholds) = thresholds(rest)?;
    Ok((rest, Request::SetAlertThresholds { policy, thresholds }))
}

pub(super) fn emit(policy: PolicyId, thresholds: &Thresholds, w: &mut TxWriter<'_>) {
    emit_policy_id(policy, w);
    emit_thresholds(thresholds, w);
}

pub(super) fn thresholds(input: Bytes<'_>) -> Parsed<'_, Thresholds> {
    counted(input, u16_le)
}

pub(super) fn emit_thresholds(thresholds: &Thresholds, w: &mut TxWriter<'_>) {
    w.add(&[thresholds.count()]);
    for threshold in thresholds.as_slice() {
        w.add(&threshold.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::input::ParseErrorKind;
    use crate::nm::names::Domain;

    #[test]
    fn none_to_three() {
        let policy = PolicyId { domain: Domain::Cpu, number: 7 };
        let mut thresholds = Thresholds::default();
        check::request(Request::SetAlertThresholds { policy, thresholds }, &[1, 7, 0]);
        for threshold in [0x0102, 0x0304, 0xFFFF] {
            thresholds.push(threshold).unwrap();
        }
        let bytes = [1, 7, 3, 2, 1, 4, 3, 0xFF, 0xFF];
        check::request(Request::SetAlertThresholds { policy, thresholds }, &bytes);
        let four = Request::parse(COMMAND, &[1, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err();
        assert_eq!((four.at, four.kind), (2, ParseErrorKind::Limit));
    }
}
