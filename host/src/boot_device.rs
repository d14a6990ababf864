//! `rackhand boot-device`: what a machine starts from, as its BMC or its definition keeps it; no daemon.

use rackhand_core::ipmi::BootSetting;
use rackhand_core::operation::{Action, Error, Outcome};
use serde_json::json;

use crate::Exit;
use crate::cli::BootDeviceAction;
use crate::driver_info::Wrong;
use crate::out::{complain, say};
use crate::power::ask;

/// Carries out the command.
pub(crate) async fn main(action: BootDeviceAction) -> Exit {
    let (action, device) = match action {
        BootDeviceAction::Show(device) => (Action::GetBootDevice, device),
        BootDeviceAction::Set { boot_device, persistent, efi, device } => {
            (Action::SetBootDevice { device: boot_device, persistent, efi }, device)
        }
    };
    let driver = device.driver.as_str();
    let (result, took) = ask(&device, Ok(action.clone())).await;
    let result = result.and_then(|outcome| match outcome {
        Outcome::BootDevice(setting) => Ok(setting),
        // No other answer belongs to this question.
        _ => Err(Wrong::Setting(Error::OutOfTurn)),
    });
    let exit = result.as_ref().map_or_else(Wrong::exit, |_| Exit::Done);
    let seconds = took.as_secs_f64();
    match (result, device.json) {
        (Ok(kept), true) => {
            say(json!({
                "driver": driver,
                "boot_device": kept.device,
                "persistent": kept.device.map(|_| kept.persistent),
                "efi": kept.device.map(|_| kept.efi),
                "remark": less(&action, kept),
                "seconds": seconds,
            }));
        }
        (Ok(kept), false) => {
            say(in_words(kept));
            if let Some(remark) = less(&action, kept) {
                complain(format_args!("rackhand: {remark}"));
            }
        }
        (Err(wrong), true) => {
            say(json!({ "driver": driver, "error": wrong.json(), "seconds": seconds }));
        }
        (Err(wrong), false) => complain(format_args!("rackhand: {}: {wrong}", wrong.name())),
    }
    exit
}

fn in_words(kept: BootSetting) -> String {
    let Some(device) = kept.device else { return "none: the machine's own order counts".to_owned() };
    let often = if kept.persistent { "every start" } else { "the next start" };
    format!("{device}, {often}, {}", if kept.efi { "UEFI" } else { "BIOS" })
}

/// What the BMC has dropped of what it was told.
fn less(action: &Action, kept: BootSetting) -> Option<&'static str> {
    let Action::SetBootDevice { persistent, efi, .. } = action else { return None };
    match (*persistent == kept.persistent, efi.is_none_or(|efi| efi == kept.efi)) {
        (true, true) => None,
        (true, false) => Some("the machine keeps the boot device, but not whether the firmware is UEFI"),
        (false, true) => Some("the machine keeps the boot device, but not for how many starts"),
        (false, false) => {
            Some("the machine keeps the boot device, but neither for how many starts nor whether the firmware is UEFI")
        }
    }
}

#[cfg(test)]
mod tests {
    use rackhand_core::operation::BootDevice;

    use super::*;

    #[test]
    fn what_is_kept_is_told_and_so_is_what_is_not() {
        let kept = BootSetting { device: Some(BootDevice::Pxe), persistent: false, efi: true };
        assert_eq!(in_words(kept), "pxe, the next start, UEFI");
        assert!(in_words(BootSetting { device: None, ..kept }).starts_with("none"));
        let set = |persistent, efi| Action::SetBootDevice { device: BootDevice::Pxe, persistent, efi };
        for whole in [set(false, None), set(false, Some(true)), Action::GetBootDevice] {
            assert_eq!(less(&whole, kept), None);
        }
        for (asked, word) in
            [(set(true, None), "starts"), (set(false, Some(false)), "UEFI"), (set(true, Some(false)), "neither")]
        {
            assert!(less(&asked, kept).unwrap().contains(word), "{asked:?}");
        }
    }
}
