//! `/v1/ports`, and the ports of a node.

mod read;
mod view;
mod write;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use super::{App, Error};
use crate::model::Port;

pub(super) use read::{detail, list, of_node, show};
pub(super) use write::{create, delete, patch};

/// The port that the path names, by its UUID.
pub(super) struct Named(Arc<Port>);

impl FromRequestParts<App> for Named {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Path(ident) = Path::<String>::from_request_parts(parts, app).await.unwrap_or_else(|_| Path(String::new()));
        let uuid = Uuid::try_parse(&ident).map_err(|_| Error::InvalidUuid { name: "uuid", text: ident.clone() })?;
        app.conductor.inventory.read().port(uuid).cloned().map(Self).ok_or(Error::PortNotFound(ident))
    }
}

/// The fields of a port, for the test that compares them with the description; whether a new one may be given them and a patch
/// change them.
#[cfg(test)]
pub(super) fn table() -> Vec<(&'static str, u16, bool, bool)> {
    let row = |(name, since): (&'static str, u16)| {
        let writable = write::WRITABLE.contains(&name);
        (name, since, writable || matches!(name, "uuid" | "portgroup_uuid"), writable)
    };
    view::FIELDS.into_iter().map(row).collect()
}
