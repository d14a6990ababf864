//! `ipmitool`'s vendor method: a request of IPMI as it stands.

use rackhand_core::ipmi::{RawAnswer, RawRequest};
use serde_json::Value;

use super::{DriverError, VendorMethod};
use crate::model::Object;

const SEND_RAW: &str = "send_raw";
const BYTES: &str = "raw_bytes";

/// The methods.
pub(super) const METHODS: [VendorMethod; 1] = [VendorMethod {
    name: SEND_RAW,
    verbs: &["POST"],
    description: "Send raw bytes to the BMC: network function, command and data, such as \"0x00 0x01\"; the answer is in the log",
    judge: |method, arguments| request(method, arguments).map(drop),
}];

const ALLOWED: &str = "network function (even, up to 0x3e), command and at most 64 bytes of data, each 0 to 255, decimal or as 0x01, \
                       with a space between each two";

/// The request that the method makes of its arguments.
pub(super) fn request(method: &str, arguments: &Object) -> Result<RawRequest, DriverError> {
    if method != SEND_RAW {
        return Err(DriverError::invalid(format!("no handler for method {method}")));
    }
    if let Some((other, _)) = arguments.iter().find(|(key, _)| *key != BYTES) {
        return Err(DriverError::invalid(format!("{SEND_RAW} has no argument {other}; it takes {BYTES}")));
    }
    match arguments.get(BYTES) {
        None | Some(Value::Null) => Err(DriverError::missing(format!("missing: {BYTES}"))),
        Some(given) => {
            let wrong = || DriverError::invalid(format!("{BYTES} must be {ALLOWED}, not {given}"));
            given.as_str().and_then(read).ok_or_else(wrong)
        }
    }
}

fn read(text: &str) -> Option<RawRequest> {
    let mut bytes = text.split_whitespace().map(byte);
    let netfn = bytes.next()??;
    let command = bytes.next()??;
    let mut request = RawRequest { netfn, command, bridge: None, data: Default::default() };
    for byte in bytes {
        request.data.push(byte?).ok()?;
    }
    (netfn <= 0x3E && netfn % 2 == 0).then_some(request)
}

fn byte(text: &str) -> Option<u8> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        // Others take a nought in front for an octal number.
        None if text.len() > 1 && text.starts_with('0') => return None,
        None => (text, 10),
    };
    // Rust would take a sign, too.
    digits.chars().all(|digit| digit.is_digit(radix)).then(|| u8::from_str_radix(digits, radix).ok()).flatten()
}

/// The answer's bytes, as ipmitool writes them.
pub(super) fn answer(answer: &RawAnswer) -> Value {
    let bytes: Vec<_> = answer.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ").into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_read_and_what_is_wrong_is_named() {
        let ask = |arguments: Value| request(SEND_RAW, arguments.as_object().unwrap());
        let asked = ask(json!({ "raw_bytes": "0x06 1  0xFF" })).unwrap();
        assert_eq!((asked.netfn, asked.command, asked.data.as_slice(), asked.bridge), (6, 1, &[0xFF][..], None));
        let told = ask(json!({})).unwrap_err();
        assert_eq!((told.name(), told.to_string().as_str()), ("MissingParameterValue", "missing: raw_bytes"));
        let long = format!("0 1{}", " 0x00".repeat(65));
        for wrong in ["", "6", "7 1", "0x40 1", "6 256", "6 010", "6 +1", "6 0x", "six one", "6,1", long.as_str()] {
            let told = ask(json!({ "raw_bytes": wrong })).unwrap_err();
            assert_eq!(told.name(), "InvalidParameterValue");
            assert!(told.to_string().starts_with("raw_bytes must be network function"), "{told}");
        }
        for wrong in [json!({ "raw_bytes": 6 }), json!({ "raw_bytes": "6 1", "bytes": "6 1" })] {
            assert_eq!(ask(wrong).unwrap_err().name(), "InvalidParameterValue");
        }
        let asked = ask(json!({ "raw_bytes": "0 1 33 10" })).unwrap();
        assert_eq!(answer(&RawAnswer::from(asked.data)), "21 0a");
    }
}
