//! Conversations as files: the whole tree as JSON, the shown branch as Markdown.

use super::{Conversation, StoreError, Summary, conversations, messages};
use crate::limits::MAX_TITLE;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// The only version so far of the JSON form.
const VERSION: u32 = 1;

/// A conversation outside of any database; fields that are unknown are refused.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    maque_conversation: u32,
    title: String,
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    active: Option<i64>,
    messages: Vec<Turn>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    id: i64,
    parent: Option<i64>,
    role: String,
    content: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    stats: Value,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    host: Option<String>,
}

impl Transfer {
    /// A conversation as a file.
    pub(crate) fn of(conversation: Conversation) -> Transfer {
        let turn = |message: messages::Message| Turn {
            id: message.id,
            parent: message.parent,
            role: message.role,
            content: message.content,
            state: Some(message.state),
            finish_reason: message.finish_reason,
            stats: message.stats,
            model: message.model,
            host: message.host,
        };
        Transfer {
            maque_conversation: VERSION,
            title: conversation.summary.title,
            settings: conversation.summary.settings,
            active: conversation.summary.active,
            messages: conversation.messages.into_iter().map(turn).collect(),
        }
    }

    /// The settings, to be checked before the rest is taken.
    pub(crate) fn settings_mut(&mut self) -> &mut Value {
        &mut self.settings
    }

    /// The title, to be shortened.
    pub(crate) fn title_mut(&mut self) -> &mut String {
        &mut self.title
    }

    /// Adds the conversation to a person's; ids become new ones, and a message's parent must come before it.
    pub(crate) fn import(
        &self,
        connection: &Connection,
        person: i64,
    ) -> Result<Summary, StoreError> {
        if self.maque_conversation != VERSION {
            return Err(refused("maque_conversation", "must be 1"));
        }
        let conversation =
            conversations::create(connection, person, &self.title, &self.settings)?.id;
        let n_bytes = self.messages.iter().map(Turn::n_bytes).sum();
        messages::check_room(
            connection,
            person,
            conversation,
            [self.messages.len(), n_bytes],
        )?;
        let mut ids = HashMap::new();
        let mut last = None;
        for (i, turn) in self.messages.iter().enumerate() {
            let id = turn.import(connection, person, conversation, &ids, i)?;
            if ids.insert(turn.id, id).is_some() {
                return Err(refused(&format!("messages[{i}].id"), "occurs twice"));
            }
            last = Some(id);
        }
        let active = self.active.and_then(|id| ids.get(&id).copied()).or(last);
        let change = conversations::Change {
            active,
            ..conversations::Change::default()
        };
        conversations::change(connection, person, conversation, &change)
    }
}

impl Turn {
    /// Bytes that count for a person's share.
    fn n_bytes(&self) -> usize {
        let texts = [&self.finish_reason, &self.model, &self.host];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        self.content.len() + texts + self.stats().map_or(0, |stats| stats.len())
    }

    fn stats(&self) -> Option<String> {
        (!self.stats.is_null()).then(|| self.stats.to_string())
    }

    fn import(
        &self,
        connection: &Connection,
        person: i64,
        conversation: i64,
        ids: &HashMap<i64, i64>,
        i: usize,
    ) -> Result<i64, StoreError> {
        let field = |name: &str| format!("messages[{i}].{name}");
        let role = match self.role.as_str() {
            role @ ("user" | "assistant") => role,
            _ => return Err(refused(&field("role"), "must be user or assistant")),
        };
        let parent = match self.parent.map(|parent| ids.get(&parent).copied()) {
            Some(None) => {
                return Err(refused(
                    &field("parent"),
                    "must be a message before this one",
                ));
            }
            parent => parent.flatten(),
        };
        let state = match self.state.as_deref() {
            None | Some("complete") => "complete",
            Some("failed") => "failed",
            Some("stopped" | "streaming") => "stopped", // nobody goes on writing it here
            Some(_) => {
                return Err(refused(
                    &field("state"),
                    "must be complete, stopped or failed",
                ));
            }
        };
        let id = messages::add(
            connection,
            person,
            conversation,
            [parent],
            [role, &self.content, state],
        )?;
        for (name, text) in [
            ("finish_reason", &self.finish_reason),
            ("model", &self.model),
            ("host", &self.host),
        ] {
            if text.as_ref().is_some_and(|text| MAX_TITLE < text.len()) {
                let must = format!("must have at most {MAX_TITLE} bytes");
                return Err(refused(&field(name), &must));
            }
        }
        connection.execute(
            "UPDATE messages SET finish_reason = ?3, stats = ?4, model = ?5, host = ?6 WHERE id = ?1 AND person = ?2",
            params![id, person, self.finish_reason, self.stats(), self.model, self.host],
        )?;
        Ok(id)
    }
}

fn refused(field: &str, must: &str) -> StoreError {
    StoreError::Refused(format!("{field} {must}"))
}

/// The shown branch for people to read.
pub(crate) fn markdown(conversation: &Conversation) -> String {
    let by_id: HashMap<i64, &messages::Message> = conversation
        .messages
        .iter()
        .map(|message| (message.id, message))
        .collect();
    let mut branch = Vec::new();
    let mut at = conversation.summary.active;
    while let Some(message) = at.and_then(|id| by_id.get(&id)) {
        branch.push(message);
        at = message.parent;
    }
    let mut text = format!("# {}\n", conversation.summary.title);
    if let Some(system) = conversation.summary.settings["system"].as_str() {
        text += &format!("\n> {}\n", system.replace('\n', "\n> "));
    }
    for message in branch.iter().rev() {
        let who = who(message);
        text += &format!("\n## {who}\n\n{}\n", message.content.trim_end());
    }
    text
}

/// Who speaks: a person, or a model and where it is if that is elsewhere.
fn who(message: &messages::Message) -> String {
    let parts = [&message.model, &message.host];
    let names: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    match message.role.as_str() {
        "user" => "🧑".to_owned(),
        _ => format!("🐦 {}", names.join(" · ")).trim_end().to_owned(),
    }
}
