//! The SQLite file.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::node;
use crate::model::Port;
use crate::store::{Change, Contents, Sqlite, Store, StoreError};

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("rackhand.sqlite")
}

fn loaded(folder: &TempDir) -> Result<Contents, StoreError> {
    Sqlite::open(&file(folder))?.load()
}

fn schema(folder: &TempDir) -> (i64, Vec<String>) {
    let connection = Connection::open(file(folder)).unwrap();
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    (version, tables)
}

#[test]
fn an_empty_file_becomes_schema_1_and_stays_it() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(file(&folder)).unwrap().pragma_update(None, "application_id", 7).unwrap();
    assert_eq!(schema(&folder), (0, Vec::new()));
    for _ in 0..2 {
        assert!(loaded(&folder).unwrap().nodes.is_empty());
        assert_eq!(schema(&folder), (1, vec!["node".to_owned(), "port".to_owned()]));
    }
    let mode = std::fs::metadata(file(&folder)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn passwords_are_the_owners_alone_whatever_mode_the_files_came_with() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("made/by us/rackhand.sqlite");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let beside = ["", "-wal", "-shm"].map(|end| path.with_file_name(format!("rackhand.sqlite{end}")));
    drop(Sqlite::open(&path).unwrap());
    assert_eq!((mode(&outer.path().join("made")), mode(path.parent().unwrap())), (0o700, 0o700));
    // As after a copy: first without, then with files beside it that a process which was killed has left.
    for left in [&beside[..1], &beside[..]] {
        for path in left {
            File::options().append(true).create(true).open(path).unwrap();
            std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }
        let mut store = Sqlite::open(&path).unwrap();
        let mut node = node("rack-1");
        node.id = 1;
        store.commit(&[Change::PutNode(Arc::new(node))]).unwrap();
        assert_eq!(beside.each_ref().map(|path| mode(path)), [0o600; 3]);
    }
    // What is no database is left as it is.
    std::fs::write(&path, "hunter2 ".repeat(1000)).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert!(Sqlite::open(&path).is_err());
    assert_eq!(mode(&path), 0o644);
}

#[test]
fn a_later_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(&file(&folder)).unwrap());
    Connection::open(file(&folder)).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let error = loaded(&folder).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("later rackhand (schema 2") && error.contains("rackhand.sqlite"), "{error}");
    assert_eq!(schema(&folder).0, 2);
}

#[test]
fn what_is_no_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file(&folder), "hunter2 ".repeat(1000)).unwrap();
    let error = loaded(&folder).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("rackhand.sqlite") && !error.contains("hunter2"), "{error}");
}

#[test]
fn one_at_a_time_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Sqlite::open(&file(&folder)).unwrap();
    let error = Sqlite::open(&file(&folder)).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("another rackhand has it open"), "{error}");
    drop(first);
    assert!(Sqlite::open(&file(&folder)).is_ok());
}

#[test]
fn a_record_with_an_unknown_field_is_refused_by_its_uuid_without_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = node("rack-1");
    node.id = 1;
    let mut port = Port::new(Uuid::new_v4(), node.uuid, "00:1a:2b:3c:4d:5e".to_owned());
    port.id = 2;
    let mut store = Sqlite::open(&file(&folder)).unwrap();
    store.commit(&[Change::PutNode(Arc::new(node.clone())), Change::PutPort(Arc::new(port.clone()))]).unwrap();
    drop(store);
    let contents = loaded(&folder).unwrap();
    assert!(contents.nodes == [node.clone()] && contents.ports == [port.clone()]);
    // What serde says of a value of the wrong kind has the value in it.
    for (table, uuid, field) in
        [("port", port.uuid, "colour"), ("node", node.uuid, "colour"), ("node", node.uuid, "extra")]
    {
        let sql = format!("UPDATE {table} SET record = json_set(record, '$.{field}', 'tangerine')");
        assert_eq!(Connection::open(file(&folder)).unwrap().execute(&sql, []).unwrap(), 1);
        let error = loaded(&folder).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(&format!("{table} {uuid}")), "{error}");
        assert!(!["tangerine", "hunter2", "rack-1"].iter().any(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_commit_that_fails_half_way_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (node("same"), node("same"));
    (one.id, other.id) = (1, 2);
    let mut store = Sqlite::open(&file(&folder)).unwrap();
    let error = store.commit(&[Change::PutNode(Arc::new(one)), Change::PutNode(Arc::new(other))]);
    assert!(error.is_err());
    assert!(store.load().unwrap().nodes.is_empty());
}
