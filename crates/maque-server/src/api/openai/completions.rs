//! `POST /v1/completions`

use super::logprobs::Columns;
use super::{Envelope, Shape, deliver};
use crate::Service;
use crate::answers::Answers;
use crate::choice::Choice;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_CHOICES;
use crate::options::{OPTIONS, Options, SAMPLING};
use crate::prompt::aside;
use crate::structure::{self, STRUCTURE};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_engine::{PromptLogprobs, Request, Sampling, TokenEvent};
use serde_json::{Value, json};

/// Prompts of one request at most.
const MAX_PROMPTS: usize = 64;
/// Tokens of an answer where nothing is said, as OpenAI has it.
const DEFAULT_MAX_TOKENS: usize = 16;

/// Rows beside the common ones.
pub(crate) const COMPLETIONS: &[Field] = &[
    Field::new("prompt", Kind::Mixed),
    Field::new("echo", Kind::Flag),
    Field::new("logprobs", Kind::Integer(0, 20)),
    Field::new("return_token_ids", Kind::Flag),
    Field::new("best_of", Kind::Integer(1, MAX_CHOICES as i128)),
    Field::new("suffix", Kind::Refused),
];

/// Texts that go on from prompts.
pub(crate) async fn completions(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body).await {
        Ok((answers, shape, envelope, options)) => {
            deliver(answers, shape, envelope, options.delivery).await
        }
        Err(error) => error.into_response(),
    }
}

/// What is wanted beside the common options.
struct Wishes {
    with_echo: bool,
    with_ids: bool,
    n_logprobs: Option<usize>,
}

impl Wishes {
    /// What is wanted of the prompt's tokens.
    fn echoed(&self) -> Option<PromptLogprobs> {
        let n_top = self.n_logprobs.filter(|_| self.with_echo)?;
        Some(PromptLogprobs { from: 0, n_top })
    }
}

async fn submit(
    service: &Service,
    body: Value,
) -> Result<(Answers, Completions, Envelope, Options), ApiError> {
    let (mut fields, warnings) =
        Fields::checked(body, "", &[OPTIONS, SAMPLING, COMPLETIONS, STRUCTURE])?;
    let options = Options::read(&mut fields, service)?;
    let prompts = aside(|| prompts(&mut fields, service))?;
    let wishes = Wishes {
        with_echo: fields.flag("echo")?,
        with_ids: fields.flag("return_token_ids")?,
        n_logprobs: fields.take_count("logprobs"),
    };
    fields.only("best_of", |value| *value == json!(options.n), "equal to n")?;
    let constraint = service.constraint(structure::read(&mut fields)?).await?;
    let mut choices = Vec::new();
    for (prompt, i) in prompts
        .iter()
        .flat_map(|prompt| (0..options.n).map(move |i| (prompt, i)))
    {
        let sampling = Sampling {
            seed: options.sampling.seed.wrapping_add(i as u64),
            ..options.sampling.clone()
        };
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: wishes.n_logprobs,
            prompt_logprobs: wishes.echoed(),
            constraint: constraint.clone(),
            ..Request::new(
                prompt.clone(),
                sampling,
                options.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
            )
        };
        let running = service.submit(request)?;
        choices.push(Choice::new(service.clone(), running, options.stops.clone()));
    }
    let shape = Completions::new(service.clone(), prompts, options.n, wishes);
    let envelope = Envelope::new("cmpl", service, warnings);
    Ok((Answers::new(choices, options.n), shape, envelope, options))
}

