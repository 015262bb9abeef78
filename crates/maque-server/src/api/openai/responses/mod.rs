//! `POST /v1/responses`

mod events;
mod items;

use crate::Service;
use crate::api::openai::logprobs;
use crate::ask::{Question, Written, tell, whole};
use crate::choice::Choice;
use crate::clock::unix;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::options::{DEFAULT_MAX_TOKENS, check_model, sampling};
use crate::prompt::{Conversation, Overflow, continued, message};
use crate::record::random;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use events::Events;
use maque_engine::Sampling;
use serde_json::{Value, json};
use std::time::SystemTime;

/// The rows of this route.
pub(crate) const RESPONSES: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("input", Kind::Mixed),
    Field::new("instructions", Kind::Text),
    Field::new("max_output_tokens", Kind::Integer(1, u32::MAX as i128)),
    Field::new("stream", Kind::Flag),
    Field::new("temperature", Kind::Number(0.0, 2.0)),
    Field::new("top_p", Kind::Number(0.0, 1.0)),
    Field::new("top_k", Kind::Integer(0, 1_000_000)),
    Field::new("min_p", Kind::Number(0.0, 1.0)),
    Field::new("repetition_penalty", Kind::Number(0.1, 10.0)),
    Field::new("seed", Kind::Integer(i64::MIN as i128, u64::MAX as i128)),
    Field::new("top_logprobs", Kind::Integer(0, 20)),
    Field::new("include", Kind::List(16)),
    Field::new("truncation", Kind::OneOf(&["auto", "disabled"])),
    Field::new("metadata", Kind::Object),
    Field::new("text", Kind::Object),
    Field::new("parallel_tool_calls", Kind::Flag),
    Field::new("tools", Kind::Refused),
    Field::new("tool_choice", Kind::Refused),
    Field::new("previous_response_id", Kind::Refused),
    Field::new("conversation", Kind::Refused),
    Field::new("background", Kind::Refused),
    Field::new("prompt", Kind::Refused),
    Field::new("max_tool_calls", Kind::Hint),
    Field::new("reasoning", Kind::Hint),
    Field::new("store", Kind::Idle), // the answer says "store": false
    Field::new("stream_options", Kind::Idle),
    Field::new("service_tier", Kind::Idle),
    Field::new("safety_identifier", Kind::Idle),
    Field::new("prompt_cache_key", Kind::Idle),
    Field::new("prompt_cache_retention", Kind::Idle),
    Field::new("user", Kind::Idle),
];

/// Rows of `text`.
pub(crate) const TEXT: &[Field] = &[
    Field::new("format", Kind::Refused),
    Field::new("verbosity", Kind::Hint),
];

/// The answer to an input.
pub(crate) async fn responses(service: Service, body: Value) -> Response<Body> {
    match submit(service, body) {
        Ok((choice, shape, true)) => tell(choice, Events::new(shape)),
        Ok((choice, shape, false)) => match whole(choice).await {
            Ok(written) => Json(shape.response(&written)).into_response(),
            Err(error) => error.into_response(),
        },
        Err(error) => error.into_response(),
    }
}

/// How a response is written.
struct Shape {
    service: Service,
    /// What is the same from the first event to the last.
    head: Value,
    item: String,
    with_logprobs: bool,
}

impl Shape {
    /// The response as far as it is written.
    fn response(&self, written: &Written) -> Value {
        let mut response = self.head.clone();
        let (status, why) = status(written);
        response["status"] = json!(status);
        response["incomplete_details"] = why.map_or(Value::Null, |why| json!({ "reason": why }));
        response["output"] = json!([]);
        response["usage"] = Value::Null;
        if written.reason.is_some() {
            let usage = written.usage;
            response["output"] = json!([self.item(written)]);
            response["usage"] = json!({
                "input_tokens": usage.prompt_tokens,
                "input_tokens_details": { "cached_tokens": usage.cached_tokens, "cache_write_tokens": 0 },
                "output_tokens": usage.completion_tokens,
                "output_tokens_details": { "reasoning_tokens": 0 },
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            });
            response["completed_at"] = json!(unix(SystemTime::now()));
        }
        response
    }

