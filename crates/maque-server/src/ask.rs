//! One question with one answer: what Anthropic's, Ollama's and the Responses API have in common.

use crate::Service;
use crate::choice::{Choice, Output};
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maque_engine::{Request, Sampling, TokenEvent, Usage};
use std::time::{Duration, Instant};

/// A sign of life is sent when nothing else was for so long, that nothing on the way takes the connection for dead.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What is put to the engine.
pub(crate) struct Question {
    pub(crate) prompt: Vec<u32>,
    pub(crate) sampling: Sampling,
    pub(crate) max_tokens: usize,
    pub(crate) stops: Vec<String>,
    pub(crate) logprobs: Option<usize>,
}

impl Question {
    /// Submits it.
    pub(crate) fn ask(self, service: &Service) -> Result<Choice, ApiError> {
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: self.logprobs,
            ..Request::new(self.prompt, self.sampling, self.max_tokens)
        };
        let running = service.submit(request)?;
        Ok(Choice::new(service.clone(), running, self.stops))
    }
}

/// An answer as far as it is written, with its times.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) tokens: Vec<TokenEvent>,
    /// The stop string that came.
    pub(crate) stop: Option<String>,
    /// Why it ended.
    pub(crate) reason: Option<&'static str>,
    pub(crate) usage: Usage,
    pub(crate) times: Times,
}

/// When things happened.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) start: Instant,
    pub(crate) reading: Option<Instant>,
    pub(crate) first: Option<Instant>,
}

impl Written {
    /// Nothing yet; it was asked for now.
    pub(crate) fn new() -> Written {
        Written {
            text: String::new(),
            tokens: Vec::new(),
            stop: None,
            reason: None,
            usage: Usage::default(),
            times: Times {
                start: Instant::now(),
                reading: None,
                first: None,
            },
        }
    }

    /// Takes in what comes.
    pub(crate) fn hear(&mut self, output: &Output) {
        match output {
            Output::Stage(stage) if stage["stage"] == "reading" => {
                self.times.reading.get_or_insert_with(Instant::now);
                let count = |name: &str| stage[name].as_u64().unwrap_or(0) as usize;
                if self.usage.prompt_tokens == 0 {
                    self.usage.cached_tokens = count("done"); // what is read before anything was evaluated
                }
                self.usage.prompt_tokens = count("total");
            }
            Output::Text(text, tokens) => {
                self.times.first.get_or_insert_with(Instant::now);
                self.text += text;
                self.tokens.extend(tokens.iter().cloned());
            }
            Output::Stopped(stop) => self.stop = Some(stop.clone()),
            Output::End(reason, usage) => {
                self.reason = Some(reason);
                self.usage = *usage;
            }
            Output::Stage(_) | Output::Prompt(_) | Output::Failed(_) => {}
        }
    }
}

/// Hears an answer to its end.
pub(crate) async fn whole(mut choice: Choice) -> Result<Written, ApiError> {
    let mut written = Written::new();
    loop {
        for output in choice.next().await {
            if let Output::Failed(error) = output {
                return Err(error);
            }
            written.hear(&output);
            if let Output::End(..) = output {
                return Ok(written);
            }
        }
    }
}

/// How an answer is told while it is written.
pub(crate) trait Telling: Send + 'static {
    /// The type of what is sent.
    const CONTENT_TYPE: &'static str;

    /// What is sent first.
    fn begin(&mut self) -> String;
    /// What is sent on hearing this.
    fn tell(&mut self, output: Output) -> String;
    /// A sign of life.
    fn waiting(&self) -> String {
        ": waiting\n\n".to_owned()
    }
}

/// Sends an answer as it is written. Dropping the response cancels it.
pub(crate) fn tell<T: Telling>(choice: Choice, mut telling: T) -> Response<Body> {
    let begin = telling.begin();
    let state = Some((choice, telling, begin));
    let bytes = futures_util::stream::unfold(state, |state| async move {
        let (mut choice, mut telling, begin) = state?;
        if !begin.is_empty() {
            return Some((sent(begin), Some((choice, telling, String::new()))));
        }
        loop {
            let Ok(outputs) = tokio::time::timeout(KEEP_ALIVE, choice.next()).await else {
                let waiting = telling.waiting();
                return Some((sent(waiting), Some((choice, telling, begin))));
            };
            let is_last = |output: &Output| matches!(output, Output::End(..) | Output::Failed(_));
            let is_over = outputs.iter().any(is_last);
            let text: String = outputs
                .into_iter()
                .map(|output| telling.tell(output))
                .collect();
            if is_over {
                return Some((sent(text), None));
            }
            if !text.is_empty() {
                return Some((sent(text), Some((choice, telling, begin))));
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, T::CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}

pub(crate) fn sent(text: String) -> Result<Bytes, std::convert::Infallible> {
    Ok(Bytes::from(text))
}

/// A server-sent event.
pub(crate) fn event(name: &str, data: &serde_json::Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
