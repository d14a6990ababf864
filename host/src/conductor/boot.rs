//! What a machine starts from: a node's wish, the start that brings it along, and what a device may be left with.
//!
//! AMT takes a boot device for one start and keeps nothing of it afterwards: it is *armed* right before the request for power.
//! A node is noted as armed before anything is sent and until it is known that nothing is, whatever happens to this process in
//! between: a machine that was left armed would start from the wrong device some other time.
//!
//! A BMC keeps it itself: it is asked and told while the client waits, as Ironic does.

use std::time::{Duration, Instant};

use rackhand_core::ipmi::BootSetting;
use rackhand_core::operation::{Action, BootDevice, Outcome, PowerTarget};

use super::Conductor;
use super::task::{Task, Unfinished};
use crate::driver::{Device, DriverError, Keeper, Management};
use crate::error::Error;
use crate::model::{BootWish, Node, now};

/// What a person is told of a node that stays noted.
pub(super) const LEFT_ARMED: &str = "a boot device may be left armed; it is taken back as soon as the device can be asked, or used up by the next start";

/// What a person was told, once nothing is armed any more.
pub(super) fn without_armed(told: &str) -> Option<String> {
    let rest = told.replace(&format!("; {LEFT_ARMED}"), "");
    (rest != LEFT_ARMED).then_some(rest)
}

/// Whether a machine may be started by this.
const fn starts(target: PowerTarget) -> bool {
    match target {
        PowerTarget::On | PowerTarget::Reboot | PowerTarget::SoftReboot => true,
        PowerTarget::Off | PowerTarget::SoftOff => false,
    }
}

/// What is sent for a task, and what was known of the device's boot configuration before.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) task: Task,
    pub(super) action: Action,
    was_armed: bool,
}

/// How a plan ended.
pub(super) struct Ended {
    pub(super) result: Result<Outcome, Unfinished>,
    /// What an earlier action had left armed was taken back first.
    pub(super) disarmed: bool,
}

impl From<Result<Outcome, Unfinished>> for Ended {
    fn from(result: Result<Outcome, Unfinished>) -> Self {
        Self { result, disarmed: false }
    }
}

impl Plan {
    /// For a task on a node of this management interface. The node's lock is held: its wish stays what it is.
    pub(super) fn new(task: Task, node: &Node, management: Option<Management>) -> Self {
        let kept = management.is_some_and(|management| matches!(management.keeper(), Keeper::Node(_)));
        let action = match (task, node.boot) {
            (Task::Power(target), Some(wish)) if kept && starts(target) => {
                Action::StartFrom { boot: wish.device, target }
            }
            (Task::Power(target), _) => Action::SetPower(target),
            (Task::Verify, _) => Action::GetPower,
        };
        Self { task, action, was_armed: node.armed }
    }

    const fn arms(&self) -> bool {
        matches!(self.action, Action::StartFrom { .. })
    }

    /// Whether what an earlier action left armed is to be taken back first: a start without a wish of its own would take it.
    const fn disarms_first(&self) -> bool {
        self.was_armed && matches!(self.action, Action::SetPower(target) if starts(target))
    }

    /// Notes, before anything is sent, what will be.
    pub(super) const fn begin(&self, node: &mut Node) {
        node.armed |= self.arms();
    }

    /// Notes what is left of it, and drops a wish that is fulfilled.
    pub(super) fn end(&self, node: &mut Node, ended: &Ended) {
        if !self.arms() {
            node.armed &= !ended.disarmed;
            return;
        }
        node.armed = match &ended.result {
            Ok(Outcome::Started { boot_device_used, left_armed, .. }) => {
                self.used(node, *boot_device_used, *left_armed)
            }
            Err(Unfinished::NotBegun) => self.was_armed,
            // The machine may have started from there, though nobody has seen it.
            Err(Unfinished::Failed(error)) => self.used(node, error.boot_device_used(), error.left_armed()),
            Ok(_) | Err(Unfinished::GivenUp) => true,
        };
    }

    /// Drops a one-time wish that a start has fulfilled, and says whether something is armed: a start uses up whatever was.
    fn used(&self, node: &mut Node, boot_device_used: bool, left_armed: bool) -> bool {
        if boot_device_used && node.boot.is_some_and(|wish| !wish.persistent) {
            node.boot = None;
        }
        left_armed || (self.was_armed && !boot_device_used)
    }

