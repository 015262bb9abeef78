//! Opening the database so that a crash, a power cut or a hostile file costs nothing that was acknowledged.

use super::{StoreError, migration, private};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's name in its folder.
const FILE: &str = "maque.sqlite3";
/// How long another program that looks into the file may keep us waiting.
const BUSY: Duration = Duration::from_secs(5);

/// An open database, and the lock that keeps other servers out.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) folder: PathBuf,
    pub(super) lock: File,
}

/// Opens the database in `folder`: locked, checked if it was not closed cleanly, migrated.
pub(super) fn open(folder: &Path) -> Result<Opened, StoreError> {
    let failed = |error: std::io::Error| {
        StoreError::Unavailable(format!("the folder for them cannot be used: {error}"))
    };
    private::folder(folder).map_err(failed)?;
    let lock = lock(folder)?;
    let path = folder.join(FILE);
    let wal = std::fs::metadata(folder.join(format!("{FILE}-wal")));
    let was_closed = wal.map_or(true, |wal| wal.len() == 0);
    drop(private::file(&path).map_err(failed)?);
    let connection = connect(&path).map_err(unusable)?;
    if !was_closed {
        check(&connection)?;
    }
    migration::migrate(&connection, folder, &migration::STEPS)?;
    interrupt(&connection)?;
    Ok(Opened {
        connection,
        folder: folder.to_owned(),
        lock,
    })
}

/// One server a folder: the lock goes with the process, however it ends.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let unusable =
        |error| StoreError::Unavailable(format!("their folder cannot be locked: {error}"));
    let file = private::file(&folder.join("lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(
            "another maque serve keeps them; use that one, or set another MAQUE_HOME".to_owned(),
        )),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA mmap_size = 0;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// What the last process left open is proven before it is used.
fn check(connection: &Connection) -> Result<(), StoreError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(unusable)?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(damaged(&found)),
    }
}

fn unusable(error: rusqlite::Error) -> StoreError {
    damaged(&error.to_string())
}

fn damaged(what: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "their database is damaged ({what}); nothing was changed or deleted: copies of earlier days lie in the folder \
         store/backups of MAQUE_HOME"
    ))
}

/// Answers that were being written when the last process ended keep what was saved of them.
fn interrupt(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE messages SET state = 'stopped', finish_reason = 'interrupted' WHERE state = 'streaming'",
        [],
    )?;
    Ok(())
}
