//! `rackhand power`: one device, no daemon.

use std::time::{Duration, Instant};

use rackhand_core::dxp::{Reading, RelayChange, RelayChanges, RelayId};
use rackhand_core::operation::{Action, BootDevice, HardwareType, Outcome, PowerState, PowerTarget, Target};
use serde_json::json;

use crate::Exit;
use crate::cli::{Device, OnOff, Power, PowerAction};
use crate::driver;
use crate::driver_info::{self, Wrong};
use crate::out::{complain, say};
use crate::progress::Progress;
use crate::run::{Kept, perform, seed};

/// Carries out the command.
pub(crate) async fn main(power: Power) -> Exit {
    let (action, device) = match power.action {
        PowerAction::Status(device) => (Ok(Action::GetPower), device),
        PowerAction::On { boot_device, device } => (reach(PowerTarget::On, boot_device, &device), device),
        PowerAction::Off { soft, device } => {
            let target = if soft { PowerTarget::SoftOff } else { PowerTarget::Off };
            (Ok(Action::SetPower(target)), device)
        }
        PowerAction::Reboot { soft, boot_device, device } => {
            let target = if soft { PowerTarget::SoftReboot } else { PowerTarget::Reboot };
            (reach(target, boot_device, &device), device)
        }
        PowerAction::Pulse { state, seconds, device } => {
            (Ok(Action::PulseRelay { on: state == OnOff::On, seconds }), device)
        }
        PowerAction::Switch { relays, device } => (changes(&relays).map(Action::SwitchRelays), device),
    };
    let asked_for_state = matches!(action, Ok(Action::GetPower));
    let (result, took) = ask(&device, action).await;
    let report = Report { driver: device.driver, asked_for_state, took };
    report.print(&result, device.json)
}

fn reach(target: PowerTarget, boot: Option<BootDevice>, device: &Device) -> Result<Action, Wrong> {
    match (boot, device.driver) {
        (Some(boot), HardwareType::Ipmi | HardwareType::StagingNm) => Err(Wrong::Argument(format!(
            "--boot-device {boot}: a BMC keeps the boot device itself, and is told by rackhand boot-device set {boot}"
        ))),
        (Some(boot), HardwareType::StagingLibvirt) => Err(Wrong::Argument(format!(
            "--boot-device {boot}: a domain's definition keeps the boot device, and is told by rackhand boot-device set {boot}"
        ))),
        (Some(boot), _) => Ok(Action::StartFrom { boot, target }),
        (None, _) => Ok(Action::SetPower(target)),
    }
}

/// Carries out `action` on the device, while progress is shown; how it ended, and how long it took.
pub(crate) async fn ask(device: &Device, action: Result<Action, Wrong>) -> (Result<Outcome, Wrong>, Duration) {
    let begun = Instant::now();
    let timeout = Duration::from_secs_f64(device.timeout);
    if device.driver == HardwareType::StagingLibvirt {
        return (ask_libvirt(device, action, timeout).await, begun.elapsed());
    }
    let ready = action.and_then(|action| Ok((action, target(device)?, seed().map_err(Wrong::System)?)));
    let result = match ready {
        Ok((action, target, seed)) => {
            let progress = Progress::start(device.driver.to_string());
            // There is no next one.
            let mut kept = Kept::default();
            let done = perform(&target, &action, timeout, &seed, &mut kept, |doing| progress.step(doing));
            done.await.map_err(Wrong::Setting)
        }
        Err(wrong) => Err(wrong),
    };
    (result, begun.elapsed())
}

/// The same for a virtual machine.
async fn ask_libvirt(device: &Device, action: Result<Action, Wrong>, timeout: Duration) -> Result<Outcome, Wrong> {
    let action = action?;
    let target = driver_info::libvirt_target(&device.driver_info, &device.ports)?;
    let _progress = Progress::start(format!("{}: {}", device.driver, target.access));
    Ok(driver::perform_on_domain(target, &action, timeout).await?)
}

fn target(device: &Device) -> Result<Target, Wrong> {
    let mut target = driver_info::target(device.driver, &device.driver_info, &device.ports)?;
    if let Target::Iboot(iboot) = &mut target {
        iboot.options.max_retry = device.max_retry;
        iboot.options.retry_interval_ms = millis(device.retry_interval);
        iboot.options.reboot_delay_ms = millis(device.reboot_delay);
    }
    Ok(target)
}

