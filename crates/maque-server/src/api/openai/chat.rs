//! `POST /v1/chat/completions`

use super::tools::{self, Heard};
use super::{Envelope, Shape, deliver, logprobs, messages};
use crate::Service;
use crate::answers::Answers;
use crate::choice::Choice;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::options::Options;
use crate::structure;
use crate::tools::{Toolbox, render};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_engine::{Request, Sampling, TokenEvent};
use serde_json::{Value, json};

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
    let mut fields = Fields::of(body)?;
    let options = Options::read(&mut fields, service)?;
    let mut warnings = Vec::new();
    let messages = messages::read(&mut fields, &mut warnings)?;
    let toolbox = tools::read(&mut fields, &mut warnings)?;
    let structure = toolbox.structure(structure::read(&mut fields)?)?;
    let n_logprobs = n_logprobs(&mut fields)?;
    let is_text = |value: &Value| *value == json!(["text"]);
    fields.only("modalities", is_text, "[\"text\"]")?;
    warnings.extend(fields.warnings(""));
    let text = render(
        &service.parts().template,
        &messages,
        &toolbox,
        &mut warnings,
    );
    let text =
        text.map_err(|error| ApiError::field("messages", &format!("cannot be rendered: {error}")))?;
    let prompt = service.parts().tokenizer.encode_with_special(&text);
    let prompt = prompt.map_err(|error| ApiError::field("messages", &error.to_string()))?;
    let constraint = service.constraint(structure).await?;
    let choices = (0..options.n).map(|i| {
        let sampling = Sampling {
            seed: options.sampling.seed.wrapping_add(i as u64),
            ..options.sampling.clone()
        };
        let max_tokens = options.max_tokens.unwrap_or(usize::MAX);
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: n_logprobs,
            constraint: constraint.clone(),
            ..Request::new(prompt.clone(), sampling, max_tokens)
        };
        let running = service.parts().engine.submit(request)?;
        Ok(Choice::new(service.clone(), running, options.stops.clone()))
    });
    let choices = choices.collect::<Result<Vec<Choice>, ApiError>>()?;
    Ok(Asked {
        answers: Answers::new(choices, options.n),
        shape: Chat::new(service.clone(), options.n, n_logprobs, &toolbox),
        envelope: Envelope::new("chatcmpl", service, warnings),
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
