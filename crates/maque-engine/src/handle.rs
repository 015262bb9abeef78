//! The callers' side: submit a request, listen to its events, drop it to cancel it.

use crate::board::{Board, Ticket};
use crate::engine::Scheduler;
use crate::outbox::{CAPACITY, Outbox};
use crate::queue::{Retention, Waiting};
use crate::{Adoption, Event, KeptPage, Priority, Request, Runner, Sampling, Speculation};
use maque_kernels::PAGE_TOKENS;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tokio::sync::mpsc::Receiver;

/// Limits of an engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Requests that may wait (64).
    pub max_queue: usize,
    /// Of them per client (8).
    pub max_queue_per_client: usize,
    /// Interactive sequences decoded at once (16).
    pub max_running: usize,
    /// Batch sequences decoded at once (32), on places of their own: nobody waits for the single token, and more of them share
    /// what unpacking the weights costs.
    pub max_running_batch: usize,
    /// Context per sequence in tokens.
    pub context: usize,
    /// Whether tokens are guessed and verified together.
    pub speculation: Speculation,
}

impl EngineOptions {
    /// Sequences of a priority that are decoded at once.
    pub(crate) fn n_places(&self, priority: Priority) -> usize {
        match priority {
            Priority::Interactive => self.max_running,
            Priority::Batch => self.max_running_batch,
        }
    }
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        EngineOptions {
            max_queue: 64,
            max_queue_per_client: 8,
            max_running: 16,
            max_running_batch: 32,
            context: 2048,
            speculation: Speculation::Auto,
        }
    }
}

/// A handle to the engine thread; clones share it. The thread ends when all handles and requests are gone.
#[derive(Clone, Debug)]
pub struct Engine {
    messages: Sender<Message>,
    thread: Arc<Option<JoinHandle<()>>>,
    board: Arc<Board>,
    options: EngineOptions,
    n_vocab: usize,
}

/// What callers tell the engine thread.
pub(crate) enum Message {
    /// Here is a request.
    Submit(Box<Waiting>),
    /// Show the cached prefixes.
    Keep(Keep),
    /// Take prefixes over.
    Adopt(Adopt),
    /// A reader read or went, or the end has begun: look.
    Wake,
}

