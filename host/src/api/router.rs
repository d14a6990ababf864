//! Every path, and what answers it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, any, get, put};
use tower::ServiceExt;

use super::auth::{self, Auth};
use super::version::Version;
use super::{App, answer, body, conductors, drivers, empty, nodes, operation, ports, request, root, version};

/// Every path with what answers it, and the microversion that it came with. A vendor method says itself which verbs it takes.
pub(super) fn paths() -> Vec<(&'static str, u16, MethodRouter<App>)> {
    vec![
        ("/", 1, get(root::versions)),
        ("/healthz", 1, get(operation::health)),
        ("/metrics", 1, get(operation::figures)),
        ("/v1", 1, get(root::resources)),
        ("/v1/drivers", 1, get(drivers::list)),
        ("/v1/drivers/{driver}", 1, get(drivers::show)),
        ("/v1/drivers/{driver}/properties", 1, get(drivers::properties)),
        ("/v1/drivers/{driver}/raid/logical_disk_properties", 12, get(drivers::raid)),
        ("/v1/drivers/{driver}/vendor_passthru", 1, any(drivers::passthru)),
        ("/v1/drivers/{driver}/vendor_passthru/methods", 1, get(drivers::passthru_methods)),
        ("/v1/drivers/{driver}/vendor_passthru/{method}", 1, any(drivers::passthru)),
        ("/v1/nodes", 1, get(nodes::list).post(nodes::create)),
        ("/v1/nodes/detail", 1, get(nodes::detail)),
        ("/v1/nodes/{node}", 1, get(nodes::show).patch(nodes::patch).delete(nodes::delete)),
        ("/v1/nodes/{node}/bios", 40, get(nodes::bios)),
        ("/v1/nodes/{node}/history", 78, get(nodes::history)),
        ("/v1/nodes/{node}/maintenance", 1, put(nodes::set_maintenance).delete(nodes::unset_maintenance)),
        ("/v1/nodes/{node}/management/boot_device", 1, get(nodes::boot_device).put(nodes::set_boot_device)),
        ("/v1/nodes/{node}/management/boot_device/supported", 1, get(nodes::supported_boot_devices)),
        ("/v1/nodes/{node}/management/inject_nmi", 29, put(nodes::inject_nmi)),
        ("/v1/nodes/{node}/portgroups", 24, get(nodes::portgroups)),
        ("/v1/nodes/{node}/ports", 1, get(ports::of_node)),
        ("/v1/nodes/{node}/states", 1, get(nodes::states)),
        ("/v1/nodes/{node}/states/boot_mode", 76, put(nodes::boot_mode)),
        ("/v1/nodes/{node}/states/console", 1, get(nodes::console).put(nodes::set_console)),
        ("/v1/nodes/{node}/states/power", 1, put(nodes::power)),
        ("/v1/nodes/{node}/states/provision", 1, put(nodes::provision)),
        ("/v1/nodes/{node}/states/secure_boot", 76, put(nodes::secure_boot)),
        ("/v1/nodes/{node}/traits", 37, get(nodes::traits)),
        ("/v1/nodes/{node}/validate", 1, get(nodes::validate)),
        ("/v1/nodes/{node}/vendor_passthru", 1, any(nodes::passthru_by_query)),
        ("/v1/nodes/{node}/vendor_passthru/methods", 1, get(nodes::passthru_methods)),
        ("/v1/nodes/{node}/vendor_passthru/{method}", 1, any(nodes::passthru)),
        ("/v1/nodes/{node}/vifs", 28, get(nodes::vifs)),
        ("/v1/nodes/{node}/volume", 32, get(nodes::volume)),
        ("/v1/nodes/{node}/volume/connectors", 32, get(nodes::volume_connectors)),
        ("/v1/nodes/{node}/volume/targets", 32, get(nodes::volume_targets)),
        ("/v1/ports", 1, get(ports::list).post(ports::create)),
        ("/v1/ports/detail", 1, get(ports::detail)),
        ("/v1/ports/{port}", 1, get(ports::show).patch(ports::patch).delete(ports::delete)),
        ("/v1/allocations", 52, get(empty::allocations)),
        ("/v1/chassis", 1, get(empty::chassis)),
        ("/v1/conductors", 49, get(conductors::list)),
        ("/v1/conductors/{conductor}", 49, get(conductors::show)),
        ("/v1/deploy_templates", 55, get(empty::deploy_templates)),
        ("/v1/portgroups", 23, get(empty::portgroups)),
        ("/v1/shards", 82, get(empty::shards)),
        ("/v1/volume", 32, get(empty::volume)),
        ("/v1/volume/connectors", 32, get(empty::volume_connectors)),
        ("/v1/volume/targets", 32, get(empty::volume_targets)),
    ]
}

/// The API, with what every request goes through.
pub(crate) fn router(app: &App, auth: Option<Arc<Auth>>) -> Router {
    let mut inner = Router::new();
    for (path, since, methods) in paths() {
        let gate = move |request: Request, next: Next| async move {
            let version = request.extensions().get().copied().unwrap_or(Version::LOWEST);
            if version.has(since) { next.run(request).await } else { answer::not_yet(since) }
        };
        // What was there from the beginning needs no gate.
        inner = inner.route(path, if since > 1 { methods.layer(from_fn(gate)) } else { methods });
    }
    // The last layer is the first that a request comes to.
    let mut inner = inner
        .fallback(answer::no_such_path)
        .method_not_allowed_fallback(answer::no_such_verb)
        .layer(from_fn(body::bounded));
    if let Some(auth) = auth {
        inner = inner.layer(from_fn_with_state(auth, auth::require));
    }
    let inner = inner
        .layer(from_fn(version::negotiate))
        .layer(from_fn_with_state(app.clone(), request::handle))
        .with_state(app.clone());
    // Paths are found after a slash at their end is dropped, so that must come first.
    Router::new().fallback_service(inner.map_request(with_plain_path))
}

/// What is below `/v1`. Ironic has it without that, too: clients that are given an endpoint without a version use it so.
const RESOURCES: [&str; 10] = [
    "allocations",
    "chassis",
    "conductors",
    "deploy_templates",
    "drivers",
    "nodes",
    "portgroups",
    "ports",
    "shards",
    "volume",
];

/// Ironic takes every path with a slash at its end, and without the version at its beginning.
fn with_plain_path(mut request: Request) -> Request {
    let path = request.uri().path();
    let plain = path.trim_end_matches('/');
    let first = plain.split('/').nth(1).unwrap_or_default();
    let plain = match plain {
        "" => "/".to_owned(),
        plain if RESOURCES.contains(&first) => format!("/v1{plain}"),
        plain => plain.to_owned(),
    };
    if plain == path {
        return request;
    }
    let whole = match request.uri().query() {
        Some(query) => format!("{plain}?{query}"),
        None => plain,
    };
    let mut parts = request.uri().clone().into_parts();
    if let Ok(whole) = PathAndQuery::try_from(whole) {
        parts.path_and_query = Some(whole);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}
