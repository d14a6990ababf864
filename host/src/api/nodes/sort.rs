//! The order of a list of nodes.

use std::cmp::Ordering;
use std::sync::Arc;

use super::fields::Field;
use crate::api::Error;
use crate::api::version::Version;
use crate::model::{Node, PowerReading, ProvisionState};

/// What a list is sorted by. Nothing comes before something, as in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As created.
    Id,
    /// By a field.
    By(Field),
}

impl Order {
    /// The order of this name.
    pub(super) fn named(name: &str, version: Version) -> Result<Self, Error> {
        if name == "id" {
            return Ok(Self::Id);
        }
        let field = Field::from_name(name).filter(|field| key(*field).is_some());
        let wrong = || Error::InvalidParameterValue(format!("The sort_key value \"{name}\" is invalid for sorting"));
        let field = field.ok_or_else(wrong)?;
        version.need(field.since(), &format!("the field '{name}'"))?;
        Ok(Self::By(field))
    }

    /// `nodes`, which come in the order of creation, in this one.
    pub(super) fn sorted(self, mut nodes: Vec<Arc<Node>>, descending: bool) -> Vec<Arc<Node>> {
        if let Self::By(field) = self
            && let Some(compare) = key(field)
        {
            nodes.sort_by(|one, other| compare(one, other));
        }
        if descending {
            nodes.reverse();
        }
        nodes
    }
}

type Compare = fn(&Node, &Node) -> Ordering;

macro_rules! by {
    ($($field:ident).+) => {
        |one, other| one.$($field).+.cmp(&other.$($field).+)
    };
}

/// How nodes compare by a field; none: it has no order.
fn key(field: Field) -> Option<Compare> {
    let compare: Compare = match field {
        Field::Uuid => by!(uuid),
        Field::Name => by!(name),
        Field::Driver => by!(driver),
        Field::CreatedAt => by!(created_at),
        Field::UpdatedAt => by!(updated_at),
        Field::ProvisionUpdatedAt => by!(provision_updated_at),
        Field::ConductorGroup => by!(conductor_group),
        Field::Description => by!(description),
        Field::InstanceUuid => by!(instance_uuid),
        Field::LastError => by!(last_error),
        Field::Lessee => by!(lessee),
        Field::Owner => by!(owner),
        Field::Maintenance => by!(maintenance),
        Field::MaintenanceReason => by!(maintenance_reason),
        Field::Protected => by!(protected),
        Field::Retired => by!(retired),
        Field::Reservation => by!(reservation),
        Field::ResourceClass => by!(resource_class),
        Field::Shard => by!(shard),
        Field::PowerState => {
            |one, other| one.power_state.map(PowerReading::as_str).cmp(&other.power_state.map(PowerReading::as_str))
        }
        Field::TargetPowerState => |one, other| {
            one.target_power_state.map(PowerReading::as_str).cmp(&other.target_power_state.map(PowerReading::as_str))
        },
        Field::ProvisionState => |one, other| one.provision_state.as_str().cmp(other.provision_state.as_str()),
        Field::TargetProvisionState => |one, other| {
            one.target_provision_state
                .map(ProvisionState::as_str)
                .cmp(&other.target_provision_state.map(ProvisionState::as_str))
        },
        // The same for all nodes here.
        Field::AutomatedClean | Field::ConsoleEnabled | Field::Fault | Field::AllocationUuid => |_, _| Ordering::Equal,
        _ => return None,
    };
    Some(compare)
}
