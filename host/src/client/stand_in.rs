//! A daemon for tests: nodes in memory, and answers that are given before it does what it is asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

/// What was asked of it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Such as `PUT /v1/nodes/rack1/states/power`.
    pub(super) what: String,
    pub(super) body: Value,
    pub(super) version: String,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) nodes: Vec<Map<String, Value>>,
    pub(super) ports: Vec<Map<String, Value>>,
    pub(super) asked: Vec<Asked>,
    /// Given first, whatever is asked: for requests that contain the text.
    pub(super) first: Vec<(&'static str, VecDeque<(u16, String)>)>,
    /// How many nodes a page has.
    pub(super) page: usize,
    /// Nodes whose power cannot be switched.
    pub(super) broken: Vec<String>,
    /// How many requests are on their way, and how many were at most.
    busy: usize,
    pub(super) busiest: usize,
}

pub(super) struct StandIn {
    world: Arc<Mutex<World>>,
    pub(super) url: String,
    server: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World { page: 1000, ..World::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                tokio::spawn(async move {
                    let io = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        Self { world, url, server }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes nodes of these names.
    pub(super) fn with(self, names: &[&str]) -> Self {
        let list = names.iter().map(|name| json!({ "name": name, "driver": "staging-iboot" }));
        let list: Vec<_> = list.collect();
        list.iter().for_each(|node| drop(self.world().make(node)));
        self
    }

    /// What was asked of it so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.world().asked.iter().map(|asked| asked.what.clone()).collect()
    }

    /// What a node is now.
    pub(super) fn node(&self, name: &str) -> Value {
        self.world().node(name).map_or(Value::Null, |node| Value::Object(node.clone()))
    }
}

impl World {
    fn make(&mut self, body: &Value) -> (u16, Value) {
        let name = body["name"].as_str().map(str::to_owned);
        if let Some(name) = name.filter(|name| self.node(name).is_some()) {
            return (409, fault(&format!("A node with name {name} already exists.")));
        }
        let number = self.nodes.len();
        let mut node = json!({
            "uuid": format!("00000000-0000-4000-8000-{number:012}"), "name": null, "driver": null, "power_state": "power off",
            "target_power_state": null, "provision_state": "enroll", "target_provision_state": null, "last_error": null,
            "maintenance": false, "driver_info": {}, "properties": {}, "extra": {},
        });
        let node = node.as_object_mut().unwrap();
        node.extend(body.as_object().unwrap().clone());
        self.nodes.push(node.clone());
        (201, Value::Object(node.clone()))
    }

    fn node(&mut self, key: &str) -> Option<&mut Map<String, Value>> {
        self.nodes.iter_mut().find(|node| node["uuid"] == key || node["name"] == key)
    }

    /// The next look at a node that was on its way finds it at the end of it.
    fn arrive(&mut self) {
        let broken = self.broken.clone();
        for node in &mut self.nodes {
            node.remove("reservation");
            if let Value::String(target) = node["target_power_state"].take() {
                let is_broken = node["name"].as_str().is_some_and(|name| broken.iter().any(|it| it == name));
                if is_broken {
                    node["last_error"] = json!(format!("Failed to change power state to '{target}': it is broken"));
                } else {
                    node["power_state"] = json!(if target.ends_with("off") { "power off" } else { "power on" });
                }
            }
            if let Value::String(target) = node["target_provision_state"].take() {
                node["provision_state"] = json!(target);
            }
        }
    }

    fn list(&mut self, query: &Map<String, Value>) -> (u16, Value) {
        let driver = query.get("driver");
        let fits = |node: &&Map<String, Value>| driver.is_none_or(|driver| node["driver"] == *driver);
        let shown: Vec<_> = self.nodes.iter().filter(fits).cloned().collect();
        self.arrive();
        let marker = query.get("marker").and_then(Value::as_str);
        let start = marker.map_or(0, |marker| shown.iter().position(|node| node["uuid"] == marker).unwrap() + 1);
        let limit = query.get("limit").map_or(self.page, |limit| limit.as_str().unwrap().parse().unwrap());
        let page = &shown[start..shown.len().min(start + limit.min(self.page))];
        let mut answer = json!({ "nodes": page });
        if let Some(last) = page.last().filter(|_| start + page.len() < shown.len()) {
            let marker = last["uuid"].as_str().unwrap();
            answer["next"] = json!(format!("http://elsewhere.invalid/v1/nodes?limit=1&marker={marker}"));
        }
        (200, answer)
    }

    fn patch(&mut self, name: &str, body: &Value) -> (u16, Value) {
        let Some(node) = self.node(name) else { return (404, fault(&format!("Node {name} could not be found."))) };
        let mut whole = Value::Object(node.clone());
        let patch: json_patch::Patch = serde_json::from_value(body.clone()).unwrap();
        if let Err(error) = json_patch::patch(&mut whole, &patch) {
            return (400, fault(&format!("Couldn't apply patch: {error}")));
        }
        *node = whole.as_object().unwrap().clone();
        (200, whole)
    }

    fn answer(&mut self, method: &str, path: &[&str], query: &Map<String, Value>, body: &Value) -> (u16, Value) {
        match (method, path) {
            ("POST", ["nodes"]) => return self.make(body),
            ("GET", ["nodes"]) => return self.list(query),
            ("POST", ["ports"]) => {
                if self.ports.iter().any(|port| port["address"] == body["address"]) {
                    return (409, fault("A port with MAC address X already exists."));
                }
                let mut port = body.as_object().unwrap().clone();
                port.insert("uuid".to_owned(), json!(format!("port-{}", self.ports.len())));
                self.ports.push(port.clone());
                return (201, Value::Object(port));
            }
            ("GET", ["ports", ..]) => {
                let fits = |port: &&Map<String, Value>| {
                    query.get("address").is_none_or(|it| port["address"] == *it)
                        && query.get("node").is_none_or(|it| port["node_uuid"] == *it)
                };
                return (200, json!({ "ports": self.ports.iter().filter(fits).collect::<Vec<_>>() }));
            }
            ("DELETE", ["ports", uuid]) => {
                self.ports.retain(|port| port["uuid"] != *uuid);
                return (204, Value::Null);
            }
            ("PATCH", ["nodes", name]) => return self.patch(name, body),
            ("DELETE", ["nodes", name]) if self.node(name).is_some() => {
                self.nodes.retain(|node| node["uuid"] != *name && node["name"] != *name);
                return (204, Value::Null);
            }
            _ => {}
        }
        let ["nodes", name, rest @ ..] = path else { return (404, fault("no such path")) };
        let Some(node) = self.node(name) else { return (404, fault(&format!("Node {name} could not be found."))) };
        match (method, rest) {
            ("GET", ["states"]) => (200, Value::Object(node.clone())),
            ("GET", []) => {
                let shown = Value::Object(node.clone());
                self.arrive();
                (200, shown)
            }
            ("PUT", ["states", "power"]) => {
                let target = body["target"].as_str().unwrap();
                node["target_power_state"] = json!(if target == "rebooting" { "power on" } else { target });
                node["last_error"] = Value::Null;
                (202, Value::Null)
            }
            ("PUT", ["states", "provision"]) => {
                let end = if body["target"] == "manage" { "manageable" } else { "available" };
                node["target_provision_state"] = json!(end);
                (202, Value::Null)
            }
            ("PUT" | "DELETE", ["maintenance"]) => {
                node["maintenance"] = json!(method == "PUT");
                node.insert("maintenance_reason".to_owned(), body["reason"].clone());
                (202, Value::Null)
            }
            ("GET", ["validate"]) => {
                let well = node["driver_info"].as_object().is_some_and(|info| !info.is_empty());
                (
                    200,
                    json!({ "power": { "result": well }, "management": { "result": true }, "raid": { "result": false } }),
                )
            }
            ("PUT", ["management", "boot_device"]) => {
                node.insert("boot".to_owned(), body.clone());
                (204, Value::Null)
            }
            ("GET", ["management", "boot_device"]) => (200, node["boot"].clone()),
            ("GET", ["vendor_passthru", "methods"]) => (
                200,
                json!({
                    "get_nm_version": { "http_methods": ["GET"] }, "reset": { "http_methods": ["PUT", "DELETE"] },
                    "both": { "http_methods": ["PUT", "POST"] },
                }),
            ),
            ("PUT", ["vendor_passthru", method]) => {
                node["last_error"] = if *method == "fail" { json!("it does not") } else { Value::Null };
                node.insert("reservation".to_owned(), json!("h"));
                (202, Value::Null)
            }
            (_, ["vendor_passthru", _]) => (200, json!({ "verb": method, "arguments": body })),
            _ => (404, fault("no such path")),
        }
    }
}

/// JSON within JSON, as Ironic has it.
pub(super) fn fault(text: &str) -> Value {
    json!({ "error_message": json!({ "faultstring": text, "faultcode": "Client", "debuginfo": null }).to_string() })
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response {
    let lock = || world.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let mut world = lock();
        world.busy += 1;
        world.busiest = world.busiest.max(world.busy);
    }
    let (method, uri) = (request.method().as_str().to_owned(), request.uri().clone());
    let version = request.headers().get("x-openstack-ironic-api-version");
    let version = version.map_or(String::new(), |it| it.to_str().unwrap().to_owned());
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap_or(Bytes::new());
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    // What comes meanwhile is to be seen.
    tokio::task::yield_now().await;
    let mut world = lock();
    world.busy -= 1;
    let what = format!("{method} {uri}");
    world.asked.push(Asked { what: what.clone(), body: body.clone(), version });
    let first = world.first.iter_mut().find(|(part, left)| what.contains(part) && !left.is_empty());
    if let Some((status, text)) = first.and_then(|(_, left)| left.pop_front()) {
        return (StatusCode::from_u16(status).unwrap(), text).into_response();
    }
    let query = form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
    let query = query.map(|(key, value)| (key.into_owned(), json!(value))).collect();
    let path: Vec<_> = uri.path().split('/').skip(2).collect();
    let (status, body) = world.answer(&method, &path, &query, &body);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}
