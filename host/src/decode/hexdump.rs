//! Hexadecimal text: bare digits, with blanks, colons or commas between, or as hexdump, xxd, tcpdump and tshark print it. A blank
//! line ends a message; without one, an offset of 0 does.

use rackhand_core::dxp::{Request, Tap};

use super::message::{Message, dxp, is_dxp, magic_frame, magic_packet};

/// The messages in a text.
pub(super) fn messages(text: &[u8]) -> Result<Vec<Message>, String> {
    let text =
        std::str::from_utf8(text).map_err(|_| "neither a pcap or pcapng file nor hexadecimal text".to_owned())?;
    let mut messages = Vec::new();
    for bytes in blocks(text)? {
        let origin = format!("{} bytes", bytes.len());
        messages.extend(recognise(bytes, &origin));
    }
    Ok(messages)
}

/// What bytes are that nobody says anything about.
fn recognise(mut bytes: Vec<u8>, origin: &str) -> Vec<Message> {
    let magic = magic_frame(&bytes, origin).or_else(|| magic_packet(&bytes, origin));
    if let Some(message) = magic {
        return vec![message];
    }
    let mut messages = Vec::new();
    let mut tap = Tap::new();
    if !is_dxp(&bytes) && Request::parse(&bytes).is_ok() {
        // A request without the hello before it.
        let _ = tap.client(b"hello-000", &mut |_| {});
    }
    dxp(&mut tap, true, &mut bytes, origin, &mut messages);
    if messages.is_empty() {
        let remark = Some("not recognised: an answer of DxP means something only behind its request".to_owned());
        messages.push(Message { origin: origin.to_owned(), name: None, fields: Vec::new(), remark });
    }
    messages
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
            return Err(format!("'{word}' has an odd number of digits"));
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
        assert_eq!(blocks("000"), Err("line 1: '000' has an odd number of digits".to_owned()));
        assert_eq!(blocks(" \n"), Err("there is nothing to decode".to_owned()));
    }

    #[test]
    fn blank_lines_and_offsets_part_messages() {
        assert_eq!(blocks("01\n02\n\n03").unwrap(), [vec![1, 2], vec![3]]);
        assert_eq!(blocks("0000  01\n0001  02\n0000  03").unwrap(), [vec![1, 2], vec![3]]);
    }
}
