//! What an operator's tools ask for beside the API: whether the daemon lives, and its figures.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::App;
use crate::metrics;

/// `GET /healthz`: it answers, so it lives.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn figures(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], metrics::text(&app.conductor)).into_response()
}
