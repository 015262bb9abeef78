//! Messages of a conversation: a tree of questions and answers, of which one branch is shown.

use super::conversations::{self, json, touch};
use super::{StoreError, now};
use crate::limits::{MAX_CONVERSATION_BYTES, MAX_CONVERSATION_MESSAGES, MAX_PERSON_BYTES};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

/// A question or an answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    pub(crate) id: i64,
    /// What it answers or follows; none begins the conversation.
    pub(crate) parent: Option<i64>,
    pub(crate) role: String,
    pub(crate) content: String,
    /// complete, streaming, stopped or failed
    pub(crate) state: String,
    pub(crate) finish_reason: Option<String>,
    pub(crate) stats: Value,
    /// The model that wrote an answer.
    pub(crate) model: Option<String>,
    /// The host where that is; none is this server.
    pub(crate) host: Option<String>,
    pub(crate) created_at: i64,
}

/// Who writes an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) model: String,
    pub(crate) host: Option<String>,
}

/// Where a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the end of the shown branch.
    End,
    /// After this message; `None` begins the conversation anew.
    After(Option<i64>),
    /// Beside this question: an edited one.
    Beside(i64),
    /// No question: another answer to what this answer (or the answers to this question) reply to.
    Again(i64),
    /// No question: this answer is gone on with.
    On(i64),
}

/// An answer that is being written, and the question before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) conversation: i64,
    pub(crate) question: i64,
    pub(crate) id: i64,
}

/// How an answer ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) content: String,
    pub(crate) state: &'static str,
    pub(crate) finish_reason: String,
    pub(crate) stats: Value,
}

const COLUMNS: &str =
    "id, parent, role, content, state, finish_reason, stats, model, host, created_at";

/// All messages, oldest first: a parent comes before its children.
pub(crate) fn all(
    connection: &Connection,
    person: i64,
    conversation: i64,
) -> Result<Vec<Message>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND person = ?2 ORDER BY id"
    ))?;
    let rows = statement.query_map(params![conversation, person], message)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One message.
pub(crate) fn find(
    connection: &Connection,
    person: i64,
    conversation: i64,
    id: i64,
) -> Result<Message, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM messages WHERE id = ?1 AND conversation = ?2 AND person = ?3"
        ))?
        .query_row(params![id, conversation, person], message)
        .optional()?;
    found.ok_or(StoreError::Unknown("message"))
}

/// The branch that a question at `place` would follow, from its beginning; with the question itself for [`Place::Again`].
pub(crate) fn branch(
    connection: &Connection,
    person: i64,
    conversation: i64,
    place: Place,
) -> Result<Vec<Message>, StoreError> {
    if let Place::On(id) = place {
        return unfinished(connection, person, conversation, id);
    }
    let Some(last) = before(connection, person, conversation, place)? else {
        return Ok(Vec::new());
    };
    let last = find(connection, person, conversation, last)?;
    if last.state == "streaming" {
        let message = "the answer before is still being written; wait for its end or stop it";
        return Err(StoreError::Refused(message.to_owned()));
    }
    upwards(connection, person, conversation, last.id)
}

/// A message and everything before it, oldest first.
fn upwards(
    connection: &Connection,
    person: i64,
    conversation: i64,
    last: i64,
) -> Result<Vec<Message>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH RECURSIVE branch (at) AS (
             SELECT ?1 UNION ALL
             SELECT parent FROM messages JOIN branch ON id = at WHERE conversation = ?2 AND person = ?3 AND parent IS NOT NULL
         )
         SELECT {COLUMNS} FROM messages WHERE conversation = ?2 AND person = ?3 AND id IN (SELECT at FROM branch) ORDER BY id"
    ))?;
    let rows = statement.query_map(params![last, conversation, person], message)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The message that something at `place` has before it.
