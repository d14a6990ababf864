//! Faults, service to client. SOAP 1.2 part 1, section 5.4; DSP0226, section 14.6; Intel AMT SDK, "Error Handling".

use super::fault_kind::{FaultCode, FaultKind, Subcode};
use super::namespace::SOAP;
use super::xml::{QName, Reader, Text};
use crate::digits;
use crate::input::ParseError;

/// A fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault<'a> {
    /// What it is.
    pub kind: FaultKind,
    /// In words.
    pub reason: Text<'a>,
    /// The first text of its detail, if it has one.
    pub detail: Option<Text<'a>>,
}

impl<'a> Fault<'a> {
    /// Reads what is in `s:Fault`, which the reader has gone into, and goes back to its parent.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let kind = FaultKind { code: FaultCode::Other, subcode: None, pt_status: None };
        let mut fault = Self { kind, reason: Text::EMPTY, detail: None };
        while let Some(part) = reader.child()? {
            match part.within(SOAP) {
                b"Code" => fault.code(reader)?,
                b"Reason" => fault.reason = first_text(reader)?.unwrap_or(Text::EMPTY),
                b"Detail" => {
                    fault.detail = first_text(reader)?;
                    fault.kind.pt_status = fault.detail.and_then(pt_status);
                }
                _ => reader.skip()?,
            }
        }
        Ok(fault)
    }

    /// Reads what is in `s:Code`: its value, and that of the subcode.
    fn code(&mut self, reader: &mut Reader<'a>) -> Result<(), ParseError> {
        let mut in_subcode = false;
        loop {
            let Some(part) = reader.child()? else {
                if in_subcode {
                    in_subcode = false;
                    continue;
                }
                return Ok(());
            };
            match part.within(SOAP) {
                b"Subcode" if !in_subcode => in_subcode = true,
                b"Value" => {
                    let name = reader.leaf()?.and_then(|value| reader.resolve(value));
                    if in_subcode {
                        self.kind.subcode = Some(name.map_or(Subcode::Other, |name| subcode_of(&name)));
                    } else {
                        self.kind.code = name.map_or(FaultCode::Other, |name| code_of(&name));
                    }
                }
                // A subcode of the subcode among it.
                _ => reader.skip()?,
            }
        }
    }
}

/// The text of the first child that holds some; goes back to the parent of the present element.
fn first_text<'a>(reader: &mut Reader<'a>) -> Result<Option<Text<'a>>, ParseError> {
    let mut first = None;
    while reader.child()?.is_some() {
        let text = reader.leaf()?;
        // `or` would move the text about, by a function that a small board needs for nothing else.
        if first.is_none() {
            first = text;
        }
    }
    Ok(first)
}

/// `AMT-STATUS 2057`.
fn pt_status(detail: Text<'_>) -> Option<u32> {
    let mut room = [0; 32];
    let digits = detail.trim(&mut room)?.strip_prefix(b"AMT-STATUS ")?.trim_ascii();
    digits::number(digits).filter(|_| digits.len() < 10)
}

fn code_of(name: &QName<'_>) -> FaultCode {
    let code = FaultCode::ALL.iter().find(|code| code.as_str().as_bytes() == name.local);
    code.filter(|_| name.namespace.is(SOAP)).copied().unwrap_or(FaultCode::Other)
}

fn subcode_of(name: &QName<'_>) -> Subcode {
    let subcode = Subcode::ALL.iter().find(|subcode| subcode.as_str().as_bytes() == name.local);
    subcode.filter(|subcode| name.namespace.is(subcode.namespace())).copied().unwrap_or(Subcode::Other)
}
