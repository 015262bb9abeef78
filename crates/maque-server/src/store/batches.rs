//! Batches: requests that are answered when nobody else asks, one by one on the disk, and at the end two files.

use super::conversations::json;
use super::files::{self, Part};
use super::{StoreError, now};
use crate::limits::{MAX_BATCH_ANSWERS, MAX_BATCHES};
use maque_batch::{LineError, Request, failure};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

/// A batch as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct BatchRow {
    pub(crate) id: i64,
    pub(crate) state: String,
    pub(crate) endpoint: String,
    pub(crate) input: i64,
    pub(crate) output: Option<i64>,
    pub(crate) refused: Option<i64>,
    pub(crate) metadata: Value,
    pub(crate) errors: Value,
    /// Requests in all, answered, and refused.
    pub(crate) counts: [u64; 3],
    /// Unix milliseconds.
    pub(crate) created_at: i64,
    pub(crate) ended_at: Option<i64>,
}

/// What a new batch is to be.
#[derive(Debug)]
pub(crate) struct BatchDraft {
    pub(crate) input: i64,
    pub(crate) endpoint: &'static str,
    pub(crate) metadata: Value,
    /// Its requests, or what is wrong with them.
    pub(crate) requests: Result<Vec<Request>, LineError>,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub(crate) struct OpenRequest {
    pub(crate) batch: i64,
    pub(crate) line: i64,
    pub(crate) person: i64,
    pub(crate) endpoint: String,
    pub(crate) custom_id: String,
    pub(crate) body: String,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) batch: i64,
    pub(crate) line: i64,
    pub(crate) custom_id: String,
    pub(crate) status: u16,
    /// The line of the output.
    pub(crate) response: String,
}

/// Whether a batch is under way or has files.
const IS_KEPT: &str =
    "(state = 'in_progress' OR EXISTS (SELECT 1 FROM files WHERE files.id IN (output, refused)))";

const SELECT: &str = "SELECT id, state, endpoint, input, output, refused, metadata, errors, n_total, n_completed, n_failed, \
     created_at, ended_at FROM batches WHERE person = ?1";

/// Begins a batch; one whose input is wrong has failed at once, and says where.
pub(crate) fn create(
    connection: &Connection,
    person: i64,
    draft: &BatchDraft,
) -> Result<BatchRow, StoreError> {
    let n: usize = connection.query_row(
        &format!("SELECT count(*) FROM batches WHERE person = ?1 AND {IS_KEPT}"),
        [person],
        |row| row.get(0),
    )?;
    if MAX_BATCHES <= n {
        let message = format!("there are {n} batches; delete the output files of some first");
        return Err(StoreError::Limit(message));
    }
    let (state, n_total, errors) = match &draft.requests {
        Ok(requests) => ("in_progress", requests.len(), Value::Null),
        Err(error) => ("failed", 0, error_of(error)),
    };
    let ended_at = (state == "failed").then(now);
    connection.execute(
        "INSERT INTO batches (person, state, endpoint, input, metadata, errors, n_total, created_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            person,
            state,
            draft.endpoint,
            draft.input,
            draft.metadata.to_string(),
            errors.to_string(),
            n_total,
            now(),
            ended_at
        ],
    )?;
    let id = connection.last_insert_rowid();
    let mut insert = connection.prepare(
        "INSERT INTO batch_requests (batch, line, custom_id, body) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (line, request) in (0_i64..).zip(draft.requests.iter().flatten()) {
        insert.execute(params![
            id,
            line,
            request.custom_id,
            request.body.to_string()
        ])?;
    }
    forget(connection, person)?;
    read(connection, person, id)
}

/// Lets the oldest of a person's batches go that have ended and left no files.
fn forget(connection: &Connection, person: i64) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM batches WHERE id IN
             (SELECT id FROM batches WHERE person = ?1 AND NOT {IS_KEPT} ORDER BY id DESC LIMIT -1 OFFSET ?2)"
    );
    connection.execute(&sql, params![person, MAX_BATCHES])?;
    Ok(())
}

/// OpenAI's shape of what is wrong with a line.
fn error_of(error: &LineError) -> Value {
    json!([{ "code": "invalid_request", "line": error.line, "param": error.field, "message": error.to_string() }])
}

/// A person's batches, newest first.
pub(crate) fn list(
    connection: &Connection,
    person: i64,
    part: Part,
) -> Result<Vec<BatchRow>, StoreError> {
    let sql = format!("{SELECT} AND id < ?2 ORDER BY id DESC LIMIT ?3");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![person, part.before, part.limit], batch)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
pub(crate) fn read(connection: &Connection, person: i64, id: i64) -> Result<BatchRow, StoreError> {
    let sql = format!("{SELECT} AND id = ?2");
    let found = connection.query_row(&sql, params![person, id], batch);
    found.optional()?.ok_or(StoreError::Unknown("batch"))
}

