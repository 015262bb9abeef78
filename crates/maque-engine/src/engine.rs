//! The engine thread's loop: `step()` moves every request along.

use crate::board::Board;
use crate::cache::{Cache, Demand, PageTable};
use crate::drafts;
use crate::fed::{fed, in_order};
use crate::handle::{EngineOptions, Load, Message};
use crate::kept::{Adoption, kept};
use crate::outbox::{Flow, Outbox};
use crate::pace::Pace;
use crate::plan::{self, Limits, Task, Work};
use crate::queue::{Queue, Waiting};
use crate::request::Lane;
use crate::sequence::{Judges, Sequence};
use crate::step_times::StepTimes;
use crate::{Finish, Priority, Runner};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A slice of so many tokens whose reader is gone is worth ending the pass for: the others' tokens are fed again.
const HEAVY_SLICE: usize = 16;

/// Batch work leaves this share of the pages to people who come.
const LEFT_BY_BATCH: usize = 2;

/// All requests of one model. One thread owns it.
pub(crate) struct Scheduler {
    runner: Box<dyn Runner>,
    options: EngineOptions,
    board: Arc<Board>,
    clock: Clock,
    queue: Queue,
    running: Vec<Sequence>, // in order of admission
    leaving: Vec<Outbox>,   // of finished sequences whose readers are behind
    cache: Cache,
    pace: Pace,
    step_times: StepTimes,
    n_drafted: u64,
    n_accepted: u64,
    n_arrived: u64,             // interactive requests taken so far
    judges: Mutex<Vec<Judges>>, // those that no thread is using
}

/// Tells the time; tests have their own.
pub(crate) type Clock = Box<dyn Fn() -> Instant + Send>;

/// Whether a step had anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Worked,
    Idle,
}

impl Scheduler {
    /// `options` are within what `runner` can do.
    pub(crate) fn new(
        runner: Box<dyn Runner>,
        options: EngineOptions,
        board: Arc<Board>,
        clock: Clock,
    ) -> Scheduler {
        let cache = Cache::new(runner.n_pages());
        Scheduler {
            runner,
            options,
            board,
            clock,
            queue: Queue::default(),
            running: Vec::new(),
            leaving: Vec::new(),
            cache,
            pace: Pace::default(),
            step_times: StepTimes::default(),
            n_drafted: 0,
            n_accepted: 0,
            n_arrived: 0,
            judges: Mutex::default(),
        }
    }

