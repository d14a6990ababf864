//! Hexadecimal text: bare digits, with blanks, colons or commas between, or as hexdump, xxd, tcpdump and tshark print it. A blank
//! line ends a message; without one, an offset of 0 does.

use rackhand_core::dxp::{Seen, Tap};

use super::message::{Beginning, Message, counted, cut_short, dxp, magic_frame, magic_packet};

/// The messages in a text. Its blocks are what client and device say in turn, as far as they are DxP.
pub(super) fn messages(text: &[u8]) -> Result<Vec<Message>, String> {
    let text =
        std::str::from_utf8(text).map_err(|_| "neither a pcap or pcapng file nor hexadecimal text".to_owned())?;
    let mut messages = Vec::new();
    let mut talk = Talk::default();
    for bytes in blocks(text)? {
        let origin = counted(bytes.len());
        let magic = magic_frame(&bytes, &origin).or_else(|| magic_packet(&bytes, &origin));
        match magic {
            Some(message) => messages.push(message),
            None => talk.block(bytes, &mut messages),
        }
    }
    talk.end(&mut messages);
    Ok(messages)
}

/// What client and device say to each other. Nothing in the text says who speaks: a block that is a hello or a request is the
/// client's, and what comes after one is the device's.
#[derive(Default)]
struct Talk {
    tap: Option<Tap>,
    /// The beginning of what the client says, for as long as the rest of it may be the next block.
    cut: Vec<u8>,
}

impl Talk {
    /// No answer that may be taken for the beginning of a request is longer: a status of 3, or a number.
    const LONGEST_LIKE_A_REQUEST: usize = 2;

    fn block(&mut self, mut bytes: Vec<u8>, messages: &mut Vec<Message>) {
        let joined = [&self.cut[..], &bytes].concat();
        if !self.cut.is_empty() && Beginning::of(&joined) != Beginning::Other {
            self.cut.clear();
            bytes = joined;
        }
        self.end(messages);
        let origin = counted(bytes.len());
        let beginning = Beginning::of(&bytes);
        match (&mut self.tap, beginning) {
            (Some(tap), Beginning::Request) => {
                dxp(tap, true, &mut bytes, &origin, messages);
                self.cut = bytes;
            }
            (tap, Beginning::Hello | Beginning::Request) => {
                let mut begun = beginning.tap().unwrap_or_default();
                dxp(&mut begun, true, &mut bytes, &origin, messages);
                *tap = Some(begun);
                self.cut = bytes;
            }
            (Some(tap), _)
                if beginning == Beginning::Other || (is_asked(*tap) && bytes.len() <= Self::LONGEST_LIKE_A_REQUEST) =>
            {
                dxp(tap, false, &mut bytes, &origin, messages);
                messages.extend(cut_short(&mut bytes, &origin));
            }
            (_, Beginning::Unknown) => self.cut = bytes,
            (_, Beginning::Other) => {
                let remark = "not recognised: an answer of DxP means something only behind its request; write both, with an \
                              empty line between";
                messages.push(Message::remark(origin, remark.to_owned()));
            }
        }
    }

    /// Says what is left when the rest of it did not come.
    fn end(&mut self, messages: &mut Vec<Message>) {
        let origin = counted(self.cut.len());
        messages.extend(cut_short(&mut self.cut, &origin));
    }
}

/// Whether the device has something to answer.
fn is_asked(mut tap: Tap) -> bool {
    !matches!(tap.device(&[0], &mut |_| {}), Seen::NotDxp(_))
}

/// The bytes of each message.
fn blocks(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (offset, digits) = columns(line);
        if offset.is_none() && (ends_a_dump(line, block.len()) || heads_a_dump(line)) {
            continue;
        }
        if (line.trim().is_empty() || offset == Some(0)) && !block.is_empty() {
            blocks.push(std::mem::take(&mut block));
        }
        block.extend(line_bytes(digits).map_err(|wrong| format!("line {number}: {wrong}"))?);
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    if blocks.is_empty() { Err("there is nothing to decode".to_owned()) } else { Ok(blocks) }
}

/// The offset in front, if there is one, and the digits without the characters that dumps print behind them.
fn columns(line: &str) -> (Option<u64>, &str) {
    let line = line.trim();
    let offset = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let fits = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
    };
    let split = line
        .split_once(": ")
        .or_else(|| line.split_once(":\t"))
        .or_else(|| line.split_once("  "))
        .and_then(|(first, rest)| Some((offset(first)?, rest)));
    match split {
        Some((offset, rest)) => {
            // hexdump has two blanks in the middle of a line, and bars around the characters; the others have two blanks.
            let rest = rest.split('|').next().unwrap_or(rest).trim_start();
            let dumped = rest.split("  ").take_while(|part| is_hex(part)).map(str::len).collect::<Vec<_>>();
            let end = dumped.iter().sum::<usize>() + dumped.len().saturating_sub(1) * 2;
            (Some(offset), rest.get(..end).unwrap_or(rest))
        }
        None => (None, line),
    }
}

/// hexdump's last line is the length of it all.
fn ends_a_dump(line: &str, len: usize) -> bool {
    line.trim().len() >= 7 && len > 0 && usize::from_str_radix(line.trim(), 16) == Ok(len)
}

/// The line that tcpdump prints before each packet begins with a time of day, or a date.
fn heads_a_dump(line: &str) -> bool {
    let first = line.split(' ').next().unwrap_or(line);
    let time = first.matches(':').count() == 2 && first.contains('.');
    let date = first.matches('-').count() == 2 && first.len() == 10;
    !line.starts_with(char::is_whitespace) && (time || date) && line_bytes(line).is_err()
}

