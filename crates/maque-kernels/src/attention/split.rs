//! Softmax attention of one tile of query rows over one split of 256 keys, and the joining of splits.

use super::product::{Kernel, Product, Start, TILE_ROWS};
use crate::elementwise::{N_LANES, fold};
use crate::exp::exp;
use crate::kv::MAX_HEAD_DIM;
use crate::{KvPages, KvShape, PAGE_TOKENS, Query};

/// Keys between two fixed borders: splits are computed alone and joined in order.
pub(crate) const SPLIT_TOKENS: usize = 256;

/// One layer's attention: what every tile of it shares. The rows of a KV head are, token by token, the
/// members of its group of query heads.
pub(crate) struct Call<'a> {
    pub(crate) q: &'a [f32], // [n_tokens, n_heads · head_dim]
    pub(crate) pages: &'a KvPages,
    pub(crate) layer: usize,
    pub(crate) queries: &'a [Query<'a>], // [n_tokens]
    pub(crate) n_heads: usize,
    pub(crate) n_group: usize, // query heads that share a KV head
    pub(crate) head_dim: usize,
}

/// Consecutive rows of one KV head whose tokens share their pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tile {
    pub(crate) kv_head: usize,
    pub(crate) first_token: usize,
    pub(crate) first_member: usize, // of the group, of that token
    pub(crate) n_rows: usize,
}

/// Buffers of the tile that a thread works on.
pub(crate) struct Workspace {
    q: [f32; TILE_ROWS * MAX_HEAD_DIM], // [n_rows, head_dim], scaled
    scores: [f32; TILE_ROWS * SPLIT_TOKENS], // [n_rows, 256]
}

impl Workspace {
    pub(crate) const EMPTY: Workspace = Workspace {
        q: [0.0; TILE_ROWS * MAX_HEAD_DIM],
        scores: [0.0; TILE_ROWS * SPLIT_TOKENS],
    };
}

