//! Get Version (CAh), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: nothing
//!  answer:  Node Manager | IPMI | patch | firmware, before the point | behind it
//!           0              1      2       3                            4
//! ```

use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array};
use crate::nm::request::Request;
use crate::nm::response::Response;
use crate::nm::version::Version;

pub(super) const COMMAND: u8 = 0xCA;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    Ok((input, Request::GetVersion))
}

pub(super) fn response(input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, [nm, ipmi, patch, major, minor]) = array(input)?;
    Ok((rest, Response::Version(Version { nm, ipmi, patch, major, minor })))
}

pub(super) fn emit(version: Version, w: &mut TxWriter<'_>) {
    w.add(&[version.nm, version.ipmi, version.patch, version.major, version.minor]);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn of_the_specification() {
        check::request(Request::GetVersion, &[]);
        let version = Version { nm: 5, ipmi: 3, patch: 7, major: 1, minor: 2 };
        assert_eq!((version.nm_version(), version.ipmi_version()), ("3.0", "3.0"));
        check::response(Request::GetVersion, Response::Version(version), &[5, 3, 7, 1, 2]);
        let names = [1, 2, 3, 4, 5, 6, 7].map(|nm| Version { nm, ipmi: nm, ..version });
        assert_eq!(names.map(Version::nm_version), ["1.0", "1.5", "2.0", "2.5", "3.0", "4.0", "unknown"]);
        assert_eq!(names.map(Version::ipmi_version)[2..4], ["3.0", "unknown"]);
    }
}
