//! JSON Patch as Ironic takes it (ironic-api.md, section 5).

use json_patch::{PatchErrorKind, PatchOperation};
use serde_json::Value;

use super::Error;
use super::value::{DEEPEST, kind};

/// The most operations of a patch: they are applied where everybody's changes are, one at a time, and each may move all that the
/// ones before it put into a list.
const MOST: usize = 1000;

/// A patch whose every path is below a field.
pub(super) struct Patch(Vec<PatchOperation>);

impl Patch {
    /// Reads a body. Values are not repeated in errors: passwords are among them.
    pub(super) fn read(body: Value) -> Result<Self, Error> {
        let Value::Array(list) = body else {
            return Err(wrong(&format!("it must be a list of operations, not {}", kind(&body))));
        };
        if list.len() > MOST {
            return Err(wrong(&format!("it has {} operations, and may have {MOST}", list.len())));
        }
        let mut operations = Vec::with_capacity(list.len());
        for (index, value) in list.into_iter().enumerate() {
            judge(&value).map_err(|reason| wrong(&format!("operation {index}: {reason}")))?;
            let read = serde_json::from_value(value);
            operations.push(read.map_err(|_| wrong(&format!("operation {index}: it is no operation of RFC 6902")))?);
        }
        Ok(Self(operations))
    }

    /// The fields that it changes something of.
    pub(super) fn roots(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|operation| operation.path().as_str().split('/').nth(1))
    }

    /// Changes `document`, wholly or not at all.
    pub(super) fn apply(&self, document: &mut Value) -> Result<(), Error> {
        json_patch::patch(document, &self.0).map_err(|error| {
            let operation = self.0.get(error.operation);
            Error::CannotApplyPatch {
                patch: operation
                    .map_or_else(String::new, |operation| format!("{} {}", name(operation), operation.path())),
                reason: match error.kind {
                    PatchErrorKind::InvalidPointer => "there is nothing at that path".to_owned(),
                    other => other.to_string(),
                },
            }
        })
    }
}

const fn name(operation: &PatchOperation) -> &'static str {
    match operation {
        PatchOperation::Add(_) => "add",
        PatchOperation::Remove(_) => "remove",
        PatchOperation::Replace(_) => "replace",
        PatchOperation::Move(_) => "move",
        PatchOperation::Copy(_) => "copy",
        PatchOperation::Test(_) => "test",
    }
}

fn wrong(reason: &str) -> Error {
    Error::Schema { what: "patch", wrong: reason.to_owned() }
}

fn judge(operation: &Value) -> Result<(), String> {
    let Value::Object(object) = operation else { return Err(format!("it must be an object, not {}", kind(operation))) };
    let op = match object.get("op") {
        Some(Value::String(op)) => op.as_str(),
        Some(other) => return Err(format!("'op' must be text, not {}", kind(other))),
        None => return Err("'op' is a required property".to_owned()),
    };
    if !matches!(op, "add" | "replace" | "remove") {
        return Err(format!("'{op}' is not one of ['add', 'replace', 'remove']"));
    }
    let path = match object.get("path") {
        Some(Value::String(path)) => path,
        Some(other) => return Err(format!("'path' must be text, not {}", kind(other))),
        None => return Err("'path' is a required property".to_owned()),
    };
    if !is_path(path) {
        return Err(format!("'{path}' does not match '^(/[\\\\w-]+)+$'"));
    }
    // Values in values in values: what many operations of one patch could build is too much for the stack.
    if path.matches('/').count() > DEEPEST {
        return Err(format!("'path' is more than {DEEPEST} levels deep"));
    }
    if op != "remove" && !object.contains_key("value") {
        return Err(format!("'{op}' needs a 'value'"));
    }
    match object.keys().find(|key| !matches!(key.as_str(), "op" | "path" | "value")) {
        Some(key) => Err(format!("Additional properties are not allowed ('{key}' was unexpected)")),
        None => Ok(()),
    }
}

/// `^(/[\w-]+)+$`, as before microversion 1.98.
fn is_path(path: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-'));
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(body: Value) -> String {
        Patch::read(body).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_patch_is_judged_before_it_is_applied() {
        assert!(error(json!({})).contains("must be a list of operations, not an object"));
        let many = |number| Value::Array(vec![json!({"op": "add", "path": "/extra/a/0", "value": 0}); number]);
        assert!(Patch::read(many(1000)).is_ok());
        assert!(error(many(1001)).contains("it has 1001 operations, and may have 1000"));
        assert!(error(json!([5])).contains("operation 0: it must be an object"));
        assert!(error(json!([{"path": "/name"}])).contains("'op' is a required property"));
        assert!(error(json!([{"op": "test", "path": "/name", "value": 1}])).contains("'test' is not one of"));
        assert!(error(json!([{"op": "add", "path": "/name"}])).contains("'add' needs a 'value'"));
        for path in ["", "/", "name", "/a//b", "/a~1b", "/a b", "/extra/"] {
            assert!(error(json!([{"op": "remove", "path": path}])).contains("does not match"), "{path}");
        }
    }

    #[test]
    fn it_is_applied_wholly_or_not_at_all_and_shows_no_value() {
        let patch = json!([
            {"op": "add", "path": "/driver_info/iboot_password", "value": "hunter2"},
            {"op": "remove", "path": "/extra/k"},
        ]);
        let mut document = json!({"driver_info": {}, "extra": {}});
        let patch = Patch::read(patch).expect("a patch");
        assert_eq!(patch.roots().collect::<Vec<_>>(), ["driver_info", "extra"]);
        let error = patch.apply(&mut document).unwrap_err().to_string();
        assert!(error.contains("remove /extra/k") && !error.contains("hunter2"), "{error}");
        assert_eq!(document, json!({"driver_info": {}, "extra": {}}));
    }
}
