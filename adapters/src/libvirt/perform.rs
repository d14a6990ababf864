//! Actions, as of all drivers.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rackhand_core::operation::{self, Action, ErrorKind, HardwareType, Outcome, PowerState, PowerTarget};
use rackhand_core::wol::Mac;

use super::hypervisor::Hypervisor;
use super::orders::Order;
use super::power::Button;
use super::session::Session;
use super::{Error, LEAST_REBOOT};

/// How often a domain that was asked to shut down is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Whether `action` could be begun within `timeout`. Nothing is sent.
///
/// # Errors
/// A virtual machine cannot do that, or too little time is left for it.
pub fn check(action: &Action, timeout: Duration) -> Result<(), Error> {
    match action {
        Action::SetPower(PowerTarget::Reboot | PowerTarget::SoftReboot) if timeout < LEAST_REBOOT => {
            Err(Error::invalid(format!(
                "timeout: a reboot needs at least {} s, so that there is always time to start again",
                LEAST_REBOOT.as_secs()
            )))
        }
        Action::GetPower | Action::SetPower(_) | Action::GetBootDevice | Action::SetBootDevice { .. } => Ok(()),
        other => {
            let error = operation::Error::Unsupported { hardware: HardwareType::StagingLibvirt, action: other.name() };
            Err(Error::unsupported(error.to_string()))
        }
    }
}

impl Hypervisor {
    /// Carries `action` out on the domain with one of these addresses, within `timeout`. When this is dropped, a call that was
    /// made is carried out all the same.
    ///
    /// # Errors
    /// Why it was not done; see [`Error`].
    pub async fn perform(&self, macs: &[Mac], action: &Action, timeout: Duration) -> Result<Outcome, Error> {
        check(action, timeout)?;
        let deadline = Instant::now() + timeout;
        let macs = macs.to_vec();
        match action {
            Action::GetPower => {
                let active = tokio::time::timeout(timeout, self.is_active(&macs)).await;
                let active =
                    active.map_err(|_| Error::no_contact("the hypervisor has not answered, and time is up"))??;
                Ok(Outcome::Power(PowerState::from_on(active)))
            }
            Action::SetPower(target) => self.reach(macs, *target, deadline).await.map(Outcome::Power),
            Action::GetBootDevice => {
                self.ask(deadline, move |session| session.boot_device(&macs)).await.map(Outcome::BootDevice)
            }
            Action::SetBootDevice { device, persistent, .. } => {
                let (device, persistent, nonce) = (*device, *persistent, nonce());
                let order = self.boot_order(&macs);
                let set = self
                    .ask(deadline, move |session| session.set_boot_device(&macs, &order, device, persistent, nonce));
                set.await.map(Outcome::BootDevice)
            }
            _ => Err(Error::internal("an action that was not checked")),
        }
    }

    async fn reach(&self, macs: Vec<Mac>, target: PowerTarget, deadline: Instant) -> Result<PowerState, Error> {
        let order = self.power_order(&macs, matches!(target, PowerTarget::Off | PowerTarget::SoftOff));
        match target {
            PowerTarget::On => {
                self.wait(deadline, move |session| session.bring_up(&macs, &order)).await.map(|()| PowerState::On)
            }
            PowerTarget::Off => self
                .wait(deadline, move |session| session.bring_down(&macs, &order, || ()))
                .await
                .map(|()| PowerState::Off),
            PowerTarget::SoftOff => self.shut_down(&macs, order, deadline).await.map(|()| PowerState::Off),
            PowerTarget::Reboot => self.reboot(macs, order, deadline).await.map(|()| PowerState::On),
            PowerTarget::SoftReboot => self.soft_reboot(macs, order, deadline).await.map(|()| PowerState::On),
        }
    }

    /// Presses the power button once and waits for the guest. A second press would be an order of its own: some guests call off
    /// what they have begun.
    pub(super) async fn shut_down(&self, macs: &[Mac], order: Order, deadline: Instant) -> Result<(), Error> {
        let button = Arc::new(Button::default());
        let press = {
            let (macs, button) = (macs.to_vec(), Arc::clone(&button));
            move |session: &Session| session.press(&macs, &order, &button)
        };
        let pressed = match self.ask_once(deadline, press).await {
            Ok(true) => return Ok(()),
            Ok(false) => "the power button was pressed",
            Err(error) if !button.may_be_pressed() => return Err(error),
            Err(error) if Instant::now() >= deadline => {
                return Err(error.context("the power button may have been pressed"));
            }
            // What becomes of it is seen.
            Err(_) => "the power button may have been pressed (libvirt did not answer that)",
        };
        let mut last = None;
        while Instant::now() + LOOK < deadline {
            tokio::time::sleep(LOOK).await;
            match tokio::time::timeout_at(deadline.into(), self.is_active(macs)).await {
                Ok(Ok(false)) => return Ok(()),
                Ok(Ok(true)) => last = None,
                Ok(Err(error)) if matches!(error.kind(), ErrorKind::Access | ErrorKind::Parameters) => {
                    return Err(error);
                }
                // It goes on without us, and may be heard of again in time.
                Ok(Err(error)) => last = Some(error),
                Err(_) => break,
            }
        }
        Err(last.map_or_else(
            || {
                Error::failed(format!(
                    "{pressed}, and the guest has not shut down in time; its operating system may not listen to ACPI, or not be \
                     there yet"
                ))
            },
            |error| error.context(&format!("{pressed}, and whether the guest shuts down is not known")),
        ))
    }
}

/// A number that no other call has, as far as chance goes.
fn nonce() -> u32 {
    // The standard library's own randomness; nobody has to be kept from guessing it.
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}
