//! One answer on its way out: ids become text, stop strings end it, logprobs go with the text they belong to.

use crate::Service;
use crate::error::ApiError;
use crate::metrics::Watch;
use crate::stops::{Shown, Stops};
use maque_engine::{Event, Finish, Running, TokenEvent, Usage};
use maque_model::Detokenizer;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// What is said when the engine cannot look up embeddings any more.
pub(crate) const LOST: &str =
    "the model's file was changed or cannot be read any more: start Maque again";

/// An answer that is being written. Dropping it cancels it.
pub(crate) struct Choice {
    service: Service,
    running: Running,
    detokenizer: Detokenizer,
    stops: Stops,
    /// Tokens whose text is held back, with the byte at which they begin.
    held: VecDeque<(usize, TokenEvent)>,
    n_decoded: usize,
    n_shown: usize,
    n_tokens: usize,
    usage: Usage,
    watch: Watch,
}

/// What comes of an answer.
#[derive(Debug)]
pub(crate) enum Output {
    /// It waits or reads: the data of a `maque.stage` event.
    Stage(Value),
    /// A token of the prompt.
    Prompt(TokenEvent),
    /// The next text, and the tokens that begin in it.
    Text(String, Vec<TokenEvent>),
    /// A stop string came: this one. The end follows.
    Stopped(String),
    /// The end; nothing follows.
    End(&'static str, Usage),
    /// An end that is not the answer's own; nothing follows.
    Failed(ApiError),
}

impl Choice {
    /// Listens to a request that was submitted.
    pub(crate) fn new(service: Service, running: Running, stops: Vec<String>) -> Choice {
        Choice {
            watch: service.watch(),
            service,
            running,
            detokenizer: Detokenizer::default(),
            stops: Stops::new(stops),
            held: VecDeque::new(),
            n_decoded: 0,
            n_shown: 0,
            n_tokens: 0,
            usage: Usage::default(),
        }
    }

    /// What comes next: a text, and after the last one the end.
    pub(crate) async fn next(&mut self) -> Vec<Output> {
        let outputs = self.outputs().await;
        self.watch.hear(&outputs);
        outputs
    }

    async fn outputs(&mut self) -> Vec<Output> {
        match self.running.next().await {
            None => vec![Output::Failed(ApiError::ended("the engine has stopped"))],
            Some(Event::Queued { position }) => {
                let mut stage = json!({ "stage": "queued", "position": position });
                if let Some(seconds) = self.service.seconds(position) {
                    stage["seconds"] = json!(seconds);
                }
                vec![Output::Stage(stage)]
            }
            Some(Event::Reading { done, total }) => {
                if self.usage.prompt_tokens == 0 {
                    self.usage.cached_tokens = done; // what is read before anything was evaluated
                }
                self.usage.prompt_tokens = total;
                vec![Output::Stage(
                    json!({ "stage": "reading", "done": done, "total": total }),
                )]
            }
            Some(Event::Prompt(token)) => vec![Output::Prompt(token)],
            Some(Event::Token(token)) => self.token(token),
            Some(Event::Finished { finish, usage }) => self.finish(finish, usage),
        }
    }

    fn token(&mut self, token: TokenEvent) -> Vec<Output> {
        let tokenizer = &self.service.parts().tokenizer;
        let text = self.detokenizer.push(tokenizer, token.id);
        self.n_tokens += 1;
        self.held.push_back((self.n_decoded, token.clone()));
        self.n_decoded += tokenizer.bytes(token.id).len();
        match self.stops.push(&text) {
            Shown::Text(text) => self.text(text).into_iter().collect(),
            Shown::Last(text, stop) => {
                let usage = Usage {
                    completion_tokens: self.n_tokens,
                    ..self.usage
                };
                self.text(text)
                    .into_iter()
                    .chain([Output::Stopped(stop), Output::End("stop", usage)])
                    .collect()
            }
        }
    }

    fn finish(&mut self, finish: Finish, usage: Usage) -> Vec<Output> {
        let end = match finish {
            Finish::Stop => Output::End("stop", usage),
            Finish::Length => Output::End("length", usage),
            Finish::Repetition => Output::End("repetition", usage),
            Finish::Constraint => Output::Failed(ApiError::too_complex()),
            Finish::Shutdown => Output::Failed(ApiError::ended("the server is shutting down")),
            Finish::Stalled => {
                Output::Failed(ApiError::ended("nobody read the answer for 30 seconds"))
            }
            Finish::Lost => Output::Failed(ApiError::ended(LOST)),
            Finish::Failed => {
                Output::Failed(ApiError::ended("the engine stopped by a defect of its own"))
            }
        };
        let rest = self.detokenizer.finish();
        let (last, stop) = match self.stops.push(&rest) {
            Shown::Last(text, stop) => (text, Some(Output::Stopped(stop))),
            Shown::Text(text) => (text + &self.stops.finish(), None),
        };
        self.n_decoded = self.n_decoded.max(self.n_shown + last.len());
        self.text(last)
            .into_iter()
            .chain(stop)
            .chain([end])
            .collect()
    }

    /// A text with the tokens that begin in it; nothing if there is neither.
    fn text(&mut self, text: String) -> Option<Output> {
        self.n_shown += text.len();
        let mut tokens = Vec::new();
        while let Some((_, token)) = self.held.pop_front_if(|(start, _)| *start < self.n_shown) {
            tokens.push(token);
        }
        (!text.is_empty() || !tokens.is_empty()).then_some(Output::Text(text, tokens))
    }
}
