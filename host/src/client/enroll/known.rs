//! What the daemon has already.

use rackhand_adapters::libvirt::{DEFAULT_URI, Uri};
use rackhand_core::operation::{HardwareType, Setting};
use rackhand_core::wol::Mac;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::NOTE;
use super::plan::{Fleet, Node};
use crate::client::api::Api;
use crate::client::error::Error;
use crate::client::list;

/// Reads all nodes and ports.
pub(super) async fn read(api: &Api) -> Result<Fleet, Error> {
    // The ports first: whoever has one is among the nodes then.
    let ports = list::all(api, &["ports"], "ports", &[("fields", "uuid,address,node_uuid")], None).await?;
    let fields = "uuid,name,driver,driver_info,extra,provision_state";
    let nodes = list::all(api, &["nodes"], "nodes", &[("fields", fields)], None).await?;
    let mut fleet = Fleet { nodes: nodes.iter().map(node).collect::<Result<_, _>>()?, ..Fleet::default() };
    for port in &ports {
        let Some(node) = text(port, "node_uuid") else { continue };
        fleet.with_ports.insert(node.to_owned());
        // An address that is none of Ethernet's is no domain's.
        if let Some(Ok(mac)) = text(port, "address").map(str::parse::<Mac>) {
            fleet.ports.insert(mac, node.to_owned());
        }
    }
    Ok(fleet)
}

fn text<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

fn node(of: &Map<String, Value>) -> Result<Node, Error> {
    let uuid = text(of, "uuid").ok_or_else(|| Error::foreign("a node has no uuid"))?;
    let is_ours = text(of, "driver") == Some(HardwareType::StagingLibvirt.as_str());
    let noted = of.get("extra").and_then(|extra| extra.get(NOTE)?.get("uuid")?.as_str());
    Ok(Node {
        uuid: uuid.to_owned(),
        name: text(of, "name").map(str::to_owned),
        state: text(of, "provision_state").unwrap_or_default().to_owned(),
        uri: if is_ours { uri(of.get("driver_info")) } else { None },
        domain: noted.and_then(|text| Uuid::try_parse(text).ok()),
    })
}

/// Where a node's hypervisor is, the same for the same, however it was written; none if that cannot be told.
fn uri(driver_info: Option<&Value>) -> Option<String> {
    let given = match driver_info?.get(Setting::LibvirtUri.as_str()) {
        None | Some(Value::Null) => DEFAULT_URI,
        Some(Value::String(text)) if text.is_empty() => DEFAULT_URI,
        Some(Value::String(text)) => text.trim(),
        Some(_) => return None,
    };
    Uri::parse(given).ok().map(|uri| uri.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hypervisor_has_many_spellings() {
        for (driver, info, uri) in [
            ("staging-libvirt", json!({}), Some("qemu:///system")),
            ("staging-libvirt", json!({ "libvirt_uri": null }), Some("qemu:///system")),
            ("staging-libvirt", json!({ "libvirt_uri": "" }), Some("qemu:///system")),
            ("staging-libvirt", json!({ "libvirt_uri": " qemu+unix:///system " }), Some("qemu:///system")),
            ("staging-libvirt", json!({ "libvirt_uri": "qemu+ssh://a@HV:22/system" }), Some("qemu+ssh://a@hv/system")),
            ("staging-libvirt", json!({ "libvirt_uri": "esx://hv/" }), None),
            ("staging-libvirt", json!({ "libvirt_uri": 5 }), None),
            ("staging-iboot", json!({ "libvirt_uri": "qemu:///system" }), None),
        ] {
            let of = json!({ "uuid": "u", "driver": driver, "driver_info": info });
            let node = node(of.as_object().unwrap()).unwrap();
            assert_eq!(node.uri.as_deref(), uri, "{of}");
        }
        let odd = json!({ "uuid": "u", "extra": { NOTE: { "uuid": 5 } } });
        assert_eq!(node(odd.as_object().unwrap()).unwrap().domain, None);
        assert!(node(&Map::new()).is_err());
    }
}
