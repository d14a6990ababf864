//! What the machine starts from: AMT_BootCapabilities, AMT_BootSettingData, CIM_BootConfigSetting, CIM_BootService,
//! CIM_BootSourceSetting (DSP1012; Intel AMT SDK, "Set or Disable Boot Settings and Options").

use std::collections::BTreeMap;

use rackhand_core::amt::BootSource;
use rackhand_core::wsman::Subcode;

use super::{Instance, Node, Note, Refusal, World, number, output, parameters, reference, refers_to, text};

const CONFIGURATION: (&str, &str) = ("InstanceID", "Intel(r) AMT: Boot Configuration 0");

/// ReturnValue: invalid reference.
const INVALID_REFERENCE: u32 = 4;
/// ReturnValue: access denied.
const ACCESS_DENIED: u32 = 6;

pub(super) fn capabilities(world: &World<'_>) -> Instance {
    let has = |source| world.machine.boot.sources.contains(&source);
    let mut instance = vec![
        text("BIOSPause", &false),
        text("BIOSReflash", &true),
        text("BIOSSetup", &has(BootSource::Bios)),
        text("ElementName", "Intel(r) AMT: Boot Capabilities"),
        text("ForceCDorDVDBoot", &has(BootSource::Cdrom)),
        text("ForceDiagnosticBoot", &false),
        text("ForceHardDriveBoot", &has(BootSource::Disk)),
        text("ForcePXEBoot", &has(BootSource::Pxe)),
        text("IDER", &true),
        text("InstanceID", "Intel(r) AMT:BootCapabilities 0"),
        text("SOL", &true),
    ];
    if world.generation.erases() {
        instance.insert(10, text("SecureErase", &true));
    }
    instance
}

/// Properties that can only be read, and may be put back as they are.
const READ_ONLY: [&str; 8] = [
    "BIOSLastStatus",
    "BootguardStatus",
    "OptionsCleared",
    "RPEEnabled",
    "SecureBootControlEnabled",
    "UEFIHTTPSBootEnabled",
    "UEFILocalPBABootEnabled",
    "WinREBootEnabled",
];

pub(super) fn settings(world: &World<'_>) -> Instance {
    let mut instance: Instance = world.machine.boot.settings.iter().map(|(name, value)| text(name, value)).collect();
    if world.generation.erases() {
        instance.push(("BIOSLastStatus", super::Value::List(vec!["2".to_owned(), "0".to_owned()])));
        instance.push(text("OptionsCleared", &true));
    }
    if world.generation.recovers() {
        instance.push(text("RPEEnabled", &false));
        instance.push(text("UEFIHTTPSBootEnabled", &false));
    }
    instance.sort_by_key(|(name, _)| *name);
    instance
}

pub(super) fn put_settings(world: &mut World<'_>, body: &Node) -> Result<(), Refusal> {
    if world.is_denied() {
        return Err(Refusal::of(Subcode::AccessDenied));
    }
    let wrong = || Refusal::of(Subcode::SchemaValidationError);
    let mut values = BTreeMap::new();
    for node in body.nodes() {
        let name = node.local.as_str();
        let writable = world.machine.boot.settings.contains_key(name);
        if node.namespace != body.namespace || !(writable || READ_ONLY.contains(&name)) {
            return Err(wrong());
        }
        let before = values.insert(name.to_owned(), node.as_text().ok_or_else(wrong)?.to_owned());
        if before.is_some() && writable {
            return Err(wrong());
        }
    }
    // Those that there are must all be there, each with a value that it can have.
    if world.boot().put(&values) { Ok(()) } else { Err(Refusal::of(Subcode::InvalidRepresentation)) }
}

pub(super) fn config() -> Instance {
    vec![text("ElementName", "Intel(r) AMT: Boot Configuration"), text("InstanceID", CONFIGURATION.1)]
}

pub(super) fn service() -> Instance {
    vec![
        text("CreationClassName", "CIM_BootService"),
        text("ElementName", "Intel(r) AMT Boot Service"),
        text("EnabledState", &5),
        text("Name", "Intel(r) AMT Boot Service"),
        text("OperationalStatus", &0),
        text("RequestedState", &12),
        text("SystemCreationClassName", "CIM_ComputerSystem"),
        text("SystemName", "Intel(r) AMT"),
    ]
}

pub(super) fn sources(world: &World<'_>) -> Vec<Instance> {
    let string = |source| match source {
        BootSource::Bios => None,
        BootSource::Cdrom => Some("CIM:CD/DVD:1"),
        BootSource::Disk => Some("CIM:Hard-Disk:1"),
        BootSource::Pxe => Some("CIM:Network:1"),
    };
    let instance = |source: &BootSource| {
        Some(vec![
            text("ElementName", "Intel(r) AMT: Boot Source"),
            text("FailThroughSupported", &2),
            text("InstanceID", source.instance_id()?),
            text("StructuredBootString", string(*source)?),
        ])
    };
    world.machine.boot.sources.iter().filter_map(instance).collect()
}

/// How access is denied to a method: by a ReturnValue on old firmware, by a fault on newer.
fn denied(world: &World<'_>) -> Result<Instance, Refusal> {
    if world.generation.erases() {
        return Err(Refusal::of(Subcode::AccessDenied));
    }
    Ok(output(ACCESS_DENIED))
}

pub(super) fn change_order(world: &mut World<'_>, input: &Node) -> Result<Instance, Refusal> {
    let found = parameters(input, &["Source"])?;
    if world.is_denied() {
        return denied(world);
    }
    let mut sources = Vec::new();
    for (_, source) in found {
        let (_, selectors) = reference(source).ok_or(Refusal::of(Subcode::SchemaValidationError))?;
        let instance = selectors.into_iter().find(|(name, _)| name == "InstanceID");
        sources.push(instance.map(|(_, value)| value).unwrap_or_default());
    }
    let value = world.boot().change_order(&sources);
    if value == 0 {
        let order = world.boot().order;
        world.note(Note::Order(order));
    }
    Ok(output(value))
}

pub(super) fn set_role(world: &mut World<'_>, input: &Node) -> Result<Instance, Refusal> {
    let found = parameters(input, &["BootConfigSetting", "Role"])?;
    let role = number(&found, "Role")?;
    if world.is_denied() {
        return denied(world);
    }
    let ours = |(name, node): &(&str, &Node)| {
        *name == "BootConfigSetting" && refers_to(node, "CIM_BootConfigSetting", CONFIGURATION)
    };
    let value = if found.iter().any(ours) { world.boot().set_role(role) } else { INVALID_REFERENCE };
    if value == 0 {
        world.note(Note::Armed(role == 1));
    }
    Ok(output(value))
}
