//! Times as Ironic writes them.

use jiff::Timestamp;

/// The present time with its offset, such as `2026-11-23T03:01:51.756508+00:00`.
pub(crate) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// The present time as `driver_internal_info` has it: UTC, without saying so.
pub(crate) fn now_without_offset() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn has_ironics_shape() {
        let now = super::now();
        assert_eq!(now.len(), "2026-11-23T03:01:51.756508+00:00".len(), "{now}");
        assert!(now.ends_with("+00:00") && now.as_bytes()[10] == b'T' && now.as_bytes()[19] == b'.', "{now}");
        assert_eq!(super::now_without_offset().len(), 26);
    }
}
