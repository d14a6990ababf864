//! Doing what was planned, and not half of it.

use rackhand_core::operation::HardwareType;
use rackhand_core::wol::Mac;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::NOTE;
use super::plan::{Node, Step};
use crate::client::api::Api;
use crate::client::error::Error;
use crate::client::list;
use crate::driver::Domain;

/// What became of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Enrolled,
    Completed,
    There,
    Skipped,
}

/// How a domain and the daemon stand now, or would.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) fate: Fate,
    /// What the node is called.
    pub(super) node: Option<String>,
    /// None where it is still to be made.
    pub(super) uuid: Option<String>,
    /// The addresses whose ports were made.
    pub(super) ports: Vec<Mac>,
    /// Why nothing was done.
    pub(super) remark: Option<String>,
    /// It is in the state `enroll`, and somebody may want to make it manageable.
    pub(super) is_new: bool,
}

impl Done {
    fn of(fate: Fate) -> Self {
        Self { fate, node: None, uuid: None, ports: Vec::new(), remark: None, is_new: false }
    }

    fn at(fate: Fate, node: &Node) -> Self {
        Self { node: Some(node.called().to_owned()), uuid: Some(node.uuid.clone()), ..Self::of(fate) }
    }
}

/// What would become of it.
pub(super) fn told(domain: &Domain, step: &Step) -> Done {
    match step {
        Step::Enroll { name } => {
            let ports = domain.macs.clone();
            Done { node: Some(name.clone()), ports, is_new: true, ..Done::of(Fate::Enrolled) }
        }
        Step::Complete { node, missing } => {
            let is_new = node.state == "enroll";
            Done { ports: missing.clone(), is_new, ..Done::at(Fate::Completed, node) }
        }
        Step::There { node } => Done::at(Fate::There, node),
        Step::Skip(why) => Done { remark: Some(why.clone()), ..Done::of(Fate::Skipped) },
    }
}

/// Does it. `driver_info`: that of every node of this hypervisor.
pub(super) async fn out(
    api: &Api,
    driver_info: &Map<String, Value>,
    domain: &Domain,
    step: &Step,
) -> Result<Done, Error> {
    let mut done = told(domain, step);
    match step {
        Step::Enroll { name } => done.uuid = Some(enroll(api, driver_info, domain, name).await?),
        Step::Complete { node, missing } => {
            for mac in missing {
                let made = port(api, &node.uuid, *mac).await;
                made.map_err(|error| error.after(&format!("the node {} lacks the port {mac} still", node.called())))?;
            }
        }
        Step::There { .. } | Step::Skip(_) => {}
    }
    Ok(done)
}

/// Makes a node and its ports, or neither; the node's UUID.
async fn enroll(api: &Api, driver_info: &Map<String, Value>, domain: &Domain, name: &str) -> Result<String, Error> {
    let body = json!({
        "driver": HardwareType::StagingLibvirt.as_str(),
        "name": name,
        "driver_info": driver_info,
        "extra": { NOTE: { "name": domain.name, "uuid": domain.uuid.to_string() } },
    });
    let made = api.call(Method::POST, &["nodes"], Some(&body)).await?;
    let uuid = made.get("uuid").and_then(Value::as_str).ok_or_else(|| Error::foreign("a node has no uuid"))?;
    for mac in &domain.macs {
        if let Err(error) = port(api, uuid, *mac).await {
            // Its ports go with it.
            let deleted = api.call(Method::DELETE, &["nodes", uuid], None).await;
            return Err(match deleted {
                Ok(_) => error.after(&format!("the port {mac} was not made, and the node not kept")),
                Err(why) => error.after(&format!(
                    "the port {mac} was not made, and the node {name} ({uuid}) cannot be deleted ({why}): enroll again completes it"
                )),
            });
        }
    }
    Ok(uuid.to_owned())
}

/// Makes a port, unless the node has it by now: a request may be carried out of which the answer is lost.
async fn port(api: &Api, node: &str, mac: Mac) -> Result<(), Error> {
    let address = mac.to_string();
    let body = json!({ "address": address, "node_uuid": node });
    match api.call(Method::POST, &["ports"], Some(&body)).await {
        Err(error @ Error::Refused { status: 409, .. }) => {
            let query = [("address", address.as_str()), ("fields", "uuid,node_uuid")];
            let there = list::all(api, &["ports"], "ports", &query, None).await;
            let is_ours = |port: &Map<String, Value>| port.get("node_uuid").and_then(Value::as_str) == Some(node);
            if there.is_ok_and(|ports| ports.iter().any(is_ours)) { Ok(()) } else { Err(error) }
        }
        other => other.map(drop),
    }
}
