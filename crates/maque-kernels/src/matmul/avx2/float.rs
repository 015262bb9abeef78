//! Float weights times f32 activations: one chain of fused multiply-adds over the columns.

use super::{Chain, Pair, finish};
use crate::activations::TILE_TOKENS;
use crate::matmul::packed::Packed;
use crate::matmul::{MAX_TILES, Piece, Product};
use crate::panel::AHEAD;
use crate::panel::{LINE_BYTES, Layout};
use crate::{Activations, Format};
use std::arch::x86_64::*;
use std::ops::Range;

/// Columns that are widened at a time: 16 KB, which stay in the first-level cache while the tokens pass.
const SLAB_COLUMNS: usize = 256;
/// Tokens that meet a column together: with their chains all that is in use fits into the 16 registers.
const MAX_TOKENS: usize = 6;

/// What one thread needs beside registers when there are many tokens: 48 KB, cleared once a piece.
struct Workbench {
    slab: [Pair<__m256>; SLAB_COLUMNS],
    /// Unfinished chains of one group, for all tokens of a piece.
    chains: [Chain; MAX_TILES * TILE_TOKENS],
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn groups<F: Packed>(product: &Product<'_>, x: &Activations, piece: Piece) {
    let tokens = TILE_TOKENS * piece.tiles.start..x.n_tokens().min(TILE_TOKENS * piece.tiles.end);
    if tokens.len() <= MAX_TOKENS {
        for group in piece.groups {
            few_tokens::<F>(product, x, tokens.clone(), group);
        }
        return;
    }
    let mut bench = Workbench {
        slab: [[_mm256_setzero_ps(); 2]; SLAB_COLUMNS],
        chains: [[_mm256_setzero_ps(); 2]; MAX_TILES * TILE_TOKENS],
    };
    for group in piece.groups {
        many_tokens::<F>(&mut bench, product, x, tokens.clone(), group);
    }
}

/// Widens in registers and multiplies at once.
#[target_feature(enable = "avx2,fma,f16c")]
fn few_tokens<F: Packed>(
    product: &Product<'_>,
    x: &Activations,
    tokens: Range<usize>,
    group: usize,
) {
    let mut chains = [[_mm256_setzero_ps(); 2]; MAX_TOKENS];
    let columns = product.weights.group(group);
    let rows = Rows {
        x: x.rows(tokens.start, tokens.len()),
        stride: x.n_cols(),
        columns: 0..x.n_cols(),
    };
    let chains = &mut chains[..tokens.len()];
    add(chains, rows, |k| column::<F>(columns, k));
    finish(product, tokens.start, group, chains);
}

/// Widens some columns into a slab, lets all tokens meet them, and goes on with the next ones.
#[target_feature(enable = "avx2,fma,f16c")]
fn many_tokens<F: Packed>(
    bench: &mut Workbench,
    product: &Product<'_>,
    x: &Activations,
    tokens: Range<usize>,
    group: usize,
) {
    let columns = product.weights.group(group);
    let Workbench { slab, chains } = bench;
    let chains = &mut chains[..tokens.len()];
    chains.fill([_mm256_setzero_ps(); 2]);
    for first in (0..x.n_cols()).step_by(SLAB_COLUMNS) {
        let range = first..x.n_cols().min(first + SLAB_COLUMNS);
        for (k, slab) in range.clone().zip(slab.iter_mut()) {
            *slab = column::<F>(columns, k);
        }
        for (i, chains) in chains.chunks_mut(MAX_TOKENS).enumerate() {
            let rows = Rows {
                x: x.rows(tokens.start + MAX_TOKENS * i, chains.len()),
                stride: x.n_cols(),
                columns: range.clone(),
            };
            add(chains, rows, |k| slab[k % SLAB_COLUMNS]);
        }
    }
    finish(product, tokens.start, group, chains);
}

/// Some columns of the rows of some tokens.
struct Rows<'a> {
    x: &'a [f32],
    stride: usize,
    columns: Range<usize>,
}

/// Adds the products of some columns to the chains of up to [`MAX_TOKENS`] tokens.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add(chains: &mut [Chain], rows: Rows<'_>, column: impl Fn(usize) -> Pair<__m256>) {
    match chains.len() {
        0 => (),
        1 => add_columns::<1>(chains, rows, column),
        2 => add_columns::<2>(chains, rows, column),
        3 => add_columns::<3>(chains, rows, column),
        4 => add_columns::<4>(chains, rows, column),
        5 => add_columns::<5>(chains, rows, column),
        _ => add_columns::<MAX_TOKENS>(chains, rows, column),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn add_columns<const N: usize>(
    chains: &mut [Chain],
    rows: Rows<'_>,
    column: impl Fn(usize) -> Pair<__m256>,
) {
    let Some(chains) = chains.first_chunk_mut::<N>() else {
        return;
    };
    let Rows { x, stride, columns } = rows;
    assert!(
        x.len() == N * stride && columns.end <= stride,
        "there are N rows"
    );
    let mut sums = *chains;
    for k in columns {
        let weights = column(k);
        for (c, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `c < N` and `k < stride`, and there are `N · stride` elements.
            let x = _mm256_set1_ps(unsafe { *x.get_unchecked(c * stride + k) });
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = _mm256_fmadd_ps(weights, x, *sum);
            }
        }
    }
    *chains = sums;
}

/// Column `k` of 16 rows in f32.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn column<F: Packed>(columns: &[u8], k: usize) -> Pair<__m256> {
    let n_bytes = Layout::quant_bytes(F::FORMAT);
    let column = &columns[k * n_bytes..][..n_bytes];
    let ahead = column.as_ptr().wrapping_add(AHEAD);
    if ahead.addr().is_multiple_of(LINE_BYTES) {
        _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
    }
    let (first, second) = column.split_at(n_bytes / 2);
    [eight::<F>(first), eight::<F>(second)]
}

/// 8 elements in f32.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn eight<F: Packed>(bytes: &[u8]) -> __m256 {
    assert_eq!(8 * F::FORMAT.block_bytes(), bytes.len(), "8 elements");
    // SAFETY: there are 8 elements of the format: 32 bytes of f32, 16 of the others.
    unsafe {
        match F::FORMAT {
            Format::BF16 => {
                let bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(bytes.as_ptr().cast()));
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits))
            }
            _ => _mm256_loadu_ps(bytes.as_ptr().cast()),
        }
    }
}
