//! An admitted request: its tokens, how far they are evaluated, and what its reader hears.

use crate::cache::{Demand, PageTable};
use crate::constraint::{self, Next};
use crate::logprobs::Logprobs;
use crate::outbox::Outbox;
use crate::penalties::Penalties;
use crate::plan::Work;
use crate::prefix::Scope;
use crate::queue::{Retention, Waiting};
use crate::repetition::LoopDetector;
use crate::request::Lane;
use crate::sampler::Sampler;
use crate::speculation::Speculator;
use crate::{
    EngineOptions, Event, Finish, Priority, PromptLogprobs, RepetitionGuard, Request, Speculation,
    TokenEvent,
};
use maque_model::{Enough, Slice};

/// Tokens that a step feeds of a sequence at most, those that are known to follow and those that are guessed: as many as the
/// kernels multiply at once.
const MAX_FED: usize = 8;

/// Buffers for looking at logits, one set a thread.
#[derive(Debug, Default)]
pub(crate) struct Judges {
    sampler: Sampler,
    logprobs: Logprobs,
}

/// A running request. It is reading while prompt tokens are not evaluated, then it writes: the sampled token, and those that a
/// constraint lets nothing else follow, are the next to be evaluated.
#[derive(Debug)]
pub(crate) struct Sequence {
    request: Request,
    retention: Retention,
    tokens: Vec<u32>, // prompt, then answer
    n_prompt: usize,
    n_done: usize,  // tokens whose KV is in the pages
    n_limit: usize, // tokens in all at most
    table: PageTable,
    speculator: Option<Speculator>,
    draft: Vec<u32>, // while it writes: its tokens that are not evaluated, and what is guessed to follow
    next: Next,      // what the constraint allows after all tokens
    penalties: Penalties,
    loop_detector: Option<LoopDetector>,
    finish: Option<Finish>,
    is_paused: bool,
    /// What the reader hears.
    pub(crate) outbox: Outbox,
}

impl Sequence {
    /// A sequence that begins with `n_cached` evaluated tokens in `table`.
    pub(crate) fn new(
        waiting: Waiting,
        table: PageTable,
        n_cached: usize,
        options: &EngineOptions,
    ) -> Sequence {
        let Waiting {
            mut request,
            retention,
            mut outbox,
            ticket,
            ..
        } = waiting;
        ticket.begin(); // it waits no longer
        let n_limit = request
            .prompt
            .len()
            .saturating_add(request.max_tokens)
            .min(options.context);
        let tokens = std::mem::take(&mut request.prompt);
        outbox.set_cached(n_cached);
        outbox.inform(Event::Reading {
            done: n_cached,
            total: tokens.len(),
        });
        let mut next = Next::default();
        if let Some(constraint) = &mut request.constraint {
            next.ask(&mut **constraint);
        }
        Sequence {
            next,
            speculator: (options.speculation == Speculation::Auto).then(Speculator::default),
            draft: Vec::new(),
            penalties: Penalties::new(&request.sampling, &tokens),
            loop_detector: (request.repetition_guard == RepetitionGuard::On)
                .then(LoopDetector::new),
            request,
            retention,
            n_prompt: tokens.len(),
            tokens,
            n_done: n_cached,
            n_limit,
            table,
            finish: None,
            is_paused: false,
            outbox,
        }
    }

    pub(crate) fn client(&self) -> u64 {
        self.request.client
    }

    pub(crate) fn lane(&self) -> Lane {
        self.request.lane()
    }

    pub(crate) fn priority(&self) -> Priority {
        self.request.priority
    }

