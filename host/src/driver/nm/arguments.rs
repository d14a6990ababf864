//! Arguments of Node Manager's methods: JSON as core takes it, nested values under the path to them.

use rackhand_core::nm::{self, BadArgument, Method, Request};
use rackhand_core::operation::Value;
use serde_json::Value as Json;

use crate::driver::DriverError;
use crate::driver::codec::plain;
use crate::model::Object;

/// The request that a method makes of its arguments.
pub(in crate::driver) fn request(method: Method, arguments: &Object) -> Result<Request, DriverError> {
    let mut flat = Vec::new();
    for (key, value) in arguments {
        flatten(name(key), value, &mut flat);
    }
    nm::args(method, flat.iter().map(|(path, value)| (path.as_str(), *value))).map_err(DriverError::from)
}

/// No argument has another name than a plain one: what looks like a path, and is none, is not taken for one.
fn name(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-'));
    if is_plain { key.to_owned() } else { format!("[{key:?}]") }
}

fn flatten<'a>(path: String, value: &'a Json, flat: &mut Vec<(String, Value<'a>)>) {
    match value {
        Json::Array(list) if !list.is_empty() => {
            for (place, value) in list.iter().enumerate() {
                flatten(format!("{path}[{place}]"), value, flat);
            }
        }
        Json::Object(object) if !object.is_empty() => {
            for (key, value) in object {
                flatten(format!("{path}.{}", name(key)), value, flat);
            }
        }
        // An empty list or object among them.
        value => flat.push((path, plain(value))),
    }
}

impl From<BadArgument> for DriverError {
    fn from(bad: BadArgument) -> Self {
        match bad {
            BadArgument::Missing(_) => Self::missing(bad.to_string()),
            bad => Self::invalid(bad.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flat(value: &Json) -> Vec<(String, Value<'_>)> {
        let mut flat = Vec::new();
        for (key, value) in value.as_object().unwrap() {
            flatten(name(key), value, &mut flat);
        }
        flat
    }

    #[test]
    fn nested_values_have_paths() {
        let value = json!({
            "policy_id": 10, "enable": true, "limit": 1.5, "nothing": null, "periods": [{ "days": ["monday", "friday"] }, {}],
            "target_limit": { "boot_mode": "power" }, "list": [], "a.b": 1, "periods[0].start": 2, "": 3,
        });
        let expected = [
            ("policy_id", Value::Int(10)),
            ("enable", Value::Bool(true)),
            ("limit", Value::Float(1.5)),
            ("nothing", Value::Null),
            ("periods[0].days[0]", Value::Str("monday")),
            ("periods[0].days[1]", Value::Str("friday")),
            ("periods[1]", Value::Empty),
            ("target_limit.boot_mode", Value::Str("power")),
            ("list", Value::Empty),
            ("[\"a.b\"]", Value::Int(1)),
            ("[\"periods[0].start\"]", Value::Int(2)),
            ("[\"\"]", Value::Int(3)),
        ];
        assert_eq!(flat(&value), expected.map(|(path, value)| (path.to_owned(), value)));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path_and_kind() {
        let wrong = |method, arguments: Json| {
            let error = request(method, arguments.as_object().unwrap()).unwrap_err();
            (error.name(), error.to_string())
        };
        let missing = wrong(Method::GetPolicy, json!({}));
        assert_eq!(missing, ("MissingParameterValue", "missing: domain_id, policy_id".to_owned()));
        let periods = json!([{ "start": 10, "stop": 60, "days": ["monday", "monday"] }]);
        let (name, told) =
            wrong(Method::SetPolicySuspend, json!({ "domain_id": "platform", "policy_id": 10, "periods": periods }));
        assert!(name == "InvalidParameterValue" && told.starts_with("periods[0].days[1] must be"), "{told}");
        // A path that is written as a name is an argument that there is not.
        let (name, told) = wrong(Method::SetPolicy, json!({ "target_limit.boot_mode": "power" }));
        assert!(name == "InvalidParameterValue" && told.contains("[\"target_limit.boot_mode\"]"), "{told}");
    }
}
