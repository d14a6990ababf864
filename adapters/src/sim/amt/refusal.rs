//! Faults (SOAP 1.2 part 1, section 5.4; DSP0226, section 14.6; Intel AMT SDK, "Error Handling").

use rackhand_core::wsman::namespace::{ADDRESSING, ENUMERATION, SOAP, TRANSFER};
use rackhand_core::wsman::{FaultCode, Subcode};

use super::node::Node;

/// A request that is answered by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: FaultCode,
    subcode: Option<Subcode>,
}

impl Refusal {
    /// A header that must be understood was not.
    pub(super) const MUST_UNDERSTAND: Self = Self { code: FaultCode::MustUnderstand, subcode: None };
    /// Another version of SOAP.
    pub(super) const VERSION: Self = Self { code: FaultCode::VersionMismatch, subcode: None };

    /// The fault with this subcode.
    pub(super) const fn of(subcode: Subcode) -> Self {
        let code = match subcode {
            Subcode::Concurrency
            | Subcode::EndpointUnavailable
            | Subcode::InternalError
            | Subcode::QuotaLimit
            | Subcode::TimedOut => FaultCode::Receiver,
            _ => FaultCode::Sender,
        };
        Self { code, subcode: Some(subcode) }
    }

    /// The HTTP status.
    pub(super) const fn status(self) -> u16 {
        match self.code {
            FaultCode::Sender | FaultCode::MustUnderstand => 400,
            _ => 500,
        }
    }

    /// wsa:Action of the answer.
    pub(super) fn action(self) -> String {
        let known = self.subcode.map(Subcode::namespace).filter(|it| [ADDRESSING, ENUMERATION, TRANSFER].contains(it));
        let base = known.unwrap_or("http://schemas.dmtf.org/wbem/wsman/1/wsman");
        format!("{base}/fault")
    }

    /// s:Fault.
    pub(super) fn node(self) -> Node {
        let mut code = vec![Node::name(SOAP, "Value", (SOAP, self.code.as_str()))];
        if let Some(subcode) = self.subcode {
            let value = Node::name(SOAP, "Value", (subcode.namespace(), subcode.as_str()));
            code.push(Node::of(SOAP, "Subcode", vec![value]));
        }
        let mut reason = Node::text(SOAP, "Text", self.words());
        reason.in_english = true;
        let mut detail = Node::text(SOAP, "Detail", "");
        if self.subcode == Some(Subcode::InternalError) {
            let mut text = Node::text(SOAP, "Text", "AMT-STATUS 2057");
            text.in_english = true;
            detail = Node::of(SOAP, "Detail", vec![text]);
        }
        let reason = Node::of(SOAP, "Reason", vec![reason]);
        Node::of(SOAP, "Fault", vec![Node::of(SOAP, "Code", code), reason, detail])
    }

    const fn words(self) -> &'static str {
        match self.subcode {
            Some(Subcode::AccessDenied) => "The sender was not authorized to access the resource.",
            Some(Subcode::ActionNotSupported) => "The action is not supported by the service.",
            Some(Subcode::DestinationUnreachable) => "No route can be determined to reach the destination.",
            Some(Subcode::EndpointUnavailable) => "The specified endpoint is currently unavailable.",
            Some(Subcode::InternalError) => {
                "The service cannot comply with the request due to internal processing errors."
            }
            Some(Subcode::InvalidRepresentation) => "The supplied representation is invalid.",
            Some(Subcode::InvalidSelectors) => "The Selectors for the resource are not valid.",
            Some(Subcode::SchemaValidationError) => {
                "The supplied SOAP violates the corresponding XML schema definition."
            }
            _ => "The request cannot be carried out.",
        }
    }
}
