//! Lists that come in pages.

use reqwest::Url;
use serde_json::{Map, Value};

use super::api::Api;
use super::error::Error;

/// More pages than any fleet has; a daemon that goes on is out of order.
const MOST_PAGES: usize = 10_000;

/// All objects of a list, page after page, or the first `limit` of them. `key` is the list's name in the answer.
pub(super) async fn all(
    api: &Api,
    path: &[&str],
    key: &str,
    query: &[(&str, &str)],
    limit: Option<usize>,
) -> Result<Vec<Map<String, Value>>, Error> {
    let mut rows: Vec<Map<String, Value>> = Vec::new();
    let mut marker: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let wanted = limit.map(|limit| limit.saturating_sub(rows.len()));
        // The daemon bounds a page to what it likes; a smaller one is asked for only where that is all.
        let page_size = wanted.map(|wanted| wanted.min(1000).to_string());
        let mut query = query.to_vec();
        query.extend(page_size.as_deref().map(|size| ("limit", size)));
        query.extend(marker.as_deref().map(|marker| ("marker", marker)));
        let mut page = api.get(path, &query).await?;
        let Some(Value::Array(list)) = page.get_mut(key).map(Value::take) else {
            return Err(Error::foreign(format_args!("the answer has no list of {key}")));
        };
        for row in list {
            match row {
                Value::Object(row) => rows.push(row),
                _ => return Err(Error::foreign(format_args!("what is in the list of {key} is no object"))),
            }
        }
        if let Some(limit) = limit.filter(|limit| rows.len() >= *limit) {
            rows.truncate(limit);
            return Ok(rows);
        }
        let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(rows) };
        // The address in `next` is the daemon's own idea of itself, which a proxy may have made another; the marker is what counts.
        let next = marker_of(next).filter(|next| Some(next) != marker.as_ref());
        marker = Some(next.ok_or_else(|| Error::foreign("the address of the next page leads nowhere"))?);
    }
    Err(Error::foreign(format_args!("the list of {key} has no end")))
}

fn marker_of(next: &str) -> Option<String> {
    let url: Url = next.parse().ok()?;
    url.query_pairs().find(|(key, _)| key == "marker").map(|(_, marker)| marker.into_owned())
}
