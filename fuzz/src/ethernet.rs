//! The bare frame.

use rackhand_core::ParseErrorKind;
use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::ethernet::{Frame, Mac};

use crate::script::Script;
use crate::wol::mac;

/// [`Frame`].
///
/// Asserts: `emit(parse(x)) == x`, whatever it carries; what is shorter than a header is `Truncated`, and nothing else is
/// wrong; a buffer that is too short is told how much it lacks.
pub fn ethernet_frame(data: &[u8]) {
    match Frame::parse(data) {
        Ok(frame) => {
            assert_eq!(frame.ethertype.to_be_bytes(), data[12..14]);
            let mut bytes = vec![0; data.len()];
            let mut writer = TxWriter::new(&mut bytes);
            frame.emit(&mut writer).expect("it came from as many bytes");
            assert_eq!(writer.len(), data.len());
            assert_eq!(bytes, data);
            let short = frame.emit(&mut TxWriter::new(&mut bytes[1..]));
            assert!(short.is_err_and(|Full { needed }| (1..=data.len()).contains(&needed)));
        }
        Err(error) => {
            assert!(data.len() < Frame::HEADER_LEN);
            assert_eq!(error.kind, ParseErrorKind::Truncated);
            assert!(usize::try_from(error.at).is_ok_and(|at| at <= data.len()));
        }
    }
    let mut script = Script::new(data);
    let (destination, source, ethertype) = (Mac::BROADCAST, mac(&mut script), script.u16());
    let frame = Frame { destination, source, ethertype, payload: script.rest() };
    let mut bytes = vec![0; Frame::HEADER_LEN + frame.payload.len()];
    frame.emit(&mut TxWriter::new(&mut bytes)).expect("there is room for header and payload");
    assert_eq!(Frame::parse(&bytes), Ok(frame));
}
