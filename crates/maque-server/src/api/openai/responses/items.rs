//! `input` of a response: a text, or messages, calls and their outputs.

use crate::api::openai::messages::arguments;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::limits::MAX_MESSAGES;
use crate::prompt::message;
use maque_model::Message;
use serde_json::{Value, json};

/// The field `input`.
pub(super) fn read(
    fields: &mut Fields,
    warnings: &mut Vec<String>,
) -> Result<Vec<Message>, ApiError> {
    match fields.take("input") {
        Some(Value::String(text)) => Ok(vec![message("user", text)]),
        Some(Value::Array(list)) if (1..=MAX_MESSAGES).contains(&list.len()) => {
            let mut messages = Vec::new();
            for (i, value) in list.iter().enumerate() {
                messages.extend(item(&format!("input[{i}]"), value, warnings)?);
            }
            Ok(messages)
        }
        _ => {
            let must = format!("must be a string or a list of 1 to {MAX_MESSAGES} items");
            Err(ApiError::field("input", &must))
        }
    }
}

/// The message that an item is; none for what is no part of the prompt.
fn item(at: &str, value: &Value, warnings: &mut Vec<String>) -> Result<Option<Message>, ApiError> {
    let text = |name: &str| {
        let text = value[name].as_str();
        text.ok_or_else(|| ApiError::field(&format!("{at}.{name}"), "must be a string"))
    };
    match value["type"].as_str() {
        None | Some("message") => {
            let role = match text("role")? {
                "developer" => "system", // OpenAI's new name
                role @ ("system" | "user" | "assistant") => role,
                _ => {
                    let must = "must be system, developer, user or assistant";
                    return Err(ApiError::field(&format!("{at}.role"), must));
                }
            };
            Ok(Some(message(
                role,
                texts(&format!("{at}.content"), &value["content"])?,
            )))
        }
        Some("function_call") => {
            let name = text("name")?;
            let arguments = arguments(&format!("{at}.arguments"), &value["arguments"], warnings)?;
            let function = json!({ "name": name, "arguments": arguments });
            let call = json!({ "id": value["call_id"], "type": "function", "function": function });
            Ok(Some(Message {
                tool_calls: Some(json!([call])),
                ..message("assistant", String::new())
            }))
        }
        Some("function_call_output") => Ok(Some(Message {
            tool_call_id: Some(text("call_id")?.to_owned()),
            ..message("tool", texts(&format!("{at}.output"), &value["output"])?)
        })),
        Some("reasoning") => {
            warnings.push(format!(
                "{at} is reasoning of an earlier answer and was not read"
            ));
            Ok(None)
        }
        Some(_) => {
            let must = "must be message, function_call or function_call_output";
            Err(ApiError::field(&format!("{at}.type"), must))
        }
    }
}

/// A text, or the texts of its parts.
fn texts(at: &str, content: &Value) -> Result<String, ApiError> {
    match content {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            let is_text = |part: &Value| {
                ["input_text", "output_text", "text"]
                    .iter()
                    .any(|kind| part["type"] == **kind)
            };
            let texts = parts.iter().map(|part| match part["text"].as_str() {
                Some(text) if is_text(part) => Ok(text),
                _ => Err(ApiError::field(
                    at,
                    "can have parts of type input_text and output_text only",
                )),
            });
            texts.collect()
        }
        _ => Err(ApiError::field(at, "must be a string or a list of parts")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(input: Value) -> Result<Vec<(String, String)>, ApiError> {
        let mut fields = Fields::of(json!({ "input": input })).expect("an object");
        let messages = read(&mut fields, &mut Vec::new())?;
        Ok(messages
            .into_iter()
            .map(|turn| (turn.role, turn.content))
            .collect())
    }

    #[test]
    fn items_become_turns() {
        let input = json!([
            { "role": "developer", "content": "Be brief." },
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "Weather?" }] },
            { "type": "function_call", "call_id": "1", "name": "weather", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "1", "output": "sun" },
            { "type": "reasoning", "id": "2" },
        ]);
        let want = [
            ("system", "Be brief."),
            ("user", "Weather?"),
            ("assistant", ""),
            ("tool", "sun"),
        ];
        let want = want.map(|(role, text)| (role.to_owned(), text.to_owned()));
        assert_eq!(turns(input).expect("understood"), want);
    }

    #[test]
    fn arguments_of_calls_are_what_templates_expect() {
        let input = json!([{ "type": "function_call", "call_id": "1", "name": "f", "arguments": "{\"a\": 1}" }]);
        let mut fields = Fields::of(json!({ "input": input })).expect("an object");
        let messages = read(&mut fields, &mut Vec::new()).expect("understood");
        let calls = messages[0].tool_calls.as_ref().expect("a call");
        assert_eq!(calls[0]["function"]["arguments"], json!({ "a": 1 }));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (input, param) in [
            (json!(1), "input"),
            (json!([]), "input"),
            (json!([1]), "input[0].role"),
            (json!([{ "role": "robot" }]), "input[0].role"),
            (json!([{ "role": "user" }]), "input[0].content"),
            (
                json!([{ "role": "user", "content": [{ "type": "input_image" }] }]),
                "input[0].content",
            ),
            (json!([{ "type": "item_reference" }]), "input[0].type"),
            (json!([{ "type": "function_call" }]), "input[0].name"),
        ] {
            let error = turns(input).expect_err("wrong");
            assert_eq!(error.body()["error"]["param"], param);
        }
    }
}
