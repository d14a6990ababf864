//! JSON bodies, and what clients put into them.

use axum::extract::FromRequest;
use axum::extract::Request;
use http_body_util::BodyExt;
use serde_json::Value;

use super::{App, Error};
use crate::model::Object;

/// How deep what a client gives may be nested. The parser's own bound is not enough: patches put values into values, and what
/// is kept must be read by the next daemon, within the parser's bound of 128.
pub(super) const DEEPEST: usize = 100;

/// How large an object that a client gives may be, as JSON text. Every change of a node writes its whole record, and all changes
/// go through one writer: what one client stuffs in, everybody waits for.
const LARGEST: usize = 64 * 1024;

/// How long `value` is as JSON text; nothing of it is kept.
fn length(value: &Value) -> usize {
    struct Count(usize);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // What cannot be written cannot be kept either.
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

/// Whether there are more than so many levels of lists and objects.
fn is_deeper(value: &Value, levels: usize) -> bool {
    // It goes no deeper itself.
    let below = |value: &Value| is_deeper(value, levels.saturating_sub(1));
    match value {
        Value::Array(list) => levels == 0 || list.iter().any(below),
        Value::Object(object) => levels == 0 || object.values().any(below),
        _ => false,
    }
}

/// A body as it came; the bound on its size is before this.
async fn bytes(request: Request) -> Result<axum::body::Bytes, Error> {
    let whole = request.into_body().collect().await;
    Ok(whole.map_err(|error| Error::BadBody(format!("The body did not come whole: {error}")))?.to_bytes())
}

fn parse(bytes: &[u8]) -> Result<Value, Error> {
    // The text is not repeated: it may hold a password.
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::BadBody(format!("Malformed JSON body: line {line}, column {column}: {}", reason(&error)))
    })
}

fn reason(error: &serde_json::Error) -> &'static str {
    use serde_json::error::Category;

    match error.classify() {
        Category::Eof => "it ends too early",
        Category::Syntax | Category::Data => "that is no JSON",
        Category::Io => "it could not be read",
    }
}

fn object(body: Value) -> Result<Object, Error> {
    match body {
        Value::Object(object) => Ok(object),
        other => Err(Error::BadBody(format!("The body must be a JSON object, not {}.", kind(&other)))),
    }
}

/// A body that must be JSON.
pub(super) struct Json(pub(super) Value);

impl FromRequest<App> for Json {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self, Error> {
        parse(&bytes(request).await?).map(Self)
    }
}

/// A body that must be a JSON object.
pub(super) struct Fields(pub(super) Object);

impl FromRequest<App> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        object(Json::from_request(request, app).await?.0).map(Self)
    }
}

/// A body that may be absent, else a JSON object.
pub(super) struct MaybeFields(pub(super) Object);

impl FromRequest<App> for MaybeFields {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self, Error> {
        let bytes = bytes(request).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Object::new()));
        }
        match parse(&bytes)? {
            Value::Null => Ok(Self(Object::new())),
            other => object(other).map(Self),
        }
    }
}

/// The arguments of a request to do something. A body that is no JSON object has none of them: which one is missed first is
/// told, as in Ironic, and why.
pub(super) struct Arguments {
    given: Object,
    wrong: Option<Error>,
}

impl FromRequest<App> for Arguments {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        Ok(match MaybeFields::from_request(request, app).await {
            Ok(MaybeFields(given)) => Self { given, wrong: None },
            Err(wrong) => Self { given: Object::new(), wrong: Some(wrong) },
        })
    }
}

impl Arguments {
    /// Takes an argument that may be absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.given.remove(name).filter(|value| !value.is_null())
    }

    /// Takes an argument that must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Result<Value, Error> {
        let why = || self.wrong.as_ref().map(|wrong| format!(". {wrong}")).unwrap_or_default();
        let missing = || Error::MandatoryParameterMissing { name, why: why() };
        self.given.remove(name).filter(|value| !value.is_null()).ok_or_else(missing)
    }

    /// Takes a text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Error> {
        match self.required(name)? {
            Value::String(text) => Ok(text),
            other => Err(Error::InvalidParameterValue(format!("{name} must be text, not {}.", kind(&other)))),
        }
    }

    /// Ends the taking: what is left is an error.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.given.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = self.given.into_iter().map(|(name, _)| name).collect();
        Err(Error::UnexpectedArguments(names.join(", ")))
    }
}

