//! `POST /api/chat`

use super::options::{COMMON, Options, refuse_images};
use super::{Asked, Place, Shape, deliver, loaded};
use crate::Service;
use crate::ask::Question;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_MESSAGES;
use crate::prompt::{Conversation, continued, message};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_model::Message;
use serde_json::{Value, json};

/// Rows beside the common ones.
pub(crate) const CHAT: &[Field] = &[
    Field::new("messages", Kind::Messages(MAX_MESSAGES)),
    Field::new("tools", Kind::Refused),
];

/// The rows of this route.
pub(crate) const ROWS: &[&[Field]] = &[COMMON, CHAT];

/// The answer to a conversation.
pub(crate) async fn chat(service: Service, body: Value) -> Response<Body> {
    let read = Fields::checked(body, "", ROWS);
    let (mut fields, mut warnings) = match read {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let options = match Options::read(&mut fields, &service, &mut warnings) {
        Ok(options) => options,
        Err(error) => return error.into_response(),
    };
    let messages = fields.take("messages").unwrap_or(json!([]));
    match messages.as_array().is_some_and(|list| list.is_empty()) {
        true => loaded(&service, &options.model, Place::Message),
        false => deliver(submit(service, messages, options, warnings)).await,
    }
}

fn submit(
    service: Service,
    messages: Value,
    options: Options,
    mut warnings: Vec<String>,
) -> Result<Asked, ApiError> {
    let list = messages.as_array().into_iter().flatten().enumerate();
    let messages =
        list.map(|(i, value)| one(&format!("messages[{i}]"), value.clone(), &mut warnings));
    let conversation = Conversation {
        field: "messages",
        messages: &messages.collect::<Result<Vec<_>, _>>()?,
        overflow: options.overflow,
        max_tokens: options.max_tokens,
    };
    let prompt = conversation.prompt(&service, |messages| {
        continued(messages, |messages| service.render(messages))
    })?;
    let question = Question {
        prompt: prompt.ids,
        sampling: options.sampling,
        max_tokens: options.max_tokens,
        stops: options.stops,
        logprobs: options.logprobs,
    };
    Ok(Asked {
        choice: question.ask(&service)?,
        is_stream: options.is_stream,
        shape: Shape {
            service,
            model: options.model,
            place: Place::Message,
            with_logprobs: options.logprobs.is_some(),
            warnings,
            context: prompt.context,
        },
    })
}

fn one(at: &str, value: Value, warnings: &mut Vec<String>) -> Result<Message, ApiError> {
    let mut fields = Fields::of(value).map_err(|_| ApiError::field(at, "must be an object"))?;
    let within = |error: ApiError| error.within(&format!("{at}."));
    let role = fields.text("role").map_err(within)?.unwrap_or_default();
    if !["system", "user", "assistant", "tool"].contains(&role.as_str()) {
        let must = "must be system, user, assistant or tool";
        return Err(ApiError::field(&format!("{at}.role"), must));
    }
    let content = fields.text("content").map_err(within)?.unwrap_or_default();
    refuse_images(&format!("{at}.images"), fields.take("images"))?;
    let calls = fields.take("tool_calls");
    let calls = calls.filter(|calls| calls.as_array().is_some_and(|list| !list.is_empty()));
    let read = Message {
        tool_calls: calls,
        name: fields.text("tool_name").map_err(within)?,
        ..message(&role, content)
    };
    fields.take("thinking"); // of an earlier answer, which it does not continue
    warnings.extend(fields.warnings(&format!("{at}.")));
    Ok(read)
}
