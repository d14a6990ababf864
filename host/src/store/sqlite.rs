//! The embedded store: one SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Change, Contents, Store, StoreError};
use crate::model::{Node, Port};

/// What makes each version of the schema out of the one before. A released one is never changed, only followed.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// Only the owner: passwords are in it.
const MODE: u32 = 0o600;

/// A SQLite file that this process alone has.
pub(crate) struct Sqlite {
    connection: Connection,
    /// Held as long as the store is.
    _lock: File,
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
            std::fs::create_dir_all(folder).map_err(|error| named(&error))?;
        }
        // Made here for its mode; two names of one file have one lock.
        let file = owned_file(path).map_err(|error| named(&error))?;
        drop(file);
        let real = path.canonicalize().map_err(|error| named(&error))?;
        let lock = lock(&real).map_err(|error| named(&error))?;
        let mut connection = Connection::open(&real).map_err(|error| named(&error))?;
        prepare(&mut connection).map_err(|error| named(&error))?;
        Ok(Self { connection, _lock: lock })
    }
}

/// Opens a file for its owner alone, and makes it so if others could read it.
fn owned_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(MODE).open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != MODE {
        file.set_permissions(std::fs::Permissions::from_mode(MODE))?;
    }
    Ok(file)
}

/// The lock is on a file of its own: SQLite's file must not be opened beside SQLite, whose own locks end when any descriptor of
/// it is closed.
fn lock(database: &Path) -> Result<File, String> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = owned_file(&name).map_err(|error| format!("{}: {error}", name.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
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
    // Passwords that were changed or deleted are overwritten.
    connection.pragma_update(None, "secure_delete", true).map_err(words)?;
    connection.set_prepared_statement_cache_capacity(16);
    migrate(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), String> {
    let words = |error: rusqlite::Error| error.to_string();
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(words)?;
    let Some(missing) = MIGRATIONS.get(version..) else {
        return Err(format!(
            "it was written by a later rackhand (schema {version}; this one knows {} and before)",
            MIGRATIONS.len()
        ));
    };
    for (done, migration) in missing.iter().enumerate() {
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
        let nodes = records::<Node>(&self.connection, "node", |node, id| node.id = id)?;
        let ports = records::<Port>(&self.connection, "port", |port, id| port.id = id)?;
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
