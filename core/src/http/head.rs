//! The head of a message: its end, its first line, its fields. RFC 9112, sections 2 to 5.
//!
//! ```text
//!  HTTP/1.1 200 OK\r\n              or  POST /wsman HTTP/1.1\r\n
//!  name: value\r\n                  as many as there are
//!  \r\n
//! ```

use super::HttpError;
use super::HttpProblem::{BadField, BadHost, BadRequestLine, BadStatus, BadVersion, HeadTooLong, NotHttp};
use super::error::number;
use super::fields::{is_text, is_token, line, split};
use super::framing::{Facts, Framing};
use super::message::Limits;
use super::work;

/// Looks for the empty line, and remembers how far.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// Where the first line begins: empty lines before it are none (RFC 9112, section 2.2).
    begin: usize,
    /// Where the line begins that has not ended yet.
    line: usize,
    scanned: usize,
}

/// What is known of a head that is whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Where the first line begins.
    pub(super) begin: usize,
    /// Where the fields begin.
    pub(super) fields: usize,
    /// Where the body begins.
    pub(super) end: usize,
    /// Of an answer; 0 of a request.
    pub(super) status: u16,
    pub(super) framing: Framing,
    pub(super) keeps: bool,
    /// The client waits for 100 Continue.
    pub(super) waits: bool,
    /// There are folded lines in it.
    pub(super) folded: bool,
}

impl Search {
    pub(super) const fn new() -> Self {
        Self { begin: 0, line: 0, scanned: 0 }
    }

    /// The end of the head within `bytes`.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            let Some(len) = bytes.get(self.scanned..)?.iter().position(|byte| *byte == b'\n') else {
                work::add(bytes.len().saturating_sub(self.scanned));
                self.scanned = bytes.len();
                return None;
            };
            let at = self.scanned.saturating_add(len);
            let empty = matches!(bytes.get(self.line..at)?, [] | [b'\r']);
            let next = at.saturating_add(1);
            work::add(len.saturating_add(1));
            let first = self.line == self.begin;
            (self.line, self.scanned) = (next, next);
            match (empty, first) {
                (true, false) => return Some(next),
                (true, true) => self.begin = next,
                (false, _) => {}
            }
        }
    }

    /// The head, when it is whole: of a request that a `SERVER` reads, or of an answer.
    pub(super) fn head<const SERVER: bool>(
        &mut self,
        unread: &mut [u8],
        limits: &Limits,
    ) -> Result<Option<Head>, HttpError> {
        let most = unread.len().min(limits.head);
        let window = unread.get(..most).unwrap_or(&[]);
        let end = self.end(window);
        // Whether this can be HTTP at all is looked at first, and at once: the end of a head may never come.
        if !SERVER {
            version(window, 0)?;
        } else if window.get(self.begin).is_some_and(|byte| !is_token(*byte) && !matches!(byte, b'\r' | b'\n')) {
            return Err(HttpError::new(self.begin, NotHttp));
        }
        match end {
            Some(end) => Head::read::<SERVER>(unread, self.begin, end, limits).map(Some),
            None if most < limits.head => Ok(None),
            None => Err(HttpError::new(limits.head, HeadTooLong { limit: number(limits.head) })),
        }
    }
}

impl Head {
    fn read<const SERVER: bool>(
        unread: &mut [u8],
        begin: usize,
        end: usize,
        limits: &Limits,
    ) -> Result<Self, HttpError> {
        let (first, rest) = line(unread.get(begin..end).unwrap_or(&[]));
        let fields = end.saturating_sub(rest.len());
        let (minor, status) = if SERVER { (request_line(first, begin)?.2, 0) } else { status_line(first)? };
        // A blank before the first field, too, would look like a fold.
        let blank_first = matches!(rest, [b' ' | b'\t', ..]);
        let lines = unread.get_mut(fields..end).unwrap_or(&mut []);
        let fold = if blank_first { Some(0) } else { unfold(lines) };
        if let Some(at) = fold.filter(|_| blank_first || SERVER) {
            return Err(HttpError::new(fields.saturating_add(at), BadField));
        }
        let facts = Facts::read(lines, fields, limits)?;
        if SERVER && (facts.hosts > 1 || (facts.hosts == 0 && minor > 0)) {
            return Err(HttpError::new(fields, BadHost));
        }
        let status_of = (!SERVER).then_some(status);
        let (framing, keeps) = facts.framing(status_of, minor, end, limits)?;
        let waits = facts.expects && minor > 0;
        Ok(Self { begin, fields, end, status, framing, keeps, waits, folded: fold.is_some() })
    }
}

