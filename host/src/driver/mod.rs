//! Hardware types: what each can do, as a table, and how a node of it becomes a device to be asked.
//!
//! A new one is a file here with its table, and a line in [`Drivers::new`]; everything else about it is core's.

mod amt;
mod codec;
mod error;
mod iboot;
mod ipmi;
mod libvirt;
mod links;
mod management;
mod nm;
mod raw;
#[cfg(test)]
mod stand_in;
mod table;
mod wol;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rackhand_core::operation::{Action, Outcome};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use crate::config::Config;
use crate::error::Error;
use crate::model::{Interface, Node, Object};

pub(crate) use error::DriverError;
pub(crate) use ipmi::{vendor_action, vendor_answer, vendor_methods};
#[cfg(not(feature = "libvirt"))]
pub(crate) use libvirt::MISSING as LIBVIRT_MISSING;
pub(crate) use libvirt::{Domain, domains, perform as perform_on_domain};
pub(crate) use links::Links;
pub(crate) use management::{Keeper, Management, Shown};
#[cfg(test)]
pub(crate) use stand_in::StandIn;
pub(crate) use table::{Capabilities, VendorMethod, settings};

/// What a driver answers when it is done.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, DriverError>> + Send + 'a>>;

/// A place among the actions that something can take at a time that is shared by many devices; none: it needs none.
pub(crate) type Turn = Option<OwnedSemaphorePermit>;

/// What waits for one.
pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = Turn> + Send + 'a>>;

/// A hardware type.
pub(crate) trait Driver: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> &'static Capabilities;

    /// Judges the node's driver_info and the addresses of its ports. Nothing is sent.
    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError>;

    /// Closes what nobody has asked for since long.
    fn sweep(&self) {}
}

/// A device, ready to be asked.
pub(crate) trait Device: Send + Sync {
    /// Host and port, or whatever else stands for the one conversation that the device can have at a time. None: nobody is
    /// spoken with, and any number may.
    fn address(&self) -> Option<&str>;

    /// Judges whether `action` could be begun at all. Nothing is sent.
    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError>;

    /// Carries `action` out within `timeout`. When the future is dropped, the device is left as it is.
    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome>;

    /// Waits until there is room for `action` beside those of other devices that share something; what is returned is kept until the
    /// action has ended. Whoever waits here keeps nobody from working, and the action's time has not begun.
    fn turn<'a>(&'a self, action: &'a Action) -> Waiting<'a> {
        let _ = action;
        Box::pin(std::future::ready(None))
    }

    /// Whether `action` is hardly more than waiting, and keeps nothing busy: any number may be under way.
    fn only_waits(&self, action: &Action) -> bool {
        let _ = action;
        false
    }

    /// How long a reading that has begun may go on though somebody waits for the device: one that is broken off leaves something
    /// behind.
    fn grace(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether those who ask for its power state at the same time are answered together: any number costs as little as one.
    fn answers_many_at_once(&self) -> bool {
        false
    }

    /// Forgets what is kept of it between two conversations, and closes what is open: the node changes, or goes.
    fn forget(&self) {}

    /// What its conversations so far have taught that is to be kept with the node: entries of driver_internal_info, which
    /// `prepare` finds there from then on; one that is null is to be taken away.
    fn taught(&self) -> Object {
        Object::new()
    }

    /// Calls a vendor method with judged arguments, within `timeout`; the answer's body.
    fn passthru<'a>(
        &'a self,
        method: &'static VendorMethod,
        arguments: &'a Object,
        timeout: Duration,
    ) -> Doing<'a, Value> {
        let _ = (arguments, timeout);
        Box::pin(std::future::ready(Err(DriverError::internal(format!("no handler for method {}", method.name)))))
    }
}

/// A hardware type and what of its interfaces is enabled.
pub(crate) struct Enabled {
    driver: Arc<dyn Driver>,
    power: Vec<&'static str>,
    management: Vec<&'static str>,
    vendor: Vec<&'static str>,
}

impl Enabled {
    /// What the hardware type can do.
    pub(crate) fn capabilities(&self) -> &'static Capabilities {
        self.driver.capabilities()
    }

    /// Ironic's name.
    pub(crate) fn name(&self) -> &'static str {
        self.capabilities().hardware.as_str()
    }

    /// The implementations of an interface that a node can choose; the first is the default.
    pub(crate) fn implementations(&self, interface: Interface) -> &[&'static str] {
        match interface {
            Interface::Power => &self.power,
            Interface::Management => &self.management,
            Interface::Vendor => &self.vendor,
            other => table::others(other),
        }
    }

    /// The implementation that stands where a node chose none.
    pub(crate) fn default_of(&self, interface: Interface) -> Option<&'static str> {
        self.implementations(interface).first().copied()
    }

    /// The implementation that a node has.
    fn chosen<'a>(&self, node: &'a Node, interface: Interface) -> Option<&'a str> {
        node.interfaces.get(&interface).map(String::as_str).or_else(|| self.default_of(interface))
    }

    /// The management interface of a node.
    pub(crate) fn management(&self, node: &Node) -> Option<Management> {
        Management::from_name(self.chosen(node, Interface::Management)?)
    }

    /// What the vendor interface of a node offers.
    pub(crate) fn vendor_methods(&self, node: &Node) -> &'static [VendorMethod] {
        let name = self.chosen(node, Interface::Vendor);
        let offers = self.capabilities().vendor_methods.iter().find(|(of, _)| Some(*of) == name);
        offers.map_or(&[], |(_, methods)| *methods)
    }

    /// Judges the node's settings; see [`Driver::prepare`].
    pub(crate) fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        self.driver.prepare(node, addresses)
    }

    /// Judges the implementations that a node asks for.
    pub(crate) fn judge_interfaces(&self, node: &Node) -> Result<(), Error> {
        for (interface, name) in &node.interfaces {
            let has = self.implementations(*interface);
            if !has.contains(&name.as_str()) {
                return Err(Error::InterfaceNotFound {
                    interface: interface.as_str(),
                    name: name.clone(),
                    driver: self.name().to_owned(),
                    has: has.join(", "),
                });
            }
        }
        Ok(())
    }
}

