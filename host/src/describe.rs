//! `rackhand describe`: what a device says about itself, no daemon.

use std::fmt::Write as _;

use rackhand_core::amt::{AmtInfo, BootSource, PowerMeaning};
use rackhand_core::operation::{Action, Error, Outcome};
use serde_json::{Map, Value, json};

use crate::Exit;
use crate::cli::Device;
use crate::driver_info::Wrong;
use crate::out::{complain, say};
use crate::power::ask;

/// Carries out the command.
pub(crate) async fn main(device: Device) -> Exit {
    let driver = device.driver.as_str();
    let (result, took) = ask(&device, Ok(Action::Describe)).await;
    let result = result.and_then(|outcome| match outcome {
        Outcome::Described(info) => Ok(info),
        // No other answer belongs to this question.
        _ => Err(Wrong::Setting(Error::OutOfTurn)),
    });
    let exit = result.as_ref().map_or_else(Wrong::exit, |_| Exit::Done);
    match (result, device.json) {
        (Ok(info), true) => {
            let mut object = Map::new();
            object.insert("driver".to_owned(), driver.into());
            object.extend(as_json(&info));
            object.insert("seconds".to_owned(), took.as_secs_f64().into());
            say(Value::Object(object));
        }
        (Ok(info), false) => {
            say(in_words(&info).trim_end());
        }
        (Err(wrong), true) => {
            say(json!({ "driver": driver, "error": wrong.json(), "seconds": took.as_secs_f64() }));
        }
        (Err(wrong), false) => complain(format_args!("rackhand: {}: {wrong}", wrong.name())),
    }
    exit
}

/// By Ironic's names, in the order in which they are told.
const BOOT_DEVICES: [(&str, BootSource); 4] =
    [("pxe", BootSource::Pxe), ("disk", BootSource::Disk), ("cdrom", BootSource::Cdrom), ("bios", BootSource::Bios)];

fn as_json(info: &AmtInfo) -> Map<String, Value> {
    let boot: Map<_, _> =
        BOOT_DEVICES.iter().map(|(name, it)| ((*name).to_owned(), info.boot.has(*it).into())).collect();
    let codes: Vec<_> = info.power_codes.iter().collect();
    let all = [
        ("version", json!(info.version.map(|version| version.to_string()))),
        ("provisioning", json!(info.provisioning)),
        ("power_state", json!(info.power_state)),
        ("power_codes", json!(codes)),
        ("power_saving", json!(info.power_saving)),
        ("boot_devices", Value::Object(boot)),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

fn in_words(info: &AmtInfo) -> String {
    let untold = || "not told".to_owned();
    let mut text = String::new();
    let mut line = |name: &str, what: &str| {
        // A String takes everything.
        let _ = writeln!(text, "{name:<18}{what}");
    };
    line("AMT version", &info.version.map_or_else(untold, |version| version.to_string()));
    line("provisioning", &info.provisioning.map_or_else(untold, |it| it.to_string()));
    line("power state", &format!("{} ({})", info.power_state, meaning(info.power_state)));
    line("can be asked for", &info.power_codes.to_string());
    if let Some(saving) = info.power_saving {
        let meaning = match saving {
            2 => "full power",
            3 => "saving power",
            _ => "unknown",
        };
        line("operating system", &format!("{meaning} ({saving})"));
    }
    let devices = BOOT_DEVICES.map(|(name, source)| match info.boot.has(source) {
        Some(true) => name.to_owned(),
        Some(false) => format!("not {name}"),
        None => format!("{name} not told"),
    });
    line("boot devices", &devices.join(", "));
    text
}

/// What a PowerState is taken for, in words.
const fn meaning(state: u32) -> &'static str {
    match PowerMeaning::of(state) {
        PowerMeaning::On | PowerMeaning::Asleep => "power on",
        PowerMeaning::Off => "power off",
        PowerMeaning::Changing => "changing",
        PowerMeaning::Strange => "error",
    }
}

#[cfg(test)]
mod tests {
    use rackhand_core::amt::{BootCapabilities, PowerCodes, Provisioning, Version};

    use super::*;

    #[test]
    fn everything_is_told_and_what_is_not_known_is_so_too() {
        let mut info = AmtInfo { power_state: 8, ..AmtInfo::default() };
        let text = in_words(&info);
        assert!(text.contains("AMT version       not told\n") && text.contains("8 (power off)"), "{text}");
        assert!(text.contains("pxe not told") && !text.contains("operating system"), "{text}");
        assert_eq!(as_json(&info)["version"], Value::Null);
        info.version = Version::parse("12.0.67");
        info.provisioning = Some(Provisioning { mode: 1, state: 2 });
        info.power_state = 2;
        let mut codes = PowerCodes::default();
        codes.insert(8);
        codes.insert(5);
        info.power_codes = codes;
        info.power_saving = Some(3);
        let mut boot = BootCapabilities::default();
        boot.note(BootSource::Pxe, true);
        boot.note(BootSource::Cdrom, false);
        info.boot = boot;
        let text = in_words(&info);
        for part in ["12.0.67", "admin control mode, provisioned", "2 (power on)", "5, 8", "saving power (3)"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("pxe, disk not told, not cdrom, bios not told"), "{text}");
        let expected = json!({
            "version": "12.0.67",
            "provisioning": { "mode": 1, "state": 2 },
            "power_state": 2,
            "power_codes": [5, 8],
            "power_saving": 3,
            "boot_devices": { "pxe": true, "disk": null, "cdrom": false, "bios": null },
        });
        assert_eq!(Value::Object(as_json(&info)), expected);
    }
}
