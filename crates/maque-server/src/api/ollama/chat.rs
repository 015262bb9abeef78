//! `POST /api/chat`

use super::options::{COMMON, Options, refuse_images};
use super::{Asked, Place, Shape, deliver, loaded};
use crate::Service;
use crate::api::openai::messages::tool_calls;
use crate::api::openai::tools::{self, Form};
use crate::ask::Question;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::{MAX_MESSAGES, MAX_TOOLS};
use crate::prompt::{Conversation, message};
use crate::structure;
use crate::turns::Turns;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_model::Message;
use serde_json::{Value, json};

/// Rows beside the common ones.
pub(crate) const CHAT: &[Field] = &[
    Field::new("messages", Kind::Messages(Turns::Ollama, MAX_MESSAGES)),
    Field::new("tools", Kind::List(MAX_TOOLS)),
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
    match fields.get("messages").and_then(Value::as_array) {
        Some(list) if !list.is_empty() => {
            deliver(submit(service, fields, options, warnings).await).await
        }
        _ => loaded(&service, &options.model, Place::Message),
    }
}

async fn submit(
    service: Service,
    mut fields: Fields,
    options: Options,
    mut warnings: Vec<String>,
) -> Result<Asked, ApiError> {
    let toolbox = tools::read(&mut fields, Form::Function, &mut warnings)?;
    let structure = structure::format(&mut fields)?;
    let messages = fields.take("messages").unwrap_or(json!([]));
    let list = messages.as_array().into_iter().flatten().enumerate();
    let messages =
        list.map(|(i, value)| one(&format!("messages[{i}]"), value.clone(), &mut warnings));
    let conversation = Conversation {
        field: "messages",
        messages: &messages.collect::<Result<Vec<_>, _>>()?,
        overflow: options.overflow,
        max_tokens: options.max_tokens,
    };
    let prompt = conversation.with_tools(&service, &toolbox, &mut warnings)?;
    let question = Question {
        prompt: prompt.ids,
        sampling: options.sampling,
        max_tokens: options.max_tokens,
        stops: options.stops,
        logprobs: options.logprobs,
        toolbox,
        structure,
    };
    let (choice, written) = question.ask(&service).await?;
    Ok(Asked {
        choice,
        written,
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
    let calls = calls.filter(|calls| calls.as_array().is_none_or(|list| !list.is_empty()));
    let calls = calls.map(|calls| tool_calls(&format!("{at}.tool_calls"), calls, warnings));
    let read = Message {
        tool_calls: calls.transpose()?,
        name: fields.text("tool_name").map_err(within)?,
        ..message(&role, content)
    };
    fields.take("thinking"); // of an earlier answer, which it does not continue
    warnings.extend(fields.warnings(&format!("{at}.")));
    Ok(read)
}