    /// The message, with its text when it has ended.
    fn item(&self, written: &Written) -> Value {
        let content = match written.reason {
            None => json!([]),
            Some(_) => json!([self.part(&written.text, written)]),
        };
        json!({
            "id": self.item,
            "type": "message",
            "status": status(written).0,
            "role": "assistant",
            "content": content,
        })
    }

    fn part(&self, text: &str, written: &Written) -> Value {
        json!({
            "type": "output_text",
            "text": text,
            "annotations": [],
            "logprobs": self.logprobs(written),
        })
    }

    fn logprobs(&self, written: &Written) -> Value {
        let tokens = written.tokens.iter().filter(|_| self.with_logprobs);
        tokens
            .map(|token| logprobs::chat(&self.service, token))
            .collect()
    }
}

/// `completed` is what ended by itself; else why it is not.
fn status(written: &Written) -> (&'static str, Option<&'static str>) {
    match written.reason {
        None => ("in_progress", None),
        Some("stop") => ("completed", None),
        Some("length") => ("incomplete", Some("max_output_tokens")),
        Some(reason) => ("incomplete", Some(reason)),
    }
}

/// The answer under way, how to write it, and whether it is streamed.
fn submit(service: Service, body: Value) -> Result<(Choice, Shape, bool), ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", &[RESPONSES])?;
    check_model(&mut fields, &service)?;
    let text = fields.take("text").unwrap_or(json!({}));
    warnings.extend(Fields::checked(text, "text.", &[TEXT])?.1);
    let asked = fields.take_count("max_output_tokens");
    let truncation = fields.text("truncation")?.unwrap_or("disabled".to_owned());
    let instructions = fields.text("instructions")?;
    let mut messages: Vec<_> = instructions
        .iter()
        .map(|text| message("system", text.clone()))
        .collect();
    messages.extend(items::read(&mut fields, &mut warnings)?);
    let conversation = Conversation {
        field: "input",
        messages: &messages,
        overflow: match truncation == "auto" {
            true => Overflow::DropOldest,
            false => Overflow::Error,
        },
        max_tokens: asked.unwrap_or(DEFAULT_MAX_TOKENS),
    };
    let prompt = conversation.prompt(&service, |messages| {
        continued(messages, |messages| service.render(messages))
    })?;
    let logprobs = logprobs_wanted(&mut fields, &mut warnings);
    let question = Question {
        prompt: prompt.ids,
        sampling: sampling(&mut fields, &service)?,
        max_tokens: conversation.max_tokens,
        stops: Vec::new(),
        logprobs,
    };
    let mut head = head(&service, &mut fields, &question.sampling);
    head["instructions"] = json!(instructions);
    head["max_output_tokens"] = json!(asked);
    head["top_logprobs"] = json!(logprobs.unwrap_or(0));
    head["truncation"] = json!(truncation);
    if !warnings.is_empty() {
        head["warnings"] = json!(warnings);
    }
    if let Some(context) = prompt.context {
        head["context"] = context;
    }
    let choice = question.ask(&service)?;
    let shape = Shape {
        service,
        head,
        item: format!("msg_{}", random()),
        with_logprobs: logprobs.is_some(),
    };
    Ok((choice, shape, fields.flag("stream")?))
}

/// What a response repeats of its request, and what is the same in all of them.
fn head(service: &Service, fields: &mut Fields, sampling: &Sampling) -> Value {
    json!({
        "id": format!("resp_{}", random()),
        "object": "response",
        "created_at": unix(SystemTime::now()),
        "error": null,
        "metadata": fields.take("metadata").unwrap_or(json!({})),
        "model": service.name(),
        "parallel_tool_calls": fields.take_flag("parallel_tool_calls").unwrap_or(true),
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "temperature": sampling.temperature,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": sampling.top_p,
    })
}

/// Logprobs are asked for by name; each other thing to include is reported.
fn logprobs_wanted(fields: &mut Fields, warnings: &mut Vec<String>) -> Option<usize> {
    let n = fields.take_count("top_logprobs");
    let include = fields.take("include").unwrap_or(json!([]));
    let mut is_wanted = n.is_some();
    for name in include.as_array().into_iter().flatten() {
        match name == "message.output_text.logprobs" {
            true => is_wanted = true,
            false => warnings.push(format!("include has {name}, which is not there to include")),
        }
    }
    is_wanted.then_some(n.unwrap_or(0))
}