type Keep = Box<dyn FnOnce(&mut dyn Iterator<Item = KeptPage<'_>>) + Send>;
type Adopt = Box<dyn FnOnce(Adoption<'_>) + Send>;

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

/// A request under way. Dropping it cancels the request, whether it waits, reads or writes.
#[derive(Debug)]
pub struct Running {
    events: Receiver<Event>,
    messages: Sender<Message>,
    is_awaited: Arc<AtomicBool>, // the engine waits until there is room for events
    _ticket: Ticket,
}

impl Running {
    /// The next event, for async callers; `None` after `Finished`. Cancel safe: an event is never lost.
    pub async fn next(&mut self) -> Option<Event> {
        let event = self.events.recv().await;
        self.resume();
        event
    }

    /// The next event, for plain threads.
    ///
    /// # Panics
    /// Within an async runtime, which it would block.
    pub fn next_blocking(&mut self) -> Option<Event> {
        let event = self.events.blocking_recv();
        self.resume();
        event
    }

    /// Wakes an engine that paused this request, once half of the channel is read.
    fn resume(&self) {
        if self.events.len() <= CAPACITY / 2 && self.is_awaited.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    fn wake(&self) {
        let _ = self.messages.send(Message::Wake); // an engine that has ended need not be woken
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.events.close();
        self.wake();
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
    /// Tokens that were guessed and verified so far.
    pub n_drafted: u64,
    /// Those of them that were right.
    pub n_accepted: u64,
}

impl Engine {
    /// Starts the engine thread. Options are limited to what the runner can do.
    pub fn start(runner: impl Runner + 'static, options: EngineOptions) -> Engine {
        let options = fitted(&runner, options);
        let board = Arc::new(Board::new(&options));
        let n_vocab = runner.n_vocab();
        let (messages, inbox) = mpsc::channel();
        let scheduler = Scheduler::new(
            Box::new(runner),
            options.clone(),
            Arc::clone(&board),
            Box::new(Instant::now),
        );
        // Without a thread the inbox is dropped, and every request is answered with `SubmitError::Stopped`.
        let thread = thread::Builder::new()
            .name("maque-engine".into())
            .spawn(move || scheduler.run(&inbox));
        Engine {
            messages,
            thread: Arc::new(thread.ok()),
            board,
            options,
            n_vocab,
        }
    }

    /// Hands a request over, or says at once why not.
    ///
    /// # Errors
    /// Where the queue is full, the prompt is none or too long, or the engine has stopped.
    pub fn submit(&self, request: Request) -> Result<Running, SubmitError> {
        self.send(request, Retention::Client)
    }

    /// Evaluates a prefix (the system prompt) and keeps it cached for all clients; up to a quarter of the pages is kept so. It is
    /// ready when the returned request has finished; dropping that request cancels the warming.
    ///
    /// # Errors
    /// As [`Engine::submit`] has them.
    pub fn warm(&self, tokens: &[u32]) -> Result<Running, SubmitError> {
        let request = Request {
            client: WARMING,
            ..Request::new(tokens.to_vec(), Sampling::greedy(), 0)
        };
        self.send(request, Retention::Everyone)
    }

    /// Shows `hear` all whole pages of cached prefixes, the most recently used first, each after the one that it goes on from. It
    /// is called on the engine's thread, between two steps; never if the engine has stopped.
    pub fn keep(&self, hear: impl FnOnce(&mut dyn Iterator<Item = KeptPage<'_>>) + Send + 'static) {
        let _ = self.messages.send(Message::Keep(Box::new(hear))); // `hear` is dropped where nobody calls it
    }

    /// Lets `give` hand over what an engine of the same model kept. It is called like that of [`Engine::keep`].
    pub fn adopt(&self, give: impl FnOnce(Adoption<'_>) + Send + 'static) {
        let _ = self.messages.send(Message::Adopt(Box::new(give)));
    }

    /// Ends all requests with [`Finish::Shutdown`](crate::Finish::Shutdown) and then the engine thread; returns at once.
    pub fn shutdown(&self) {
        self.board.stop();
        let _ = self.messages.send(Message::Wake); // fails when it has ended already
    }

    /// Whether the engine thread has ended, so that no request will be taken any more.
    pub fn has_ended(&self) -> bool {
        let thread = self.thread.as_ref().as_ref();
        thread.is_none_or(JoinHandle::is_finished)
    }

    /// Whether the model's file was found changed or unreadable, so that requests end with [`Finish::Lost`](crate::Finish::Lost).
    pub fn has_lost_model(&self) -> bool {
        self.board.is_lost()
    }

    /// What is going on now.
    pub fn load(&self) -> Load {
        self.board.load()
    }

    /// Tokens that a sequence can have: the options' context, if the runner can do it.
    pub fn context(&self) -> usize {
        self.options.context
    }

    fn send(&self, request: Request, retention: Retention) -> Result<Running, SubmitError> {
        self.check(&request)?;
        if self.board.is_stopping() {
            return Err(SubmitError::Stopped);
        }
        let ticket = self.board.enter(request.lane(), &self.options)?;
        let (outbox, events, is_awaited) = Outbox::new(request.prompt.len());
        let waiting = Waiting {
            request,
            retention,
            outbox,
            ticket: ticket.clone(),
            position: None,
        };
        self.messages
            .send(Message::Submit(Box::new(waiting)))
            .map_err(|_| SubmitError::Stopped)?;
        Ok(Running {
            events,
            messages: self.messages.clone(),
            is_awaited,
            _ticket: ticket,
        })
    }

    fn check(&self, request: &Request) -> Result<(), SubmitError> {
        let n_prompt = request.prompt.len();
        let context = self.options.context - request.max_tokens.min(1); // room for one token of answer
        if n_prompt == 0 {
            return Err(SubmitError::Empty);
        }
        if context < n_prompt {
            return Err(SubmitError::TooLong { n_prompt, context });
        }
        let ids = request
            .prompt
            .iter()
            .copied()
            .chain(request.sampling.logit_bias.iter().map(|&(id, _)| id));
        match ids.max() {
            Some(id) if self.n_vocab <= id as usize => Err(SubmitError::UnknownToken {
                id,
                n_vocab: self.n_vocab,
            }),
            _ => Ok(()),
        }
    }
}

/// The client number of warmed prefixes.
const WARMING: u64 = u64::MAX;

/// Options within what a runner can do.
fn fitted(runner: &dyn Runner, options: EngineOptions) -> EngineOptions {
    let n_positions = runner.max_positions().min(runner.n_pages() * PAGE_TOKENS);
    // A batch has room for a token of each other sequence and at least one prompt token.
    let n_places = runner
        .max_logits()
        .min(runner.max_batch_tokens().saturating_sub(1))
        .max(1);
    EngineOptions {
        max_running: options.max_running.clamp(1, n_places),
        max_running_batch: options.max_running_batch.clamp(1, n_places),
        context: options.context.clamp(1, n_positions.max(1)),
        ..options
    }
}

#[cfg(test)]
mod tests;
