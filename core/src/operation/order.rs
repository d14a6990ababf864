//! The JSON between a host and its relay: an [`Order`] goes one way, an [`Answer`] comes back, one datagram each.
//!
//! ```json
//! {"target":{"staging-wol":{…}},"action":{"set_power":"power on"},"timeout_ms":60000,"memory":"nothing"}
//! {"done":{"stored":"power on"}}
//! ```
//!
//! Passwords are in it as they are: it travels on an authenticated and encrypted channel only (DESIGN, "Relay").

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::foreign;
use crate::operation::{Action, Error, Memory, Operation, Outcome, Seed, Target};

/// Most bytes of an order or an answer.
pub const JSON_LEN: usize = 1200;

/// Most bytes of an answer: none comes near it.
pub const ANSWER_LEN: usize = 640;

/// What a host asks of a relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Order {
    /// Which device.
    pub target: Target,
    /// What to do with it.
    pub action: Action,
    /// How long the whole may take.
    pub timeout_ms: u32,
    /// What the device taught before.
    pub memory: Memory,
}

/// What a relay answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The operation ended well.
    Done(Outcome),
    /// It failed.
    Failed(Error),
    /// The order was not understood; nothing was done.
    Malformed,
    /// Every slot for such an operation is taken; nothing was done.
    Busy,
}

/// A text is no order or answer, is too long, or does not fit into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct JsonError;

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no order or answer of at most {JSON_LEN} bytes of JSON")
    }
}

impl core::error::Error for JsonError {}

