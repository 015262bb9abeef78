//! What goes into the engine and what comes out.

use crate::Constraint;

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Softmax temperature; 0 is greedy.
    pub temperature: f32,
    /// Nucleus mass in (0, 1].
    pub top_p: f32,
    /// Candidates kept; 0 keeps all.
    pub top_k: usize,
    /// Smallest probability relative to the best one that is kept.
    pub min_p: f32,
    /// Divides positive and multiplies negative logits of tokens already seen (arXiv 1909.05858); 1 is off.
    pub repetition_penalty: f32,
    /// Subtracted once from logits of tokens already generated.
    pub presence_penalty: f32,
    /// Subtracted per occurrence from logits of tokens already generated.
    pub frequency_penalty: f32,
    /// Added to the logits of single tokens.
    pub logit_bias: Vec<(u32, f32)>,
    /// The random number of a position is a hash of (seed, position).
    pub seed: u64,
}

impl Default for Sampling {
    /// The model's own distribution: temperature 1 and no filter.
    fn default() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            logit_bias: Vec::new(),
            seed: 0,
        }
    }
}

/// With more than so many candidates it costs more to find them than to compute all logits.
const MOST_BEST: usize = 64;

impl Sampling {
    /// Whether the most probable token is taken.
    pub(crate) fn is_greedy(&self) -> bool {
        self.temperature <= 0.0 || self.temperature.is_nan() || self.top_k == 1
    }

    /// How many of the best logits are enough to choose from: none if the choice is not among a few, or if
    /// logits may be raised first.
    pub(crate) fn n_best(&self) -> Option<usize> {
        let is_lowering = 1.0 <= self.repetition_penalty
            && 0.0 <= self.presence_penalty
            && 0.0 <= self.frequency_penalty
            && self.logit_bias.is_empty();
        let n_best = if self.is_greedy() { 1 } else { self.top_k };
        (is_lowering && (1..=MOST_BEST).contains(&n_best)).then_some(n_best)
    }

    /// Always the most probable token.
    pub fn greedy() -> Sampling {
        Sampling {
            temperature: 0.0,
            ..Sampling::default()
        }
    }
}

/// Whether an answer that became a loop is ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepetitionGuard {
    /// Ended with [`Finish::Repetition`].
    #[default]
    On,
    /// Left alone.
    Off,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for the answer.
    #[default]
    Interactive,
    /// Worked on in steps in which no interactive request has anything to do.
    Batch,
}

/// Requests that take turns with one another: one client's of one priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub(crate) priority: Priority,
    pub(crate) client: u64,
}

/// Which tokens of a prompt are told with their logprobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptLogprobs {
    /// The first of them; those before it are read only, or taken from the cache. Token 0 has no logprob.
    pub from: usize,
    /// Alternatives to each.
    pub n_top: usize,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The prompt's ids; never empty.
    pub prompt: Vec<u32>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens to generate at most; 0 evaluates the prompt only.
    pub max_tokens: usize,
    /// Ids that end the answer (they are not emitted as tokens).
    pub stop_tokens: Vec<u32>,
    /// With each token, logprobs of it and of this many alternatives.
    pub logprobs: Option<usize>,
    /// The same for tokens of the prompt.
    pub prompt_logprobs: Option<PromptLogprobs>,
    /// Who asks: fairness between clients, and whose cached prefixes may be used.
    pub client: u64,
    /// Whether others go first.
    pub priority: Priority,
    /// What happens to an answer that became a loop.
    pub repetition_guard: RepetitionGuard,
    /// The grammar that the answer keeps to.
    pub constraint: Option<Box<dyn Constraint>>,
}

impl Request {
    /// A request of client 0 without stop tokens, logprobs and constraint; set fields to ask for more.
    pub fn new(prompt: Vec<u32>, sampling: Sampling, max_tokens: usize) -> Request {
        Request {
            prompt,
            sampling,
            max_tokens,
            stop_tokens: Vec::new(),
            logprobs: None,
            prompt_logprobs: None,
            client: 0,
            priority: Priority::Interactive,
            repetition_guard: RepetitionGuard::On,
            constraint: None,
        }
    }

    /// Whom it takes turns with.
    pub(crate) fn lane(&self) -> Lane {
        Lane {
            priority: self.priority,
            client: self.client,
        }
    }
}

/// One alternative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logprob {
    /// Token id.
    pub id: u32,
    /// Natural logarithm of its probability under the unmodified logits.
    pub logprob: f32,
}

/// A generated (or prompt) token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenEvent {
    /// Token id.
    pub id: u32,
    /// Its own logprob, when asked for.
    pub logprob: Option<f32>,
    /// The best alternatives, best first.
    pub top: Vec<Logprob>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A stop token, or nothing could follow within the answer's grammar.
    Stop,
    /// `max_tokens` or the context's end.
    Length,
    /// The answer had become a loop.
    Repetition,
    /// The answer's grammar had become too complex to follow.
    Constraint,
    /// The engine is shutting down.
    Shutdown,
    /// Nobody read the answer for 30 seconds.
    Stalled,
    /// The model's file cannot be read any more, or was changed.
    Lost,
    /// The engine stopped by a defect of its own.
    Failed,
}

/// Token counts and times of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Prompt ids.
    pub prompt_tokens: usize,
    /// Prompt ids whose KV was already there.
    pub cached_tokens: usize,
    /// Generated ids, the stop token not counted.
    pub completion_tokens: usize,
}

/// What a request hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Waiting; how many are before it.
    Queued {
        /// 0 is next.
        position: usize,
    },
    /// The prompt is being read.
    Reading {
        /// Ids done, cached ones included.
        done: usize,
        /// Ids in all.
        total: usize,
    },
    /// A prompt token with its logprobs (`prompt_logprobs` only; token 0 has none).
    Prompt(TokenEvent),
    /// A generated token.
    Token(TokenEvent),
    /// The end; nothing follows.
    Finished {
        /// Why.
        finish: Finish,
        /// Counts.
        usage: Usage,
    },
}
