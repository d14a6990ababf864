//! What is measured: figures that move a little from the first time on that somebody asks. Node Manager 3.0, section 2, Get and Reset
//! Statistics.

use std::collections::HashMap;

use rackhand_core::nm::{Domain, Mode, PolicyMode, Statistics, StatisticsOf, Timestamp};
use rackhand_core::time::Instant;

use super::{codes, has_mode};

/// When the first answer was measured, whenever that is: 2016-02-03T20:13:52.
const MOMENT: u32 = 1_454_530_432;
/// Over how many seconds it was.
const PERIOD_SECONDS: u32 = 2125;
/// Steps of what moves, and how many there are.
const STEP: u32 = 7;
const STEPS: u32 = 19;

/// What was asked for, and since when it is measured.
#[derive(Clone, Copy, Debug)]
struct Since {
    at: Instant,
    /// It has begun anew then, and has none of the figures from before.
    anew: bool,
}

/// What is measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    since: HashMap<StatisticsOf, Since>,
    /// Whether a moment was told, and when: the clock goes on from there.
    first: Option<Instant>,
}

/// Current, least, most and average when nobody has asked yet, and how far the current moves.
fn figures(of: StatisticsOf) -> Result<([u16; 4], u16), u8> {
    let power = |domain| match domain {
        Domain::Cpu => ([85, 40, 120, 80], 20),
        Domain::Memory => ([22, 12, 30, 20], 6),
        Domain::Io => ([14, 9, 25, 15], 5),
        _ => ([202, 150, 240, 200], 30),
    };
    let temperature = ([23, 20, 27, 23], 3);
    let throttling = ([0, 0, 5, 1], 4);
    Ok(match of {
        StatisticsOf::Domain { domain, mode } if !has_mode(domain, mode) => return Err(codes::MODE),
        StatisticsOf::Domain { domain, mode: Mode::Power } => power(domain),
        StatisticsOf::Domain { mode: Mode::Temperature, .. } => temperature,
        StatisticsOf::Domain { mode: Mode::Airflow, .. } => ([350, 300, 420, 340], 60),
        StatisticsOf::Domain { mode: Mode::AirflowTemperature, .. } => ([31, 27, 36, 31], 4),
        StatisticsOf::Domain { mode: Mode::ChassisPower, .. } => ([215, 160, 255, 212], 30),
        StatisticsOf::Domain { mode: Mode::UnhandledRequests | Mode::CommunicationFailures, .. } => ([0; 4], 0),
        StatisticsOf::Domain { mode: Mode::ResponseTime, .. } => ([2, 1, 9, 3], 4),
        StatisticsOf::Domain { .. } => throttling,
        StatisticsOf::Policy { domain, mode: PolicyMode::Power, .. } => power(domain),
        StatisticsOf::Policy { mode: PolicyMode::Trigger, .. } => temperature,
        StatisticsOf::Policy { mode: PolicyMode::Throttling, .. } => throttling,
        StatisticsOf::Policy { mode: PolicyMode::Unknown(_), .. } => return Err(codes::MODE),
    })
}

fn seconds(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.since(from).as_secs()).unwrap_or(u32::MAX)
}

/// The current figure so many seconds later.
fn moved(start: u16, reach: u16, seconds: u32) -> u16 {
    let place = seconds.wrapping_mul(STEP) % STEPS;
    let way = u32::from(reach).saturating_mul(place) / STEPS;
    start.saturating_add(u16::try_from(way).unwrap_or(0))
}

impl Measured {
    /// `enabled`: policies act there, or the policy does; `limits`: one does so now.
    pub(super) fn get(
        &mut self,
        now: Instant,
        of: StatisticsOf,
        enabled: bool,
        limits: bool,
    ) -> Result<Statistics, u8> {
        let ([start, least, most, average], reach) = figures(of)?;
        let first = *self.first.get_or_insert(now);
        let since = *self.since.entry(of).or_insert(Since { at: now, anew: false });
        let elapsed = seconds(since.at, now);
        let current = moved(start, reach, if since.anew { seconds(first, now) } else { elapsed });
        let (minimum, maximum, average, period) = if since.anew {
            (start.min(current), start.saturating_add(reach), current, elapsed)
        } else {
            (least.min(current), most.max(current), average, PERIOD_SECONDS.saturating_add(elapsed))
        };
        // What has only begun is all of one figure.
        let one = since.anew && elapsed == 0;
        let (minimum, maximum) = if one { (current, current) } else { (minimum, maximum) };
        Ok(Statistics {
            domain: of.domain(),
            current,
            minimum,
            maximum,
            average,
            timestamp: Timestamp::of(MOMENT.saturating_add(seconds(first, now))),
            reporting_period_seconds: period,
            enabled,
            operational: enabled,
            measuring: true,
            limiting: limits,
        })
    }

    /// Lets those begin anew.
    pub(super) fn reset(&mut self, now: Instant, is: impl Fn(&StatisticsOf) -> bool) {
        for (_, since) in self.since.iter_mut().filter(|(of, _)| is(of)) {
            *since = Since { at: now, anew: true };
        }
    }
}
