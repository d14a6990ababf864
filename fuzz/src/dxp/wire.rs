//! The messages of DxP.

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::describe::{Field, Value};
use rackhand_core::dxp::{Hello, HelloAnswer, NAME_LEN, RelayState, Request, Status};
use rackhand_core::{ParseError, ParseErrorKind};

/// [`Hello`], [`HelloAnswer`], [`Status`] and [`RelayState`].
///
/// Asserts: exactly `hello-000` is a hello and each of its beginnings is `Truncated`; `emit(parse(x))` gives the bytes
/// back, in front of whatever follows; a state other than 0 and 1 is not guessed.
pub fn dxp_hello(data: &[u8]) {
    const TEXT: &[u8] = b"hello-000";
    let mut bytes = [0; TEXT.len()];
    Hello.emit(&mut TxWriter::new(&mut bytes)).expect("there is room");
    assert_eq!(bytes, TEXT);
    match Hello::parse(data) {
        Ok((Hello, rest)) => assert_eq!(Some(rest), data.strip_prefix(TEXT)),
        Err(ParseError { kind: ParseErrorKind::Truncated, .. }) => {
            assert!(TEXT.starts_with(data) && data.len() < TEXT.len());
        }
        Err(error) => {
            assert_eq!(error.kind, ParseErrorKind::BadValue);
            assert!(!TEXT.starts_with(data) && !data.starts_with(TEXT));
        }
    }
    match HelloAnswer::parse(data) {
        Ok((answer, rest)) => {
            let mut bytes = [0; HelloAnswer::LEN];
            answer.emit(&mut TxWriter::new(&mut bytes)).expect("there is room");
            assert_eq!([&bytes, rest].concat(), data);
        }
        Err(error) => assert!(error.kind == ParseErrorKind::Truncated && data.len() < HelloAnswer::LEN),
    }
    match Status::parse(data) {
        Ok((status, rest)) => {
            let mut bytes = [0; Status::LEN];
            status.emit(&mut TxWriter::new(&mut bytes)).expect("there is room");
            assert_eq!([&bytes, rest].concat(), data);
            let state = RelayState::from_byte(bytes[0]);
            assert_eq!(matches!(state, RelayState::Unknown(byte) if byte == bytes[0]), bytes[0] > 1);
        }
        Err(error) => assert!(error.kind == ParseErrorKind::Truncated && data.is_empty()),
    }
}

fn emitted(request: &Request) -> Vec<u8> {
    let mut bytes = [0; Request::MAX_LEN];
    let mut writer = TxWriter::new(&mut bytes);
    request.emit(&mut writer).expect("MAX_LEN is enough for every request");
    let len = writer.len();
    let short = request.emit(&mut TxWriter::new(&mut vec![0; len - 1]));
    assert_eq!(short, Err(Full { needed: len }));
    bytes[..len].to_vec()
}

/// The fields lie one behind the other, from the first byte to the last, and the password's shows nothing.
fn described(request: &Request, bytes: &[u8]) {
    let base = usize::from(request.sequence);
    let (mut next, mut hidden) = (base, 0);
    request.describe(base, &mut |Field { name, at, len, value, .. }: Field<'_>| {
        assert_eq!(at, next, "{name}");
        next = at + len;
        let field = &bytes[at - base..next - base];
        match value {
            Value::Bytes(shown) => assert_eq!(shown, field),
            Value::Text(shown) => assert!(field.starts_with(shown)),
            Value::Hidden => hidden += usize::from(name == "password" && at - base == 22),
            Value::Number(shown, _) => {
                let number = field.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
                assert_eq!(shown, number, "{name}");
            }
            other => panic!("{other:?}"),
        }
    });
    assert_eq!((next - base, hidden), (bytes.len(), 1));
}

/// [`Request`].
///
/// Asserts: `parse(emit(parse(x))) == parse(x)`, and the bytes differ at most behind the names' NULs and in the reserved
/// byte; each beginning of a request is `Truncated`, and an error that more bytes cannot mend stays the same; what follows
/// a request is given back; the described fields cover it and hide the password.
pub fn dxp_request(data: &[u8]) {
    let parsed = Request::parse(data);
    match &parsed {
        Ok((request, rest)) => {
            let whole = &data[..data.len() - rest.len()];
            let bytes = emitted(request);
            assert_eq!(Request::parse(&bytes), Ok((request.clone(), &[][..])));
            assert_eq!((whole.len(), &data[whole.len()..]), (bytes.len(), *rest));
            // Behind a NUL a name may hold anything; the reserved byte too.
            let (mut name_ended, mut differs) = (false, Vec::new());
            for (at, (was, is)) in whole.iter().zip(&bytes).enumerate() {
                name_ended = match at {
                    1 | 22 => *was == 0,
                    2..=42 => name_ended || *was == 0,
                    _ => at == 44,
                };
                if was != is && !name_ended {
                    differs.push(at);
                }
            }
            assert_eq!(differs, []);
            assert!(request.credentials.user().len() <= NAME_LEN);
            described(request, &bytes);
            for len in 0..whole.len() {
                let error = Request::parse(&whole[..len]).expect_err("it is not whole");
                assert_eq!(error.kind, ParseErrorKind::Truncated, "{len} of {}", whole.len());
            }
        }
        Err(error) => {
            assert!(usize::try_from(error.at).is_ok_and(|at| at <= data.len()), "{error} of {}", data.len());
            let mut before = ParseErrorKind::Truncated;
            for len in 0..=data.len().min(Request::MAX_LEN) {
                let part = Request::parse(&data[..len]).expect_err("more bytes made an error of a request");
                assert!(part.kind == before || before == ParseErrorKind::Truncated, "{part} at {len}");
                assert!(part.kind == ParseErrorKind::Truncated || part == *error, "{part}, then {error}");
                before = part.kind;
            }
        }
    }
}
