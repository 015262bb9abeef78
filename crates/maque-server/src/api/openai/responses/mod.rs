//! `POST /v1/responses`

mod events;
mod items;

use crate::Service;
use crate::api::openai::logprobs;
use crate::api::openai::tools::{self, Form};
use crate::ask::{Question, tell};
use crate::choice::Choice;
use crate::clock::unix;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_TOOLS;
use crate::options::{DEFAULT_MAX_TOKENS, SAMPLING, check_model, sampling};
use crate::prompt::{Conversation, Overflow, message};
use crate::record::random;
use crate::structure;
use crate::written::{Block, Content, Written};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use events::Events;
use maque_engine::TokenEvent;
use maque_model::Message;
use serde_json::{Value, json};
use std::time::SystemTime;

/// The rows of this route.
pub(crate) const RESPONSES: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("input", Kind::Mixed),
    Field::new("instructions", Kind::Text),
    Field::new("max_output_tokens", Kind::Integer(1, u32::MAX as i128)),
    Field::new("stream", Kind::Flag),
    Field::new("top_logprobs", Kind::Integer(0, 20)),
    Field::new("include", Kind::List(16)),
    Field::new("truncation", Kind::OneOf(&["auto", "disabled"])),
    Field::new("metadata", Kind::Object),
    Field::new("text", Kind::Object),
    Field::new("parallel_tool_calls", Kind::Flag),
    Field::new("tools", Kind::List(MAX_TOOLS)),
    Field::new("tool_choice", Kind::Mixed),
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
    Field::new("format", Kind::Object),
    Field::new("verbosity", Kind::Hint),
];

/// The answer to an input.
pub(crate) async fn responses(service: Service, body: Value) -> Response<Body> {
    match submit(service, body).await {
        Ok((choice, events, true)) => tell(choice, events),
        Ok((choice, events, false)) => events.whole(choice).await.into_response(),
        Err(error) => error.into_response(),
    }
}

/// How a response is written.
struct Shape {
    service: Service,
    /// What is the same from the first event to the last.
    head: Value,
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
            let items = (0..written.blocks.len()).map(|index| self.item(index, written));
            response["output"] = items.collect();
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

    /// The item of a block, as far as it is written.
    fn item(&self, index: usize, written: &Written) -> Value {
        let Block { id, content } = &written.blocks[index];
        let is_last = index + 1 == written.blocks.len();
        let status = match is_last && written.reason.is_some() {
            true => status(written).0,
            false => "completed",
        };
        match content {
            Content::Text(text) => json!({
                "id": format!("msg_{id}"),
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [part(text, self.logprobs(&written.tokens))],
            }),
            Content::Call { name, arguments } => json!({
                "id": format!("fc_{id}"),
                "type": "function_call",
                "status": status,
                "call_id": format!("call_{id}"),
                "name": name,
                "arguments": arguments,
            }),
        }
    }

    /// The same, of which nothing is written yet.
    fn begun(&self, index: usize, written: &Written) -> Value {
        let mut item = self.item(index, written);
        item["status"] = json!("in_progress");
        match item["type"] == "message" {
            true => item["content"] = json!([]),
            false => item["arguments"] = json!(""),
        }
        item
    }

    fn logprobs(&self, tokens: &[TokenEvent]) -> Value {
        let tokens = tokens.iter().filter(|_| self.with_logprobs);
        tokens
            .map(|token| logprobs::chat(&self.service, token))
            .collect()
    }
}

/// The one part of a message.
fn part(text: &str, logprobs: Value) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": logprobs })
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
async fn submit(service: Service, body: Value) -> Result<(Choice, Events, bool), ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", &[SAMPLING, RESPONSES])?;
    check_model(&mut fields, &service)?;
    let mut head = head(&service, &fields);
    let text = fields.take("text").unwrap_or(json!({}));
    let (mut text, unused) = Fields::checked(text, "text.", &[TEXT])?;
    warnings.extend(unused);
    let structure = structure::text_format(&mut text)?;
    let toolbox = tools::read(&mut fields, Form::Flat, &mut warnings)?;
    let asked = fields.take_count("max_output_tokens");
    let messages = messages(&mut fields, &mut warnings)?;
    let conversation = Conversation {
        field: "input",
        messages: &messages,
        overflow: match fields.text("truncation")?.as_deref() {
            Some("auto") => Overflow::DropOldest,
            _ => Overflow::Error,
        },
        max_tokens: asked.unwrap_or(DEFAULT_MAX_TOKENS),
    };
    let prompt = conversation.with_tools(&service, &toolbox, &mut warnings)?;
    let logprobs = logprobs_wanted(&mut fields, &mut warnings);
    if logprobs.is_some() && toolbox.is_open() {
        let must = "cannot be combined with tools";
        return Err(ApiError::field("top_logprobs", must));
    }
    let question = Question {
        prompt: prompt.ids,
        sampling: sampling(&mut fields, &service)?,
        max_tokens: conversation.max_tokens,
        stops: Vec::new(),
        logprobs,
        toolbox,
        structure,
    };
    head["temperature"] = json!(question.sampling.temperature);
    head["top_p"] = json!(question.sampling.top_p);
    head["top_logprobs"] = json!(logprobs.unwrap_or(0));
    if !warnings.is_empty() {
        head["warnings"] = json!(warnings);
    }
    if let Some(context) = prompt.context {
        head["context"] = context;
    }
    let (choice, written) = question.ask(&service).await?;
    let shape = Shape {
        service,
        head,
        with_logprobs: logprobs.is_some(),
    };
    Ok((choice, Events::new(shape, written), fields.flag("stream")?))
}

/// Instructions and input.
fn messages(fields: &mut Fields, warnings: &mut Vec<String>) -> Result<Vec<Message>, ApiError> {
    let instructions = fields.text("instructions")?;
    let mut messages: Vec<Message> = instructions
        .into_iter()
        .map(|text| message("system", text))
        .collect();
    messages.extend(items::read(fields, warnings)?);
    Ok(messages)
}

/// What a response repeats of its request, and what is the same in all of them.
fn head(service: &Service, fields: &Fields) -> Value {
    let asked = |name: &str, default: Value| fields.get(name).cloned().unwrap_or(default);
    let text = asked("text", json!({}));
    let format = text.get("format").cloned();
    json!({
        "id": format!("resp_{}", random()),
        "object": "response",
        "created_at": unix(SystemTime::now()),
        "error": null,
        "instructions": asked("instructions", Value::Null),
        "max_output_tokens": asked("max_output_tokens", Value::Null),
        "metadata": asked("metadata", json!({})),
        "model": service.name(),
        "parallel_tool_calls": asked("parallel_tool_calls", json!(true)),
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "text": { "format": format.unwrap_or(json!({ "type": "text" })) },
        "tool_choice": asked("tool_choice", json!("auto")),
        "tools": asked("tools", json!([])),
        "truncation": asked("truncation", json!("disabled")),
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
