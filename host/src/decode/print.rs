//! Messages as lines of text, or of JSON.

use serde_json::json;

use super::message::Message;
use crate::out::say;

/// Prints the messages.
pub(super) fn messages(messages: &[Message], as_json: bool) {
    for message in messages {
        if as_json {
            say(line(message));
        } else {
            text(message);
        }
    }
}

fn text(message: &Message) {
    let name = message.name.as_deref().unwrap_or("unknown");
    let separator = if message.origin.is_empty() { "" } else { ": " };
    say(format_args!("{}{separator}{name}", message.origin));
    if let Some(remark) = &message.remark {
        say(format_args!("      {remark}"));
    }
    for field in &message.fields {
        say(format_args!("{:>6}  {:<22} {:<40} {}", field.at, field.name, field.value, field.section));
    }
    say("");
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
