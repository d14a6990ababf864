//! What a simulated BMC is like.

use core::time::Duration;

use rackhand_core::ipmi::command::DeviceId;
use rackhand_core::ipmi::{Bridge, CipherSuite, PASSWORD_LEN};
use rackhand_core::secret::Secret;

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, at most 16 bytes.
    pub name: String,
    /// The password.
    pub password: Secret<PASSWORD_LEN>,
    /// Most privilege: 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
}

/// How the answer to what was bridged comes (section 6.13; firmware differs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Send Message is answered, then comes the answer in a packet of its own.
    #[default]
    Separate,
    /// The answer is the data of the answer to Send Message.
    Inline,
    /// As separate, but the other way round.
    Reordered,
}

impl Shape {
    /// All, by name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("separate", Self::Separate), ("inline", Self::Inline), ("reordered", Self::Reordered)];

    /// The shape with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, shape)| shape)
    }
}

/// How long the machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// To come on.
    pub on: Duration,
    /// To go off.
    pub off: Duration,
    /// Off in a power cycle.
    pub cycle: Duration,
    /// The operating system's time to shut down.
    pub soft: Duration,
}

impl Default for Timing {
    /// 0.4 s, 0.4 s, 1 s and 3 s: fast, so that nobody waits for a simulation.
    fn default() -> Self {
        let [on, off, cycle, soft] = [400, 400, 1000, 3000].map(Duration::from_millis);
        Self { on, off, cycle, soft }
    }
}

/// What a simulated BMC is like.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who may log in.
    pub users: Vec<User>,
    /// The BMC's key, zero or none where it has none.
    pub kg: Option<[u8; PASSWORD_LEN]>,
    /// The cipher suites that it takes, as it lists them. Suite 0 asks for no password.
    pub suites: Vec<CipherSuite>,
    /// Who it is.
    pub guid: [u8; 16],
    /// What it says of itself.
    pub device: DeviceId,
    /// Sessions at once, half open ones included.
    pub sessions: usize,
    /// After which a session is forgotten that was only begun.
    pub half_open: Duration,
    /// After which a session is forgotten that nobody uses.
    pub idle: Duration,
    /// The machine is on when the simulation begins.
    pub on: bool,
    /// How long the machine takes.
    pub timing: Timing,
    /// The management engine behind it; none where there is none.
    pub satellite: Option<Bridge>,
    /// How its answers come.
    pub shape: Shape,
    /// Its place among the sensor data records: how many are before it. None: no record names it.
    pub discovery: Option<usize>,
}

impl Config {
    /// A BMC with one administrator.
    #[must_use]
    pub fn new(name: &str, password: Secret<PASSWORD_LEN>) -> Self {
        let suites = CipherSuite::ALL.into_iter().filter(|suite| suite.id != 0).collect();
        Self {
            users: vec![User { name: name.to_owned(), password, privilege: 4 }],
            kg: None,
            suites,
            guid: *b"\x52\x41\x43\x4b\x48\x41\x4e\x44\x42\x4d\x43\x53\x49\x4d\x00\x01",
            device: DeviceId {
                id: 0x20,
                provides_sdrs: false,
                revision: 1,
                updating: false,
                firmware_major: 2,
                firmware_minor: 0x15,
                ipmi_version: 0x02,
                support: 0xBF,
                manufacturer: 343,
                product: 0x71,
                auxiliary: Some([0; 4]),
            },
            sessions: 8,
            half_open: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            on: false,
            timing: Timing::default(),
            satellite: Some(Bridge { channel: 6, address: 0x2C }),
            shape: Shape::default(),
            discovery: Some(5),
        }
    }

    /// A Kg is set.
    pub(super) fn has_kg(&self) -> bool {
        self.kg.is_some_and(|kg| kg != [0; PASSWORD_LEN])
    }
}
