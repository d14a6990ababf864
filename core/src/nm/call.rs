//! One call of Node Manager: the discovery record in the sensor data repository (IPMI 2.0, section 33; Node Manager 3.0,
//! section 4.5) is found unless the caller remembers it, checked with Get Version, and the request put over the bridge. What a new
//! policy asks for is held against the platform's own limits before it is sent.
//!
//! ```text
//! record: id 2 | 51 | C0 | length | 57 01 00 | 0D | 01 | slave address | channel 7:4 … | sensors
//!         0      2    3    4        5          8    9    10              11
//! ```
//!
#![doc = include_str!("call.md")]

use super::IANA;
use super::failure::{LimitKey, NmFailure};
use super::few::Few;
use super::names::PolicyTrigger;
use super::policy::{Capabilities, CapabilitiesOf, PolicySettings, TargetLimit};
use super::request::Request;
use super::response::Response;
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::command::{GetSdr, ReserveSdrRepository, Sdr, SdrHeader, SdrReservation};
use crate::ipmi::{Bridge, Ipmi, Refusal, RequestWriter};
use crate::time::Instant;

const NETFN_OEM: u8 = 0x2E;
const GET_CAPABILITIES: u8 = 0xC9;
const RESERVATION_CANCELLED: Refusal = Refusal::Completion(0xC5);
const CANNOT_RETURN_SO_MANY: Refusal = Refusal::Completion(0xCA);
/// Also said by whoever else sits at the address.
const INVALID_COMMAND: Refusal = Refusal::Completion(0xC1);
/// Completion codes of Send Message that say that nobody got the request: nobody at the address, no such channel, nothing to send with.
const NOBODY_THERE: [u8; 4] = [0x83, 0xC1, 0xCC, 0xD3];
/// Of Get Capabilities: it knows nothing of this trigger, or of this policy type.
const NOT_OF_THIS: [Refusal; 2] = [Refusal::Completion(0x82), Refusal::Completion(0x83)];
/// Of Get Limiting Policy Id: no policy limits.
const NOBODY_LIMITS: Refusal = Refusal::Completion(0xA1);
const OEM_RECORD: u8 = 0xC0;
/// Bytes of the key that are read: up to the channel.
const KEY: u8 = 7;
/// A repository that changes under us this often is given up.
const RESERVATIONS: u8 = 10;
/// Records of the largest repository that is walked.
const RECORDS: u16 = 1024;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Called {
    /// The answer.
    pub response: Response,
    /// Where Node Manager was found, to be remembered.
    pub at: Bridge,
}

/// Finds Node Manager and puts one request to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    request: Request,
    at: At,
    node: Bridge,
    /// The repository was walked, or is being: it is not walked again.
    searched: bool,
    reservation: u16,
    record: u16,
    next: u16,
    /// What was read of the header or of the key.
    piece: Few<u8, 7>,
    /// Bytes that are read at once, at most.
    at_once: u8,
    reservations_left: u8,
    records_left: u16,
    /// How the last node that a record names has refused.
    refusal: Option<Refusal>,
    /// One that a record names has said nothing.
    silent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Reserve,
    Header,
    Key,
    Version,
    /// What a policy is held against.
    Capabilities(CapabilitiesOf),
    Command,
}

impl Call {
    /// Puts `request` to Node Manager at `known`; looks for it first when nothing is known, or when something else is there.
    #[must_use]
    pub fn new(request: Request, known: Option<Bridge>) -> Self {
        let mut call = Self {
            request,
            at: At::Reserve,
            node: known.unwrap_or(Bridge { channel: 0, address: 0 }),
            searched: known.is_none(),
            reservation: 0,
            record: 0,
            next: 0,
            piece: Few::default(),
            at_once: KEY,
            reservations_left: RESERVATIONS,
            records_left: RECORDS,
            refusal: None,
            silent: false,
        };
        if known.is_some() {
            call.at = call.first();
        }
        call
    }

    /// Where Node Manager was found to be, or is remembered to be and not denied.
    #[must_use]
    pub const fn place(&self) -> Option<Bridge> {
        match self.at {
            At::Capabilities(_) | At::Command => Some(self.node),
            At::Reserve | At::Header | At::Key | At::Version => None,
        }
    }

    /// Whether the present question changes nothing.
    const fn only_reads(&self) -> bool {
        !matches!(self.at, At::Command) || self.request.reads()
    }

    /// Whether nothing is missing that the platform would have to tell.
    const fn is_complete(&self) -> bool {
        !matches!(self.request, Request::SetPolicy { least_correction_time: true, .. })
    }

    /// What is asked first of Node Manager.
    const fn first(&self) -> At {
        match self.request {
            // The limit of a boot policy is none that a platform has a range for, and it has no correction time.
            Request::SetPolicy { settings, .. } if !matches!(settings.trigger, PolicyTrigger::Boot) => {
                let PolicySettings { id, trigger, power_domain, .. } = settings;
                At::Capabilities(CapabilitiesOf { domain: id.domain, trigger, power_domain })
            }
            _ => At::Command,
        }
    }

