//! What every request has: an id, a line in the log, a place in the counts, and an end, also when its client has gone.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use uuid::Uuid;

use super::App;
use super::answer::fault;

const ID: HeaderName = HeaderName::from_static("openstack-request-id");
const OLD_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Takes a request through the rest.
pub(super) async fn handle(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = format!("req-{}", Uuid::new_v4());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = if changes(&method) {
        // What was begun is brought to its end, whether or not the client waits for it: a reservation that is kept and a task
        // that never starts would hold the node for good.
        let whole = tokio::spawn(next.run(request).instrument(span.clone()));
        whole.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request did not come to its end");
            fault(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "The request did not come to its end.").into_response()
        })
    } else {
        next.run(request).instrument(span.clone()).await
    };
    let status = response.status();
    app.conductor.metrics.request(label(&method), status.as_u16());
    let millis = begun.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| {
        if changes(&method) || !status.is_success() {
            tracing::info!(%method, path, status = status.as_u16(), millis, "answered");
        } else {
            tracing::debug!(%method, path, status = status.as_u16(), millis, "answered");
        }
    });
    if let Ok(value) = HeaderValue::try_from(id) {
        response.headers_mut().insert(OLD_ID, value.clone());
        response.headers_mut().insert(ID, value);
    }
    response
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A client can make up verbs; the counts are not theirs to fill.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
