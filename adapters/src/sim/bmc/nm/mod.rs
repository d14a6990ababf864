//! Intel Node Manager, as the management engine has it. Node Manager 3.0, section 2.

mod limits;
mod measured;
mod policies;

use rackhand_core::nm::{
    Action, CpuPowerCorrection, Day, Days, Domain, IANA, Mode, Period, Periods, Policy, PolicyId, PolicySettings,
    PolicyTrigger, PowerDomain, PowerDrawRange, Request, Reset, Response, StatisticsOf, Storage, TargetLimit, Version,
};
use rackhand_core::time::Instant;
use rackhand_core::{ParseError, ParseErrorKind};

use self::measured::Measured;
use self::policies::Policies;

/// Network function of its commands (IPMI 2.0, table 5-1: OEM, told apart by the number that leads the data).
pub(super) const NETFN: u8 = 0x2E;

/// Completion codes of its own, and others.
mod codes {
    pub(super) const POLICY: u8 = 0x80;
    pub(super) const DOMAIN: u8 = 0x81;
    pub(super) const TRIGGER: u8 = 0x82;
    pub(super) const ACTION: u8 = 0x83;
    pub(super) const LIMIT: u8 = 0x84;
    pub(super) const CORRECTION_TIME: u8 = 0x85;
    /// Of suspend periods: one that ends before it begins.
    pub(super) const PERIOD: u8 = 0x85;
    pub(super) const TRIGGER_LIMIT: u8 = 0x86;
    pub(super) const COUNT: u8 = 0x87;
    pub(super) const MODE: u8 = 0x88;
    pub(super) const REPORTING_PERIOD: u8 = 0x89;
    pub(super) const AGGRESSIVE: u8 = 0x8B;
    pub(super) const NOBODY_LIMITS: u8 = 0xA1;
    pub(super) const INVALID_COMMAND: u8 = 0xC1;
    pub(super) const OUT_OF_SPACE: u8 = 0xC4;
    pub(super) const BAD_LENGTH: u8 = 0xC7;
    pub(super) const OUT_OF_RANGE: u8 = 0xC9;
    pub(super) const INVALID_FIELD: u8 = 0xCC;
    pub(super) const NOT_NOW: u8 = 0xD5;
}

/// A Node Manager, with the policies 10, 11 and 13 of the platform.
#[derive(Clone, Debug)]
pub(super) struct NodeManager {
    version: Version,
    policies: Policies,
    measured: Measured,
    ranges: Vec<PowerDrawRange>,
}

/// A policy as it is when the simulation begins.
const fn policy(number: u8, enabled: bool, target_limit: u16) -> PolicySettings {
    PolicySettings {
        id: PolicyId { domain: Domain::Platform, number },
        enabled,
        trigger: PolicyTrigger::None,
        cpu_power_correction: CpuPowerCorrection::Auto,
        storage: Storage::Persistent,
        action: Action::Alert,
        power_domain: PowerDomain::Primary,
        target_limit: TargetLimit::Value(target_limit),
        correction_time_ms: 10_000,
        trigger_limit: 300,
        reporting_period_seconds: 20_000,
    }
}

/// A period on some days.
fn period(start: u8, stop: u8, days: [Day; 2]) -> Period {
    let mut set = Days::default();
    for day in days {
        set.insert(day);
    }
    Period { start, stop, days: set }
}

impl NodeManager {
    pub(super) fn new() -> Self {
        let mut policies = Policies::default();
        for settings in [policy(10, false, 200), policy(11, true, 250), policy(13, true, 300)] {
            policies.preset(settings);
        }
        let mut periods = Periods::default();
        for period in [period(20, 100, [Day::Monday, Day::Tuesday]), period(30, 150, [Day::Friday, Day::Sunday])] {
            // There is room for five.
            let _ = periods.push(period);
        }
        let _ = policies.set_periods(PolicyId { domain: Domain::Platform, number: 13 }, periods, false);
        let version = Version { nm: 5, ipmi: 3, patch: 7, major: 1, minor: 2 };
        Self { version, policies, measured: Measured::default(), ranges: Vec::new() }
    }

