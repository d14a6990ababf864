//! What clients may put into a node, field by field.

use serde_json::Value;

use super::fields::Field;
use crate::api::Error;
use crate::api::value;
use crate::model::{Node, is_name, keep_secrets};

/// What a patch may change, in the order of Ironic's message. Traits have paths of their own.
pub(super) const PATCHABLE: [Field; 34] = [
    Field::AutomatedClean,
    Field::BiosInterface,
    Field::BootInterface,
    Field::ChassisUuid,
    Field::ConductorGroup,
    Field::ConsoleInterface,
    Field::DeployInterface,
    Field::Description,
    Field::Driver,
    Field::DriverInfo,
    Field::Extra,
    Field::InspectInterface,
    Field::InstanceInfo,
    Field::InstanceUuid,
    Field::Lessee,
    Field::Maintenance,
    Field::MaintenanceReason,
    Field::ManagementInterface,
    Field::Name,
    Field::NetworkData,
    Field::NetworkInterface,
    Field::Owner,
    Field::PowerInterface,
    Field::Properties,
    Field::Protected,
    Field::ProtectedReason,
    Field::RaidInterface,
    Field::RescueInterface,
    Field::ResourceClass,
    Field::Retired,
    Field::RetiredReason,
    Field::Shard,
    Field::StorageInterface,
    Field::VendorInterface,
];

/// Whether a new node may be given the field.
pub(super) fn creatable(field: Field) -> bool {
    field == Field::Uuid || (patchable(field) && field != Field::MaintenanceReason)
}

/// Whether a patch may change the field.
pub(super) fn patchable(field: Field) -> bool {
    PATCHABLE.contains(&field)
}

/// Puts `value` into `field`.
pub(super) fn set(node: &mut Node, field: Field, value: Value) -> Result<(), Error> {
    let given = value::Field { of: "node", name: field.name(), value };
    match field {
        Field::AutomatedClean => node.automated_clean = given.flag()?,
        Field::ChassisUuid => given.nothing("there are no chassis here")?,
        Field::ConductorGroup => match given.text(255)?.as_deref() {
            None | Some("") => node.conductor_group.clear(),
            Some(group) => {
                return Err(Error::InvalidParameterValue(format!(
                    "conductor_group '{group}': the only conductor here is in no group, whose name is empty."
                )));
            }
        },
        Field::Description => node.description = given.text(4096)?,
        Field::Driver => node.driver = given.required_text(255)?,
        Field::DriverInfo => {
            let mut new = given.object()?;
            keep_secrets(&mut new, &node.driver_info);
            node.driver_info = new;
        }
        Field::Extra => node.extra = given.object()?,
        Field::InstanceInfo => {
            let mut new = given.object()?;
            keep_secrets(&mut new, &node.instance_info);
            node.instance_info = new;
        }
        Field::InstanceUuid => node.instance_uuid = given.uuid()?,
        Field::Lessee => node.lessee = given.text(255)?,
        Field::Maintenance => {
            node.maintenance = given.flag()?.unwrap_or_default();
            if !node.maintenance {
                node.maintenance_reason = None;
            }
        }
        Field::MaintenanceReason => node.maintenance_reason = given.text(4096)?,
        Field::Name => node.name = name(given)?,
        Field::NetworkData => node.network_data = given.object()?,
        Field::Owner => node.owner = given.text(255)?,
        Field::Properties => node.properties = given.object()?,
        Field::Protected => {
            node.protected = given.flag()?.unwrap_or_default();
            if !node.protected {
                node.protected_reason = None;
            }
        }
        Field::ProtectedReason => node.protected_reason = given.text(4096)?,
        Field::ResourceClass => node.resource_class = given.text(80)?,
        Field::Retired => {
            node.retired = given.flag()?.unwrap_or_default();
            if !node.retired {
                node.retired_reason = None;
            }
        }
        Field::RetiredReason => node.retired_reason = given.text(4096)?,
        Field::Shard => node.shard = given.text(255)?,
        Field::Uuid => {
            if let Some(uuid) = given.uuid()? {
                node.uuid = uuid;
            }
        }
        other => {
            let Some(interface) = other.interface() else {
                return Err(Error::InvalidParameterValue(format!("'{}' is not for clients to set.", other.name())));
            };
            match given.text(255)? {
                Some(name) => node.interfaces.insert(interface, name),
                None => node.interfaces.remove(&interface),
            };
        }
    }
    Ok(())
}

/// The error for a field that a node cannot be without.
pub(super) fn missing(name: &str) -> Error {
    Error::Schema { what: "node", wrong: format!("'{name}' is a required property") }
}

fn name(given: value::Field) -> Result<Option<String>, Error> {
    let Some(name) = given.text(usize::MAX)? else { return Ok(None) };
    if is_name(&name) { Ok(Some(name)) } else { Err(Error::InvalidName(name)) }
}

/// What holds for the node as a whole.
pub(super) fn judge(node: &Node) -> Result<(), Error> {
    let needs = |flag: bool, reason: &Option<String>, name: &str| {
        if reason.is_some() && !flag {
            return Err(Error::InvalidParameterValue(format!(
                "{name}_reason can only be given together with {name}=true."
            )));
        }
        Ok(())
    };
    needs(node.protected, &node.protected_reason, "protected")?;
    needs(node.retired, &node.retired_reason, "retired")?;
    needs(node.maintenance, &node.maintenance_reason, "maintenance")
}
