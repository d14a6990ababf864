//! What was once answered is answered again: a script of requests in each microversion that changed much.

use std::path::Path;

use super::daemon::{Daemon, Devices};
use super::description::Description;
use super::normal::recorded;
use super::script::play;
use crate::api::version::MAX;

/// The recorded versions.
const VERSIONS: [&str; 10] = ["1.1", "1.2", "1.5", "1.8", "1.11", "1.31", "1.43", "1.61", "1.82", "latest"];

/// What an operator's tools ask for; figures are not to be recorded.
const UNRECORDED: [&str; 2] = ["/healthz", "/metrics"];

/// With `UPDATE_API=1` in the environment the files are written instead of compared.
#[tokio::test]
async fn answers_are_those_of_the_record_and_of_the_description() {
    let update = std::env::var_os("UPDATE_API").is_some_and(|it| it == "1");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api");
    let devices = Devices::start().await;
    let description = Description::read();
    let mut unseen = description.unseen();
    for version in VERSIONS {
        let database = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(&database).await;
        let mut text = String::new();
        play(&daemon, &devices, version, |step, told| {
            assert!(!told.text.contains("hunter2"), "{} tells a secret: {}", step.line, told.text);
            description.judge(&step.method, &step.path, version, step.body.as_ref(), &told, &mut unseen);
            text.push_str(&recorded(step, &told, &devices));
            text.push('\n');
        })
        .await;
        for path in UNRECORDED {
            let told = daemon.ask_in("GET", path, Some(version), None).await;
            description.judge("GET", path, version, None, &told, &mut unseen);
        }
        daemon.stop().await;
        let file = match version {
            "latest" => folder.join(format!("1.{MAX}.txt")),
            version => folder.join(format!("{version}.txt")),
        };
        if update {
            std::fs::write(&file, &text).unwrap();
        }
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        let mut both = known.split("\n\n").zip(text.split("\n\n"));
        if let Some((known, new)) = both.find(|(known, new)| known != new) {
            panic!(
                "{} has\n{known}\n\nand the answer is\n\n{new}\n\nIf that is right, run this test with UPDATE_API=1 and \
                 look at the difference.",
                file.display()
            );
        }
        assert_eq!(known.len(), text.len(), "{} ends elsewhere; run this test with UPDATE_API=1", file.display());
    }
    assert!(unseen.is_empty(), "the script has nothing that is answered well by {unseen:?}");
}
