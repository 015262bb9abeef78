//! The callers' side: submit a request, listen to its events, drop it to cancel it.

use crate::{Event, Request, Runner};

/// Limits of an engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Requests that may wait (64).
    pub max_queue: usize,
    /// Of them per client (8).
    pub max_queue_per_client: usize,
    /// Sequences decoded at once (16).
    pub max_running: usize,
    /// Context per sequence in tokens.
    pub context: usize,
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        EngineOptions {
            max_queue: 64,
            max_queue_per_client: 8,
            max_running: 16,
            context: 2048,
        }
    }
}

/// A handle to the engine thread; clones share it. The thread ends when all handles are gone.
#[derive(Clone)]
pub struct Engine {}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full.
    #[error("the queue is full ({n_waiting} waiting)")]
    QueueFull {
        /// Requests waiting.
        n_waiting: usize,
    },
    /// The prompt does not fit.
    #[error("the prompt has {n_prompt} tokens, the context holds {context}")]
    TooLong {
        /// Ids given.
        n_prompt: usize,
        /// Ids that fit.
        context: usize,
    },
    /// An empty prompt.
    #[error("the prompt is empty")]
    Empty,
    /// An id outside the vocabulary.
    #[error("token id {id} is outside the vocabulary of {n_vocab}")]
    UnknownToken {
        /// The id.
        id: u32,
        /// Ids there are.
        n_vocab: usize,
    },
    /// The engine thread is gone.
    #[error("the engine has stopped")]
    Stopped,
}

/// A request under way. Dropping it cancels the request.
pub struct Running {}

impl Running {
    /// The next event, for async callers; `None` after `Finished`.
    pub async fn next(&mut self) -> Option<Event> {
        todo!()
    }
    /// The next event, for plain threads.
    pub fn next_blocking(&mut self) -> Option<Event> {
        todo!()
    }
}

/// What is going on now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Requests waiting.
    pub n_waiting: usize,
    /// Sequences running.
    pub n_running: usize,
    /// Pages in use by running sequences.
    pub n_pages_used: usize,
    /// Pages holding cached prefixes only.
    pub n_pages_cached: usize,
    /// Pages there are.
    pub n_pages: usize,
}

impl Engine {
    /// Starts the engine thread.
    pub fn start(runner: impl Runner + 'static, options: EngineOptions) -> Engine {
        todo!("{} {options:?}", runner.n_pages())
    }
    /// Hands a request over, or says at once why not.
    pub fn submit(&self, request: Request) -> Result<Running, SubmitError> {
        todo!("{request:?}")
    }
    /// Evaluates a prefix (the system prompt) and keeps it cached for all clients. It is ready when the
    /// returned request has finished; dropping that request cancels the warming.
    pub fn warm(&self, tokens: &[u32]) -> Result<Running, SubmitError> {
        todo!("{tokens:?}")
    }
    /// Ends all requests with [`Finish::Shutdown`](crate::Finish::Shutdown) and then the engine thread; returns at once.
    pub fn shutdown(&self) {
        todo!()
    }
    /// What is going on now.
    pub fn load(&self) -> Load {
        todo!()
    }
}
