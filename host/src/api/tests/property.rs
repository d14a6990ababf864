//! Whatever is asked in whatever order, the API does what the model does, and knows it after a restart.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rackhand_core::dxp::RelayId;
use serde_json::{Map, Value, json};

use super::daemon::{Daemon, Devices, HOST, Told};
use super::model::{IBOOT, Model, Node, Port, WOL};
use super::steps::{Kind, PortEdit, Step, a_story, port_uuid, uuid};

/// The daemon and the model, side by side.
struct Pair<'a> {
    daemon: Daemon,
    devices: &'a Devices,
    model: Model,
    seen: &'a Seen,
}

/// How often each status was answered to changes: what never came was never tried.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<(String, u16), u32>>);

impl Pair<'_> {
    async fn ask(&self, verb: &str, path: &str, body: Option<Value>) -> Told {
        let told = self.daemon.ask(verb, path, 82, body.as_ref()).await;
        self.daemon.settle().await;
        told
    }

    /// Asks for a change; what comes is what the model has said.
    async fn expect(&self, status: u16, verb: &str, path: &str, body: Option<Value>) {
        let told = self.ask(verb, path, body).await;
        assert_eq!(told.status.as_u16(), status, "{verb} {path}: {}", told.text);
        *self.seen.0.lock().unwrap().entry((verb.to_owned(), status)).or_default() += 1;
    }

    async fn take(&mut self, step: &Step) {
        let node_at = |node: &str, below: &str| format!("/v1/nodes/{}{below}", node.replace('/', "%2F"));
        match step {
            Step::Create { uuid: number, name, kind, spoil } => {
                let (node, mut body) = self.fresh(&uuid(*number), *name, *kind);
                match *spoil {
                    Some("odd") => body["odd"] = json!(1),
                    Some("no driver") => body["driver"] = Value::Null,
                    Some("other driver") => body["driver"] = json!("nosuch"),
                    Some(_) => body["uuid"] = json!("odd"),
                    None => {}
                }
                let status = self.model.create(node, spoil.is_some());
                self.expect(status, "POST", "/v1/nodes", Some(body)).await;
            }
            Step::Patch { node, edits } => {
                let old = self.model.find(node).map(|index| self.model.nodes[index].clone());
                let operations = edits.iter().map(|edit| old.as_ref().map_or(json!({}), |node| node.operation(edit)));
                let body = operations.collect();
                let status = self.model.patch(node, edits);
                self.expect(status, "PATCH", &node_at(node, ""), Some(body)).await;
            }
            Step::Delete { node } => {
                let status = self.model.delete(node);
                self.expect(status, "DELETE", &node_at(node, ""), None).await;
            }
            Step::Maintain { node, reason } => {
                let status = self.model.maintain(node, Some(reason));
                let body = json!({ "reason": reason });
                self.expect(status, "PUT", &node_at(node, "/maintenance"), Some(body)).await;
            }
            Step::Unmaintain { node } => {
                let status = self.model.maintain(node, None);
                self.expect(status, "DELETE", &node_at(node, "/maintenance"), None).await;
            }
            Step::Provision { node, verb } => {
                let status = self.model.provision(node, verb);
                let body = json!({ "target": verb });
                self.expect(status, "PUT", &node_at(node, "/states/provision"), Some(body)).await;
            }
            Step::Power { node, target } => {
                if !self.model.is_slow(node) {
                    let status = self.model.power(node, target);
                    let body = json!({ "target": target });
                    self.expect(status, "PUT", &node_at(node, "/states/power"), Some(body)).await;
                }
            }
            Step::CreatePort { .. } | Step::PatchPort { .. } | Step::DeletePort { .. } => self.take_port(step).await,
            Step::List { .. } | Step::ListPorts { .. } => self.list(step).await,
        }
    }

    fn fresh(&self, uuid: &str, name: Option<&str>, kind: Kind) -> (Node, Value) {
        let (driver, info) = match kind {
            Kind::Sleeps => {
                let port = self.devices.sleeper.local_addr().unwrap().port();
                (WOL, json!({ "wol_host": "127.0.0.1", "wol_port": port }))
            }
            Kind::Answers | Kind::Refuses => {
                let port = match kind {
                    Kind::Refuses => self.devices.refusing.local_addr().unwrap().port(),
                    _ => self.devices.iboot.address().port(),
                };
                let login = json!({
                    "iboot_address": "127.0.0.1", "iboot_port": port, "iboot_username": "admin", "iboot_password": "hunter2",
                });
                (IBOOT, login)
            }
        };
        let mut body = json!({ "uuid": uuid, "driver": driver, "driver_info": info });
        if let Some(name) = name {
            body["name"] = json!(name);
        }
        let node = Node {
            uuid: uuid.to_owned(),
            name: name.map(str::to_owned),
            driver,
            info: info.as_object().cloned().unwrap(),
            extra: Map::new(),
            description: None,
            protected: false,
            maintenance: false,
            reason: None,
            management: None,
            provision: "enroll",
            power: None,
            failed: false,
            answers: !matches!(kind, Kind::Refuses),
        };
        (node, body)
    }

    async fn take_port(&mut self, step: &Step) {
        let at = |model: &Model, port: u8| model.ports.iter().position(|it| it.uuid == port_uuid(port));
        match step {
            Step::CreatePort { uuid: number, node, mac } => {
                let body =
                    json!({ "uuid": port_uuid(*number), "node_uuid": uuid(*node), "address": mac.to_uppercase() });
                let (address, node) = ((*mac).to_owned(), uuid(*node));
                let port = Port { uuid: port_uuid(*number), node, address, extra: Map::new(), pxe: true };
                let status = self.model.put_port(None, port, 201);
                self.expect(status, "POST", "/v1/ports", Some(body)).await;
            }
            Step::PatchPort { port, edit } => {
                let index = at(&self.model, *port);
                let mut new = index.map(|index| self.model.ports[index].clone());
                let mut fits = true;
                let mut change = |change: &mut dyn FnMut(&mut Port) -> bool| {
                    if let Some(port) = &mut new {
                        fits = change(port);
                    }
                };
                let operation = match edit {
                    PortEdit::Mac(mac) => {
                        change(&mut |port| {
                            port.address = (*mac).to_owned();
                            true
                        });
                        json!({ "op": "replace", "path": "/address", "value": mac })
                    }
                    PortEdit::Extra(true) => {
                        change(&mut |port| {
                            port.extra.insert("k".to_owned(), json!(1));
                            true
                        });
                        json!({ "op": "add", "path": "/extra/k", "value": 1 })
                    }
                    PortEdit::Extra(false) => {
                        change(&mut |port| port.extra.remove("k").is_some());
                        json!({ "op": "remove", "path": "/extra/k" })
                    }
                    PortEdit::Pxe(flag) => {
                        change(&mut |port| {
                            port.pxe = *flag;
                            true
                        });
                        json!({ "op": "replace", "path": "/pxe_enabled", "value": flag })
                    }
                    PortEdit::Node(node) => {
                        change(&mut |port| {
                            port.node = uuid(*node);
                            true
                        });
                        json!({ "op": "replace", "path": "/node_uuid", "value": uuid(*node) })
                    }
                };
                let status = match new {
                    None => 404,
                    Some(_) if !fits => 400,
                    Some(port) => self.model.put_port(index, port, 200),
                };
                self.expect(status, "PATCH", &format!("/v1/ports/{}", port_uuid(*port)), Some(json!([operation])))
                    .await;
            }
            Step::DeletePort { port } => {
                let index = at(&self.model, *port);
                let status = index.map_or(404, |index| {
                    self.model.ports.remove(index);
                    204
                });
                self.expect(status, "DELETE", &format!("/v1/ports/{}", port_uuid(*port)), None).await;
            }
            _ => {}
        }
    }

    async fn list(&self, step: &Step) {
        match step {
            Step::List { filter, key, descending, limit, marker } => {
                self.list_nodes(filter, key, *descending, *limit, marker.map(uuid)).await;
            }
            Step::ListPorts { node, mac } => {
                let mut path = "/v1/ports?limit=100".to_owned();
                node.iter().for_each(|node| path.push_str(&format!("&node={node}")));
                mac.iter().for_each(|mac| path.push_str(&format!("&address={mac}")));
                let owner = node.as_ref().map(|node| self.model.find(node).map(|index| &self.model.nodes[index].uuid));
                let wanted = |port: &&Port| {
                    owner.is_none_or(|owner| owner == Some(&port.node)) && mac.is_none_or(|mac| port.address == mac)
                };
                let expected: Vec<_> = self.model.ports.iter().filter(wanted).map(|port| port.uuid.clone()).collect();
                let told = self.ask("GET", &path, None).await;
                match (owner, mac) {
                    (Some(None), _) => assert_eq!(told.status, 404, "{path}: {}", told.text),
                    (_, Some("odd")) => assert_eq!(told.status, 400, "{path}: {}", told.text),
                    _ => assert_eq!(uuids(&told.body["ports"]), expected, "{path}"),
                }
            }
            _ => {}
        }
    }

    /// Lists page by page; together they are the whole.
    async fn list_nodes(&self, filter: &str, key: &str, descending: bool, limit: Option<u8>, marker: Option<String>) {
        let mut sorted: Vec<&Node> = self.model.nodes.iter().collect();
        match key {
            "uuid" => sorted.sort_by_key(|node| &node.uuid),
            "name" => sorted.sort_by_key(|node| &node.name),
            "driver" => sorted.sort_by_key(|node| node.driver),
            "description" => sorted.sort_by_key(|node| &node.description),
            _ => {}
        }
        if descending {
            sorted.reverse();
        }
        let mut path =
            format!("/v1/nodes?{filter}&sort_key={key}&sort_dir={}", if descending { "desc" } else { "asc" });
        limit.iter().for_each(|limit| path.push_str(&format!("&limit={limit}")));
        marker.iter().for_each(|marker| path.push_str(&format!("&marker={marker}")));
        let begin = match &marker {
            None => Some(0),
            Some(marker) => sorted.iter().position(|node| node.uuid == *marker).map(|at| at + 1),
        };
        let wanted = |node: &&&Node| match filter {
            "maintenance=true" => node.maintenance,
            "maintenance=no" => !node.maintenance,
            "driver=staging-wol" => node.driver == WOL,
            "provision_state=manageable" => node.provision == "manageable",
            "associated=1" => false,
            _ => true,
        };
        let first = self.ask("GET", &path, None).await;
        let Some(begin) = begin.filter(|_| key != "odd" && limit != Some(0)) else {
            let status = if key == "odd" || limit == Some(0) { 400 } else { 404 };
            assert_eq!(first.status, status, "{path}: {}", first.text);
            return;
        };
        let expected: Vec<_> = sorted[begin..].iter().filter(wanted).map(|node| node.uuid.clone()).collect();
        let most = limit.map_or(1000, usize::from);
        let (mut seen, mut page) = (Vec::new(), first.body);
        loop {
            let part = uuids(&page["nodes"]);
            assert!(part.len() <= most, "{path}: {page}");
            seen.extend(part);
            let Some(next) = page.get("next") else { break };
            assert!(seen.len() < expected.len(), "{path}: nothing is left, and there is a next page");
            let next = next.as_str().unwrap().strip_prefix(&format!("http://{HOST}")).unwrap();
            page = self.ask("GET", next, None).await.body;
        }
        assert_eq!(seen, expected, "{path}");
    }

    /// That daemon and model know the same.
    async fn agree(&self) {
        let nodes = self.ask("GET", "/v1/nodes/detail", None).await;
        let shown: Vec<_> = nodes.body["nodes"].as_array().unwrap().iter().map(pick_node).collect();
        let expected: Vec<_> = self.model.nodes.iter().map(expected_node).collect();
        assert_eq!(shown, expected);
        for node in &self.model.nodes {
            let one = self.ask("GET", &format!("/v1/nodes/{}", node.uuid), None).await;
            assert!(nodes.body["nodes"].as_array().unwrap().contains(&one.body), "{}", one.text);
            if let Some(name) = &node.name {
                assert_eq!(self.ask("GET", &format!("/v1/nodes/{name}"), None).await.body, one.body);
            }
        }
        let ports = self.ask("GET", "/v1/ports/detail", None).await;
        let pick = |port: &Value| {
            json!([port["uuid"], port["node_uuid"], port["address"], port["extra"], port["pxe_enabled"]])
        };
        let shown: Vec<_> = ports.body["ports"].as_array().unwrap().iter().map(pick).collect();
        let expected = self.model.ports.iter().map(|it| json!([it.uuid, it.node, it.address, it.extra, it.pxe]));
        assert_eq!(shown, expected.collect::<Vec<_>>());
        assert!(!nodes.text.contains("hunter2"));
    }

    async fn everything(&self) -> [String; 2] {
        let nodes = self.ask("GET", "/v1/nodes/detail", None).await;
        [nodes.text, self.ask("GET", "/v1/ports/detail", None).await.text]
    }
}

