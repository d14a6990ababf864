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
    Request { operation: Operation::Get, resource, selectors: &[] }
}

/// A Get of one instance.
const fn get_one(resource: Class, selectors: &'static [Selector<'static>]) -> Request<'static> {
    Request { operation: Operation::Get, resource, selectors }
}

/// A call of a method of one instance.
const fn invoke(resource: Class, method: &'static str, selectors: &'static [Selector<'static>]) -> Request<'static> {
    Request { operation: Operation::Invoke(method), resource, selectors }
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
fn body(question: Question, w: &mut Writer<'_, '_, '_>) {
    match question {
        Question::ChangeBootOrder(source) => change_boot_order::emit(source, w),
        Question::PutBootSettings(settings) => boot_setting_data::emit(settings, w),
        Question::RequestPowerStateChange(code) => request_power_state_change::emit(code, w),
        Question::SetBootConfigRole { armed } => set_boot_config_role::emit(armed, w),
        // The body of a Get is empty.
        _ => {}
    }
}

impl Question {
    /// Writes the envelope of the question, the content of an HTTP request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(self, message_id: u32, to: &mut TxWriter<'_>) -> Result<(), Full> {
        header(self).emit(message_id, &|w| body(self, w), to)
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
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn read(question: Question, status: u16, content: &[u8]) -> Result<Self, (Refusal, AmtTrouble)> {
        let unreadable = |error| (Refusal::Unreadable, AmtTrouble::Unreadable(error));
        let mut envelope = Envelope::read(content);
        if let Ok(envelope) = &mut envelope
            && envelope.holds(namespace::SOAP, "Fault")
        {
            let fault = envelope.fault().map_err(unreadable)?;
            return Err((refusal(fault.kind), AmtTrouble::Fault(fault.kind)));
        }
        // A status that is no success comes with a fault, or from something that is no AMT.
        if !(200..300).contains(&status) {
            return Err((Refusal::Fault, AmtTrouble::Status(status)));
        }
        match &mut envelope {
            Ok(envelope) => instance(question, envelope).map_err(unreadable),
            Err(error) => Err(unreadable(*error)),
        }
    }
}

/// Reads the instance, or the output of the method, that answers a question.
#[cfg_attr(target_pointer_width = "32", inline(never))]
fn instance(question: Question, envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
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

/// Reads the properties of an instance of `class`.
fn properties<'a>(
    envelope: &mut Envelope<'a>,
    class: Class,
    take: &mut dyn FnMut(&'a str, Text<'a>) -> bool,
) -> Result<(), ParseError> {
    envelope.seek(class, class.1)?;
    envelope.properties(take)
}

/// Reads a number into its place; another value than a number is refused.
fn number(place: &mut Option<u32>, text: Text<'_>) -> bool {
    *place = text.number();
    place.is_some()
}

/// Reads up to two numbers of an instance of `class`, or of the output of a method of it.
fn numbers(
    envelope: &mut Envelope<'_>,
    class: Class,
    local: &str,
    names: [&str; 2],
) -> Result<[Option<u32>; 2], ParseError> {
    envelope.seek(class, local)?;
    let mut found = [None; 2];
    envelope.properties(&mut |name, text| {
        let place = found.iter_mut().zip(names).find(|(_, known)| *known == name);
        place.is_none_or(|(place, _)| number(place, text))
    })?;
    Ok(found)
}

/// Reads two numbers that an instance of `class` must have.
fn two_numbers(envelope: &mut Envelope<'_>, class: Class, names: [&str; 2]) -> Result<(u32, u32), ParseError> {
    let missing = envelope.unexpected();
    let [first, second] = numbers(envelope, class, class.1, names)?;
    first.zip(second).ok_or(missing)
}

/// Reads the ReturnValue in the output of a method.
fn return_value(envelope: &mut Envelope<'_>, class: Class, output: &str) -> Result<Answer, ParseError> {
    let missing = envelope.unexpected();
    let [value, _] = numbers(envelope, class, output, ["ReturnValue", ""])?;
    value.map(Answer::ReturnValue).ok_or(missing)
}