    /// A policy.
    pub(super) fn policy(&self, id: PolicyId) -> Option<Policy> {
        self.policies.get(id).ok()
    }

    /// When a policy does not act.
    pub(super) fn periods(&self, id: PolicyId) -> Option<Periods> {
        self.policies.periods(id).ok()
    }

    /// What power a domain was said to draw.
    pub(super) fn range(&self, domain: Domain) -> Option<PowerDrawRange> {
        self.ranges.iter().find(|range| range.domain == domain).copied()
    }

    /// What it answers: a completion code, and data. Intel's number leads them whatever the code. `locks`: what is enabled cannot be
    /// changed.
    pub(super) fn answer(&mut self, now: Instant, command: u8, data: &[u8], locks: bool) -> (u8, Vec<u8>) {
        let answered = match data.strip_prefix(&IANA) {
            None if data.len() < IANA.len() => Err(codes::BAD_LENGTH),
            None => Err(codes::INVALID_FIELD),
            Some(data) => match Request::parse(command, data) {
                Ok(Some(request)) => self.carry_out(now, request, locks),
                Ok(None) => Err(codes::INVALID_COMMAND),
                Err(error) => Err(code(command, error)),
            },
        };
        let behind = answered.map(|response| super::bytes(|w| response.emit(w)));
        let (code, behind) = behind.map_or_else(|code| (code, Vec::new()), |behind| (0, behind));
        (code, [&IANA, &behind[..]].concat())
    }

    fn carry_out(&mut self, now: Instant, request: Request, locks: bool) -> Result<Response, u8> {
        match request {
            Request::ControlPolicies { scope, enable } => self.policies.control(scope, enable)?,
            Request::GetAlertThresholds(policy) => {
                let thresholds = self.policies.thresholds(policy)?;
                return Ok(Response::AlertThresholds { policy, thresholds });
            }
            Request::GetCapabilities(of) => return limits::of(of).map(Response::Capabilities),
            Request::GetLimitingPolicy(domain) => {
                limits::has_policies(domain)?;
                let number = self.policies.limiting(domain).ok_or(codes::NOBODY_LIMITS)?;
                return Ok(Response::LimitingPolicy { domain, number: Some(number) });
            }
            Request::GetPolicy(policy) => return self.policies.get(policy).map(Response::Policy),
            Request::GetStatistics(of) => return self.statistics(now, of),
            Request::GetSuspendPeriods(policy) => {
                let periods = self.policies.periods(policy)?;
                return Ok(Response::SuspendPeriods { policy, periods });
            }
            Request::GetVersion => return Ok(Response::Version(self.version)),
            Request::RemovePolicy(policy) => self.policies.remove(policy)?,
            Request::RemoveSuspendPeriods(policy) => {
                self.policies.set_periods(policy, Periods::default(), locks)?;
            }
            Request::ResetStatistics(reset) => self.reset(now, reset)?,
            Request::SetAlertThresholds { policy, thresholds } => {
                self.policies.set_thresholds(policy, thresholds, locks)?;
            }
            Request::SetPolicy { settings, .. } => self.policies.set(settings, locks)?,
            Request::SetPowerDrawRange(range) => {
                limits::has_policies(range.domain)?;
                if range.min_watts > range.max_watts {
                    return Err(codes::OUT_OF_RANGE);
                }
                self.ranges.retain(|known| known.domain != range.domain);
                self.ranges.push(range);
            }
            Request::SetSuspendPeriods { policy, periods } => self.policies.set_periods(policy, periods, locks)?,
        }
        Ok(Response::Done)
    }

