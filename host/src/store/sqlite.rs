//! The embedded store: one SQLite file.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Change, Contents, Store, StoreError};
use crate::model::{Node, Port};

/// What makes each version of the schema out of the one before. A released one is never changed, only followed.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// What every SQLite file begins with.
const MAGIC: [u8; 16] = *b"SQLite format 3\0";

/// Only the owner: passwords are in it.
const MODE: u32 = 0o600;

/// Of a folder that is made for it.
const FOLDER_MODE: u32 = 0o700;

/// A SQLite file that this process alone has.
pub(crate) struct Sqlite {
    connection: Connection,
    /// For errors.
    path: PathBuf,
    /// Held as long as the store is: dropped last.
    _locks: [File; 2],
}

impl Sqlite {
    /// Opens the file, which is made if it is not there, and brings it to the present schema.
    ///
    /// # Errors
    /// Another process has it, it cannot be read or written, is no database, or is of a later version; always with its name.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let named =
            |error: &dyn std::fmt::Display| StoreError::new(format_args!("the database {}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(|error| named(&error))?;
        }
        // Made here for its mode.
        let mut file = file(path).map_err(|error| named(&error))?;
        let is_new = judge(&mut file).map_err(|error| named(&error))?;
        let real = path.canonicalize().map_err(|error| named(&error))?;
        let lock = lock_beside(&real).map_err(|error| named(&error))?;
        // A file may have several names and be mounted at several places: it is locked itself, too. It stays open as long as
        // SQLite has it, whose own locks would end when any descriptor of it is closed.
        lock_file(&file, path).map_err(|error| named(&error))?;
        if !is_new {
            // Only looked at, and closed again: of another program's file not even the mode is changed.
            let connection = Connection::open(&real).map_err(|error| named(&error))?;
            is_ours(&connection).map_err(|error| named(&error))?;
        }
        // SQLite gives the files that it makes beside the database the database's mode, and leaves those that are there as they
        // are: all of them are the owner's alone before anything is written.
        only_owner(&real).map_err(|error| named(&error))?;
        let mut connection = Connection::open(&real).map_err(|error| named(&error))?;
        prepare(&mut connection).map_err(|error| named(&error))?;
        Ok(Self { connection, path: path.to_owned(), _locks: [file, lock] })
    }
}

/// Opens a file, which is made for its owner alone if it is not there.
fn file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(MODE).open(path)
}

/// Makes the database and what SQLite has beside it the owner's alone where others could read it.
fn only_owner(database: &Path) -> io::Result<()> {
    for path in [database.to_owned(), beside(database, "-wal"), beside(database, "-shm")] {
        match path.metadata() {
            Ok(about) if about.permissions().mode() & 0o777 != MODE => {
                std::fs::set_permissions(&path, Permissions::from_mode(MODE))?;
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Whether there is nothing in the file yet; fails on what is no database, before anything of it is changed.
fn judge(file: &mut File) -> Result<bool, String> {
    let mut first = Vec::new();
    file.take(MAGIC.len() as u64).read_to_end(&mut first).map_err(|error| error.to_string())?;
    if first.is_empty() || first == MAGIC { Ok(first.is_empty()) } else { Err("it is no SQLite database".to_owned()) }
}

/// Fails on what another program or a later version has written; nothing is changed.
fn is_ours(connection: &Connection) -> Result<(), String> {
    let words = |error: rusqlite::Error| error.to_string();
    let version = version(connection)?;
    let tables =
        "SELECT count(*), count(*) FILTER (WHERE name IN ('node', 'port')) FROM sqlite_schema WHERE type = 'table'";
    let (all, ours): (usize, usize) =
        connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(words)?;
    if version > MIGRATIONS.len() {
        return Err(format!(
            "it was written by a later rackhand (schema {version}; this one knows {} and before)",
            MIGRATIONS.len()
        ));
    }
    let fits = if version == 0 { all == 0 } else { ours == 2 };
    if fits { Ok(()) } else { Err("it is the database of another program".to_owned()) }
}

fn version(connection: &Connection) -> Result<usize, String> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| error.to_string())
}

/// A lock on a file beside the database: it holds also when another file comes into the database's place.
fn lock_beside(database: &Path) -> Result<File, String> {
    let name = beside(database, ".lock");
    let file = file(&name).map_err(|error| format!("{}: {error}", name.display()))?;
    lock_file(&file, &name).map(|()| file)
}

fn lock_file(file: &File, name: &Path) -> Result<(), String> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err("another rackhand has it open; only one can".to_owned()),
        Err(TryLockError::Error(error)) => Err(format!("{} cannot be locked: {error}", name.display())),
    }
}

