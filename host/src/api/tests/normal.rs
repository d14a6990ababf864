//! Answers as text in which nothing differs from one run to the next.

use std::fmt::Write as _;

use serde_json::Value;

use super::daemon::{Devices, Told};
use super::script::{Step, numbers};

/// A line with this many characters is not broken up.
const WIDE: usize = 118;

/// The headers that the API gives an answer, but for those that say the versions.
const HEADERS: [&str; 3] = ["allow", "content-type", "location"];

/// A request and what was answered.
pub(super) fn recorded(step: &Step, told: &Told, devices: &Devices) -> String {
    let header = |name: &str| told.headers.get(name).map_or("-", |value| value.to_str().unwrap());
    let version = |part: &str| header(&format!("x-openstack-ironic-api-{part}version"));
    let mut text = format!(
        "{}\n{} ({} to {}, here {})\n",
        step.line,
        told.status.as_u16(),
        version("minimum-"),
        version("maximum-"),
        version("")
    );
    let id = header("openstack-request-id");
    assert!(id.starts_with("req-") && uuid::Uuid::try_parse(&id[4..]).is_ok(), "{}: {id}", step.line);
    assert_eq!(id, header("x-openstack-request-id"), "{}", step.line);
    for name in HEADERS.iter().filter(|name| told.headers.contains_key(**name)) {
        writeln!(text, "{name}: {}", header(name)).unwrap();
    }
    let mut body = told.body.clone();
    still(&mut body);
    if told.text.is_empty() {
        return text;
    }
    lay_out(&body, 0, &mut text);
    for (name, number) in numbers(devices) {
        text = text.replace(&number.to_string(), name);
    }
    text.push('\n');
    text
}

/// Takes what moves out of it: times.
fn still(value: &mut Value) {
    match value {
        Value::String(text) if is_time(text) => *text = "TIME".to_owned(),
        Value::Array(list) => list.iter_mut().for_each(still),
        Value::Object(object) => object.values_mut().for_each(still),
        _ => {}
    }
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.len(), 26 | 32)
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.')]
            .iter()
            .all(|(at, it)| bytes[*at] == *it)
}

/// JSON in lines that are neither too many nor too long.
fn lay_out(value: &Value, depth: usize, to: &mut String) {
    let line = value.to_string();
    let pad = "  ".repeat(depth + 1);
    match value {
        _ if line.len() + 2 * depth <= WIDE => to.push_str(&line),
        Value::Object(object) => {
            to.push('{');
            for (number, (name, value)) in object.iter().enumerate() {
                write!(to, "{}\n{pad}{}: ", if number > 0 { "," } else { "" }, Value::from(name.as_str())).unwrap();
                lay_out(value, depth + 1, to);
            }
            write!(to, "\n{}}}", "  ".repeat(depth)).unwrap();
        }
        Value::Array(list) => {
            to.push('[');
            for (number, value) in list.iter().enumerate() {
                write!(to, "{}\n{pad}", if number > 0 { "," } else { "" }).unwrap();
                lay_out(value, depth + 1, to);
            }
            write!(to, "\n{}]", "  ".repeat(depth)).unwrap();
        }
        _ => to.push_str(&line),
    }
}
