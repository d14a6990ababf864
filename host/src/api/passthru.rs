//! Vendor passthru (ironic-api.md, section 6), as nodes have it.
//!
//! Arguments are a JSON object; for GET and DELETE the query string is taken too, since many proxies drop such a body, with
//! its values typed: whole numbers, `true` and `false`, and JSON.

use serde_json::{Value, json};

use super::Error;
use crate::driver::VendorMethod;
use crate::model::Object;

/// The methods as an answer.
pub(super) fn listed(methods: &[VendorMethod]) -> Value {
    let entry = |method: &VendorMethod| {
        let answer = json!({
            "http_methods": method.verbs,
            "async": !method.verbs.contains(&"GET"),
            "description": method.description,
            "attach": false,
            "require_exclusive_lock": true,
        });
        (method.name.to_owned(), answer)
    };
    methods.iter().map(entry).collect::<Object>().into()
}

/// The method of this name, called with this verb.
pub(super) fn method<'a>(methods: &'a [VendorMethod], name: &str, verb: &str) -> Result<&'a VendorMethod, Error> {
    let method = methods.iter().find(|method| method.name == name);
    let method = method.ok_or_else(|| Error::NoHandler(name.to_owned()))?;
    if method.verbs.contains(&verb) {
        return Ok(method);
    }
    Err(Error::MethodVerb { method: name.to_owned(), verb: verb.to_owned() })
}

/// The arguments of body and query together, judged.
pub(super) fn arguments(
    method: &VendorMethod,
    mut body: Object,
    query: Vec<(String, String)>,
    verb: &str,
) -> Result<Object, Error> {
    if !query.is_empty() && !matches!(verb, "GET" | "DELETE") {
        let names: Vec<_> = query.into_iter().map(|(name, _)| name).collect();
        return Err(Error::UnexpectedArguments(names.join(", ")));
    }
    for (name, text) in query {
        let typed = typed(text);
        if body.get(&name).is_some_and(|given| *given != typed) {
            let wrong = format!("{name} is in the body and in the query string, and not the same.");
            return Err(Error::InvalidParameterValue(wrong));
        }
        body.insert(name, typed);
    }
    (method.judge)(method.name, &body)?;
    Ok(body)
}

/// A value of a query string: a number, a truth value, JSON, else text.
fn typed(text: String) -> Value {
    let looks = text.parse::<i64>().is_ok()
        || matches!(text.as_str(), "true" | "false" | "null")
        || text.starts_with(['{', '[', '"']);
    match serde_json::from_str(&text) {
        Ok(value) if looks => value,
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::DriverError;

    fn judge(_: &str, arguments: &Object) -> Result<(), DriverError> {
        match arguments.get("policy_id") {
            Some(Value::Number(_)) => Ok(()),
            _ => Err(DriverError::invalid("policy_id must be a number")),
        }
    }

    const METHODS: [VendorMethod; 2] = [
        VendorMethod { name: "get_policy", verbs: &["GET"], description: "", judge },
        VendorMethod { name: "reset", verbs: &["PUT", "DELETE"], description: "", judge },
    ];

    #[test]
    fn methods_are_listed_and_found() {
        let list = listed(&METHODS);
        assert_eq!(list["get_policy"]["async"], false);
        assert_eq!(
            list["reset"],
            json!({
                "http_methods": ["PUT", "DELETE"], "async": true, "description": "", "attach": false,
                "require_exclusive_lock": true,
            })
        );
        assert!(method(&METHODS, "reset", "PUT").is_ok());
        let error = method(&METHODS, "reset", "POST").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "The method reset does not support HTTP POST");
        let error = method(&METHODS, "x", "POST").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "No handler for method x");
    }

    #[test]
    fn arguments_come_from_the_body_or_typed_from_the_query() {
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        let object = |value: Value| value.as_object().cloned().unwrap();
        let [get, reset] = &METHODS;
        let all =
            arguments(get, Object::new(), pairs("policy_id=11&name=a&on=true&days=[1]&v=1.5&n=null&t=\"5\""), "GET");
        let expected = json!({"policy_id": 11, "name": "a", "on": true, "days": [1], "v": "1.5", "n": null, "t": "5"});
        assert_eq!(all, Ok(object(expected)));
        let body = object(json!({"policy_id": 11}));
        assert_eq!(arguments(get, body.clone(), Vec::new(), "GET"), Ok(body.clone()));
        assert_eq!(arguments(get, body.clone(), pairs("policy_id=11"), "GET"), Ok(body.clone()));
        assert!(arguments(get, body.clone(), pairs("policy_id=12"), "GET").is_err());
        assert!(arguments(get, Object::new(), pairs("policy_id=a"), "GET").is_err());
        assert_eq!(arguments(reset, Object::new(), pairs("policy_id=11"), "DELETE"), Ok(body.clone()));
        assert!(arguments(reset, body, pairs("policy_id=11"), "PUT").is_err());
    }
}
