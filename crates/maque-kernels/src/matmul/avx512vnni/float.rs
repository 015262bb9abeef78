//! Float weights times f32 activations: one chain of fused multiply-adds over the columns.

use super::{Piece, Product, finish};
use crate::activations::{TILE_TOKENS, Tile};
use crate::matmul::packed::Packed;
use crate::panel::AHEAD;
use crate::panel::{GROUP_ROWS, LINE_BYTES, Layout};
use crate::{Activations, Format};
use std::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn groups<F: Packed>(product: &Product<'_>, x: &Activations, piece: Piece) {
    for group in piece.groups {
        for i in piece.tiles.clone() {
            let (tile, mut chains) = (x.tile(i), [_mm512_setzero_ps(); TILE_TOKENS]);
            let columns = product.weights.group(group);
            match tile.n_tokens {
                1 => add::<F, 1>(&mut chains, columns, x, tile),
                2 => add::<F, 2>(&mut chains, columns, x, tile),
                3 => add::<F, 3>(&mut chains, columns, x, tile),
                4 => add::<F, 4>(&mut chains, columns, x, tile),
                5 => add::<F, 5>(&mut chains, columns, x, tile),
                6 => add::<F, 6>(&mut chains, columns, x, tile),
                7 => add::<F, 7>(&mut chains, columns, x, tile),
                _ => add::<F, 8>(&mut chains, columns, x, tile),
            }
            finish(product, tile, group, &chains);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn add<F: Packed, const N: usize>(
    chains: &mut [__m512; TILE_TOKENS],
    columns: &[u8],
    x: &Activations,
    tile: Tile<'_>,
) {
    let n_cols = x.n_cols();
    let x = x.rows(tile.first_token, N);
    assert_eq!(x.len(), N * n_cols, "the tile has N rows");
    let mut sums = [_mm512_setzero_ps(); N];
    let columns = columns.chunks_exact(Layout::quant_bytes(F::FORMAT));
    for (k, column) in columns.take(n_cols).enumerate() {
        let ahead = column.as_ptr().wrapping_add(AHEAD);
        if ahead.addr() % LINE_BYTES == 0 {
            _mm_prefetch::<_MM_HINT_T1>(ahead.cast());
        }
        let weights = weights::<F>(column);
        for (c, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `c < N` and `k < n_cols`, and there are `N · n_cols` elements.
            let x = unsafe { *x.get_unchecked(c * n_cols + k) };
            *sum = _mm512_fmadd_ps(weights, _mm512_set1_ps(x), *sum);
        }
    }
    for (chain, sum) in chains.iter_mut().zip(sums) {
        *chain = sum;
    }
}

/// One column of 16 rows in f32.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn weights<F: Packed>(column: &[u8]) -> __m512 {
    assert_eq!(
        column.len(),
        Layout::quant_bytes(F::FORMAT),
        "{GROUP_ROWS} elements"
    );
    // SAFETY: the column has 16 elements of the format: 64 bytes of f32, 32 of the others.
    unsafe {
        match F::FORMAT {
            Format::BF16 => {
                let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(column.as_ptr().cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits))
            }
            _ => _mm512_loadu_ps(column.as_ptr().cast()),
        }
    }
}
