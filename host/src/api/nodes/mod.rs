//! `/v1/nodes`.

mod create;
mod delete;
mod fields;
mod filter;
mod lists;
mod maintenance;
mod management;
mod passthru;
mod patch;
mod power;
mod provision;
mod read;
mod sort;
mod states;
mod validate;
mod view;
mod write;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use super::version::Version;
use super::{App, Error};
use crate::model::Node;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use lists::{bios, history, portgroups, traits, vifs, volume, volume_connectors, volume_targets};
pub(super) use maintenance::{set_maintenance, unset_maintenance};
pub(super) use management::{boot_device, inject_nmi, set_boot_device, supported_boot_devices};
pub(super) use passthru::{passthru, passthru_by_query, passthru_methods};
pub(super) use patch::patch;
pub(super) use power::power;
pub(super) use provision::provision;
pub(super) use read::{detail, list, show};
pub(super) use states::{boot_mode, console, secure_boot, set_console, states};
pub(super) use validate::validate;

/// The node that the path names.
pub(super) struct Named(pub(super) Arc<Node>);

impl FromRequestParts<App> for Named {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let version = Version::from_request_parts(parts, app).await?;
        let path = Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, app).await;
        let ident = path.ok().and_then(|Path(mut names)| names.remove("node")).unwrap_or_default();
        named(app, version, &ident).map(Self)
    }
}

/// The node with this UUID or, from microversion 1.5 on, this name.
pub(super) fn named(app: &App, version: Version, ident: &str) -> Result<Arc<Node>, Error> {
    if !version.has(5) && Uuid::try_parse(ident).is_err() {
        return Err(Error::NodeNotFound(ident.to_owned()));
    }
    app.conductor.node(ident)
}

/// A field of a node for the test that compares them with the description: its name, the microversion that it came with, and
/// whether a new node may be given it and a patch change it.
#[cfg(test)]
pub(super) fn table() -> Vec<(&'static str, u16, bool, bool)> {
    let row = |field: &fields::Field| (field.name(), field.since(), write::creatable(*field), write::patchable(*field));
    fields::Field::ALL.iter().map(row).collect()
}
