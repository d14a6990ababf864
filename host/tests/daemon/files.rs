//! The database's file: that it has one daemon, and what is none of ours is left alone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::common::daemon::Home;
use super::common::need;
use super::common::process::{RACKHAND, Running, command};

#[test]
fn a_second_daemon_is_refused_and_the_first_goes_on() {
    let home = Home::new(&super::quiet(""));
    let first = home.start();
    first.create("one", &json!({}));
    let folder = home.folder();
    fs::create_dir(folder.join("other")).unwrap();
    symlink(home.database(), folder.join("link.sqlite")).unwrap();
    symlink(folder, folder.join("other/link")).unwrap();
    fs::hard_link(home.database(), folder.join("other/hard.sqlite")).unwrap();
    for name in ["nodes.sqlite", "link.sqlite", "other/../nodes.sqlite", "other/link/nodes.sqlite", "other/hard.sqlite"]
    {
        let path = folder.join(name);
        home.refuses(&path, &[&path.display().to_string(), "another rackhand has it open; only one can"]);
        assert_eq!(first.mark("one", name).status, 200);
    }
    // Neither is the file of another in the place of one that is open.
    fs::rename(home.database(), folder.join("moved.sqlite")).unwrap();
    home.refuses(home.database(), &["another rackhand has it open"]);
    fs::rename(folder.join("moved.sqlite"), home.database()).unwrap();
    assert_eq!(first.mark("one", "still there").status, 200);
    first.kill();
    // A lock that nobody has any more is no lock.
    let next = home.start();
    assert_eq!(next.node("one")["extra"]["mark"], "still there");
    next.stop();
}

/// What must not change when a daemon refuses a file.
fn state(path: &Path) -> (Vec<u8>, u32) {
    (fs::read(path).unwrap(), fs::metadata(path).unwrap().mode() & 0o777)
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let home = Home::new(&super::quiet(""));
    let named = |name: &str| home.folder().join(name);
    let sqlite = |name: &str, sql: &str| {
        let path = named(name);
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    };
    let text = named("text");
    fs::write(&text, "# A file with more than sixteen bytes, and not a database.\n").unwrap();
    let short = named("short");
    fs::write(&short, "1234").unwrap();
    let other = sqlite("ironic.sqlite", "CREATE TABLE nodes (id INTEGER); INSERT INTO nodes VALUES (1)");
    let numbered = sqlite("numbered.sqlite", "PRAGMA user_version = 1; CREATE TABLE nodes (id INTEGER)");
    let later = sqlite("later.sqlite", "PRAGMA user_version = 99; CREATE TABLE node (id INTEGER)");
    for (path, words) in [
        (&text, "it is no SQLite database"),
        (&short, "it is no SQLite database"),
        (&other, "it is the database of another program"),
        (&numbered, "it is the database of another program"),
        (&later, "it was written by a later rackhand (schema 99; this one knows 1 and before)"),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        let before = state(path);
        home.refuses(path, &[&format!("the database {}: ", path.display()), words]);
        assert!(before == state(path), "{} was changed", path.display());
    }
    // A folder is no file, and what is in the way of one cannot be gone through.
    home.refuses(home.folder(), &[&home.folder().display().to_string(), "Is a directory"]);
    let within = text.join("nodes.sqlite");
    home.refuses(&within, &[&within.display().to_string()]);
}

#[test]
fn a_damaged_database_is_refused() {
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.create("one", &json!({}));
    daemon.stop();
    let database = rusqlite::Connection::open(home.database()).unwrap();
    // Written by a later daemon that has more to keep of a node: it would be lost.
    database.execute_batch("UPDATE node SET record = json_set(record, '$.wings', 2)").unwrap();
    drop(database);
    home.refuses(
        home.database(),
        &[&format!("the database {}: ", home.database().display()), "node ", "cannot be read"],
    );
    let len = fs::metadata(home.database()).unwrap().len();
    let mut bytes = fs::read(home.database()).unwrap();
    bytes.truncate(usize::try_from(len).unwrap() / 2);
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0xa5);
    fs::write(home.database(), bytes).unwrap();
    home.refuses(home.database(), &[&format!("the database {}: ", home.database().display()), "malformed"]);
}

#[test]
fn what_was_taken_can_be_read_again() {
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    let nest = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"in": inner}));
    daemon.create("node", &json!({}));
    daemon.create("other", &json!({}));
    // Each step is a body that could be read, and together they are deeper than any that could.
    let mut path = "/extra/mark".to_owned();
    let mut taken = 0;
    for _ in 0..20 {
        let patch = json!([{"op": "add", "path": path, "value": nest(90)}]);
        let answer = daemon.ask("PATCH", "/v1/nodes/node", Some(&patch));
        if answer.status != 200 {
            assert!(answer.status == 400 && answer.fault().contains("deep"), "{answer:?}");
            break;
        }
        taken += 1;
        path.push_str(&"/in".repeat(90));
    }
    assert!((1..20).contains(&taken), "{taken}");
    // All of it in one body.
    let path = |step: usize| format!("/extra/deep{}", "/in".repeat(100 * step));
    let steps = (0..50).map(|step| json!({"op": "add", "path": path(step), "value": nest(100)}));
    let answer = daemon.ask("PATCH", "/v1/nodes/node", Some(&steps.collect()));
    assert!(answer.status == 400 && answer.fault().contains("deep"), "{answer:?}");
    assert_eq!(daemon.mark("other", 1).status, 200);
    daemon.kill();
    let daemon = home.start();
    assert_eq!(daemon.node("other")["extra"]["mark"], 1);
    assert_eq!(daemon.node("node")["extra"]["mark"], nest(90));
    daemon.stop();
}

/// Root may write everywhere: the daemon is somebody else.
const NOBODY: &str = "65534";

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.stop();
    let read_only = |what: &Path| {
        let mode = if what.is_dir() { 0o555 } else { 0o444 };
        fs::set_permissions(what, fs::Permissions::from_mode(mode)).unwrap();
    };
    let file = home.database();
    let folder = home.folder().join("closed");
    fs::create_dir(&folder).unwrap();
    let inside: PathBuf = folder.join("nodes.sqlite");
    fs::copy(file, &inside).unwrap();
    let root = fs::metadata(home.folder()).unwrap().uid() == 0;
    if root {
        if !need::programs(&["setpriv"]) {
            return;
        }
        for what in [home.folder(), file, &folder, &inside] {
            std::os::unix::fs::chown(what, Some(65534), Some(65534)).unwrap();
        }
    }
    fs::set_permissions(home.folder().join("rackhand.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    read_only(file);
    read_only(&folder);
    for (database, why) in [
        (file.to_owned(), "Permission denied"),
        // The file itself could be written, but nothing beside it.
        (inside, "Permission denied"),
        (folder.join("new.sqlite"), "Permission denied"),
        (folder.join("deeper/new.sqlite"), "Permission denied"),
    ] {
        // As whom the test runs, the program can be read; as nobody it may not be, where it lies in somebody's home.
        let (program, before): (&str, &[&str]) = if root {
            ("setpriv", &["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", RACKHAND])
        } else {
            (RACKHAND, &[])
        };
        let mut command = command(None, program, before);
        command.args(home.arguments(&database));
        let ran = Running::start(command).end();
        if root && ran.stderr.contains("failed to execute") {
            need::missing("the binary cannot be run by another user");
            return;
        }
        ran.failed(1, &[&database.display().to_string(), why]);
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}