    /// Works until nobody can ask for anything any more.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) {
        let mut turn = Turn::Idle;
        while self.listen(messages, turn) {
            turn = self.step();
        }
    }

    /// One turn of the engine: choose work, run it, hand out the tokens, retire the finished.
    pub(crate) fn step(&mut self) -> Turn {
        self.cancel();
        self.admit();
        self.give_way();
        self.guess();
        let n_tokens = self.plan();
        let turn = if n_tokens.iter().all(|&n| n == 0) {
            Turn::Idle
        } else {
            Turn::Worked
        };
        if turn == Turn::Worked && self.forward(&n_tokens) {
            self.sample(&n_tokens);
        }
        self.retire();
        self.report();
        turn
    }

    /// Takes a message from a caller.
    pub(crate) fn accept(&mut self, message: Message) {
        match message {
            Message::Submit(waiting) => {
                self.n_arrived += u64::from(waiting.request.priority == Priority::Interactive);
                self.queue.push(*waiting);
            }
            Message::Keep(hear) => hear(&mut kept(&self.cache, &*self.runner)),
            Message::Adopt(give) => give(Adoption::new(&mut self.cache, &mut *self.runner)),
            Message::Wake => {}
        }
    }

    /// Takes all messages; without work it waits for one. False when the engine is to end.
    fn listen(&mut self, messages: &Receiver<Message>, turn: Turn) -> bool {
        let first = match (turn, self.deadline()) {
            (Turn::Worked, _) => messages.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            }),
            (Turn::Idle, None) => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            (Turn::Idle, Some(deadline)) => {
                messages.recv_timeout(deadline.saturating_duration_since((self.clock)()))
            }
        };
        match first {
            Ok(message) => self.accept(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        messages.try_iter().for_each(|message| self.accept(message));
        if self.board.is_stopping() {
            self.shut_down();
            return false;
        }
        true
    }

    /// When the first reader that is behind will have been so for too long.
    fn deadline(&self) -> Option<Instant> {
        let outboxes = self
            .running
            .iter()
            .map(|sequence| &sequence.outbox)
            .chain(&self.leaving);
        outboxes.filter_map(Outbox::deadline).min()
    }

    /// Lets go of requests whose readers are gone, pauses those whose readers are behind.
    fn cancel(&mut self) {
        let now = (self.clock)();
        self.queue.cancel();
        for sequence in &mut self.running {
            let flow = sequence.outbox.flush(now);
            sequence.set_paused(flow == Flow::Full);
            if flow == Flow::Stalled {
                sequence.outbox.abort(Finish::Stalled);
                sequence.end(Finish::Stalled);
            }
        }
        self.leaving.retain_mut(|outbox| {
            let flow = outbox.flush(now);
            if flow == Flow::Stalled {
                outbox.abort(Finish::Stalled);
            }
            flow == Flow::Full
        });
        self.retire();
    }

    /// Starts waiting requests, fair between clients, as far as sequences and pages allow. None overtakes: the next one in
    /// turn gets the pages that come free.
    fn admit(&mut self) {
        loop {
            let n_running = self.n_running();
            let Some(index) = self.queue.next(&n_running) else {
                break;
            };
            if self.n_free(self.queue.get(index).request.priority) == 0 {
                break;
            }
            let Some((table, n_cached)) = self.place(index) else {
                break;
            };
            let waiting = self.queue.take(index, &n_running);
            self.running
                .push(Sequence::new(waiting, table, n_cached, &self.options));
        }
        for priority in [Priority::Interactive, Priority::Batch] {
            let n_free = match self.queue.has(priority) {
                true => 0, // slots without pages are of no use
                false => self.n_free(priority),
            };
            self.board.set_free(priority, n_free);
        }
        self.queue.tell(&self.n_running());
        self.refresh();
    }

    /// Sequences of this priority that there are places for.
    fn n_free(&self, priority: Priority) -> usize {
        let running = self.running.iter();
        let n_running = running.filter(|sequence| sequence.priority() == priority);
        self.options.n_places(priority) - n_running.count()
    }

    /// Lets batch work rest in this step if somebody interactive has anything to do.
    fn give_way(&mut self) {
        let is_interactive = |sequence: &Sequence| sequence.priority() == Priority::Interactive;
        let is_busy =
            |sequence: &Sequence| is_interactive(sequence) && sequence.work() != Work::Pause;
        if !self.running.iter().any(is_busy) {
            return;
        }
        let running = self.running.iter_mut();
        for sequence in running.filter(|sequence| !is_interactive(sequence)) {
            sequence.set_paused(true);
        }
    }

    /// Pages for a waiting request, and how many of its tokens are in them.
    fn place(&mut self, index: usize) -> Option<(PageTable, usize)> {
        let Waiting {
            request, retention, ..
        } = self.queue.get(index);
        let demand = Demand::of(request, *retention, self.options.context);
        let is_further_batch = request.priority == Priority::Batch
            && self.n_free(Priority::Batch) < self.options.max_running_batch;
        let n_left = match is_further_batch {
            true => self.runner.n_pages() / LEFT_BY_BATCH,
            false => 0,
        };
        let mut admission = self.cache.admit_leaving(demand, n_left);
        if admission.is_none() && self.running.is_empty() {
            self.cache.unpin(); // nobody waits for a kept prefix
            admission = self.cache.admit(demand);
        }
        let admission = admission?;
        if let Some((from, to)) = admission.copy {
            self.runner.copy_page(from, to);
        }
        Some((admission.table, admission.n_cached))
    }

    /// Gives requests that still read the prefixes that others have evaluated meanwhile: of many requests with one prompt only
    /// the first reads it.
    fn refresh(&mut self) {
        for sequence in self
            .running
            .iter_mut()
            .filter(|sequence| !sequence.is_read())
        {
            let Some(admission) = self
                .cache
                .admit_better(sequence.demand(), sequence.n_done())
            else {
                continue;
            };
            if let Some((from, to)) = admission.copy {
                self.runner.copy_page(from, to);
            }
            let old = sequence.rebase(admission.table, admission.n_cached);
            self.cache.abandon(old);
        }
    }

    fn n_running(&self) -> HashMap<Lane, usize> {
        let mut n_running = HashMap::new();
        for sequence in &self.running {
            *n_running.entry(sequence.lane()).or_insert(0) += 1;
        }
        n_running
    }

    /// Lets those who write guess what comes next, as far as that pays for all of them.
    fn guess(&mut self) {
        let mut writing: Vec<_> = self
            .running
            .iter_mut()
            .filter(|sequence| sequence.is_writing())
            .collect();
        let odds: Vec<_> = writing.iter().map(|sequence| sequence.odds()).collect();
        let n_known = writing.iter().map(|sequence| sequence.n_known()).sum();
        let lengths = drafts::lengths(&odds, n_known, &self.step_times);
        for (sequence, n_guesses) in writing.iter_mut().zip(lengths) {
            sequence.guess(n_guesses);
        }
    }

    fn plan(&self) -> Vec<usize> {
        let tasks: Vec<Task> = self
            .running
            .iter()
            .map(|sequence| Task {
                client: sequence.client(),
                work: sequence.work(),
            })
            .collect();
        let limits = Limits {
            n_tokens: self.runner.max_batch_tokens(),
            n_beside_decode: self.pace.chunk(),
            n_logits: self.runner.max_logits(),
        };
        plan::plan(&tasks, limits)
    }

    /// Evaluates the planned tokens; false when it was ended because a request is gone, or somebody interactive came while
    /// only batch work was done, or when the model is lost.
    fn forward(&mut self, n_tokens: &[usize]) -> bool {
        let mut n_prompt_tokens = 0;
        for (sequence, &n) in self
            .running
            .iter_mut()
            .zip(n_tokens)
            .filter(|(_, n)| 0 < **n)
        {
            if let Work::Prefill { .. } = sequence.work() {
                n_prompt_tokens += n;
            }
            let n_positions = sequence.n_positions_after(n);
            self.cache.grow(sequence.table_mut().0, n_positions);
        }
        let fed = in_order(self.running.iter(), n_tokens);
        let batch: Vec<_> = fed.iter().map(|(sequence, n)| sequence.slice(*n)).collect();
        let is_batch = fed
            .iter()
            .all(|(sequence, _)| sequence.priority() == Priority::Batch);
        let keep_going = || {
            let is_gone = |(sequence, _): &(&Sequence, usize)| sequence.outbox.is_gone();
            let is_wasted = fed
                .iter()
                .any(|pair| HEAVY_SLICE <= pair.1 && is_gone(pair))
                || fed.iter().all(is_gone);
            let gives_way = is_batch && self.board.n_arrived() != self.n_arrived;
            !is_wasted && !gives_way && !self.board.is_stopping()
        };
        let start = (self.clock)();
        let done = self.runner.forward(&batch, &keep_going);
        let is_done = done.as_ref().is_ok_and(|is_done| *is_done);
        if is_done {
            let elapsed = (self.clock)().duration_since(start);
            self.pace.observe(n_prompt_tokens, elapsed);
            if n_prompt_tokens == 0 {
                self.step_times.observe(n_tokens.iter().sum(), elapsed);
            }
        }
        if done.is_err() {
            self.board.lose();
            let running = self.running.iter_mut();
            running.for_each(|sequence| sequence.end(Finish::Lost));
        }
        is_done
    }

    /// Hands the logits out, and lets others reuse prompts that are now evaluated.
    fn sample(&mut self, n_tokens: &[usize]) {
        let fed = fed(&mut self.running, n_tokens, &*self.runner);
        let fed: Vec<_> = fed.into_iter().map(Mutex::new).collect();
        self.runner.share(fed.len(), &|index| {
            let mut judges = lock(&self.judges).pop().unwrap_or_default();
            lock(&fed[index]).absorb(&mut judges);
            lock(&self.judges).push(judges);
        });
        for fed in fed {
            let fed = fed.into_inner().unwrap_or_else(PoisonError::into_inner);
            let (n_drafted, n_accepted) = fed.guesses();
            self.n_drafted += n_drafted as u64;
            self.n_accepted += n_accepted as u64;
            if fed.has_read() {
                let scope = fed.sequence.scope();
                let (table, tokens) = fed.sequence.table_mut();
                self.cache.share(table, scope, tokens);
            }
        }
    }

    /// Takes finished and abandoned sequences apart; what they evaluated stays cached.
    fn retire(&mut self) {
        let is_over = |sequence: &mut Sequence| sequence.is_finished() || sequence.outbox.is_gone();
        for sequence in self.running.extract_if(.., is_over) {
            let to_pin = sequence.to_pin().map(<[u32]>::to_vec);
            let retired = sequence.retire();
            self.cache
                .retire(retired.table, retired.scope, &retired.tokens);
            self.leaving.push(retired.outbox);
            if let Some(prefix) = to_pin {
                self.cache.pin(&prefix);
            }
        }
        self.leaving.retain(Outbox::is_pending);
    }

    fn report(&self) {
        let counts = self.cache.counts();
        self.board.set_load(Load {
            n_waiting: 0, // the board knows better
            n_running: self.running.len(),
            n_pages_used: counts.n_used,
            n_pages_cached: counts.n_cached,
            n_pages: self.runner.n_pages(),
            n_drafted: self.n_drafted,
            n_accepted: self.n_accepted,
        });
    }

    fn shut_down(&mut self) {
        let waiting = self
            .queue
            .take_all()
            .into_iter()
            .map(|waiting| waiting.outbox);
        let running = self.running.drain(..).map(|sequence| sequence.outbox);
        for mut outbox in waiting.chain(running).chain(self.leaving.drain(..)) {
            outbox.abort(Finish::Shutdown);
        }
        self.board.set_load(Load::default());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
