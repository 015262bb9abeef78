//! A runner for tests: its logits are hashes of the tokens before them, read through KV pages as a real one would.

use crate::Runner;
use maque_kernels::PAGE_TOKENS;
use maque_model::Batch;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Ids of the fake vocabulary.
pub(crate) const N_VOCAB: usize = 50;

/// What happens within a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Script {
    /// The pass is made, unless it may not go on.
    #[default]
    Obey,
    /// The pass goes on until it may not.
    Wait,
    /// The pass panics.
    Panic,
    /// The pass finds the model's file lost.
    Lose,
}

/// What a test sees of its runner, and tells it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Per pass, per slice: start and tokens.
    pub(crate) passes: Vec<Vec<(usize, usize)>>,
    /// Passes that were ended.
    pub(crate) n_ended: usize,
    /// Pages copied.
    pub(crate) n_copies: usize,
    /// What the next pass does.
    pub(crate) script: Script,
}

impl Log {
    /// Tokens evaluated in all passes.
    pub(crate) fn n_tokens(&self) -> usize {
        self.passes
            .iter()
            .flatten()
            .map(|&(_, n_tokens)| n_tokens)
            .sum()
    }
}

/// Sizes and costs of a [`Fake`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) n_pages: usize,
    pub(crate) max_positions: usize,
    pub(crate) max_batch_tokens: usize,
    pub(crate) max_logits: usize,
    pub(crate) time_per_token: Duration,
    /// What it looks back to.
    pub(crate) sight: Sight,
}

/// How far back the fake looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// To all tokens and where they are: answers never repeat themselves.
    #[default]
    Whole,
    /// To the last two tokens: answers keep coming back to what they said before.
    Short,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes {
            n_pages: 64,
            max_positions: 512,
            max_batch_tokens: 64,
            max_logits: 32,
            time_per_token: Duration::ZERO,
            sight: Sight::Whole,
        }
    }
}

/// A clock that moves when the fake works or a test says so.
#[derive(Clone, Debug)]
pub(crate) struct FakeClock {
    start: Instant,
    elapsed: Arc<AtomicU64>, // nanoseconds
}

impl FakeClock {
    pub(crate) fn new() -> FakeClock {
        FakeClock {
            start: Instant::now(),
            elapsed: Arc::default(),
        }
    }
    pub(crate) fn now(&self) -> Instant {
        self.start + Duration::from_nanos(self.elapsed.load(Ordering::SeqCst))
    }
    pub(crate) fn advance(&self, time: Duration) {
        self.elapsed
            .fetch_add(time.as_nanos() as u64, Ordering::SeqCst);
    }
}

/// The runner.
pub(crate) struct Fake {
    sizes: Sizes,
    clock: FakeClock,
    log: Arc<Mutex<Log>>,
    kv: Vec<[i16; 4 * PAGE_TOKENS]>, // [n_pages][32 tokens][4]: a number of 64 bits each, 0 until it is written
    rows: Vec<Vec<f32>>,
}

impl Fake {
    pub(crate) fn new(sizes: Sizes, clock: FakeClock) -> (Fake, Arc<Mutex<Log>>) {
        let log = Arc::new(Mutex::new(Log::default()));
        let kv = vec![[0; 4 * PAGE_TOKENS]; sizes.n_pages];
        (
            Fake {
                sizes,
                clock,
                log: Arc::clone(&log),
                kv,
                rows: Vec::new(),
            },
            log,
        )
    }

    /// What a position's key and value stand for.
    fn read(&self, pages: &[u32], position: usize) -> u64 {
        let (words, _) = self.kv[pages[position / PAGE_TOKENS] as usize].as_chunks::<4>();
        let words = words[position % PAGE_TOKENS].map(|word| u64::from(word as u16));
        let key = words[0] | words[1] << 16 | words[2] << 32 | words[3] << 48;
        assert_ne!(key, 0, "a position is read after it was written");
        key
    }
}

