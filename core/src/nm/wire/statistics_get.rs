//! Get Statistics (C8h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: mode 4:0 | domain | policy
//!           0          1        2
//!  answer:  current 2 | minimum 2 | maximum 2 | average 2 | timestamp 4 | period, s 4 | domain 3:0 and flags
//!           0           2           4           6           8             12            16
//!  flags: enabled 4, acts 5, is measured 6, limits now 7
//! ```

use super::{bit, domain, domain_nibble, u32_le};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array, u16_le};
use crate::nm::request::Request;
use crate::nm::response::Response;
use crate::nm::statistics::{Mode, PolicyMode, Statistics, StatisticsOf};
use crate::nm::timestamp::Timestamp;

pub(super) const COMMAND: u8 = 0xC8;
const ENABLED: u8 = 0x10;
const OPERATIONAL: u8 = 0x20;
const MEASURING: u8 = 0x40;
const LIMITING: u8 = 0x80;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, [mode]) = array(input)?;
    let (rest, domain) = domain(rest)?;
    let (rest, [number]) = array(rest)?;
    let of = match mode & 0x1F {
        // Those of policies are numbered from 11h; what is between has no name yet.
        mode @ 0x10..=0x17 => StatisticsOf::Policy { domain, number, mode: PolicyMode::of(mode) },
        mode => StatisticsOf::Domain { domain, mode: Mode::of(mode) },
    };
    Ok((rest, Request::GetStatistics(of)))
}

pub(super) fn emit(of: StatisticsOf, w: &mut TxWriter<'_>) {
    let (mode, number) = match of {
        StatisticsOf::Domain { mode, .. } => (mode.number(), 0),
        StatisticsOf::Policy { mode, number, .. } => (mode.number(), number),
    };
    w.add(&[mode & 0x1F, of.domain().number(), number]);
}

pub(super) fn response(input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, current) = u16_le(input)?;
    let (rest, minimum) = u16_le(rest)?;
    let (rest, maximum) = u16_le(rest)?;
    let (rest, average) = u16_le(rest)?;
    let (rest, timestamp) = u32_le(rest)?;
    let (rest, reporting_period_seconds) = u32_le(rest)?;
    let (rest, [flags]) = array(rest)?;
    let statistics = Statistics {
        domain: domain_nibble(flags),
        current,
        minimum,
        maximum,
        average,
        timestamp: Timestamp::of(timestamp),
        reporting_period_seconds,
        enabled: flags & ENABLED != 0,
        operational: flags & OPERATIONAL != 0,
        measuring: flags & MEASURING != 0,
        limiting: flags & LIMITING != 0,
    };
    Ok((rest, Response::Statistics(statistics)))
}

pub(super) fn emit_response(statistics: &Statistics, w: &mut TxWriter<'_>) {
    for value in [statistics.current, statistics.minimum, statistics.maximum, statistics.average] {
        w.add(&value.to_le_bytes());
    }
    w.add(&statistics.timestamp.number().to_le_bytes());
    w.add(&statistics.reporting_period_seconds.to_le_bytes());
    let flags = bit(statistics.enabled, ENABLED)
        | bit(statistics.operational, OPERATIONAL)
        | bit(statistics.measuring, MEASURING)
        | bit(statistics.limiting, LIMITING);
    w.add(&[statistics.domain.number() & 0x0F | flags]);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::Domain;

    #[test]
    fn modes() {
        let get = |of, bytes: [u8; 3]| check::request(Request::GetStatistics(of), &bytes);
        for mode in Mode::ALL.iter().copied().chain([Mode::Unknown(0x1A)]) {
            get(StatisticsOf::Domain { domain: Domain::Io, mode }, [mode.number(), 4, 0]);
        }
        for mode in PolicyMode::ALL.iter().copied().chain([PolicyMode::Unknown(0x14)]) {
            get(StatisticsOf::Policy { domain: Domain::Cpu, number: 9, mode }, [mode.number(), 1, 9]);
        }
    }

    /// What a Lenovo's has answered.
    #[test]
    fn of_a_machine() {
        let request = Request::GetStatistics(StatisticsOf::Domain { domain: Domain::Platform, mode: Mode::Power });
        let statistics = Statistics {
            domain: Domain::Platform,
            current: 56,
            minimum: 4,
            maximum: 65,
            average: 57,
            timestamp: Timestamp::Seconds(0x53F7_56EC),
            reporting_period_seconds: 34_394,
            enabled: true,
            operational: false,
            measuring: true,
            limiting: false,
        };
        let bytes =
            [0x38, 0x00, 0x04, 0x00, 0x41, 0x00, 0x39, 0x00, 0xEC, 0x56, 0xF7, 0x53, 0x5A, 0x86, 0x00, 0x00, 0x50];
        check::response(request, Response::Statistics(statistics), &bytes);
        let statistics = Statistics {
            domain: Domain::Unknown(13),
            timestamp: Timestamp::Unspecified,
            operational: true,
            limiting: true,
            enabled: false,
            measuring: false,
            ..statistics
        };
        let bytes =
            [0x38, 0x00, 0x04, 0x00, 0x41, 0x00, 0x39, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x5A, 0x86, 0x00, 0x00, 0xAD];
        check::response(request, Response::Statistics(statistics), &bytes);
    }
}
