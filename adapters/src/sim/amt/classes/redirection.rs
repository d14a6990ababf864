//! Who looks on, and whether somebody must consent: CIM_KVMRedirectionSAP, IPS_OptInService (Intel AMT SDK, "User Consent").

use super::{AmtFault, Instance, World, text};

/// OptInRequired: for everything.
const ALL: u32 = u32::MAX;

pub(super) fn opt_in(world: &World<'_>) -> Instance {
    let required = if world.faults.holds(&AmtFault::Consent) || world.client_control { ALL } else { 1 };
    vec![
        text("CanModifyOptInPolicy", &1),
        text("CreationClassName", "IPS_OptInService"),
        text("ElementName", "Intel(r) AMT OptIn Service"),
        text("Name", "Intel(r) AMT OptIn Service"),
        text("OptInCodeTimeout", &120),
        text("OptInDisplayTimeout", &300),
        text("OptInRequired", &required),
        text("OptInState", &0),
        text("SystemCreationClassName", "CIM_ComputerSystem"),
        text("SystemName", "Intel(r) AMT"),
    ]
}

/// EnabledState: in session, or enabled but offline.
pub(super) fn kvm(world: &World<'_>) -> Instance {
    vec![
        text("CreationClassName", "CIM_KVMRedirectionSAP"),
        text("ElementName", "KVM Redirection Service Access Point"),
        text("EnabledState", &if world.faults.holds(&AmtFault::KvmSession) { 2 } else { 6 }),
        text("KVMProtocol", &4),
        text("Name", "KVM Redirection Service Access Point"),
        text("RequestedState", &2),
        text("SystemCreationClassName", "CIM_ComputerSystem"),
        text("SystemName", "ManagedSystem"),
    ]
}