fn before(
    connection: &Connection,
    person: i64,
    conversation: i64,
    place: Place,
) -> Result<Option<i64>, StoreError> {
    let find = |id| find(connection, person, conversation, id);
    match place {
        Place::End => Ok(conversations::find(connection, person, conversation)?.active),
        Place::After(None) => {
            conversations::find(connection, person, conversation)?;
            Ok(None)
        }
        Place::After(Some(id)) | Place::On(id) => Ok(Some(find(id)?.id)),
        Place::Beside(id) => match find(id)? {
            message if message.role == "user" => Ok(message.parent),
            _ => Err(StoreError::Refused(
                "only a question can be edited".to_owned(),
            )),
        },
        Place::Again(id) => match find(id)? {
            message if message.role == "user" => Ok(Some(id)),
            message => Ok(message.parent),
        },
    }
}

/// Adds a question after the message `before` (if `content` is one; else `before` is it) and the answer that is about to
/// be written, and shows their branch.
pub(crate) fn ask(
    connection: &Connection,
    person: i64,
    conversation: i64,
    before: Option<i64>,
    content: Option<&str>,
) -> Result<Answer, StoreError> {
    conversations::find(connection, person, conversation)?;
    let n_bytes = content.unwrap_or_default().len();
    check_room(connection, person, conversation, [2, n_bytes])?;
    let add = |parent: Option<i64>, role: &str, content: &str, state: &str| {
        add(
            connection,
            person,
            conversation,
            [parent],
            [role, content, state],
        )
    };
    let question = match (content, before) {
        (Some(content), before) => {
            conversations::name(connection, person, conversation, content)?;
            add(before, "user", content, "complete")?
        }
        (None, Some(question)) => question,
        (None, None) => {
            return Err(StoreError::Refused(
                "there is no question to answer".to_owned(),
            ));
        }
    };
    let id = add(Some(question), "assistant", "", "streaming")?;
    connection.execute(
        "UPDATE conversations SET active = ?3 WHERE id = ?1 AND person = ?2",
        params![conversation, person, id],
    )?;
    touch(connection, person, conversation)?;
    Ok(Answer {
        conversation,
        question,
        id,
    })
}

/// The branch that ends with an answer which can be gone on with: one that has ended, and that nothing follows.
pub(crate) fn unfinished(
    connection: &Connection,
    person: i64,
    conversation: i64,
    id: i64,
) -> Result<Vec<Message>, StoreError> {
    let message = find(connection, person, conversation, id)?;
    let is_last = leaf_below(connection, person, conversation, id)? == id;
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    match (message.role.as_str(), message.state.as_str()) {
        ("assistant", "streaming") => refused("this answer is still being written"),
        ("assistant", _) if message.content.is_empty() => {
            refused("this answer is empty; regenerate it")
        }
        ("assistant", _) if message.host.is_some() => {
            refused("this answer was written elsewhere; regenerate it")
        }
        ("assistant", _) if is_last => upwards(connection, person, conversation, id),
        ("assistant", _) => {
            refused("only the last answer of a branch can be gone on with; regenerate this one")
        }
        _ => refused("only an answer can be gone on with"),
    }
}

/// Opens an answer again, to be gone on with, and shows its branch.
pub(crate) fn reopen(
    connection: &Connection,
    person: i64,
    conversation: i64,
    id: i64,
) -> Result<Answer, StoreError> {
    let branch = unfinished(connection, person, conversation, id)?;
    check_room(connection, person, conversation, [0, 0])?;
    let question = branch.iter().rev().find(|message| message.role == "user");
    let question = question.map_or(id, |message| message.id);
    connection.execute(
        "UPDATE messages SET state = 'streaming', finish_reason = NULL WHERE id = ?1 AND person = ?2",
        params![id, person],
    )?;
    connection.execute(
        "UPDATE conversations SET active = ?3 WHERE id = ?1 AND person = ?2",
        params![conversation, person, id],
    )?;
    touch(connection, person, conversation)?;
    Ok(Answer {
        conversation,
        question,
        id,
    })
}