/// The argument parser has bounded it to a day.
fn millis(seconds: f64) -> u32 {
    u32::try_from(Duration::from_secs_f64(seconds).as_millis()).unwrap_or(u32::MAX)
}

fn changes(relays: &[String]) -> Result<RelayChanges, Wrong> {
    let wrong =
        |text: &str| Wrong::Argument(format!("--relay must be NUMBER=on or NUMBER=off from 1 to 32, not '{text}'"));
    let mut list = Vec::new();
    for text in relays {
        let change = text.split_once('=').and_then(|(number, state)| {
            let relay = RelayId::new(number.parse().ok()?)?;
            let on = match state {
                "on" => true,
                "off" => false,
                _ => return None,
            };
            Some(RelayChange { relay, on })
        });
        list.push(change.ok_or_else(|| wrong(text))?);
    }
    RelayChanges::new(&list).map_err(|error| Wrong::Argument(format!("--relay: {error}")))
}

/// What is to be said beside the result.
struct Report {
    driver: HardwareType,
    asked_for_state: bool,
    took: Duration,
}

impl Report {
    /// Says how it ended: the result on standard output, everything else on standard error.
    fn print(&self, result: &Result<Outcome, Wrong>, as_json: bool) -> Exit {
        let exit = result.as_ref().map_or_else(Wrong::exit, |_| Exit::Done);
        if as_json {
            say(self.json(result, exit));
            return exit;
        }
        match result {
            Ok(outcome) => {
                say(in_words(*outcome));
                if let Some(remark) = remark(*outcome) {
                    complain(format_args!("rackhand: {remark}"));
                }
            }
            Err(wrong) => {
                if self.state_is_error(exit) {
                    say(ERROR);
                }
                complain(format_args!("rackhand: {}: {wrong}", wrong.name()));
            }
        }
        exit
    }

    /// A state that cannot be read is a state too, by Ironic's rules.
    fn state_is_error(&self, exit: Exit) -> bool {
        self.asked_for_state && exit != Exit::Usage
    }

    fn json(&self, result: &Result<Outcome, Wrong>, exit: Exit) -> serde_json::Value {
        let (driver, seconds) = (self.driver.as_str(), self.took.as_secs_f64());
        match result {
            Ok(outcome) => json!({
                "driver": driver,
                "power_state": state(*outcome).map(PowerState::as_str),
                "outcome": outcome,
                "remark": remark(*outcome),
                "seconds": seconds,
            }),
            Err(wrong) => json!({
                "driver": driver,
                "power_state": self.state_is_error(exit).then_some(ERROR),
                "error": wrong.json(),
                "seconds": seconds,
            }),
        }
    }
}

/// Ironic's name of a state that cannot be read.
const ERROR: &str = "error";

/// The state that a person is told.
const fn state(outcome: Outcome) -> Option<PowerState> {
    match outcome {
        // Nothing is stored without a daemon.
        Outcome::Stored(None) => Some(PowerState::Off),
        outcome => outcome.power_state(),
    }
}

fn in_words(outcome: Outcome) -> String {
    match (outcome, state(outcome)) {
        (Outcome::Pulsed(_), Some(state)) => format!("pulsed; right after: {state}"),
        (Outcome::Pulsed(Reading::Unknown(byte)), _) => {
            format!("pulsed; right after: {byte}, which is neither on (1) nor off (0)")
        }
        (Outcome::Pulsed(_), None) => "pulsed; right after: not readable".to_owned(),
        (_, Some(state)) => state.to_string(),
        (Outcome::Changing, None) => "changing".to_owned(),
        (_, None) => "switched".to_owned(),
    }
}

const fn remark(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Stored(None) => Some("a machine behind Wake-on-LAN cannot be asked; nothing is known of it here"),
        Outcome::Stored(Some(PowerState::Off)) => {
            Some("nothing was sent: Wake-on-LAN cannot power a machine off, somebody must do it by hand")
        }
        Outcome::Stored(Some(PowerState::On)) => {
            Some("the magic packets were sent; whether the machine woke up cannot be asked")
        }
        Outcome::Started { left_armed: true, .. } => Some(
            "a boot device may be left armed: unless a start with --boot-device takes its place, the machine starts from it some \
             other time",
        ),
        Outcome::Started { boot_device_used: false, .. } => {
            Some("the machine was on already: nothing was sent, and the boot device was not used")
        }
        Outcome::Changing => Some("the machine is on its way from one power state to another: ask again in a while"),
        _ => None,
    }
}
