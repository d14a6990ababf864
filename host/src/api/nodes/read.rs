//! `GET /v1/nodes`, `/v1/nodes/detail` and `/v1/nodes/N`

use std::sync::Arc;

use axum::extract::State;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Named;
use super::fields::Selection;
use super::filter::Filter;
use super::sort::Order;
use super::view::Show;
use crate::api::links::Base;
use crate::api::page::Page;
use crate::api::query::Query;
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::model::Node;

/// `GET /v1/nodes/N`
pub(in crate::api) async fn show(
    State(app): State<App>,
    Named(node): Named,
    base: Base,
    version: Version,
    mut query: Query,
) -> Answer {
    let selection = match query.take("fields") {
        Some(names) => Selection::named(&names, version)?,
        None => Selection::whole(version),
    };
    query.end()?;
    let show = Show { conductor: &app.conductor, base: &base, version, selection: &selection };
    answer::ok(&show.node(&node))
}

/// `GET /v1/nodes`
pub(in crate::api) async fn list(State(app): State<App>, base: Base, version: Version, mut query: Query) -> Answer {
    let fields = query.take("fields");
    let detail = query.flag("detail")?;
    if detail.is_some() {
        version.need(43, "detail")?;
    }
    let selection = match (&fields, detail) {
        (Some(_), Some(true)) => {
            return Err(Error::InvalidParameterValue(
                "Can't fetch a subset of fields with 'detail' set: give either 'fields' or 'detail'.".to_owned(),
            ));
        }
        (Some(names), _) => Selection::named(names, version)?,
        (None, Some(true)) => Selection::whole(version),
        (None, _) => Selection::brief(version),
    };
    let mut keep = Vec::new();
    if let Some(names) = fields {
        keep.push(("fields", names));
    }
    if detail == Some(true) {
        keep.push(("detail", "True".to_owned()));
    }
    listed(&app, &base, version, query, &selection, ("nodes", keep))
}

/// `GET /v1/nodes/detail`
pub(in crate::api) async fn detail(State(app): State<App>, base: Base, version: Version, query: Query) -> Answer {
    listed(&app, &base, version, query, &Selection::whole(version), ("nodes/detail", Vec::new()))
}

/// `path` and what of the query its continuation keeps.
fn listed(
    app: &App,
    base: &Base,
    version: Version,
    mut query: Query,
    selection: &Selection,
    (path, mut keep): (&str, Vec<(&'static str, String)>),
) -> Answer {
    let page = Page::take(&mut query, app.max_limit)?;
    let filter = Filter::take(&mut query, version, &app.conductor)?;
    query.end()?;
    let order = Order::named(&page.sort_key, version)?;
    let nodes: Vec<Arc<Node>> = app.conductor.inventory.read().nodes().cloned().collect();
    let nodes = order.sorted(nodes, page.descending);
    let (nodes, more) = page.cut(nodes, |node| node.uuid, |node| filter.matches(node), Error::NodeNotFound)?;
    let next = more.then(|| nodes.last()).flatten().map(|last| {
        keep.extend(filter.arguments());
        page.next(base, path, &keep, last.uuid)
    });
    let show = Show { conductor: &app.conductor, base, version, selection };
    answer::ok(&List { nodes: &nodes, show: &show, next })
}

/// A list as an answer.
struct List<'a> {
    nodes: &'a [Arc<Node>],
    show: &'a Show<'a>,
    next: Option<String>,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("nodes", &Nodes(self))?;
        if let Some(next) = &self.next {
            map.serialize_entry("next", next)?;
        }
        map.end()
    }
}

struct Nodes<'a>(&'a List<'a>);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.nodes.iter().map(|node| self.0.show.node(node)))
    }
}
