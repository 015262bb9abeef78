//! `POST /v1/chat/completions`

use super::messages;
use super::tools::{self, Form, Heard};
use super::{Envelope, Shape, deliver, logprobs};
use crate::Service;
use crate::answers::Answers;
use crate::choice::Choice;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_MESSAGES;
use crate::limits::MAX_TOOLS;
use crate::options::{DEFAULT_MAX_TOKENS, OPTIONS, Options, SAMPLING, TIERS, tier};
use crate::prompt::{Conversation, Overflow, continued, rendered};
use crate::structure::{self, STRUCTURE};
use crate::tools::{Toolbox, foreign, render};
use crate::turns::Turns;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_engine::{Request, Sampling, TokenEvent};
use maque_model::Message;
use serde_json::{Value, json};

/// Rows beside the common ones.
pub(crate) const CHAT: &[Field] = &[
    Field::new("messages", Kind::Messages(Turns::OpenAi, MAX_MESSAGES)),
    Field::new("overflow", Kind::OneOf(Overflow::TEXTS)),
    Field::new("continue_final_message", Kind::Flag),
    Field::new("logprobs", Kind::Flag),
    Field::new("top_logprobs", Kind::Integer(0, 20)),
    Field::new("tools", Kind::List(MAX_TOOLS)),
    Field::new("tool_choice", Kind::Mixed),
    Field::new("parallel_tool_calls", Kind::Flag),
    Field::new("functions", Kind::Refused),
    Field::new("function_call", Kind::Refused),
    Field::new("modalities", Kind::Refused),
    Field::new("audio", Kind::Refused),
    Field::new("web_search_options", Kind::Refused),
    Field::new("chat_template", Kind::Refused),
    Field::new("chat_template_kwargs", Kind::Refused),
    Field::new("add_generation_prompt", Kind::Idle),
    Field::new("prediction", Kind::Hint),
    Field::new("reasoning_effort", Kind::Hint),
    Field::new("verbosity", Kind::Hint),
    Field::new("service_tier", Kind::OneOf(TIERS)),
    Field::new("safety_identifier", Kind::Idle),
    Field::new("prompt_cache_key", Kind::Idle),
];

/// The answer to a conversation.
pub(crate) async fn chat(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body).await {
        Ok(asked) => {
            deliver(
                asked.answers,
                asked.shape,
                asked.envelope,
                asked.options.delivery,
            )
            .await
        }
        Err(error) => error.into_response(),
    }
}

struct Asked {
    answers: Answers,
    shape: Chat,
    envelope: Envelope,
    options: Options,
}

async fn submit(service: &Service, body: Value) -> Result<Asked, ApiError> {
    let (mut fields, mut warnings) =
        Fields::checked(body, "", &[OPTIONS, SAMPLING, CHAT, STRUCTURE])?;
    let options = Options::read(&mut fields, service)?;
    let service = &tier(&mut fields, service)?;
    let messages = messages::read(&mut fields, &mut warnings)?;
    let toolbox = tools::read(&mut fields, Form::Function, &mut warnings)?;
    let structure = toolbox.structure(structure::read(&mut fields)?)?;
    let n_logprobs = n_logprobs(&mut fields)?;
    let max_tokens = options.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    let conversation = Conversation {
        field: "messages",
        messages: &messages,
        overflow: Overflow::of(fields.text("overflow")?.as_deref()),
        max_tokens,
    };
    let is_continued = fields.flag("continue_final_message")?;
    let template = &service.parts().template;
    warnings.extend(foreign(template, &messages, &toolbox));
    let render = |messages: &[Message]| render(template, messages, &toolbox);
    let prompt = conversation.prompt(service, |messages| match is_continued {
        true => continued(messages, render),
        false => rendered(messages, render),
    })?;
    let constraint = service.constraint(structure).await?;
    let choices = (0..options.n).map(|i| {
        let sampling = Sampling {
            seed: options.sampling.seed.wrapping_add(i as u64),
            ..options.sampling.clone()
        };
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: n_logprobs,
            constraint: constraint.clone(),
            ..Request::new(prompt.ids.clone(), sampling, max_tokens)
        };
        let running = service.submit(request)?;
        Ok(Choice::new(service.clone(), running, options.stops.clone()))
    });
    let choices = choices.collect::<Result<Vec<Choice>, ApiError>>()?;
    Ok(Asked {
        answers: Answers::new(choices, options.n),
        shape: Chat::new(service.clone(), options.n, n_logprobs, &toolbox),
        envelope: Envelope::new("chatcmpl", service, warnings).about(prompt.context),
        options,
    })
}

