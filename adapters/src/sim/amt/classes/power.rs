//! Power: CIM_AssociatedPowerManagementService, CIM_PowerManagementService, CIM_ComputerSystem, IPS_PowerManagementService
//! (DSP1027; Intel AMT SDK, "Change System Power State").

use rackhand_core::wsman::Subcode;

use super::super::machine::ON;
use super::{AmtFault, Instance, Node, Note, Refusal, Value, World, number, output, parameters, refers_to, text};

/// ReturnValue: invalid parameter.
const INVALID_PARAMETER: u32 = 5;
/// ReturnValue: "not now".
const NOT_NOW: u32 = 2;
/// ReturnValue: a timeout cannot be given.
const NO_TIMEOUT: u32 = 4098;

pub(super) fn associated(world: &World<'_>) -> Instance {
    let system = !world.faults.holds(&AmtFault::NoSystem);
    let codes = world.machine.available(system).iter().map(u32::to_string).collect();
    vec![
        ("AvailableRequestedPowerStates", Value::List(codes)),
        text("PowerState", &world.machine.state()),
        (
            "ServiceProvided",
            Value::Reference(
                "CIM_PowerManagementService",
                &[
                    ("CreationClassName", "CIM_PowerManagementService"),
                    ("Name", "Intel(r) AMT Power Management Service"),
                    ("SystemCreationClassName", "CIM_ComputerSystem"),
                    ("SystemName", "Intel(r) AMT"),
                ],
            ),
        ),
        (
            "UserOfService",
            Value::Reference(
                "CIM_ComputerSystem",
                &[("CreationClassName", "CIM_ComputerSystem"), ("Name", "ManagedSystem")],
            ),
        ),
    ]
}

pub(super) fn service() -> Instance {
    vec![
        text("CreationClassName", "CIM_PowerManagementService"),
        text("ElementName", "Intel(r) AMT Power Management Service"),
        text("EnabledState", &5),
        text("Name", "Intel(r) AMT Power Management Service"),
        text("RequestedState", &12),
        text("SystemCreationClassName", "CIM_ComputerSystem"),
        text("SystemName", "Intel(r) AMT"),
    ]
}

/// The machine, and AMT itself.
pub(super) fn computer_systems() -> Vec<Instance> {
    let system = |element, name| {
        vec![
            text("CreationClassName", "CIM_ComputerSystem"),
            text("ElementName", element),
            text("EnabledState", &5),
            text("Name", name),
            text("RequestedState", &12),
        ]
    };
    vec![system("Managed System", "ManagedSystem"), system("Intel(r) AMT Subsystem", "Intel(r) AMT")]
}

/// OSPowerSavingState is absent when the machine is off; the class where firmware knows nothing of standby.
pub(super) fn saving(world: &World<'_>) -> Option<Instance> {
    let mut instance = vec![
        text("CreationClassName", "IPS_PowerManagementService"),
        text("ElementName", "Intel(r) AMT Power Management Service"),
        text("EnabledState", &5),
        text("Name", "Intel(r) AMT Power Management Service"),
    ];
    if world.machine.state() == ON {
        instance.push(text("OSPowerSavingState", &2));
    }
    world.generation.knows_standby().then_some(instance)
}

pub(super) fn request(world: &mut World<'_>, input: &Node) -> Result<Instance, Refusal> {
    let found = parameters(input, &["PowerState", "ManagedElement", "Time", "TimeoutPeriod"])?;
    let code = number(&found, "PowerState")?;
    let element = found.iter().find(|(name, _)| *name == "ManagedElement");
    let (_, element) = element.ok_or(Refusal::of(Subcode::SchemaValidationError))?;
    let value = if found.len() > 2 {
        NO_TIMEOUT
    } else if !refers_to(element, "CIM_ComputerSystem", ("Name", "ManagedSystem")) {
        INVALID_PARAMETER
    } else if matches!(code, 5 | 8) && world.faults.strikes(&AmtFault::KvmSession) {
        NOT_NOW
    } else {
        let stuck = world.faults.strikes(&AmtFault::StuckPower);
        let system = !world.faults.holds(&AmtFault::NoSystem);
        world.machine.request(world.now, code, stuck, system)
    };
    world.note(Note::Requested { code, value });
    Ok(output(value))
}
