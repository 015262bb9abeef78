//! The last conversation, kept for `-c`.

use crate::registry::replace;
use maque_model::Message;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Turns, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// The turns; a system prompt is the first.
    pub(crate) messages: Vec<Message>,
}

impl Conversation {
    /// The last one; `None` when there is none that can be read.
    pub(crate) fn last(home: &Path) -> Option<Conversation> {
        let text = std::fs::read_to_string(home.join("last.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Becomes the last one.
    pub(crate) fn keep(&self, home: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(home)?;
        replace(&home.join("last.json"), &serde_json::to_vec(self)?)
    }

    /// Sets the system prompt, replacing the one there was.
    pub(crate) fn set_system(&mut self, text: &str) {
        self.messages.retain(|message| message.role != "system");
        self.messages.insert(0, turn("system", text));
    }

    /// Whether there is a system prompt.
    pub(crate) fn has_system(&self) -> bool {
        self.messages.iter().any(|message| message.role == "system")
    }

    /// Adds a turn of `user` or `assistant`.
    pub(crate) fn push(&mut self, role: &str, text: &str) {
        self.messages.push(turn(role, text));
    }

    /// Takes the last question out, and what was answered to it.
    pub(crate) fn take_last(&mut self) -> Option<String> {
        let last = self.messages.iter().rposition(|one| one.role == "user")?;
        let question = self.messages.drain(last..).next()?;
        Some(question.content)
    }

    /// As Markdown, for people.
    pub(crate) fn to_markdown(&self) -> String {
        let turn =
            |message: &Message| format!("## {}\n\n{}\n", message.role, message.content.trim_end());
        self.messages
            .iter()
            .map(turn)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A turn of `role`.
pub(crate) fn turn(role: &str, text: &str) -> Message {
    Message {
        role: role.to_owned(),
        content: text.to_owned(),
        tool_calls: None,
        tool_call_id: None,
        name: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_conversation_is_kept() {
        let home = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Conversation::last(home.path()), None);
        let mut conversation = Conversation::default();
        conversation.push("user", "你好");
        conversation.set_system("short");
        conversation.set_system("shorter");
        conversation.push("assistant", "在");
        assert_eq!(conversation.take_last().as_deref(), Some("你好"));
        assert_eq!(conversation.take_last(), None);
        conversation.push("user", "你好");
        conversation.keep(home.path()).expect("written");
        let last = Conversation::last(home.path()).expect("kept");
        assert_eq!(last, conversation);
        assert_eq!(last.messages.len(), 2);
        assert_eq!(
            last.to_markdown(),
            "## system\n\nshorter\n\n## user\n\n你好\n"
        );
    }
}
