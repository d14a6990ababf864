//! A port: a network interface of a node.

use rackhand_core::wol::Mac;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Object, now};

/// A network interface of a node, with its MAC address.
///
/// As JSON it is what the store keeps; a field that a later version adds has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Port {
    /// Its place in the order of creation.
    #[serde(skip)]
    pub(crate) id: u64,
    pub(crate) uuid: Uuid,
    pub(crate) node_uuid: Uuid,
    /// The MAC address, in small letters with colons.
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) extra: Object,
    #[serde(default)]
    pub(crate) local_link_connection: Object,
    pub(crate) pxe_enabled: bool,
    pub(crate) physical_network: Option<String>,
    #[serde(default)]
    pub(crate) is_smartnic: bool,
    pub(crate) created_at: String,
    pub(crate) updated_at: Option<String>,
}

impl Port {
    /// A port as it is right after it was created.
    pub(crate) fn new(uuid: Uuid, node_uuid: Uuid, address: String) -> Self {
        Self {
            id: 0,
            uuid,
            node_uuid,
            address,
            extra: Object::new(),
            local_link_connection: Object::new(),
            pxe_enabled: true,
            physical_network: None,
            is_smartnic: false,
            created_at: now(),
            updated_at: None,
        }
    }
}

/// `value` as an address in the form in which they are kept and compared. As in Ironic, there are colons in it.
pub(crate) fn mac(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    if text.len() != 17 || text.split(':').count() != 6 {
        return None;
    }
    text.parse::<Mac>().ok().map(|mac| mac.to_string().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(mac(&json!("00:1A:2b:3c:4d:5e")).as_deref(), Some("00:1a:2b:3c:4d:5e"));
        for value in [
            json!("001a2b3c4d5e"),
            json!("00-1a-2b-3c-4d-5e"),
            json!("00:1a:2b:3c:4d"),
            json!(""),
            json!(5),
            json!("zz:1a:2b:3c:4d:5e"),
            json!(null),
        ] {
            assert_eq!(mac(&value), None, "{value}");
        }
    }
}
