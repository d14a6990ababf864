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
