//! Microversions (ironic-api.md, section 2): which one a request wants, and what each field and path needs.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::answer::not_acceptable;
use super::{App, Error};

/// The lowest that is offered, and what a request without a version gets.
pub(crate) const MIN: u16 = 1;

/// The highest that is offered: few fields after it have to do with anything but deploying.
pub(crate) const MAX: u16 = 82;

/// The minor number of the microversion that a request is answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u16);

impl Version {
    /// Without a header.
    pub(crate) const LOWEST: Self = Self(MIN);

    /// Whether what came with microversion 1.`since` is offered.
    pub(crate) const fn has(self, since: u16) -> bool {
        self.0 >= since
    }

    /// An error, unless what came with microversion 1.`since` is offered.
    pub(crate) fn need(self, since: u16, what: &str) -> Result<(), Error> {
        if self.has(since) {
            return Ok(());
        }
        Err(Error::NotAcceptable(format!(
            "Request not acceptable: {what} needs API version 1.{since}, and 1.{} was asked for.",
            self.0
        )))
    }
}

impl FromRequestParts<App> for Version {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        // [`negotiate`] has put it there.
        Ok(parts.extensions.get().copied().unwrap_or(Self::LOWEST))
    }
}

const CHOSEN: HeaderName = HeaderName::from_static("x-openstack-ironic-api-version");
const LOWEST: HeaderName = HeaderName::from_static("x-openstack-ironic-api-minimum-version");
const HIGHEST: HeaderName = HeaderName::from_static("x-openstack-ironic-api-maximum-version");
const STANDARD: HeaderName = HeaderName::from_static("openstack-api-version");

/// What a request asks for.
enum Asked {
    This(Version),
    OutOfRange(String),
    Unreadable(String),
}

fn asked(headers: &HeaderMap) -> Asked {
    let text =
        |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    // `OpenStack-API-Version` names services, each with its version.
    let of_service = text(&STANDARD).and_then(|list| {
        let ours = |entry: &str| entry.trim().strip_prefix("baremetal").map(|version| version.trim().to_owned());
        list.split(',').find_map(ours)
    });
    let Some(wanted) = of_service.or_else(|| text(&CHOSEN)) else { return Asked::This(Version::LOWEST) };
    let wanted = wanted.trim();
    if wanted.eq_ignore_ascii_case("latest") {
        return Asked::This(Version(MAX));
    }
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u16>().ok())?;
    match wanted.split_once('.').map(|(major, minor)| (number(major), number(minor))) {
        Some((Some(1), Some(minor))) if (MIN..=MAX).contains(&minor) => Asked::This(Version(minor)),
        Some((Some(_), Some(_))) => Asked::OutOfRange(wanted.to_owned()),
        _ => Asked::Unreadable(wanted.chars().take(64).collect()),
    }
}

fn offer(headers: &mut HeaderMap) {
    headers.insert(LOWEST, number(MIN));
    headers.insert(HIGHEST, number(MAX));
}

fn number(minor: u16) -> HeaderValue {
    // Digits and a point are a header's value.
    HeaderValue::try_from(format!("1.{minor}")).unwrap_or_else(|_| HeaderValue::from_static("1.1"))
}

/// Finds out which version is asked for, and says so in the answer.
pub(super) async fn negotiate(mut request: Request, next: Next) -> Response {
    match asked(request.headers()) {
        Asked::This(version) => {
            request.extensions_mut().insert(version);
            let mut response = next.run(request).await;
            offer(response.headers_mut());
            response.headers_mut().insert(CHOSEN, number(version.0));
            response
        }
        Asked::OutOfRange(wanted) => {
            let mut response = not_acceptable(&format!(
                "Version {wanted} was requested but the minor version is not supported by this service. The supported \
                 version range is: [1.{MIN}, 1.{MAX}]."
            ));
            offer(response.headers_mut());
            response
        }
        Asked::Unreadable(wanted) => not_acceptable(&format!(
            "Invalid value for {CHOSEN} header: '{wanted}'. It is '1.N' with N from {MIN} to {MAX}, or 'latest'."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(headers: &[(HeaderName, &'static str)]) -> Result<u16, String> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        match asked(&headers) {
            Asked::This(version) => Ok(version.0),
            Asked::OutOfRange(text) => Err(format!("range {text}")),
            Asked::Unreadable(text) => Err(format!("unreadable {text}")),
        }
    }

    #[test]
    fn a_version_is_found_in_either_header() {
        assert_eq!(asked_by(&[]), Ok(1));
        assert_eq!(asked_by(&[(CHOSEN, "1.31")]), Ok(31));
        assert_eq!(asked_by(&[(CHOSEN, "latest")]), Ok(MAX));
        assert_eq!(asked_by(&[(STANDARD, "baremetal 1.11")]), Ok(11));
        assert_eq!(asked_by(&[(STANDARD, "compute 2.1, baremetal 1.82")]), Ok(82));
        assert_eq!(asked_by(&[(STANDARD, "compute 2.1"), (CHOSEN, "1.5")]), Ok(5));
        assert_eq!(asked_by(&[(STANDARD, "baremetal latest"), (CHOSEN, "1.5")]), Ok(MAX));
        for (text, wrong) in [("1.83", "range 1.83"), ("1.0", "range 1.0"), ("2.1", "range 2.1"), ("1", "unreadable 1")]
        {
            assert_eq!(asked_by(&[(CHOSEN, text)]), Err(wrong.to_owned()));
        }
        for text in ["", "x", "1.", ".1", "1.+5", "1.1.1", "1.99999999999"] {
            assert!(asked_by(&[(CHOSEN, text)]).unwrap_err().starts_with("unreadable"), "{text}");
        }
    }
}
