//! Files of batches: what people sent, and what came of it.

use super::{StoreError, known, now};
use crate::limits::{MAX_FILES, MAX_PERSON_FILES};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A file without its content.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) n_bytes: u64,
    /// Unix milliseconds.
    pub(crate) created_at: i64,
}

/// A part of a list: after this id, so many at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) before: i64,
    pub(crate) limit: usize,
}

const SELECT: &str =
    "SELECT id, name, purpose, octet_length(content), created_at FROM files WHERE person = ?1";

/// Takes in a file that a person sent.
pub(crate) fn create(
    connection: &Connection,
    person: i64,
    name: &str,
    content: &[u8],
) -> Result<FileRow, StoreError> {
    let (n_files, n_bytes): (usize, usize) = connection.query_row(
        "SELECT count(*), coalesce(sum(octet_length(content)), 0) FROM files WHERE person = ?1",
        [person],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if MAX_FILES <= n_files || MAX_PERSON_FILES < n_bytes + content.len() {
        let message = format!("there are {n_files} files of {n_bytes} bytes; delete some first");
        return Err(StoreError::Limit(message));
    }
    let id = add(connection, person, name, "batch", content)?;
    read(connection, person, id)
}

/// Adds a file, whatever there is already; its id.
pub(super) fn add(
    connection: &Connection,
    person: i64,
    name: &str,
    purpose: &str,
    content: &[u8],
) -> Result<i64, StoreError> {
    connection.execute(
        "INSERT INTO files (person, name, purpose, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![person, name, purpose, content, now()],
    )?;
    Ok(connection.last_insert_rowid())
}

/// A person's files, newest first, of one purpose or of all.
pub(crate) fn list(
    connection: &Connection,
    person: i64,
    purpose: Option<&str>,
    part: Part,
) -> Result<Vec<FileRow>, StoreError> {
    let mut statement = connection.prepare(&format!(
        "{SELECT} AND id < ?2 AND (?3 IS NULL OR purpose = ?3) ORDER BY id DESC LIMIT ?4"
    ))?;
    let rows = statement.query_map(params![person, part.before, purpose, part.limit], file)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
pub(crate) fn read(connection: &Connection, person: i64, id: i64) -> Result<FileRow, StoreError> {
    let sql = format!("{SELECT} AND id = ?2");
    let found = connection.query_row(&sql, params![person, id], file);
    found.optional()?.ok_or(StoreError::Unknown("file"))
}

/// What is in it.
pub(crate) fn content(
    connection: &Connection,
    person: i64,
    id: i64,
) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT content FROM files WHERE person = ?1 AND id = ?2";
    let found = connection.query_row(sql, params![person, id], |row| row.get(0));
    found.optional()?.ok_or(StoreError::Unknown("file"))
}

/// Deletes it; a batch that reads it has its requests already.
pub(crate) fn delete(connection: &Connection, person: i64, id: i64) -> Result<(), StoreError> {
    let n = connection.execute(
        "DELETE FROM files WHERE person = ?1 AND id = ?2",
        params![person, id],
    )?;
    known(n, "file")
}

fn file(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        id: row.get(0)?,
        name: row.get(1)?,
        purpose: row.get(2)?,
        n_bytes: row.get(3)?,
        created_at: row.get(4)?,
    })
}
