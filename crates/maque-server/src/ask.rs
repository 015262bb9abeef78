//! One question with one answer: what Anthropic's, Ollama's and the Responses API have in common.

use crate::Service;
use crate::choice::{Choice, Output};
use crate::error::ApiError;
use crate::streamed::streamed;
use crate::structure::Structure;
use crate::tools::Toolbox;
use crate::written::Written;
use axum::body::Body;
use axum::response::Response;
use maque_engine::{Request, Sampling};
use std::time::Duration;

/// A sign of life is sent when nothing else was for so long, that nothing on the way takes the connection for dead.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What is put to the engine.
pub(crate) struct Question {
    pub(crate) prompt: Vec<u32>,
    pub(crate) sampling: Sampling,
    pub(crate) max_tokens: usize,
    pub(crate) stops: Vec<String>,
    pub(crate) logprobs: Option<usize>,
    pub(crate) toolbox: Toolbox,
    /// What the text keeps to where no tool is called.
    pub(crate) structure: Option<Structure>,
}

impl Question {
    /// Submits it: the answer under way, and what is written of it.
    pub(crate) async fn ask(self, service: &Service) -> Result<(Choice, Written), ApiError> {
        let structure = self.toolbox.structure(self.structure)?;
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: self.logprobs,
            constraint: service.constraint(structure).await?,
            ..Request::new(self.prompt, self.sampling, self.max_tokens)
        };
        let running = service.submit(request)?;
        let choice = Choice::new(service.clone(), running, self.stops);
        Ok((choice, Written::new(&self.toolbox)))
    }
}

/// Hears an answer to its end.
pub(crate) async fn whole(mut choice: Choice, mut written: Written) -> Result<Written, ApiError> {
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
    streamed(T::CONTENT_TYPE, state, |state| async move {
        let (mut choice, mut telling, begin) = state?;
        if !begin.is_empty() {
            return Some((begin, Some((choice, telling, String::new()))));
        }
        loop {
            let Ok(outputs) = tokio::time::timeout(KEEP_ALIVE, choice.next()).await else {
                let waiting = telling.waiting();
                return Some((waiting, Some((choice, telling, begin))));
            };
            let is_last = |output: &Output| matches!(output, Output::End(..) | Output::Failed(_));
            let is_over = outputs.iter().any(is_last);
            let text: String = outputs
                .into_iter()
                .map(|output| telling.tell(output))
                .collect();
            if is_over {
                return Some((text, None));
            }
            if !text.is_empty() {
                return Some((text, Some((choice, telling, begin))));
            }
        }
    })
}

/// A server-sent event.
pub(crate) fn event(name: &str, data: &serde_json::Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
