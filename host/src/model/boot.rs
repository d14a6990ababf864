//! What a node is to start from.

use rackhand_core::operation::BootDevice;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Node, Object};

/// What a person wants a machine to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BootWish {
    pub(crate) device: BootDevice,
    /// For every start of this daemon's; else for the next one.
    pub(crate) persistent: bool,
}

impl Node {
    /// Whether the machine's firmware starts as UEFI, where that is said: the capability `boot_mode`, which Ironic looks for in
    /// the properties first.
    pub(crate) fn efi(&self) -> Option<bool> {
        [&self.properties, &self.instance_info].into_iter().find_map(efi)
    }
}

fn efi(of: &Object) -> Option<bool> {
    let mode = match of.get("capabilities")? {
        Value::Object(capabilities) => capabilities.get("boot_mode")?.as_str()?.to_owned(),
        Value::String(text) => written(text)?,
        _ => return None,
    };
    match mode.trim() {
        "uefi" => Some(true),
        "bios" => Some(false),
        _ => None,
    }
}

/// The boot mode in `boot_mode:uefi,cpus:4`, or in an object of JSON that is written as text.
fn written(text: &str) -> Option<String> {
    if let Ok(Value::Object(capabilities)) = serde_json::from_str(text) {
        return capabilities.get("boot_mode")?.as_str().map(str::to_owned);
    }
    let mut pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
    pairs.find(|(name, _)| name.trim() == "boot_mode").map(|(_, mode)| mode.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::model::ProvisionState;

    #[test]
    fn the_boot_mode_is_among_the_capabilities() {
        let efi = |properties: Value, instance_info: Value| {
            let mut node = Node::new(Uuid::nil(), "ipmi".to_owned(), ProvisionState::Enroll);
            for (to, value) in [(&mut node.properties, properties), (&mut node.instance_info, instance_info)] {
                to.insert("capabilities".to_owned(), value);
            }
            node.efi()
        };
        for none in
            [json!(null), json!(""), json!(5), json!("boot_mode"), json!("boot_mode:odd"), json!({}), json!("{}")]
        {
            assert_eq!(efi(none.clone(), json!(null)), None, "{none}");
            assert_eq!(efi(none.clone(), json!({ "boot_mode": "uefi" })), Some(true), "{none}");
        }
        assert_eq!(efi(json!("cpus:4, boot_mode:uefi,x:y"), json!(null)), Some(true));
        assert_eq!(efi(json!("boot_mode:bios"), json!("boot_mode:uefi")), Some(false), "the properties count first");
        assert_eq!(efi(json!({ "boot_mode": "bios" }), json!(null)), Some(false));
        assert_eq!(efi(json!(null), json!("{\"boot_mode\": \"uefi\"}")), Some(true));
        let nothing = Node::new(Uuid::nil(), "ipmi".to_owned(), ProvisionState::Enroll);
        assert_eq!(nothing.efi(), None);
    }
}
