//! Softmax attention of one tile of query rows over one split of 256 keys, and the joining of splits.

use super::product::{Kernel, Product, TILE_ROWS};
use crate::elementwise::{N_LANES, fold};
use crate::exp::exp;
use crate::kv::MAX_HEAD_DIM;
use crate::{KvPages, KvShape, PAGE_TOKENS, Query};

/// Keys between two fixed borders: splits are computed alone and joined in order.
pub(crate) const SPLIT_TOKENS: usize = 256;

/// One layer's attention: what every tile of it shares. Row `r` of KV head `h` is query head
/// `h · n_group + r % n_group` of token `r / n_group`.
pub(crate) struct Call<'a> {
    pub(crate) q: &'a [f32], // [n_tokens, n_heads · head_dim]
    pub(crate) pages: &'a KvPages,
    pub(crate) layer: usize,
    pub(crate) queries: &'a [Query<'a>], // [n_tokens]
    pub(crate) n_heads: usize,
    pub(crate) n_group: usize, // query heads that share a KV head
    pub(crate) head_dim: usize,
}

/// Consecutive rows whose tokens share their pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tile {
    pub(crate) first_row: usize,
    pub(crate) n_rows: usize,
}

/// Unnormalised attention of a tile: `Σ p·v`, with `p = e^(score − max)`, and `Σ p`.
pub(crate) struct Partial {
    max: [f32; TILE_ROWS],
    sum: [f32; TILE_ROWS],                // 0 for a row that saw no key
    out: [f32; TILE_ROWS * MAX_HEAD_DIM], // [n_rows, head_dim]
}

impl Partial {
    /// No key seen yet.
    pub(crate) const EMPTY: Partial = Partial {
        max: [0.0; TILE_ROWS],
        sum: [0.0; TILE_ROWS],
        out: [0.0; TILE_ROWS * MAX_HEAD_DIM],
    };

    /// Joins the next split, in order: both sides are rescaled to the larger maximum.
    #[inline(always)]
    pub(crate) fn join(&mut self, next: &Partial, n_rows: usize, head_dim: usize) {
        for row in 0..n_rows {
            if next.sum[row] == 0.0 {
                continue;
            }
            let range = row * head_dim..(row + 1) * head_dim;
            let (out, next_out) = (&mut self.out[range.clone()], &next.out[range]);
            if self.sum[row] == 0.0 {
                (self.max[row], self.sum[row]) = (next.max[row], next.sum[row]);
                out.copy_from_slice(next_out);
                continue;
            }
            let max = larger(self.max[row], next.max[row]);
            let (scale, next_scale) = (exp(self.max[row] - max), exp(next.max[row] - max));
            self.max[row] = max;
            self.sum[row] = next.sum[row].mul_add(next_scale, self.sum[row] * scale);
            for (out, next) in out.iter_mut().zip(next_out) {
                *out = next.mul_add(next_scale, *out * scale);
            }
        }
    }

    /// Divides a row by its sum into `out` (`[head_dim]`); a row without keys is 0.
    #[inline(always)]
    pub(crate) fn finish(&self, out: &mut [f32], row: usize) {
        let inverse = if self.sum[row] == 0.0 {
            0.0
        } else {
            1.0 / self.sum[row]
        };
        let from = &self.out[row * out.len()..];
        for (out, x) in out.iter_mut().zip(from) {
            *out = x * inverse;
        }
    }
}

