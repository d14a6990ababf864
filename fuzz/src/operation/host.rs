//! Names of hosts and interfaces.

use std::net::IpAddr;

use rackhand_core::operation::{Host, InterfaceName};

use crate::script::longest_text;

/// [`Host`] and [`InterfaceName`] from text.
///
/// Asserts: whatever is an address to the standard library is that address, with or without brackets; a name has at most
/// 253 bytes, labels of 1 to 63 letters, digits, hyphens and underscores, and does not end in a number; both show themselves
/// as a text that reads the same. An interface's name is the text itself, and nothing that could lead into another folder.
pub fn host_text(data: &[u8]) {
    let text = longest_text(data);
    let address = text.parse::<IpAddr>();
    match text.parse::<Host>() {
        Ok(host) => {
            let shown = host.to_string();
            assert_eq!(shown.parse().as_ref(), Ok(&host));
            match host {
                Host::Ip(ip) => {
                    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
                    assert_eq!(bare.parse(), Ok(ip));
                }
                Host::Name(name) => {
                    assert!(address.is_err() && name == text && text.len() <= 253);
                    let labels: Vec<_> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
                    for label in &labels {
                        assert!((1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-'));
                        assert!(label.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_'));
                    }
                    assert!(labels.last().is_some_and(|last| last.parse::<u128>().is_err()));
                }
            }
        }
        Err(_) => assert!(address.is_err(), "{address:?} was refused"),
    }
    if let Ok(name) = text.parse::<InterfaceName>() {
        assert!(name.as_str() == text && (1..=15).contains(&text.len()) && text != "." && text != "..");
        assert!(text.bytes().all(|byte| byte != 0 && byte != b'/' && byte != b':' && !byte.is_ascii_whitespace()));
    }
}
