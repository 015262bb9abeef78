//! The operations of a model, run on one instruction set by one pool of threads.

use crate::matmul::{Finish, MAX_PRODUCTS, Product, multiply};
use crate::memory::Arena;
use crate::parts::for_each_chunk;
use crate::pool::Pool;
use crate::{Activations, Best, Isa, KvPages, Matrix, RopeTable, Screen};
use crate::{activations, attention, elementwise, gated, screen};
use std::num::NonZeroUsize;

/// An instruction set and a thread pool: everything a forward pass needs to know of the machine.
///
/// Output argument first. Every row (token) of an output has the same bits whatever else is in the
/// batch, however many threads there are, and whichever ISA runs it.
pub struct Machine {
    isa: Isa,
    pool: Pool,
    arena: Arena,
}

/// One row of queries (all heads of one token) and the keys it may see.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Page numbers of the token's sequence, in order.
    pub pages: &'a [u32],
    /// Keys visible to it: its position + 1.
    pub n_keys: usize,
}

/// `[n_tokens, n_rows]` outputs, weights, and a bias of `[n_rows]`.
pub type Biased<'a> = (&'a mut [f32], &'a Matrix, Option<&'a [f32]>);

impl Machine {
    /// Starts the pool (`n_threads − 1` workers; the caller is the last one).
    pub fn new(isa: Isa, n_threads: NonZeroUsize) -> Machine {
        Machine {
            isa,
            pool: Pool::new(n_threads.get() - 1),
            arena: Arena::default(),
        }
    }
    /// The instruction set in use.
    pub fn isa(&self) -> Isa {
        self.isa
    }
    /// Threads in use, the caller's among them.
    pub fn n_threads(&self) -> usize {
        self.pool.n_threads()
    }
    /// Calls `job` once for each of `0..n_items`, in any order and on any thread of the pool. `job` must not use this machine.
    ///
    /// # Panics
    /// If `job` does.
    pub fn share(&self, n_items: usize, job: &(dyn Fn(usize) + Sync)) {
        self.pool.run(n_items, job);
    }
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }
    /// `out[t] = table[tokens[t]]`; `out` is `[n_tokens, n_cols]`.
    ///
    /// # Panics
    /// If a token is no row of the table.
    pub fn embed(&self, out: &mut [f32], table: &Matrix, tokens: &[u32]) {
        assert_eq!(
            out.len(),
            tokens.len() * table.n_cols(),
            "embed writes one row a token"
        );
        for_each_chunk(&self.pool, out, table.n_cols().max(1), |t, out| {
            table.row(out, tokens[t] as usize)
        });
    }
    /// RMSNorm (arXiv 1910.07467) of each row of `weight.len()` elements.
    pub fn rms_norm(&self, out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
        elementwise::rms_norm(self, out, x, weight, eps)
    }
    /// RMSNorm in place of each head (`weight.len()` elements), as Qwen3 does to q and k.
    pub fn rms_norm_heads(&self, x: &mut [f32], weight: &[f32], eps: f32) {
        elementwise::rms_norm_heads(self, x, weight, eps)
    }
    /// Takes rows `x` (`[n_tokens, n_cols]`) as matmul inputs, quantising them per 32.
    pub fn load(&self, activations: &mut Activations, x: &[f32]) {
        activations::load(self, activations, x)
    }
    /// Takes the RMSNorm of each row `x` (`[n_tokens, n_cols]`) as matmul input.
    pub fn load_normed(&self, activations: &mut Activations, x: &[f32], weight: &[f32], eps: f32) {
        activations::load_normed(self, activations, x, weight, eps)
    }
    /// `out = W·x (+ bias)` of up to three matrices at once, each `out` being `[n_tokens, n_rows]`.
    pub fn matmul_each<const N: usize>(&self, products: [Biased<'_>; N], x: &Activations) {
        const { assert!(N <= MAX_PRODUCTS) };
        let products = products.map(|(out, weights, bias)| {
            Product::new(out, weights, bias.map_or(Finish::Write, Finish::Bias), x)
        });
        multiply(self, &products, x)
    }
    /// `out = silu(Wgate·x) ⊙ (Wup·x)`, taken as matmul input where it is computed.
    pub fn matmul_gated(&self, out: &mut Activations, gate: &Matrix, up: &Matrix, x: &Activations) {
        gated::multiply_gated(self, out, gate, up, x)
    }
    /// `out = W·x (+ bias)`; `out` is `[n_tokens, n_rows]`.
    pub fn matmul(&self, out: &mut [f32], weights: &Matrix, bias: Option<&[f32]>, x: &Activations) {
        let finish = bias.map_or(Finish::Write, Finish::Bias);
        multiply(self, &[Product::new(out, weights, finish, x)], x)
    }
    /// For how many tokens finding the best outputs costs less than computing all: the high plane takes half the
    /// multiplications where products of 8 bits do not fit into the sums of two, and elsewhere only half the reading.
    pub fn most_screened(&self) -> usize {
        match self.isa() {
            Isa::Avx2(_) => 32,
            _ => 4,
        }
    }
    /// Of `out = W·x` the outputs that are among the best, as many as `wanted` says for each token, exactly as
    /// [`Machine::matmul`] has them; any other one may be −∞ instead. With weights in planes
    /// ([`Outputs::Best`](crate::Outputs::Best)) this reads little more than half of them.
    pub fn matmul_best(
        &self,
        out: &mut [f32],
        weights: &Matrix,
        x: &Activations,
        screen: &mut Screen,
        wanted: &[Best<'_>],
    ) {
        match weights.is_in_planes() {
            true => screen::multiply_best(self, out, weights, x, screen, wanted),
            false => self.matmul(out, weights, None, x),
        }
    }
    /// `out += W·x`: o and down add to the residual stream.
    pub fn matmul_add(&self, out: &mut [f32], weights: &Matrix, x: &Activations) {
        multiply(self, &[Product::new(out, weights, Finish::Add, x)], x)
    }
    /// Rotates each head of each row; `x` is `[n_tokens, n_heads · head_dim]`.
    pub fn rope(&self, x: &mut [f32], table: &RopeTable, positions: &[u32]) {
        elementwise::rope(self, x, table, positions)
    }
    /// `gate = silu(gate) ⊙ up`.
    pub fn silu_mul(&self, gate: &mut [f32], up: &[f32]) {
        elementwise::silu_mul(self, gate, up)
    }
    /// Writes keys and values (`[n_tokens, n_kv_heads · head_dim]`) of one layer: token `t` goes to
    /// `(page, offset in page)` `slots[t]`.
    pub fn store_kv(
        &self,
        pages: &mut KvPages,
        layer: usize,
        k: &[f32],
        v: &[f32],
        slots: &[(u32, u32)],
    ) {
        pages.store(self, layer, k, v, slots)
    }
    /// Softmax attention over KV pages with grouped heads; `out` and `q` are
    /// `[n_tokens, n_heads · head_dim]`, `queries` has one entry a token.
    pub fn attend(
        &self,
        out: &mut [f32],
        q: &[f32],
        pages: &KvPages,
        layer: usize,
        queries: &[Query<'_>],
    ) {
        attention::attend(self, out, q, pages, layer, queries)
    }
}
