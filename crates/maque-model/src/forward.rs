//! The forward pass over a ragged batch, for every architecture.

use crate::scratch::Scratch;
use crate::weights::Layer;
use crate::{Batch, Model};
use maque_kernels::{Best, KvPages, Machine, Matrix, Query};
use std::io;
use std::ops::Range;

/// From this many tokens on, a layer takes long enough to ask between its halves too.
const LARGE_BATCH: usize = 32;

/// What a pass works with.
struct Pass<'a, 'b> {
    model: &'a Model,
    machine: &'a Machine,
    s: &'a mut Scratch,
    kv: &'a mut KvPages,
    queries: Vec<Query<'b>>,
    enough: Vec<Best<'b>>, // of each row of logits
    keep_going: &'a dyn Fn() -> bool,
}

/// Why a pass ended early.
enum Ended {
    /// The caller wants no more of it.
    Stopped,
    /// The embeddings cannot be read.
    Lost(io::Error),
}

impl Model {
    /// One pass over a ragged batch: fills the KV pages and the logits that were asked for.
    ///
    /// `keep_going` is asked between layers (several times a layer in large batches); when it says
    /// no the pass ends early and returns false: the KV of this batch is then to be computed again.
    ///
    /// # Errors
    /// If the model's file cannot be read any more, or was changed: embeddings may be looked up there.
    ///
    /// # Panics
    /// If the batch is larger than `scratch`, or has tokens, positions or pages that do not exist.
    pub fn forward(
        &self,
        machine: &Machine,
        scratch: &mut Scratch,
        kv: &mut KvPages,
        batch: &Batch<'_>,
        keep_going: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        let queries = scratch.list(batch);
        let enough = scratch.enough(batch);
        let mut pass = Pass {
            model: self,
            machine,
            s: scratch,
            kv,
            queries,
            enough,
            keep_going,
        };
        let result = pass.run();
        let (queries, enough) = (pass.queries, pass.enough);
        scratch.give_back(queries, enough);
        match result {
            Ok(()) => Ok(true),
            Err(Ended::Stopped) => Ok(false),
            Err(Ended::Lost(error)) => Err(error),
        }
    }
}

impl Pass<'_, '_> {
    fn run(&mut self) -> Result<(), Ended> {
        let weights = &self.model.weights;
        let dim = self.model.config.dim;
        let x = &mut self.s.x[..self.s.tokens.len() * dim];
        match &weights.embed {
            Some(embedding) => embedding.look_up(x, &self.s.tokens).map_err(Ended::Lost)?,
            None => self.machine.embed(x, &weights.head, &self.s.tokens),
        }
        for (l, layer) in weights.layers.iter().enumerate() {
            if !(self.keep_going)() {
                return Err(Ended::Stopped);
            }
            self.keys_and_values(l, layer);
            if l + 1 == weights.layers.len() {
                self.s.keep_wanted(&mut self.queries, dim);
            }
            if self.queries.is_empty() {
                return Ok(());
            }
            self.pause()?;
            self.attention(l, layer);
            self.pause()?;
            self.feed_forward(layer)?;
        }
        self.logits(&weights.norm, &weights.head);
        Ok(())
    }

    /// Asks in the midst of a layer, if that is worth it.
    fn pause(&self) -> Result<(), Ended> {
        match self.queries.len() < LARGE_BATCH || (self.keep_going)() {
            true => Ok(()),
            false => Err(Ended::Stopped),
        }
    }