/// A string, a list of strings, a list of token ids, or a list of such lists.
fn prompts(fields: &mut Fields, service: &Service) -> Result<Vec<Vec<u32>>, ApiError> {
    let must = format!(
        "must be a string, a list of at most {MAX_PROMPTS} strings, token ids, or a list of at most {MAX_PROMPTS} lists of token ids"
    );
    let wrong = || ApiError::field("prompt", &must);
    let encode = |text: &str| {
        let ids = service.parts().tokenizer.encode(text);
        ids.map_err(|error| ApiError::field("prompt", &error.to_string()))
    };
    let ids = |list: &[Value]| -> Result<Vec<u32>, ApiError> {
        let ids = list
            .iter()
            .map(|id| id.as_u64().and_then(|id| id.try_into().ok()));
        ids.collect::<Option<_>>().ok_or_else(wrong)
    };
    let one = |value: &Value| match value {
        Value::String(text) => encode(text),
        Value::Array(list) => ids(list),
        _ => Err(wrong()),
    };
    match fields.take("prompt").ok_or_else(wrong)? {
        Value::Array(list) if list.first().is_some_and(Value::is_number) => Ok(vec![ids(&list)?]),
        Value::Array(list) if !list.is_empty() && list.len() <= MAX_PROMPTS => {
            list.iter().map(one).collect()
        }
        Value::String(text) => Ok(vec![encode(&text)?]),
        _ => Err(wrong()),
    }
}

/// How completions are written.
struct Completions {
    service: Service,
    prompts: Vec<Vec<u32>>,
    n: usize,
    wishes: Wishes,
    written: Vec<Written>,
}

/// What was gathered of one choice.
#[derive(Default)]
struct Written {
    text: String,
    columns: Columns,
    ids: Vec<u32>,
    reason: Option<&'static str>,
    n_prompt: usize,
}

impl Completions {
    fn new(service: Service, prompts: Vec<Vec<u32>>, n: usize, wishes: Wishes) -> Completions {
        let mut written: Vec<Written> =
            (0..prompts.len() * n).map(|_| Written::default()).collect();
        if wishes.with_echo {
            for (index, written) in written.iter_mut().enumerate() {
                written.text = service.parts().tokenizer.decode(&prompts[index / n]);
            }
        }
        Completions {
            service,
            prompts,
            n,
            wishes,
            written,
        }
    }
}

impl Shape for Completions {
    fn opening(&self) -> Vec<Value> {
        Vec::new()
    }

    fn prompt(&mut self, index: usize, token: TokenEvent) {
        let id = self.prompts[index / self.n][0];
        let written = &mut self.written[index];
        if written.n_prompt == 0 && token.logprob.is_some() {
            let (logprob, top) = (None, Vec::new()); // nothing is before the first token
            written
                .columns
                .push(&self.service, &TokenEvent { id, logprob, top });
        }
        written.n_prompt += 1;
        written.columns.push(&self.service, &token);
    }

    fn text(&mut self, index: usize, text: String, tokens: &[TokenEvent]) {
        let written = &mut self.written[index];
        written.text += &text;
        written.ids.extend(tokens.iter().map(|token| token.id));
        for token in tokens.iter().filter(|_| self.wishes.n_logprobs.is_some()) {
            written.columns.push(&self.service, token);
        }
    }

    fn end(&mut self, index: usize, reason: &'static str) {
        self.written[index].reason = Some(reason);
    }

    fn chunk(&mut self, index: usize) -> Option<Value> {
        Some(self.written(index))
    }

    fn choices(&mut self) -> Vec<Value> {
        (0..self.written.len())
            .map(|index| self.written(index))
            .collect()
    }

    fn objects(&self) -> [&'static str; 2] {
        ["text_completion", "text_completion"]
    }
}

impl Completions {
    /// What was gathered of choice `index`, which goes.
    fn written(&mut self, index: usize) -> Value {
        let written = &mut self.written[index];
        let text = std::mem::take(&mut written.text);
        let ids = std::mem::take(&mut written.ids);
        let logprobs = self.wishes.n_logprobs.map(|_| written.columns.take());
        let mut choice = json!({ "index": index, "text": text, "logprobs": logprobs, "finish_reason": written.reason });
        if self.wishes.with_ids {
            choice["prompt_token_ids"] = json!(self.prompts[index / self.n]);
            choice["token_ids"] = json!(ids);
        }
        choice
    }
}
