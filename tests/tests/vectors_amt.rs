//! Answers of AMT against frozen documents that follow recordings of real firmware (tests/vectors/amt).

use std::fs;

use rackhand_core::amt::{AmtTrouble, Answer, BootProperties, BootSource, Provisioning, Question, Refusal, Version};
use rackhand_core::wsman::enumeration::Enumerated;
use rackhand_core::wsman::xml::Reader;
use rackhand_core::wsman::{Envelope, Subcode, properties};
use rackhand_tests::vectors::{load, root};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    file: String,
    kind: String,
    expect: Value,
}

impl Vector {
    fn document(&self) -> Vec<u8> {
        fs::read(root().join("tests/vectors").join(&self.file)).expect("the document")
    }

    fn number(&self, name: &str) -> u32 {
        let number = self.expect[name].as_u64().unwrap_or_else(|| panic!("{}: no {name}", self.file));
        u32::try_from(number).expect("a number of 32 bits")
    }

    fn read(&self, question: Question) -> Answer {
        Answer::read(question, 200, &self.document()).unwrap_or_else(|error| panic!("{}: {error:?}", self.file))
    }
}

fn power(vector: &Vector) {
    let status = vector.read(Question::GetPower).power().expect("a power status");
    assert_eq!(status.state, vector.number("power_state"), "{}", vector.file);
    let mut wanted: Vec<u32> = serde_json::from_value(vector.expect["available"].clone()).expect("codes");
    wanted.sort_unstable();
    assert_eq!(status.available.iter().collect::<Vec<_>>(), wanted, "{}", vector.file);
}

fn invoke(vector: &Vector) {
    let question = match vector.expect["method"].as_str() {
        Some("RequestPowerStateChange") => Question::RequestPowerStateChange(rackhand_core::amt::PowerCode::On),
        Some("ChangeBootOrder") => Question::ChangeBootOrder(None),
        Some("SetBootConfigRole") => Question::SetBootConfigRole { armed: true },
        other => panic!("{}: {other:?}", vector.file),
    };
    assert_eq!(vector.read(question).return_value(), Some(vector.number("return_value")), "{}", vector.file);
}

fn boot_setting(vector: &Vector) {
    let Answer::BootSettings(present) = vector.read(Question::GetBootSettings) else { panic!("{}", vector.file) };
    let there = vector.expect.as_object().expect("properties");
    for (place, (name, _)) in (0..).zip(BootProperties::ALL) {
        assert_eq!(present.has(place), there.contains_key(*name), "{}: {name}", vector.file);
    }
}

fn boot_capabilities(vector: &Vector) {
    let Answer::BootCapabilities(it) = vector.read(Question::GetBootCapabilities) else { panic!("{}", vector.file) };
    for source in BootSource::ALL {
        let wanted = vector.expect[source.capability()].as_str().map(|text| text == "true");
        assert_eq!(it.has(source), wanted, "{}: {source:?}", vector.file);
    }
}

fn pull(vector: &Vector) {
    let document = vector.document();
    let mut ids = Vec::new();
    let said = Enumerated::read(&mut Envelope::read(&document).expect("an envelope"), &mut |reader, instance| {
        properties(reader, instance, &mut |name, text| {
            if name == "InstanceID" {
                ids.push(text.to_string());
            }
            true
        })
    });
    let said = said.unwrap_or_else(|error| panic!("{}: {error}", vector.file));
    let wanted: Vec<String> = serde_json::from_value(vector.expect["instance_ids"].clone()).expect("ids");
    assert_eq!(ids, wanted, "{}", vector.file);
    assert_eq!(said.end, vector.expect["end"], "{}", vector.file);
    assert!(said.context.expect("a context").is(vector.expect["context"].as_str().expect("a context")));
}

