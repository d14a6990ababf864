//! From envelope to envelope (DSP0226, sections 7 to 9 and 11).

use std::collections::VecDeque;

use rackhand_core::wsman::Subcode;
use rackhand_core::wsman::namespace::{ADDRESSING, ANONYMOUS, ENUMERATION, IDENTITY, SOAP, TRANSFER, WSMAN};

use super::classes::{self, World};
use super::node::Node;
use super::refusal::Refusal;
use super::request::{Operation, Request};
use super::{AmtFault, Asked, Style};

/// Enumerations that are remembered.
const MOST_CONTEXTS: usize = 16;

/// An enumeration that was begun.
#[derive(Clone, Debug)]
struct Context {
    id: String,
    resource: String,
    /// Instances that were pulled already.
    pulled: usize,
}

/// What is known across requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Soap {
    contexts: VecDeque<Context>,
    /// Counts the answers, and the enumerations.
    messages: u64,
    enumerations: u64,
}

/// What a request is answered with: wsa:Action, and the body.
struct Said {
    action: String,
    body: Vec<Node>,
}

impl Soap {
    /// Answers a request: status, envelope, and what was asked if it could be read.
    pub(super) fn answer(
        &mut self,
        world: &mut World<'_>,
        style: Style,
        document: &[u8],
    ) -> (u16, String, Option<Asked>) {
        let request = match Request::read(document) {
            Ok(request) => request,
            Err((refusal, message_id)) => {
                let (status, text) = self.refuse(world, style, refusal, message_id);
                return (status, text, None);
            }
        };
        let mut asked = Asked::of(&request);
        let resource = (request.operation != Operation::Identify).then(|| request.resource.clone());
        let (status, text) = match self.carry_out(world, &request) {
            Ok(said) => {
                let bad = world.faults.strikes(&AmtFault::BadXml);
                let text = style.write(&self.envelope(said, &request.message_id, resource.as_deref()), false);
                (200, if bad { spoil(&text) } else { text })
            }
            Err(refusal) => {
                asked.refused = true;
                self.refuse(world, style, refusal, Some(request.message_id))
            }
        };
        (status, text, Some(asked))
    }

    fn refuse(&mut self, world: &mut World<'_>, style: Style, refusal: Refusal, id: Option<String>) -> (u16, String) {
        let said = Said { action: refusal.action(), body: vec![refusal.node()] };
        let text = style.write(&self.envelope(said, &id.unwrap_or_default(), None), true);
        let status = if world.faults.strikes(&AmtFault::FaultAs200) { 200 } else { refusal.status() };
        (status, text)
    }

    fn envelope(&mut self, said: Said, relates_to: &str, resource: Option<&str>) -> Node {
        self.messages = self.messages.wrapping_add(1);
        let mut action = Node::text(ADDRESSING, "Action", said.action);
        action.must_understand = true;
        let mut header = vec![
            Node::text(ADDRESSING, "To", ANONYMOUS),
            Node::text(ADDRESSING, "RelatesTo", relates_to),
            action,
            Node::text(ADDRESSING, "MessageID", format!("uuid:00000000-8086-8086-8086-{:012X}", self.messages)),
        ];
        header.extend(resource.map(|resource| Node::text(WSMAN, "ResourceURI", resource)));
        Node::of(SOAP, "Envelope", vec![Node::of(SOAP, "Header", header), Node::of(SOAP, "Body", said.body)])
    }

    fn carry_out(&mut self, world: &mut World<'_>, request: &Request) -> Result<Said, Refusal> {
        if world.faults.strikes(&AmtFault::Unavailable) {
            return Err(Refusal::of(Subcode::EndpointUnavailable));
        }
        let wanted = world.faults.strike(|fault| match fault {
            AmtFault::Fault(subcode) => Some(*subcode),
            _ => None,
        });
        if let Some(subcode) = wanted {
            return Err(Refusal::of(subcode));
        }
        if request.operation == Operation::Identify {
            return Ok(identify(world));
        }
        let resource = request.resource.as_str();
        let all = classes::instances(world, resource).ok_or(Refusal::of(Subcode::DestinationUnreachable))?;
        let invalid = || Refusal::of(Subcode::SchemaValidationError);
        match &request.operation {
            Operation::Get | Operation::Identify => {
                let instance = classes::select(all, &request.selectors)?;
                let mut node = classes::element(resource, &instance);
                if world.faults.strikes(&AmtFault::WrongClass) {
                    rename(&mut node);
                }
                Ok(Said { action: format!("{TRANSFER}/GetResponse"), body: vec![node] })
            }
            Operation::Put => {
                classes::select(all, &request.selectors)?;
                let class =
                    |body: &&Node| body.namespace == resource && resource.ends_with(&format!("/{}", body.local));
                let body = request.body.as_ref().filter(class).ok_or_else(invalid)?;
                classes::put(world, resource, body)?;
                let all = classes::instances(world, resource).unwrap_or_default();
                let node = classes::element(resource, &classes::select(all, &request.selectors)?);
                Ok(Said { action: format!("{TRANSFER}/PutResponse"), body: vec![node] })
            }
            Operation::Enumerate => {
                request.body.as_ref().filter(|body| body.is(ENUMERATION, "Enumerate")).ok_or_else(invalid)?;
                Ok(self.enumerate(resource))
            }
            Operation::Pull => self.pull(request, &all),
            Operation::Release => {
                let id = context(request, "Release")?;
                self.contexts.retain(|context| context.id != id);
                Ok(Said { action: format!("{ENUMERATION}/ReleaseResponse"), body: vec![] })
            }
            Operation::Invoke(method) => {
                classes::select(all, &request.selectors)?;
                invoke(world, resource, method, request.body.as_ref())
            }
        }
    }

