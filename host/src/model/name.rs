//! What a node may be called.

use uuid::Uuid;

/// The longest name, in characters, all of which are ASCII.
pub(crate) const LONGEST: usize = 255;

/// Names that are a part of paths below a node, or of the list (Ironic, `RESERVED_NODE_NAMES`).
const RESERVED: [&str; 8] =
    ["detail", "maintenance", "management", "ports", "portgroups", "states", "validate", "vendor_passthru"];

/// Whether a name may have this character: RFC 3986's unreserved ones.
pub(crate) const fn is_of_names(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '~')
}

/// Whether it is a name: nothing that could be taken for a UUID or a path.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.chars().all(is_of_names)
        && !matches!(text, "." | "..")
        && Uuid::try_parse(text).is_err()
        && !RESERVED.contains(&text)
}
