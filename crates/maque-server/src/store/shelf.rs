//! What people keep to use again: personas (a name and a system prompt) and prompts; one's own, and those that others share.

use super::conversations::json;
use super::{StoreError, known, now};
use crate::limits::{MAX_PERSONAS, MAX_PROMPTS};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Who answers: a name and a system prompt.
    Persona,
    /// What is asked.
    Prompt,
}

impl Kind {
    /// Its name in the database, and for people.
    fn name(self) -> &'static str {
        match self {
            Kind::Persona => "persona",
            Kind::Prompt => "prompt",
        }
    }

    /// How many of it one person may have.
    fn most(self) -> usize {
        match self {
            Kind::Persona => MAX_PERSONAS,
            Kind::Prompt => MAX_PROMPTS,
        }
    }
}

/// Something kept, as it is shown.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Item {
    id: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    prompt: String,
    settings: Value,
    shared: bool,
    /// Whether it is the asker's own: only then can it be changed.
    own: bool,
    created_at: i64,
}

/// What an item is to be; `None` stays (or is empty in a new one).
#[derive(Clone, Debug, Default)]
pub(crate) struct ItemDraft {
    pub(crate) name: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) settings: Option<Value>,
    pub(crate) shared: Option<bool>,
}

const SELECT: &str = "SELECT id, name, prompt, settings, shared, person = ?1, created_at FROM shelf WHERE (person = ?1 OR shared) AND kind = ?2";

/// A person's own items of a kind and the shared ones.
pub(crate) fn list(
    connection: &Connection,
    person: i64,
    kind: Kind,
) -> Result<Vec<Item>, StoreError> {
    let mut statement = connection.prepare(&format!("{SELECT} ORDER BY id"))?;
    let rows = statement.query_map(params![person, kind.name()], item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
fn find(connection: &Connection, person: i64, kind: Kind, id: i64) -> Result<Item, StoreError> {
    let found = connection
        .query_row(
            &format!("{SELECT} AND id = ?3"),
            params![person, kind.name(), id],
            item,
        )
        .optional()?;
    found.ok_or(StoreError::Unknown(kind.name()))
}

/// A new item.
pub(crate) fn create(
    connection: &Connection,
    person: i64,
    kind: Kind,
    draft: &ItemDraft,
) -> Result<Item, StoreError> {
    let n: usize = connection.query_row(
        "SELECT count(*) FROM shelf WHERE person = ?1 AND kind = ?2",
        params![person, kind.name()],
        |row| row.get(0),
    )?;
    if kind.most() <= n {
        let message = format!("there are {n} {}s already; delete some first", kind.name());
        return Err(StoreError::Limit(message));
    }
    let settings = draft
        .settings
        .as_ref()
        .map_or("{}".to_owned(), Value::to_string);
    connection.execute(
        "INSERT INTO shelf (person, kind, name, prompt, settings, shared, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            person,
            kind.name(),
            draft.name.as_deref().unwrap_or_default(),
            draft.prompt.as_deref().unwrap_or_default(),
            settings,
            draft.shared.unwrap_or(false),
            now()
        ],
    )?;
    find(connection, person, kind, connection.last_insert_rowid())
}

/// Changes an own item; somebody else's shared one is unknown here.
pub(crate) fn change(
    connection: &Connection,
    person: i64,
    kind: Kind,
    id: i64,
    draft: &ItemDraft,
) -> Result<Item, StoreError> {
    let n = connection.execute(
        "UPDATE shelf SET name = coalesce(?4, name), prompt = coalesce(?5, prompt),
             settings = coalesce(?6, settings), shared = coalesce(?7, shared) WHERE id = ?1 AND person = ?2 AND kind = ?3",
        params![
            id,
            person,
            kind.name(),
            draft.name,
            draft.prompt,
            draft.settings.as_ref().map(Value::to_string),
            draft.shared
        ],
    )?;
    known(n, kind.name())?;
    find(connection, person, kind, id)
}

/// Deletes an own item.
pub(crate) fn delete(
    connection: &Connection,
    person: i64,
    kind: Kind,
    id: i64,
) -> Result<(), StoreError> {
    let n = connection.execute(
        "DELETE FROM shelf WHERE id = ?1 AND person = ?2 AND kind = ?3",
        params![id, person, kind.name()],
    )?;
    known(n, kind.name())
}

fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        name: row.get(1)?,
        prompt: row.get(2)?,
        settings: json(row, 3)?,
        shared: row.get(4)?,
        own: row.get(5)?,
        created_at: row.get(6)?,
    })
}
