//! Softmax attention of one tile of query rows over one split of 256 keys, and the joining of splits.

use super::product::{Kernel, Product, Start, TILE_ROWS};
use crate::codes::{MAX_QUERY, encode, inverse, largest, unpack_scale};
use crate::elementwise::{N_LANES, fold};
use crate::exp::exp;
use crate::kv::{Block, MAX_HEAD_DIM};
use crate::{KvPages, KvShape, PAGE_TOKENS, Query};

/// Keys between two fixed borders: splits are computed alone and joined in order.
pub(crate) const SPLIT_TOKENS: usize = 256;
/// Pages of a split.
const SPLIT_PAGES: usize = SPLIT_TOKENS / PAGE_TOKENS;
/// Elements of a query and a key that are multiplied in whole numbers; the sums of these are added in f32.
const CHUNK: usize = 64;

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
    q: [i16; TILE_ROWS * MAX_HEAD_DIM], // [n_rows, head_dim]
    q_scales: [f32; TILE_ROWS],
    scores: [f32; TILE_ROWS * SPLIT_TOKENS], // [n_rows, 256]; then probabilities
    p: [i16; TILE_ROWS * SPLIT_TOKENS],      // [n_rows, 256]: probability times scale of the value
    p_scales: [[f32; TILE_ROWS]; SPLIT_PAGES],
    key_scales: [f32; SPLIT_TOKENS],
    value_scales: [f32; SPLIT_TOKENS],
}

impl Workspace {
    pub(crate) const EMPTY: Workspace = Workspace {
        q: [0; TILE_ROWS * MAX_HEAD_DIM],
        q_scales: [0.0; TILE_ROWS],
        scores: [0.0; TILE_ROWS * SPLIT_TOKENS],
        p: [0; TILE_ROWS * SPLIT_TOKENS],
        p_scales: [[0.0; TILE_ROWS]; SPLIT_PAGES],
        key_scales: [0.0; SPLIT_TOKENS],
        value_scales: [0.0; SPLIT_TOKENS],
    };
}