/// Notes who writes an answer; one that another began has both.
pub(crate) fn sign(
    connection: &Connection,
    person: i64,
    answer: Answer,
    author: &Author,
) -> Result<(), StoreError> {
    let Author { model, host } = author;
    let before = find(connection, person, answer.conversation, answer.id)?.model;
    let model = match before {
        Some(before) if !before.ends_with(model.as_str()) => format!("{before} + {model}"),
        Some(before) => before,
        None => model.clone(),
    };
    connection.execute(
        "UPDATE messages SET model = ?3, host = ?4 WHERE id = ?1 AND person = ?2",
        params![answer.id, person, model, host],
    )?;
    Ok(())
}

/// Adds one message.
pub(super) fn add(
    connection: &Connection,
    person: i64,
    conversation: i64,
    [parent]: [Option<i64>; 1],
    [role, content, state]: [&str; 3],
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO messages (person, conversation, parent, role, content, state, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            person,
            conversation,
            parent,
            role,
            content,
            state,
            now()
        ])?;
    Ok(connection.last_insert_rowid())
}

/// Refuses so many more messages and bytes if they would be more than a person's or a conversation's share.
pub(super) fn check_room(
    connection: &Connection,
    person: i64,
    conversation: i64,
    [n_more, bytes_more]: [usize; 2],
) -> Result<(), StoreError> {
    let (n, bytes): (usize, usize) = connection.query_row(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM messages WHERE conversation = ?1",
        [conversation],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if MAX_CONVERSATION_MESSAGES < n + n_more || MAX_CONVERSATION_BYTES < bytes + bytes_more {
        let message = "this conversation is as long as one may be; begin another one";
        return Err(StoreError::Limit(message.to_owned()));
    }
    check_share(connection, person, bytes_more)
}

/// Refuses so many more bytes if they would be more than a person's share.
pub(super) fn check_share(
    connection: &Connection,
    person: i64,
    bytes_more: usize,
) -> Result<(), StoreError> {
    let all: usize =
        connection.query_row("SELECT bytes FROM persons WHERE id = ?1", [person], |row| {
            row.get(0)
        })?;
    if MAX_PERSON_BYTES < all + bytes_more {
        let message = "your conversations take all the room that they may; delete some first";
        return Err(StoreError::Limit(message.to_owned()));
    }
    Ok(())
}

/// Saves what there is of an answer so far.
pub(crate) fn save(connection: &Connection, id: i64, content: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE messages SET content = ?2 WHERE id = ?1 AND state = 'streaming'")?
        .execute(params![id, content])?;
    Ok(()) // one that was deleted meanwhile is saved nowhere
}

/// Saves the end of an answer.
pub(crate) fn end(connection: &Connection, id: i64, ended: &Ended) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE messages SET content = ?2, state = ?3, finish_reason = ?4, stats = ?5 WHERE id = ?1 AND state = 'streaming'",
        )?
        .execute(params![
            id,
            ended.content,
            ended.state,
            ended.finish_reason,
            ended.stats.to_string()
        ])?;
    Ok(())
}

/// The newest message that has no answer, among those below `id` by way of each one's newest child.
pub(super) fn leaf_below(
    connection: &Connection,
    person: i64,
    conversation: i64,
    id: i64,
) -> Result<i64, StoreError> {
    let mut leaf = find(connection, person, conversation, id)?.id;
    let mut newest = connection.prepare_cached(
        "SELECT max(id) FROM messages WHERE conversation = ?1 AND parent = ?2 AND person = ?3",
    )?;
    let mut child =
        |parent| newest.query_row(params![conversation, parent, person], |row| row.get(0));
    while let Some(id) = child(leaf)? {
        leaf = id;
    }
    Ok(leaf)
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        parent: row.get(1)?,
        role: row.get(2)?,
        content: row.get(3)?,
        state: row.get(4)?,
        finish_reason: row.get(5)?,
        stats: json(row, 6)?,
        model: row.get(7)?,
        host: row.get(8)?,
        created_at: row.get(9)?,
    })
}
