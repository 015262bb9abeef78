//! Turns requests into tokens: one thread, `step()`. Knows token ids, never text.

mod board;
mod cache;
mod candidates;
mod constraint;
mod drafts;
mod engine;
#[cfg(test)]
mod fake;
mod fed;
mod handle;
mod kept;
mod logprobs;
mod outbox;
mod pace;
mod pages;
mod penalties;
mod plan;
mod prefix;
mod queue;
mod repetition;
mod request;
mod runner;
mod sampler;
mod sequence;
mod softmax;
mod speculation;
mod step_times;

pub use candidates::argmax;
pub use constraint::{Allowed, Constraint};
pub use handle::{Engine, EngineOptions, Load, Running, SubmitError};
pub use kept::{Adoption, KeptPage, NotAdopted};
pub use request::{
    Event, Finish, Logprob, Priority, PromptLogprobs, RepetitionGuard, Request, Sampling,
    TokenEvent, Usage,
};
pub use runner::{ModelRunner, Runner, RunnerOptions};
pub use speculation::Speculation;
