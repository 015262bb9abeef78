//! Any text as a chat template, rendered with a conversation that has tools.
#![no_main]

use libfuzzer_sys::fuzz_target;
use maque_model::{ChatTemplate, Message};

const MESSAGES: &str = r#"[
  {"role": "system", "content": "You help."},
  {"role": "user", "content": "天气？"},
  {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "id": "1",
    "function": {"name": "weather", "arguments": "{\"city\": \"北京\"}"}}]},
  {"role": "tool", "content": "[1, 2]", "tool_call_id": "1"}
]"#;
const TOOLS: &str = r#"[{"type": "function", "function": {"name": "weather", "parameters":
  {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "number", "default": 1e-5}}}}}]"#;

fuzz_target!(|source: &str| {
    let Ok(template) = ChatTemplate::new(source, "<s>", "</s>") else { return };
    let messages: Vec<Message> = serde_json::from_str(MESSAGES).expect("valid");
    let tools: serde_json::Value = serde_json::from_str(TOOLS).expect("valid");
    if let Ok(text) = template.render(&messages, Some(&tools)) {
        assert!(text.len() <= 32 << 20, "{} bytes written", text.len());
    }
});