impl<'a> Call<'a> {
    /// Proves the shapes: whole groups, pages that exist, and enough of them for every query.
    ///
    /// # Panics
    /// If one is wrong.
    pub(crate) fn new(
        q: &'a [f32],
        pages: &'a KvPages,
        layer: usize,
        queries: &'a [Query<'a>],
    ) -> Call<'a> {
        let KvShape {
            n_layers,
            n_kv_heads,
            head_dim,
        } = pages.shape();
        let n_heads = q.len() / queries.len() / head_dim;
        assert_eq!(
            q.len(),
            queries.len() * n_heads * head_dim,
            "q is [n_tokens, n_heads · head_dim]"
        );
        assert!(
            n_heads.is_multiple_of(n_kv_heads),
            "{n_heads} heads are no whole groups of {n_kv_heads}"
        );
        assert!(layer < n_layers, "layer {layer} of {n_layers}");
        for query in queries {
            assert!(
                query.n_keys <= query.pages.len() * PAGE_TOKENS,
                "a query sees more keys than its pages hold"
            );
            assert!(
                query
                    .pages
                    .iter()
                    .all(|page| (*page as usize) < pages.n_pages()),
                "a page does not exist"
            );
        }
        Call {
            q,
            pages,
            layer,
            queries,
            n_heads,
            n_group: n_heads / n_kv_heads,
            head_dim,
        }
    }

    /// The token and the query head of a row.
    #[inline(always)]
    pub(crate) fn place(&self, row: usize, kv_head: usize) -> (usize, usize) {
        (
            row / self.n_group,
            kv_head * self.n_group + row % self.n_group,
        )
    }

    /// Keys that a tile's row sees in a split.
    #[inline(always)]
    fn n_keys(&self, row: usize, split: usize) -> usize {
        self.queries[row / self.n_group]
            .n_keys
            .saturating_sub(split * SPLIT_TOKENS)
            .min(SPLIT_TOKENS)
    }

    /// Splits that some row of the tile sees.
    #[inline(always)]
    pub(crate) fn n_splits(&self, tile: Tile) -> usize {
        let (first, last) = (
            tile.first_row / self.n_group,
            (tile.first_row + tile.n_rows - 1) / self.n_group,
        );
        let n_keys = self.queries[first..=last]
            .iter()
            .map(|query| query.n_keys)
            .max();
        n_keys.unwrap_or(0).div_ceil(SPLIT_TOKENS)
    }

    /// Copies a tile's queries of one KV head to `q` (`[n_rows, head_dim]`), scaled by
    /// `1 / sqrt(head_dim)`: the scores are then plain sums of products.
    #[inline(always)]
    pub(crate) fn scaled_queries(&self, q: &mut [f32], tile: Tile, kv_head: usize) {
        let scale = 1.0 / (self.head_dim as f32).sqrt();
        for (row, q) in q
            .chunks_exact_mut(self.head_dim)
            .take(tile.n_rows)
            .enumerate()
        {
            let (token, head) = self.place(tile.first_row + row, kv_head);
            let from = &self.q[(token * self.n_heads + head) * self.head_dim..];
            for (q, from) in q.iter_mut().zip(from) {
                *q = from * scale;
            }
        }
    }

    /// Attends the scaled queries `q` of one tile and KV head to the keys of one split.
    #[inline(always)]
    pub(crate) fn attend_split<K: Kernel>(
        &self,
        partial: &mut Partial,
        q: &[f32],
        tile: Tile,
        kv_head: usize,
        split: usize,
    ) {
        let mut n_keys = [0; TILE_ROWS];
        for (row, n_keys) in n_keys[..tile.n_rows].iter_mut().enumerate() {
            *n_keys = self.n_keys(tile.first_row + row, split);
        }
        let n_keys = &n_keys[..tile.n_rows];
        let longest = n_keys.iter().copied().max().unwrap_or(0);
        let pages = &self.queries[tile.first_row / self.n_group].pages
            [split * (SPLIT_TOKENS / PAGE_TOKENS)..];
        let pages = &pages[..longest.div_ceil(PAGE_TOKENS)];
        let mut scores = [0.0; TILE_ROWS * SPLIT_TOKENS]; // [n_rows, 256]
        let product = Product {
            n_rows: tile.n_rows,
            n_cols: PAGE_TOKENS,
            n_terms: self.head_dim,
            a_stride: self.head_dim,
            c_stride: SPLIT_TOKENS,
        };
        for (i, page) in pages.iter().enumerate() {
            let (keys, _) = self.pages.block(*page, self.layer, kv_head);
            K::multiply_add(product, &mut scores[i * PAGE_TOKENS..], q, keys);
        }
        for (row, n_keys) in n_keys.iter().enumerate() {
            let scores = &mut scores[row * SPLIT_TOKENS..][..SPLIT_TOKENS];
            (partial.max[row], partial.sum[row]) = softmax(scores, *n_keys);
        }
        self.add_values::<K>(partial, &scores, n_keys, pages, kv_head);
    }

    /// `out[row] = Σ p·v` over the row's keys in order. Keys that all rows see are added for the whole
    /// tile, the few others row by row: a slot beyond a row's keys is never read for it.
    #[inline(always)]
    fn add_values<K: Kernel>(
        &self,
        partial: &mut Partial,
        p: &[f32],
        n_keys: &[usize],
        pages: &[u32],
        kv_head: usize,
    ) {
        let dim = self.head_dim;
        partial.out[..n_keys.len() * dim].fill(0.0);
        let shared = n_keys.iter().copied().min().unwrap_or(0);
        let product = Product {
            n_rows: n_keys.len(),
            n_cols: dim,
            n_terms: 0,
            a_stride: SPLIT_TOKENS,
            c_stride: dim,
        };
        for (i, page) in pages.iter().enumerate() {
            let (_, values) = self.pages.block(*page, self.layer, kv_head);
            let start = i * PAGE_TOKENS;
            let n_shared = shared.saturating_sub(start).min(PAGE_TOKENS);
            let together = Product {
                n_terms: n_shared,
                ..product
            };
            K::multiply_add(together, &mut partial.out, &p[start..], values);
            for (row, n_keys) in n_keys.iter().enumerate() {
                let n_terms = n_keys.saturating_sub(start).min(PAGE_TOKENS) - n_shared;
                if 0 < n_terms {
                    let alone = Product {
                        n_rows: 1,
                        n_terms,
                        ..product
                    };
                    let p = &p[row * SPLIT_TOKENS + start + n_shared..];
                    K::multiply_add(
                        alone,
                        &mut partial.out[row * dim..],
                        p,
                        &values[n_shared * dim..],
                    );
                }
            }
        }
    }
}

/// `scores[..n] = e^(scores − max)`, returning the maximum and the sum (16 virtual lanes each); with
/// `n == 0` the sum is 0.
#[inline(always)]
fn softmax(scores: &mut [f32], n: usize) -> (f32, f32) {
    if n == 0 {
        return (0.0, 0.0);
    }
    let padded = n.next_multiple_of(N_LANES);
    scores[n..padded].fill(f32::NEG_INFINITY);
    let (chunks, _) = scores[..padded].as_chunks_mut::<N_LANES>();
    let mut lanes = [f32::NEG_INFINITY; N_LANES];
    for chunk in chunks.iter() {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *x);
        }
    }
    let max = fold(lanes, larger);
    let mut lanes = [0.0; N_LANES];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *x = exp(*x - max);
            *lane += *x;
        }
    }
    (max, fold(lanes, |a, b| a + b))
}

/// The larger of two numbers; the second one if either is NaN.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b < a { a } else { b }
}
