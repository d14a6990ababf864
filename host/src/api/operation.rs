//! What an operator's tools ask for beside the API: whether the daemon can work, and its figures.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::App;
use super::answer::fault;
use crate::metrics;

/// `GET /healthz`: it answers, so it lives; and it can keep changes, without which it is good for nothing but reading.
pub(super) async fn health(State(app): State<App>) -> Response {
    if app.conductor.inventory.is_writing() {
        "ok\n".into_response()
    } else {
        fault(StatusCode::SERVICE_UNAVAILABLE, "The database's writer has ended; restart the daemon.")
    }
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn figures(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], metrics::text(&app.conductor)).into_response()
}
