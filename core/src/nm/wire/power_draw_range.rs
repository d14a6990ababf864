//! Set Power Draw Range (CBh), to Node Manager. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | least, W 2 | most, W 2
//!           0        1            3
//! ```

use super::domain;
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, u16_le};
use crate::nm::policy::PowerDrawRange;
use crate::nm::request::Request;

pub(super) const COMMAND: u8 = 0xCB;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, domain) = domain(input)?;
    let (rest, min_watts) = u16_le(rest)?;
    let (rest, max_watts) = u16_le(rest)?;
    Ok((rest, Request::SetPowerDrawRange(PowerDrawRange { domain, min_watts, max_watts })))
}

pub(super) fn emit(range: PowerDrawRange, w: &mut TxWriter<'_>) {
    w.add(&[range.domain.number()]);
    w.add(&range.min_watts.to_le_bytes());
    w.add(&range.max_watts.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::Domain;

    #[test]
    fn both_ends() {
        let range = PowerDrawRange { domain: Domain::Platform, min_watts: 0x0102, max_watts: 0xFFFE };
        check::request(Request::SetPowerDrawRange(range), &[0, 2, 1, 0xFE, 0xFF]);
    }
}