/// Makes one line of folded lines: blanks take the place of the line's end (RFC 9112, section 5.2). Where the first fold was.
pub(super) fn unfold(lines: &mut [u8]) -> Option<usize> {
    let mut first = None;
    work::add(lines.len());
    for at in 2..lines.len() {
        let Some([cr, lf, b' ' | b'\t']) = lines.get_mut(at.saturating_sub(2)..=at) else { continue };
        if *lf == b'\n' {
            *lf = b' ';
            if *cr == b'\r' {
                *cr = b' ';
            }
            first = first.or(Some(at));
        }
    }
    first
}

/// The minor version that is at `at` in `bytes`, as far as it has come: none when it is not whole.
fn version(bytes: &[u8], at: usize) -> Result<Option<u8>, HttpError> {
    const NAME: &[u8] = b"HTTP/1.";
    let there = bytes.get(at..).unwrap_or(&[]);
    if let Some(wrong) = NAME.iter().zip(there).position(|(ours, theirs)| ours != theirs) {
        let what = if wrong < 5 { NotHttp } else { BadVersion };
        return Err(HttpError::new(at.saturating_add(wrong), what));
    }
    match there.get(NAME.len()) {
        Some(digit @ b'0'..=b'9') => Ok(Some(digit & 15)),
        Some(_) => Err(HttpError::new(at.saturating_add(NAME.len()), BadVersion)),
        None => Ok(None),
    }
}

/// Version and status of an answer. The reason may be anything and is for nobody; without it, its blank may be missing, too.
fn status_line(line: &[u8]) -> Result<(u8, u16), HttpError> {
    let (Some(minor), Some(rest)) = (version(line, 0)?, line.get(8..)) else { return Err(HttpError::new(0, NotHttp)) };
    let bad = HttpError::new(8, BadStatus);
    let [b' ', digits @ ..] = rest else { return Err(bad) };
    let Some((digits @ [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'], reason)) = digits.split_first_chunk::<3>() else {
        return Err(bad);
    };
    if !matches!(reason, [] | [b' ', ..]) || !reason.iter().all(|byte| is_text(*byte)) {
        return Err(bad);
    }
    let status = digits.iter().fold(0_u16, |sum, digit| sum.saturating_mul(10).saturating_add(u16::from(digit & 15)));
    Ok((minor, status))
}

/// Method, target and minor version of a request, whose line begins at `at`.
pub(super) fn request_line(line: &[u8], at: usize) -> Result<(&str, &str, u8), HttpError> {
    let bad = HttpError::new(at, BadRequestLine);
    let (method, Some(rest)) = split(line, b' ') else { return Err(bad) };
    let (target, Some(end)) = split(rest, b' ') else { return Err(bad) };
    let good = !method.is_empty()
        && method.iter().all(|byte| is_token(*byte))
        && !target.is_empty()
        && target.iter().all(u8::is_ascii_graphic);
    if !good {
        return Err(bad);
    }
    let place = at.saturating_add(line.len()).saturating_sub(end.len());
    let minor =
        version(end, 0).map_err(|HttpError { at, what }| HttpError { at: number(place).saturating_add(at), what })?;
    match (minor, core::str::from_utf8(method), core::str::from_utf8(target)) {
        (Some(minor), Ok(method), Ok(target)) if end.len() == 8 => Ok((method, target, minor)),
        _ => Err(bad),
    }
}
