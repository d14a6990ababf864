//! `/v1/drivers`

use std::collections::HashMap;

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::links::Base;
use super::query::Query;
use super::value::MaybeFields;
use super::version::Version;
use super::{Answer, App, Error, answer};
use crate::driver::Enabled;
use crate::model::{Interface, Object};

/// `GET /v1/drivers`
pub(super) async fn list(State(app): State<App>, base: Base, version: Version, mut query: Query) -> Answer {
    let kind = query.take("type");
    let detail = query.flag("detail")?;
    let fields = query.take("fields");
    query.end()?;
    if kind.is_some() {
        version.need(30, "the filter 'type'")?;
    }
    if detail.is_some() {
        version.need(30, "detail")?;
    }
    if fields.is_some() {
        version.need(77, "fields")?;
        if detail == Some(true) {
            return Err(Error::InvalidParameterValue(
                "Can't fetch a subset of fields with 'detail' set: give either 'fields' or 'detail'.".to_owned(),
            ));
        }
    }
    let wanted = match kind.as_deref() {
        None | Some("dynamic") => true,
        Some("classic") => false,
        Some(other) => {
            return Err(Error::InvalidParameterValue(format!(
                "Invalid driver type: '{other}'. It is 'dynamic' or 'classic', of which there are none."
            )));
        }
    };
    let whole = detail == Some(true) || fields.is_some();
    let mut drivers = Vec::new();
    for driver in app.conductor.drivers.iter().filter(|_| wanted) {
        let view = shown(&app, driver, &base, version, whole);
        drivers.push(match &fields {
            Some(names) => picked(view, names)?,
            None => Value::Object(view),
        });
    }
    answer::ok(&json!({ "drivers": drivers }))
}

/// `GET /v1/drivers/D`
pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    base: Base,
    version: Version,
    mut query: Query,
) -> Answer {
    let fields = query.take("fields");
    query.end()?;
    let view = shown(&app, named(&app, &name)?, &base, version, true);
    match fields {
        Some(names) => {
            version.need(77, "fields")?;
            answer::ok(&picked(view, &names)?)
        }
        None => answer::ok(&view),
    }
}

/// `GET /v1/drivers/D/properties`
pub(super) async fn properties(State(app): State<App>, Path(name): Path<String>, query: Query) -> Answer {
    query.end()?;
    let properties = named(&app, &name)?.capabilities().properties();
    let object: Object = properties.map(|(name, text)| (name.to_owned(), text.into())).collect();
    answer::ok(&object)
}

/// `GET /v1/drivers/D/raid/logical_disk_properties`
pub(super) async fn raid(State(app): State<App>, Path(name): Path<String>, query: Query) -> Answer {
    query.end()?;
    let driver = named(&app, &name)?.name().to_owned();
    Err(Error::UnsupportedInterface { driver, extension: "raid" })
}

/// `GET /v1/drivers/D/vendor_passthru/methods`: no driver has one that needs no node.
pub(super) async fn passthru_methods(State(app): State<App>, Path(name): Path<String>, query: Query) -> Answer {
    query.end()?;
    named(&app, &name)?;
    answer::ok(&json!({}))
}

/// `/v1/drivers/D/vendor_passthru/METHOD`
pub(super) async fn passthru(
    State(app): State<App>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
    MaybeFields(_): MaybeFields,
) -> Answer {
    let part = |name: &str| path.get(name).cloned().unwrap_or_default();
    named(&app, &part("driver"))?;
    let method = path.get("method").cloned().or_else(|| query.take("method"));
    Err(Error::NoHandler(method.ok_or(Error::MandatoryParameterMissing { name: "method", why: String::new() })?))
}

fn named<'a>(app: &'a App, name: &str) -> Result<&'a Enabled, Error> {
    app.conductor.drivers.get(name).ok_or_else(|| Error::DriverNotFound(name.to_owned()))
}

fn shown(app: &App, driver: &Enabled, base: &Base, version: Version, whole: bool) -> Object {
    let name = driver.name();
    let mut view = Object::new();
    let mut put = |key: String, value: Value| view.insert(key, value);
    put("name".to_owned(), name.into());
    put("hosts".to_owned(), json!([app.conductor.host]));
    put("links".to_owned(), json!(base.links(&format!("drivers/{name}"))));
    if version.has(14) {
        put("properties".to_owned(), json!(base.links(&format!("drivers/{name}/properties"))));
    }
    if version.has(30) {
        put("type".to_owned(), "dynamic".into());
        for interface in Interface::ALL
            .iter()
            .filter(|interface| whole && (version.has(interface.since()) || interface.since() <= 31))
        {
            let kind = interface.as_str();
            put(format!("default_{kind}_interface"), driver.default_of(*interface).into());
            put(format!("enabled_{kind}_interfaces"), driver.implementations(*interface).into());
        }
    }
    view
}

/// The fields that a client names, and the links.
fn picked(mut view: Object, names: &str) -> Result<Value, Error> {
    let names: Vec<_> = names.split(',').map(str::trim).collect();
    if let Some(unknown) = names.iter().find(|name| !view.contains_key(**name)) {
        let known: Vec<_> = view.keys().map(String::as_str).collect();
        return Err(Error::InvalidParameterValue(format!(
            "Field(s) \"{unknown}\" are not valid: a driver has {}.",
            known.join(", ")
        )));
    }
    view.retain(|key, _| key == "links" || names.contains(&key.as_str()));
    Ok(Value::Object(view))
}
