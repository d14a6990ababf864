//! Links: where things are, as seen by the client.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use serde::Serialize;

use super::{App, Error};

/// What links begin with: scheme, host and port, without a slash at the end.
#[derive(Clone)]
pub(crate) struct Base(Arc<str>);

/// A link.
#[derive(Serialize)]
pub(super) struct Link {
    href: String,
    rel: &'static str,
}

impl Base {
    /// Where `path` is, which begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Both links of a thing: `self` below `/v1`, and `bookmark` without it.
    pub(super) fn links(&self, path: &str) -> [Link; 2] {
        [
            Link { href: format!("{}/v1/{path}", self.0), rel: "self" },
            Link { href: format!("{}/{path}", self.0), rel: "bookmark" },
        ]
    }

    /// The link of an API version.
    pub(super) fn root(&self) -> [Link; 1] {
        [Link { href: self.at("/v1/"), rel: "self" }]
    }
}

impl FromRequestParts<App> for Base {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        if let Some(endpoint) = &app.public_endpoint {
            return Ok(Self(Arc::clone(endpoint)));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
        let authority = parts.uri.authority().map(Authority::as_str);
        let host = match (authority, parts.headers.get(HOST)) {
            (Some(authority), _) => authority,
            (None, None) => "localhost",
            // RFC 9112, section 3.2: what it holds goes into links.
            (None, Some(host)) => host
                .to_str()
                .ok()
                .filter(|host| Authority::try_from(*host).is_ok() && host.bytes().all(plain))
                .ok_or_else(|| Error::InvalidParameterValue("The Host header is no host with a port.".to_owned()))?,
        };
        Ok(Self(format!("{}://{host}", app.scheme).into()))
    }
}
