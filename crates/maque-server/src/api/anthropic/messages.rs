//! `POST /v1/messages` and `POST /v1/messages/count_tokens`

use super::{Events, Shape, turns};
use crate::Service;
use crate::ask::{Question, tell, whole};
use crate::choice::Choice;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::{MAX_MESSAGES, MAX_STOPS};
use crate::options::{DEFAULT_MAX_TOKENS, check_model, sampling};
use crate::prompt::{Conversation, Overflow, Prompt, continued};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Rows of both routes.
pub(crate) const CONVERSATION: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("messages", Kind::Messages(MAX_MESSAGES)),
    Field::new("system", Kind::Mixed),
    Field::new("tools", Kind::Refused),
    Field::new("tool_choice", Kind::Refused),
    Field::new("thinking", Kind::Refused),
    Field::new("mcp_servers", Kind::Refused),
    Field::new("container", Kind::Refused),
    Field::new("output_config", Kind::Refused),
    Field::new("output_format", Kind::Refused),
    Field::new("context_management", Kind::Hint),
    Field::new("cache_control", Kind::Idle), // every prefix is cached
];

/// Rows of messages alone.
pub(crate) const MESSAGES: &[Field] = &[
    Field::new("max_tokens", Kind::Integer(1, u32::MAX as i128)),
    Field::new("stop_sequences", Kind::Texts(MAX_STOPS)),
    Field::new("stream", Kind::Flag),
    Field::new("temperature", Kind::Number(0.0, 2.0)),
    Field::new("top_p", Kind::Number(0.0, 1.0)),
    Field::new("top_k", Kind::Integer(0, 1_000_000)),
    Field::new("min_p", Kind::Number(0.0, 1.0)),
    Field::new("repetition_penalty", Kind::Number(0.1, 10.0)),
    Field::new("seed", Kind::Integer(i64::MIN as i128, u64::MAX as i128)),
    Field::new("overflow", Kind::OneOf(Overflow::TEXTS)),
    Field::new("metadata", Kind::Idle),
    Field::new("service_tier", Kind::Idle),
    Field::new("inference_geo", Kind::Idle),
    Field::new("speed", Kind::Idle),
];

/// The answer to a conversation.
pub(crate) async fn messages(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body) {
        Ok((choice, shape, true)) => tell(choice, Events::new(shape)),
        Ok((choice, shape, false)) => match whole(choice).await {
            Ok(written) => {
                let block = json!([{ "type": "text", "text": written.text }]);
                Json(shape.message(block, &written)).into_response()
            }
            Err(error) => error.into_response(),
        },
        Err(error) => error.into_response(),
    }
}

/// How many tokens a conversation has.
pub(crate) async fn count_tokens(service: Service, body: Value) -> Response<Body> {
    let counted = || {
        let (mut fields, mut warnings) = Fields::checked(body, "", &[CONVERSATION])?;
        check_model(&mut fields, &service)?;
        let prompt = prompt(&service, &mut fields, &mut warnings, (Overflow::Error, 0))?;
        let mut answer = json!({ "input_tokens": prompt.ids.len() });
        if !warnings.is_empty() {
            answer["warnings"] = json!(warnings);
        }
        Ok::<_, ApiError>(Json(answer))
    };
    counted().into_response()
}

/// The answer under way, how to write it, and whether it is streamed.
fn submit(service: &Service, body: Value) -> Result<(Choice, Shape, bool), ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", &[CONVERSATION, MESSAGES])?;
    check_model(&mut fields, service)?;
    let max_tokens = fields
        .take_count("max_tokens")
        .unwrap_or(DEFAULT_MAX_TOKENS);
    let overflow = Overflow::of(fields.text("overflow")?.as_deref());
    let prompt = prompt(service, &mut fields, &mut warnings, (overflow, max_tokens))?;
    let question = Question {
        prompt: prompt.ids,
        sampling: sampling(&mut fields, service)?,
        max_tokens,
        stops: fields.texts("stop_sequences", MAX_STOPS)?,
        logprobs: None,
    };
    let choice = question.ask(service)?;
    let shape = Shape::new(service, warnings, prompt.context);
    Ok((choice, shape, fields.flag("stream")?))
}

fn prompt(
    service: &Service,
    fields: &mut Fields,
    warnings: &mut Vec<String>,
    (overflow, max_tokens): (Overflow, usize),
) -> Result<Prompt, ApiError> {
    let conversation = Conversation {
        field: "messages",
        messages: &turns::read(fields, warnings)?,
        overflow,
        max_tokens,
    };
    conversation.prompt(service, |messages| {
        continued(messages, |messages| service.render(messages))
    })
}
