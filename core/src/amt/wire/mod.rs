//! Questions and answers as bytes: WS-Management in HTTP. A file a class, or a method. DSP0226, sections 7 and 9.

mod boot_capabilities;
mod boot_setting_data;
mod change_boot_order;
mod kvm_redirection_sap;
mod opt_in_service;
mod os_power_saving;
mod power_status;
mod request_power_state_change;
mod set_boot_config_role;
mod setup_and_configuration;
mod software_identity;

use crate::amt::engine::Device;
use crate::amt::memory::AmtMemory;
use crate::amt::{AmtTrouble, Answer, Question, Refusal};
use crate::buffer::{Full, TxWriter};
use crate::http::RequestHead;
use crate::http::digest;
use crate::input::ParseError;
use crate::wsman::xml::{Text, Writer};
use crate::wsman::{Envelope, FaultCode, FaultKind, Operation, Request, Selector, Subcode, namespace};

/// What the URI of a class begins with, and its name.
type Class = (&'static str, &'static str);

/// A Get of the only instance.
const fn get(resource: Class) -> Request<'static> {
    Request { operation: Operation::Get, resource, selectors: &[], message_id: 0 }
}

/// A Get of one instance.
const fn get_one(resource: Class, selectors: &'static [Selector<'static>]) -> Request<'static> {
    Request { operation: Operation::Get, resource, selectors, message_id: 0 }
}

/// A call of a method of one instance.
const fn invoke(resource: Class, method: &'static str, selectors: &'static [Selector<'static>]) -> Request<'static> {
    Request { operation: Operation::Invoke(method), resource, selectors, message_id: 0 }
}

/// What is asked for: the header of the envelope.
const fn header(question: Question) -> Request<'static> {
    match question {
        Question::ChangeBootOrder(_) => change_boot_order::INVOKE,
        Question::GetBootCapabilities => boot_capabilities::GET,
        Question::GetBootSettings => boot_setting_data::GET,
        Question::GetKvm => kvm_redirection_sap::GET,
        Question::GetOptIn => opt_in_service::GET,
        Question::GetPower => power_status::GET,
        Question::GetPowerSaving => os_power_saving::GET,
        Question::GetProvisioning => setup_and_configuration::GET,
        Question::GetVersion => software_identity::GET,
        Question::PutBootSettings(_) => boot_setting_data::PUT,
        Question::RequestPowerStateChange(_) => request_power_state_change::INVOKE,
        Question::SetBootConfigRole { .. } => set_boot_config_role::INVOKE,
    }
}

/// Writes the body of the envelope.
fn body(question: Question, w: &mut Writer<'_, '_, '_>) -> Result<(), Full> {
    match question {
        Question::ChangeBootOrder(source) => change_boot_order::emit(source, w),
        Question::PutBootSettings(settings) => boot_setting_data::emit(settings, w),
        Question::RequestPowerStateChange(code) => request_power_state_change::emit(code, w),
        Question::SetBootConfigRole { armed } => set_boot_config_role::emit(armed, w),
        // The body of a Get is empty.
        _ => Ok(()),
    }
}

impl Question {
    /// Writes the envelope of the question, the content of an HTTP request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(self, message_id: u32, to: &mut TxWriter<'_>) -> Result<(), Full> {
        Request { message_id, ..header(self) }.emit(&|w| body(self, w), to)
    }
}

/// Writes a question as a whole request of HTTP and returns its length.
pub(super) fn request(
    device: &Device,
    memory: &AmtMemory,
    cnonce: &[u8; 8],
    question: Question,
    message_id: u32,
    tx: &mut [u8],
) -> Result<usize, Full> {
    let answer = memory.challenge.as_ref().map(|challenge| digest::Answer {
        challenge,
        credentials: &device.credentials,
        nc: memory.count,
        cnonce,
    });
    let host = device.host.text();
    let head = RequestHead {
        method: "POST",
        target: "/wsman",
        host: &host,
        port: device.port,
        content_type: "application/soap+xml;charset=UTF-8",
        answer,
    };
    let mut to = TxWriter::new(tx);
    let place = head.emit(&mut to)?;
    question.emit(message_id, &mut to)?;
    let len = to.len();
    place.fill(tx.get_mut(..len).unwrap_or(&mut []));
    Ok(len)
}

