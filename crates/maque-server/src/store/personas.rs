//! Personas: a name and a system prompt; one's own, and those that others share.

use super::conversations::json;
use super::{StoreError, known, now};
use crate::limits::MAX_PERSONAS;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;

/// A persona as it is shown.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Persona {
    id: i64,
    name: String,
    prompt: String,
    settings: Value,
    shared: bool,
    /// Whether it is the asker's own: only then can it be changed.
    own: bool,
    created_at: i64,
}

/// What a persona is to be; `None` stays (or is empty in a new one).
#[derive(Clone, Debug, Default)]
pub(crate) struct PersonaDraft {
    pub(crate) name: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) settings: Option<Value>,
    pub(crate) shared: Option<bool>,
}

const SELECT: &str = "SELECT id, name, prompt, settings, shared, person = ?1, created_at FROM personas WHERE (person = ?1 OR shared)";

/// A person's own personas and the shared ones.
pub(crate) fn list(connection: &Connection, person: i64) -> Result<Vec<Persona>, StoreError> {
    let mut statement = connection.prepare(&format!("{SELECT} ORDER BY id"))?;
    let rows = statement.query_map([person], persona)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
fn find(connection: &Connection, person: i64, id: i64) -> Result<Persona, StoreError> {
    let found = connection
        .query_row(
            &format!("{SELECT} AND id = ?2"),
            params![person, id],
            persona,
        )
        .optional()?;
    found.ok_or(StoreError::Unknown("persona"))
}

/// A new persona.
pub(crate) fn create(
    connection: &Connection,
    person: i64,
    draft: &PersonaDraft,
) -> Result<Persona, StoreError> {
    let n: usize = connection.query_row(
        "SELECT count(*) FROM personas WHERE person = ?1",
        [person],
        |row| row.get(0),
    )?;
    if MAX_PERSONAS <= n {
        let message = format!("there are {n} personas already; delete some first");
        return Err(StoreError::Limit(message));
    }
    let settings = draft
        .settings
        .as_ref()
        .map_or("{}".to_owned(), Value::to_string);
    connection.execute(
        "INSERT INTO personas (person, name, prompt, settings, shared, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            person,
            draft.name.as_deref().unwrap_or_default(),
            draft.prompt.as_deref().unwrap_or_default(),
            settings,
            draft.shared.unwrap_or(false),
            now()
        ],
    )?;
    find(connection, person, connection.last_insert_rowid())
}

/// Changes an own persona; somebody else's shared one is unknown here.
pub(crate) fn change(
    connection: &Connection,
    person: i64,
    id: i64,
    draft: &PersonaDraft,
) -> Result<Persona, StoreError> {
    let n = connection.execute(
        "UPDATE personas SET name = coalesce(?3, name), prompt = coalesce(?4, prompt),
             settings = coalesce(?5, settings), shared = coalesce(?6, shared) WHERE id = ?1 AND person = ?2",
        params![
            id,
            person,
            draft.name,
            draft.prompt,
            draft.settings.as_ref().map(Value::to_string),
            draft.shared
        ],
    )?;
    known(n, "persona")?;
    find(connection, person, id)
}

/// Deletes an own persona.
pub(crate) fn delete(connection: &Connection, person: i64, id: i64) -> Result<(), StoreError> {
    let n = connection.execute(
        "DELETE FROM personas WHERE id = ?1 AND person = ?2",
        params![id, person],
    )?;
    known(n, "persona")
}

fn persona(row: &rusqlite::Row<'_>) -> rusqlite::Result<Persona> {
    Ok(Persona {
        id: row.get(0)?,
        name: row.get(1)?,
        prompt: row.get(2)?,
        settings: json(row, 3)?,
        shared: row.get(4)?,
        own: row.get(5)?,
        created_at: row.get(6)?,
    })
}
