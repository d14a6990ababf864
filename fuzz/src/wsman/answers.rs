//! Envelopes, faults, enumerations, and the answers of AMT in them.

use rackhand_core::amt::{AmtTrouble, Answer, BootSettings, BootSource, PowerCode, Question};
use rackhand_core::buffer::TxWriter;
use rackhand_core::wsman::enumeration::Enumerated;
use rackhand_core::wsman::{Envelope, Fault, FaultCode, Identity, Subcode, namespace, properties};
use rackhand_core::{ParseError, ParseErrorKind};
use roxmltree::{Document, Node};

use super::BLANKS;
use super::alone::qualified_xmlns;
use super::judge::skim;
use super::tree::{resolved, text_of};
use crate::script::Script;

const QUESTIONS: [Question; 12] = [
    Question::ChangeBootOrder(Some(BootSource::Pxe)),
    Question::GetBootCapabilities,
    Question::GetBootSettings,
    Question::GetKvm,
    Question::GetOptIn,
    Question::GetPower,
    Question::GetPowerSaving,
    Question::GetProvisioning,
    Question::GetVersion,
    Question::PutBootSettings(BootSettings { present: rackhand_core::amt::BootProperties::NONE, bios_setup: true }),
    Question::RequestPowerStateChange(PowerCode::On),
    Question::SetBootConfigRole { armed: true },
];

const SERVICE: &str = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_PowerManagementService";
const STATUS: &str = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AssociatedPowerManagementService";
const BOOT: &str = "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_BootSettingData";

/// What stands around the bytes of a script, so that they need not find it.
fn framed(script: &mut Script<'_>) -> Vec<u8> {
    let names = "xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
                 xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' \
                 xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd' \
                 xmlns:n='http://schemas.xmlsoap.org/ws/2004/09/enumeration'";
    let body = |begin: &str, end: &str| {
        (format!("<s:Envelope {names}><s:Body>{begin}"), format!("{end}</s:Body></s:Envelope>"))
    };
    let (begin, end) = match script.below(9) {
        0 => (String::new(), String::new()),
        1 => (format!("<s:Envelope {names}>"), "</s:Envelope>".to_owned()),
        2 => body("", ""),
        3 => body("<s:Fault>", "</s:Fault>"),
        4 => body(
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>",
            "</s:Value></s:Subcode></s:Code></s:Fault>",
        ),
        5 => body(
            &format!("<CIM_AssociatedPowerManagementService xmlns='{STATUS}'>"),
            "</CIM_AssociatedPowerManagementService>",
        ),
        6 => body(
            &format!("<p:RequestPowerStateChange_OUTPUT xmlns:p='{SERVICE}'>"),
            "</p:RequestPowerStateChange_OUTPUT>",
        ),
        7 => body(&format!("<p:AMT_BootSettingData xmlns:p='{BOOT}'>"), "</p:AMT_BootSettingData>"),
        _ => body("<n:PullResponse><n:EnumerationContext>7</n:EnumerationContext>", "</n:PullResponse>"),
    };
    [begin.as_bytes(), script.rest(), end.as_bytes()].concat()
}

/// The document that another reader makes, if it is to be asked.
fn theirs(text: &str) -> Option<Document<'_>> {
    if qualified_xmlns(text) { None } else { Document::parse(text).ok() }
}

/// The children of `node` in `namespace`, of this name.
fn named<'n, 'd>(node: Node<'n, 'd>, namespace: &'n str, local: &'n str) -> impl Iterator<Item = Node<'n, 'd>> {
    node.children().filter(move |it| it.is_element() && it.tag_name() == (namespace, local).into())
}

/// The first body.
fn body<'n, 'd>(theirs: &'n Document<'d>) -> Node<'n, 'd> {
    named(theirs.root_element(), namespace::SOAP, "Body").next().expect("a body")
}

fn is_leaf(node: &Node<'_, '_>) -> bool {
    !node.children().any(|child| child.is_element())
}

/// The numbers of the properties with this name, of an instance or of an output that the body holds. Empty ones are none.
fn numbers(theirs: &Document<'_>, class: &str, local: &str, property: &str) -> Vec<u32> {
    let instance = named(body(theirs), class, local).next().expect("an instance");
    let found = named(instance, class, property).filter(is_leaf).map(text_of).filter(|text| !text.is_empty());
    found.map(|text| text.trim_matches(BLANKS).parse().expect("a number")).collect()
}

/// The fault is the one that another reader finds.
fn fault_alike(fault: &Fault<'_>, theirs: &Document<'_>) {
    const SOAP: &str = namespace::SOAP;
    let node = named(body(theirs), SOAP, "Fault").next().expect("a fault");
    let codes = || named(node, SOAP, "Code");
    let name = |value: Option<Node<'_, '_>>| {
        let value = value.expect("a value");
        resolved(value, &text_of(value)).map(|name| (name.namespace, name.local))
    };
    if fault.kind.code != FaultCode::Other {
        let value = codes().flat_map(|code| named(code, SOAP, "Value")).last();
        assert_eq!(name(value), Some((SOAP.to_owned(), fault.kind.code.as_str().to_owned())));
    }
    if let Some(subcode) = fault.kind.subcode.filter(|it| *it != Subcode::Other) {
        let subcodes = codes().flat_map(|code| named(code, SOAP, "Subcode"));
        let value = subcodes.flat_map(|code| named(code, SOAP, "Value")).last();
        assert_eq!(name(value), Some((subcode.namespace().to_owned(), subcode.as_str().to_owned())));
    }
    let first = |local| {
        let last = named(node, SOAP, local).last()?;
        let mut leaves = last.children().filter(Node::is_element).filter(is_leaf);
        leaves.next().map(text_of)
    };
    assert_eq!(fault.reason.to_string(), first("Reason").unwrap_or_default());
    assert_eq!(fault.detail.map(|it| it.to_string()), first("Detail"));
    let status =
        first("Detail").and_then(|it| it.trim_matches(BLANKS).strip_prefix("AMT-STATUS ")?.trim().parse().ok());
    assert!(fault.kind.pt_status.is_none() || fault.kind.pt_status == status);
    assert!(!fault.kind.to_string().is_empty());
}