impl Order {
    /// Reads an order.
    ///
    /// # Errors
    /// [`JsonError`]; unknown fields are refused too.
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        foreign::order_from_json(text).ok_or(JsonError)
    }

    /// Writes the order and returns its length.
    ///
    /// # Errors
    /// [`JsonError`] when the buffer is too short; [`JSON_LEN`] bytes are always enough.
    pub fn to_json(&self, buffer: &mut [u8]) -> Result<usize, JsonError> {
        foreign::order_to_json(self, buffer).ok_or(JsonError)
    }

    /// The machine that carries the order out.
    ///
    /// # Errors
    /// As [`Operation::new`].
    pub fn operation(&self, seed: &Seed) -> Result<Operation, Error> {
        let timeout = Duration::from_millis(u64::from(self.timeout_ms));
        Operation::new(&self.target, &self.action, timeout, &self.memory, seed)
    }
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`JsonError`].
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        foreign::answer_from_json(text).ok_or(JsonError)
    }

    /// Writes the answer and returns its length.
    ///
    /// # Errors
    /// [`JsonError`] when the buffer is too short; [`ANSWER_LEN`] bytes are always enough.
    pub fn to_json(&self, buffer: &mut [u8]) -> Result<usize, JsonError> {
        foreign::answer_to_json(self, buffer).ok_or(JsonError)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::num::NonZeroU16;
    use std::string::String;

    use super::*;
    use crate::operation::{HardwareType, Value};

    fn iboot() -> Target {
        let info = [
            ("iboot_address", Value::Str("pdu.example.org")),
            ("iboot_username", Value::Str("admin")),
            ("iboot_password", Value::Str("se\"cr\\et\n")),
        ];
        Target::new(HardwareType::StagingIboot, info.into_iter(), core::iter::empty()).unwrap()
    }

    #[test]
    fn an_order_as_it_is_written() {
        let order = Order {
            target: iboot(),
            action: Action::PulseRelay { on: false, seconds: NonZeroU16::new(7).unwrap() },
            timeout_ms: 60_000,
            memory: Memory::Nothing,
        };
        let mut buffer = [0; JSON_LEN];
        let len = order.to_json(&mut buffer).unwrap();
        let text = buffer.get(..len).unwrap();
        let expected = concat!(
            r#"{"target":{"staging-iboot":{"address":"pdu.example.org","port":9100,"#,
            r#""credentials":{"user":"admin","password":"se\"cr\\et\n"},"relay":1,"relay_count":null,"#,
            r#""dialect":{"base":"one","codes":"boot"},"#,
            r#""options":{"max_retry":3,"retry_interval_ms":1000,"reboot_delay_ms":5000}}},"#,
            r#""action":{"pulse_relay":{"on":false,"seconds":7}},"timeout_ms":60000,"memory":"nothing"}"#,
        );
        assert_eq!(core::str::from_utf8(text), Ok(expected));
        assert_eq!(Order::from_json(text), Ok(order));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"target":{"staging-amt":{}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":0,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":[]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"],"x":1}},"action":"get_power","timeout_ms":1}"#,
            // What driver_info would not be taken with, an order is not either.
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"raw","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp6","interface":"eth0","password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-iboot":{"address":"pdu","port":9100,"credentials":{"user":"u","password":"p"},"relay":5,"relay_count":4,"dialect":{"base":"one","codes":"boot"},"options":{"max_retry":3,"retry_interval_ms":1000,"reboot_delay_ms":5000}}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
        ] {
            assert_eq!(Order::from_json(text.as_bytes()), Err(JsonError), "{text}");
        }
        let pulse = |seconds| {
            std::format!(
                r#"{{"target":{{"staging-wol":{{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}}}},"action":{{"pulse_relay":{{"on":true,"seconds":{seconds}}}}},"timeout_ms":1}}"#
            )
        };
        assert!(Order::from_json(pulse(1).as_bytes()).is_ok());
        assert_eq!(Order::from_json(pulse(0).as_bytes()), Err(JsonError), "that is no pulse");
        let good = r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#;
        assert!(Order::from_json(good.as_bytes()).is_ok());
        let long = String::from(good) + &" ".repeat(JSON_LEN);
        assert_eq!(Order::from_json(long.as_bytes()), Err(JsonError));
    }

    #[cfg(feature = "ipmi")]
    mod bmc {
        use super::*;
        use crate::ipmi::{
            BootSetting, Bridge, DATA_LEN, IpmiFailure, IpmiTrouble, LoginFailure, RawAnswer, RawRequest, Refusal,
        };
        use crate::nm::{self, Domain, PolicyId};
        use crate::operation::{BootDevice, IpmiMemory, PowerState};

        const AT: Bridge = Bridge { channel: 6, address: 0x2C };

        fn bmc(hardware: HardwareType, more: &[(&'static str, Value<'static>)]) -> Target {
            let info = [("ipmi_address", Value::Str("192.0.2.7")), ("ipmi_username", Value::Str("root"))];
            Target::new(hardware, info.into_iter().chain(more.iter().copied()), core::iter::empty()).unwrap()
        }

        /// With each setting that can be missing.
        fn whole(hardware: HardwareType) -> Target {
            bmc(
                hardware,
                &[
                    ("ipmi_password", Value::Str("cal\"vin")),
                    ("ipmi_priv_level", Value::Str("OPERATOR")),
                    ("ipmi_cipher_suite", Value::Int(17)),
                    ("ipmi_hex_kg_key", Value::Str("000102030405060708090a0b0c0d0e0f10111213")),
                    ("ipmi_bridging", Value::Str("single")),
                    ("ipmi_target_channel", Value::Int(6)),
                    ("ipmi_target_address", Value::Str("0x2c")),
                ],
            )
        }

        fn text(order: &Order) -> String {
            let mut buffer = [0; JSON_LEN];
            let len = order.to_json(&mut buffer).unwrap();
            core::str::from_utf8(buffer.get(..len).unwrap()).unwrap().into()
        }

        fn there_and_back(target: &Target, action: Action, memory: Memory) -> String {
            let order = Order { target: target.clone(), action, timeout_ms: 60_000, memory };
            let text = text(&order);
            assert_eq!(Order::from_json(text.as_bytes()), Ok(order), "{text}");
            for end in 0..text.len() {
                assert_eq!(Order::from_json(text.get(..end).unwrap().as_bytes()), Err(JsonError), "{end} of {text}");
            }
            text
        }

        /// One of each kind, and what no byte of a request says.
        fn requests() -> std::vec::Vec<nm::Request> {
            let policy = PolicyId { domain: Domain::Cpu, number: 255 };
            let settings = nm::PolicySettings {
                id: policy,
                enabled: true,
                trigger: nm::PolicyTrigger::Boot,
                cpu_power_correction: nm::CpuPowerCorrection::Aggressive,
                storage: nm::Storage::Volatile,
                action: nm::Action::Shutdown,
                power_domain: nm::PowerDomain::Secondary,
                target_limit: nm::TargetLimit::Boot { mode: nm::BootMode::Performance, cores_disabled: 127 },
                correction_time_ms: u32::MAX,
                trigger_limit: u16::MAX,
                reporting_period_seconds: u16::MAX,
            };
            let other = nm::PolicySettings {
                trigger: nm::PolicyTrigger::Power,
                target_limit: nm::TargetLimit::Value(u16::MAX),
                ..settings
            };
            let mut thresholds = nm::Thresholds::default();
            let mut periods = nm::Periods::default();
            for _ in 0..nm::MOST_THRESHOLDS {
                thresholds.push(u16::MAX).unwrap();
            }
            for _ in 0..nm::MOST_PERIODS {
                periods.push(nm::Period { start: 239, stop: 240, days: nm::Days::of(0x7F) }).unwrap();
            }
            let of = nm::CapabilitiesOf {
                domain: Domain::Io,
                trigger: nm::PolicyTrigger::Reset,
                power_domain: nm::PowerDomain::Secondary,
            };
            let mut all = std::vec![
                nm::Request::ControlPolicies { scope: nm::Scope::Global, enable: true },
                nm::Request::ControlPolicies { scope: nm::Scope::Domain(Domain::Memory), enable: false },
                nm::Request::ControlPolicies { scope: nm::Scope::Policy(policy), enable: true },
                nm::Request::GetAlertThresholds(policy),
                nm::Request::GetCapabilities(of),
                nm::Request::GetLimitingPolicy(Domain::Unknown(255)),
                nm::Request::GetPolicy(policy),
                nm::Request::GetStatistics(nm::StatisticsOf::Domain { domain: Domain::Io, mode: nm::Mode::Power }),
                nm::Request::GetSuspendPeriods(policy),
                nm::Request::GetVersion,
                nm::Request::RemovePolicy(policy),
                nm::Request::RemoveSuspendPeriods(policy),
                nm::Request::SetAlertThresholds { policy, thresholds },
                nm::Request::SetPowerDrawRange(nm::PowerDrawRange {
                    domain: Domain::Io,
                    min_watts: 0,
                    max_watts: u16::MAX
                }),
                nm::Request::SetSuspendPeriods { policy, periods },
            ];
            for (settings, least_correction_time) in
                [(settings, false), (settings, true), (other, false), (other, true)]
            {
                all.push(nm::Request::SetPolicy { settings, least_correction_time });
            }
            all
        }

        #[test]
        fn an_order_as_it_is_written() {
            let memory = Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: Some(AT) });
            let least = there_and_back(&bmc(HardwareType::Ipmi, &[]), Action::GetBootDevice, Memory::Nothing);
            assert_eq!(
                least,
                concat!(
                    r#"{"target":{"ipmi":{"address":"192.0.2.7","port":623,"#,
                    r#""account":{"user":"root","password":"","kg":null,"privilege":"administrator"},"#,
                    r#""cipher_suite":null,"bridge":null,"local_address":32}},"#,
                    r#""action":"get_boot_device","timeout_ms":60000,"memory":"nothing"}"#,
                )
            );
            let request = nm::Request::RemovePolicy(PolicyId { domain: Domain::Cpu, number: 9 });
            let most = there_and_back(&whole(HardwareType::StagingNm), Action::NodeManager(request), memory);
            assert_eq!(
                most,
                concat!(
                    r#"{"target":{"staging-nm":{"address":"192.0.2.7","port":623,"#,
                    r#""account":{"user":"root","password":"cal\"vin","kg":"000102030405060708090a0b0c0d0e0f10111213","#,
                    r#""privilege":"operator"},"cipher_suite":17,"bridge":{"channel":6,"address":44},"local_address":32}},"#,
                    r#""action":{"node_manager":{"command":193,"data":[1,9,0,0,0,0,0,0,0,0,0,0,0,0],"#,
                    r#""least_correction_time":false}},"timeout_ms":60000,"#,
                    r#""memory":{"ipmi":{"cipher_suite":3,"node_manager":{"channel":6,"address":44}}}}"#,
                )
            );
        }

        #[test]
        fn every_action_there_and_back() {
            let mut actions = std::vec![Action::GetPower, Action::GetBootDevice];
            for device in BootDevice::ALL {
                for efi in [None, Some(true), Some(false)] {
                    actions.push(Action::SetBootDevice { device, persistent: efi.is_none(), efi });
                }
            }
            for (bridge, len) in [(None, 0), (Some(AT), DATA_LEN)] {
                let data = heapless::Vec::from_slice(&std::vec![255; len]).unwrap();
                actions.push(Action::Raw(RawRequest { netfn: 0x3E, command: 255, bridge, data }));
            }
            actions.extend(requests().into_iter().map(Action::NodeManager));
            for hardware in [HardwareType::Ipmi, HardwareType::StagingNm] {
                for action in &actions {
                    let memory = IpmiMemory { cipher_suite: None, node_manager: None };
                    let _ = there_and_back(&whole(hardware), action.clone(), Memory::Ipmi(memory));
                }
            }
        }

        #[test]
        fn nonsense_is_refused() {
            let memory = Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: Some(AT) });
            let request = nm::Request::RemovePolicy(PolicyId { domain: Domain::Cpu, number: 9 });
            let target = whole(HardwareType::StagingNm);
            let good = there_and_back(&target, Action::NodeManager(request), memory.clone());
            let raw = RawRequest { netfn: 6, command: 1, bridge: None, data: heapless::Vec::new() };
            let raw = there_and_back(&target, Action::Raw(raw), memory.clone());
            let boot = Action::SetBootDevice { device: BootDevice::Pxe, persistent: true, efi: None };
            let boot = there_and_back(&target, boot, memory);
            let long = std::format!(r#""data":[0{}]"#, ",0".repeat(DATA_LEN));
            for (order, from, to) in [
                // What driver_info would not be taken with.
                (&good, r#""cipher_suite":17"#, r#""cipher_suite":18"#),
                (&good, r#""cipher_suite":17"#, r#""cipher_suite":false"#),
                (&good, r#""cipher_suite":3"#, r#""cipher_suite":259"#),
                (&good, r#""channel":6"#, r#""channel":16"#),
                (&good, r#""user":"root""#, r#""user":"ro\tot""#),
                (&good, r#""user":"root""#, r#""user":"12345678901234567""#),
                (&good, r#""user":"root""#, r#""user":"root","user":"root""#),
                (&good, r#"cal\"vin"#, "\u{7F}"),
                (&good, r#"cal\"vin"#, "123456789012345678901"),
                (&good, "10111213", "1011121"),
                (&good, "10111213", "1011121g"),
                (&good, r#""operator""#, r#""root""#),
                (&good, r#""port":623"#, r#""port":0"#),
                (&good, r#""local_address":32"#, r#""local_address":256"#),
                (&good, r#""local_address":32"#, r#""local_address":32,"x":1"#),
                (&good, r#""bridge":{"channel":6,"address":44}"#, r#""bridge":{"channel":6}"#),
                (&good, r#""bridge":{"channel":6,"address":44}"#, r#""bridge":"no""#),
                // No such request, or none that Node Manager has.
                (&good, r#""command":193"#, r#""command":1"#),
                (&good, r#""command":193"#, r#""command":194"#),
                (&good, "[1,9,", "[1,9,0,"),
                (&good, "[1,9,", "[1,9,0,0,0,0,0,"),
                (&good, "[1,9,", "[1,256,"),
                (&good, r#""least_correction_time":false"#, r#""least_correction_time":true"#),
                (&good, r#","least_correction_time":false"#, ""),
                (&raw, r#""netfn":6"#, r#""netfn":7"#),
                (&raw, r#""netfn":6"#, r#""netfn":64"#),
                (&raw, r#""bridge":null,"#, ""),
                (&raw, r#""data":[]"#, &long),
                (&boot, r#""pxe""#, r#""floppy""#),
                (&boot, r#""efi":null"#, r#""efi":1"#),
                (&boot, r#","efi":null"#, ""),
            ] {
                let bad = order.replacen(from, to, 1);
                assert_ne!(&bad, order, "{from}");
                assert_eq!(Order::from_json(bad.as_bytes()), Err(JsonError), "{bad}");
            }
        }

        /// The longest of everything, at once.
        #[test]
        fn the_longest_order_fits() {
            let label = "a".repeat(63);
            let host = [&label[..], &label, &label, &"a".repeat(61)].join(".");
            let (user, password) = ("\"".repeat(16), "\"".repeat(20));
            let mut longest = 0;
            for action in requests().into_iter().map(Action::NodeManager).chain([Action::Raw(RawRequest {
                netfn: 62,
                command: 255,
                bridge: Some(Bridge { channel: 15, address: 255 }),
                data: heapless::Vec::from_slice(&[255; DATA_LEN]).unwrap(),
            })]) {
                let info = [
                    ("ipmi_address", Value::Str(&host)),
                    ("ipmi_username", Value::Str(&user)),
                    ("ipmi_password", Value::Str(&password)),
                    ("ipmi_port", Value::Int(65535)),
                    ("ipmi_cipher_suite", Value::Int(17)),
                    ("ipmi_hex_kg_key", Value::Str("ffffffffffffffffffffffffffffffffffffffff")),
                    ("ipmi_bridging", Value::Str("single")),
                    ("ipmi_target_channel", Value::Int(15)),
                    ("ipmi_target_address", Value::Int(255)),
                    ("ipmi_local_address", Value::Int(255)),
                ];
                let target = Target::new(HardwareType::StagingNm, info.into_iter(), core::iter::empty()).unwrap();
                let node_manager = Some(Bridge { channel: 15, address: 255 });
                let memory = Memory::Ipmi(IpmiMemory { cipher_suite: Some(17), node_manager });
                let order = Order { target, action, timeout_ms: u32::MAX, memory };
                let text = text(&order);
                assert_eq!(Order::from_json(text.as_bytes()), Ok(order));
                longest = longest.max(text.len());
            }
            assert!(longest <= JSON_LEN, "{longest}");
        }

        /// Whatever Node Manager can answer, the longest raw answer, and errors with most words.
        #[test]
        fn the_longest_answer_fits() {
            let policy = PolicyId { domain: Domain::Unknown(15), number: 255 };
            let mut outcomes = std::vec![
                Outcome::Power(PowerState::Off),
                Outcome::BootDevice(BootSetting { device: Some(BootDevice::Cdrom), persistent: false, efi: false }),
                Outcome::BootDevice(BootSetting { device: None, persistent: true, efi: true }),
                Outcome::Raw(RawAnswer::new(&heapless::Vec::new())),
                Outcome::Raw(RawAnswer::new(&heapless::Vec::from_slice(&[255; DATA_LEN]).unwrap())),
                Outcome::NodeManager(nm::Response::LimitingPolicy { domain: policy.domain, number: None }),
            ];
            for request in requests() {
                // Of counts there are those that may be.
                let mut bytes = [[0; 18], [255; 18]];
                match request {
                    nm::Request::GetSuspendPeriods(_) => bytes[1][0] = 5,
                    nm::Request::GetAlertThresholds(_) => bytes[1][0] = 3,
                    _ => {}
                }
                outcomes
                    .extend(bytes.map(|bytes| Outcome::NodeManager(nm::Response::parse(&request, &bytes).unwrap())));
            }
            let refusal = Refusal::Completion(255);
            let failures = [
                IpmiFailure::BootNotKept {
                    wanted: BootDevice::Cdrom,
                    kept: BootSetting { device: Some(BootDevice::Cdrom), persistent: false, efi: false },
                },
                IpmiFailure::NoContact,
                IpmiFailure::NodeManager(nm::NmFailure::Refused { command: 0xFF, refusal }),
                IpmiFailure::NodeManager(nm::NmFailure::NotFound { refusal: Some(Refusal::Bridge(255)) }),
            ];
            let troubles =
                [None, Some(IpmiTrouble::Login(LoginFailure::NoCipherSuite)), Some(IpmiTrouble::Refused(refusal))];
            let errors = failures.into_iter().flat_map(|failure| {
                troubles.map(|trouble| Error::Ipmi { failure, trouble, contact: false, out_of_time: false })
            });
            for answer in outcomes.into_iter().map(Answer::Done).chain(errors.map(Answer::Failed)) {
                let mut buffer = [0; ANSWER_LEN];
                let len = answer.to_json(&mut buffer).unwrap_or_else(|_| panic!("{answer:?} is too long"));
                assert_eq!(Answer::from_json(buffer.get(..len).unwrap()), Ok(answer));
            }
        }
    }
}