/// The keys of one split that a tile's rows see.
struct Keys<'a> {
    pages: &'a [u32],
    later: &'a [u32], // the pages of the splits behind this one
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

    /// Takes a tile's queries as codes; `1 / sqrt(head_dim)` is in their scales.
    #[inline(always)]
    fn load_queries(&self, workspace: &mut Workspace, tile: Tile) {
        let factor = 1.0 / (self.head_dim as f32).sqrt();
        for (row, (_, start)) in self.rows(tile).enumerate() {
            let q = &self.q[start..][..self.head_dim];
            let codes = &mut workspace.q[row * self.head_dim..][..self.head_dim];
            let scale = largest(q) / MAX_QUERY;
            encode(codes, q, inverse(scale), MAX_QUERY);
            workspace.q_scales[row] = scale * factor;
        }
    }

    /// Takes the scales of a split's keys and values, and fetches those of the next split.
    #[inline(always)]
    fn load_scales<K: Kernel>(&self, workspace: &mut Workspace, keys: &Keys<'_>) {
        let (key_scales, _) = workspace.key_scales.as_chunks_mut::<PAGE_TOKENS>();
        let (value_scales, _) = workspace.value_scales.as_chunks_mut::<PAGE_TOKENS>();
        for ((key_scales, value_scales), page) in
            key_scales.iter_mut().zip(value_scales).zip(keys.pages)
        {
            let block = self.block(*page, keys);
            for (scale, bits) in key_scales.iter_mut().zip(block.key_scales) {
                *scale = unpack_scale(*bits);
            }
            for (scale, bits) in value_scales.iter_mut().zip(block.value_scales) {
                *scale = unpack_scale(*bits);
            }
        }
        for page in keys.later.iter().take(keys.pages.len()) {
            let block = self.block(*page, keys);
            K::prefetch(block.key_scales);
            K::prefetch(block.value_scales);
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
        let keys = self.keys(tile, split);
        self.load_queries(workspace, tile);
        self.load_scales::<K>(workspace, &keys);
        self.scores::<K>(workspace, &keys);
        let n_slots = keys.pages.len() * PAGE_TOKENS;
        for row in 0..tile.n_rows {
            let scores = &mut workspace.scores[row * SPLIT_TOKENS..][..n_slots];
            let n = keys.counts[row];
            (partial.max[row], partial.sum[row]) = softmax(scores, &workspace.key_scales, n);
            let p = &mut workspace.p[row * SPLIT_TOKENS..][..n_slots];
            let pages = scores
                .as_chunks()
                .0
                .iter()
                .zip(workspace.value_scales.as_chunks().0);
            for (i, (codes, (scores, scales))) in
                p.as_chunks_mut().0.iter_mut().zip(pages).enumerate()
            {
                workspace.p_scales[i][row] = K::weigh(codes, scores, scales);
            }
        }
        self.add_values::<K>(&mut partial.out, workspace, &keys);
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
        let pages = &self.queries[tile.first_token].pages[first / PAGE_TOKENS..];
        let (pages, later) = pages.split_at(longest.div_ceil(PAGE_TOKENS));
        Keys {
            pages,
            later,
            kv_head: tile.kv_head,
            counts,
            n_rows: tile.n_rows,
        }
    }

    #[inline(always)]
    fn block(&self, page: u32, keys: &Keys<'_>) -> Block<'_> {
        self.pages.block(page, self.layer, keys.kv_head)
    }

    /// `scores[row] = q[row]·K`, but for the scales of the keys, for all slots of the pages; those beyond a row's keys mean
    /// nothing. Meanwhile the values of each page are fetched.
    #[inline(always)]
    fn scores<K: Kernel>(&self, workspace: &mut Workspace, keys: &Keys<'_>) {
        for (i, page) in keys.pages.iter().enumerate() {
            let block = self.block(*page, keys);
            let scores = &mut workspace.scores[i * PAGE_TOKENS..];
            for first in (0..self.head_dim).step_by(CHUNK) {
                let n_terms = CHUNK.min(self.head_dim - first);
                let product = Product {
                    n_rows: keys.n_rows,
                    n_cols: PAGE_TOKENS,
                    n_pairs: n_terms / 2,
                    a_stride: self.head_dim,
                    c_stride: SPLIT_TOKENS,
                    start: if first == 0 {
                        Start::Zero
                    } else {
                        Start::Previous
                    },
                };
                let range = first * PAGE_TOKENS..(first + n_terms) * PAGE_TOKENS;
                let (b, next) = (&block.keys[range.clone()], &block.values[range]);
                let a = &workspace.q[first..];
                K::multiply_add(product, scores, &workspace.q_scales, a, b, next);
            }
        }
    }

    /// `out[row] = Σ p·v` over the row's keys, page by page in order. Meanwhile the keys of the next split are fetched.
    #[inline(always)]
    fn add_values<K: Kernel>(&self, out: &mut [f32], workspace: &Workspace, keys: &Keys<'_>) {
        for (i, page) in keys.pages.iter().enumerate() {
            let block = self.block(*page, keys);
            let product = Product {
                n_rows: keys.n_rows,
                n_cols: self.head_dim,
                n_pairs: PAGE_TOKENS / 2,
                a_stride: SPLIT_TOKENS,
                c_stride: self.head_dim,
                start: if i == 0 { Start::Zero } else { Start::Previous },
            };
            let next = keys
                .later
                .get(i)
                .map_or(block, |page| self.block(*page, keys))
                .keys;
            let p = &workspace.p[i * PAGE_TOKENS..];
            K::multiply_add(product, out, &workspace.p_scales[i], p, block.values, next);
        }
    }
}

/// Scores, times their keys' scales, to probabilities: `x[..n] = e^(x − max)`, 0 beyond; returns the maximum and the sum (16 virtual lanes each).
/// With `n == 0` the sum is 0.
#[inline(always)]
fn softmax(x: &mut [f32], scales: &[f32], n: usize) -> (f32, f32) {
    if n == 0 {
        x.fill(0.0);
        return (0.0, 0.0);
    }
    for (x, scale) in x.iter_mut().zip(scales) {
        *x *= scale;
    }
    x[n..].fill(f32::NEG_INFINITY);
    let (chunks, _) = x.as_chunks_mut::<N_LANES>();
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
