//! Get Limiting Policy Id (F2h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain
//!  answer:  policy       completion code A1h: no policy limits
//! ```

use super::domain;
use crate::input::{Bytes, Parsed, array};
use crate::nm::names::Domain;
use crate::nm::request::Request;
use crate::nm::response::Response;

pub(super) const COMMAND: u8 = 0xF2;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, domain) = domain(input)?;
    Ok((rest, Request::GetLimitingPolicy(domain)))
}

pub(super) fn response(domain: Domain, input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, [number]) = array(input)?;
    Ok((rest, Response::LimitingPolicy { domain, number: Some(number) }))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn one() {
        let request = Request::GetLimitingPolicy(Domain::Cpu);
        check::request(request, &[1]);
        check::response(request, Response::LimitingPolicy { domain: Domain::Cpu, number: Some(0xA1) }, &[0xA1]);
    }
}