    /// k, v = RoPE(Wk·h), Wv·h of all tokens, where h = RMSNorm(x)
    fn keys_and_values(&mut self, l: usize, layer: &Layer<Matrix, Vec<f32>>) {
        let (ops, s, config) = (self.machine, &mut *self.s, &self.model.config);
        let n = s.tokens.len();
        let x = &s.x[..n * config.dim];
        let k = &mut s.k[..n * config.kv_dim()];
        let v = &mut s.v[..n * config.kv_dim()];
        ops.load_normed(&mut s.from_x, x, &layer.attn_norm, config.norm_eps);
        ops.matmul_each(
            [
                (k, &layer.k.weight, layer.k.bias.as_deref()),
                (v, &layer.v.weight, layer.v.bias.as_deref()),
            ],
            &s.from_x,
        );
        let k = &mut s.k[..n * config.kv_dim()];
        if let Some(norm) = &layer.k_norm {
            ops.rms_norm_heads(k, norm, config.norm_eps);
        }
        ops.rope(k, &self.model.rope, &s.positions);
        ops.store_kv(self.kv, l, k, &s.v[..n * config.kv_dim()], &s.slots);
    }

    /// x ← x + Wo·Attention(RoPE(Wq·h), k, v) of the tokens that go on, where h = RMSNorm(x)
    fn attention(&mut self, l: usize, layer: &Layer<Matrix, Vec<f32>>) {
        let (ops, s, config) = (self.machine, &mut *self.s, &self.model.config);
        let n = self.queries.len();
        let x = &mut s.x[..n * config.dim];
        let q = &mut s.q[..n * config.q_dim()];
        let att = &mut s.att[..n * config.q_dim()];
        if n < s.tokens.len() {
            ops.load_normed(&mut s.from_x, x, &layer.attn_norm, config.norm_eps);
        }
        ops.matmul(q, &layer.q.weight, layer.q.bias.as_deref(), &s.from_x);
        if let Some(norm) = &layer.q_norm {
            ops.rms_norm_heads(q, norm, config.norm_eps);
        }
        ops.rope(q, &self.model.rope, &s.positions);
        ops.attend(att, q, self.kv, l, &self.queries);
        ops.load(&mut s.from_att, att);
        ops.matmul_add(x, &layer.o, &s.from_att);
    }

    /// x ← x + Wdown·(silu(Wgate·h) ⊙ Wup·h), where h = RMSNorm(x)
    fn feed_forward(&mut self, layer: &Layer<Matrix, Vec<f32>>) -> Result<(), Ended> {
        let (ops, s, config) = (self.machine, &mut *self.s, &self.model.config);
        let n = self.queries.len();
        let x = &mut s.x[..n * config.dim];
        ops.load_normed(&mut s.from_x, x, &layer.ffn_norm, config.norm_eps);
        ops.matmul_gated(&mut s.from_ffn, &layer.gate, &layer.up, &s.from_x);
        if LARGE_BATCH <= n && !(self.keep_going)() {
            return Err(Ended::Stopped);
        }
        ops.matmul_add(x, &layer.down, &s.from_ffn);
        Ok(())
    }

    /// logits = Whead·RMSNorm(x) of the wanted tokens, or what is enough of them
    fn logits(&mut self, norm: &[f32], head: &Matrix) {
        let n_rows = self.enough.len();
        let few = self.enough.iter().rev().take_while(|best| best.is_of_few());
        let first_of_few = match head.is_in_planes() {
            true => n_rows - few.count(),
            false => n_rows,
        };
        self.logits_of(0..first_of_few, norm, head);
        self.logits_of(first_of_few..n_rows, norm, head);
    }

    /// The same of some rows; of few only what can be chosen, if they are all of that kind.
    fn logits_of(&mut self, rows: Range<usize>, norm: &[f32], head: &Matrix) {
        let (ops, s, config) = (self.machine, &mut *self.s, &self.model.config);
        let enough = &self.enough[rows.clone()];
        if enough.is_empty() {
            return;
        }
        let x = &s.x[rows.start * config.dim..rows.end * config.dim];
        ops.load_normed(&mut s.from_x, x, norm, config.norm_eps);
        let logits = &mut s.logits[rows.start * config.n_vocab..rows.end * config.n_vocab];
        let is_screened =
            enough.len() <= ops.most_screened() && !enough.iter().any(Best::is_of_all);
        match is_screened || enough.iter().all(Best::is_of_few) {
            true => ops.matmul_best(logits, head, &s.from_x, &mut s.screen, enough),
            false => ops.matmul(logits, head, None, &s.from_x),
        }
    }
}
