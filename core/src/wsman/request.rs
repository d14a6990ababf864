//! What a client sends: an envelope with its header, client to service. DSP0226, section 5; SOAP 1.2 part 1, section 5.
//!
//! ```text
//! <s:Envelope xmlns:s=… xmlns:a=… xmlns:w=…>
//!  <s:Header>
//!   <a:Action>…/transfer/Get</a:Action> <a:To>/wsman</a:To> <w:ResourceURI>…</w:ResourceURI> <a:MessageID>7</a:MessageID>
//!   <a:ReplyTo><a:Address>…/anonymous</a:Address></a:ReplyTo> <w:OperationTimeout>PT60S</w:OperationTimeout>
//!   <w:SelectorSet><w:Selector Name="Name">…</w:Selector></w:SelectorSet>
//!  </s:Header>
//!  <s:Body>…</s:Body>
//! </s:Envelope>
//! ```

use super::namespace::{ADDRESSING, ANONYMOUS, ENUMERATION, IDENTITY, SOAP, TRANSFER, WSMAN};
use super::xml::Writer;
use crate::buffer::{Full, TxWriter};

/// Prefix of SOAP's elements in what we write.
const S: &str = "s";
/// Prefix of WS-Addressing's.
const A: &str = "a";
/// Prefix of WS-Management's.
const W: &str = "w";
/// Prefix of the body's.
pub const P: &str = "p";

/// What is to be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// WS-Transfer: read an instance.
    Get,
    /// WS-Transfer: write an instance.
    Put,
    /// WS-Enumeration: begin.
    Enumerate,
    /// WS-Enumeration: the next instances.
    Pull,
    /// WS-Enumeration: end before the end.
    Release,
    /// Call a method of the resource.
    Invoke(&'a str),
    /// Who are you? Has no header.
    Identify,
}

/// Name and value that choose an instance.
pub type Selector<'a> = (&'a str, &'a str);

/// The header of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What is to be done.
    pub operation: Operation<'a>,
    /// What the URI of the class begins with, and its name.
    pub resource: (&'a str, &'a str),
    /// Which instance of it.
    pub selectors: &'a [Selector<'a>],
}

/// How long the service may take, as it is written.
const OPERATION_TIMEOUT: &str = "PT60S";

/// Writes the body of a request: the content of `s:Body`.
pub type Body<'f> = &'f dyn Fn(&mut Writer<'_, '_, '_>);

impl Request<'_> {
    /// Writes the whole envelope. `message_id` tells the requests of a client apart.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, message_id: u32, body: Body<'_>, to: &mut TxWriter<'_>) -> Result<(), Full> {
        let mut w = Writer::document(to);
        w.start(S, "Envelope");
        w.namespace(S, SOAP);
        if self.operation != Operation::Identify {
            w.namespace(A, ADDRESSING);
            w.namespace(W, WSMAN);
        }
        w.start(S, "Header");
        if self.operation != Operation::Identify {
            self.header(message_id, &mut w);
        }
        w.end();
        w.start(S, "Body");
        body(&mut w);
        w.end();
        w.end();
        w.finish()
    }

    fn header(&self, message_id: u32, w: &mut Writer<'_, '_, '_>) {
        let (base, class) = self.resource;
        w.start(A, "Action");
        w.attribute(S, "mustUnderstand", "true");
        let (action, method) = match self.operation {
            Operation::Get => (TRANSFER, "Get"),
            Operation::Put => (TRANSFER, "Put"),
            Operation::Enumerate => (ENUMERATION, "Enumerate"),
            Operation::Pull => (ENUMERATION, "Pull"),
            Operation::Release => (ENUMERATION, "Release"),
            Operation::Invoke(method) => (base, method),
            Operation::Identify => (IDENTITY, "Identify"),
        };
        w.text(action);
        if matches!(self.operation, Operation::Invoke(_)) {
            w.text(class);
        }
        w.text("/");
        w.text(method);
        w.end();
        w.start(A, "To");
        w.attribute(S, "mustUnderstand", "true");
        w.text("/wsman");
        w.end();
        w.start(W, "ResourceURI");
        w.attribute(S, "mustUnderstand", "true");
        w.text(base);
        w.text(class);
        w.end();
        w.start(A, "MessageID");
        w.attribute(S, "mustUnderstand", "true");
        w.number(message_id);
        w.end();
        w.start(A, "ReplyTo");
        w.leaf(A, "Address", ANONYMOUS);
        w.end();
        w.leaf(W, "OperationTimeout", OPERATION_TIMEOUT);
        selectors(w, self.selectors);
    }
}

fn selectors(w: &mut Writer<'_, '_, '_>, selectors: &[Selector<'_>]) {
    if selectors.is_empty() {
        return;
    }
    w.start(W, "SelectorSet");
    for (name, value) in selectors {
        w.start(W, "Selector");
        w.attribute("", "Name", name);
        w.text(value);
        w.end();
    }
    w.end();
}

/// The content of an element of a body that refers to an instance (WS-Addressing, section 2.1), in the request of a client.
pub fn reference(w: &mut Writer<'_, '_, '_>, resource: (&str, &str), which: &[Selector<'_>]) {
    w.leaf(A, "Address", ANONYMOUS);
    w.start(A, "ReferenceParameters");
    w.start(W, "ResourceURI");
    w.text(resource.0);
    w.text(resource.1);
    w.end();
    selectors(w, which);
    w.end();
}
