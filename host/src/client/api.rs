//! Requests to the daemon.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use super::args::Daemon;
use super::connect::{self, Environment};
use super::error::Error;
use super::tls;

/// The microversion that the requests are written for.
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-openstack-ironic-api-version"), HeaderValue::from_static("1.82"));

/// How often a request is repeated whose node is locked or whose daemon is busy, and how long after: as Ironic's own client does.
const REPEATS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A boot device or a vendor's method is answered only when the device has answered.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);

/// A page of a thousand nodes with all that is known of them has less than three.
const MOST_BYTES: usize = 64 << 20;

/// A daemon. Has no `Debug`: the header that says who asks is in it.
pub(crate) struct Api {
    http: reqwest::Client,
    base: Url,
    /// Set once the daemon turned out to be unreachable: a thousand more requests need not find out again.
    lost: OnceLock<String>,
    pub(super) pause: Duration,
}

/// What was answered.
pub(super) struct Answer {
    /// Taken on (HTTP 202) rather than done.
    pub(super) is_taken_on: bool,
    /// Null when it is empty.
    pub(super) body: Value,
}

impl Api {
    /// A daemon of this very program.
    pub(crate) fn local(url: &str) -> Result<Self, Error> {
        let daemon = Daemon { url: Some(url.to_owned()), user: None, password: None, ca_file: None, json: true };
        Self::new(&daemon, &|_| None)
    }

    pub(super) fn new(daemon: &Daemon, environment: Environment<'_>) -> Result<Self, Error> {
        let base = connect::url(daemon, environment)?;
        let tls = if base.scheme() == "https" { tls::config(daemon.ca_file.as_deref())? } else { tls::unused()? };
        let mut headers = HeaderMap::from_iter([VERSION, (ACCEPT, HeaderValue::from_static("application/json"))]);
        headers.extend(connect::authorization(daemon, environment)?.map(|header| (AUTHORIZATION, header)));
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .default_headers(headers)
            .user_agent(concat!("rackhand/", env!("CARGO_PKG_VERSION")))
            // A redirected PUT would become a GET, and a password would go where nobody sent it.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            // Shorter than a server's, so that no request meets a connection that is being closed.
            .pool_idle_timeout(Duration::from_secs(3));
        if connect::is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| Error::Failed(format!("no HTTP client: {}", reason(&error))))?;
        Ok(Self { http, base, lost: OnceLock::new(), pause: PAUSE })
    }

    /// Reads what is at `path`. Null when the answer is empty, here as there.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Error> {
        Ok(self.send(Method::GET, path, query, None).await?.body)
    }

    /// Does something to what is at `path`.
    pub(crate) async fn call(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Value, Error> {
        Ok(self.ask(method, path, body).await?.body)
    }

    /// The same, for what may be done later.
    pub(super) async fn ask(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Answer, Error> {
        self.send(method, path, &[], body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let url = self.at(path, query)?;
        let mut repeats = 0;
        loop {
            match self.once(method.clone(), url.clone(), body).await {
                Err(Error::Refused { status, text }) if repeats < REPEATS && passes(status, &text) => {
                    repeats = repeats.saturating_add(1);
                    tokio::time::sleep(self.pause).await;
                }
                other => return other,
            }
        }
    }

    fn at(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url, Error> {
        // A path that means another one: `DELETE nodes/..` is no node's.
        if let Some(name) = path.iter().find(|part| matches!(**part, "" | "." | "..")) {
            return Err(Error::Usage(format!("'{name}' is no name")));
        }
        let mut url = self.base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().push("v1").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn once(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Answer, Error> {
        if let Some(lost) = self.lost.get() {
            return Err(Error::NoContact(lost.clone()));
        }
        let changes = method != Method::GET;
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut answer = request.send().await.map_err(|error| self.no_contact(&error, changes))?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.no_contact(&error, changes))? {
            if bytes.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Err(Error::foreign("the answer is longer than 64 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_redirection() {
            return Err(Error::foreign(format_args!("the daemon points elsewhere (HTTP {})", status.as_u16())));
        }
        if !status.is_success() {
            return Err(Error::refused(status.as_u16(), &bytes));
        }
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| Error::foreign("the answer is not JSON"))?
        };
        Ok(Answer { is_taken_on: status == StatusCode::ACCEPTED, body })
    }

    fn no_contact(&self, error: &reqwest::Error, changes: bool) -> Error {
        let reason = reason(error);
        if error.is_connect() {
            let text = format!("no contact with the daemon at {}: {reason}", self.base);
            return Error::NoContact(self.lost.get_or_init(|| text).clone());
        }
        let unknown = if changes { "; whether it was carried out is not known" } else { "" };
        Error::NoContact(format!("the daemon at {} does not answer: {reason}{unknown}", self.base))
    }
}

/// Whether the same request may be taken a little later: a node that is locked, a daemon that is busy. A name that is taken stays
/// taken.
fn passes(status: u16, text: &str) -> bool {
    match status {
        409 => !text.contains("already exists"),
        503 => true,
        _ => false,
    }
}

/// The innermost reason; the outer ones only say that it is one.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!(
            "nothing within {} s",
            if error.is_connect() { CONNECT_TIMEOUT } else { ANSWER_TIMEOUT }.as_secs()
        );
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let text = inner.to_string();
    if text.contains("CaUsedAsEndEntity") {
        // What `openssl req -x509` makes by itself.
        return "its certificate is an authority's, which no server's may be: make it with basicConstraints=CA:FALSE"
            .to_owned();
    }
    text
}
