//! Reset Statistics (C7h), to Node Manager. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: mode 4:0 | domain | policy       mode: 00 all of the domain, 01 the policy's, 1B … 1F that one of the platform
//!           0          1        2
//! ```

use super::{domain, emit_policy_id};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array};
use crate::nm::names::Domain;
use crate::nm::policy::PolicyId;
use crate::nm::request::Request;
use crate::nm::statistics::{Mode, Reset};

pub(super) const COMMAND: u8 = 0xC7;
const DOMAINS: u8 = 0;
const POLICYS: u8 = 1;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, [mode]) = array(input)?;
    let (rest, domain) = domain(rest)?;
    let (rest, [number]) = array(rest)?;
    let reset = match mode & 0x1F {
        DOMAINS => Reset::Domain(domain),
        POLICYS => Reset::Policy(PolicyId { domain, number }),
        other => Reset::Platforms(Mode::of(other)),
    };
    Ok((rest, Request::ResetStatistics(reset)))
}

pub(super) fn emit(reset: Reset, w: &mut TxWriter<'_>) {
    let (mode, policy) = match reset {
        Reset::Domain(domain) => (DOMAINS, PolicyId { domain, number: 0 }),
        Reset::Policy(policy) => (POLICYS, policy),
        Reset::Platforms(mode) => (mode.number() & 0x1F, PolicyId { domain: Domain::Platform, number: 0 }),
    };
    w.add(&[mode]);
    emit_policy_id(policy, w);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn a_domains_a_policys_and_the_platforms_own() {
        let reset = |reset, bytes: [u8; 3]| check::request(Request::ResetStatistics(reset), &bytes);
        reset(Reset::Domain(Domain::Protection), [0, 3, 0]);
        reset(Reset::Policy(PolicyId { domain: Domain::Cpu, number: 9 }), [1, 1, 9]);
        for mode in Mode::ALL.iter().copied().filter(|mode| mode.is_platforms()) {
            reset(Reset::Platforms(mode), [mode.number(), 0, 0]);
        }
        reset(Reset::Platforms(Mode::Unknown(9)), [9, 0, 0]);
    }
}