/// Versions come as instances of CIM_SoftwareIdentity, too.
fn version(vector: &Vector) {
    let document = vector.document();
    let mut found = Vec::new();
    Enumerated::read(&mut Envelope::read(&document).expect("an envelope"), &mut |reader, instance| {
        let (mut id, mut version) = (String::new(), String::new());
        properties(reader, instance, &mut |name, text| {
            match name {
                "InstanceID" => id = text.to_string(),
                "VersionString" => version = text.to_string(),
                _ => {}
            }
            true
        })?;
        found.push((id, version));
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{}: {error}", vector.file));
    let of = |id| found.iter().find(|(it, _)| it == id).map(|(_, version)| version.as_str());
    assert_eq!(of("AMT"), vector.expect["version"].as_str(), "{found:?}");
    assert_eq!(of("Build Number"), vector.expect["build"].as_str());
    assert_eq!(Version::parse(of("AMT").expect("a version")), Some(Version { major: 11, minor: 8, revision: 86 }));
}

fn provisioning(vector: &Vector) {
    let wanted = Provisioning { mode: vector.number("mode"), state: vector.number("state") };
    assert_eq!(vector.read(Question::GetProvisioning), Answer::Provisioning(wanted), "{}", vector.file);
}

fn fault(vector: &Vector) {
    let document = vector.document();
    let fault = Envelope::read(&document).expect("an envelope").fault().expect("a fault");
    let text = |name: &str| vector.expect[name].as_str();
    assert_eq!(Some(fault.kind.code.as_str()), text("code"), "{}", vector.file);
    assert_eq!(fault.kind.subcode.map(Subcode::as_str), text("subcode"), "{}", vector.file);
    assert_eq!(fault.kind.subcode.map(Subcode::namespace), text("subcode_ns"), "{}", vector.file);
    assert!(fault.reason.is(text("reason").expect("a reason")), "{}", vector.file);
    assert_eq!(fault.detail.map(|it| it.to_string()).unwrap_or_default(), text("detail").expect("a detail"));
    assert_eq!(fault.kind.pt_status.map(u64::from), vector.expect["pt_status"].as_u64(), "{}", vector.file);
    // Whatever the status of HTTP was, and whatever was asked.
    for status in [200, 400, 500] {
        let (_, trouble) = Answer::read(Question::GetPower, status, &document).expect_err("a fault");
        assert_eq!(trouble, AmtTrouble::Fault(fault.kind));
    }
}

fn uuid(vector: &Vector) {
    let document = vector.document();
    let mut envelope = Envelope::read(&document).expect("an envelope");
    let mut text = None;
    envelope
        .properties(&mut |name, value| {
            text = if name == "UUID" { value.trimmed::<24>() } else { text.take() };
            true
        })
        .expect("well-formed");
    assert_eq!(text.as_deref(), Some("AAECAwQFBgcICQoLDA0ODw=="), "{}", vector.file);
}

fn bad(vector: &Vector) {
    let document = vector.document();
    let (refusal, trouble) = Answer::read(Question::GetPower, 200, &document).expect_err(&vector.file);
    assert_eq!(refusal, Refusal::Unreadable, "{}: {trouble:?}", vector.file);
    let AmtTrouble::Unreadable(error) = trouble else { panic!("{}: {trouble:?}", vector.file) };
    assert!(usize::try_from(error.at).expect("an offset") <= document.len());
    println!("{}: {error}", vector.file);
}

#[test]
fn every_document() {
    let vectors: Vec<Vector> = load("amt.json");
    assert_eq!(vectors.len(), 31);
    for vector in &vectors {
        match vector.kind.as_str() {
            "power" => power(vector),
            "invoke" => invoke(vector),
            "boot_setting" => boot_setting(vector),
            "boot_capabilities" => boot_capabilities(vector),
            "pull" => pull(vector),
            "version" => version(vector),
            "provisioning" => provisioning(vector),
            "fault" => fault(vector),
            "uuid" => uuid(vector),
            "os_saving" => assert_eq!(vector.read(Question::GetPowerSaving), Answer::PowerSaving(None)),
            "error" => bad(vector),
            other => panic!("{}: {other}", vector.file),
        }
    }
}

/// Cut anywhere, a document is an error with its place, and never another answer.
#[test]
fn a_document_that_is_cut() {
    let vectors: Vec<Vector> = load("amt.json");
    for vector in vectors.iter().filter(|vector| vector.kind == "power") {
        let whole = vector.document();
        for len in 0..whole.trim_ascii_end().len() {
            let (refusal, _) = Answer::read(Question::GetPower, 200, &whole[..len]).expect_err("cut");
            assert_eq!(refusal, Refusal::Unreadable, "{} at {len}", vector.file);
        }
    }
}

/// An independent reader takes what ours takes, with the same names and texts.
#[test]
fn as_another_reader_has_it() {
    let vectors: Vec<Vector> = load("amt.json");
    let mut seen = 0;
    for vector in &vectors {
        let document = vector.document();
        let Ok(ours) = walk(&document) else { continue };
        let text = std::str::from_utf8(&document).expect("UTF-8");
        let theirs = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{}: {error}", vector.file));
        let theirs: Vec<_> = theirs
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| {
                let leaf = !node.children().any(|child| child.is_element());
                let text = leaf.then(|| node.children().filter_map(|it| it.text().filter(|_| it.is_text())).collect());
                let name = node.tag_name();
                (name.namespace().unwrap_or_default().to_owned(), name.name().to_owned(), text)
            })
            .collect();
        assert_eq!(ours, theirs, "{}", vector.file);
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

type Walked = Vec<(String, String, Option<String>)>;

/// Every element with its namespace, and its text if it has no elements in it.
fn walk(document: &[u8]) -> Result<Walked, rackhand_core::ParseError> {
    let mut reader = Reader::new(document)?;
    let mut walked = Vec::new();
    let root = *reader.root()?;
    let note = |walked: &mut Walked, element: &rackhand_core::wsman::xml::Element<'_>| {
        let name = &element.name;
        walked.push((name.namespace().to_string(), name.local().to_owned(), None));
    };
    note(&mut walked, &root);
    let mut depth = 1;
    while depth > 0 {
        // Whether it is a leaf shows on a copy of the reader.
        let text = reader.clone().text().map(|text| text.to_string());
        if let (Ok(text), Some(last)) = (text, walked.last_mut().filter(|last| last.2.is_none())) {
            last.2 = Some(text);
            reader.text()?;
            depth -= 1;
        }
        loop {
            if depth == 0 {
                break;
            }
            match reader.child()? {
                Some(element) => {
                    note(&mut walked, element);
                    depth += 1;
                    break;
                }
                None => depth -= 1,
            }
        }
    }
    reader.end()?;
    Ok(walked)
}
