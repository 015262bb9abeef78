//! The seam between scheduling and arithmetic.

use maque_kernels::{KvPages, Machine, PAGE_TOKENS};
use maque_model::{Batch, Model, Scratch};
use std::io;
use std::sync::Arc;

/// Runs batches; the real one is [`ModelRunner`], tests use a table.
pub trait Runner: Send {
    /// Ids in a logits row.
    fn n_vocab(&self) -> usize;
    /// Tokens that one batch may hold; at least 1.
    fn max_batch_tokens(&self) -> usize;
    /// Logits rows that one batch may ask for; at least 1.
    fn max_logits(&self) -> usize;
    /// KV pages there are; at least 1.
    fn n_pages(&self) -> usize;
    /// Positions that one sequence may have.
    fn max_positions(&self) -> usize;
    /// Copies the keys and values of page `from` to page `to`.
    fn copy_page(&mut self, from: u32, to: u32);
    /// The keys and values of a page.
    fn page(&self, page: u32) -> &[i16];
    /// The same, to be written by who knows them.
    fn page_mut(&mut self, page: u32) -> &mut [i16];
    /// One pass; false when `keep_going` ended it.
    ///
    /// # Errors
    /// If the model's file is lost: another pass will fail as well.
    fn forward(&mut self, batch: &Batch<'_>, keep_going: &dyn Fn() -> bool) -> io::Result<bool>;
    /// Row `index` of the last pass's logits.
    fn logits(&self, index: usize) -> &[f32];
    /// Calls `job` once for each of `0..n_items`, on any of the threads that make passes.
    fn share(&self, n_items: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..n_items).for_each(job);
    }
}

/// Sizes of a [`ModelRunner`].
#[derive(Clone, Copy, Debug)]
pub struct RunnerOptions {
    /// Context per sequence in tokens; the model's own length is the upper limit.
    pub context: usize,
    /// Bytes for KV pages. One sequence of `context` tokens always fits, whatever is given.
    pub kv_bytes: usize,
    /// Tokens that one batch may hold: more read prompts faster and take more memory.
    pub max_batch_tokens: usize,
    /// Logits rows that one batch may ask for: memory is this × vocabulary × 4 bytes.
    pub max_logits: usize,
}

impl Default for RunnerOptions {
    fn default() -> RunnerOptions {
        RunnerOptions {
            context: 2048,
            kv_bytes: 64 << 20,
            max_batch_tokens: 256,
            max_logits: 32,
        }
    }
}

/// A model with its cache and buffers.
pub struct ModelRunner {
    model: Arc<Model>,
    machine: Arc<Machine>,
    kv: KvPages,
    scratch: Scratch,
    options: RunnerOptions,
}

impl ModelRunner {
    /// Makes the cache and the buffers; memory is used when it is first written.
    pub fn new(model: Arc<Model>, machine: Arc<Machine>, options: RunnerOptions) -> ModelRunner {
        let config = model.config();
        let options = RunnerOptions {
            context: options.context.clamp(1, config.max_positions.max(1)),
            max_batch_tokens: options.max_batch_tokens.max(1),
            max_logits: options.max_logits.max(1),
            ..options
        };
        let n_pages =
            (options.kv_bytes / config.kv.page_bytes()).max(options.context.div_ceil(PAGE_TOKENS));
        let kv = KvPages::new(config.kv, n_pages);
        let scratch = Scratch::new(&model, options.max_batch_tokens, options.max_logits);
        ModelRunner {
            model,
            machine,
            kv,
            scratch,
            options,
        }
    }
}

impl Runner for ModelRunner {
    fn n_vocab(&self) -> usize {
        self.model.config().n_vocab
    }
    fn max_batch_tokens(&self) -> usize {
        self.options.max_batch_tokens
    }
    fn max_logits(&self) -> usize {
        self.options.max_logits
    }
    fn n_pages(&self) -> usize {
        self.kv.n_pages()
    }
    fn max_positions(&self) -> usize {
        self.options.context
    }
    fn copy_page(&mut self, from: u32, to: u32) {
        self.kv.copy_page(from, to);
    }
    fn page(&self, page: u32) -> &[i16] {
        self.kv.page(page)
    }
    fn page_mut(&mut self, page: u32) -> &mut [i16] {
        self.kv.page_mut(page)
    }
    fn forward(&mut self, batch: &Batch<'_>, keep_going: &dyn Fn() -> bool) -> io::Result<bool> {
        self.model.forward(
            &self.machine,
            &mut self.scratch,
            &mut self.kv,
            batch,
            keep_going,
        )
    }
    fn logits(&self, index: usize) -> &[f32] {
        self.scratch.logits(index)
    }
    fn share(&self, n_items: usize, job: &(dyn Fn(usize) + Sync)) {
        self.machine.share(n_items, job);
    }
}