/// What a value is, in words that do not show it.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads one field of a resource: what fits it, and the words for what does not.
pub(super) struct Field {
    /// What the field is of, for errors.
    pub(super) of: &'static str,
    pub(super) name: &'static str,
    pub(super) value: Value,
}

impl Field {
    fn wrong(&self, allowed: &str) -> Error {
        Error::Schema { what: self.of, wrong: format!("'{}' must be {allowed}, not {}", self.name, kind(&self.value)) }
    }

    pub(super) fn object(self) -> Result<Object, Error> {
        if is_deeper(&self.value, DEEPEST) {
            let wrong = format!("'{}' is more than {DEEPEST} levels deep", self.name);
            return Err(Error::Schema { what: self.of, wrong });
        }
        if length(&self.value) > LARGEST {
            let wrong = format!("'{}' is longer than {} KiB as JSON", self.name, LARGEST / 1024);
            return Err(Error::Schema { what: self.of, wrong });
        }
        match self.value {
            Value::Object(object) => Ok(object),
            Value::Null => Ok(Object::new()),
            _ => Err(self.wrong("an object or null")),
        }
    }

    /// Text of at most `most` characters, or nothing.
    pub(super) fn text(self, most: usize) -> Result<Option<String>, Error> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(text) if text.chars().count() <= most => Ok(Some(text)),
            Value::String(_) => Err(self.too_long(most)),
            _ => Err(self.wrong("text or null")),
        }
    }

    /// Text that there must be.
    pub(super) fn required_text(self, most: usize) -> Result<String, Error> {
        let (of, name) = (self.of, self.name);
        let missing = || Error::Schema { what: of, wrong: format!("'{name}' is a required property") };
        match self.value {
            Value::String(_) | Value::Null => self.text(most)?.ok_or_else(missing),
            _ => Err(self.wrong("text")),
        }
    }

    fn too_long(&self, most: usize) -> Error {
        Error::Schema { what: self.of, wrong: format!("'{}' is longer than {most} characters", self.name) }
    }

    /// A truth value; null is none.
    pub(super) fn flag(self) -> Result<Option<bool>, Error> {
        match &self.value {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            // oslo.utils takes text too, and so do the clients' `--property protected=true`.
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(self.wrong("true, false or null")),
        }
    }

    /// A UUID; null is none.
    pub(super) fn uuid(self) -> Result<Option<uuid::Uuid>, Error> {
        match &self.value {
            Value::Null => Ok(None),
            Value::String(text) => match uuid::Uuid::try_parse(text) {
                Ok(uuid) => Ok(Some(uuid)),
                Err(_) => Err(Error::InvalidUuid { name: self.name, text: text.clone() }),
            },
            _ => Err(self.wrong("a UUID or null")),
        }
    }

    /// Nothing but null: what there is none of here.
    pub(super) fn nothing(self, why: &str) -> Result<(), Error> {
        match self.value {
            Value::Null => Ok(()),
            _ => Err(Error::InvalidParameterValue(format!("'{}' must be null: {why}", self.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_bounded_by_their_text() {
        let object = |letters: usize| {
            let value = json!({ "k": "x".repeat(letters) });
            Field { of: "node", name: "extra", value }.object().map(|_| ()).map_err(|error| error.to_string())
        };
        let frame = r#"{"k":""}"#.len();
        assert_eq!(object(LARGEST - frame), Ok(()));
        let error = object(LARGEST - frame + 1).unwrap_err();
        assert_eq!(error, "Schema error for node: 'extra' is longer than 64 KiB as JSON");
    }

    #[test]
    fn depth_is_counted_in_levels_of_lists_and_objects() {
        assert!(!is_deeper(&json!(1), 0));
        assert!(is_deeper(&json!([]), 0) && is_deeper(&json!({}), 0));
        for value in [json!({"a": [1]}), json!([{}]), json!({"a": 1, "b": {"c": 1}})] {
            assert!(is_deeper(&value, 1) && !is_deeper(&value, 2), "{value}");
        }
    }
}
