//! OpenAI's API: what an answer has in common with every other one, sent whole or as server-sent events.

pub(crate) mod batches;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod files;
mod listing;
pub(crate) mod logprobs;
pub(crate) mod messages;
pub(crate) mod models;
pub(crate) mod responses;
pub(crate) mod tools;

use crate::Service;
use crate::answers::{Answers, usage_json};
use crate::ask::KEEP_ALIVE;
use crate::choice::Output;
use crate::clock::unix;
use crate::error::ApiError;
use crate::options::{Delivery, Extras};
use crate::record::random;
use crate::streamed::{EVENTS, streamed};
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use maque_engine::{TokenEvent, Usage};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::SystemTime;

/// How one kind of answer is written: it gathers what is heard, and hands it out in chunks or whole.
trait Shape: Send + 'static {
    /// Choices before the first text.
    fn opening(&self) -> Vec<Value>;
    /// A token of choice `index`'s prompt.
    fn prompt(&mut self, index: usize, token: TokenEvent);
    /// A text of choice `index`, and the tokens that begin in it.
    fn text(&mut self, index: usize, text: String, tokens: &[TokenEvent]);
    /// The end of choice `index`.
    fn end(&mut self, index: usize, reason: &'static str);
    /// What was gathered of choice `index` since its last chunk, if anything.
    fn chunk(&mut self, index: usize) -> Option<Value>;
    /// All that was gathered of all choices.
    fn choices(&mut self) -> Vec<Value>;
    /// `object` of a chunk, and of a whole answer.
    fn objects(&self) -> [&'static str; 2];
}

/// What every chunk and every whole answer begins with.
struct Envelope {
    head: Value,
    warnings: Vec<String>,
    context: Option<Value>,
}

impl Envelope {
    fn new(prefix: &str, service: &Service, warnings: Vec<String>) -> Envelope {
        let created = unix(SystemTime::now());
        let id = format!("{prefix}-{}", random());
        let head = json!({ "id": id, "object": "", "created": created, "model": service.name() });
        Envelope {
            head,
            warnings,
            context: None,
        }
    }

    /// Says also what of the conversation was read.
    fn about(self, context: Option<Value>) -> Envelope {
        Envelope { context, ..self }
    }

    /// What is said once an answer: at its end. Whether there is anything.
    fn add_notes(&self, answer: &mut Value) -> bool {
        if !self.warnings.is_empty() {
            answer["warnings"] = json!(self.warnings);
        }
        if let Some(context) = &self.context {
            answer["context"] = context.clone();
        }
        !self.warnings.is_empty() || self.context.is_some()
    }

    fn with(&self, object: &str, choices: Vec<Value>) -> Value {
        let mut value = self.head.clone();
        value["object"] = json!(object);
        value["choices"] = Value::Array(choices);
        value
    }
}

/// Sends answers as wanted.
async fn deliver(
    answers: Answers,
    shape: impl Shape,
    envelope: Envelope,
    delivery: Delivery,
) -> Response<Body> {
    match delivery {
        Delivery::Whole => whole(answers, shape, envelope).await.into_response(),
        Delivery::Stream(extras) => {
            let stream = Stream::new(answers, shape, envelope, extras);
            streamed(EVENTS, stream, |mut stream| async move {
                Some((stream.next().await?, stream))
            })
        }
    }
}

async fn whole(
    mut answers: Answers,
    mut shape: impl Shape,
    envelope: Envelope,
) -> Result<axum::Json<Value>, ApiError> {
    let mut total = Usage::default();
    while let Some((index, output)) = answers.next().await {
        match output {
            Output::Stage(_) | Output::Stopped(_) => {}
            Output::Prompt(token) => shape.prompt(index, token),
            Output::Text(text, tokens) => shape.text(index, text, &tokens),
            Output::End(reason, usage) => {
                shape.end(index, reason);
                answers.count(&mut total, index, usage);
            }
            Output::Failed(error) => return Err(error),
        }
    }
    let mut answer = envelope.with(shape.objects()[1], shape.choices());
    answer["usage"] = usage_json(total);
    envelope.add_notes(&mut answer);
    Ok(axum::Json(answer))
}

/// An answer as server-sent events. Dropping it cancels the answer.
struct Stream<S> {
    answers: Answers,
    shape: S,
    envelope: Envelope,
    extras: Extras,
    total: Usage,
    ready: VecDeque<Bytes>,
    is_done: bool,
}

impl<S: Shape> Stream<S> {
    fn new(answers: Answers, shape: S, envelope: Envelope, extras: Extras) -> Stream<S> {
        let mut stream = Stream {
            answers,
            shape,
            envelope,
            extras,
            total: Usage::default(),
            ready: VecDeque::new(),
            is_done: false,
        };
        for choice in stream.shape.opening() {
            stream.send(choice);
        }
        stream
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.is_done {
                return None;
            }
            match tokio::time::timeout(KEEP_ALIVE, self.answers.next()).await {
                Err(_) => return Some(Bytes::from_static(b": waiting\n\n")),
                Ok(Some((index, output))) => self.hear(index, output),
                Ok(None) => self.close(),
            }
        }
    }

    fn hear(&mut self, index: usize, output: Output) {
        match output {
            Output::Stage(stage) if self.extras.stages && index == 0 => {
                self.ready
                    .push_back(format!("event: maque.stage\ndata: {stage}\n\n").into());
            }
            Output::Stage(_) | Output::Stopped(_) => {}
            Output::Prompt(token) => self.shape.prompt(index, token),
            Output::Text(text, tokens) => {
                self.shape.text(index, text, &tokens);
                self.chunk(index);
            }
            Output::End(reason, usage) => {
                self.shape.end(index, reason);
                self.chunk(index);
                self.answers.count(&mut self.total, index, usage);
            }
            Output::Failed(error) => {
                self.data(&error.body());
                self.is_done = true;
            }
        }
    }

    fn close(&mut self) {
        let mut last = self.envelope.with(self.shape.objects()[0], Vec::new());
        let has_notes = self.envelope.add_notes(&mut last);
        if self.extras.usage {
            last["usage"] = usage_json(self.total);
        }
        if self.extras.usage || has_notes {
            self.data(&last);
        }
        self.ready
            .push_back(Bytes::from_static(b"data: [DONE]\n\n"));
        self.is_done = true;
    }

    fn chunk(&mut self, index: usize) {
        if let Some(choice) = self.shape.chunk(index) {
            self.send(choice);
        }
    }

    fn send(&mut self, choice: Value) {
        let chunk = self.envelope.with(self.shape.objects()[0], vec![choice]);
        self.data(&chunk);
    }

    fn data(&mut self, value: &Value) {
        self.ready.push_back(format!("data: {value}\n\n").into());
    }
}
