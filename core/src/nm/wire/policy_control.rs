//! Enable/Disable Policy Control (C0h), to Node Manager. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: what | domain | policy       what: 0/1 all off/on, 2/3 the domain's, 4/5 the policy
//!           0      1        2
//! ```

use super::{domain, domain_nibble};
use crate::buffer::TxWriter;
use crate::input::{Bytes, ParseErrorKind, Parsed, array};
use crate::nm::policy::{PolicyId, Scope};
use crate::nm::request::Request;

pub(super) const COMMAND: u8 = 0xC0;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, [what]) = array(input)?;
    let (rest, domain) = domain(rest)?;
    let (rest, [number]) = array(rest)?;
    let scope = match what >> 1 {
        0 => Scope::Global,
        1 => Scope::Domain(domain),
        2 => Scope::Policy(PolicyId { domain, number }),
        _ => return Err(input.error(ParseErrorKind::BadValue)),
    };
    Ok((rest, Request::ControlPolicies { scope, enable: what & 1 != 0 }))
}

pub(super) fn emit(scope: Scope, enable: bool, w: &mut TxWriter<'_>) {
    let (what, domain, policy) = match scope {
        Scope::Global => (0, domain_nibble(0), 0),
        Scope::Domain(domain) => (2, domain, 0),
        Scope::Policy(PolicyId { domain, number }) => (4, domain, number),
    };
    w.add(&[what | u8::from(enable), domain.number(), policy]);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::Domain;

    #[test]
    fn six_switches() {
        let policy = PolicyId { domain: Domain::Io, number: 10 };
        for (on, off) in [(true, 1), (false, 0)] {
            let of = |scope| Request::ControlPolicies { scope, enable: on };
            check::request(of(Scope::Global), &[off, 0, 0]);
            check::request(of(Scope::Domain(Domain::Memory)), &[2 | off, 2, 0]);
            check::request(of(Scope::Policy(policy)), &[4 | off, 4, 10]);
        }
        // A domain without a name is one all the same; a seventh switch is none.
        check::request(Request::ControlPolicies { scope: Scope::Domain(Domain::Unknown(9)), enable: true }, &[3, 9, 0]);
        assert!(Request::parse(COMMAND, &[6, 0, 0]).is_err());
    }
}
