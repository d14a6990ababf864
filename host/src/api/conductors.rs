//! `/v1/conductors`: there is one.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::links::Base;
use super::page::Page;
use super::query::Query;
use super::{Answer, App, Error, answer};
use crate::driver::Enabled;
use crate::model::Object;

/// What a conductor is shown with, unless a client names the fields.
const WHOLE: &str = "hostname,conductor_group,alive,drivers,created_at,updated_at";

const NAMES: [&str; 7] = ["hostname", "conductor_group", "alive", "drivers", "created_at", "updated_at", "links"];

/// `GET /v1/conductors`
pub(super) async fn list(State(app): State<App>, base: Base, mut query: Query) -> Answer {
    let detail = query.flag("detail")? == Some(true);
    let fields = query.take("fields");
    // The marker is a hostname here, not a UUID.
    let marker = query.take("marker");
    let page = Page::take(&mut query, app.max_limit)?;
    if page.sort_key != "id" && !NAMES.contains(&page.sort_key.as_str()) {
        let wrong = format!("The sort_key value \"{}\" is invalid for sorting", page.sort_key);
        return Err(Error::InvalidParameterValue(wrong));
    }
    query.end()?;
    let names = match &fields {
        Some(names) => names.as_str(),
        None if detail => WHOLE,
        None => "hostname,conductor_group,alive",
    };
    let one = shown(&app, &base, names)?;
    let rest = match marker {
        None => vec![one],
        // After the only one there is none.
        Some(name) if name == app.conductor.host => Vec::new(),
        Some(name) => return Err(Error::ConductorNotFound(name)),
    };
    answer::ok(&json!({ "conductors": rest }))
}

/// `GET /v1/conductors/H`
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, base: Base, mut query: Query) -> Answer {
    let fields = query.take("fields");
    query.end()?;
    if name != app.conductor.host {
        return Err(Error::ConductorNotFound(name));
    }
    answer::ok(&shown(&app, &base, fields.as_deref().unwrap_or(WHOLE))?)
}

fn shown(app: &App, base: &Base, names: &str) -> Result<Value, Error> {
    let host = &app.conductor.host;
    let drivers: Vec<_> = app.conductor.drivers.iter().map(Enabled::name).collect();
    let mut view = Object::new();
    for name in names.split(',').map(str::trim) {
        let value = match name {
            "hostname" => json!(host),
            "conductor_group" => json!(""),
            "alive" => json!(true),
            "drivers" => json!(drivers),
            "created_at" | "updated_at" => json!(app.conductor.started_at),
            "links" => continue,
            other => {
                return Err(Error::InvalidParameterValue(format!(
                    "Field(s) \"{other}\" are not valid: a conductor has {}.",
                    NAMES.join(", ")
                )));
            }
        };
        view.insert(name.to_owned(), value);
    }
    view.insert("links".to_owned(), json!(base.links(&format!("conductors/{host}"))));
    Ok(Value::Object(view))
}