    /// Carries it out within `timeout`.
    pub(super) async fn carry_out(
        &self,
        device: &dyn Device,
        timeout: Duration,
        disarmed: &mut bool,
    ) -> Result<Outcome, DriverError> {
        let begun = Instant::now();
        if self.disarms_first() {
            device.perform(&Action::Disarm, timeout).await.map_err(|error| {
                error.context(
                    "what an earlier action left armed could not be taken back, and the machine would start from it (a boot \
                     device that is set for the node takes its place)",
                )
            })?;
            *disarmed = true;
        }
        let result = device.perform(&self.action, timeout.saturating_sub(begun.elapsed())).await;
        result.map_err(|error| match *disarmed && error.sent_nothing() {
            // Too little time is left, for one.
            true => error.context("after what an earlier action left armed was taken back"),
            false => error,
        })
    }
}

/// What a device has answered.
fn boot_setting(outcome: Outcome) -> Result<BootSetting, DriverError> {
    match outcome {
        Outcome::BootDevice(setting) => Ok(setting),
        _ => Err(DriverError::internal("another answer than to a boot device")),
    }
}

/// Says what a BMC has dropped of a wish: it starts from there, but not as often as it should, or not as it should.
fn warn_of_less(node: &Node, device: BootDevice, (persistent, efi): (bool, Option<bool>), kept: BootSetting) {
    let node = node.called();
    if kept.persistent != persistent {
        tracing::warn!(node, %device, asked = persistent, kept = kept.persistent, "the machine keeps the boot device, but not 'persistent'");
    }
    if efi.is_some_and(|efi| efi != kept.efi) {
        tracing::warn!(node, %device, asked = efi, kept = kept.efi, "the machine keeps the boot device, but not the boot mode (UEFI)");
    }
}

impl Conductor {
    /// What a node boots from, as far as its management interface knows. None: nothing is set.
    pub(crate) async fn boot_device(&self, node: &Node) -> Result<Option<BootWish>, Error> {
        let guard = self.lock(node).await?;
        let node = self.node(&node.uuid.to_string())?;
        match self.management(&node)?.keeper() {
            Keeper::Nobody(wish) => Ok(Some(wish)),
            Keeper::Node(otherwise) => {
                self.judge(&node)?;
                Ok(Some(node.boot.unwrap_or(otherwise)))
            }
            Keeper::Device => {
                let kept = boot_setting(self.ask_now(self.admitted(guard, node.uuid)?, &Action::GetBootDevice).await?)?;
                Ok(kept.device.map(|device| BootWish { device, persistent: kept.persistent }))
            }
        }
    }

    /// Sets what a node boots from; `device` is as a person wrote it. Only a device that keeps it is asked.
    pub(crate) async fn set_boot_device(&self, node: &Node, device: String, persistent: bool) -> Result<(), Error> {
        let guard = self.lock(node).await?;
        let node = self.node(&node.uuid.to_string())?;
        let management = self.management(&node)?;
        let supported = management.supported().iter().find(|it| it.as_str() == device);
        let Some(&device) = supported else { return Err(Error::InvalidBootDevice(device)) };
        match management.keeper() {
            Keeper::Nobody(_) => Ok(()),
            Keeper::Device => {
                let efi = node.efi();
                let action = Action::SetBootDevice { device, persistent, efi };
                let kept = boot_setting(self.ask_now(self.admitted(guard, node.uuid)?, &action).await?)?;
                warn_of_less(&node, device, (persistent, efi), kept);
                Ok(())
            }
            Keeper::Node(_) => {
                self.judge(&node)?;
                let wish = Some(BootWish { device, persistent });
                self.note(&node, move |node| {
                    node.boot = wish;
                    node.updated_at = Some(now());
                })
                .await
            }
        }
    }

    /// Judges the settings of a node, as Ironic does before it speaks of boot devices.
    fn judge(&self, node: &Node) -> Result<(), Error> {
        self.drivers.of_node(&node.driver)?.prepare(node, &self.addresses(node.uuid))?;
        Ok(())
    }

    /// The management interface of a node.
    pub(crate) fn management(&self, node: &Node) -> Result<Management, Error> {
        let driver = self.drivers.of_node(&node.driver)?;
        driver
            .management(node)
            .ok_or_else(|| Error::UnsupportedInterface { driver: node.driver.clone(), extension: "management" })
    }
}
