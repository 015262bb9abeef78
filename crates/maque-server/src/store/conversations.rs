//! Conversations of a person: listed, made, read, changed, deleted.

use super::messages::{self, Message};
use super::{StoreError, known, now};
use crate::limits::MAX_CONVERSATIONS;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

/// A conversation in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) settings: Value,
    /// The message with which the shown branch ends.
    pub(crate) active: Option<i64>,
    /// Grows with each change: the list's order.
    pub(crate) touched: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A conversation with all its messages.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Conversation {
    #[serde(flatten)]
    pub(crate) summary: Summary,
    pub(crate) messages: Vec<Message>,
}

/// What is to be changed; `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) title: Option<String>,
    pub(crate) settings: Option<Value>,
    /// A message of the branch to be shown.
    pub(crate) active: Option<i64>,
}

const COLUMNS: &str = "id, title, settings, active, touched, created_at, updated_at";

/// The last changed conversations before the tick `before`.
pub(crate) fn list(
    connection: &Connection,
    person: i64,
    before: i64,
    limit: usize,
) -> Result<Vec<Summary>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conversations WHERE person = ?1 AND touched < ?2 ORDER BY touched DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![person, before, limit], summary)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A new, empty conversation.
pub(crate) fn create(
    connection: &Connection,
    person: i64,
    title: &str,
    settings: &Value,
) -> Result<Summary, StoreError> {
    let n: usize = connection.query_row(
        "SELECT count(*) FROM conversations WHERE person = ?1",
        [person],
        |row| row.get(0),
    )?;
    if MAX_CONVERSATIONS <= n {
        let message = format!("there are {n} conversations already; delete some first");
        return Err(StoreError::Limit(message));
    }
    let settings = settings.to_string();
    messages::check_share(connection, person, title.len() + settings.len())?;
    connection.execute(
        "INSERT INTO conversations (person, title, settings, touched, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![person, title, settings, tick(connection)?, now()],
    )?;
    find(connection, person, connection.last_insert_rowid())
}

/// A person's conversation; somebody else's is unknown.
pub(crate) fn find(connection: &Connection, person: i64, id: i64) -> Result<Summary, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM conversations WHERE id = ?1 AND person = ?2"
        ))?
        .query_row(params![id, person], summary)
        .optional()?;
    found.ok_or(StoreError::Unknown("conversation"))
}

/// The same with its messages.
pub(crate) fn read(
    connection: &Connection,
    person: i64,
    id: i64,
) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        summary: find(connection, person, id)?,
        messages: messages::all(connection, person, id)?,
    })
}

/// Changes what is to be changed.
pub(crate) fn change(
    connection: &Connection,
    person: i64,
    id: i64,
    change: &Change,
) -> Result<Summary, StoreError> {
    let before = find(connection, person, id)?;
    let active = match change.active {
        Some(message) => Some(messages::leaf_below(connection, person, id, message)?),
        None => before.active,
    };
    let title = change.title.as_ref().unwrap_or(&before.title);
    let settings = change.settings.as_ref().unwrap_or(&before.settings);
    let settings = settings.to_string();
    let n_bytes = before.title.len() + before.settings.to_string().len();
    let n_more = (title.len() + settings.len()).saturating_sub(n_bytes);
    if 0 < n_more {
        messages::check_share(connection, person, n_more)?;
    }
    connection.execute(
        "UPDATE conversations SET title = ?3, settings = ?4, active = ?5 WHERE id = ?1 AND person = ?2",
        params![
            id,
            person,
            title,
            settings,
            active
        ],
    )?;
    touch(connection, person, id)?;
    find(connection, person, id)
}

/// Deletes a conversation with its messages.
pub(crate) fn delete(connection: &Connection, person: i64, id: i64) -> Result<(), StoreError> {
    let n = connection.execute(
        "DELETE FROM conversations WHERE id = ?1 AND person = ?2",
        params![id, person],
    )?;
    known(n, "conversation")
}

/// Makes a conversation the last changed one.
pub(super) fn touch(connection: &Connection, person: i64, id: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE conversations SET touched = ?3, updated_at = ?4 WHERE id = ?1 AND person = ?2",
        params![id, person, tick(connection)?, now()],
    )?;
    Ok(())
}

/// An untitled conversation is named after its first question.
pub(super) fn name(
    connection: &Connection,
    person: i64,
    id: i64,
    question: &str,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE conversations SET title = ?3 WHERE id = ?1 AND person = ?2 AND title = ''",
        params![id, person, title_of(question)],
    )?;
    Ok(())
}

/// The beginning of the first line that says something.
fn title_of(content: &str) -> String {
    let line = content
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut letters = line.chars().filter(|letter| *letter != '\0');
    let title: String = letters.by_ref().take(40).collect();
    match letters.next() {
        Some(_) => title + "…",
        None => title,
    }
}

fn tick(connection: &Connection) -> Result<i64, StoreError> {
    let next = "UPDATE ticks SET now = now + 1 RETURNING now";
    Ok(connection.query_row(next, [], |row| row.get(0))?)
}

pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: row.get(0)?,
        title: row.get(1)?,
        settings: json(row, 2)?,
        active: row.get(3)?,
        touched: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// A column of JSON text, which a CHECK has seen; null if absent.
pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    let text: Option<String> = row.get(column)?;
    Ok(text.map_or(Value::Null, |text| {
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_that_says_something() {
        assert_eq!(title_of("\n \n  春风 \n拂面"), "春风");
        assert_eq!(title_of(&"字".repeat(41)), format!("{}…", "字".repeat(40)));
        assert_eq!(title_of(""), "");
    }
}
