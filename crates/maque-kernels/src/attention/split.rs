//! Softmax attention of one tile of query rows over one split of 256 keys, and the joining of splits.

use super::product::{Kernel, Product, Start, TILE_ROWS};
use super::softmax::{PageOf, Scales, larger, softmax};
use crate::codes::{MAX_QUERY, encode, inverse, largest, unpack_scale};
use crate::exp::exp2;
use crate::kv::{Block, MAX_HEAD_DIM};
use crate::{KvPages, KvShape, PAGE_TOKENS, Query};
use std::f32::consts::LOG2_E;
use std::ops::Range;

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

/// Buffers of the tile that a thread works on. Whole vectors come first, each in cache lines of its own.
#[repr(C, align(64))]
pub(crate) struct Workspace {
    q: [i16; TILE_ROWS * MAX_HEAD_DIM], // [n_rows, head_dim]
    scores: [[PageOf<f32>; SPLIT_PAGES]; TILE_ROWS],
    p: [[PageOf<i16>; SPLIT_PAGES]; TILE_ROWS], // probability times scale of the value
    key_scales: [PageOf<f32>; SPLIT_PAGES],
    value_scales: [PageOf<f32>; SPLIT_PAGES],
    next: Partial, // of the split that is worked on
    q_scales: [f32; TILE_ROWS],
    p_scales: [f32; TILE_ROWS],
}

impl Workspace {
    pub(crate) const EMPTY: Workspace = Workspace {
        q: [0; TILE_ROWS * MAX_HEAD_DIM],
        q_scales: [0.0; TILE_ROWS],
        scores: [[[0.0; PAGE_TOKENS]; SPLIT_PAGES]; TILE_ROWS],
        p: [[[0; PAGE_TOKENS]; SPLIT_PAGES]; TILE_ROWS],
        p_scales: [0.0; TILE_ROWS],
        key_scales: [[0.0; PAGE_TOKENS]; SPLIT_PAGES],
        value_scales: [[0.0; PAGE_TOKENS]; SPLIT_PAGES],
        next: Partial::EMPTY,
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

/// Unnormalised attention of a tile: `Σ p·v`, with `p = 2^(score − max)`, and `Σ p`.
#[repr(C, align(64))]
pub(crate) struct Partial {
    out: [f32; TILE_ROWS * MAX_HEAD_DIM], // [n_rows, head_dim]
    max: [f32; TILE_ROWS],
    sum: [f32; TILE_ROWS], // 0 for a row that saw no key
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
            let (scale, next_scale) = (exp2(self.max[row] - max), exp2(next.max[row] - max));
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

    /// Takes a tile's queries as codes; `1 / sqrt(head_dim)`, and the step from base e to base 2, are in their scales.
    #[inline(always)]
    fn load_queries(&self, workspace: &mut Workspace, tile: Tile) {
        let factor = LOG2_E / (self.head_dim as f32).sqrt();
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
        for (i, page) in keys.pages.iter().enumerate() {
            let block = self.block(*page, keys);
            workspace.key_scales[i] = unpack_scales(*block.key_scales);
            workspace.value_scales[i] = unpack_scales(*block.value_scales);
        }
        for page in keys.later.iter().take(keys.pages.len()) {
            let block = self.block(*page, keys);
            K::prefetch(block.key_scales);
            K::prefetch(block.value_scales);
        }
    }

    /// Attends a tile to the keys of some splits, joined in order.
    #[inline(always)]
    pub(crate) fn attend<K: Kernel>(
        &self,
        partial: &mut Partial,
        workspace: &mut Workspace,
        tile: Tile,
        splits: Range<usize>,
    ) {
        self.load_queries(workspace, tile);
        partial.clear();
        for split in splits {
            self.attend_split::<K>(workspace, tile, split);
            partial.join(&workspace.next, tile.n_rows, self.head_dim);
        }
    }

    /// Attends the queries that were loaded to the keys of one split.
    #[inline(always)]
    fn attend_split<K: Kernel>(&self, workspace: &mut Workspace, tile: Tile, split: usize) {
        let keys = self.keys(tile, split);
        self.load_scales::<K>(workspace, &keys);
        self.scores::<K>(workspace, &keys);
        let n_pages = keys.pages.len();
        let scales = Scales {
            keys: &workspace.key_scales[..n_pages],
            values: &workspace.value_scales[..n_pages],
        };
        for row in 0..tile.n_rows {
            let codes = &mut workspace.p[row][..n_pages];
            let scores = &mut workspace.scores[row][..n_pages];
            let sums = softmax::<K>(codes, scores, scales, keys.counts[row]);
            (workspace.next.max[row], workspace.next.sum[row]) = (sums.max, sums.sum);
            workspace.p_scales[row] = sums.code_scale;
        }
        self.add_values::<K>(workspace, &keys);
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
            let scores = workspace.scores.as_flattened_mut().as_flattened_mut();
            let scores = &mut scores[i * PAGE_TOKENS..];
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

    /// `next.out[row] = Σ p·v` over the row's keys, page by page in order. Meanwhile the keys of the next split are fetched.
    #[inline(always)]
    fn add_values<K: Kernel>(&self, workspace: &mut Workspace, keys: &Keys<'_>) {
        let p = workspace.p.as_flattened().as_flattened();
        let out = &mut workspace.next.out;
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
            let (p, scales) = (&p[i * PAGE_TOKENS..], &workspace.p_scales);
            K::multiply_add(product, out, scales, p, block.values, next);
        }
    }
}

/// The scales of a page.
#[inline(always)]
fn unpack_scales(bits: PageOf<i16>) -> PageOf<f32> {
    let mut scales = [0.0; PAGE_TOKENS];
    for (scale, bits) in scales.iter_mut().zip(bits) {
        *scale = unpack_scale(bits);
    }
    scales
}
