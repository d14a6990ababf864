//! Requests and answers as bytes, a command a file: what follows Intel's IANA number. Node Manager 3.0, section 2.

mod alert_thresholds_get;
mod alert_thresholds_set;
mod capabilities;
mod limiting_policy;
mod policy_control;
mod policy_get;
mod policy_set;
mod power_draw_range;
mod statistics_get;
mod statistics_reset;
mod suspend_periods_get;
mod suspend_periods_set;
mod version;

use nom::Input;

use super::few::Few;
use super::names::{Domain, PowerDomain};
use super::policy::PolicyId;
use super::request::Request;
use super::response::Response;
use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, array, front, u8};

impl Request {
    /// Bytes of the longest request, behind the IANA number.
    pub const LEN: usize = 18;

    /// Reads the data of a command, behind the IANA number: the side of the device. None: no command that is known.
    ///
    /// # Errors
    /// [`ParseError`] when there are too few or too many bytes, or a field holds what no request has. A count that is too large is
    /// [`ParseErrorKind::Limit`]. Numbers that only lack a name are kept.
    pub fn parse(command: u8, data: &[u8]) -> Result<Option<Self>, ParseError> {
        let parser = match command {
            policy_control::COMMAND => policy_control::request,
            policy_set::COMMAND => policy_set::request,
            policy_get::COMMAND => policy_get::request,
            alert_thresholds_set::COMMAND => alert_thresholds_set::request,
            alert_thresholds_get::COMMAND => alert_thresholds_get::request,
            suspend_periods_set::COMMAND => suspend_periods_set::request,
            suspend_periods_get::COMMAND => suspend_periods_get::request,
            statistics_reset::COMMAND => statistics_reset::request,
            statistics_get::COMMAND => statistics_get::request,
            capabilities::COMMAND => capabilities::request,
            version::COMMAND => version::request,
            power_draw_range::COMMAND => power_draw_range::request,
            limiting_policy::COMMAND => limiting_policy::request,
            _ => return Ok(None),
        };
        let whole = |input| {
            let (rest, request) = parser(input)?;
            if rest.input_len() == 0 { Ok((rest, request)) } else { Err(rest.error(ParseErrorKind::TooLong)) }
        };
        front(data, whole).map(|(request, _)| Some(request))
    }

    /// Writes the data of the command, behind the IANA number.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short; [`Request::LEN`] is enough for any.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        match self {
            Self::ControlPolicies { scope, enable } => policy_control::emit(*scope, *enable, w),
            Self::SetPolicy { settings, .. } => policy_set::emit(settings, w),
            Self::RemovePolicy(policy) => policy_set::emit_removal(*policy, w),
            Self::SetAlertThresholds { policy, thresholds } => alert_thresholds_set::emit(*policy, thresholds, w),
            Self::SetSuspendPeriods { policy, periods } => suspend_periods_set::emit(*policy, periods, w),
            Self::RemoveSuspendPeriods(policy) => suspend_periods_set::emit(*policy, &Few::default(), w),
            Self::ResetStatistics(reset) => statistics_reset::emit(*reset, w),
            Self::GetStatistics(of) => statistics_get::emit(*of, w),
            Self::GetCapabilities(of) => capabilities::emit(*of, w),
            Self::GetVersion => {}
            Self::SetPowerDrawRange(range) => power_draw_range::emit(*range, w),
            Self::GetLimitingPolicy(domain) => w.add(&[domain.number()]),
            Self::GetPolicy(policy) | Self::GetAlertThresholds(policy) | Self::GetSuspendPeriods(policy) => {
                emit_policy_id(*policy, w);
            }
        }
        w.went()
    }
}

impl Response {
    /// Bytes of the longest answer, behind the IANA number.
    pub const LEN: usize = 18;

