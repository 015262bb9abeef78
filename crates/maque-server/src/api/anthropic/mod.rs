//! Anthropic's API: messages of blocks, named events, `stop_reason` with the sequence.

mod events;
pub(crate) mod messages;
mod tools;
mod turns;

use crate::Service;
use crate::record::random;
use crate::written::{Block, Content, Written, object};
use maque_engine::Usage;
use serde_json::{Value, json};

/// How a message is written.
struct Shape {
    id: String,
    model: String,
    warnings: Vec<String>,
    context: Option<Value>,
}

impl Shape {
    fn new(service: &Service, warnings: Vec<String>, context: Option<Value>) -> Shape {
        Shape {
            id: format!("msg_{}", random()),
            model: service.name().to_owned(),
            warnings,
            context,
        }
    }

    /// A message with these blocks.
    fn message(&self, content: Value, written: &Written) -> Value {
        let mut message = json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason(written),
            "stop_sequence": written.stop,
            "usage": usage(written.usage),
        });
        self.add_notes(&mut message);
        message
    }

    fn add_notes(&self, message: &mut Value) {
        if !self.warnings.is_empty() {
            message["warnings"] = json!(self.warnings);
        }
        if let Some(context) = &self.context {
            message["context"] = context.clone();
        }
    }
}

/// A block, as a whole message has it.
fn block(block: &Block) -> Value {
    match &block.content {
        Content::Text(text) => json!({ "type": "text", "text": text }),
        Content::Call { name, arguments } => json!({
            "type": "tool_use",
            "id": format!("toolu_{}", block.id),
            "name": name,
            "input": object(arguments),
        }),
    }
}

/// Why it ended, in Anthropic's words; `repetition` is this server's own.
fn stop_reason(written: &Written) -> Value {
    match (written.reason, &written.stop) {
        (Some("stop"), Some(_)) => json!("stop_sequence"),
        (Some("stop"), None) if written.has_calls() => json!("tool_use"),
        (Some("stop"), None) => json!("end_turn"),
        (Some("length"), _) => json!("max_tokens"),
        (reason, _) => json!(reason),
    }
}

/// Input is what was evaluated; what was cached is counted beside it.
fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::Toolbox;

    #[test]
    fn ends_have_anthropics_names() {
        for (reason, stop, want) in [
            ("stop", None, "end_turn"),
            ("stop", Some("X"), "stop_sequence"),
            ("length", None, "max_tokens"),
            ("repetition", None, "repetition"),
        ] {
            let mut written = Written::new(&Toolbox::empty());
            written.reason = Some(reason);
            written.stop = stop.map(str::to_owned);
            assert_eq!(stop_reason(&written), want);
        }
    }
}
