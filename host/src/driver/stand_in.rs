//! A driver of tests: what its devices answer is said beforehand, and how they were asked can be seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rackhand_core::operation::{Action, HardwareType, Outcome, PowerState, PowerTarget};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::{Capabilities, Device, Doing, Driver, DriverError, VendorMethod, Waiting};
use crate::model::{Node, Object};

const METHODS: &[VendorMethod] = &[
    VendorMethod { name: "get_policy", verbs: &["GET"], description: "Tells a policy.", judge },
    VendorMethod { name: "reset", verbs: &["PUT", "DELETE"], description: "Resets it.", judge },
];

fn judge(_: &str, arguments: &Object) -> Result<(), DriverError> {
    match arguments.get("policy_id") {
        Some(Value::Number(_)) => Ok(()),
        _ => Err(DriverError::invalid("policy_id must be a number")),
    }
}

const TABLE: Capabilities = Capabilities {
    hardware: HardwareType::StagingNm,
    defaults: &[],
    power_targets: &[PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot],
    tells_power: true,
    required: &[],
    power: &["ipmitool"],
    management: &["noop", "staging-amt", "ipmitool"],
    vendor: &["staging-nm", "no-vendor"],
    vendor_methods: &[("staging-nm", METHODS)],
};

/// The driver, and whoever has a copy of it.
#[derive(Clone)]
pub(crate) struct StandIn(Arc<State>);

struct State {
    answer: Mutex<Result<Outcome, DriverError>>,
    /// What is answered before that, once each, to the actions that begin so.
    once: Mutex<Vec<(&'static str, Result<Outcome, DriverError>)>>,
    /// What the devices were asked, and what became of it.
    events: watch::Sender<Vec<String>>,
    /// Nobody is answered.
    mute: watch::Sender<bool>,
    /// The next question makes it panic.
    breaks: AtomicBool,
    /// What vendor methods teach.
    teaches: Mutex<Object>,
    /// For which device an action waits until there is room, and where.
    turns: Mutex<Option<(&'static str, Arc<Semaphore>)>>,
    /// Actions are hardly more than waiting.
    only_waits: AtomicBool,
}

impl StandIn {
    /// Every machine is off.
    pub(crate) fn new() -> Self {
        let answer = Mutex::new(Ok(Outcome::Power(PowerState::Off)));
        Self(Arc::new(State {
            answer,
            once: Mutex::default(),
            events: watch::Sender::default(),
            mute: watch::Sender::default(),
            breaks: AtomicBool::default(),
            teaches: Mutex::default(),
            turns: Mutex::default(),
            only_waits: AtomicBool::default(),
        }))
    }

    /// What is answered from now on.
    pub(crate) fn answer(&self, answer: Result<Outcome, DriverError>) {
        *self.0.answer.lock().unwrap() = answer;
    }

    /// What is answered to the next action that is written so.
    pub(crate) fn answer_once(&self, action: &'static str, answer: Result<Outcome, DriverError>) {
        self.0.once.lock().unwrap().push((action, answer));
    }

    /// Whether nobody is answered, until it is said otherwise.
    pub(crate) fn mute(&self, mute: bool) {
        self.0.mute.send_replace(mute);
    }

    /// The next question makes it panic.
    pub(crate) fn break_off(&self) {
        self.0.breaks.store(true, Ordering::SeqCst);
    }

    /// What its vendor methods teach from now on.
    pub(crate) fn teach(&self, taught: Object) {
        *self.0.teaches.lock().unwrap() = taught;
    }

    /// Actions on the device with this address wait for their turn from now on.
    pub(crate) fn take_turns(&self, address: &'static str, turns: &Arc<Semaphore>) {
        *self.0.turns.lock().unwrap() = Some((address, Arc::clone(turns)));
    }

    /// Actions are hardly more than waiting from now on.
    pub(crate) fn only_wait(&self) {
        self.0.only_waits.store(true, Ordering::SeqCst);
    }

    /// What happened so far.
    pub(crate) fn events(&self) -> Vec<String> {
        self.0.events.borrow().clone()
    }

    /// Waits until so much has happened.
    pub(crate) async fn happened(&self, events: usize) -> Vec<String> {
        let mut seen = self.0.events.subscribe();
        let wait = seen.wait_for(|list| list.len() >= events);
        let end = tokio::time::timeout(Duration::from_secs(60), wait).await;
        end.unwrap_or_else(|_| panic!("no more than {:?}", self.events())).unwrap().clone()
    }

    fn note(&self, event: String) {
        self.0.events.send_modify(|list| list.push(event));
    }

    async fn answered(&self, asked: String) -> Result<Outcome, DriverError> {
        let action = asked.split_once(": ").map_or("", |(_, action)| action).to_owned();
        self.note(asked);
        assert!(!self.0.breaks.swap(false, Ordering::SeqCst), "as a test wants it");
        let mut conversation = Conversation { driver: self, over: false };
        let _ = self.0.mute.subscribe().wait_for(|mute| !mute).await;
        conversation.over = true;
        let mut once = self.0.once.lock().unwrap();
        if let Some(place) = once.iter().position(|(to, _)| *to == action) {
            return once.remove(place).1;
        }
        drop(once);
        self.0.answer.lock().unwrap().clone()
    }
}

struct Conversation<'a> {
    driver: &'a StandIn,
    over: bool,
}

impl Drop for Conversation<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.driver.note("hung up".to_owned());
        }
    }
}