/// How many alternatives are wanted with each token.
fn n_logprobs(fields: &mut Fields) -> Result<Option<usize>, ApiError> {
    let is_wanted = fields.flag("logprobs")?;
    let n = fields.integer("top_logprobs", 0..=20)?;
    match (is_wanted, n) {
        (false, Some(1..)) => Err(ApiError::field("top_logprobs", "needs logprobs: true")),
        (true, n) => Ok(Some(n.unwrap_or(0) as usize)),
        (false, _) => Ok(None),
    }
}

/// How a chat answer is written.
struct Chat {
    service: Service,
    with_logprobs: bool,
    written: Vec<Written>,
}

/// What was gathered of one choice.
struct Written {
    heard: Heard,
    logprobs: Vec<Value>,
    reason: Option<&'static str>,
}

impl Chat {
    fn new(service: Service, n: usize, logprobs: Option<usize>, toolbox: &Toolbox) -> Chat {
        let written = || Written {
            heard: Heard::new(toolbox),
            logprobs: Vec::new(),
            reason: None,
        };
        Chat {
            service,
            with_logprobs: logprobs.is_some(),
            written: std::iter::repeat_with(written).take(n).collect(),
        }
    }

    /// What was gathered of choice `index` beside its text and calls.
    fn choice(&mut self, index: usize) -> Value {
        let written = &mut self.written[index];
        let logprobs = std::mem::take(&mut written.logprobs);
        let logprobs = self
            .with_logprobs
            .then(|| json!({ "content": logprobs, "refusal": null }));
        json!({ "index": index, "logprobs": logprobs, "finish_reason": written.reason })
    }
}

impl Shape for Chat {
    fn opening(&self) -> Vec<Value> {
        let delta = json!({ "role": "assistant", "content": "" });
        let choice = |index| json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": null });
        (0..self.written.len()).map(choice).collect()
    }

    fn prompt(&mut self, _: usize, _: TokenEvent) {} // never asked for

    fn text(&mut self, index: usize, text: String, tokens: &[TokenEvent]) {
        let written = &mut self.written[index];
        written.heard.push(&text);
        if self.with_logprobs {
            let shown = tokens
                .iter()
                .map(|token| logprobs::chat(&self.service, token));
            written.logprobs.extend(shown);
        }
    }

    fn end(&mut self, index: usize, reason: &'static str) {
        let written = &mut self.written[index];
        written.reason = Some(match (written.heard.finish(), reason) {
            (true, "stop") => "tool_calls",
            _ => reason,
        });
    }

    fn chunk(&mut self, index: usize) -> Option<Value> {
        let delta = self.written[index].heard.delta();
        let is_empty = delta.as_object().is_some_and(|delta| delta.is_empty());
        let written = &self.written[index];
        if is_empty && written.logprobs.is_empty() && written.reason.is_none() {
            return None; // held back: it may become a call
        }
        let mut choice = self.choice(index);
        choice["delta"] = delta;
        Some(choice)
    }

    fn choices(&mut self) -> Vec<Value> {
        let n = self.written.len();
        let choice = |index| {
            let mut choice = self.choice(index);
            choice["message"] = self.written[index].heard.message();
            choice
        };
        (0..n).map(choice).collect()
    }

    fn objects(&self) -> [&'static str; 2] {
        ["chat.completion.chunk", "chat.completion"]
    }
}
