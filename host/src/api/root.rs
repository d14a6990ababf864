//! `GET /` and `GET /v1`: what there is, and in which versions.

use serde::Serialize;
use serde_json::json;

use super::links::{Base, Link};
use super::version::{MAX, MIN, Version};
use super::{Answer, answer};

#[derive(Serialize)]
struct ApiVersion {
    id: &'static str,
    links: [Link; 1],
    status: &'static str,
    min_version: String,
    version: String,
}

fn v1(base: &Base) -> ApiVersion {
    ApiVersion {
        id: "v1",
        links: base.root(),
        status: "CURRENT",
        min_version: format!("1.{MIN}"),
        version: format!("1.{MAX}"),
    }
}

/// `GET /`
pub(super) async fn versions(base: Base) -> Answer {
    answer::ok(&json!({
        "name": "OpenStack Ironic API",
        "description": "Rackhand: the part of Ironic's API that powers machines without a good BMC.",
        "default_version": v1(&base),
        "versions": [v1(&base)],
    }))
}

/// `GET /v1`
pub(super) async fn resources(base: Base, version: Version) -> Answer {
    let mut body = json!({
        "id": "v1",
        "links": base.root(),
        "media_types": { "base": "application/json", "type": "application/vnd.openstack.ironic.v1+json" },
        "version": v1(&base),
    });
    let resources = [
        ("nodes", 1),
        ("ports", 1),
        ("chassis", 1),
        ("drivers", 1),
        ("portgroups", 23),
        ("volume", 32),
        ("conductors", 49),
        ("allocations", 52),
        ("deploy_templates", 55),
        ("shards", 82),
    ];
    if let Some(body) = body.as_object_mut() {
        for (name, since) in resources {
            if version.has(since) {
                body.insert(name.to_owned(), json!(base.links(&format!("{name}/"))));
            }
        }
    }
    answer::ok(&body)
}