fn is_hex(text: &str) -> bool {
    !text.trim().is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b' ')
}

fn line_bytes(line: &str) -> Result<Vec<u8>, String> {
    let mut digits = String::new();
    for word in line.split([' ', '\t', ':', ',', '-']).filter(|word| !word.is_empty()) {
        let word = word.strip_prefix("0x").unwrap_or(word);
        if let Some(wrong) = word.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(format!("'{wrong}' is no hexadecimal digit"));
        }
        if word.len() % 2 != 0 {
            // The digits are not repeated: they may be a password's.
            return Err(format!("{} digits in a row, which is an odd number", word.len()));
        }
        digits.push_str(word);
    }
    hex::decode(digits).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_of_several_tools() {
        let bytes = vec![0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x2d, 0x30, 0x30, 0x30];
        for text in [
            "68656c6c6f2d303030",
            "68:65:6c:6c:6f:2d:30:30:30",
            "0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x2d, 0x30, 0x30, 0x30",
            "00000000: 6865 6c6c 6f2d 3030 30                   hello-000",
            "0000  68 65 6c 6c 6f 2d 30 30 30                         hello-000",
            "00000000  68 65 6c 6c 6f 2d 30 30  30                       |hello-000|\n00000009",
            "\t0x0000:  6865 6c6c 6f2d 3030 30                   hello-000",
        ] {
            assert_eq!(blocks(text), Ok(vec![bytes.clone()]), "{text}");
        }
    }

    #[test]
    fn the_lines_that_tcpdump_prints_between() {
        let text = concat!(
            "15:21:07.123456 IP 127.0.0.1.41000 > 127.0.0.1.9100: Flags [P.], length 2\n",
            "\t0x0000:  0102\n",
            "2026-11-23 15:21:07.123456 IP6 ::1.41000 > ::1.9100: Flags [P.], length 1\n",
            "\t0x0000:  03\n",
        );
        assert_eq!(blocks(text), Ok(vec![vec![1, 2], vec![3]]));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        assert_eq!(blocks("00\nzz"), Err("line 2: 'z' is no hexadecimal digit".to_owned()));
        assert_eq!(blocks("000"), Err("line 1: 3 digits in a row, which is an odd number".to_owned()));
        assert_eq!(blocks(" \n"), Err("there is nothing to decode".to_owned()));
    }

    /// Change relay 2 on, of the protocol's description.
    const REQUEST: &str =
        "0361646d696e0000000000000000000000000000000061646d696e000000000000000000000000000000000100d3040201";

    /// Name, or remark, of each message.
    fn said(text: &str) -> Vec<String> {
        let messages = messages(text.as_bytes()).unwrap();
        messages.into_iter().map(|message| message.name.or(message.remark).unwrap()).collect()
    }

    #[test]
    fn client_and_device_in_turn() {
        let (change, status) = ("DxP Change Relay", "DxP Status");
        let hello = ["DxP Hello", "DxP Hello answer"];
        assert_eq!(
            said(&format!("68656c6c6f2d303030\n\nd204\n\n{REQUEST}\n\n00")),
            [&hello[..], &[change, status]].concat()
        );
        // Without the hello, and with several requests; an answer may look like the beginning of a request.
        assert_eq!(said(&format!("{REQUEST}\n\n03\n\n{REQUEST}\n\n00")), [change, status, change, status]);
        assert_eq!(said(&format!("68656c6c6f2d303030\n\n0304\n\n{REQUEST}")), [&hello[..], &[change]].concat());
        // All that the client says in one block, and a request in two.
        assert_eq!(said(&format!("68656c6c6f2d303030{REQUEST}\n\n00")), [&hello[..1], &[change, status]].concat());
        let (head, tail) = REQUEST.split_at(60);
        assert_eq!(said(&format!("{head}\n\n{tail}\n\n00")), [change, status]);
        let get = REQUEST.replace("0100d3040201", "0400d304");
        assert_eq!(said(&format!("{get}\n\n000100")), ["DxP Get Relays", "DxP Get Relays answer"]);
    }

    #[test]
    fn what_is_left_over_is_said_and_no_password_shown() {
        let head = &REQUEST[..60];
        let too_early = "30 bytes: the message ends too early";
        assert_eq!(said(head), [too_early]);
        assert_eq!(said(&format!("68656c6c6f2d303030{head}")), ["DxP Hello", too_early]);
        assert_eq!(said(&format!("68656c6c6f2d303030\n\nd204\n\n{head}"))[2..], [too_early]);
        let get = REQUEST.replace("0100d3040201", "0400d304");
        // Half a request behind another is no answer to that: its bytes would be shown as states.
        assert_eq!(said(&format!("{get}\n\n{head}"))[1..], [too_early]);
        assert_eq!(said("00")[0].split(':').next(), Some("not recognised"));
        assert_eq!(
            said(&format!("{REQUEST}\n\n0000"))[2..],
            ["no DxP in 1 byte: bytes after the end of the message, at byte 0"]
        );
    }

    #[test]
    fn blank_lines_and_offsets_part_messages() {
        assert_eq!(blocks("01\n02\n\n03").unwrap(), [vec![1, 2], vec![3]]);
        assert_eq!(blocks("0000  01\n0001  02\n0000  03").unwrap(), [vec![1, 2], vec![3]]);
    }
}
