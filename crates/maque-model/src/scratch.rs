//! Buffers of a forward pass, sized once.

use crate::{Batch, Model};
use maque_kernels::{Activations, Best, Buffer, PAGE_TOKENS, Query, Screen};

/// Buffers of a forward pass, sized once; `logits` is valid until the next pass.
pub struct Scratch {
    pub(crate) tokens: Vec<u32>,       // [n_tokens]
    pub(crate) positions: Vec<u32>,    // [n_tokens]
    pub(crate) slots: Vec<(u32, u32)>, // [n_tokens]      page and offset in it of each token
    pub(crate) wanted: Vec<usize>,     // [n_logits]      tokens whose logits are asked for
    queries: Vec<Query<'static>>,      // [n_tokens]      kept for its memory only
    best: Vec<Best<'static>>,          // [n_logits]      likewise
    pub(crate) x: Buffer<f32>,         // [n_tokens, dim] the residual stream
    pub(crate) q: Buffer<f32>,         // [n_tokens, n_heads · head_dim]
    pub(crate) k: Buffer<f32>,         // [n_tokens, n_kv_heads · head_dim]
    pub(crate) v: Buffer<f32>,         // [n_tokens, n_kv_heads · head_dim]
    pub(crate) att: Buffer<f32>,       // [n_tokens, n_heads · head_dim]
    pub(crate) from_x: Activations,    // [n_tokens, dim]
    pub(crate) from_att: Activations,  // [n_tokens, n_heads · head_dim]
    pub(crate) from_ffn: Activations,  // [n_tokens, ffn_dim]
    pub(crate) logits: Buffer<f32>,    // [n_logits, n_vocab]
    pub(crate) screen: Screen,         // of the logits
    max_tokens: usize,
    max_logits: usize,
    n_vocab: usize,
}

impl Scratch {
    /// Room for `max_tokens` tokens in a batch, `max_logits` of which want logits.
    pub fn new(model: &Model, max_tokens: usize, max_logits: usize) -> Scratch {
        let config = &model.config;
        let (dim, ffn_dim, q_dim, kv_dim) =
            (config.dim, config.ffn_dim, config.q_dim(), config.kv_dim());
        let (layers, head) = (&model.weights.layers, &model.weights.head);
        let of_x = layers.iter().flat_map(|layer| {
            [
                &layer.q.weight,
                &layer.k.weight,
                &layer.v.weight,
                &layer.gate,
                &layer.up,
            ]
        });
        let of_att = layers.iter().map(|layer| &layer.o);
        let of_ffn = layers.iter().map(|layer| &layer.down);
        let rows = |width: usize| Buffer::zeroed(max_tokens * width);
        Scratch {
            tokens: Vec::with_capacity(max_tokens),
            positions: Vec::with_capacity(max_tokens),
            slots: Vec::with_capacity(max_tokens),
            wanted: Vec::with_capacity(max_logits),
            queries: Vec::with_capacity(max_tokens),
            best: Vec::with_capacity(max_logits),
            x: rows(dim),
            q: rows(q_dim),
            k: rows(kv_dim),
            v: rows(kv_dim),
            att: rows(q_dim),
            from_x: Activations::read_by(of_x.chain([head]), max_tokens, dim),
            from_att: Activations::read_by(of_att, max_tokens, q_dim),
            from_ffn: Activations::read_by(of_ffn, max_tokens, ffn_dim),
            logits: Buffer::zeroed(max_logits * config.n_vocab),
            screen: Screen::new(head, max_logits),
            max_tokens,
            max_logits,
            n_vocab: config.n_vocab,
        }
    }

    /// Row `index` of the logits of the last pass, `[n_vocab]`.
    ///
    /// # Panics
    /// If the last pass had fewer.
    pub fn logits(&self, index: usize) -> &[f32] {
        assert!(
            index < self.wanted.len(),
            "logits {index} of {}",
            self.wanted.len()
        );
        &self.logits[index * self.n_vocab..][..self.n_vocab]
    }

    /// Lists the tokens of `batch`, and returns what each of them attends to.
    ///
    /// # Panics
    /// If the batch is larger than this scratch, or a slice's pages do not cover its positions.
    pub(crate) fn list<'a>(&mut self, batch: &Batch<'a>) -> Vec<Query<'a>> {
        let mut queries: Vec<Query<'a>> = std::mem::take(&mut self.queries);
        self.tokens.clear();
        self.positions.clear();
        self.slots.clear();
        self.wanted.clear();
        for slice in batch {
            let first = self.tokens.len();
            assert!(
                slice.logits.end <= slice.tokens.len(),
                "logits of tokens that are not there"
            );
            self.wanted
                .extend(slice.logits.clone().map(|index| first + index));
            self.tokens.extend_from_slice(slice.tokens);
            for position in slice.start..slice.start + slice.tokens.len() {
                let offset = (position % PAGE_TOKENS) as u32;
                self.slots
                    .push((slice.pages[position / PAGE_TOKENS], offset));
                self.positions.push(position as u32);
                queries.push(Query {
                    pages: slice.pages,
                    n_keys: position + 1,
                });
            }
        }
        assert!(
            self.tokens.len() <= self.max_tokens,
            "a batch of more than {} tokens",
            self.max_tokens
        );
        assert!(
            self.wanted.len() <= self.max_logits,
            "more than {} logits",
            self.max_logits
        );
        queries
    }

    /// What is enough of each row of logits.
    pub(crate) fn enough<'a>(&mut self, batch: &Batch<'a>) -> Vec<Best<'a>> {
        let mut best: Vec<Best<'a>> = std::mem::take(&mut self.best);
        best.extend(
            batch
                .iter()
                .flat_map(|slice| slice.logits.clone().map(|_| slice.best())),
        );
        best
    }

    /// Keeps only the wanted tokens: their residual stream, position and query.
    pub(crate) fn keep_wanted(&mut self, queries: &mut Vec<Query<'_>>, dim: usize) {
        for (to, from) in self.wanted.iter().copied().enumerate() {
            self.x.copy_within(from * dim..(from + 1) * dim, to * dim);
            self.positions[to] = self.positions[from];
            queries[to] = queries[from];
        }
        self.positions.truncate(self.wanted.len());
        queries.truncate(self.wanted.len());
    }

    /// Takes lists back for the next pass.
    pub(crate) fn give_back(&mut self, queries: Vec<Query<'_>>, best: Vec<Best<'_>>) {
        self.queries = emptied(queries);
        self.best = emptied(best);
    }
}

/// An empty list can hold borrows of any lifetime; collecting in place keeps its memory.
fn emptied<A, B>(mut list: Vec<A>) -> Vec<B> {
    list.clear();
    list.into_iter()
        .map(|_| unreachable!("the list is empty"))
        .collect()
}
