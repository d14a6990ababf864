//! A port as an answer.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::api::Error;
use crate::api::links::Base;
use crate::api::version::Version;
use crate::model::Port;

/// The fields of a port, in the order in which Ironic sends them, and the microversion that each came with.
pub(super) const FIELDS: [(&str, u16); 13] = [
    ("uuid", 1),
    ("created_at", 1),
    ("updated_at", 1),
    ("address", 1),
    ("extra", 1),
    ("internal_info", 18),
    ("is_smartnic", 53),
    ("local_link_connection", 19),
    ("physical_network", 34),
    ("pxe_enabled", 19),
    ("node_uuid", 1),
    ("portgroup_uuid", 24),
    ("links", 1),
];

/// The fields that an answer has.
pub(super) struct Selection(Vec<&'static str>);

impl Selection {
    /// Everything that the version has.
    pub(super) fn whole(version: Version) -> Self {
        Self(FIELDS.into_iter().filter(|(_, since)| version.has(*since)).map(|(name, _)| name).collect())
    }

    /// What a list shows.
    pub(super) fn brief() -> Self {
        Self(vec!["uuid", "address", "links"])
    }

    /// The fields that a client names, and the links.
    pub(super) fn named(names: &str, version: Version) -> Result<Self, Error> {
        version.need(8, "fields")?;
        let names: Vec<_> = names.split(',').map(str::trim).collect();
        for name in &names {
            let Some((_, since)) = FIELDS.iter().find(|(field, _)| field == name) else {
                return Err(Error::InvalidParameterValue(format!(
                    "Field(s) \"{name}\" are not valid: ports have none of that name."
                )));
            };
            version.need(*since, &format!("the field '{name}'"))?;
        }
        let wanted = |field: &&str| *field == "links" || names.contains(field);
        Ok(Self(FIELDS.into_iter().map(|(name, _)| name).filter(wanted).collect()))
    }
}

/// A port as an answer.
pub(super) struct PortView<'a> {
    pub(super) port: &'a Port,
    pub(super) base: &'a Base,
    pub(super) selection: &'a Selection,
}

impl Serialize for PortView<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let port = self.port;
        let mut map = to.serialize_map(None)?;
        for name in &self.selection.0 {
            match *name {
                "uuid" => map.serialize_entry(name, &port.uuid)?,
                "created_at" => map.serialize_entry(name, &port.created_at)?,
                "updated_at" => map.serialize_entry(name, &port.updated_at)?,
                "address" => map.serialize_entry(name, &port.address)?,
                "extra" => map.serialize_entry(name, &port.extra)?,
                "internal_info" => map.serialize_entry(name, &json!({}))?,
                "is_smartnic" => map.serialize_entry(name, &port.is_smartnic)?,
                "local_link_connection" => map.serialize_entry(name, &port.local_link_connection)?,
                "physical_network" => map.serialize_entry(name, &port.physical_network)?,
                "pxe_enabled" => map.serialize_entry(name, &port.pxe_enabled)?,
                "node_uuid" => map.serialize_entry(name, &port.node_uuid)?,
                "links" => map.serialize_entry(name, &self.base.links(&format!("ports/{}", port.uuid)))?,
                _ => map.serialize_entry(name, &Value::Null)?,
            }
        }
        map.end()
    }
}