/// An answer says what another reader finds.
fn answer_alike(question: Question, answer: Answer, theirs: &Document<'_>) {
    match (question, answer) {
        (_, Answer::Power(status)) => {
            let class = "CIM_AssociatedPowerManagementService";
            assert_eq!(numbers(theirs, STATUS, class, "PowerState").last(), Some(&status.state));
            let mut codes = numbers(theirs, STATUS, class, "AvailableRequestedPowerStates");
            codes.retain(|code| *code < 32);
            codes.sort_unstable();
            codes.dedup();
            let available: Vec<u32> = status.available.iter().filter(|code| *code < 32).collect();
            assert_eq!(available, codes);
        }
        (Question::RequestPowerStateChange(_), Answer::ReturnValue(value)) => {
            let values = numbers(theirs, SERVICE, "RequestPowerStateChange_OUTPUT", "ReturnValue");
            assert_eq!(values.last(), Some(&value));
        }
        (_, Answer::BootSettings(present)) => {
            let instance = named(body(theirs), BOOT, "AMT_BootSettingData").next().expect("an instance");
            for (place, (name, _)) in (0..).zip(rackhand_core::amt::BootProperties::ALL) {
                assert_eq!(present.has(place), named(instance, BOOT, name).any(|it| is_leaf(&it)), "{name}");
            }
            let mut buffer = [0; 4096];
            let mut to = TxWriter::new(&mut buffer);
            let put = Question::PutBootSettings(BootSettings { present, bios_setup: false });
            put.emit(1, &mut to).expect("there is room");
            let len = to.len();
            assert_eq!(skim(&buffer[..len]), Ok(()));
        }
        _ => {}
    }
}

/// The instances that an enumeration brings, and its context.
fn enumerated(document: &[u8]) -> Result<(Vec<String>, Option<String>, bool), ParseError> {
    let mut found = Vec::new();
    let said = Enumerated::read(&mut Envelope::read(document)?, &mut |reader, instance| {
        found.push(instance.name.local().to_owned());
        properties(reader, instance, &mut |_, text| !text.is("stop"))
    })?;
    Ok((found, said.context.map(|it| it.to_string()), said.end))
}

fn enumerated_alike(document: &[u8], theirs: Option<&Document<'_>>) -> Result<(), ParseError> {
    let (found, context, end) = enumerated(document)?;
    let Some(theirs) = theirs else { return Ok(()) };
    const NAMES: &str = namespace::ENUMERATION;
    let response = body(theirs).first_element_child().expect("a response");
    let instances = named(response, NAMES, "Items").flat_map(|items| items.children().filter(Node::is_element));
    assert!(instances.map(|it| it.tag_name().name().to_owned()).eq(found));
    assert_eq!(named(response, NAMES, "EnumerationContext").last().map(text_of), context);
    assert_eq!(named(response, NAMES, "EndOfSequence").next().is_some(), end);
    Ok(())
}

/// [`Envelope`], [`Fault`], [`Enumerated`], [`Identity`] and [`Answer::read`] for every question, on any document.
///
/// Asserts: an error is within the document; a fault is one whatever was asked, and whatever the status was; states, values,
/// codes, texts and instances are those that another reader finds; what was not read to its end, or has a document type, is no
/// answer.
pub fn wsman_envelope(data: &[u8]) {
    let document = framed(&mut Script::new(data));
    let within = |error: ParseError| {
        assert!(usize::try_from(error.at).is_ok_and(|at| at <= document.len()), "{error} of {}", document.len());
        assert!(!error.to_string().is_empty());
    };
    // XML 1.0, section 2.11, done beforehand: the other reader forgets it before a reference.
    let text = String::from_utf8_lossy(&document).replace("\r\n", "\n").replace('\r', "\n");
    let theirs = theirs(&text);
    let whole = skim(&document);
    let read = |read: &mut dyn FnMut(&mut Envelope<'_>) -> Result<(), ParseError>| match Envelope::read(&document)
        .and_then(|mut envelope| read(&mut envelope))
    {
        Ok(()) => assert_eq!(whole, Ok(()), "it is no document, and was read"),
        Err(error) => within(error),
    };
    let mut kind = None;
    read(&mut |envelope| {
        let fault = envelope.fault()?;
        kind = Some(fault.kind);
        if let Some(theirs) = &theirs {
            fault_alike(&fault, theirs);
        }
        Ok(())
    });
    read(&mut |envelope| Identity::read(envelope).map(|_| ()));
    read(&mut |_| enumerated_alike(&document, theirs.as_ref()));
    read(&mut |envelope| envelope.properties(&mut |name, text| !name.is_empty() && text.to_string().len() < 4096));
    for question in QUESTIONS {
        for status in [200, 400, 500] {
            match Answer::read(question, status, &document) {
                Ok(answer) => {
                    assert_eq!((status, whole, kind), (200, Ok(()), None));
                    if let Some(theirs) = &theirs {
                        answer_alike(question, answer, theirs);
                    }
                }
                Err((_, AmtTrouble::Unreadable(error))) => {
                    within(error);
                    assert_ne!(error.kind, ParseErrorKind::BadChecksum);
                }
                Err((_, trouble)) => {
                    let wanted = kind.map_or(AmtTrouble::Status(status), AmtTrouble::Fault);
                    assert_eq!(trouble, wanted);
                }
            }
        }
    }
}
