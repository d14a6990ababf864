//! What a device is: AMT_GeneralSettings, AMT_SetupAndConfigurationService, CIM_SoftwareIdentity (Intel AMT SDK, "Get Core
//! Version", "Setup and Configuration").

use super::super::login::base64;
use super::{Instance, World, text};

pub(super) fn general() -> Instance {
    vec![
        text("AMTNetworkEnabled", &1),
        text("DDNSTTL", &900),
        text("DigestRealm", "Digest:10DF0000000000000000000000000000"),
        text("DomainName", ""),
        text("ElementName", "Intel(r) AMT: General Settings"),
        text("HostName", "simulated"),
        text("IdleWakeTimeout", &1),
        text("InstanceID", "Intel(r) AMT: General Settings"),
        text("PingResponseEnabled", &true),
        text("PrivacyLevel", &0),
    ]
}

pub(super) fn setup(world: &World<'_>) -> Instance {
    vec![
        text("CreationClassName", "AMT_SetupAndConfigurationService"),
        text("ElementName", "Intel(r) AMT Setup and Configuration Service"),
        text("EnabledState", &5),
        text("Name", "Intel(r) AMT Setup and Configuration Service"),
        text("PasswordModel", &1),
        text("ProvisioningMode", &if world.client_control { 4 } else { 1 }),
        text("ProvisioningServerOTP", "AAAA"),
        text("ProvisioningState", &2),
        text("RequestedState", &12),
        text("SystemCreationClassName", "CIM_ComputerSystem"),
        text("SystemName", "Intel(r) AMT"),
        text("ZeroTouchConfigurationEnabled", &true),
    ]
}

/// The output of GetUuid: 16 bytes, the first three fields little-endian.
pub(super) fn uuid() -> Instance {
    let bytes: Vec<u8> = (0..16).collect();
    vec![text("UUID", &base64(&bytes)), text("ReturnValue", &0)]
}

pub(super) fn software(world: &World<'_>) -> Vec<Instance> {
    let version = world.generation.version();
    let all = [
        ("Flash", version),
        ("Netstack", version),
        ("AMTApps", version),
        ("AMT", version),
        ("Sku", "16392"),
        ("VendorID", "8086"),
        ("Build Number", "3877"),
        ("Recovery Version", version),
        ("Recovery Build Num", "3877"),
        ("Legacy Mode", "False"),
    ];
    let instance = |(id, version): (&str, &str)| {
        vec![text("InstanceID", id), text("IsEntity", &true), text("VersionString", version)]
    };
    all.into_iter().map(instance).collect()
}