/// The hardware types that are enabled.
pub(crate) struct Drivers {
    list: Vec<Enabled>,
    links: Arc<Links>,
}

impl Drivers {
    /// Those that the configuration enables.
    ///
    /// # Errors
    /// It names one that there is not, or leaves a type without an interface that it must have.
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let links = Arc::new(Links::new(config.conductor.sync_power_state_interval));
        let all: Vec<Arc<dyn Driver>> = vec![
            Arc::new(ipmi::Ipmi::plain(Arc::clone(&links))),
            Arc::new(amt::Amt::new(&config.amt_driver, Arc::clone(&links))),
            Arc::new(iboot::Iboot::new(&config.iboot)),
            Arc::new(libvirt::Libvirt::new(&config.libvirt)),
            Arc::new(ipmi::Ipmi::with_node_manager(Arc::clone(&links))),
            Arc::new(wol::Wol),
        ];
        Ok(Self { links, ..Self::of(all, config)? })
    }

    /// Those of `all` that the configuration enables.
    pub(crate) fn of(all: Vec<Arc<dyn Driver>>, config: &Config) -> Result<Self, String> {
        let options = &config.default;
        let known: Vec<_> = all.iter().map(|driver| driver.capabilities().hardware.as_str()).collect();
        let chosen = options.enabled_hardware_types.as_deref();
        judge_names("enabled_hardware_types", chosen, &known)?;
        let mut enabled = Vec::new();
        for (option, wanted, list) in [
            ("enabled_power_interfaces", &options.enabled_power_interfaces, of_all(&all, |table| table.power)),
            (
                "enabled_management_interfaces",
                &options.enabled_management_interfaces,
                of_all(&all, |table| table.management),
            ),
            ("enabled_vendor_interfaces", &options.enabled_vendor_interfaces, of_all(&all, |table| table.vendor)),
        ] {
            judge_names(option, wanted.as_deref(), &list)?;
        }
        for driver in all {
            let table = driver.capabilities();
            let name = table.hardware.as_str();
            if !allows(chosen, name) {
                continue;
            }
            let pick = |option: &str, wanted: &Option<Vec<String>>, has: &'static [&'static str]| {
                let picked: Vec<_> = has.iter().copied().filter(|name| allows(wanted.as_deref(), name)).collect();
                if picked.is_empty() {
                    return Err(format!("[DEFAULT] {option} leaves {name} without one; it has {}", has.join(", ")));
                }
                Ok(picked)
            };
            enabled.push(Enabled {
                power: pick("enabled_power_interfaces", &options.enabled_power_interfaces, table.power)?,
                management: pick(
                    "enabled_management_interfaces",
                    &options.enabled_management_interfaces,
                    table.management,
                )?,
                vendor: pick("enabled_vendor_interfaces", &options.enabled_vendor_interfaces, table.vendor)?,
                driver,
            });
        }
        Ok(Self { list: enabled, links: Arc::new(Links::new(config.conductor.sync_power_state_interval)) })
    }

    /// Closes what nobody has asked for since long.
    pub(crate) fn sweep(&self) {
        self.links.sweep();
        self.list.iter().for_each(|enabled| enabled.driver.sweep());
    }

    /// What is kept of devices between two conversations.
    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    /// The one with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Enabled> {
        self.list.iter().find(|driver| driver.name() == name)
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Enabled> {
        self.list.iter()
    }

    /// The one that a node names, or the error that tells which there are.
    pub(crate) fn of_node(&self, name: &str) -> Result<&Enabled, Error> {
        self.get(name).ok_or_else(|| {
            let has: Vec<_> = self.iter().map(Enabled::name).collect();
            Error::NoValidHost(name.to_owned(), has.join(", "))
        })
    }
}

fn of_all(all: &[Arc<dyn Driver>], of: impl Fn(&Capabilities) -> &'static [&'static str]) -> Vec<&'static str> {
    let mut names: Vec<_> = all.iter().flat_map(|driver| of(driver.capabilities())).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Unset means all.
fn allows(chosen: Option<&[String]>, name: &str) -> bool {
    chosen.is_none_or(|chosen| chosen.iter().any(|it| it == name))
}

fn judge_names(option: &str, chosen: Option<&[String]>, known: &[&str]) -> Result<(), String> {
    for name in chosen.into_iter().flatten() {
        if !known.contains(&name.as_str()) {
            return Err(format!("[DEFAULT] {option}: '{name}' is none of {} in this build", known.join(", ")));
        }
    }
    Ok(())
}
