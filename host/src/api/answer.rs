//! Answers, and errors as answers: Ironic's bodies are JSON in a JSON string.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::{Answer, Error};

/// 200 with a JSON body.
pub(super) fn ok(body: &impl Serialize) -> Answer {
    Ok(with(StatusCode::OK, body))
}

/// 201 with a JSON body, and where the new thing is.
pub(super) fn created(body: &impl Serialize, location: &str) -> Answer {
    Ok(located(with(StatusCode::CREATED, body), location))
}

/// 202 without a body: the work goes on, and its end is to be seen at `location`.
pub(super) fn accepted(location: Option<&str>) -> Answer {
    let response = StatusCode::ACCEPTED.into_response();
    Ok(match location {
        Some(location) => located(response, location),
        None => response,
    })
}

/// 204.
pub(super) fn no_content() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn located(mut response: Response, location: &str) -> Response {
    // What a client called us may hold anything.
    if let Ok(value) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn with(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        fault(self.status(), &self.to_string())
    }
}

/// An error of the API.
pub(crate) fn fault(status: StatusCode, text: &str) -> Response {
    let code = if status.is_server_error() { "Server" } else { "Client" };
    wrapped(status, &json!({ "faultcode": code, "faultstring": text, "debuginfo": null }))
}

fn wrapped(status: StatusCode, inner: &serde_json::Value) -> Response {
    with(status, &json!({ "error_message": inner.to_string() }))
}

/// An error from before the API, as WebOb words it.
fn early(status: StatusCode, description: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    wrapped(status, &json!({ "code": status.as_u16(), "title": title, "description": description }))
}

pub(super) fn not_acceptable(description: &str) -> Response {
    early(StatusCode::NOT_ACCEPTABLE, description)
}

/// Nothing is at this path.
pub(super) async fn no_such_path(uri: Uri) -> Response {
    early(StatusCode::NOT_FOUND, &format!("The resource could not be found: there is nothing at {}.", uri.path()))
}

/// What a microversion did not have yet is not there.
pub(super) fn not_yet(since: u16) -> Response {
    early(StatusCode::NOT_FOUND, &format!("The resource could not be found: it needs API version 1.{since}."))
}

/// Something is at this path, and does not take this verb; which it takes is in `Allow`.
pub(super) async fn no_such_verb(method: Method, uri: Uri) -> Response {
    early(StatusCode::METHOD_NOT_ALLOWED, &format!("The method {method} is not allowed for {}.", uri.path()))
}