fn prepare(connection: &mut Connection) -> Result<(), String> {
    let words = |error: rusqlite::Error| error.to_string();
    connection.pragma_update(None, "journal_mode", "wal").map_err(words)?;
    // A commit is on the disk when it returns, also when the power goes.
    connection.pragma_update(None, "synchronous", "full").map_err(words)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(words)?;
    // Passwords that were changed or deleted are overwritten in the database's file; in the WAL they stay until it is written
    // over.
    connection.pragma_update(None, "secure_delete", true).map_err(words)?;
    connection.set_prepared_statement_cache_capacity(16);
    migrate(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), String> {
    let words = |error: rusqlite::Error| error.to_string();
    let version = version(connection)?;
    for (done, migration) in MIGRATIONS.get(version..).unwrap_or_default().iter().enumerate() {
        let transaction = connection.transaction().map_err(words)?;
        transaction.execute_batch(migration).map_err(words)?;
        transaction.pragma_update(None, "user_version", version + done + 1).map_err(words)?;
        transaction.commit().map_err(words)?;
    }
    // A file that cannot be written is found out now, not with the first node.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(words)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len()).map_err(words)?;
    transaction.commit().map_err(words)
}

impl Store for Sqlite {
    fn load(&mut self) -> Result<Contents, StoreError> {
        let named = |error| StoreError::new(format_args!("the database {}: {error}", self.path.display()));
        let nodes = records::<Node>(&self.connection, "node", |node, id| node.id = id).map_err(named)?;
        let ports = records::<Port>(&self.connection, "port", |port, id| port.id = id).map_err(named)?;
        Ok(Contents { nodes, ports })
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction().map_err(StoreError::new)?;
        for change in changes {
            apply(&transaction, change)?;
        }
        transaction.commit().map_err(StoreError::new)
    }
}

fn records<R: DeserializeOwned>(
    connection: &Connection,
    table: &str,
    set_id: impl Fn(&mut R, u64),
) -> Result<Vec<R>, StoreError> {
    let mut statement =
        connection.prepare(&format!("SELECT id, uuid, record FROM {table} ORDER BY id")).map_err(StoreError::new)?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)));
    let mut records = Vec::new();
    for row in rows.map_err(StoreError::new)? {
        let (id, uuid, text) = row.map_err(StoreError::new)?;
        // Where it fails is said by line and column: the text has passwords.
        let mut record: R = serde_json::from_str(&text).map_err(|error| {
            StoreError::new(format_args!(
                "{table} {uuid} cannot be read, at column {}: {:?}",
                error.column(),
                error.classify()
            ))
        })?;
        set_id(&mut record, id);
        records.push(record);
    }
    Ok(records)
}

fn apply(transaction: &Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::PutNode(node) => {
            const PUT: &str = "INSERT INTO node (id, uuid, name, record) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, record = excluded.record";
            let record = text("node", node.uuid, &**node)?;
            execute(transaction, PUT, params![node.id, node.uuid.to_string(), node.name, record])
        }
        Change::DeleteNode(id) => execute(transaction, "DELETE FROM node WHERE id = ?1", params![id]),
        Change::PutPort(port) => {
            const PUT: &str = "INSERT INTO port (id, uuid, node_uuid, address, record) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (id) DO UPDATE
                SET node_uuid = excluded.node_uuid, address = excluded.address, record = excluded.record";
            let record = text("port", port.uuid, &**port)?;
            let (uuid, node) = (port.uuid.to_string(), port.node_uuid.to_string());
            execute(transaction, PUT, params![port.id, uuid, node, port.address, record])
        }
        Change::DeletePort(id) => execute(transaction, "DELETE FROM port WHERE id = ?1", params![id]),
    }
}

fn text(kind: &str, uuid: Uuid, record: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::record(kind, uuid, &error))
}

fn execute(transaction: &Transaction<'_>, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(sql).map_err(StoreError::new)?;
    statement.execute(values).map(|_| ()).map_err(StoreError::new)
}