    fn go<T>(&mut self, at: At) -> Result<Turn<T>, NmFailure> {
        self.at = at;
        self.piece = Few::default();
        Ok(Turn::Ask)
    }

    /// What is remembered is not so any more.
    fn search<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        self.searched = true;
        self.go(At::Reserve)
    }

    /// The present record is not it.
    fn next_record<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        self.records_left = self.records_left.saturating_sub(1);
        if self.next == GetSdr::LAST || self.records_left == 0 {
            return Err(match self.silent {
                true => NmFailure::NoContact { sent: false },
                false => NmFailure::NotFound { refusal: self.refusal },
            });
        }
        self.record = self.next;
        self.go(At::Header)
    }

    fn reserve_again<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        let left = self.reservations_left.checked_sub(1);
        self.reservations_left = left.ok_or(NmFailure::Repository(RESERVATION_CANCELLED))?;
        self.go(At::Reserve)
    }

    /// From where on, and how many bytes, of the record are read now.
    fn wanted(&self) -> (u8, u8) {
        let (from, whole) = if self.at == At::Key { (SdrHeader::LEN, KEY) } else { (0, SdrHeader::LEN) };
        let have = self.piece.count();
        (have.saturating_add(from), whole.saturating_sub(have).min(self.at_once))
    }

    fn fewer_at_once<T>(&mut self) -> Result<Turn<T>, NmFailure> {
        let (_, wanted) = self.wanted();
        if wanted <= 1 {
            return Err(NmFailure::Repository(CANNOT_RETURN_SO_MANY));
        }
        self.at_once = wanted >> 1;
        Ok(Turn::Ask)
    }

    fn piece<T>(&mut self, data: &[u8]) -> Result<Turn<T>, NmFailure> {
        let Ok(Sdr { next, bytes }) = Sdr::parse(data) else { return Err(NmFailure::BadAnswer) };
        if bytes.len() != usize::from(self.wanted().1) {
            return Err(NmFailure::BadAnswer);
        }
        if self.at == At::Header {
            self.next = next;
        }
        for byte in bytes {
            // No more is wanted than there is room for.
            let _ = self.piece.push(*byte);
        }
        match (self.at, self.piece.as_slice()) {
            (At::Header, [_, _, _, OEM_RECORD, length]) if *length >= KEY => self.go(At::Key),
            (At::Header, [_, _, _, _, _]) => self.next_record(),
            (At::Key, [0x57, 0x01, 0x00, 0x0D, 0x01, address, channel]) => {
                self.node = Bridge { channel: channel >> 4, address: address & 0xFE };
                self.go(At::Version)
            }
            (At::Key, [_, _, _, _, _, _, _]) => self.next_record(),
            // There is more to it.
            _ => Ok(Turn::Ask),
        }
    }

    fn refused(&mut self, command: u8, refusal: Refusal) -> Result<Turn<Called>, NmFailure> {
        match (&self.request, refusal) {
            (Request::GetLimitingPolicy(domain), NOBODY_LIMITS) => {
                let response = Response::LimitingPolicy { domain: *domain, number: None };
                Ok(Turn::Done(Called { response, at: self.node }))
            }
            // Nobody has carried it out: something else is at the address, or nothing. A bus that is slow or busy says nothing of that.
            (_, INVALID_COMMAND) if !self.searched => self.search(),
            (_, Refusal::Bridge(code)) if !self.searched && NOBODY_THERE.contains(&code) => self.search(),
            _ => Err(NmFailure::Refused { command, refusal }),
        }
    }

    /// What follows the IANA number. None: somebody else's is in its place, and Node Manager is not where it was remembered.
    fn of_intel<'a>(&self, data: &'a [u8]) -> Result<Option<&'a [u8]>, NmFailure> {
        match data.strip_prefix(&IANA) {
            None if data.len() >= IANA.len() && !self.searched => Ok(None),
            data => data.map(Some).ok_or(NmFailure::BadAnswer),
        }
    }

    fn held_against(&mut self, of: CapabilitiesOf, data: &[u8]) -> Result<Turn<Called>, NmFailure> {
        let Some(data) = self.of_intel(data)? else { return self.search() };
        let Ok(Response::Capabilities(its)) = Response::parse(&Request::GetCapabilities(of), data) else {
            return Err(NmFailure::BadAnswer);
        };
        if let Request::SetPolicy { settings, least_correction_time } = &mut self.request {
            if *least_correction_time {
                settings.correction_time_ms = its.min_correction_time_ms;
            }
            check(settings, &its)?;
        }
        self.go(At::Command)
    }

    fn answered(&mut self, data: &[u8]) -> Result<Turn<Called>, NmFailure> {
        let Some(data) = self.of_intel(data)? else { return self.search() };
        let response = Response::parse(&self.request, data).map_err(|_| NmFailure::BadAnswer)?;
        let asked_and_told = match (&self.request, &response) {
            (Request::GetPolicy(asked), Response::Policy(told)) => Some((asked.domain, told.settings.id.domain)),
            (Request::GetStatistics(asked), Response::Statistics(told)) => Some((asked.domain(), told.domain)),
            _ => None,
        };
        // In the answer there are four bits for it.
        if asked_and_told.is_some_and(|(asked, told)| asked.number() & 0x0F != told.number()) {
            return Err(NmFailure::BadAnswer);
        }
        Ok(Turn::Done(Called { response, at: self.node }))
    }
}

