//! Messages as lines of text, or of JSON.

use serde_json::json;

use super::message::Message;
use crate::out::{Reader, say};

/// Prints the messages for as long as somebody reads them.
pub(super) fn messages(messages: &[Message], as_json: bool) {
    for message in messages {
        let reader = if as_json { say(line(message)) } else { say(text(message)) };
        if reader == Reader::Gone {
            return;
        }
    }
}

/// A message and an empty line.
fn text(message: &Message) -> String {
    let name = message.name.as_deref().unwrap_or("unknown");
    let separator = if message.origin.is_empty() { "" } else { ": " };
    let mut lines = format!("{}{separator}{name}\n", message.origin);
    if let Some(remark) = &message.remark {
        lines.push_str(&format!("      {remark}\n"));
    }
    for field in &message.fields {
        lines.push_str(&format!("{:>6}  {:<22} {:<40} {}\n", field.at, field.name, field.value, field.section));
    }
    lines
}

fn line(message: &Message) -> serde_json::Value {
    let fields: Vec<_> = message
        .fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "offset": field.at,
                "length": field.len,
                "value": field.value,
                "section": field.section,
            })
        })
        .collect();
    json!({
        "origin": message.origin,
        "message": message.name,
        "remark": message.remark,
        "fields": fields,
    })
}
