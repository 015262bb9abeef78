//! Ollama's API: lines of JSON, options in an object of their own, times in nanoseconds.

pub(crate) mod chat;
pub(crate) mod generate;
pub(crate) mod models;
mod options;
pub(crate) mod pull;

pub(crate) use options::OPTIONS;

use crate::Service;
use crate::api::openai::logprobs;
use crate::ask::{Telling, tell, whole};
use crate::choice::{Choice, Output};
use crate::clock::{nanoseconds, rfc3339};
use crate::error::ApiError;
use crate::tools::Piece;
use crate::written::{Block, Content, Written, object};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::{Instant, SystemTime};

/// What a route asks the engine, and how its answer is written.
struct Asked {
    choice: Choice,
    written: Written,
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
    /// A line with this text and these calls.
    fn line(&self, text: &str, calls: Vec<Value>) -> Value {
        let mut line =
            json!({ "model": self.model, "created_at": rfc3339(SystemTime::now()), "done": false });
        match self.place {
            Place::Message if !calls.is_empty() => {
                line["message"] =
                    json!({ "role": "assistant", "content": text, "tool_calls": calls });
            }
            Place::Message => line["message"] = json!({ "role": "assistant", "content": text }),
            Place::Response => line["response"] = json!(text),
        }
        line
    }

    /// The last line, with this text and these calls.
    fn last(&self, text: &str, calls: Vec<Value>, written: &Written) -> Value {
        let mut line = self.line(text, calls);
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
    let (shape, written) = (asked.shape, asked.written);
    if asked.is_stream {
        let n_told = 0;
        let lines = Lines {
            shape,
            written,
            n_told,
        };
        return tell(asked.choice, lines);
    }
    match whole(asked.choice, written).await {
        Ok(written) => {
            let calls = written.blocks.iter().filter_map(call).collect();
            let mut answer = shape.last(&written.text(), calls, &written);
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
    let mut line = shape.line("", Vec::new());
    line["done"] = json!(true);
    line["done_reason"] = json!("load");
    Json(line).into_response()
}

/// A call as Ollama's clients know it; `None` of a text.
fn call(block: &Block) -> Option<Value> {
    match &block.content {
        Content::Text(_) => None,
        Content::Call { name, arguments } => {
            let function = json!({ "name": name, "arguments": object(arguments) });
            Some(json!({ "id": format!("call_{}", block.id), "function": function }))
        }
    }
}

/// An answer in lines.
struct Lines {
    shape: Shape,
    written: Written,
    /// Blocks whose calls were told: a call is told when it is whole.
    n_told: usize,
}

impl Lines {
    /// Calls that have become whole.
    fn calls(&mut self) -> Vec<Value> {
        let n_open = usize::from(self.written.reason.is_none());
        let n_whole = self.written.blocks.len().saturating_sub(n_open);
        let begin = std::mem::replace(&mut self.n_told, n_whole);
        let whole = self.written.blocks[begin..n_whole].iter();
        whole.filter_map(call).collect()
    }

    /// A line with what has been heard, if it is anything.
    fn line(&mut self, pieces: &[Piece]) -> String {
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Call { .. } | Piece::Arguments { .. } => "",
        });
        let (text, calls): (String, _) = (texts.collect(), self.calls());
        let has_tokens = self.shape.with_logprobs && !self.written.tokens.is_empty();
        if text.is_empty() && calls.is_empty() && !has_tokens {
            return String::new();
        }
        let mut line = self.shape.line(&text, calls);
        self.shape.add_logprobs(&mut line, &self.written);
        format!("{line}\n")
    }
}

impl Telling for Lines {
    const CONTENT_TYPE: &'static str = "application/x-ndjson";

    fn begin(&mut self) -> String {
        String::new()
    }

    fn tell(&mut self, output: Output) -> String {
        self.written.tokens.clear();
        let pieces = self.written.hear(&output);
        let line = self.line(&pieces);
        match output {
            Output::End(..) => {
                line + &format!("{}\n", self.shape.last("", Vec::new(), &self.written))
            }
            Output::Failed(error) => format!("{}\n", json!({ "error": error.message() })),
            _ => line,
        }
    }

    /// A line without text: clients parse every line.
    fn waiting(&self) -> String {
        format!("{}\n", self.shape.line("", Vec::new()))
    }
}