fn uuids(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item["uuid"].as_str().unwrap().to_owned()).collect()
}

const FIELDS: [&str; 14] = [
    "uuid",
    "name",
    "driver",
    "driver_info",
    "extra",
    "description",
    "protected",
    "maintenance",
    "maintenance_reason",
    "management_interface",
    "provision_state",
    "power_state",
    "target_power_state",
    "reservation",
];

fn pick_node(node: &Value) -> (Vec<Value>, bool) {
    (FIELDS.iter().map(|field| node[field].clone()).collect(), !node["last_error"].is_null())
}

fn expected_node(node: &Node) -> (Vec<Value>, bool) {
    let management = node.management.as_deref().unwrap_or("noop");
    let values = json!([
        node.uuid,
        node.name,
        node.driver,
        node.shown_info(),
        node.extra,
        node.description,
        node.protected,
        node.maintenance,
        node.reason,
        management,
        node.provision,
        node.power,
        null,
        null,
    ]);
    (values.as_array().cloned().unwrap(), node.failed)
}

async fn hold(devices: &Devices, steps: &[Step], seen: &Seen) {
    for relay in 1..=8 {
        devices.iboot.device().set_relay(RelayId::new(relay).unwrap(), false);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut pair = Pair { daemon: Daemon::start(&folder).await, devices, model: Model::default(), seen };
    for step in steps {
        pair.take(&step.meant(&pair.model)).await;
        pair.agree().await;
    }
    let before = pair.everything().await;
    pair.daemon.stop().await;
    pair.daemon = Daemon::start(&folder).await;
    assert_eq!(pair.everything().await, before, "after a restart");
    pair.daemon.stop().await;
}

#[test]
fn whatever_is_asked_the_api_does_what_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let devices = runtime.block_on(Devices::start());
    let seen = Seen::default();
    let config =
        ProptestConfig { cases: 64, max_shrink_time: 60_000, failure_persistence: None, ..ProptestConfig::default() };
    let held = TestRunner::new(config).run(&a_story(), |steps| {
        runtime.block_on(hold(&devices, &steps, &seen));
        Ok(())
    });
    if let Err(error) = held {
        panic!("{error}");
    }
    // Those that come often enough; a patch to another's name and the end of a protected node come too, nearly always.
    let all: [(&str, &[u16]); 4] = [
        ("POST", &[201, 400, 409]),
        ("PATCH", &[200, 400, 404]),
        ("PUT", &[202, 400, 404]),
        ("DELETE", &[202, 204, 404]),
    ];
    let seen = seen.0.lock().unwrap();
    for (verb, list) in all {
        let never = list.iter().find(|status| !seen.contains_key(&(verb.to_owned(), **status)));
        assert_eq!(never, None, "{verb} is never answered so: {seen:?}");
    }
}
