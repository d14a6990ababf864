//! Addresses as people type them (RFC 4291, section 2.2). The standard library's reader of IPv6 leaves a way to panic,
//! so it is read here; its reader of IPv4 does not.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use heapless::{String, Vec};

use crate::digits::{decimal, hex};

/// Reads what the standard library reads: an IPv4 or IPv6 address and nothing else.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    let v4 = text.parse().map(IpAddr::V4).ok();
    v4.or_else(|| ipv6(text.as_bytes()).map(IpAddr::V6))
}

/// Appends an address. The standard library's formatting would cost a small board kilobytes of flash.
pub(super) fn write(ip: IpAddr, to: &mut String<253>) {
    match ip {
        IpAddr::V4(ip) => {
            for (place, octet) in ip.octets().into_iter().enumerate() {
                push(if place > 0 { b"." } else { b"" }, decimal(octet.into()).trim_ascii_start(), to);
            }
        }
        IpAddr::V6(ip) => {
            for (place, segment) in ip.segments().into_iter().enumerate() {
                let mut digits = [0; 4];
                hex(&segment.to_be_bytes(), &mut digits);
                push(if place > 0 { b":" } else { b"" }, &digits, to);
            }
        }
    }
}

#[cfg_attr(target_pointer_width = "32", inline(never))]
fn push(mark: &[u8], digits: &[u8], to: &mut String<253>) {
    for part in [mark, digits] {
        // They are ASCII, and there is room for any address.
        let _ = to.push_str(core::str::from_utf8(part).unwrap_or(""));
    }
}

fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut segments = [0; 8];
    match text.windows(2).position(|pair| pair == b"::") {
        None => segments = groups(text, true)?.into_array().ok()?,
        Some(gap) => {
            let front = groups(text.get(..gap)?, false)?;
            let back = groups(text.get(gap.saturating_add(2)..)?, true)?;
            // `::` stands for one group at least.
            if front.len().saturating_add(back.len()) >= segments.len() {
                return None;
            }
            segments.iter_mut().zip(&front).for_each(|(segment, group)| *segment = *group);
            segments.iter_mut().rev().zip(back.iter().rev()).for_each(|(segment, group)| *segment = *group);
        }
    }
    Some(Ipv6Addr::from(segments))
}

/// The groups between colons, of which the last two may be written as an IPv4 address at the end of the text.
fn groups(text: &[u8], at_end: bool) -> Option<Vec<u16, 8>> {
    let mut groups = Vec::new();
    if text.is_empty() {
        return Some(groups);
    }
    let mut pieces = text.split(|byte| *byte == b':').peekable();
    while let Some(piece) = pieces.next() {
        if at_end && pieces.peek().is_none() && piece.contains(&b'.') {
            let [a, b, c, d] = core::str::from_utf8(piece).ok()?.parse::<Ipv4Addr>().ok()?.octets();
            groups.push(u16::from_be_bytes([a, b])).ok()?;
            groups.push(u16::from_be_bytes([c, d])).ok()?;
        } else {
            groups.push(group(piece)?).ok()?;
        }
    }
    Some(groups)
}

/// One to four hexadecimal digits.
fn group(digits: &[u8]) -> Option<u16> {
    let fits = (1..=4).contains(&digits.len());
    fits.then_some(digits)?.iter().try_fold(0_u16, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some((number << 4) | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;

    use super::*;

    #[track_caller]
    fn same_as_the_standard_library(text: &str) {
        assert_eq!(ip(text), text.parse().ok(), "{text:?}");
    }

    #[test]
    fn what_is_written_is_read() {
        for text in
            ["0.0.0.0", "192.0.2.17", "255.255.255.255", "10.100.1.9", "::", "2001:db8::1", "1:2:3:4:5:6:7:ffff"]
        {
            let address: IpAddr = text.parse().unwrap();
            let mut written = heapless::String::new();
            write(address, &mut written);
            assert_eq!(ip(&written), Some(address), "{written}");
            assert!(address.is_ipv6() || written == text, "{written}");
        }
    }

    #[test]
    fn every_form_and_what_is_none() {
        for text in [
            "192.0.2.1",
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:DB8:0:0:0:0:0:1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:192.0.2.1",
            "::ffff:192.0.2.1",
            "1::192.0.2.1",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
        ] {
            assert!(ip(text).is_some(), "{text:?}");
            same_as_the_standard_library(text);
        }
        for text in [
            "",
            ":",
            ":::",
            "1",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "::1::",
            "1:",
            ":1",
            "1:::2",
            "12345::",
            "g::",
            "+1::",
            "192.0.2.1::",
            "1:2:3:4:5:6:7:192.0.2.1",
            "::192.0.2.1:1",
            "::192.0.2.01",
            "::192.0.2.256",
            "fe80::1%eth0",
            "[::1]",
            " ::1",
        ] {
            assert_eq!(ip(text), None, "{text:?}");
            same_as_the_standard_library(text);
        }
    }

    #[test]
    fn the_standard_library_agrees_about_any_text() {
        // Every text of up to seven of these pieces.
        const PIECES: [&str; 6] = [":", "::", "0", "fFfF", "1.2.3.4", "."];
        for number in 0..PIECES.len().pow(7) {
            let mut left = number;
            let mut text = String::new();
            while left > 0 {
                text.push_str(PIECES[left % PIECES.len()]);
                left /= PIECES.len();
            }
            same_as_the_standard_library(&text);
        }
        // Addresses whole and with one or two bytes changed; the numbers are those of a linear congruence.
        let mut random = 1_u64;
        let mut next = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % below
        };
        for _ in 0..100_000 {
            let mut segments = [0; 8];
            segments.fill_with(|| if next(2) == 0 { 0 } else { u16::try_from(next(0x1_0000)).unwrap() });
            let mut text = std::format!("{}", Ipv6Addr::from(segments)).into_bytes();
            for _ in 0..next(3) {
                let at = next(text.len());
                text[at] = b":.0f9gG+"[next(8)];
            }
            same_as_the_standard_library(core::str::from_utf8(&text).unwrap());
        }
    }
}
