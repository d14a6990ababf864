//! Whoever looks on while others speak DxP.

use rackhand_core::buffer::TxWriter;
use rackhand_core::describe::{Field, Value};
use rackhand_core::dxp::{Credentials, Request, Seen, Tap};

use crate::responder::command;
use crate::script::Script;

const PASSWORD: &str = "hunter2hunter2";

/// A field as it was named: its name, its place and what was shown of it.
type Named = (&'static str, usize, usize, Vec<u8>);

fn look(tap: &mut Tap, client: bool, bytes: &[u8]) -> (Seen, Vec<Named>) {
    let mut fields = Vec::new();
    let mut sink = |Field { name, section, at, len, value }: Field<'_>| {
        assert!(!name.is_empty() && !section.is_empty());
        let shown = match value {
            Value::Bytes(bytes) | Value::Text(bytes) => bytes.to_vec(),
            Value::Number(number, _) => number.to_be_bytes().to_vec(),
            Value::Hidden => Vec::new(),
            other => panic!("{other:?}"),
        };
        fields.push((name, at, len, shown));
    };
    let seen = if client { tap.client(bytes, &mut sink) } else { tap.device(bytes, &mut sink) };
    (seen, fields)
}

/// Whether the device has something to answer: a request or hello that was seen, or states that may go on.
#[derive(Default)]
struct Asked(bool);

/// What was seen of `bytes`, judged; how many of them are a message.
fn judged(tap: &mut Tap, asked: &mut Asked, client: bool, bytes: &[u8]) -> usize {
    let before = *tap;
    let (seen, fields) = look(tap, client, bytes);
    if !client {
        assert_eq!(matches!(seen, Seen::NotDxp(_)), !asked.0, "{seen:?}");
    }
    if let Seen::Message(name, _) = seen {
        asked.0 = client || name.starts_with("Get ");
    }
    match seen {
        Seen::Message(name, len) => {
            assert!(!name.is_empty() && (1..=bytes.len()).contains(&len));
            // The offsets of an answer that goes on do so too.
            let begin = fields.first().map_or(0, |(_, at, _, _)| *at);
            assert!(begin == 0 || name.ends_with("continued"), "{name}");
            let end = fields.iter().fold(begin, |next, (name, at, len, _)| {
                assert_eq!(*at, next, "{name}");
                at + len
            });
            assert_eq!(end - begin, len, "{name}");
            let mut other = before;
            assert_eq!(look(&mut other, client, &bytes[..len]), (seen, fields), "what follows changes {name}");
            assert_eq!(other, *tap);
            len
        }
        Seen::Incomplete | Seen::NotDxp(_) => {
            assert!(fields.is_empty() && *tap == before, "something was made of {seen:?}");
            if let Seen::NotDxp(error) = seen {
                assert!(usize::try_from(error.at).is_ok_and(|at| at <= bytes.len()), "{error}");
            }
            0
        }
    }
}

/// [`Tap`] on clients and devices that say what they should, in pieces, or anything.
///
/// Asserts: a message lies within what was shown, its fields lie one behind the other and cover it, and what follows it
/// changes nothing; of what is incomplete or no DxP nothing is named and nothing remembered; the beginning of a client's
/// message is incomplete; an answer is one only when something was asked; a password is not shown.
pub fn dxp_tap(data: &[u8]) {
    let mut script = Script::new(data);
    let mut tap = Tap::new();
    let mut asked = Asked::default();
    let mut greeted = false;
    while !script.is_empty() {
        let op = script.u8();
        let client = op & 1 == 0;
        if op & 6 == 0 || !client {
            let bytes = script.chunk();
            let mut used = 0;
            // A device's states go on for as long as it speaks.
            while used < bytes.len() {
                match judged(&mut tap, &mut asked, client, &bytes[used..]) {
                    0 => break,
                    len => used += len,
                }
            }
            greeted |= client && bytes.starts_with(b"hello-000");
            continue;
        }
        let bytes = if greeted {
            let credentials = Credentials::new("admin", PASSWORD).expect("both are short");
            let mut bytes = [0; Request::MAX_LEN];
            let mut writer = TxWriter::new(&mut bytes);
            let request = Request { credentials, sequence: script.u16(), command: command(&mut script) };
            request.emit(&mut writer).expect("MAX_LEN is enough for every request");
            let len = writer.len();
            bytes[..len].to_vec()
        } else {
            b"hello-000".to_vec()
        };
        greeted = true;
        let part = script.below(bytes.len());
        assert_eq!(look(&mut tap, true, &bytes[..part]), (Seen::Incomplete, Vec::new()));
        let mut other = tap;
        let (_, fields) = look(&mut other, true, &bytes);
        for (name, .., shown) in fields {
            assert!(!shown.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "{name}");
        }
        assert_eq!(judged(&mut tap, &mut asked, true, &bytes), bytes.len());
    }
}
