//! URIs that a node names: what is taken says nothing but where a hypervisor is.

use rackhand_adapters::libvirt::{Access, LibvirtTarget, Policy, Transport, Uri};
use rackhand_core::operation::Value;

/// A URI that anybody may have written.
///
/// # Panics
/// One is taken that could do more than name a hypervisor, or that is not the same when it is read again.
pub fn libvirt_uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let info = [("libvirt_uri", Value::Str(text))];
    let node = LibvirtTarget::new(&info.into_iter(), ["525400000001"].into_iter(), &Policy::default());
    let uri = match Uri::parse(text) {
        Ok(uri) => uri,
        Err(error) => {
            assert_eq!(error.name(), "InvalidParameterValue");
            // A text of spaces alone, or none, is one that a node does not have.
            assert!(node.is_err() || text.trim() != text || text.is_empty(), "{text:?}: {error}");
            return;
        }
    };
    let canonical = uri.to_string();
    assert_eq!(Uri::parse(&canonical).as_ref(), Ok(&uri), "{text:?}");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/@.-_[]+".contains(&byte);
    let (scheme, rest) = canonical.split_once("://").expect("a scheme");
    let (authority, path) = rest.split_once('/').expect("a path");
    if uri.transport() == Transport::Test {
        assert!(scheme == "test" && authority.is_empty(), "{canonical}");
        assert!(!path.split('/').any(|part| matches!(part, "" | "." | "..")), "{canonical}");
        assert_eq!(node.is_ok(), path == "default", "{canonical}");
        return;
    }
    assert!(canonical.bytes().all(plain), "{canonical}");
    assert!(matches!(scheme, "qemu" | "qemu+ssh" | "qemu+tcp" | "qemu+tls"), "{canonical}");
    assert!(matches!(path, "system" | "session"), "{canonical}");
    // ssh would take it for an option.
    assert!(authority.split('@').all(|part| !part.starts_with('-')), "{canonical}");
    assert!(authority.matches('@').count() <= usize::from(scheme == "qemu+ssh"), "{canonical}");
    let info = [("libvirt_uri", Value::Str(&canonical))];
    let again = Access::new(&info.into_iter(), &Policy::default());
    assert_eq!(node.map(|node| node.access.to_string()), again.map(|access| access.to_string()));
}