impl Driver for StandIn {
    fn capabilities(&self) -> &'static Capabilities {
        &TABLE
    }

    fn prepare(&self, node: &Node, _: &[String]) -> Result<Box<dyn Device>, DriverError> {
        let text = |name: &str| node.driver_info.get(name).and_then(Value::as_str).map(str::to_owned);
        let address = text("address").ok_or_else(|| DriverError::missing("address is missing"))?;
        Ok(Box::new(Machine { driver: self.clone(), address }))
    }
}

struct Machine {
    driver: StandIn,
    address: String,
}

impl Device for Machine {
    fn address(&self) -> Option<&str> {
        Some(&self.address)
    }

    fn check(&self, _: &Action, _: Duration) -> Result<(), DriverError> {
        Ok(())
    }

    fn perform<'a>(&'a self, action: &'a Action, _: Duration) -> Doing<'a, Outcome> {
        let asked = match action {
            Action::GetPower => format!("{}: power?", self.address),
            Action::SetPower(target) => format!("{}: {target}", self.address),
            Action::StartFrom { boot, target } => format!("{}: {target} from {boot}", self.address),
            Action::Disarm => format!("{}: disarm", self.address),
            Action::GetBootDevice => format!("{}: boot device?", self.address),
            Action::SetBootDevice { device, persistent, efi } => {
                format!("{}: boot device {device}, persistent: {persistent}, efi: {efi:?}", self.address)
            }
            _ => "something else".to_owned(),
        };
        Box::pin(self.driver.answered(asked))
    }

    fn turn<'a>(&'a self, _: &'a Action) -> Waiting<'a> {
        let turns = self.driver.0.turns.lock().unwrap().clone().filter(|(address, _)| *address == self.address);
        Box::pin(async move { Some(turns?.1.acquire_owned().await.unwrap()) })
    }

    fn only_waits(&self, _: &Action) -> bool {
        self.driver.0.only_waits.load(Ordering::SeqCst)
    }

    fn taught(&self) -> Object {
        self.driver.0.teaches.lock().unwrap().clone()
    }

    fn passthru<'a>(&'a self, method: &'static VendorMethod, arguments: &'a Object, _: Duration) -> Doing<'a, Value> {
        Box::pin(async move {
            let asked = format!("{}: {} {}", self.address, method.name, json!(arguments));
            self.driver.answered(asked).await.map(|_| json!({ "asked": arguments }))
        })
    }
}
