//! The conversation in OpenAI's shape.

use crate::error::ApiError;
use crate::fields::Fields;
use crate::limits::MAX_MESSAGES;
use maque_model::Message;
use serde_json::{Value, json};

/// The field `messages`.
pub(crate) fn read(
    fields: &mut Fields,
    warnings: &mut Vec<String>,
) -> Result<Vec<Message>, ApiError> {
    let list = match fields.take("messages") {
        Some(Value::Array(list)) if (1..=MAX_MESSAGES).contains(&list.len()) => list,
        _ => {
            let must = format!("must be a list of 1 to {MAX_MESSAGES} messages");
            return Err(ApiError::field("messages", &must));
        }
    };
    let read = list.into_iter().enumerate().map(|(i, value)| {
        let at = format!("messages[{i}]");
        let mut fields =
            Fields::of(value).map_err(|_| ApiError::field(&at, "must be an object"))?;
        let message = message(&at, &mut fields, warnings)?;
        fields.take("refusal"); // clients send answers back as they got them
        fields.take("annotations");
        warnings.extend(fields.warnings(&format!("{at}.")));
        Ok(message)
    });
    read.collect()
}

fn message(at: &str, fields: &mut Fields, warnings: &mut Vec<String>) -> Result<Message, ApiError> {
    let within = |error: ApiError| error.within(&format!("{at}."));
    let role = match fields.text("role").map_err(within)?.as_deref() {
        Some("developer") => "system".to_owned(), // OpenAI's new name
        Some(role @ ("system" | "user" | "assistant" | "tool")) => role.to_owned(),
        _ => {
            let must = "must be system, user, assistant or tool";
            return Err(ApiError::field(&format!("{at}.role"), must));
        }
    };
    let tool_calls = match fields.take("tool_calls") {
        Some(Value::Array(list)) if list.is_empty() => None,
        Some(_) if role != "assistant" => {
            let must = "can be in assistant's messages only";
            return Err(ApiError::field(&format!("{at}.tool_calls"), must));
        }
        calls => calls
            .map(|calls| tool_calls(&format!("{at}.tool_calls"), calls, warnings))
            .transpose()?,
    };
    let content = match fields.take("content") {
        Some(content) => text(&format!("{at}.content"), content)?,
        None if tool_calls.is_some() => String::new(),
        None => return Err(ApiError::field(&format!("{at}.content"), "is missing")),
    };
    Ok(Message {
        role,
        content,
        tool_calls,
        tool_call_id: fields.text("tool_call_id").map_err(within)?,
        name: fields.text("name").map_err(within)?,
    })
}

/// A text, or the texts of its parts.
fn text(at: &str, content: Value) -> Result<String, ApiError> {
    match content {
        Value::String(text) => Ok(text),
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .map(|part| match (&part["type"], &part["text"]) {
                    (Value::String(kind), Value::String(text)) if kind == "text" => {
                        Ok(text.as_str())
                    }
                    _ => Err(ApiError::field(at, "can have parts of type text only")),
                });
            texts.collect()
        }
        _ => Err(ApiError::field(
            at,
            "must be a string or a list of text parts",
        )),
    }
}

/// Calls of an earlier answer, in the shape that templates expect.
pub(crate) fn tool_calls(
    at: &str,
    calls: Value,
    warnings: &mut Vec<String>,
) -> Result<Value, ApiError> {
    let Value::Array(calls) = calls else {
        return Err(ApiError::field(at, "must be a list"));
    };
    let read = calls.into_iter().enumerate().map(|(i, call)| {
        let at = format!("{at}[{i}].function");
        let Value::String(name) = &call["function"]["name"] else {
            return Err(ApiError::field(&format!("{at}.name"), "must be a string"));
        };
        let given = &call["function"]["arguments"];
        let arguments = arguments(&format!("{at}.arguments"), given, warnings)?;
        let function = json!({ "name": name, "arguments": arguments });
        Ok(json!({ "id": call["id"], "type": "function", "function": function }))
    });
    read.collect()
}

/// Arguments of a call as templates expect them: an object, or else the text that they are.
pub(crate) fn arguments(
    at: &str,
    given: &Value,
    warnings: &mut Vec<String>,
) -> Result<Value, ApiError> {
    match given {
        Value::Null => Ok(json!({})),
        Value::String(text) if text.trim().is_empty() => Ok(json!({})),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => Ok(object),
            _ => {
                warnings.push(format!("{at} is no JSON object and is shown as text"));
                Ok(json!(text))
            }
        },
        object @ Value::Object(_) => Ok(object.clone()),
        _ => Err(ApiError::field(at, "must be a string of JSON or an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(message: Value) -> Result<(Message, usize), ApiError> {
        let mut warnings = Vec::new();
        let mut fields = Fields::of(json!({ "messages": [message] })).expect("an object");
        let mut messages = read(&mut fields, &mut warnings)?;
        Ok((messages.remove(0), warnings.len()))
    }

    fn assistant(function: Value) -> Value {
        json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function", "function": function }] })
    }

    #[test]
    fn bent_calls_are_understood_where_they_can_be() {
        for (arguments, want, n_warnings) in [
            (json!("{\"a\": 1}"), json!({ "a": 1 }), 0),
            (json!({ "a": 1 }), json!({ "a": 1 }), 0),
            (json!(""), json!({}), 0),
            (Value::Null, json!({}), 0),
            (json!("{\"a\""), json!("{\"a\""), 1),
        ] {
            let function = json!({ "name": "f", "arguments": arguments });
            let (message, n) = read_one(assistant(function)).expect("understood");
            let calls = message.tool_calls.expect("calls");
            assert_eq!((&calls[0]["function"]["arguments"], n), (&want, n_warnings));
        }
        let (message, _) =
            read_one(json!({ "role": "assistant", "content": "a", "tool_calls": [] }))
                .expect("none");
        assert_eq!(message.tool_calls, None);
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_message() {
        for (message, param) in [
            (
                assistant(json!({})),
                "messages[0].tool_calls[0].function.name",
            ),
            (
                assistant(json!({ "name": "f", "arguments": 7 })),
                "messages[0].tool_calls[0].function.arguments",
            ),
            (
                json!({ "role": "assistant", "tool_calls": {} }),
                "messages[0].tool_calls",
            ),
            (
                json!({ "role": "user", "tool_calls": [{}] }),
                "messages[0].tool_calls",
            ),
            (json!({ "role": "tool" }), "messages[0].content"),
            (json!({ "role": 1, "content": "" }), "messages[0].role"),
            (
                json!({ "role": "user", "content": "", "name": 1 }),
                "messages[0].name",
            ),
            (
                json!({ "role": "function", "content": "" }),
                "messages[0].role",
            ),
        ] {
            let error = read_one(message).expect_err("refused");
            assert_eq!(error.body()["error"]["param"], param);
        }
    }
}