/// Holds a policy against what the platform can.
fn check(settings: &PolicySettings, its: &Capabilities) -> Result<(), NmFailure> {
    let word = |key, got: u16, least: u16, most: u16| (key, got.into(), least.into(), most.into());
    let limit = match settings.target_limit {
        // Of a policy that waits for a trigger, the platform tells the range of the trigger.
        TargetLimit::Value(limit) if settings.trigger == PolicyTrigger::None => {
            Some(word(LimitKey::TargetLimit, limit, its.min_limit, its.max_limit))
        }
        _ => None,
    };
    let correction =
        (LimitKey::CorrectionTime, settings.correction_time_ms, its.min_correction_time_ms, its.max_correction_time_ms);
    let period = word(
        LimitKey::ReportingPeriod,
        settings.reporting_period_seconds,
        its.min_reporting_period_seconds,
        its.max_reporting_period_seconds,
    );
    for (key, got, least, most) in limit.into_iter().chain([correction, period]) {
        // A range in which nothing lies says nothing.
        let told = most > 0 && least <= most;
        if told && !(least..=most).contains(&got) {
            return Err(NmFailure::Limit { key, got, least, most });
        }
    }
    Ok(())
}

impl Dialog for Call {
    type On = Ipmi;
    type Output = Called;
    type Error = NmFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Result<Turn<Called>, NmFailure> {
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            // It may not be where it was; what changes nothing may be asked again.
            (At::Capabilities(_) | At::Command, Last::Lost { sent: true }) if !self.searched && self.only_reads() => {
                self.search()
            }
            (At::Command, Last::Lost { sent }) => Err(NmFailure::NoContact { sent }),
            // Another record may name one that answers.
            (At::Version, Last::Lost { sent: true }) => {
                self.silent = true;
                self.next_record()
            }
            (_, Last::Lost { .. }) => Err(NmFailure::NoContact { sent: false }),
            (At::Reserve, Last::Answer(data)) => {
                self.reservation = SdrReservation::parse(data).map_err(|_| NmFailure::BadAnswer)?.id;
                self.go(At::Header)
            }
            (At::Header | At::Key, Last::Answer(data)) => self.piece(data),
            (At::Header | At::Key, Last::Refused(RESERVATION_CANCELLED)) => self.reserve_again(),
            (At::Header | At::Key, Last::Refused(CANNOT_RETURN_SO_MANY)) => self.fewer_at_once(),
            (At::Reserve | At::Header | At::Key, Last::Refused(refusal)) => Err(NmFailure::Repository(refusal)),
            (At::Version, Last::Answer(data)) if data.starts_with(&IANA) => self.go(self.first()),
            // The record lies, or another maker's controller sits there.
            (At::Version, Last::Answer(_)) => {
                self.refusal = None;
                self.next_record()
            }
            (At::Version, Last::Refused(refusal)) => {
                self.refusal = Some(refusal);
                self.next_record()
            }
            (At::Capabilities(of), Last::Answer(data)) => self.held_against(of, data),
            (At::Capabilities(_), Last::Refused(refusal)) if NOT_OF_THIS.contains(&refusal) && self.is_complete() => {
                self.go(At::Command)
            }
            (At::Capabilities(_), Last::Refused(refusal)) => self.refused(GET_CAPABILITIES, refusal),
            (At::Command, Last::Answer(data)) => self.answered(data),
            (At::Command, Last::Refused(refusal)) => self.refused(self.request.command(), refusal),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        let request = match self.at {
            At::Reserve => {
                writer.head(ReserveSdrRepository::NETFN, ReserveSdrRepository::COMMAND, None);
                return Ok(());
            }
            At::Header | At::Key => {
                let (offset, count) = self.wanted();
                let Self { reservation, record, .. } = *self;
                writer.head(GetSdr::NETFN, GetSdr::COMMAND, None);
                return writer.emit(|w| GetSdr { reservation, record, offset, count }.emit(w));
            }
            At::Version => &Request::GetVersion,
            At::Capabilities(of) => &Request::GetCapabilities(of),
            At::Command => &self.request,
        };
        writer.head(NETFN_OEM, request.command(), Some(self.node));
        writer.data(&IANA)?;
        writer.emit(|w| request.emit(w))
    }

    fn repeatable(&self) -> bool {
        self.at != At::Command || self.request.repeatable()
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Reserve => "reserving the sensor data repository",
            At::Header => "reading the head of a record",
            At::Key => "reading the key of an OEM record",
            At::Version => "asking Node Manager for its version",
            At::Capabilities(_) => "asking Node Manager what it can",
            At::Command => "sending the command",
        }
    }
}

impl Bounded for Call {
    /// What would be asked next was not sent.
    fn give_up(&self) -> Result<Called, NmFailure> {
        Err(NmFailure::NoContact { sent: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small() {
        assert!(size_of::<Call>() <= 80, "{}", size_of::<Call>());
    }
}
