//! What the BMC itself does for a request. IPMI 2.0, appendix G lists commands, and the privilege that each needs.

use std::collections::VecDeque;

use rackhand_core::ipmi::CipherSuite;
use rackhand_core::ipmi::command::{
    APP, AuthCapabilities, BootFlags, BootParameter, CHASSIS, ChannelCipherSuites, ChassisControl, GetBootOptions,
    GetChannelAuthCapabilities, GetChannelCipherSuites, GetChassisStatus, GetDeviceId, GetSdr, GetSdrRepositoryInfo,
    ReserveSdrRepository, STORAGE, Sdr, SdrReservation, SetBootOptions, THIS_CHANNEL,
};
use rackhand_core::time::Instant;
use rackhand_core::{ParseError, ParseErrorKind};

use super::chassis::Chassis;
use super::notes::{Note, Notes};
use super::satellite::Satellite;
use super::sdr::{INLET, POWER_UNIT, Repository};
use super::{BmcFault, Config, bytes};
use crate::sim::Faults;

/// Network function of requests for sensors.
const SENSOR: u8 = 0x04;
const GET_SENSOR_READING: u8 = 0x2D;
const GET_SELF_TEST: u8 = 0x04;
const GET_DEVICE_GUID: u8 = 0x08;
const GET_MESSAGE: u8 = 0x33;
const GET_SYSTEM_GUID: u8 = 0x37;
const IDENTIFY: u8 = 0x04;
/// Completion code of Get Message: there is none.
const NO_MESSAGE: u8 = 0x80;

const INVALID_COMMAND: u8 = 0xC1;
const BAD_LENGTH: u8 = 0xC7;
const NOT_PRESENT: u8 = 0xCB;
const INVALID_FIELD: u8 = 0xCC;
const PRIVILEGE: u8 = 0xD4;

/// The channel that clients come by.
pub(super) const LAN: u8 = 1;
const OPERATOR: u8 = 3;
/// Messages that wait for whoever asks for them.
const MOST_MESSAGES: usize = 4;
/// Bytes of a record that fit into one answer.
const SDR_LIMIT: usize = 255;

/// What a request is answered: data, or a completion code.
pub(super) type Answer = Result<Vec<u8>, u8>;

/// The completion code for data that cannot be read.
pub(super) const fn code(error: ParseError) -> u8 {
    match error.kind {
        ParseErrorKind::Truncated | ParseErrorKind::TooLong => BAD_LENGTH,
        _ => INVALID_FIELD,
    }
}

/// Everything but sessions.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) config: Config,
    pub(super) chassis: Chassis,
    repository: Repository,
    pub(super) satellite: Satellite,
    pub(super) faults: Faults<BmcFault>,
    pub(super) notes: Notes,
    /// Answers from the bus that nobody follows: their channel, and all but their first byte.
    messages: VecDeque<(u8, Vec<u8>)>,
}

impl Board {
    pub(super) fn new(config: Config) -> Self {
        Self {
            chassis: Chassis::new(config.on, config.timing),
            repository: Repository::new(config.satellite, config.discovery),
            satellite: Satellite::new(),
            faults: Faults::default(),
            notes: Notes::default(),
            messages: VecDeque::new(),
            config,
        }
    }

    /// An answer from the bus that nobody follows.
    pub(super) fn keep(&mut self, channel: u8, message: &[u8]) {
        if self.messages.len() < MOST_MESSAGES {
            self.messages.push_back((channel, message.get(1..).unwrap_or(&[]).to_vec()));
        }
    }

    /// What anybody may ask, without a session.
    pub(super) fn outside(&mut self, netfn: u8, command: u8, data: &[u8]) -> Option<Answer> {
        let open = [GetChannelAuthCapabilities::COMMAND, GetChannelCipherSuites::COMMAND, GET_SYSTEM_GUID];
        (netfn == APP && open.contains(&command)).then(|| self.app(command, data))
    }

    /// A request in a session that may do so much.
    pub(super) fn inside(&mut self, now: Instant, level: u8, netfn: u8, command: u8, data: &[u8]) -> Answer {
        if level < least(netfn, command) {
            return Err(PRIVILEGE);
        }
        match netfn {
            APP => self.app(command, data),
            CHASSIS => self.chassis(now, command, data),
            STORAGE => self.storage(command, data),
            SENSOR => sensor(command, data),
            _ => Err(INVALID_COMMAND),
        }
    }

    fn app(&mut self, command: u8, data: &[u8]) -> Answer {
        match command {
            GetDeviceId::COMMAND => {
                GetDeviceId::parse(data).map_err(code)?;
                Ok(bytes(|w| self.config.device.emit(w)))
            }
            GET_SELF_TEST if data.is_empty() => Ok(vec![0x55, 0x00]),
            GET_DEVICE_GUID | GET_SYSTEM_GUID if data.is_empty() => Ok(self.config.guid.to_vec()),
            GetChannelAuthCapabilities::COMMAND => self.auth_capabilities(data),
            GetChannelCipherSuites::COMMAND => self.cipher_suites(data),
            GET_MESSAGE if data.is_empty() => {
                let (channel, message) = self.messages.pop_front().ok_or(NO_MESSAGE)?;
                Ok([vec![channel], message].concat())
            }
            GET_SELF_TEST | GET_DEVICE_GUID | GET_SYSTEM_GUID | GET_MESSAGE => Err(BAD_LENGTH),
            _ => Err(INVALID_COMMAND),
        }
    }

