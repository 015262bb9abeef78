//! Conversation to prompt text, by the model's own Jinja template.

use serde::{Deserialize, Serialize};

/// One turn of a conversation, in the shape that templates expect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Its text.
    pub content: String,
    /// Calls made by the assistant, in OpenAI's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<serde_json::Value>,
    /// The call that a `tool` message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Name of the tool or speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Why a conversation could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The template itself says no (`raise_exception`), or fails.
    #[error("the model's chat template refuses this conversation: {0}")]
    Refused(String),
}

/// A compiled chat template; rendering is bounded in steps and output.
pub struct ChatTemplate {}

impl ChatTemplate {
    /// The prompt for the assistant's next turn; `tools` in OpenAI's shape.
    pub fn render(&self, messages: &[Message], tools: Option<&serde_json::Value>) -> Result<String, TemplateError> {
        todo!("{messages:?} {tools:?}")
    }
}
