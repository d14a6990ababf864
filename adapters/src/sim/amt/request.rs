//! A request, read and judged as far as that goes without knowing the classes (DSP0226, sections 5 to 9).

use rackhand_core::wsman::Subcode;
use rackhand_core::wsman::namespace::{ADDRESSING, ANONYMOUS, ENUMERATION, IDENTITY, SOAP, TRANSFER, WSMAN};

use super::node::Node;
use super::refusal::Refusal;

/// Names and values that choose an instance.
pub(super) type Selectors = Vec<(String, String)>;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Get,
    Put,
    Enumerate,
    Pull,
    Release,
    Invoke(String),
    Identify,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) operation: Operation,
    /// ResourceURI.
    pub(super) resource: String,
    pub(super) selectors: Selectors,
    pub(super) message_id: String,
    /// The first element of the body.
    pub(super) body: Option<Node>,
}

/// The least MaxEnvelopeSize.
const LEAST_ENVELOPE: u32 = 50_000;

impl Request {
    /// Reads a request. An error has the MessageID, if that was seen.
    pub(super) fn read(document: &[u8]) -> Result<Self, (Refusal, Option<String>)> {
        let root = Node::read(document).map_err(|_| (Refusal::of(Subcode::SchemaValidationError), None))?;
        if !root.is(SOAP, "Envelope") {
            let refusal =
                if root.local == "Envelope" { Refusal::VERSION } else { Refusal::of(Subcode::SchemaValidationError) };
            return Err((refusal, None));
        }
        let header = root.child(SOAP, "Header").map_or(&[][..], Node::nodes);
        let message_id = text(header, ADDRESSING, "MessageID");
        Self::judge(&root, header).map_err(|refusal| (refusal, message_id))
    }

    fn judge(root: &Node, header: &[Node]) -> Result<Self, Refusal> {
        let body =
            root.child(SOAP, "Body").ok_or(Refusal::of(Subcode::SchemaValidationError))?.nodes().first().cloned();
        if let Some(body) = body.as_ref().filter(|body| body.is(IDENTITY, "Identify")) {
            let (operation, resource) = (Operation::Identify, body.namespace.clone());
            return Ok(Self { operation, resource, selectors: vec![], message_id: String::new(), body: None });
        }
        understand(header)?;
        let missing = || Refusal::of(Subcode::MessageInformationHeaderRequired);
        let action = text(header, ADDRESSING, "Action").ok_or_else(missing)?;
        let resource = text(header, WSMAN, "ResourceURI").ok_or_else(missing)?;
        let message_id = text(header, ADDRESSING, "MessageID").ok_or_else(missing)?;
        text(header, ADDRESSING, "To").ok_or_else(missing)?;
        let reply_to = header.iter().find(|node| node.is(ADDRESSING, "ReplyTo")).ok_or_else(missing)?;
        let address = reply_to.child(ADDRESSING, "Address").and_then(Node::as_text);
        if address != Some(ANONYMOUS) {
            return Err(Refusal::of(Subcode::InvalidMessageInformationHeader));
        }
        let standard = [
            (TRANSFER, "Get", Operation::Get),
            (TRANSFER, "Put", Operation::Put),
            (ENUMERATION, "Enumerate", Operation::Enumerate),
            (ENUMERATION, "Pull", Operation::Pull),
            (ENUMERATION, "Release", Operation::Release),
        ];
        let standard =
            standard.into_iter().find(|(base, name, _)| action.strip_prefix(base) == Some(&format!("/{name}")));
        let method = || {
            let method = action.strip_prefix(&resource)?.strip_prefix('/')?;
            (!method.is_empty()).then(|| Operation::Invoke(method.to_owned()))
        };
        let operation = standard.map(|(_, _, operation)| operation).or_else(method);
        let operation = operation.ok_or(Refusal::of(Subcode::ActionNotSupported))?;
        let set = header.iter().find(|node| node.is(WSMAN, "SelectorSet"));
        Ok(Self { operation, resource, selectors: set.map(selectors).unwrap_or_default(), message_id, body })
    }
}

/// The headers that must be understood are, and say what can be done.
fn understand(header: &[Node]) -> Result<(), Refusal> {
    let known = [
        (ADDRESSING, "Action"),
        (ADDRESSING, "FaultTo"),
        (ADDRESSING, "From"),
        (ADDRESSING, "MessageID"),
        (ADDRESSING, "ReplyTo"),
        (ADDRESSING, "To"),
        (WSMAN, "Locale"),
        (WSMAN, "MaxEnvelopeSize"),
        (WSMAN, "OperationTimeout"),
        (WSMAN, "ResourceURI"),
        (WSMAN, "SelectorSet"),
    ];
    let strange =
        |node: &&Node| node.must_understand && !known.iter().any(|(namespace, local)| node.is(namespace, local));
    if header.iter().any(|node| strange(&node)) {
        return Err(Refusal::MUST_UNDERSTAND);
    }
    let size = text(header, WSMAN, "MaxEnvelopeSize").map(|size| size.parse::<u32>());
    if size.is_some_and(|size| size.unwrap_or(0) < LEAST_ENVELOPE) {
        return Err(Refusal::of(Subcode::EncodingLimit));
    }
    let fragment = header.iter().any(|node| node.is(WSMAN, "FragmentTransfer"));
    if fragment { Err(Refusal::of(Subcode::UnsupportedFeature)) } else { Ok(()) }
}

fn text(header: &[Node], namespace: &str, local: &str) -> Option<String> {
    header.iter().find(|node| node.is(namespace, local)).and_then(Node::as_text).map(str::to_owned)
}

/// What a SelectorSet holds.
fn selectors(set: &Node) -> Selectors {
    let selector = |node: &Node| Some((node.selects.clone()?, node.as_text()?.to_owned()));
    set.nodes().iter().filter(|node| node.is(WSMAN, "Selector")).filter_map(selector).collect()
}

/// The class and the selectors that an element of a body refers to.
pub(super) fn reference(node: &Node) -> Option<(String, Selectors)> {
    let parameters = node.child(ADDRESSING, "ReferenceParameters")?;
    let resource = parameters.child(WSMAN, "ResourceURI")?.as_text()?.to_owned();
    Some((resource, parameters.child(WSMAN, "SelectorSet").map(selectors).unwrap_or_default()))
}