    fn auth_capabilities(&mut self, data: &[u8]) -> Answer {
        let request = GetChannelAuthCapabilities::parse(data).map_err(code)?;
        let only_15 = self.faults.holds(&BmcFault::Only15);
        let known = [LAN, THIS_CHANNEL].contains(&request.channel) && (1..=5).contains(&request.privilege);
        if !known || (request.extended && only_15) {
            return Err(INVALID_FIELD);
        }
        let answer = AuthCapabilities {
            channel: LAN,
            extended: request.extended,
            // None, MD5, password.
            types: 0x15,
            kg: !only_15 && self.config.has_kg(),
            // There are users with names.
            logins: 0x04,
            versions: if request.extended { AuthCapabilities::V20 | 1 } else { 0 },
            oem: [0; 4],
        };
        Ok(bytes(|w| answer.emit(w)))
    }

    fn cipher_suites(&self, data: &[u8]) -> Answer {
        let request = GetChannelCipherSuites::parse(data).map_err(code)?;
        if ![LAN, THIS_CHANNEL].contains(&request.channel) || request.payload_type > 1 {
            return Err(INVALID_FIELD);
        }
        let records: Vec<u8> = if request.by_suite {
            self.config.suites.iter().flat_map(|suite| suite.record()).collect()
        } else {
            algorithms(&self.config.suites)
        };
        let from = usize::from(request.index).saturating_mul(ChannelCipherSuites::PART);
        let rest = records.get(from..).unwrap_or(&[]);
        let records = rest.get(..ChannelCipherSuites::PART).unwrap_or(rest);
        Ok(bytes(|w| ChannelCipherSuites { channel: LAN, records }.emit(w)))
    }

    fn chassis(&mut self, now: Instant, command: u8, data: &[u8]) -> Answer {
        match command {
            GetChassisStatus::COMMAND => {
                GetChassisStatus::parse(data).map_err(code)?;
                Ok(bytes(|w| self.chassis.status().emit(w)))
            }
            ChassisControl::COMMAND => {
                let what = ChassisControl::parse(data).map_err(code)?;
                if self.faults.strikes(&BmcFault::StuckPower)
                    || (what == ChassisControl::Soft && self.faults.strikes(&BmcFault::IgnoresSoft))
                {
                    self.notes.add(now, Note::Control(what));
                    return Ok(Vec::new());
                }
                self.chassis.control(now, what, &mut self.notes).map(|()| Vec::new())
            }
            IDENTIFY if data.len() <= 2 => Ok(Vec::new()),
            IDENTIFY => Err(BAD_LENGTH),
            SetBootOptions::COMMAND => self.set_boot_options(now, data),
            GetBootOptions::COMMAND => {
                let request = GetBootOptions::parse(data).map_err(code)?;
                self.chassis.boot.get(request.parameter, |options| bytes(|w| options.emit(w)))
            }
            _ => Err(INVALID_COMMAND),
        }
    }

    fn set_boot_options(&mut self, now: Instant, data: &[u8]) -> Answer {
        let mut request = SetBootOptions::parse(data).map_err(code)?;
        if let BootParameter::Flags(flags) = &mut request.parameter {
            let BootFlags { persistent, efi, .. } = flags;
            *persistent = *persistent && !self.faults.strikes(&BmcFault::DropsPersistent);
            *efi = *efi && !self.faults.strikes(&BmcFault::DropsEfi);
        }
        self.chassis.boot.set(now, &request)?;
        if let BootParameter::Flags(flags) = request.parameter {
            self.notes.add(now, Note::Flags(flags));
        }
        Ok(Vec::new())
    }

    fn storage(&mut self, command: u8, data: &[u8]) -> Answer {
        match command {
            GetSdrRepositoryInfo::COMMAND => {
                GetSdrRepositoryInfo::parse(data).map_err(code)?;
                Ok(bytes(|w| self.repository.info().emit(w)))
            }
            ReserveSdrRepository::COMMAND => {
                ReserveSdrRepository::parse(data).map_err(code)?;
                let id = self.repository.reserve();
                Ok(bytes(|w| SdrReservation { id }.emit(w)))
            }
            GetSdr::COMMAND => {
                let request = GetSdr::parse(data).map_err(code)?;
                if request.offset > 0 && self.faults.strikes(&BmcFault::CancelReservation) {
                    self.repository.cancel();
                }
                let limit = self.faults.strike(|fault| match fault {
                    BmcFault::SdrLimit(limit) => Some(usize::from(*limit)),
                    _ => None,
                });
                let (next, part) = self.repository.get(&request, limit.unwrap_or(SDR_LIMIT))?;
                Ok(bytes(|w| Sdr { next, bytes: part }.emit(w)))
            }
            _ => Err(INVALID_COMMAND),
        }
    }
}

/// The algorithms of all suites, each once.
fn algorithms(suites: &[CipherSuite]) -> Vec<u8> {
    let mut all: Vec<u8> = suites
        .iter()
        .flat_map(|suite| {
            let [authentication, integrity, confidentiality] = suite.numbers();
            [authentication, 0x40 | integrity, 0x80 | confidentiality]
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The readings of two sensors: 23 degrees, and a power unit that is well.
fn sensor(command: u8, data: &[u8]) -> Answer {
    match (command, data) {
        (GET_SENSOR_READING, [INLET]) => Ok(vec![23, 0xC0, 0xC0]),
        (GET_SENSOR_READING, [POWER_UNIT]) => Ok(vec![0, 0xC0, 0x00, 0x80]),
        (GET_SENSOR_READING, [_]) => Err(NOT_PRESENT),
        (GET_SENSOR_READING, _) => Err(BAD_LENGTH),
        _ => Err(INVALID_COMMAND),
    }
}

/// The least privilege that a command needs.
const fn least(netfn: u8, command: u8) -> u8 {
    match (netfn, command) {
        (CHASSIS, ChassisControl::COMMAND | SetBootOptions::COMMAND | GetBootOptions::COMMAND) => OPERATOR,
        _ => 2,
    }
}
