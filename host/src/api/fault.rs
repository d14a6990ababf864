//! Ironic's error body, for what is answered before a request reaches the API proper.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as Ironic writes it: JSON text within JSON.
pub(super) fn fault(status: StatusCode, text: &str) -> Response {
    let code = if status.is_server_error() { "Server" } else { "Client" };
    let inner = json!({ "faultcode": code, "faultstring": text, "debuginfo": null }).to_string();
    let body = json!({ "error_message": inner }).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
