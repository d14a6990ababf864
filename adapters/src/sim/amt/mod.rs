//! A machine with Intel AMT, of a chosen generation: HTTP with digest login, WS-Management, and the classes that power, boot
//! device and identity are asked of.

mod boot;
mod classes;
mod connection;
mod faults;
mod generation;
mod http;
mod login;
mod machine;
mod node;
mod notes;
mod refusal;
mod request;
mod respond;
mod soap;
mod styles;

use core::hash::Hash;
use std::collections::{HashMap, VecDeque};

use rackhand_core::amt::BootSource;
use rackhand_core::http::digest::Credentials;
use rackhand_core::time::Instant;

use self::boot::Boot;
use self::connection::{Behind, Connection};
use self::login::Login;
use self::machine::Machine;
use self::notes::Notes;
use self::request::{Operation, Request};
use self::soap::Soap;
use super::Faults;
use super::outbox::Outbox;

pub use self::boot::Start;
pub use self::faults::AmtFault;
pub use self::generation::Generation;
pub use self::http::Framing;
pub use self::machine::Timing;
pub use self::notes::Note;
pub use self::styles::Style;

/// What a request that was let in has asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `Get`, `Put`, `Enumerate`, `Pull`, `Release`, `Identify`, or the name of a method.
    pub what: String,
    /// The class, without its namespace.
    pub class: String,
    /// PowerState of RequestPowerStateChange, Role of SetBootConfigRole, how many sources ChangeBootOrder has.
    pub number: Option<u32>,
    /// It was answered by a fault, and nothing was done.
    pub refused: bool,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let what = match &request.operation {
            Operation::Invoke(method) => method.as_str(),
            Operation::Get => "Get",
            Operation::Put => "Put",
            Operation::Enumerate => "Enumerate",
            Operation::Pull => "Pull",
            Operation::Release => "Release",
            Operation::Identify => "Identify",
        };
        let body = request.body.as_ref();
        let count = |body: &node::Node| u32::try_from(body.nodes().len()).unwrap_or(u32::MAX);
        let told = |name| body.and_then(|body| body.child(&request.resource, name)?.as_text()?.parse().ok());
        let number = match what {
            "RequestPowerStateChange" => told("PowerState"),
            "SetBootConfigRole" => told("Role"),
            "ChangeBootOrder" => body.map(count),
            _ => None,
        };
        let class = request.resource.rsplit('/').next().unwrap_or("").to_owned();
        Self { what: what.to_owned(), class, number, refused: false }
    }
}

/// A simulated AMT. It is off, and on a new one nothing is armed.
#[derive(Clone, Debug)]
pub struct Amt<P> {
    generation: Generation,
    style: Style,
    login: Login,
    machine: Machine,
    soap: Soap,
    faults: Faults<AmtFault>,
    notes: Notes,
    client_control: bool,
    connections: HashMap<P, Connection>,
    outbox: Outbox<P, Behind>,
    /// What was asked, by whoever was let in.
    asked: VecDeque<Asked>,
    requests: u64,
    most_in_flight: usize,
}

/// Requests that are remembered for whoever asks.
const MOST_ASKED: usize = 4096;

impl<P: Copy + Eq + Hash> Amt<P> {
    /// An AMT that lets these credentials in.
    #[must_use]
    pub fn new(credentials: Credentials, generation: Generation) -> Self {
        Self {
            generation,
            style: Style::default(),
            login: Login::new(generation, credentials),
            machine: Machine::new(generation),
            soap: Soap::default(),
            faults: Faults::default(),
            notes: Notes::default(),
            client_control: false,
            connections: HashMap::new(),
            outbox: Outbox::new(),
            asked: VecDeque::new(),
            requests: 0,
            most_in_flight: 0,
        }
    }

    /// Its faults.
    pub const fn faults(&mut self) -> &mut Faults<AmtFault> {
        &mut self.faults
    }

    /// Its generation.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// How it writes XML.
    pub const fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    /// How long its machine takes.
    pub const fn set_timing(&mut self, timing: Timing) {
        self.machine.timing = timing;
    }

    /// Puts it into client control mode, where somebody at the machine must consent to a boot device; or back.
    pub const fn set_client_control(&mut self, on: bool) {
        self.client_control = on;
    }

    /// What the machine can be started from: all four on a new one.
    pub fn set_boot_sources(&mut self, sources: &[BootSource]) {
        self.machine.boot.sources = sources.to_vec();
    }

    /// Leaves a setting of AMT_BootSettingData as an earlier consumer would; false when this generation has no such setting.
    pub fn leave_setting(&mut self, name: &str, value: &str) -> bool {
        let place = self.machine.boot.settings.get_mut(name);
        let there = place.is_some();
        if let Some(place) = place {
            value.clone_into(place);
        }
        there
    }

    /// A setting of AMT_BootSettingData.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.machine.boot.settings.get(name).map(String::as_str)
    }

    /// PowerState as it shows: 2 on, 8 off, 5 on the way from one to the other, 3 and 4 asleep, 7 hibernating.
    #[must_use]
    pub const fn power_state(&self) -> u32 {
        self.machine.state()
    }

    /// Whether an accepted request is still under way.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        self.machine.is_changing()
    }

    /// Puts the machine into a power state by hand; what was under way is given up. Nothing starts by that.
    pub fn set_power_state(&mut self, state: u32) {
        self.machine.set_state(state);
    }

    /// Whether the next start takes a boot configuration.
    #[must_use]
    pub const fn is_armed(&self) -> bool {
        self.machine.boot.armed
    }

    /// The boot order: its first source.
    #[must_use]
    pub const fn boot_order(&self) -> Option<BootSource> {
        self.machine.boot.order
    }

    /// What the machine has last started from; none when it never has.
    #[must_use]
    pub const fn last_start(&self) -> Option<Start> {
        self.notes.last_start
    }

    /// How often the machine has started.
    #[must_use]
    pub const fn starts(&self) -> u64 {
        self.notes.starts
    }

    /// Logins with a wrong user name or password.
    #[must_use]
    pub const fn failed_logins(&self) -> u64 {
        self.login.failed
    }

    /// Forgets every nonce that it has given out, as firmware does now and then.
    pub fn forget_nonces(&mut self) {
        self.login.forget();
    }

    /// Requests of HTTP that it has taken, those that were not let in among them.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// Requests that are without their whole answer, on whichever connections; those of a client that hangs up are no more.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.connections.values().map(|connection| connection.in_flight).sum()
    }

    /// The most requests that were in flight at the same time. Firmware serves one: a client that comes to two has not waited.
    #[must_use]
    pub const fn most_in_flight(&self) -> usize {
        self.most_in_flight
    }

    /// What was asked, by whoever was let in, in order; only the last thousands are remembered.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.iter().cloned().collect()
    }

    /// What has happened since the last call, in order; the oldest are forgotten when nobody asks for long.
    pub fn take_notes(&mut self) -> Vec<(Instant, Note)> {
        self.notes.take()
    }
}
