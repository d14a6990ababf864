//! What a person reads, and what a program reads.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::error::Error;
use crate::Exit;
use crate::out::{complain, say};

/// A value in a line: a text as it is, nothing for null, JSON for the rest.
pub(super) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    }
}

/// A text that comes from elsewhere: what would move a terminal's cursor is shown as what it is.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { plain.extend(letter.escape_default()) } else { plain.push(letter) }
    }
    plain
}

/// Prints objects as the rows of a table.
pub(super) fn table(columns: &[&str], rows: &[Map<String, Value>]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| plain(column)));
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(row.get(*column))));
    }
    say(table);
}

/// Prints an object, a line for each of its fields that says something.
pub(super) fn fields(object: &Map<String, Value>) {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    // Where else the same is to be found is of no use to a person.
    let told = object.iter().filter(|(name, value)| *name != "links" && !empty(value));
    let told: Vec<_> = told.filter(|(_, value)| !links(value)).collect();
    let width = told.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in told {
        say(format_args!("{:width$}  {}", plain(name), cell(Some(value))));
    }
}

/// Whether it is a list of links, such as a node's `ports`.
fn links(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(|link| link.get("href").is_some()))
}

/// Prints for machines.
pub(super) fn json(value: &Value) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => drop(say(text)),
        Err(error) => complain(format_args!("rackhand: {error}")),
    }
}

/// Says why all of it failed.
pub(super) fn failed(error: &Error, as_json: bool) -> Exit {
    if as_json {
        json(&serde_json::json!({ "error": error.json() }));
    } else {
        complain(format_args!("rackhand: {}", plain(&error.to_string())));
    }
    error.exit()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_comes_from_elsewhere_moves_no_cursor() {
        assert_eq!(cell(Some(&json!("a\u{1b}[2Jb\n\u{9b}ü"))), r"a\u{1b}[2Jb\n\u{9b}ü");
        assert_eq!(cell(Some(&json!({ "k": "\u{1b}" }))), r#"{"k":"\u001b"}"#);
        assert_eq!(
            (cell(None), cell(Some(&Value::Null)), cell(Some(&json!(false)))),
            (String::new(), String::new(), "false".to_owned())
        );
    }

    #[test]
    fn links_are_for_programs() {
        assert!(links(&json!([{ "href": "http://h", "rel": "self" }])));
        assert!(!links(&json!(["pxe", "disk"])) && !links(&json!({ "href": 1 })));
    }
}
