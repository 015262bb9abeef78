//! `POST /api/generate`

use super::options::{COMMON, Options, refuse_images};
use super::{Asked, Place, Shape, deliver, loaded};
use crate::Service;
use crate::ask::Question;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::prompt::{Conversation, continued, message};
use crate::structure;
use crate::tools::Toolbox;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// Rows beside the common ones.
pub(crate) const GENERATE: &[Field] = &[
    Field::new("prompt", Kind::Text),
    Field::new("system", Kind::Text),
    Field::new("raw", Kind::Flag),
    Field::new("images", Kind::List(16)),
    Field::new("template", Kind::Refused),
    Field::new("suffix", Kind::Refused),
    Field::new("context", Kind::Refused),
    Field::new("width", Kind::Refused),
    Field::new("height", Kind::Refused),
    Field::new("steps", Kind::Refused),
];

/// The rows of this route.
pub(crate) const ROWS: &[&[Field]] = &[COMMON, GENERATE];

/// A text that answers a prompt, or goes on from it.
pub(crate) async fn generate(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body).await {
        Ok(Some(asked)) => deliver(Ok(asked)).await,
        Ok(None) => loaded(&service, service.name(), Place::Response),
        Err(error) => error.into_response(),
    }
}

/// `None` without a prompt.
async fn submit(service: &Service, body: Value) -> Result<Option<Asked>, ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", ROWS)?;
    let options = Options::read(&mut fields, service, &mut warnings)?;
    refuse_images("images", fields.take("images"))?;
    let text = fields.text("prompt")?.unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let system = fields.text("system")?.filter(|text| !text.is_empty());
    let is_raw = fields.flag("raw")?;
    let turn = message("user", text.clone());
    let system = system.map(|text| message("system", text));
    let conversation = Conversation {
        field: "prompt",
        messages: &system.into_iter().chain([turn]).collect::<Vec<_>>(),
        overflow: options.overflow,
        max_tokens: options.max_tokens,
    };
    let prompt = conversation.prompt(service, |messages| match is_raw {
        true => Ok(text.clone()),
        false => continued(messages, |messages| service.render(messages)),
    })?;
    let question = Question {
        prompt: prompt.ids,
        sampling: options.sampling,
        max_tokens: options.max_tokens,
        stops: options.stops,
        logprobs: options.logprobs,
        toolbox: Toolbox::empty(),
        structure: structure::format(&mut fields)?,
    };
    let (choice, written) = question.ask(service).await?;
    Ok(Some(Asked {
        choice,
        written,
        is_stream: options.is_stream,
        shape: Shape {
            service: service.clone(),
            model: options.model,
            place: Place::Response,
            with_logprobs: options.logprobs.is_some(),
            warnings,
            context: prompt.context,
        },
    }))
}
