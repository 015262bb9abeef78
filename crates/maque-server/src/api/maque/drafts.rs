//! What clients write about conversations, personas and prompts, checked before it is stored.

use crate::error::ApiError;
use crate::field::Field;
use crate::fields::Fields;
use crate::limits::{MAX_CONTENT, MAX_TITLE};
use serde_json::{Value, json};

/// Bytes of a conversation's settings, its system prompt included.
const MAX_SETTINGS: usize = 64 << 10;
/// Fields of a chat request that the server writes itself.
const OURS: [&str; 7] = [
    "continue_final_message",
    "messages",
    "stream",
    "stream_options",
    "n",
    "logprobs",
    "top_logprobs",
];

/// A body's fields, checked against rows; others are refused: nothing that is stored is ignored in silence.
pub(super) fn read(body: Value, rows: &[Field]) -> Result<Fields, ApiError> {
    let (fields, warnings) = Fields::checked(body, "", &[rows])?;
    match warnings.into_iter().next() {
        Some(warning) => Err(ApiError::bad_request(&warning)),
        None => Ok(fields),
    }
}

/// A title or a name: one line of bounded length.
pub(super) fn title(fields: &mut Fields, name: &str) -> Result<Option<String>, ApiError> {
    let Some(text) = fields.text(name)? else {
        return Ok(None);
    };
    match text.chars().count() <= MAX_TITLE && !text.contains(['\n', '\0']) {
        true => Ok(Some(text)),
        false => Err(ApiError::field(
            name,
            &format!("must be one line of at most {MAX_TITLE} characters"),
        )),
    }
}

/// A message's text.
pub(super) fn content(fields: &mut Fields) -> Result<String, ApiError> {
    let must = format!("must be a text of 1 to {MAX_CONTENT} bytes");
    match fields.text("content")? {
        Some(text) if !text.trim().is_empty() && text.len() <= MAX_CONTENT => Ok(text),
        _ => Err(ApiError::field("content", &must)),
    }
}

/// Settings: a system prompt, and fields of a chat request, which are read when one is made.
pub(super) fn settings(fields: &mut Fields) -> Result<Option<Value>, ApiError> {
    let Some(settings) = fields.take("settings") else {
        return Ok(None);
    };
    checked(settings).map(Some)
}

/// The same, given outright; null is none.
pub(super) fn checked(settings: Value) -> Result<Value, ApiError> {
    let wrong = |must: &str| Err(ApiError::field("settings", must));
    match &settings {
        Value::Null => Ok(json!({})),
        Value::Object(map) => {
            if let Some(name) = OURS.iter().find(|name| map.contains_key(**name)) {
                return Err(ApiError::field(
                    &format!("settings.{name}"),
                    "cannot be set",
                ));
            }
            if !matches!(
                map.get("system"),
                None | Some(Value::Null | Value::String(_))
            ) {
                return Err(ApiError::field("settings.system", "must be a string"));
            }
            match settings.to_string().len() <= MAX_SETTINGS {
                true => Ok(settings),
                false => wrong(&format!("must have at most {MAX_SETTINGS} bytes")),
            }
        }
        _ => wrong("must be an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_an_object_that_cannot_hold_what_is_ours() {
        for (settings, is_right) in [
            (json!({"system": "你是老师", "temperature": 0.2}), true),
            (Value::Null, true),
            (json!([]), false),
            (json!({"system": 1}), false),
            (json!({"messages": []}), false),
            (json!({"stream": false}), false),
            (json!({"system": "x".repeat(MAX_SETTINGS)}), false),
        ] {
            assert_eq!(checked(settings.clone()).is_ok(), is_right, "{settings}");
        }
    }
}