    fn statistics(&mut self, now: Instant, of: StatisticsOf) -> Result<Response, u8> {
        let domain = of.domain();
        limits::exists(domain)?;
        let (enabled, limits) = match of {
            StatisticsOf::Domain { .. } => (self.policies.acts(domain), self.policies.limiting(domain).is_some()),
            StatisticsOf::Policy { domain, number, .. } => {
                let policy = self.policies.get(PolicyId { domain, number })?;
                let limits = self.policies.limiting(domain) == Some(number);
                (policy.settings.enabled && self.policies.acts(domain), limits)
            }
        };
        self.measured.get(now, of, enabled, limits).map(Response::Statistics)
    }

    fn reset(&mut self, now: Instant, reset: Reset) -> Result<(), u8> {
        match reset {
            Reset::Domain(domain) => {
                limits::exists(domain)?;
                let is =
                    |of: &StatisticsOf| matches!(of, StatisticsOf::Domain { domain: known, .. } if *known == domain);
                self.measured.reset(now, is);
            }
            Reset::Policy(policy) => {
                self.policies.get(policy)?;
                self.measured.reset(now, |of| {
                    matches!(of, StatisticsOf::Policy { domain, number, .. }
                        if (*domain, *number) == (policy.domain, policy.number))
                });
            }
            Reset::Platforms(wanted) => {
                if !wanted.is_platforms() {
                    return Err(codes::MODE);
                }
                let is = |of: &StatisticsOf| matches!(of, StatisticsOf::Domain { mode, .. } if *mode == wanted);
                self.measured.reset(now, is);
            }
        }
        Ok(())
    }
}

/// The completion code for data that cannot be read.
const fn code(command: u8, error: ParseError) -> u8 {
    match error.kind {
        ParseErrorKind::Truncated | ParseErrorKind::TooLong => codes::BAD_LENGTH,
        ParseErrorKind::Limit => codes::COUNT,
        // Get Capabilities names a type of policies that there is not.
        ParseErrorKind::BadValue if command == 0xC9 => codes::ACTION,
        _ => codes::INVALID_FIELD,
    }
}

