//! Addresses and passwords as people type them.

use rackhand_core::secret::HIDDEN;
use rackhand_core::wol::{Mac, MacError, SecureOn};

use crate::script::longest_text;

/// The hexadecimal digits of `text` behind a leading `0x`.
fn digits(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    text.strip_prefix("0x").unwrap_or(&text).chars().filter(char::is_ascii_hexdigit).collect()
}

/// [`Mac`] and [`SecureOn`] from text.
///
/// Asserts: an address that is read is neither a group's nor zero; it shows itself as a text that reads the same; where
/// twelve digits were typed, they are its octets; an error lies within the text. A password that is read has four or six
/// octets and is never shown; what reads as an address reads as a password with the same octets.
pub fn wol_text(data: &[u8]) {
    let text = longest_text(data);
    let mac = text.parse::<Mac>();
    let password = text.parse::<SecureOn>();
    match mac {
        Ok(mac) => {
            assert!(mac.octets()[0] & 1 == 0 && mac.octets() != [0; 6], "{mac} is no single interface's");
            let typed = text.trim().trim_start_matches("0x").trim_start_matches("0X");
            assert!(typed.chars().all(|it| it.is_ascii_hexdigit() || ":-. ".contains(it)), "{typed:?} as {mac}");
            let shown = mac.to_string();
            assert_eq!(shown.len(), 17);
            assert_eq!(shown.parse(), Ok(mac));
            assert_eq!(format!("{mac:?}"), shown);
            if let digits = digits(text)
                && digits.len() == 12
            {
                assert_eq!(shown.replace(':', ""), digits);
            }
            assert_eq!(password.as_ref().map(SecureOn::octets), Ok(&mac.octets()[..]));
        }
        Err(MacError::BadCharacter { at }) => assert!(at < text.len(), "place {at} of {}", text.len()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(password) = password {
        assert!(matches!(password.octets().len(), 4 | 6));
        assert_eq!(SecureOn::from_octets(password.octets()).as_ref(), Ok(&password));
        assert_eq!(format!("{password:?}"), HIDDEN);
    }
    assert_eq!(SecureOn::from_octets(data).is_ok(), matches!(data.len(), 4 | 6));
}
