//! One sequence on one model, for tests.

use maque_kernels::{Isa, KvPages, Machine, PAGE_TOKENS};
use maque_model::{Dtype, Enough, LoadOptions, Model, Opened, Scratch, Slice, open};
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

/// Tokens of the largest batch.
const MAX_BATCH: usize = 512;

/// A model and a machine, opened once and used by several sequences.
pub(crate) struct Loaded {
    pub(crate) machine: Machine,
    pub(crate) opened: Opened,
}

impl Loaded {
    pub(crate) fn open(path: &Path, dtype: Dtype) -> Loaded {
        let n_threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Loaded::open_on(path, dtype, Machine::new(Isa::best(), n_threads))
    }

    pub(crate) fn open_on(path: &Path, dtype: Dtype, machine: Machine) -> Loaded {
        let options = LoadOptions {
            dtype,
            ..LoadOptions::default()
        };
        let opened = open(path, &machine, &options)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Loaded { machine, opened }
    }

    /// A sequence without tokens.
    pub(crate) fn session(&self) -> Session<'_> {
        let model = &self.opened.model;
        let n_pages = 2048 / PAGE_TOKENS;
        Session {
            machine: &self.machine,
            model,
            kv: KvPages::new(model.config().kv, n_pages),
            scratch: Scratch::new(model, MAX_BATCH, MAX_BATCH),
            pages: (0..n_pages as u32).rev().collect(),
            n_tokens: 0,
        }
    }
}

/// A sequence with its own cache.
pub(crate) struct Session<'a> {
    machine: &'a Machine,
    model: &'a Model,
    kv: KvPages,
    scratch: Scratch,
    pages: Vec<u32>, // backwards, so that page numbers matter
    n_tokens: usize,
}

impl Session<'_> {
    /// Feeds tokens in one batch and returns the logits after the last `n_wanted`.
    pub(crate) fn feed(&mut self, tokens: &[u32], n_wanted: usize) -> Vec<Vec<f32>> {
        self.try_feed(tokens, n_wanted).expect("the file is there")
    }

    /// The same, of a file that may be lost.
    pub(crate) fn try_feed(
        &mut self,
        tokens: &[u32],
        n_wanted: usize,
    ) -> io::Result<Vec<Vec<f32>>> {
        let rows = self.try_peek(tokens, n_wanted, None)?;
        self.n_tokens += tokens.len();
        Ok(rows)
    }

    /// The same, but goes back to where it was; of each row `enough` is enough.
    pub(crate) fn peek(
        &mut self,
        tokens: &[u32],
        n_wanted: usize,
        enough: Option<Enough<'_>>,
    ) -> Vec<Vec<f32>> {
        self.try_peek(tokens, n_wanted, enough)
            .expect("the file is there")
    }

    fn try_peek(
        &mut self,
        tokens: &[u32],
        n_wanted: usize,
        enough: Option<Enough<'_>>,
    ) -> io::Result<Vec<Vec<f32>>> {
        let slice = Slice {
            tokens,
            start: self.n_tokens,
            pages: &self.pages,
            logits: tokens.len() - n_wanted..tokens.len(),
            enough,
        };
        let done = self.model.forward(
            self.machine,
            &mut self.scratch,
            &mut self.kv,
            &[slice],
            &|| true,
        );
        assert!(done?, "nobody ended the pass");
        let rows = (0..n_wanted).map(|row| self.scratch.logits(row).to_vec());
        Ok(rows.collect())
    }

    /// Greedy continuation of what was fed, from the logits after it.
    pub(crate) fn greedy(&mut self, logits: &[f32], n: usize) -> Vec<u32> {
        let mut next = best(logits);
        let mut tokens = Vec::new();
        while tokens.len() < n {
            tokens.push(next);
            next = best(&self.feed(&[next], 1)[0]);
        }
        tokens
    }
}

/// The first of the largest.
pub(crate) fn best(logits: &[f32]) -> u32 {
    let larger = |best: usize, i: usize| if logits[best] < logits[i] { i } else { best };
    (1..logits.len()).fold(0, larger) as u32
}