/// Ends a batch where it is; one that has ended stays as it is.
pub(crate) fn cancel(
    connection: &Connection,
    person: i64,
    id: i64,
) -> Result<BatchRow, StoreError> {
    if read(connection, person, id)?.state == "in_progress" {
        close(connection, id, "cancelled")?;
    }
    read(connection, person, id)
}

/// Which of these requests, by batch and line, are still wanted.
pub(crate) fn wanted(
    connection: &Connection,
    keys: &[(i64, i64)],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT 1 FROM batch_requests WHERE batch = ?1 AND line = ?2 AND status IS NULL",
    )?;
    let mut wanted = Vec::new();
    for key in keys {
        if statement.exists(params![key.0, key.1])? {
            wanted.push(*key);
        }
    }
    Ok(wanted)
}

/// Requests that wait, those of the batch first that has come least far.
pub(crate) fn open(connection: &Connection, limit: usize) -> Result<Vec<OpenRequest>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT batch, line, person, endpoint, custom_id, body FROM batch_requests JOIN batches ON batches.id = batch
             WHERE status IS NULL ORDER BY line, batch LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| {
        Ok(OpenRequest {
            batch: row.get(0)?,
            line: row.get(1)?,
            person: row.get(2)?,
            endpoint: row.get(3)?,
            custom_id: row.get(4)?,
            body: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes an answer in; after the last one the batch is complete. What comes too late for its batch is left out.
pub(crate) fn answer(connection: &Connection, answered: &Answered) -> Result<(), StoreError> {
    let Answered { batch, line, .. } = answered;
    let sql = "SELECT bytes FROM batches WHERE id = ?1";
    let Some(n_bytes): Option<usize> = connection
        .query_row(sql, [batch], |row| row.get(0))
        .optional()?
    else {
        return Ok(());
    };
    let is_full = MAX_BATCH_ANSWERS < n_bytes + answered.response.len();
    let full = || {
        let message = "the answers of this batch take too much room; split it";
        failure(
            &format!("{batch}_{line}"),
            &answered.custom_id,
            "too_large",
            message,
        )
        .to_string()
    };
    let (status, response) = match is_full {
        true => (413, full()),
        false => (answered.status, answered.response.clone()),
    };
    let n = connection.execute(
        "UPDATE batch_requests SET status = ?3, response = ?4 WHERE batch = ?1 AND line = ?2 AND status IS NULL",
        params![batch, line, status, response],
    )?;
    if n == 0 {
        return Ok(());
    }
    connection.execute(
        "UPDATE batches SET bytes = bytes + ?2, n_completed = n_completed + (?3 = 200), n_failed = n_failed + (?3 <> 200)
             WHERE id = ?1",
        params![batch, response.len(), status],
    )?;
    let is_complete: bool = connection.query_row(
        "SELECT n_total = n_completed + n_failed FROM batches WHERE id = ?1",
        [batch],
        |row| row.get(0),
    )?;
    match is_complete {
        true => close(connection, *batch, "completed"),
        false => Ok(()),
    }
}

/// Writes the two files of a batch, and lets its requests go.
fn close(connection: &Connection, id: i64, state: &str) -> Result<(), StoreError> {
    let person = connection.query_row("SELECT person FROM batches WHERE id = ?1", [id], |row| {
        row.get(0)
    })?;
    let output = gathered(connection, id, person, "status = 200", "output")?;
    let refused = gathered(connection, id, person, "status <> 200", "error")?;
    connection.execute(
        "UPDATE batches SET state = ?2, output = ?3, refused = ?4, ended_at = ?5 WHERE id = ?1",
        params![id, state, output, refused, now()],
    )?;
    connection.execute("DELETE FROM batch_requests WHERE batch = ?1", [id])?;
    Ok(())
}

/// A file of the responses that `which` says, if there are any.
fn gathered(
    connection: &Connection,
    id: i64,
    person: i64,
    which: &str,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare(&format!(
        "SELECT response FROM batch_requests WHERE batch = ?1 AND {which} ORDER BY line"
    ))?;
    let lines = statement.query_map([id], |row| row.get::<_, String>(0))?;
    let mut content = String::new();
    for line in lines {
        content += &line?;
        content.push('\n');
    }
    if content.is_empty() {
        return Ok(None);
    }
    let name = format!("batch_{id}_{name}.jsonl");
    files::add(
        connection,
        person,
        &name,
        "batch_output",
        content.as_bytes(),
    )
    .map(Some)
}

fn batch(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    Ok(BatchRow {
        id: row.get(0)?,
        state: row.get(1)?,
        endpoint: row.get(2)?,
        input: row.get(3)?,
        output: row.get(4)?,
        refused: row.get(5)?,
        metadata: json(row, 6)?,
        errors: json(row, 7)?,
        counts: [row.get(8)?, row.get(9)?, row.get(10)?],
        created_at: row.get(11)?,
        ended_at: row.get(12)?,
    })
}
