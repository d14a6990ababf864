//! Which values are secret, and how they are shown (oslo.utils' `mask_dict_password`, and the settings of our own drivers).

use rackhand_core::operation::Setting;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::Object;

/// What is shown in a secret's place.
pub(crate) const HIDDEN: &str = "******";

/// A key that contains one of these, in whatever case, has a secret for its value (oslo.utils 10, `_SANITIZE_KEYS`, less what
/// no driver_info has).
const MARKS: [&str; 14] = [
    "adminpass",
    "admin_pass",
    "password",
    "auth_token",
    "new_pass",
    "secret",
    "sys_pswd",
    "token",
    "configdrive",
    "encrypted_key",
    "private_key",
    "sslkey",
    "passphrase",
    "kg_key",
];

/// Whether the value of `key` is never shown.
pub(crate) fn is_secret(key: &str) -> bool {
    if Setting::from_name(key).is_some_and(Setting::is_secret) {
        return true;
    }
    let contains =
        |mark: &&str| key.as_bytes().windows(mark.len()).any(|part| part.eq_ignore_ascii_case(mark.as_bytes()));
    MARKS.iter().any(contains)
}

/// Whether a text is a URI with a password in it.
fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
}

/// `object` with its secrets hidden, at any depth.
pub(crate) const fn masked(object: &Object) -> impl Serialize {
    Masked(object)
}

struct Masked<'a>(&'a Object);

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            match value {
                Value::Null => map.serialize_entry(key, value)?,
                _ if is_hidden(key, value) => map.serialize_entry(key, HIDDEN)?,
                value => map.serialize_entry(key, &MaskedValue(value))?,
            }
        }
        map.end()
    }
}

struct MaskedValue<'a>(&'a Value);

impl Serialize for MaskedValue<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => Masked(object).serialize(to),
            Value::Array(list) => to.collect_seq(list.iter().map(MaskedValue)),
            Value::String(text) if has_password(text) => HIDDEN.serialize(to),
            plain => plain.serialize(to),
        }
    }
}

/// Puts the old secrets back where a client sent `******`, which it had read: a value that was never shown cannot be sent
/// back otherwise.
pub(crate) fn keep_secrets(new: &mut Object, old: &Object) {
    for (key, value) in new {
        match (value, old.get(key)) {
            (value @ Value::String(_), Some(kept)) if *value == HIDDEN && is_hidden(key, kept) => *value = kept.clone(),
            (value, Some(old)) => keep_below(value, old),
            _ => {}
        }
    }
}

/// Of the address of a hypervisor no part is a password, but somebody may have written one there, with any characters, and without
/// a scheme.
fn is_hidden(key: &str, value: &Value) -> bool {
    let is_libvirt = key == Setting::LibvirtUri.as_str();
    let has_any = |text: &str| {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    };
    is_secret(key) || value.as_str().is_some_and(|text| has_password(text) || (is_libvirt && has_any(text)))
}

/// Also in lists, where [`masked`] hides too: what is at the same place is taken to be the same.
fn keep_below(new: &mut Value, old: &Value) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => keep_secrets(new, old),
        (new @ Value::String(_), Value::String(old)) if *new == HIDDEN && has_password(old) => {
            *new = old.clone().into();
        }
        (Value::Array(new), Value::Array(old)) => new.iter_mut().zip(old).for_each(|(new, old)| keep_below(new, old)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn keys_are_known_by_what_they_contain() {
        for key in ["iboot_password", "wol_password", "AMT_PASSWORD", "client_secret", "api_token", "ipmi_hex_kg_key"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["iboot_username", "ssh_key_filename", "snmp_community", "", "pass"] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn a_password_in_a_uri_is_hidden_with_it() {
        let open = "qemu+ssh://root@[2001:db8::1]:22/system";
        let image = "oci://192.0.2.1:5000/image@sha256:00";
        let old = json!({"libvirt_uri": "qemu+ssh://root:hun/ter2@hv/system", "x": ["http://a:b@c/d", 1], "y": open, "z": image});
        let old = object(&old);
        let shown = serde_json::to_value(masked(&old)).unwrap();
        assert_eq!(shown, json!({"libvirt_uri": HIDDEN, "x": [HIDDEN, 1], "y": open, "z": image}));
        assert!(!is_hidden("libvirt_uri", &open.into()));
        for uri in ["root:hunter2@hv/system", "qemu+ssh://ro@ot:p/w@hv/system", "qemu+ssh://root:pa?ss@hv/system"] {
            assert!(is_hidden("libvirt_uri", &uri.into()), "{uri}");
        }
        let mut back = object(&shown);
        keep_secrets(&mut back, &old);
        assert_eq!(back, old, "what was read and sent back changes nothing");
    }

    #[test]
    fn secrets_are_hidden_at_any_depth_and_kept_when_sent_back() {
        let old = object(
            &json!({"iboot_password": "hunter2", "n": {"secret": 5, "x": [{"token": "t"}, 1]}, "password": null}),
        );
        let shown = serde_json::to_value(masked(&old)).unwrap();
        assert_eq!(
            shown,
            json!({"iboot_password": HIDDEN, "n": {"secret": HIDDEN, "x": [{"token": HIDDEN}, 1]}, "password": null})
        );
        let mut new =
            object(&json!({"iboot_password": HIDDEN, "n": {"secret": HIDDEN}, "name": HIDDEN, "api_token": HIDDEN}));
        keep_secrets(&mut new, &old);
        let mut back = object(&shown);
        keep_secrets(&mut back, &old);
        assert_eq!(back, old, "what was read and sent back changes nothing");
        assert_eq!(new["iboot_password"], "hunter2");
        assert_eq!(new["n"]["secret"], 5);
        assert_eq!((&new["name"], &new["api_token"]), (&json!(HIDDEN), &json!(HIDDEN)));
    }
}