    fn enumerate(&mut self, resource: &str) -> Said {
        self.enumerations = self.enumerations.wrapping_add(1);
        let id = format!("{:08X}-0000-0000-0000-000000000000", self.enumerations);
        if self.contexts.len() >= MOST_CONTEXTS {
            self.contexts.pop_front();
        }
        self.contexts.push_back(Context { id: id.clone(), resource: resource.to_owned(), pulled: 0 });
        let body = Node::of(ENUMERATION, "EnumerateResponse", vec![Node::text(ENUMERATION, "EnumerationContext", id)]);
        Said { action: format!("{ENUMERATION}/EnumerateResponse"), body: vec![body] }
    }

    fn pull(&mut self, request: &Request, all: &[classes::Instance]) -> Result<Said, Refusal> {
        let id = context(request, "Pull")?;
        let most = request.body.as_ref().and_then(|body| body.child(ENUMERATION, "MaxElements"));
        let most = match most.and_then(Node::as_text) {
            None => 1,
            Some(text) => {
                text.parse().ok().filter(|most| *most > 0).ok_or(Refusal::of(Subcode::SchemaValidationError))?
            }
        };
        let known = |context: &Context| context.id == id && context.resource == request.resource;
        let place = self.contexts.iter().position(known);
        let lost = Refusal::of(Subcode::InvalidEnumerationContext);
        let context = place.and_then(|place| self.contexts.get_mut(place)).ok_or(lost)?;
        let rest = all.get(context.pulled..).unwrap_or(&[]);
        let items: Vec<Node> =
            rest.iter().take(most).map(|instance| classes::element(&request.resource, instance)).collect();
        context.pulled = context.pulled.saturating_add(items.len());
        let ends = context.pulled >= all.len();
        let mut parts = vec![Node::of(ENUMERATION, "Items", items)];
        if ends {
            parts.push(Node::of(ENUMERATION, "EndOfSequence", vec![]));
            self.contexts.retain(|context| context.id != id);
        } else {
            parts.insert(0, Node::text(ENUMERATION, "EnumerationContext", id));
        }
        let body = Node::of(ENUMERATION, "PullResponse", parts);
        Ok(Said { action: format!("{ENUMERATION}/PullResponse"), body: vec![body] })
    }
}

/// The enumeration that a request is about.
fn context(request: &Request, name: &str) -> Result<String, Refusal> {
    let body = request.body.as_ref().filter(|body| body.is(ENUMERATION, name));
    let id = body.and_then(|body| body.child(ENUMERATION, "EnumerationContext")).and_then(Node::as_text);
    id.map(str::to_owned).ok_or(Refusal::of(Subcode::SchemaValidationError))
}

fn invoke(world: &mut World<'_>, resource: &str, method: &str, input: Option<&Node>) -> Result<Said, Refusal> {
    if !classes::has_method(resource, method) {
        return Err(Refusal::of(Subcode::ActionNotSupported));
    }
    let wanted = format!("{method}_INPUT");
    let input = input.filter(|input| input.is(resource, &wanted)).ok_or(Refusal::of(Subcode::SchemaValidationError))?;
    let value = world.faults.strike(|fault| match fault {
        AmtFault::ReturnValue(value) => Some(*value),
        _ => None,
    });
    let output = match value {
        Some(value) => vec![("ReturnValue", classes::Value::Text(value.to_string()))],
        None => classes::invoke(world, resource, method, input)?,
    };
    let mut node = Node::of(resource, format!("{method}_OUTPUT"), classes::properties(resource, &output));
    if world.faults.strikes(&AmtFault::WrongClass) {
        rename(&mut node);
    }
    // Recorded so: this one has no suffix.
    let suffix = if method == "SetBootConfigRole" { "" } else { "Response" };
    Ok(Said { action: format!("{resource}/{method}{suffix}"), body: vec![node] })
}

fn identify(world: &World<'_>) -> Said {
    let body = vec![
        Node::text(IDENTITY, "ProtocolVersion", "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"),
        Node::text(IDENTITY, "ProductVendor", "Intel(r)"),
        Node::text(IDENTITY, "ProductVersion", format!("AMT {}", world.generation.version())),
    ];
    let action = format!("{IDENTITY}/IdentifyResponse");
    Said { action, body: vec![Node::of(IDENTITY, "IdentifyResponse", body)] }
}

/// Makes an instance one of another class.
fn rename(node: &mut Node) {
    node.local.push('2');
}

/// What is not well-formed any more.
fn spoil(text: &str) -> String {
    text.replacen("Envelope", "Envolope", 1)
}
