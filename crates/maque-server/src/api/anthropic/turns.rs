//! A conversation in Anthropic's shape: a system prompt beside it, and blocks of text, calls and results.

use crate::error::ApiError;
use crate::fields::Fields;
use crate::prompt::message;
use maque_model::Message;
use serde_json::{Value, json};

/// The fields `system` and `messages`.
pub(super) fn read(
    fields: &mut Fields,
    warnings: &mut Vec<String>,
) -> Result<Vec<Message>, ApiError> {
    let mut turns = Vec::new();
    if let Some(system) = fields.take("system") {
        let text = texts("system", &system)?;
        if !text.is_empty() {
            turns.push(message("system", text));
        }
    }
    let list = match fields.take("messages") {
        Some(Value::Array(list)) if !list.is_empty() => list,
        _ => {
            let must = "must be a list of at least one message";
            return Err(ApiError::field("messages", must));
        }
    };
    for (i, value) in list.into_iter().enumerate() {
        turn(&mut turns, &format!("messages[{i}]"), value, warnings)?;
    }
    Ok(turns)
}

/// Adds the turns that one message holds: results of tools are turns of their own.
fn turn(
    turns: &mut Vec<Message>,
    at: &str,
    value: Value,
    warnings: &mut Vec<String>,
) -> Result<(), ApiError> {
    let mut fields = Fields::of(value).map_err(|_| ApiError::field(at, "must be an object"))?;
    let role = fields.take("role").unwrap_or_default();
    let role = match role.as_str() {
        Some(role @ ("user" | "assistant" | "system")) => role,
        _ => {
            let must = "must be user, assistant or system";
            return Err(ApiError::field(&format!("{at}.role"), must));
        }
    };
    let content = fields.take("content");
    warnings.extend(fields.warnings(&format!("{at}.")));
    let at = format!("{at}.content");
    match content {
        Some(Value::String(text)) => turns.push(message(role, text)),
        Some(Value::Array(blocks)) => read_blocks(turns, &at, role, &blocks, warnings)?,
        _ => return Err(ApiError::field(&at, "must be a string or a list of blocks")),
    }
    Ok(())
}

/// Adds the turns that the blocks of one message are.
fn read_blocks(
    turns: &mut Vec<Message>,
    at: &str,
    role: &str,
    blocks: &[Value],
    warnings: &mut Vec<String>,
) -> Result<(), ApiError> {
    let mut said = message(role, String::new());
    let mut calls = Vec::new();
    for (i, block) in blocks.iter().enumerate() {
        let at = format!("{at}[{i}]");
        match (block["type"].as_str(), role) {
            (Some("text"), _) => said.content += text(&at, block)?,
            (Some("tool_use"), "assistant") => calls.push(call(&at, block)?),
            (Some("tool_result"), "user") => turns.push(result(&at, block, warnings)?),
            (Some("thinking" | "redacted_thinking"), "assistant") => {
                warnings.push(format!(
                    "{at} is thinking of an earlier answer and was not read"
                ));
            }
            _ => {
                let must = "must be text, or a call or result of a tool where its role allows it";
                return Err(ApiError::field(&format!("{at}.type"), must));
            }
        }
    }
    if !calls.is_empty() {
        said.tool_calls = Some(Value::Array(calls));
    }
    let has_results = blocks.iter().any(|block| block["type"] == "tool_result");
    if !said.content.is_empty() || said.tool_calls.is_some() || !has_results {
        turns.push(said);
    }
    Ok(())
}

fn text<'a>(at: &str, block: &'a Value) -> Result<&'a str, ApiError> {
    let text = block["text"].as_str();
    text.ok_or_else(|| ApiError::field(&format!("{at}.text"), "must be a string"))
}

/// A text, or the texts of its blocks.
fn texts(at: &str, content: &Value) -> Result<String, ApiError> {
    let wrong = || ApiError::field(at, "must be a string or a list of text blocks");
    match content {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Ok(String::new()),
        Value::Array(blocks) => {
            let texts = blocks.iter().map(|block| match block["type"] == "text" {
                true => block["text"].as_str().ok_or_else(wrong),
                false => Err(wrong()),
            });
            texts.collect()
        }
        _ => Err(wrong()),
    }
}

/// A call of an earlier answer, in the shape that templates expect.
fn call(at: &str, block: &Value) -> Result<Value, ApiError> {
    if !block["name"].is_string() {
        return Err(ApiError::field(&format!("{at}.name"), "must be a string"));
    }
    if !block["input"].is_object() {
        return Err(ApiError::field(&format!("{at}.input"), "must be an object"));
    }
    let function = json!({ "name": block["name"], "arguments": block["input"] });
    Ok(json!({ "id": block["id"], "type": "function", "function": function }))
}

fn result(at: &str, block: &Value, warnings: &mut Vec<String>) -> Result<Message, ApiError> {
    if block["is_error"] == true {
        warnings.push(format!(
            "{at}.is_error is not shown to the model: its text must say it"
        ));
    }
    let id = block["tool_use_id"].as_str();
    let id = id.ok_or_else(|| ApiError::field(&format!("{at}.tool_use_id"), "must be a string"))?;
    let text = texts(&format!("{at}.content"), &block["content"])?;
    Ok(Message {
        tool_call_id: Some(id.to_owned()),
        ..message("tool", text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(body: Value) -> Result<Vec<(String, String)>, ApiError> {
        let mut fields = Fields::of(body).expect("an object");
        let turns = read(&mut fields, &mut Vec::new())?;
        Ok(turns
            .into_iter()
            .map(|turn| (turn.role, turn.content))
            .collect())
    }

    #[test]
    fn blocks_become_turns() {
        let body = json!({
            "system": [{ "type": "text", "text": "Be brief." }],
            "messages": [
                { "role": "user", "content": "Weather?" },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "1", "name": "weather", "input": {} }] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "1", "content": [{ "type": "text", "text": "sun" }] },
                    { "type": "text", "text": "And?" },
                ] },
            ],
        });
        let want = [
            ("system", "Be brief."),
            ("user", "Weather?"),
            ("assistant", ""),
            ("tool", "sun"),
            ("user", "And?"),
        ];
        let want = want.map(|(role, text)| (role.to_owned(), text.to_owned()));
        assert_eq!(turns(body).expect("understood"), want);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let user = |content: Value| json!({ "messages": [{ "role": "user", "content": content }] });
        for (body, param) in [
            (json!({ "messages": [] }), "messages"),
            (json!({ "system": 1, "messages": [] }), "system"),
            (
                json!({ "messages": [{ "role": "robot", "content": "" }] }),
                "messages[0].role",
            ),
            (user(json!(1)), "messages[0].content"),
            (
                user(json!([{ "type": "image" }])),
                "messages[0].content[0].type",
            ),
            (
                user(json!([{ "type": "text" }])),
                "messages[0].content[0].text",
            ),
            (
                user(json!([{ "type": "tool_use" }])),
                "messages[0].content[0].type",
            ),
        ] {
            let error = turns(body).expect_err("wrong");
            assert_eq!(error.body()["error"]["param"], param);
        }
    }
}
