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
            if part.is(SOAP, "Code") {
                fault.code(reader)?;
            } else if part.is(SOAP, "Reason") {
                fault.reason = first_text(reader)?.unwrap_or(Text::EMPTY);
            } else if part.is(SOAP, "Detail") {
                fault.detail = first_text(reader)?;
                fault.kind.pt_status = fault.detail.and_then(pt_status);
            } else {
                reader.skip()?;
            }
        }
        Ok(fault)
    }

    fn code(&mut self, reader: &mut Reader<'a>) -> Result<(), ParseError> {
        while let Some(part) = reader.child()? {
            if part.is(SOAP, "Value") {
                let value = reader.text()?;
                let is = |local| reader.resolve(value).is_some_and(|name| name.is(SOAP, local));
                let codes =
                    [FaultCode::MustUnderstand, FaultCode::Receiver, FaultCode::Sender, FaultCode::VersionMismatch];
                self.kind.code = codes.into_iter().find(|code| is(code.as_str())).unwrap_or(FaultCode::Other);
            } else if part.is(SOAP, "Subcode") {
                while let Some(part) = reader.child()? {
                    let value = reader.leaf()?;
                    if let (true, Some(value)) = (part.is(SOAP, "Value"), value) {
                        let name = reader.resolve(value);
                        self.kind.subcode = Some(name.map_or(Subcode::Other, |name| subcode_of(&name)));
                    }
                }
            } else {
                reader.skip()?;
            }
        }
        Ok(())
    }
}

/// The text of the first child that holds some; goes back to the parent of the present element.
fn first_text<'a>(reader: &mut Reader<'a>) -> Result<Option<Text<'a>>, ParseError> {
    let mut first = None;
    while reader.child()?.is_some() {
        let text = reader.leaf()?;
        first = first.or(text);
    }
    Ok(first)
}

/// `AMT-STATUS 2057`.
fn pt_status(detail: Text<'_>) -> Option<u32> {
    let text: heapless::String<32> = detail.trimmed()?;
    let digits = text.as_bytes().strip_prefix(b"AMT-STATUS ")?.trim_ascii();
    digits::number(digits).filter(|_| digits.len() < 10)
}

fn subcode_of(name: &QName<'_>) -> Subcode {
    Subcode::ALL.iter().copied().find(|it| name.is(it.namespace(), it.as_str())).unwrap_or(Subcode::Other)
}
