//! Ollama's API: lines of JSON, options in an object of their own, times in nanoseconds.

pub(crate) mod chat;
pub(crate) mod generate;
pub(crate) mod models;
mod options;
pub(crate) mod pull;

pub(crate) use options::OPTIONS;

use crate::Service;
use crate::api::openai::logprobs;
use crate::ask::{Telling, Written, tell, whole};
use crate::choice::{Choice, Output};
use crate::clock::{nanoseconds, rfc3339};
use crate::error::ApiError;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::{Instant, SystemTime};

/// What a route asks the engine, and how its answer is written.
struct Asked {
    choice: Choice,
    shape: Shape,
    is_stream: bool,
}

/// How an answer is written.
struct Shape {
    service: Service,
    /// The name that the client used.
    model: String,
    place: Place,
    with_logprobs: bool,
    warnings: Vec<String>,
    context: Option<Value>,
}

/// Where an answer's text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `message.content`
    Message,
    /// `response`
    Response,
}

impl Shape {
    /// A line with this text.
    fn line(&self, text: &str) -> Value {
        let mut line =
            json!({ "model": self.model, "created_at": rfc3339(SystemTime::now()), "done": false });
        match self.place {
            Place::Message => line["message"] = json!({ "role": "assistant", "content": text }),
            Place::Response => line["response"] = json!(text),
        }
        line
    }

    /// The last line, with this text.
    fn last(&self, text: &str, written: &Written) -> Value {
        let mut line = self.line(text);
        let times = written.times;
        let (now, reading) = (Instant::now(), times.reading.unwrap_or(times.start));
        let first = times.first.unwrap_or(now);
        line["done"] = json!(true);
        line["done_reason"] = json!(written.reason);
        line["total_duration"] = json!(nanoseconds(now - times.start));
        line["load_duration"] = json!(0); // it was loaded before
        line["prompt_eval_count"] = json!(written.usage.prompt_tokens);
        line["prompt_eval_duration"] = json!(nanoseconds(first - reading));
        line["eval_count"] = json!(written.usage.completion_tokens);
        line["eval_duration"] = json!(nanoseconds(now - first));
        if !self.warnings.is_empty() {
            line["warnings"] = json!(self.warnings);
        }
        if let Some(context) = &self.context {
            line["overflow"] = context.clone();
        }
        line
    }

    fn add_logprobs(&self, line: &mut Value, written: &Written) {
        if self.with_logprobs {
            let tokens = written.tokens.iter();
            line["logprobs"] = tokens
                .map(|token| logprobs::chat(&self.service, token))
                .collect();
        }
    }
}

/// Answers as wanted.
async fn deliver(asked: Result<Asked, ApiError>) -> Response<Body> {
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return error.into_response(),
    };
    let (shape, written) = (asked.shape, Written::new());
    if asked.is_stream {
        return tell(asked.choice, Lines { shape, written });
    }
    match whole(asked.choice).await {
        Ok(written) => {
            let mut answer = shape.last(&written.text, &written);
            shape.add_logprobs(&mut answer, &written);
            Json(answer).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// An answer to a question without a question: the model is loaded already.
fn loaded(service: &Service, model: &str, place: Place) -> Response<Body> {
    let shape = Shape {
        service: service.clone(),
        model: model.to_owned(),
        place,
        with_logprobs: false,
        warnings: Vec::new(),
        context: None,
    };
    let mut line = shape.line("");
    line["done"] = json!(true);
    line["done_reason"] = json!("load");
    Json(line).into_response()
}

/// An answer in lines.
struct Lines {
    shape: Shape,
    written: Written,
}

impl Telling for Lines {
    const CONTENT_TYPE: &'static str = "application/x-ndjson";

    fn begin(&mut self) -> String {
        String::new()
    }

    fn tell(&mut self, output: Output) -> String {
        self.written.tokens.clear();
        self.written.hear(&output);
        match output {
            Output::Text(text, _) => {
                let mut line = self.shape.line(&text);
                self.shape.add_logprobs(&mut line, &self.written);
                format!("{line}\n")
            }
            Output::End(..) => format!("{}\n", self.shape.last("", &self.written)),
            Output::Failed(error) => format!("{}\n", json!({ "error": error.message() })),
            Output::Stage(_) | Output::Prompt(_) | Output::Stopped(_) => String::new(),
        }
    }

    /// A line without text: clients parse every line.
    fn waiting(&self) -> String {
        format!("{}\n", self.shape.line(""))
    }
}
