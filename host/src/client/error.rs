//! What can go wrong between the command line and a daemon.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::Exit;

/// Why it was not done. Holds no secret: neither what was sent nor an address with a password in it.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    /// What was asked for cannot be asked like that; nothing was sent.
    Usage(String),
    /// The daemon refused.
    Refused { status: u16, text: String },
    /// The daemon took it on, and it failed.
    Failed(String),
    /// The daemon cannot be reached, or went away.
    NoContact(String),
}

impl Error {
    /// How the program ends.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Refused { .. } | Self::Failed(_) => Exit::Failed,
            Self::NoContact(_) => Exit::NoContact,
        }
    }

    /// The answer of a daemon that is not one of 2xx.
    pub(super) fn refused(status: u16, body: &[u8]) -> Self {
        let mut text = said(body);
        if status == 401 {
            text.push_str("; --user and --password say who asks");
        }
        Self::Refused { status, text }
    }

    /// The daemon answered something that is not Ironic's API.
    pub(super) fn foreign(what: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: is --url that of a Rackhand or an Ironic?"))
    }

    /// The same error, with what was done before it in front.
    pub(super) fn after(self, done: &str) -> Self {
        let with = |text: String| format!("{done}: {text}");
        match self {
            Self::Usage(text) => Self::Usage(with(text)),
            Self::Refused { status, text } => Self::Refused { status, text: with(text) },
            Self::Failed(text) => Self::Failed(with(text)),
            Self::NoContact(text) => Self::NoContact(with(text)),
        }
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Refused { status, text } => json!({ "message": text, "status": status }),
            Self::Usage(text) | Self::Failed(text) | Self::NoContact(text) => json!({ "message": text }),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, text } => write!(f, "{text} (HTTP {status})"),
            Self::Usage(text) | Self::Failed(text) | Self::NoContact(text) => f.write_str(text),
        }
    }
}

/// What an answer says in words. Ironic's errors are JSON within JSON: `{"error_message": "{\"faultstring\": …}"}`; those of its
/// authentication are `{"error": {"message": …}}`.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(Value::Object(outer)) = serde_json::from_str(&text) else { return cut(&text) };
    let inner = outer.get("error_message").or_else(|| outer.get("error"));
    let words = match inner {
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(inner)) => words(&inner),
            _ => Some(text.clone()),
        },
        Some(Value::Object(inner)) => words(inner),
        _ => words(&outer),
    };
    words.unwrap_or_else(|| cut(&text))
}

fn words(of: &Map<String, Value>) -> Option<String> {
    let keys = ["faultstring", "description", "message", "title"];
    keys.iter().find_map(|key| of.get(*key)?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A page of somebody else's web server is not shown whole.
fn cut(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None if line.is_empty() => "refused without a word".to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_within_json_is_unwrapped() {
        for (body, text) in [
            (
                r#"{"error_message": "{\"faultcode\": \"Client\", \"faultstring\": \"Node X could not be found.\"}"}"#,
                "Node X could not be found.",
            ),
            (
                r#"{"error_message": "{\"code\": 404, \"title\": \"Not Found\", \"description\": \"No such path.\"}"}"#,
                "No such path.",
            ),
            (r#"{"error_message": {"faultstring": "plain"}}"#, "plain"),
            (r#"{"error_message": "not JSON"}"#, "not JSON"),
            (r#"{"error": {"message": "Authorization required", "code": 401}}"#, "Authorization required"),
            (r#"{"faultstring": "bare"}"#, "bare"),
            ("", "refused without a word"),
            ("<html>\n <b>502</b></html>", "<html> <b>502</b></html>"),
            (r#"{"odd": 1}"#, r#"{"odd": 1}"#),
        ] {
            assert_eq!(said(body.as_bytes()), text, "{body}");
        }
        assert_eq!(said("ü".repeat(300).as_bytes()).chars().count(), 201);
        assert_eq!(said(&[0xFF, 0xFE]), "\u{FFFD}\u{FFFD}");
        let error = Error::refused(401, br#"{"error": {"message": "Authorization required"}}"#);
        assert_eq!(error.to_string(), "Authorization required; --user and --password say who asks (HTTP 401)");
    }
}
