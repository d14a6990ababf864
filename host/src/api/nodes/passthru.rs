//! `/v1/nodes/N/vendor_passthru`

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::Method;

use super::Named;
use crate::api::passthru;
use crate::api::query::Query;
use crate::api::value::MaybeFields;
use crate::api::{Answer, App, Error, answer};
use crate::model::{Node, Object};

/// `GET …/methods`
pub(in crate::api) async fn passthru_methods(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    let driver = app.conductor.drivers.of_node(&node.driver)?;
    answer::ok(&passthru::listed(driver.vendor_methods(&node)))
}

/// `…/vendor_passthru/METHOD`
pub(in crate::api) async fn passthru(
    State(app): State<App>,
    Named(node): Named,
    Path(path): Path<HashMap<String, String>>,
    verb: Method,
    query: Query,
    MaybeFields(body): MaybeFields,
) -> Answer {
    let name = path.get("method").cloned().unwrap_or_default();
    call(&app, &node, &name, &verb, query, body).await
}

/// `…/vendor_passthru?method=METHOD`
pub(in crate::api) async fn passthru_by_query(
    State(app): State<App>,
    Named(node): Named,
    verb: Method,
    mut query: Query,
    MaybeFields(body): MaybeFields,
) -> Answer {
    let name = query.take("method").ok_or(Error::MandatoryParameterMissing { name: "method", why: String::new() })?;
    call(&app, &node, &name, &verb, query, body).await
}

async fn call(app: &App, node: &Node, name: &str, verb: &Method, query: Query, body: Object) -> Answer {
    let driver = app.conductor.drivers.of_node(&node.driver)?;
    let method = passthru::method(driver.vendor_methods(node), name, verb.as_str())?;
    let arguments = passthru::arguments(method, body, query.rest(), verb.as_str())?;
    if *verb == Method::GET {
        return answer::ok(&app.conductor.call(node, method, arguments).await?);
    }
    app.conductor.begin_call(node, method, arguments).await?;
    answer::accepted(None)
}