    /// Reads the answer to `request`, behind completion code and IANA number. Bytes behind what is known are left alone.
    ///
    /// # Errors
    /// [`ParseError`] when there are too few bytes, or a count is too large.
    pub fn parse(request: &Request, data: &[u8]) -> Result<Self, ParseError> {
        let response = |input| match request {
            Request::GetPolicy(policy) => policy_get::response(*policy, input),
            Request::GetAlertThresholds(policy) => alert_thresholds_get::response(*policy, input),
            Request::GetSuspendPeriods(policy) => suspend_periods_get::response(*policy, input),
            Request::GetStatistics(_) => statistics_get::response(input),
            Request::GetCapabilities(of) => capabilities::response(*of, input),
            Request::GetVersion => version::response(input),
            Request::GetLimitingPolicy(domain) => limiting_policy::response(*domain, input),
            Request::ControlPolicies { .. }
            | Request::SetPolicy { .. }
            | Request::RemovePolicy(_)
            | Request::SetAlertThresholds { .. }
            | Request::SetSuspendPeriods { .. }
            | Request::RemoveSuspendPeriods(_)
            | Request::ResetStatistics(_)
            | Request::SetPowerDrawRange(_) => Ok((input, Self::Done)),
        };
        front(data, response).map(|(response, _)| response)
    }

    /// Writes the answer, behind the IANA number: the side of the device. That no policy limits is told by a completion code, A1h, and
    /// has no bytes.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short; [`Response::LEN`] is enough for any.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        match self {
            Self::AlertThresholds { thresholds, .. } => alert_thresholds_get::emit(thresholds, w),
            Self::Capabilities(capabilities) => capabilities::emit_response(capabilities, w),
            Self::Done => {}
            Self::LimitingPolicy { number, .. } => number.map_or((), |number| w.add(&[number])),
            Self::Policy(policy) => policy_get::emit(policy, w),
            Self::Statistics(statistics) => statistics_get::emit_response(statistics, w),
            Self::SuspendPeriods { periods, .. } => suspend_periods_get::emit(periods, w),
            Self::Version(version) => version::emit(*version, w),
        }
        w.went()
    }
}