impl Answer {
    /// Reads what a device has sent, an HTTP status and the content, in answer to `question`.
    ///
    /// # Errors
    /// The device refuses, or it is no answer to that: how a dialog is told, and in detail.
    pub fn read(question: Question, status: u16, content: &[u8]) -> Result<Self, (Refusal, AmtTrouble)> {
        let unreadable = |error| (Refusal::Unreadable, AmtTrouble::Unreadable(error));
        let envelope = match Envelope::read(content) {
            Ok(envelope) if envelope.holds(namespace::SOAP, "Fault") => {
                let fault = envelope.fault().map_err(unreadable)?;
                return Err((refusal(fault.kind), AmtTrouble::Fault(fault.kind)));
            }
            envelope => envelope,
        };
        // A status that is no success comes with a fault, or from something that is no AMT.
        if !(200..300).contains(&status) {
            return Err((Refusal::Fault, AmtTrouble::Status(status)));
        }
        envelope.and_then(|envelope| instance(question, envelope)).map_err(unreadable)
    }
}

/// Reads the instance, or the output of the method, that answers a question.
fn instance(question: Question, envelope: Envelope<'_>) -> Result<Answer, ParseError> {
    match question {
        Question::ChangeBootOrder(_) => change_boot_order::read(envelope),
        Question::GetBootCapabilities => boot_capabilities::read(envelope),
        Question::GetBootSettings => boot_setting_data::read(envelope),
        Question::GetKvm => kvm_redirection_sap::read(envelope),
        Question::GetOptIn => opt_in_service::read(envelope),
        Question::GetPower => power_status::read(envelope),
        Question::GetPowerSaving => os_power_saving::read(envelope),
        Question::GetProvisioning => setup_and_configuration::read(envelope),
        Question::GetVersion => software_identity::read(envelope),
        Question::PutBootSettings(_) => boot_setting_data::read_put(envelope),
        Question::RequestPowerStateChange(_) => request_power_state_change::read(envelope),
        Question::SetBootConfigRole { .. } => set_boot_config_role::read(envelope),
    }
}

/// What a fault means for a dialog.
fn refusal(fault: FaultKind) -> Refusal {
    match fault.subcode {
        Some(Subcode::AccessDenied) => Refusal::AccessDenied,
        Some(Subcode::EndpointUnavailable | Subcode::Concurrency | Subcode::QuotaLimit) => Refusal::Busy,
        Some(Subcode::DestinationUnreachable | Subcode::InvalidSelectors) => Refusal::NotThere,
        // PT_STATUS_NOT_READY and PT_STATUS_NOT_PERMITTED.
        Some(Subcode::InternalError) if fault.pt_status == Some(2) => Refusal::Busy,
        Some(Subcode::InternalError) if fault.pt_status == Some(16) => Refusal::AccessDenied,
        _ if fault.code == FaultCode::VersionMismatch => Refusal::NotThere,
        _ => Refusal::Fault,
    }
}

/// Goes on to the element of the body that is named as the class is, or as `local`, in the namespace of the class.
fn seek(envelope: &mut Envelope<'_>, class: Class, local: &str) -> Result<(), ParseError> {
    let local = if local.is_empty() { class.1 } else { local };
    envelope.seek(&|name| name.local() == local && name.namespace().is_both(class.0, class.1))
}

/// Reads the properties of an instance of `class`.
fn properties<'a>(
    mut envelope: Envelope<'a>,
    class: Class,
    take: &mut dyn FnMut(&'a str, Text<'a>) -> bool,
) -> Result<(), ParseError> {
    seek(&mut envelope, class, "")?;
    envelope.properties(take)
}

/// Reads a number into its place; another value than a number is refused.
fn number(place: &mut Option<u32>, text: Text<'_>) -> bool {
    *place = text.number();
    place.is_some()
}

/// Reads the ReturnValue in the output of a method.
fn return_value(mut envelope: Envelope<'_>, class: Class, output: &str) -> Result<Answer, ParseError> {
    seek(&mut envelope, class, output)?;
    let missing = envelope.unexpected();
    let mut value = None;
    envelope.properties(&mut |name, text| name != "ReturnValue" || number(&mut value, text))?;
    value.map(Answer::ReturnValue).ok_or(missing)
}

/// Reads two numbers that an instance must have.
fn two_numbers(envelope: Envelope<'_>, class: Class, names: [&str; 2]) -> Result<(u32, u32), ParseError> {
    let missing = envelope.unexpected();
    let [first, second] = names;
    let (mut one, mut two) = (None, None);
    properties(envelope, class, &mut |name, text| {
        if name == first {
            number(&mut one, text)
        } else if name == second {
            number(&mut two, text)
        } else {
            true
        }
    })?;
    one.zip(two).ok_or(missing)
}
