//! KEY=VALUE arguments.

use rackhand_core::operation::HardwareType;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::error::Error;
use super::hosts;
use crate::driver_info;
use crate::model::is_secret;

/// A value that is the same for every node, or one for each.
pub(super) enum Spread {
    Same(Zeroizing<String>),
    Each(Vec<String>),
}

impl Spread {
    /// The value of the node at `place`.
    pub(super) fn of(&self, place: usize) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Each(texts) => texts.get(place).map_or("", String::as_str),
        }
    }
}

/// Deals `text` out to `count` nodes: with brackets and as many alternatives as there are nodes, position by position.
pub(super) fn spread(what: &str, text: &str, count: usize) -> Result<Spread, Error> {
    // An IPv6 address has brackets too, and they hold one alternative.
    let texts = match hosts::expand_text(text) {
        Ok(Some(texts)) if count > 1 && texts.len() > 1 => texts,
        Err(bad) if count > 1 => return Err(Error::Usage(format!("{what}: {bad}"))),
        _ => return Ok(Spread::Same(Zeroizing::new(text.to_owned()))),
    };
    if texts.len() == count {
        Ok(Spread::Each(texts))
    } else {
        Err(Error::Usage(format!("{what} is a list of {} for {count} nodes", texts.len())))
    }
}

/// The settings of driver_info for `count` nodes. The hardware type, where it is known, tells slips of the pen.
pub(super) fn settings(pairs: &[String], driver: Option<&str>, count: usize) -> Result<Vec<(String, Spread)>, Error> {
    let hardware = HardwareType::ALL.into_iter().find(|hardware| Some(hardware.as_str()) == driver);
    let mut settings: Vec<(String, Spread)> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        // The text is not repeated: what looks like a key may be a password.
        let (key, text) =
            pair.split_once('=').ok_or_else(|| Error::Usage("driver_info is given as -i KEY=VALUE".to_owned()))?;
        fit("-i", key)?;
        if let Some(hardware) = hardware {
            driver_info::known(hardware, key).map_err(|wrong| Error::Usage(wrong.to_string()))?;
        }
        // What is secret is not looked into.
        let value = if is_secret(key) || text.starts_with('@') {
            Spread::Same(driver_info::value(key, text).map_err(|wrong| Error::Usage(wrong.to_string()))?)
        } else {
            spread(key, text, count)?
        };
        once("-i", key, settings.iter().any(|(other, _)| other == key))?;
        settings.push((key.to_owned(), value));
    }
    Ok(settings)
}

/// KEY=VALUE pairs whose values are JSON if they read like JSON, as Ironic's own client takes them.
pub(super) fn typed(what: &str, pairs: &[String]) -> Result<Map<String, Value>, Error> {
    let mut map = Map::new();
    for pair in pairs {
        let (key, text) = pair.split_once('=').ok_or_else(|| Error::Usage(format!("{what} is given as KEY=VALUE")))?;
        fit(what, key)?;
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        once(what, key, map.insert(key.to_owned(), value).is_some())?;
    }
    Ok(map)
}

fn fit(what: &str, key: &str) -> Result<(), Error> {
    if key.is_empty() {
        Err(Error::Usage(format!("{what} is given as KEY=VALUE, and the key is missing")))
    } else {
        Ok(())
    }
}

fn once(what: &str, key: &str, again: bool) -> Result<(), Error> {
    if again { Err(Error::Usage(format!("{what} {key} is given twice"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pairs(pairs: &[&str]) -> Vec<String> {
        pairs.iter().map(|pair| (*pair).to_owned()).collect()
    }

    #[test]
    fn values_are_dealt_out() {
        let given = pairs(&["iboot_relay_id=[1-3]", "iboot_address=[::1]", "iboot_password=a[1-2]b", "x_token=[1-3]"]);
        let dealt = settings(&given, Some("staging-iboot"), 3).unwrap();
        let of = |place: usize| dealt.iter().map(|(_, value)| value.of(place).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(0), ["1", "[::1]", "a[1-2]b", "[1-3]"]);
        assert_eq!(of(2), ["3", "[::1]", "a[1-2]b", "[1-3]"]);
        // A single node takes it as it is.
        assert_eq!(settings(&pairs(&["a=[1-3]"]), None, 1).unwrap()[0].1.of(0), "[1-3]");
        let wrong = |pair: &str, driver| settings(&pairs(&[pair]), driver, 3).map(drop).unwrap_err().to_string();
        assert_eq!(wrong("iboot_relay_id=[1-2]", None), "iboot_relay_id is a list of 2 for 3 nodes");
        assert_eq!(wrong("iboot_relay_id=[1-", None), "iboot_relay_id: place 1: a '[' without its ']'");
        assert!(wrong("iboot_relayid=1", Some("staging-iboot")).contains("has no setting 'iboot_relayid'"));
        assert!(!wrong("hunter2", None).contains("hunter2"));
        assert!(wrong("=hunter2", None).contains("the key is missing"));
        assert!(!wrong("iboot_password=@/nonexistent/x", None).contains("hunter2"));
        let twice = settings(&pairs(&["a=hunter2", "a=hunter2"]), None, 1).map(drop).unwrap_err().to_string();
        assert_eq!(twice, "-i a is given twice");
    }

    #[test]
    fn json_is_json() {
        let map =
            typed("--arg", &pairs(&["n=11", "t=true", "s=a=b", "q=\"1\"", "o={\"a\":[1]}", "e=", "p=007"])).unwrap();
        let expected = json!({"n": 11, "t": true, "s": "a=b", "q": "1", "o": {"a": [1]}, "e": "", "p": "007"});
        assert_eq!(Value::Object(map), expected);
        for wrong in [&["x"][..], &["=1"], &["a=1", "a=2"]] {
            assert!(typed("--arg", &pairs(wrong)).is_err(), "{wrong:?}");
        }
    }
}
