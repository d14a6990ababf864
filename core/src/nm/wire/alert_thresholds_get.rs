//! Get Policy Alert Thresholds (C4h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | policy
//!  answer:  count 0 to 3 | threshold 2 …
//!           0              1
//! ```

use super::{alert_thresholds_set, policy_id};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed};
use crate::nm::policy::{PolicyId, Thresholds};
use crate::nm::request::Request;
use crate::nm::response::Response;

pub(super) const COMMAND: u8 = 0xC4;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, policy) = policy_id(input)?;
    Ok((rest, Request::GetAlertThresholds(policy)))
}

pub(super) fn response(policy: PolicyId, input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, thresholds) = alert_thresholds_set::thresholds(input)?;
    Ok((rest, Response::AlertThresholds { policy, thresholds }))
}

pub(super) fn emit(thresholds: &Thresholds, w: &mut TxWriter<'_>) {
    alert_thresholds_set::emit_thresholds(thresholds, w);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::Domain;

    #[test]
    fn none_to_three() {
        let policy = PolicyId { domain: Domain::Memory, number: 8 };
        let request = Request::GetAlertThresholds(policy);
        check::request(request, &[2, 8]);
        let mut thresholds = Thresholds::default();
        check::response(request, Response::AlertThresholds { policy, thresholds }, &[0]);
        thresholds.push(300).unwrap();
        thresholds.push(400).unwrap();
        check::response(request, Response::AlertThresholds { policy, thresholds }, &[2, 0x2C, 1, 0x90, 1]);
        assert!(Response::parse(&request, &[4; 16]).is_err());
    }
}
