//! A node as an answer.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::fields::{Field, Selection};
use crate::api::links::Base;
use crate::api::version::Version;
use crate::conductor::Conductor;
use crate::model::{Interface, Node, ProvisionState, masked};

/// How nodes are shown to a client.
pub(super) struct Show<'a> {
    pub(super) conductor: &'a Conductor,
    pub(super) base: &'a Base,
    pub(super) version: Version,
    pub(super) selection: &'a Selection,
}

/// A node as an answer.
pub(super) struct NodeView<'a> {
    pub(super) node: &'a Node,
    pub(super) show: &'a Show<'a>,
}

impl Show<'_> {
    /// Shows one.
    pub(super) const fn node<'a>(&'a self, node: &'a Node) -> NodeView<'a> {
        NodeView { node, show: self }
    }
}

impl Serialize for NodeView<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for field in self.show.selection.iter() {
            self.field(&mut map, field)?;
        }
        map.end()
    }
}

impl NodeView<'_> {
    fn field<M: SerializeMap>(&self, map: &mut M, field: Field) -> Result<(), M::Error> {
        let node = self.node;
        let name = field.name();
        match field {
            Field::Uuid => map.serialize_entry(name, &node.uuid),
            Field::CreatedAt => map.serialize_entry(name, &node.created_at),
            Field::UpdatedAt => map.serialize_entry(name, &node.updated_at),
            Field::AutomatedClean => map.serialize_entry(name, &node.automated_clean),
            Field::BiosInterface
            | Field::BootInterface
            | Field::ConsoleInterface
            | Field::DeployInterface
            | Field::InspectInterface
            | Field::ManagementInterface
            | Field::NetworkInterface
            | Field::PowerInterface
            | Field::RaidInterface
            | Field::RescueInterface
            | Field::StorageInterface
            | Field::VendorInterface => {
                map.serialize_entry(name, &field.interface().and_then(|it| self.implementation(it)))
            }
            Field::CleanStep | Field::DeployStep | Field::RaidConfig | Field::TargetRaidConfig => {
                map.serialize_entry(name, &json!({}))
            }
            Field::ConductorGroup => map.serialize_entry(name, &node.conductor_group),
            Field::ConsoleEnabled => map.serialize_entry(name, &false),
            Field::Description => map.serialize_entry(name, &node.description),
            Field::Driver => map.serialize_entry(name, &node.driver),
            Field::DriverInfo => map.serialize_entry(name, &masked(&node.driver_info)),
            Field::DriverInternalInfo => map.serialize_entry(name, &masked(&node.driver_internal_info)),
            Field::Extra => map.serialize_entry(name, &node.extra),
            Field::InstanceInfo => map.serialize_entry(name, &masked(&node.instance_info)),
            Field::InstanceUuid => map.serialize_entry(name, &node.instance_uuid),
            Field::LastError => map.serialize_entry(name, &node.last_error),
            Field::Lessee => map.serialize_entry(name, &node.lessee),
            Field::Maintenance => map.serialize_entry(name, &node.maintenance),
            Field::MaintenanceReason => map.serialize_entry(name, &node.maintenance_reason),
            Field::Name => map.serialize_entry(name, &node.name),
            Field::NetworkData => map.serialize_entry(name, &node.network_data),
            Field::Owner => map.serialize_entry(name, &node.owner),
            Field::PowerState => map.serialize_entry(name, &node.power_state),
            Field::Properties => map.serialize_entry(name, &node.properties),
            Field::Protected => map.serialize_entry(name, &node.protected),
            Field::ProtectedReason => map.serialize_entry(name, &node.protected_reason),
            Field::ProvisionState => map.serialize_entry(name, &self.provision_state()),
            Field::ProvisionUpdatedAt => map.serialize_entry(name, &node.provision_updated_at),
            Field::Reservation => map.serialize_entry(name, &node.reservation),
            Field::ResourceClass => map.serialize_entry(name, &node.resource_class),
            Field::Retired => map.serialize_entry(name, &node.retired),
            Field::RetiredReason => map.serialize_entry(name, &node.retired_reason),
            Field::Shard => map.serialize_entry(name, &node.shard),
            Field::TargetPowerState => map.serialize_entry(name, &node.target_power_state),
            Field::TargetProvisionState => map.serialize_entry(name, &node.target_provision_state),
            Field::Traits => map.serialize_entry(name, &[(); 0]),
            Field::Conductor => map.serialize_entry(name, &self.show.conductor.host),
            Field::BootMode
            | Field::Fault
            | Field::InspectionFinishedAt
            | Field::InspectionStartedAt
            | Field::SecureBoot
            | Field::AllocationUuid
            | Field::ChassisUuid => map.serialize_entry(name, &Value::Null),
            Field::Links => map.serialize_entry(name, &self.show.base.links(&format!("nodes/{}", node.uuid))),
            Field::Ports | Field::States | Field::Portgroups | Field::Volume => {
                map.serialize_entry(name, &self.show.base.links(&format!("nodes/{}/{name}", node.uuid)))
            }
        }
    }

    /// `available` had no name before 1.2.
    fn provision_state(&self) -> Option<ProvisionState> {
        let state = self.node.provision_state;
        (state != ProvisionState::Available || self.show.version.has(2)).then_some(state)
    }

    fn implementation(&self, interface: Interface) -> Option<&str> {
        let chosen = self.node.interfaces.get(&interface).map(String::as_str);
        chosen.or_else(|| self.show.conductor.drivers.get(&self.node.driver)?.default_of(interface))
    }
}
