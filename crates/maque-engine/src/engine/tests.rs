//! The scheduler on a fake runner and a fake clock, step by step.

use super::*;
use crate::fake::{Fake, FakeClock, Log, N_VOCAB, Script, Sight, Sizes, logits_after};
use crate::outbox::{CAPACITY, PATIENCE};
use crate::penalties::Penalties;
use crate::queue::Retention;
use crate::sampler::Sampler;
use crate::{Event, Priority, Request, Sampling, Speculation, TokenEvent, Usage};
use std::time::Duration;
use tokio::sync::mpsc::Receiver as EventReceiver;

mod constraints;
mod phases;
mod priority;
mod reuse;
mod speculation;
mod workload;

/// A scheduler and everything around it.
struct Bench {
    scheduler: Scheduler,
    board: Arc<Board>,
    clock: FakeClock,
    log: Arc<Mutex<Log>>,
}

/// The reader's end of a request, and what it heard.
struct Reader {
    receiver: EventReceiver<Event>,
    heard: Vec<Event>,
}

impl Bench {
    fn new(sizes: Sizes) -> Bench {
        Bench::with_running(sizes, 16)
    }

    fn with_running(sizes: Sizes, max_running: usize) -> Bench {
        let options = EngineOptions {
            max_running,
            max_running_batch: max_running,
            ..EngineOptions::default()
        };
        Bench::with_options(sizes, options)
    }

    fn with_speculation(sizes: Sizes, speculation: Speculation) -> Bench {
        let options = EngineOptions {
            speculation,
            ..EngineOptions::default()
        };
        Bench::with_options(sizes, options)
    }

    fn with_options(sizes: Sizes, options: EngineOptions) -> Bench {
        let clock = FakeClock::new();
        let (fake, log) = Fake::new(sizes, clock.clone());
        let board = Arc::new(Board::new(&options));
        let options = EngineOptions {
            context: sizes.max_positions,
            ..options
        };
        let engine_clock = clock.clone();
        let scheduler = Scheduler::new(
            Box::new(fake),
            options,
            Arc::clone(&board),
            Box::new(move || engine_clock.now()),
        );
        Bench {
            scheduler,
            board,
            clock,
            log,
        }
    }

    fn submit(&mut self, request: Request) -> Reader {
        self.send(request, Retention::Client)
    }

    fn warm(&mut self, tokens: &[u32]) -> Reader {
        self.send(
            Request {
                client: u64::MAX,
                ..Request::new(tokens.to_vec(), Sampling::greedy(), 0)
            },
            Retention::Everyone,
        )
    }

    fn send(&mut self, request: Request, retention: Retention) -> Reader {
        let ticket = self
            .board
            .enter(request.lane(), &EngineOptions::default())
            .expect("there is room");
        let (outbox, receiver, _) = Outbox::new(request.prompt.len());
        let waiting = Waiting {
            request,
            retention,
            outbox,
            ticket,
            position: None,
        };
        self.scheduler.accept(Message::Submit(Box::new(waiting)));
        Reader {
            receiver,
            heard: Vec::new(),
        }
    }

    /// Steps until there is nothing to do; readers listen all the time.
    fn run(&mut self, readers: &mut [&mut Reader]) {
        for _ in 0..100_000 {
            let turn = self.scheduler.step();
            let n_heard: usize = readers.iter_mut().map(|reader| reader.listen()).sum();
            if turn == Turn::Idle && n_heard == 0 {
                return;
            }
        }
        panic!("the engine does not come to rest");
    }

    fn answer(&mut self, request: Request) -> Reader {
        let mut reader = self.submit(request);
        self.run(&mut [&mut reader]);
        reader
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("not poisoned")
    }

    /// Nobody holds a page but the cache, and promises are all given back.
    fn assert_at_rest(&self) {
        let load = self.board.load();
        assert_eq!(
            (load.n_waiting, load.n_running, load.n_pages_used),
            (0, 0, 0)
        );
        self.scheduler.cache.assert_consistent();
    }
}

impl Reader {
    fn listen(&mut self) -> usize {
        let n_before = self.heard.len();
        while let Ok(event) = self.receiver.try_recv() {
            self.heard.push(event);
        }
        self.heard.len() - n_before
    }

    fn tokens(&self) -> Vec<u32> {
        let ids = self.heard.iter().filter_map(|event| match event {
            Event::Token(token) => Some(token.id),
            _ => None,
        });
        ids.collect()
    }

    fn end(&self) -> (Finish, Usage) {
        match self.heard.last() {
            Some(&Event::Finished { finish, usage }) => (finish, usage),
            other => panic!("the last event is {other:?}"),
        }
    }

    fn n_cached(&self) -> usize {
        self.end().1.cached_tokens
    }
}

/// A prompt of `n` tokens that differs from others' by `salt`.
fn prompt(n: usize, salt: u32) -> Vec<u32> {
    (0..n as u32)
        .map(|i| (i * i * 7 + i * salt + salt) % N_VOCAB as u32)
        .collect()
}

fn greedy(n_prompt: usize, salt: u32, max_tokens: usize) -> Request {
    Request::new(prompt(n_prompt, salt), Sampling::greedy(), max_tokens)
}

/// The answer's tokens by definition: no engine, no pages.
fn expected(request: &Request, context: usize) -> Vec<u32> {
    expected_of(Sight::Whole, request, context)
}

fn expected_of(sight: Sight, request: &Request, context: usize) -> Vec<u32> {
    let mut tokens = request.prompt.clone();
    let mut penalties = Penalties::new(&request.sampling, &tokens);
    let limit = (tokens.len() + request.max_tokens).min(context);
    while tokens.len() < limit {
        let id = Sampler::default().sample(
            &logits_after(sight, &tokens),
            &request.sampling,
            &penalties,
            tokens.len(),
        );
        if request.stop_tokens.contains(&id) {
            break;
        }
        penalties.accept(&request.sampling, id);
        tokens.push(id);
    }
    tokens.split_off(request.prompt.len())
}
