//! What the next start is from: order, role and options, which are good for one start (DSP1012; Intel AMT SDK, "Set or
//! Disable Boot Settings and Options").

use std::collections::BTreeMap;

use rackhand_core::amt::BootSource;

use super::Generation;

/// A start of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// What it was from; the disk when nothing was armed.
    pub from: BootSource,
    /// A boot configuration was armed, and this start has taken it.
    pub armed: bool,
    /// SecureErase or PlatformErase was set: the disks are empty now.
    pub erased: bool,
}

/// Boot configuration.
#[derive(Clone, Debug)]
pub(super) struct Boot {
    /// The first source of ChangeBootOrder.
    pub(super) order: Option<BootSource>,
    /// Role: IsNextSingleUse.
    pub(super) armed: bool,
    /// AMT_BootSettingData: what may be written, and what must be there in a Put.
    pub(super) settings: BTreeMap<&'static str, String>,
    /// AMT_BootCapabilities: what the machine can be started from.
    pub(super) sources: Vec<BootSource>,
}

/// ReturnValue: done.
const DONE: u32 = 0;
/// ReturnValue: invalid reference.
const INVALID_REFERENCE: u32 = 4;
/// ReturnValue: invalid parameter.
const INVALID_PARAMETER: u32 = 5;

/// Options that exclude a boot source.
const EXCLUDING: [&str; 5] = ["BIOSPause", "BIOSSetup", "ReflashBIOS", "UseIDER", "UseSOL"];

/// Numbers among the settings.
const NUMBERS: [&str; 4] = ["BootMediaIndex", "FirmwareVerbosity", "IDERBootDevice", "UefiBootNumberOfParams"];

/// Settings that are texts, and what they are as long as nobody writes them.
const TEXTS: [(&str, &str); 5] = [
    ("ElementName", "Intel(r) AMT Boot Configuration Settings"),
    ("InstanceID", "Intel(r) AMT:BootSettingData 0"),
    ("OwningEntity", "Intel(r) AMT"),
    ("RSEPassword", ""),
    ("UefiBootParametersArray", ""),
];

/// Settings that every generation has.
const ALWAYS: [&str; 19] = [
    "BIOSPause",
    "BIOSSetup",
    "BootMediaIndex",
    "ConfigurationDataReset",
    "ElementName",
    "FirmwareVerbosity",
    "ForcedProgressEvents",
    "IDERBootDevice",
    "InstanceID",
    "LockKeyboard",
    "LockPowerButton",
    "LockResetButton",
    "LockSleepButton",
    "OwningEntity",
    "ReflashBIOS",
    "UseIDER",
    "UseSOL",
    "UseSafeMode",
    "UserPasswordBypass",
];

impl Boot {
    pub(super) fn new(generation: Generation) -> Self {
        let mut names = ALWAYS.to_vec();
        if generation.asks_system() {
            names.push("EnforceSecureBoot");
        }
        if generation.erases() {
            names.extend(["RSEPassword", "SecureErase"]);
        }
        if generation.recovers() {
            names.extend(["PlatformErase", "UefiBootNumberOfParams", "UefiBootParametersArray"]);
        }
        let mut boot = Self { order: None, armed: false, settings: BTreeMap::new(), sources: BootSource::ALL.to_vec() };
        boot.settings = names.into_iter().map(|name| (name, Self::rest(name).to_owned())).collect();
        boot
    }

    /// What a setting is when nothing is wanted.
    fn rest(name: &str) -> &'static str {
        if NUMBERS.contains(&name) {
            return "0";
        }
        TEXTS.iter().find(|(text, _)| *text == name).map_or("false", |(_, value)| value)
    }

    /// Whether a setting that is a truth value is set.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|value| matches!(value.as_str(), "true" | "1"))
    }

    /// Whether a text may be the value of a setting.
    fn may_be(name: &str, value: &str) -> bool {
        match TEXTS.iter().find(|(text, _)| *text == name) {
            Some((_, "")) => true,
            Some((_, fixed)) => value == *fixed,
            None if NUMBERS.contains(&name) => value.parse::<u16>().is_ok(),
            None => matches!(value, "true" | "false" | "1" | "0"),
        }
    }

    /// Put: all settings, or none is changed. What else there is, and can only be read, is left alone.
    pub(super) fn put(&mut self, values: &BTreeMap<String, String>) -> bool {
        let good = self.settings.keys().all(|name| values.get(*name).is_some_and(|value| Self::may_be(name, value)));
        if good {
            for (name, place) in &mut self.settings {
                if let Some(value) = values.get(*name)
                    && *name != "RSEPassword"
                {
                    place.clone_from(value);
                }
            }
        }
        good
    }

    /// ChangeBootOrder: the InstanceIDs of the sources, none clears. Only the first counts, and only when there is no order
    /// yet: until the next start, later ones are accepted and ignored.
    pub(super) fn change_order(&mut self, sources: &[String]) -> u32 {
        let Some(first) = sources.first() else {
            self.order = None;
            return DONE;
        };
        let known = self.sources.iter().copied().find(|source| source.instance_id() == Some(first.as_str()));
        let Some(source) = known else { return INVALID_REFERENCE };
        if EXCLUDING.iter().any(|name| self.is_set(name)) {
            return INVALID_PARAMETER;
        }
        self.order.get_or_insert(source);
        DONE
    }

    /// SetBootConfigRole: 1 arms, 32768 disarms.
    pub(super) const fn set_role(&mut self, role: u32) -> u32 {
        match role {
            1 => self.armed = true,
            32_768 => self.armed = false,
            _ => return INVALID_PARAMETER,
        }
        DONE
    }

    /// The machine starts; what was armed is used up.
    pub(super) fn start(&mut self) -> Start {
        if !self.armed {
            return Start { from: BootSource::Disk, armed: false, erased: false };
        }
        let from = if self.is_set("BIOSSetup") { BootSource::Bios } else { self.order.unwrap_or(BootSource::Disk) };
        let erased = self.is_set("SecureErase") || self.is_set("PlatformErase");
        self.armed = false;
        self.order = None;
        for (name, value) in &mut self.settings {
            Self::rest(name).clone_into(value);
        }
        Start { from, armed: true, erased }
    }
}