impl Runner for Fake {
    fn n_vocab(&self) -> usize {
        N_VOCAB
    }
    fn max_batch_tokens(&self) -> usize {
        self.sizes.max_batch_tokens
    }
    fn max_logits(&self) -> usize {
        self.sizes.max_logits
    }
    fn n_pages(&self) -> usize {
        self.sizes.n_pages
    }
    fn max_positions(&self) -> usize {
        self.sizes.max_positions
    }
    fn copy_page(&mut self, from: u32, to: u32) {
        self.log.lock().expect("not poisoned").n_copies += 1;
        self.kv[to as usize] = self.kv[from as usize];
    }
    fn page(&self, page: u32) -> &[i16] {
        &self.kv[page as usize]
    }
    fn page_mut(&mut self, page: u32) -> &mut [i16] {
        &mut self.kv[page as usize]
    }

    fn forward(&mut self, batch: &Batch<'_>, keep_going: &dyn Fn() -> bool) -> io::Result<bool> {
        let script = std::mem::take(&mut self.log.lock().expect("not poisoned").script);
        assert_ne!(script, Script::Panic, "as the test wants it");
        if script == Script::Lose {
            return Err(io::Error::other("as the test wants it"));
        }
        let n_tokens: usize = batch.iter().map(|slice| slice.tokens.len()).sum();
        let n_rows: usize = batch.iter().map(|slice| slice.logits.len()).sum();
        assert!(
            n_tokens <= self.sizes.max_batch_tokens,
            "{n_tokens} tokens in a batch"
        );
        assert!(n_rows <= self.sizes.max_logits, "{n_rows} rows in a batch");
        self.rows.clear();
        for slice in batch {
            for (position, &token) in (slice.start..).zip(slice.tokens) {
                let page = slice.pages[position / PAGE_TOKENS] as usize;
                let key = self.sizes.sight.key(token, position);
                let (words, _) = self.kv[page].as_chunks_mut::<4>();
                words[position % PAGE_TOKENS] = [0, 16, 32, 48].map(|shift| (key >> shift) as i16);
            }
            let wanted = slice.logits.clone().map(|index| slice.start + index);
            let rows = wanted.map(|last| {
                let seen = self.sizes.sight.first(last)..=last;
                logits(seen.map(|position| self.read(slice.pages, position)))
            });
            self.rows.extend(rows.collect::<Vec<_>>());
        }
        while script == Script::Wait && keep_going() {
            std::thread::yield_now();
        }
        let mut log = self.log.lock().expect("not poisoned");
        if !keep_going() {
            log.n_ended += 1;
            return Ok(false);
        }
        log.passes.push(
            batch
                .iter()
                .map(|slice| (slice.start, slice.tokens.len()))
                .collect(),
        );
        self.clock
            .advance(self.sizes.time_per_token * n_tokens as u32);
        Ok(true)
    }

    fn logits(&self, index: usize) -> &[f32] {
        &self.rows[index]
    }
}

/// The fake's logits after `tokens`, without any engine.
pub(crate) fn logits_after(sight: Sight, tokens: &[u32]) -> Vec<f32> {
    let first = sight.first(tokens.len() - 1);
    let seen = (first..).zip(&tokens[first..]);
    logits(seen.map(|(position, &token)| sight.key(token, position)))
}

impl Sight {
    /// What a token's key and value stand for.
    fn key(self, token: u32, position: usize) -> u64 {
        match self {
            Sight::Whole => hash(u64::from(token) << 32 | position as u64),
            Sight::Short => hash(u64::from(token)),
        }
    }

    /// The first position that one looks back to from `last`.
    fn first(self, last: usize) -> usize {
        match self {
            Sight::Whole => 0,
            Sight::Short => last.saturating_sub(1),
        }
    }
}

fn logits(keys: impl Iterator<Item = u64>) -> Vec<f32> {
    let state = keys.fold(0, |state, key| hash(state ^ key));
    (0..N_VOCAB as u64)
        .map(|id| (hash(state ^ id) % 1_000) as f32 / 100.0)
        .collect()
}

fn hash(x: u64) -> u64 {
    let x = (x ^ (x >> 31))
        .wrapping_add(0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (x >> 17)
}
