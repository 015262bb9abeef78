//! Turns requests into tokens: one thread, `step()`. Knows token ids, never text.

mod handle;
mod request;
mod runner;

pub use handle::{Engine, EngineOptions, Load, Running, SubmitError};
pub use request::{Event, Finish, Logprob, RepetitionGuard, Request, Sampling, TokenEvent, Usage};
pub use runner::{ModelRunner, Runner, RunnerOptions};
