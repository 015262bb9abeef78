//! `POST /v1/messages` and `POST /v1/messages/count_tokens`

use super::events::Events;
use super::{Shape, tools, turns};
use crate::Service;
use crate::ask::{Question, tell};
use crate::choice::Choice;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::{MAX_MESSAGES, MAX_STOPS, MAX_TOOLS};
use crate::options::{DEFAULT_MAX_TOKENS, SAMPLING, check_model, sampling};
use crate::prompt::{Conversation, Overflow, Prompt};
use crate::structure;
use crate::tools::Toolbox;
use crate::turns::Turns;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Rows of both routes.
pub(crate) const CONVERSATION: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("messages", Kind::Messages(Turns::Anthropic, MAX_MESSAGES)),
    Field::new("system", Kind::Mixed),
    Field::new("tools", Kind::List(MAX_TOOLS)),
    Field::new("tool_choice", Kind::Object),
    Field::new("thinking", Kind::Refused),
    Field::new("mcp_servers", Kind::Refused),
    Field::new("container", Kind::Refused),
    Field::new("output_config", Kind::Object),
    Field::new("output_format", Kind::Instead("output_config.format")),
    Field::new("context_management", Kind::Hint),
    Field::new("cache_control", Kind::Idle), // every prefix is cached
];

/// Rows of messages alone.
pub(crate) const MESSAGES: &[Field] = &[
    Field::new("max_tokens", Kind::Integer(1, u32::MAX as i128)),
    Field::new("stop_sequences", Kind::Texts(MAX_STOPS)),
    Field::new("stream", Kind::Flag),
    Field::new("overflow", Kind::OneOf(Overflow::TEXTS)),
    Field::new("metadata", Kind::Idle),
    Field::new("service_tier", Kind::Idle),
    Field::new("inference_geo", Kind::Idle),
    Field::new("speed", Kind::Idle),
];

/// The answer to a conversation.
pub(crate) async fn messages(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body).await {
        Ok((choice, events, true)) => tell(choice, events),
        Ok((choice, events, false)) => events.whole(choice).await.into_response(),
        Err(error) => error.into_response(),
    }
}

/// How many tokens a conversation has.
pub(crate) async fn count_tokens(service: Service, body: Value) -> Response<Body> {
    let counted = || {
        let (mut fields, mut warnings) = Fields::checked(body, "", &[CONVERSATION])?;
        check_model(&mut fields, &service)?;
        let toolbox = tools::read(&mut fields, &mut warnings)?;
        structure::output_config(&mut fields, &mut warnings)?;
        let limits = (Overflow::Error, 0);
        let prompt = prompt(&service, &mut fields, &toolbox, &mut warnings, limits)?;
        let mut answer = json!({ "input_tokens": prompt.ids.len() });
        if !warnings.is_empty() {
            answer["warnings"] = json!(warnings);
        }
        Ok::<_, ApiError>(Json(answer))
    };
    counted().into_response()
}

/// The answer under way, how to write it, and whether it is streamed.
async fn submit(service: &Service, body: Value) -> Result<(Choice, Events, bool), ApiError> {
    let (mut fields, mut warnings) =
        Fields::checked(body, "", &[CONVERSATION, SAMPLING, MESSAGES])?;
    check_model(&mut fields, service)?;
    let max_tokens = fields
        .take_count("max_tokens")
        .unwrap_or(DEFAULT_MAX_TOKENS);
    let overflow = Overflow::of(fields.text("overflow")?.as_deref());
    let toolbox = tools::read(&mut fields, &mut warnings)?;
    let structure = structure::output_config(&mut fields, &mut warnings)?;
    let limits = (overflow, max_tokens);
    let prompt = prompt(service, &mut fields, &toolbox, &mut warnings, limits)?;
    let question = Question {
        prompt: prompt.ids,
        sampling: sampling(&mut fields, service)?,
        max_tokens,
        stops: fields.texts("stop_sequences", MAX_STOPS)?,
        logprobs: None,
        toolbox,
        structure,
    };
    let (choice, written) = question.ask(service).await?;
    let shape = Shape::new(service, warnings, prompt.context);
    Ok((choice, Events::new(shape, written), fields.flag("stream")?))
}

fn prompt(
    service: &Service,
    fields: &mut Fields,
    toolbox: &Toolbox,
    warnings: &mut Vec<String>,
    (overflow, max_tokens): (Overflow, usize),
) -> Result<Prompt, ApiError> {
    let conversation = Conversation {
        field: "messages",
        messages: &turns::read(fields, warnings)?,
        overflow,
        max_tokens,
    };
    conversation.with_tools(service, toolbox, warnings)
}