/// A domain that has a byte of its own.
fn domain(input: Bytes<'_>) -> Parsed<'_, Domain> {
    let (input, number) = u8(input)?;
    Ok((input, Domain::of(number)))
}

/// A domain that shares its byte with flags.
const fn domain_nibble(byte: u8) -> Domain {
    Domain::of(byte & 0x0F)
}

fn policy_id(input: Bytes<'_>) -> Parsed<'_, PolicyId> {
    let (input, domain) = domain(input)?;
    let (input, number) = u8(input)?;
    Ok((input, PolicyId { domain, number }))
}

fn emit_policy_id(policy: PolicyId, w: &mut TxWriter<'_>) {
    w.add(&[policy.domain.number(), policy.number]);
}

/// A 32-bit number, least significant byte first.
fn u32_le(input: Bytes<'_>) -> Parsed<'_, u32> {
    let (input, bytes) = array(input)?;
    Ok((input, u32::from_le_bytes(bytes)))
}

/// A count, and as many values.
fn counted<T: Copy + Default, const N: usize>(
    input: Bytes<'_>,
    value: fn(Bytes<'_>) -> Parsed<'_, T>,
) -> Parsed<'_, Few<T, N>> {
    let (mut rest, count) = u8(input)?;
    if usize::from(count) > N {
        return Err(input.error(ParseErrorKind::Limit));
    }
    let mut few = Few::default();
    for _ in 0..count {
        let (behind, value) = value(rest)?;
        // There is room.
        let _ = few.push(value);
        rest = behind;
    }
    Ok((rest, few))
}

/// Bit 7 of a byte that has the side of the power supplies there.
const fn power_domain(byte: u8) -> PowerDomain {
    if byte & 0x80 == 0 { PowerDomain::Primary } else { PowerDomain::Secondary }
}

const fn power_domain_bit(domain: PowerDomain) -> u8 {
    match domain {
        PowerDomain::Primary => 0,
        PowerDomain::Secondary => 0x80,
    }
}

/// A bit, where something is the case.
const fn bit(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

#[cfg(test)]
mod check {
    use super::super::names::PolicyTrigger;
    use super::super::policy::CapabilitiesOf;
    use super::super::statistics::{Mode, StatisticsOf};
    use super::*;

    fn emitted(emit: impl Fn(&mut TxWriter<'_>) -> Result<(), Full>, bytes: &[u8]) {
        let mut buffer = [0xEE; 18];
        let mut w = TxWriter::new(&mut buffer);
        emit(&mut w).unwrap();
        let len = w.len();
        assert_eq!(buffer.get(..len), Some(bytes));
        for short in 0..len {
            let mut w = TxWriter::new(buffer.get_mut(..short).unwrap());
            assert!(emit(&mut w).is_err(), "{short} bytes cannot be enough");
        }
    }

    /// The request is these bytes, both ways, and neither fewer nor more.
    pub(super) fn request(request: Request, bytes: &[u8]) {
        let parse = |bytes: &[u8]| Request::parse(request.command(), bytes);
        assert_eq!(parse(bytes), Ok(Some(request)));
        emitted(|w| request.emit(w), bytes);
        for end in 0..bytes.len() {
            let error = parse(bytes.get(..end).unwrap()).unwrap_err();
            assert_eq!(error.kind, ParseErrorKind::Truncated, "{end} bytes");
        }
        let mut longer = [0; 19];
        longer[..bytes.len()].copy_from_slice(bytes);
        let longer = longer.get(..bytes.len() + 1).unwrap();
        let at = u32::try_from(bytes.len()).unwrap();
        assert_eq!(parse(longer), Err(ParseError { at, kind: ParseErrorKind::TooLong }));
    }

    /// The answer is these bytes, both ways; not fewer, and more do no harm.
    pub(super) fn response(request: Request, response: Response, bytes: &[u8]) {
        assert_eq!(Response::parse(&request, bytes), Ok(response));
        emitted(|w| response.emit(w), bytes);
        for end in 0..bytes.len() {
            let error = Response::parse(&request, bytes.get(..end).unwrap()).unwrap_err();
            assert_eq!(error.kind, ParseErrorKind::Truncated, "{end} bytes");
        }
        let mut longer = [0xEE; 24];
        longer[..bytes.len()].copy_from_slice(bytes);
        assert_eq!(Response::parse(&request, &longer), Ok(response));
    }

    /// Whatever the device says that has enough bytes can be read.
    #[test]
    fn no_bytes_make_a_whole_answer_unreadable() {
        let policy = PolicyId { domain: Domain::Platform, number: 1 };
        let of = CapabilitiesOf {
            domain: Domain::Platform,
            trigger: PolicyTrigger::None,
            power_domain: PowerDomain::Primary,
        };
        let domain = Domain::Platform;
        let statistics = StatisticsOf::Domain { domain, mode: Mode::Power };
        let requests = [
            Request::GetPolicy(policy),
            Request::GetCapabilities(of),
            Request::GetStatistics(statistics),
            Request::GetVersion,
            Request::GetLimitingPolicy(domain),
            Request::RemovePolicy(policy),
        ];
        for byte in 0..=255 {
            for request in &requests {
                let response = Response::parse(request, &[byte; 18]).unwrap();
                let mut buffer = [0; Response::LEN];
                let mut w = TxWriter::new(&mut buffer);
                response.emit(&mut w).unwrap();
            }
        }
    }

    #[test]
    fn other_commands_are_none_of_ours() {
        for command in 0..=255 {
            let parsed = Request::parse(command, &[0; 19]);
            let known = matches!(command, 0xC0..=0xCB | 0xF2);
            assert_eq!(parsed.is_err(), known, "{command:02X}");
            assert!(known || parsed == Ok(None));
        }
    }
}
