//! The seam between scheduling and arithmetic.

use maque_kernels::{KvPages, Machine};
use maque_model::{Batch, Model, Scratch};
use std::sync::Arc;

/// Runs batches; the real one is [`ModelRunner`], tests use a table.
pub trait Runner: Send {
    /// Ids in a logits row.
    fn n_vocab(&self) -> usize;
    /// Tokens that one batch may hold.
    fn max_batch_tokens(&self) -> usize;
    /// KV pages there are.
    fn n_pages(&self) -> usize;
    /// Positions that one sequence may have.
    fn max_positions(&self) -> usize;
    /// One pass; false when `keep_going` ended it.
    fn forward(&mut self, batch: &Batch<'_>, keep_going: &dyn Fn() -> bool) -> bool;
    /// Row `index` of the last pass's logits.
    fn logits(&self, index: usize) -> &[f32];
}

/// A model with its cache and buffers.
pub struct ModelRunner {
    /// Weights.
    pub model: Arc<Model>,
    /// Threads and instruction set.
    pub machine: Arc<Machine>,
    /// Cache.
    pub kv: KvPages,
    /// Buffers.
    pub scratch: Scratch,
}