/// All modes of statistics that a domain has.
const fn has_mode(domain: Domain, mode: Mode) -> bool {
    match mode {
        Mode::Power => true,
        Mode::Throttling => matches!(domain, Domain::Platform | Domain::Cpu | Domain::Memory),
        Mode::Unknown(_) => false,
        _ => matches!(domain, Domain::Platform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(nm: &mut NodeManager, at: u64, command: u8, data: &[u8]) -> (u8, Vec<u8>) {
        let data = [&IANA, data].concat();
        let (code, answer) = nm.answer(Instant::from_millis(at), command, &data, false);
        (code, answer.strip_prefix(&IANA).expect("Intel's number leads whatever the code").to_vec())
    }

    /// The examples of drivers.md, as they are on the wire.
    #[test]
    fn examples() {
        let mut nm = NodeManager::new();
        let mut done = |command, data: &[u8], wanted: &[u8]| {
            assert_eq!(ask(&mut nm, 0, command, data), (0, wanted.to_vec()), "{command:02X} {data:02x?}");
        };
        done(0xCA, b"", b"\x05\x03\x07\x01\x02");
        // 16 policies, 4096 and 100 W, 10 and 100000 ms, 100 and 32768 s.
        let capabilities = b"\x10\x00\x10\x64\x00\x0a\x00\x00\x00\xa0\x86\x01\x00\x64\x00\x00\x80\x00";
        done(0xC9, b"\x00\x10", capabilities);
        done(0xC2, b"\x00\x0b", b"\x70\x00\x01\xfa\x00\x10\x27\x00\x00\x2c\x01\x20\x4e");
        done(0xC6, b"\x00\x0d", b"\x02\x14\x64\x03\x1e\x96\x50");
        // 202, 150, 240, 200 W, 2016-02-03T20:13:52, 2125 s, and all that can be is the case.
        let power = b"\xca\x00\x96\x00\xf0\x00\xc8\x00\x80\x5f\xb2\x56\x4d\x08\x00\x00\xf0";
        done(0xC8, b"\x01\x00\x00", power);
        done(0xF2, b"\x00", b"\x0b");
        done(0xC0, b"\x04\x00\x0a", b"");
        done(0xC1, b"\x10\x0a\x10\x01\xc8\x00\x0a\x00\x00\x00\x00\x00\x20\x4e", b"");
        done(0xC5, b"\x00\x0a\x01\x0a\x3c\x03", b"");
        done(0xC5, b"\x00\x0d\x00", b"");
        done(0xC1, b"\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", b"");
        done(0xC7, b"\x00\x00\x00", b"");
        done(0xC2, b"\x00\x0a", b"\x70\x10\x01\xc8\x00\x0a\x00\x00\x00\x00\x00\x20\x4e");
        assert_eq!(ask(&mut nm, 0, 0xC2, b"\x00\x0b"), (0x80, vec![]));
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        let mut nm = NodeManager::new();
        let good = *b"\x10\x01\x10\x01\xc8\x00\x0a\x00\x00\x00\x00\x00\x64\x00";
        let changed = |place: usize, byte: u8| {
            let mut bytes = good;
            bytes[place] = byte;
            bytes
        };
        for (data, code) in [
            (changed(0, 0x15), 0x81),
            (changed(0, 0x13), 0x81),
            (changed(2, 0x15), 0x82),
            (changed(3, 0x81), 0),
            (changed(4, 0x63), 0x84),
            (changed(5, 0x20), 0x84),
            (changed(6, 0x09), 0x85),
            (changed(8, 0x02), 0x85),
            (changed(12, 0x63), 0x89),
            (changed(13, 0x90), 0x89),
            (changed(2, 0x70), 0x8B),
            // Inlet temperature: at 0 degrees.
            (changed(2, 0x11), 0x86),
            // Missing power readings: 200 percent.
            (changed(2, 0x12), 0x84),
            // Time of booting: with a correction time.
            (changed(2, 0x14), 0x85),
        ] {
            assert_eq!(ask(&mut nm, 0, 0xC1, &data).0, code, "{data:02x?}");
        }
        for (command, data, code) in [
            (0xC0, &b"\x06\x00\x00"[..], 0xCC),
            (0xC0, b"\x02\x07\x00", 0x81),
            (0xC0, b"\x05\x00\x63", 0x80),
            (0xC1, b"\x00\x63\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0x80),
            (0xC1, b"\x10\x63", 0xC7),
            (0xC2, b"\x00\x63", 0x80),
            (0xC2, b"\x09\x0a", 0x81),
            (0xC2, b"\x00\x0a\x00", 0xC7),
            (0xC3, b"\x00\x0a\x04\0\0\0\0\0\0\0\0", 0x87),
            (0xC3, b"\x00\x0a\x01\xff\xff", 0x84),
            (0xC5, b"\x00\x0a\x06", 0x87),
            (0xC5, b"\x00\x0a\x01\x10\x10\x01", 0x85),
            (0xC5, b"\x00\x0a\x01\x10\xf1\x01", 0x85),
            (0xC5, b"\x00\x63\x01\x10\x11\x01", 0x80),
            (0xC7, b"\x01\x00\x63", 0x80),
            (0xC7, b"\x02\x00\x00", 0x88),
            (0xC8, b"\x07\x00\x00", 0x88),
            (0xC8, b"\x02\x01\x00", 0x88),
            (0xC8, b"\x1b\x01\x00", 0x88),
            (0xC8, b"\x11\x00\x63", 0x80),
            (0xC8, b"\x14\x00\x0a", 0x88),
            (0xC8, b"\x01\x05\x00", 0x81),
            (0xC9, b"\x00\x00", 0x83),
            (0xC9, b"\x00\x15", 0x82),
            (0xC9, b"\x03\x10", 0x81),
            (0xCB, b"\x03\x00\x00\x00\x00", 0x81),
            (0xCB, b"\x00\x02\x00\x01\x00", 0xC9),
            (0xF2, b"\x01", 0xA1),
            (0xDF, b"\x01", 0xC1),
        ] {
            assert_eq!(ask(&mut nm, 0, command, data), (code, vec![]), "{command:02X} {data:02x?}");
        }
        assert_eq!(nm.answer(Instant::ZERO, 0xCA, b"\x57\x01", false), (0xC7, IANA.to_vec()));
        assert_eq!(nm.answer(Instant::ZERO, 0xCA, b"\x57\x01\x01", false).0, 0xCC);
    }

    #[test]
    fn an_enabled_policy_may_be_locked() {
        let mut nm = NodeManager::new();
        // Another trigger is never taken.
        let reset = *b"\x10\x0b\x13\x01\xc8\x00\x0a\x00\x00\x00\x01\x00\x64\x00";
        assert_eq!(ask(&mut nm, 0, 0xC1, &reset).0, 0xD5);
        let locked = |nm: &mut NodeManager, command, data: &[u8]| {
            nm.answer(Instant::ZERO, command, &[&IANA, data].concat(), true).0
        };
        assert_eq!(locked(&mut nm, 0xC3, b"\x00\x0b\x00"), 0xD5);
        assert_eq!(locked(&mut nm, 0xC5, b"\x00\x0b\x00"), 0xD5);
        assert_eq!(locked(&mut nm, 0xC0, b"\x04\x00\x0b"), 0);
        assert_eq!(locked(&mut nm, 0xC3, b"\x00\x0b\x01\xd2\x00"), 0);
        assert_eq!(ask(&mut nm, 0, 0xC4, b"\x00\x0b"), (0, b"\x01\xd2\x00".to_vec()));
        assert_eq!(locked(&mut nm, 0xC1, &reset), 0);
    }

    #[test]
    fn statistics_move_and_begin_anew() {
        let mut nm = NodeManager::new();
        let (_, first) = ask(&mut nm, 5_000, 0xC8, b"\x01\x00\x00");
        assert_eq!(ask(&mut nm, 5_900, 0xC8, b"\x01\x00\x00"), (0, first.clone()), "the same within a second");
        let (_, second) = ask(&mut nm, 8_000, 0xC8, b"\x01\x00\x00");
        assert_ne!(first[..2], second[..2]);
        assert_eq!((second[8], second[12]), (first[8] + 3, first[12] + 3));
        ask(&mut nm, 9_000, 0xC7, b"\x00\x00\x00");
        let (_, anew) = ask(&mut nm, 9_000, 0xC8, b"\x01\x00\x00");
        assert_eq!((&anew[2..4], &anew[12..16]), (&anew[..2], &[0; 4][..]));
        // Nobody limits when all is switched off.
        ask(&mut nm, 9_000, 0xC0, b"\x00\x00\x00");
        assert_eq!(ask(&mut nm, 9_000, 0xC8, b"\x01\x00\x00").1[16], 0x40);
        assert_eq!(ask(&mut nm, 9_000, 0xF2, b"\x00").0, 0xA1);
        for (mode, policy) in [(0x11, 11), (0x12, 11), (0x13, 11), (0x1B, 0), (0x1F, 0), (0x06, 0)] {
            assert_eq!(ask(&mut nm, 9_000, 0xC8, &[mode, 0, policy]).0, 0, "{mode:02X}");
        }
    }

    #[test]
    fn there_is_an_end_to_policies() {
        let mut nm = NodeManager::new();
        let mut data = *b"\x10\x20\x10\x01\xc8\x00\x0a\x00\x00\x00\x00\x00\x64\x00";
        for number in 0x20..0x2D {
            data[1] = number;
            assert_eq!(ask(&mut nm, 0, 0xC1, &data).0, 0, "{number:02X}");
        }
        data[1] = 0x2D;
        assert_eq!(ask(&mut nm, 0, 0xC1, &data).0, 0xC4);
        data[1] = 0x2C;
        assert_eq!(ask(&mut nm, 0, 0xC1, &data).0, 0);
        data[..2].copy_from_slice(b"\x11\x20");
        assert_eq!(ask(&mut nm, 0, 0xC1, &data).0, 0, "ids are each domain's own");
    }
}
