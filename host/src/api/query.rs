//! The arguments of a query: each is taken by name, and what nobody took is an error.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{App, Error};

/// The arguments that are left.
pub(super) struct Query(Vec<(String, String)>);

impl FromRequestParts<App> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect()))
    }
}

impl Query {
    /// Takes an argument; where it comes twice, the last one counts.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let mut last = None;
        self.0.retain_mut(|(key, value)| {
            let ours = key == name;
            if ours {
                last = Some(std::mem::take(value));
            }
            !ours
        });
        last
    }

    /// Takes a truth value, as oslo.utils reads them.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.take(name) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "on" | "y" | "yes" => Ok(Some(true)),
            "0" | "f" | "false" | "off" | "n" | "no" => Ok(Some(false)),
            _ => Err(Error::InvalidParameterValue(format!("Invalid {name}: '{text}' is neither true nor false."))),
        }
    }

    /// Takes a value of another type; `allowed` says what it can be.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, allowed: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let wrong = || Error::InvalidParameterValue(format!("Invalid {name}: '{text}' is not {allowed}."));
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// All that is left.
    pub(super) fn rest(self) -> Vec<(String, String)> {
        self.0
    }

    /// Ends the taking.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = self.0.into_iter().map(|(name, _)| name).collect();
        Err(Error::UnexpectedArguments(names.join(", ")))
    }
}