    /// What it wants of the cache.
    pub(crate) fn demand(&self) -> Demand<'_> {
        Demand::new(
            &self.request,
            self.retention,
            &self.tokens[..self.n_prompt],
            self.n_limit,
        )
    }

    /// Whose cached prefixes it may read, and where its own goes.
    pub(crate) fn scope(&self) -> Scope {
        self.demand().scope
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Tokens whose KV is in the pages.
    pub(crate) fn n_done(&self) -> usize {
        self.n_done
    }

    /// Goes on from more cached tokens than it has; gives the old pages back.
    pub(crate) fn rebase(&mut self, table: PageTable, n_cached: usize) -> PageTable {
        self.n_done = n_cached;
        self.outbox.set_cached(n_cached);
        std::mem::replace(&mut self.table, table)
    }

    /// Whether its prompt is wholly evaluated.
    pub(crate) fn is_read(&self) -> bool {
        self.n_prompt <= self.n_done
    }

    /// Whether it would feed its last token in the next step.
    pub(crate) fn is_writing(&self) -> bool {
        self.is_read() && !self.is_paused
    }

    /// The prefix to keep for everyone once it is evaluated.
    pub(crate) fn to_pin(&self) -> Option<&[u32]> {
        (self.retention == Retention::Everyone && self.is_read())
            .then_some(&self.tokens[..self.n_prompt])
    }

    /// Stops or resumes feeding it.
    pub(crate) fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// Ends it; the first reason stands.
    pub(crate) fn end(&mut self, finish: Finish) {
        self.finish.get_or_insert(finish);
    }

    /// What it could do in the next step.
    pub(crate) fn work(&self) -> Work {
        if self.is_paused {
            return Work::Pause;
        }
        if self.is_read() {
            let n_known = self.n_known();
            return Work::Decode {
                n_known,
                n_draft: self.draft.len().saturating_sub(n_known),
            };
        }
        Work::Prefill {
            n_left: self.n_prompt - self.n_done,
            n_plain: self.first_row().saturating_sub(self.n_done),
        }
    }

    /// The first token of its prompt after which logits are wanted: the last one, or the one before those that are told.
    fn first_row(&self) -> usize {
        let wanted = self.request.prompt_logprobs;
        let first = wanted.map_or(self.n_prompt, |wanted| wanted.from.min(self.n_prompt));
        first.saturating_sub(1)
    }

    /// Tokens of its answer that are to be evaluated: at least one while it writes.
    pub(crate) fn n_known(&self) -> usize {
        self.tokens.len() - self.n_done
    }

    /// The probabilities that its next 1, 2, … guesses are all right.
    pub(crate) fn odds(&self) -> Vec<f64> {
        let n_max = self.n_limit - 1 - self.tokens.len(); // the last token is never fed
        let n_max = n_max.min(MAX_FED - self.n_known());
        let speculator = self.speculator.as_ref();
        speculator.map_or_else(Vec::new, |speculator| speculator.odds(n_max))
    }

    /// Guesses what it will write in the next step: so many tokens.
    pub(crate) fn guess(&mut self, n_guesses: usize) {
        self.draft.clear();
        self.draft.extend_from_slice(&self.tokens[self.n_done..]);
        if let Some(speculator) = &self.speculator {
            let guesses = speculator.guesses(&self.tokens);
            self.draft.extend(guesses.take(n_guesses));
        }
    }

    /// Its next `n_tokens` tokens as a slice of a batch.
    pub(crate) fn slice(&self, n_tokens: usize) -> Slice<'_> {
        if self.is_read() {
            return Slice {
                tokens: &self.draft[..n_tokens],
                start: self.n_done,
                pages: self.table.pages(),
                // Each says what follows, and so verifies a guess; after all but the last of those known that is known too.
                logits: n_tokens.min(self.n_known() - 1)..n_tokens,
                enough: self.enough(n_tokens.saturating_sub(self.n_known())),
            };
        }
        let end = self.n_done + n_tokens;
        // A row describes the token that follows; after the prompt's last token it is for sampling.
        let has_next = end != self.n_prompt || self.n_prompt < self.n_limit;
        let last_row = if has_next { n_tokens } else { n_tokens - 1 };
        let first_row = self.first_row().saturating_sub(self.n_done);
        Slice {
            tokens: &self.tokens[self.n_done..end],
            start: self.n_done,
            pages: self.table.pages(),
            logits: first_row.min(last_row)..last_row,
            enough: self.enough(0),
        }
    }

    /// The logits that the next choice needs, if not all. After guesses a constraint cannot be asked.
    fn enough(&self, n_guesses: usize) -> Option<Enough<'_>> {
        let request = &self.request;
        let needs_all = request.constraint.is_some() && 0 < n_guesses
            || request.logprobs.is_some()
            || request.prompt_logprobs.is_some();
        let n_best = request.sampling.n_best().filter(|_| !needs_all)?;
        Some(Enough {
            n_best,
            lowered: self.penalties.seen(),
            allowed: self.next.words(),
        })
    }

    /// The pages that it holds, and its evaluated tokens.
    pub(crate) fn table_mut(&mut self) -> (&mut PageTable, &[u32]) {
        (&mut self.table, &self.tokens[..self.n_done])
    }

    /// Positions evaluated after the next `n_tokens`.
    pub(crate) fn n_positions_after(&self, n_tokens: usize) -> usize {
        self.n_done + n_tokens
    }

    /// Takes the outcome of a step that fed `n_tokens`: the logits rows that its slice asked for.
    pub(crate) fn absorb(&mut self, n_tokens: usize, rows: &[&[f32]], judges: &mut Judges) {
        if self.is_read() {
            return self.verify(n_tokens, rows, judges);
        }
        let start = self.n_done;
        self.n_done += n_tokens;
        self.describe_prompt(start, rows, &mut judges.logprobs);
        self.outbox.inform(Event::Reading {
            done: self.n_done,
            total: self.n_prompt,
        });
        if !self.is_read() {
            return;
        }
        if self.tokens.len() == self.n_limit {
            return self.end(Finish::Length); // max_tokens is 0
        }
        if let Some(logits) = rows.last() {
            self.write(logits, judges);
        }
    }

    /// Writes as many tokens as were guessed right, and one more. Positions behind them are written over by the next step.
    fn verify(&mut self, n_tokens: usize, rows: &[&[f32]], judges: &mut Judges) {
        let n_certain = n_tokens - rows.len();
        self.n_done += n_certain;
        for (index, logits) in (n_certain..).zip(rows) {
            self.n_done += 1;
            if self.n_done == self.tokens.len() {
                self.write(logits, judges);
            }
            if self.is_finished() || self.draft.get(index + 1) != self.tokens.get(self.n_done) {
                return;
            }
        }
    }

    /// Says what the prompt's tokens after `start` were worth, as far as that is wanted.
    fn describe_prompt(&mut self, start: usize, rows: &[&[f32]], logprobs: &mut Logprobs) {
        let Some(PromptLogprobs { from, n_top }) = self.request.prompt_logprobs else {
            return;
        };
        if start == 0 && from == 0 {
            self.outbox.push(Event::Prompt(TokenEvent {
                id: self.tokens[0],
                logprob: None,
                top: Vec::new(),
            }));
        }
        let first = (start + 1).max(from).min(self.n_prompt);
        for (&id, logits) in self.tokens[first..self.n_prompt].iter().zip(rows) {
            self.outbox
                .push(Event::Prompt(logprobs.describe(logits, id, n_top)));
        }
    }

    /// Samples the next token, and writes those after it that nothing else may follow.
    fn write(&mut self, logits: &[f32], judges: &mut Judges) {
        let Some(id) = self.choose(logits, &mut judges.sampler) else {
            return self.end(Finish::Constraint);
        };
        self.take(id, logits, &mut judges.logprobs);
        if self.request.logprobs.is_some() {
            return; // each token is to be described by the logits before it
        }
        while !self.is_finished()
            && self.n_known() < MAX_FED
            && let Some(id) = self.forced()
        {
            self.take(id, logits, &mut judges.logprobs);
        }
    }

    /// The only token that may come next, if the constraint allows no other.
    fn forced(&self) -> Option<u32> {
        constraint::only(self.next.words()?)
    }

    /// Takes the next token, which `logits` were before, and ends the answer where that is due.
    fn take(&mut self, id: u32, logits: &[f32], logprobs: &mut Logprobs) {
        if self.request.stop_tokens.contains(&id) {
            return self.end(Finish::Stop);
        }
        self.penalties.accept(&self.request.sampling, id);
        self.tokens.push(id);
        if let Some(speculator) = &mut self.speculator {
            speculator.accept(&self.tokens);
        }
        self.outbox.push(Event::Token(match self.request.logprobs {
            Some(n_top) => logprobs.describe(logits, id, n_top),
            None => TokenEvent {
                id,
                logprob: None,
                top: Vec::new(),
            },
        }));
        if self.completes(id) {
            self.end(Finish::Stop);
        } else if self
            .loop_detector
            .as_mut()
            .is_some_and(|detector| detector.push(id))
        {
            self.end(Finish::Repetition);
        } else if self.tokens.len() == self.n_limit {
            self.end(Finish::Length);
        }
    }

    /// The next token, within the constraint if there is one; `None` when the constraint cannot say what is allowed.
    fn choose(&self, logits: &[f32], sampler: &mut Sampler) -> Option<u32> {
        let (sampling, position) = (&self.request.sampling, self.tokens.len());
        match &self.next {
            Next::Anything => Some(sampler.sample(logits, sampling, &self.penalties, position)),
            Next::Only(words) => {
                sampler.sample_among(words, logits, sampling, &self.penalties, position)
            }
            Next::Unknown => None,
        }
    }

    /// Tells the constraint which token was taken, and asks it what may follow; whether nothing can.
    fn completes(&mut self, id: u32) -> bool {
        let Some(constraint) = &mut self.request.constraint else {
            return false;
        };
        constraint.accept(id);
        let is_complete = constraint.is_complete();
        if !is_complete {
            self.next.ask(&mut **constraint);
        }
        is_complete
    }

    /// Takes it apart: its pages, whose they are, its evaluated tokens, and the outbox, which has been told the end.
    pub(crate) fn retire(mut self) -> Retired {
        if let Some(finish) = self.finish {
            self.outbox.finish(finish);
        }
        let scope = self.scope();
        self.tokens.truncate(self.n_done);
        Retired {
            table: self.table,
            scope,
            tokens: self.tokens,
            outbox: self.outbox,
        }
    }
}

/// What is left of a sequence.
#[derive(Debug)]
pub(crate) struct Retired {
    pub(crate) table: PageTable,
    pub(crate) scope: Scope,
    pub(crate) tokens: Vec<u32>,
    pub(crate) outbox: Outbox,
}
