//! Vendor passthru over a driver that has methods.

use std::sync::Arc;

use rackhand_core::operation::{ErrorKind, Outcome, PowerState};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{Daemon, Told, config};
use crate::driver::{DriverError, Drivers, StandIn};

const NODE: &str = "10000000-0000-4000-8000-000000000001";

struct Bench {
    daemon: Daemon,
    device: StandIn,
    _folder: TempDir,
}

impl Bench {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let device = StandIn::new();
        let config = config();
        let drivers = Drivers::of(vec![Arc::new(device.clone())], &config).unwrap();
        let daemon = Daemon::with(&folder, &config, drivers).await;
        let node = json!({ "driver": "staging-nm", "uuid": NODE, "driver_info": { "address": "a" } });
        assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&node)).await.status, 201);
        Self { daemon, device, _folder: folder }
    }

    async fn call(&self, verb: &str, method: &str, body: Option<Value>) -> Told {
        let path = format!("/v1/nodes/{NODE}/vendor_passthru{method}");
        let told = self.daemon.ask(verb, &path, 82, body.as_ref()).await;
        self.daemon.settle().await;
        told
    }

    async fn last_error(&self) -> Value {
        self.daemon.ask("GET", &format!("/v1/nodes/{NODE}/states"), 82, None).await.body["last_error"].take()
    }
}