/// The keys of one split that a tile's rows see.
struct Keys<'a> {
    pages: &'a [u32],
    kv_head: usize,
    counts: [usize; TILE_ROWS], // of each row
    n_rows: usize,
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

    /// Forgets all keys.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.sum = [0.0; TILE_ROWS];
    }

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

    pub(crate) fn n_kv_heads(&self) -> usize {
        self.n_heads / self.n_group
    }

    /// For each row of a tile, its token and where its head begins in `q` and `out`.
    #[inline(always)]
    pub(crate) fn rows(&self, tile: Tile) -> impl Iterator<Item = (usize, usize)> {
        let (n_group, n_heads, head_dim) = (self.n_group, self.n_heads, self.head_dim);
        let (mut token, mut member) = (tile.first_token, tile.first_member);
        (0..tile.n_rows).map(
            #[inline(always)]
            move |_| {
                let head = tile.kv_head * n_group + member;
                let row = (token, (token * n_heads + head) * head_dim);
                member += 1;
                if member == n_group {
                    (token, member) = (token + 1, 0);
                }
                row
            },
        )
    }

    /// Splits that some row of the tile sees.
    pub(crate) fn n_splits(&self, tile: Tile) -> usize {
        let n_keys = |(token, _): (usize, usize)| self.queries[token].n_keys;
        let longest = self.rows(tile).map(n_keys).max().unwrap_or(0);
        longest.div_ceil(SPLIT_TOKENS)
    }

    /// Multiply-adds of the whole call, about.
    pub(crate) fn n_multiply_adds(&self) -> usize {
        let n_keys: usize = self.queries.iter().map(|query| query.n_keys).sum();
        2 * n_keys * self.n_heads * self.head_dim
    }

    /// Takes a tile's queries, scaled by `1 / sqrt(head_dim)`: the scores are then plain sums of
    /// products.
    #[inline(always)]
    fn load_queries(&self, workspace: &mut Workspace, tile: Tile) {
        let scale = 1.0 / (self.head_dim as f32).sqrt();
        for (row, (_, start)) in self.rows(tile).enumerate() {
            let q = &mut workspace.q[row * self.head_dim..][..self.head_dim];
            for (q, x) in q.iter_mut().zip(&self.q[start..]) {
                *q = x * scale;
            }
        }
    }

    /// Attends a tile to the keys of one split.
    #[inline(always)]
    pub(crate) fn attend_split<K: Kernel>(
        &self,
        partial: &mut Partial,
        workspace: &mut Workspace,
        tile: Tile,
        split: usize,
    ) {
        self.load_queries(workspace, tile);
        let Workspace { q, scores } = workspace;
        let keys = self.keys(tile, split);
        self.scores::<K>(scores, q, &keys);
        for row in 0..tile.n_rows {
            let scores = &mut scores[row * SPLIT_TOKENS..][..SPLIT_TOKENS];
            (partial.max[row], partial.sum[row]) = softmax(scores, keys.counts[row]);
        }
        self.add_values::<K>(&mut partial.out, scores, &keys);
    }

    #[inline(always)]
    fn keys(&self, tile: Tile, split: usize) -> Keys<'_> {
        let first = split * SPLIT_TOKENS;
        let mut counts = [0; TILE_ROWS];
        for (count, (token, _)) in counts.iter_mut().zip(self.rows(tile)) {
            let n_keys = self.queries[token].n_keys;
            *count = n_keys.saturating_sub(first).min(SPLIT_TOKENS);
        }
        let longest = counts.iter().copied().max().unwrap_or(0);
        let pages = self.queries[tile.first_token].pages;
        Keys {
            pages: &pages[first / PAGE_TOKENS..][..longest.div_ceil(PAGE_TOKENS)],
            kv_head: tile.kv_head,
            counts,
            n_rows: tile.n_rows,
        }
    }

    /// `scores[row] = q[row]·K` for all slots of the pages; those beyond a row's keys mean nothing.
    #[inline(always)]
    fn scores<K: Kernel>(&self, scores: &mut [f32], q: &[f32], keys: &Keys<'_>) {
        let block = |page: u32| self.pages.block(page, self.layer, keys.kv_head);
        let product = Product {
            n_rows: keys.n_rows,
            n_cols: PAGE_TOKENS,
            n_terms: self.head_dim,
            a_stride: self.head_dim,
            c_stride: SPLIT_TOKENS,
            start: Start::Zero,
        };
        if let Some(first) = keys.pages.first() {
            K::prefetch(block(*first).0);
            K::prefetch(block(*first).1);
        }
        for (i, page) in keys.pages.iter().enumerate() {
            let next = block(*keys.pages.get(i + 1).unwrap_or(page)).0;
            let scores = &mut scores[i * PAGE_TOKENS..];
            K::multiply_add(product, scores, q, block(*page).0, next);
        }
    }

    /// `out[row] = Σ p·v` over the row's keys in order. Keys that all rows see are added for the whole
    /// tile, the few others row by row: a slot beyond a row's keys is never read for it.
    #[inline(always)]
    fn add_values<K: Kernel>(&self, out: &mut [f32], p: &[f32], keys: &Keys<'_>) {
        let block = |page: u32| self.pages.block(page, self.layer, keys.kv_head);
        let counts = &keys.counts[..keys.n_rows];
        let shared = counts.iter().copied().min().unwrap_or(0);
        for (i, page) in keys.pages.iter().enumerate() {
            let (_, values) = block(*page);
            let next = block(*keys.pages.get(i + 1).unwrap_or(page)).1;
            let first = i * PAGE_TOKENS;
            let n_shared = shared.saturating_sub(first).min(PAGE_TOKENS);
            let together = Product {
                n_rows: keys.n_rows,
                n_cols: self.head_dim,
                n_terms: n_shared,
                a_stride: SPLIT_TOKENS,
                c_stride: self.head_dim,
                start: if i == 0 { Start::Zero } else { Start::Previous },
            };
            K::multiply_add(together, out, &p[first..], values, next);
            for (row, count) in counts.iter().enumerate() {
                let n_terms = count.saturating_sub(first).min(PAGE_TOKENS) - n_shared;
                if 0 < n_terms {
                    let alone = Product {
                        n_rows: 1,
                        n_terms,
                        start: Start::Previous,
                        ..together
                    };
                    let p = &p[row * SPLIT_TOKENS + first + n_shared..];
                    let values = &values[n_shared * self.head_dim..];
                    let out = &mut out[row * self.head_dim..];
                    K::multiply_add(alone, out, p, values, values);
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
