//! `host/openapi.yaml`, and whether an answer is as it says.

use std::collections::{BTreeSet, HashMap};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::daemon::Told;
use crate::api::version::MAX;

/// The description.
pub(super) struct Description {
    pub(super) whole: Value,
    validators: HashMap<String, Validator>,
}

/// An operation of it.
pub(super) struct Operation<'a> {
    pub(super) path: &'a str,
    pub(super) verb: &'a str,
    /// The microversion of its path.
    pub(super) since: u16,
    pub(super) value: &'a Value,
}

/// Operations whose answer is a resource with every field that its version has.
const WHOLE: [&str; 7] =
    ["showNode", "createNode", "updateNode", "showStates", "createPort", "updatePort", "listResources"];

impl Description {
    pub(super) fn read() -> Self {
        let whole: Value = serde_saphyr::from_str(include_str!("../../../openapi.yaml")).expect("YAML");
        let components = &whole["components"];
        let names = components["schemas"].as_object().unwrap().keys();
        let validators = names.map(|name| {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}"), "components": components });
            (name.clone(), jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}")))
        });
        Self { validators: validators.collect(), whole }
    }

    /// What a reference leads to; anything else is itself.
    pub(super) fn at<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(place) => self.at(self.whole.pointer(&place[1..]).unwrap_or_else(|| panic!("{place}"))),
            None => value,
        }
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.whole["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let verbs = item.as_object().unwrap().iter();
            let verbs = verbs.filter(|(key, _)| !matches!(key.as_str(), "parameters" | "x-since"));
            verbs.map(move |(verb, value)| Operation { path, verb, since: since(item), value })
        })
    }

    /// The operations that are not yet known to answer as they say.
    pub(super) fn unseen(&self) -> BTreeSet<String> {
        self.operations().filter(|it| it.value.get("x-any-verb").is_none()).map(|it| it.id().to_owned()).collect()
    }

    fn operation(&self, verb: &str, path: &str) -> Option<Operation<'_>> {
        let parts: Vec<_> = path.trim_end_matches('/').split('/').collect();
        let fits = |template: &str| {
            let template: Vec<_> = template.trim_end_matches('/').split('/').collect();
            template.len() == parts.len() && template.iter().zip(&parts).all(|(a, b)| a == b || a.starts_with('{'))
        };
        let mut found: Vec<_> =
            self.operations().filter(|it| it.verb.eq_ignore_ascii_case(verb) && fits(it.path)).collect();
        // A word is meant before what stands for any.
        found.sort_by_key(|it| it.path.matches('{').count());
        found.into_iter().next()
    }

    #[track_caller]
    fn validate(&self, schema: &str, value: &Value, what: &str) {
        let errors: Vec<_> = self.validators[schema]
            .iter_errors(value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what} is no {schema}: {errors:?}\n{value}");
    }

    /// Holds an answer against what is said of it, and takes its operation out of `unseen`.
    pub(super) fn judge(
        &self,
        verb: &str,
        path: &str,
        version: &str,
        body: Option<&Value>,
        told: &Told,
        unseen: &mut BTreeSet<String>,
    ) {
        let what = format!("{verb} {path} in {version}");
        let minor = if version == "latest" { MAX } else { version[2..].parse().unwrap() };
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let status = told.status.as_u16();
        let Some(operation) = self.operation(verb, plain) else {
            assert!(matches!(status, 404 | 405), "{what} is not described, and is answered {status}");
            self.error(told, &what);
            return;
        };
        let responses = &operation.value["responses"];
        let Some(response) = responses.get(status.to_string()).map(|it| self.at(it)) else {
            assert!(status >= 400, "{what} is answered {status}, which is not described");
            self.error(told, &what);
            // All that it can do is to refuse.
            if minor >= operation.since && responses.as_object().unwrap().len() == 1 {
                unseen.remove(operation.id());
            }
            return;
        };
        assert!(minor >= operation.since, "{what} is there before its time");
        unseen.remove(operation.id());
        assert_eq!(told.headers.contains_key("location"), response.get("headers").is_some(), "{what}: Location");
        if let Some(request) = operation.value.get("requestBody") {
            let name = schema_of(&self.at(request)["content"]["application/json"]["schema"]);
            self.validate(name, body.unwrap_or(&Value::Null), &format!("{what}: what was taken"));
        }
        let Some(content) = response.get("content").and_then(Value::as_object) else {
            assert_eq!(told.text, "", "{what}");
            return;
        };
        let (media, content) = content.iter().next().unwrap();
        assert!(told.headers["content-type"].to_str().unwrap().starts_with(media.as_str()), "{what}: {media}");
        let name = schema_of(&content["schema"]);
        if media != "application/json" {
            return;
        }
        self.validate(name, &told.body, &what);
        self.early(&self.whole["components"]["schemas"][name], &told.body, minor, &what);
        if WHOLE.contains(&operation.id()) && !query.contains("fields=") {
            let schema = self.whole["components"]["schemas"][name]["properties"].as_object().unwrap();
            for field in schema.iter().filter(|(_, it)| self.since(it) <= minor).map(|(field, _)| field) {
                assert!(told.body.get(field).is_some(), "{what} lacks {field}");
            }
        }
    }

    /// That nothing is shown before its version.
    fn early(&self, schema: &Value, value: &Value, minor: u16, what: &str) {
        let schema = self.at(schema);
        match value {
            Value::Array(list) => list.iter().for_each(|item| self.early(&schema["items"], item, minor, what)),
            Value::Object(object) => {
                for (name, value) in object {
                    let Some(property) = schema["properties"].get(name) else { continue };
                    assert!(self.since(property) <= minor, "{what} shows {name} too early");
                    self.early(property, value, minor, what);
                }
            }
            _ => {}
        }
    }

    /// The version of a property or a parameter: its own, or that of what it refers to.
    pub(super) fn since(&self, value: &Value) -> u16 {
        let own = value.get("x-since").is_some();
        since(if own { value } else { self.at(value) })
    }

    fn error(&self, told: &Told, what: &str) {
        self.validate("Error", &told.body, what);
        let inner: Value = serde_json::from_str(told.body["error_message"].as_str().unwrap()).unwrap();
        self.validate("Fault", &inner, what);
    }

    /// The arguments of a query that an operation takes, by name.
    pub(super) fn arguments<'a>(&'a self, operation: &Operation<'a>) -> Vec<&'a Value> {
        let none = Value::Array(Vec::new());
        let list = operation.value.get("parameters").cloned().unwrap_or(none);
        let places: Vec<_> =
            list.as_array().unwrap().iter().map(|it| it["$ref"].as_str().unwrap().to_owned()).collect();
        places.iter().map(|place| self.whole.pointer(&place[1..]).unwrap_or_else(|| panic!("{place}"))).collect()
    }

    /// The properties of a schema.
    pub(super) fn properties(&self, schema: &str) -> &Map<String, Value> {
        self.whole["components"]["schemas"][schema]["properties"].as_object().unwrap()
    }
}

impl Operation<'_> {
    pub(super) fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap()
    }
}

fn since(value: &Value) -> u16 {
    value.get("x-since").map_or(1, |since| u16::try_from(since.as_u64().unwrap()).unwrap())
}

fn schema_of(value: &Value) -> &str {
    value["$ref"].as_str().and_then(|place| place.strip_prefix("#/components/schemas/")).unwrap()
}