#[tokio::test]
async fn get_answers_with_what_the_device_says() {
    let bench = Bench::start().await;
    let arguments = json!({ "policy_id": 11 });
    for (method, body) in [
        ("/get_policy", Some(arguments.clone())),
        ("/get_policy?policy_id=11", None),
        ("?method=get_policy", Some(arguments.clone())),
        ("?method=get_policy&policy_id=11", None),
    ] {
        let told = bench.call("GET", method, body).await;
        assert_eq!((told.status.as_u16(), &told.body), (200, &json!({ "asked": arguments })), "{method}");
    }
    assert_eq!(bench.device.events(), vec![r#"a: get_policy {"policy_id":11}"#; 4]);
}

#[tokio::test]
async fn the_methods_are_listed() {
    let bench = Bench::start().await;
    let told = bench.call("GET", "/methods", None).await;
    assert_eq!(told.body["get_policy"]["http_methods"], json!(["GET"]));
    assert_eq!(told.body["get_policy"]["async"], false);
    assert_eq!(told.body["reset"]["http_methods"], json!(["PUT", "DELETE"]));
    assert_eq!(told.body["reset"]["async"], true);
}

#[tokio::test]
async fn put_and_delete_are_accepted_and_what_the_device_refuses_is_told_later() {
    let bench = Bench::start().await;
    for (verb, method, body) in [
        ("PUT", "/reset", Some(json!({ "policy_id": 1 }))),
        ("DELETE", "/reset", Some(json!({ "policy_id": 1 }))),
        ("DELETE", "/reset?policy_id=1", None),
    ] {
        bench.device.answer(Err(DriverError::of(ErrorKind::Failed, "no such policy")));
        let told = bench.call(verb, method, body.clone()).await;
        assert_eq!((told.status.as_u16(), told.text.as_str()), (202, ""), "{verb} {method}");
        assert_eq!(bench.last_error().await, "vendor method reset failed: a: no such policy");
        bench.device.answer(Ok(Outcome::Power(PowerState::Off)));
        assert_eq!(bench.call(verb, method, body).await.status, 202);
        assert_eq!(bench.last_error().await, Value::Null);
    }
    assert_eq!(bench.device.events(), vec![r#"a: reset {"policy_id":1}"#; 6]);
}

#[tokio::test]
async fn a_node_is_reserved_while_a_method_runs() {
    let bench = Bench::start().await;
    bench.device.mute(true);
    let path = format!("/v1/nodes/{NODE}/vendor_passthru/reset");
    let told = bench.daemon.ask("PUT", &path, 82, Some(&json!({ "policy_id": 1 }))).await;
    assert_eq!(told.status, 202);
    bench.device.happened(1).await;
    let node = bench.daemon.ask("GET", &format!("/v1/nodes/{NODE}"), 82, None).await;
    assert_eq!(node.body["reservation"], super::daemon::CONDUCTOR);
    bench.device.mute(false);
    bench.daemon.settle().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_and_asks_no_device() {
    let bench = Bench::start().await;
    let good = json!({ "policy_id": 1 });
    for (verb, method, body, status, fault) in [
        ("POST", "/reset", Some(good.clone()), 400, "The method reset does not support HTTP POST"),
        ("GET", "/reset", Some(good.clone()), 400, "The method reset does not support HTTP GET"),
        ("PATCH", "/get_policy", Some(good.clone()), 400, "The method get_policy does not support HTTP PATCH"),
        ("GET", "/nosuch", None, 400, "No handler for method nosuch"),
        ("PUT", "?method=nosuch", Some(good.clone()), 400, "No handler for method nosuch"),
        ("GET", "", None, 400, "Missing mandatory parameter: method"),
        ("GET", "/get_policy", None, 400, "policy_id must be a number"),
        ("PUT", "/reset", Some(json!({ "policy_id": "x" })), 400, "policy_id must be a number"),
        ("PUT", "/reset?policy_id=1", None, 400, "Unexpected arguments: policy_id"),
        ("PUT", "/reset", Some(json!([1])), 400, "The body must be a JSON object, not a list."),
    ] {
        let told = bench.call(verb, method, body).await;
        assert_eq!((told.status.as_u16(), told.fault().as_str()), (status, fault), "{verb} {method}");
    }
    assert!(bench.device.events().is_empty());
    let absent = "/v1/nodes/10000000-0000-4000-8000-000000000009/vendor_passthru/get_policy?policy_id=1";
    assert_eq!(bench.daemon.ask("GET", absent, 82, None).await.status, 404);
}

#[tokio::test]
async fn a_device_that_fails_a_get_is_500_with_its_words() {
    let bench = Bench::start().await;
    bench.device.answer(Err(DriverError::of(ErrorKind::NoContact, "nobody there")));
    let told = bench.call("GET", "/get_policy?policy_id=1", None).await;
    assert_eq!((told.status.as_u16(), told.fault().as_str()), (500, "a: nobody there"));
    assert!(told.body["error_message"].as_str().unwrap().contains(r#""faultcode":"Server""#));
    assert_eq!(bench.last_error().await, Value::Null);
}

#[tokio::test]
async fn what_a_call_has_taught_is_kept_with_the_node_until_it_changes() {
    let bench = Bench::start().await;
    let path = format!("/v1/nodes/{NODE}");
    let object = |value: Value| value.as_object().cloned().unwrap();
    let place = json!({ "intel_nm_channel": 6, "intel_nm_address": 44 });
    let kept = async || bench.daemon.ask("GET", &path, 82, None).await.body["driver_internal_info"].take();
    for (verb, method, body) in
        [("GET", "/get_policy?policy_id=1", None), ("PUT", "/reset", Some(json!({ "policy_id": 1 })))]
    {
        bench.device.teach(object(place.clone()));
        bench.call(verb, method, body.clone()).await;
        assert_eq!(kept().await, place, "{verb}");
        // What fails teaches, too.
        bench.device.answer(Err(DriverError::of(ErrorKind::Failed, "gone")));
        bench.device.teach(object(json!({ "intel_nm_channel": null, "intel_nm_address": 45 })));
        bench.call(verb, method, body.clone()).await;
        assert_eq!(kept().await, json!({ "intel_nm_address": 45 }), "{verb}");
        bench.device.answer(Ok(Outcome::Power(PowerState::Off)));
    }
    // Another description is no other device.
    let patch = async |op: Value| bench.daemon.ask("PATCH", &path, 82, Some(&json!([op]))).await.body;
    let told = patch(json!({ "op": "add", "path": "/description", "value": "x" })).await;
    assert_eq!(told["driver_internal_info"], json!({ "intel_nm_address": 45 }));
    let told = patch(json!({ "op": "add", "path": "/driver_info/address", "value": "b" })).await;
    assert_eq!(told["driver_internal_info"], json!({}));
}

#[tokio::test]
async fn methods_are_those_of_the_vendor_interface() {
    let bench = Bench::start().await;
    let path = format!("/v1/nodes/{NODE}");
    assert_eq!(
        bench.daemon.ask("GET", &format!("{path}/validate"), 82, None).await.body["vendor"],
        json!({ "result": true })
    );
    let none = json!([{ "op": "add", "path": "/vendor_interface", "value": "no-vendor" }]);
    assert_eq!(bench.daemon.ask("PATCH", &path, 82, Some(&none)).await.status, 200);
    assert_eq!(bench.call("GET", "/methods", None).await.body, json!({}));
    let told = bench.call("GET", "/get_policy?policy_id=1", None).await;
    assert_eq!((told.status.as_u16(), told.fault().as_str()), (400, "No handler for method get_policy"));
    let valid = bench.daemon.ask("GET", &format!("{path}/validate"), 82, None).await.body;
    assert_eq!(valid.get("vendor"), None);
}
