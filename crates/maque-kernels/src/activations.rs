//! Inputs of matmul: f32 rows and, beside them, their int8 blocks of 32.

use crate::Machine;
use crate::block::SUB_BLOCK;
use crate::parts::Parts;
use crate::vectorise::vectorise;

/// Tokens that one tile of a product reads side by side.
pub(crate) const TILE_TOKENS: usize = 8;
/// Below this a block counts as zero: its inverse scale would overflow.
const SMALLEST_AMAX: f32 = 1e-30;
/// Adding it to an f32 below 2²² rounds that to an integer, half to even, in the low bits of the sum.
const ROUNDING: f32 = 12_582_912.0; // 1.5 · 2²³

/// A reusable buffer of activation rows `[n_tokens, n_cols]` in the two forms that matmul reads.
///
/// The int8 form has one scale for each 32 elements of a row, `d = amax / 127`, and the elements
/// `round(x · 127 / amax)`, half to even. It lies in tiles of eight tokens (the last one narrower);
/// within a tile of `w` tokens: `quants: [n_blocks][w][32]`, and the others `[n_blocks][w]`.
pub struct Activations {
    n_cols: usize,
    max_tokens: usize,
    n_tokens: usize,
    floats: Vec<f32>,               // [n_tokens, n_cols]
    quants: Vec<i8>,                // a · d ≈ x
    scales: Vec<f32>,               // d
    minus_sums: Vec<i32>,           // −Σ a
    minus_half_sums: Vec<[i32; 2]>, // −Σ a of the first 16 elements, and of the last
    scaled_sums: Vec<f32>,          // d · Σ a
}

/// The int8 form of up to [`TILE_TOKENS`] rows.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'a> {
    pub(crate) first_token: usize,
    pub(crate) n_tokens: usize,
    pub(crate) quants: &'a [i8],      // [n_blocks][n_tokens][32]
    pub(crate) scales: &'a [f32],     // [n_blocks][n_tokens]
    pub(crate) minus_sums: &'a [i32], // [n_blocks][n_tokens]
    pub(crate) minus_half_sums: &'a [[i32; 2]], // [n_blocks][n_tokens]
    pub(crate) scaled_sums: &'a [f32], // [n_blocks][n_tokens]
}

impl Activations {
    /// Room for `max_tokens` rows of `n_cols` (a multiple of 32).
    ///
    /// # Panics
    /// If `n_cols` is no multiple of 32.
    pub fn new(max_tokens: usize, n_cols: usize) -> Activations {
        assert!(
            n_cols.is_multiple_of(SUB_BLOCK),
            "{n_cols} columns are no multiple of {SUB_BLOCK}"
        );
        let len = max_tokens * n_cols;
        let n_blocks = len / SUB_BLOCK;
        Activations {
            n_cols,
            max_tokens,
            n_tokens: 0,
            floats: vec![0.0; len],
            quants: vec![0; len],
            scales: vec![0.0; n_blocks],
            minus_sums: vec![0; n_blocks],
            minus_half_sums: vec![[0; 2]; n_blocks],
            scaled_sums: vec![0.0; n_blocks],
        }
    }
    /// Rows now held.
    pub fn n_tokens(&self) -> usize {
        self.n_tokens
    }
    /// Elements of a row.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }
    /// Tiles now held.
    pub(crate) fn n_tiles(&self) -> usize {
        self.n_tokens.div_ceil(TILE_TOKENS)
    }
    /// Row `token` in f32.
    #[inline(always)]
    pub(crate) fn row(&self, token: usize) -> &[f32] {
        &self.floats[token * self.n_cols..][..self.n_cols]
    }
    /// `n` rows from row `first` on, in f32.
    #[inline(always)]
    pub(crate) fn rows(&self, first: usize, n: usize) -> &[f32] {
        &self.floats[first * self.n_cols..][..n * self.n_cols]
    }
    /// The int8 form of tokens `8 · index ..`.
    #[inline(always)]
    pub(crate) fn tile(&self, index: usize) -> Tile<'_> {
        let first_token = TILE_TOKENS * index;
        let n_tokens = TILE_TOKENS.min(self.n_tokens - first_token);
        let (at, len) = (first_token * self.n_cols, n_tokens * self.n_cols);
        let (at_block, n_blocks) = (at / SUB_BLOCK, len / SUB_BLOCK);
        Tile {
            first_token,
            n_tokens,
            quants: &self.quants[at..][..len],
            scales: &self.scales[at_block..][..n_blocks],
            minus_sums: &self.minus_sums[at_block..][..n_blocks],
            minus_half_sums: &self.minus_half_sums[at_block..][..n_blocks],
            scaled_sums: &self.scaled_sums[at_block..][..n_blocks],
        }
    }
}

/// The parts of one tile that [`quantize`] writes.
struct TileMut<'a> {
    n_tokens: usize,
    quants: &'a mut [i8],
    scales: &'a mut [f32],
    minus_sums: &'a mut [i32],
    minus_half_sums: &'a mut [[i32; 2]],
    scaled_sums: &'a mut [f32],
}

pub(crate) fn load(machine: &Machine, to: &mut Activations, x: &[f32]) {
    let n_cols = to.n_cols.max(1);
    assert!(
        x.len().is_multiple_of(n_cols) && x.len() / n_cols <= to.max_tokens,
        "{} elements are no rows of {n_cols}, or more than {}",
        x.len(),
        to.max_tokens
    );
    to.n_tokens = x.len() / n_cols;
    let (n_tiles, n_tokens) = (to.n_tiles(), to.n_tokens);
    let (floats, quants) = (Parts::new(&mut to.floats), Parts::new(&mut to.quants));
    let (scales, scaled_sums) = (Parts::new(&mut to.scales), Parts::new(&mut to.scaled_sums));
    let minus_sums = Parts::new(&mut to.minus_sums);
    let minus_half_sums = Parts::new(&mut to.minus_half_sums);
    machine.pool().run(n_tiles, &|i| {
        let tokens = TILE_TOKENS * i..n_tokens.min(TILE_TOKENS * (i + 1));
        let n_tokens = tokens.len();
        let all = tokens.start * n_cols..tokens.end * n_cols;
        let blocks = all.start / SUB_BLOCK..all.end / SUB_BLOCK;
        let x = &x[all.clone()];
        // SAFETY: the pool hands out each tile once, and tiles do not overlap.
        let (floats, tile) = unsafe {
            let tile = TileMut {
                n_tokens,
                quants: quants.take(all.clone()),
                scales: scales.take(blocks.clone()),
                minus_sums: minus_sums.take(blocks.clone()),
                minus_half_sums: minus_half_sums.take(blocks.clone()),
                scaled_sums: scaled_sums.take(blocks),
            };
            (floats.take(all), tile)
        };
        floats.copy_from_slice(x);
        vectorise(
            machine.isa(),
            #[inline(always)]
            || quantize(tile, x),
        );
    });
}

/// Quantises the rows `x` of one tile.
#[inline(always)]
fn quantize(tile: TileMut<'_>, x: &[f32]) {
    let n_tokens = tile.n_tokens;
    let (quants, _) = tile.quants.as_chunks_mut::<SUB_BLOCK>();
    for (token, row) in x.chunks_exact(x.len() / n_tokens).enumerate() {
        let (blocks, _) = row.as_chunks::<SUB_BLOCK>();
        for (b, x) in blocks.iter().enumerate() {
            let at = b * n_tokens + token;
            let (scale, sums) = quantize_block(&mut quants[at], x);
            tile.scales[at] = scale;
            tile.minus_half_sums[at] = [-sums[0], -sums[1]];
            tile.minus_sums[at] = -(sums[0] + sums[1]);
            tile.scaled_sums[at] = scale * (sums[0] + sums[1]) as f32;
        }
    }
}

/// Returns the block's scale and the sums of its halves.
#[inline(always)]
fn quantize_block(quants: &mut [i8; SUB_BLOCK], x: &[f32; SUB_BLOCK]) -> (f32, [i32; 2]) {
    // The largest of all is the same in whichever order they are compared: 16 lanes are fast.
    let mut lanes = [0.0f32; 16];
    for half in x.as_chunks::<16>().0 {
        for (lane, x) in lanes.iter_mut().zip(half) {
            *lane = if *lane < x.abs() { x.abs() } else { *lane };
        }
    }
    let amax = lanes
        .iter()
        .fold(0.0f32, |a, b| if a < *b { *b } else { a });
    let (scale, inverse) = match amax < SMALLEST_AMAX {
        true => (0.0, 0.0),
        false => (amax / 127.0, 127.0 / amax),
    };
    for (q, x) in quants.iter_mut().zip(x) {
        *q = (x * inverse + ROUNDING).to_bits() as i8;
    }
    let (halves, _) = quants.as_chunks::<16>();
    let sum = |half: &[i8; 16]| half.iter().map(|q| i32::from(*q)).sum();
    (scale, [sum(&halves[0]), sum(&halves[1])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use std::num::NonZeroUsize;

    fn loaded(isa: Isa, n_cols: usize, x: &[f32]) -> Activations {
        let mut activations = Activations::new(x.len() / n_cols, n_cols);
        load(&Machine::new(isa, NonZeroUsize::MIN), &mut activations, x);
        activations
    }

    #[test]
    fn blocks_are_rounded_half_to_even_with_their_own_scale() {
        let mut x = vec![0.0; 3 * 64];
        (x[0], x[1], x[2], x[3], x[40]) = (127.0, 0.5, 1.5, -2.5, -1e-35);
        (x[64], x[127], x[128]) = (-1.0, 3.0, f32::MAX);
        for isa in Isa::available() {
            let activations = loaded(isa, 64, &x);
            let tile = activations.tile(0);
            let (quants, _) = tile.quants.as_chunks::<32>();
            assert_eq!(quants[0][..4], [127, 0, 2, -2]);
            assert_eq!((tile.scales[0], tile.minus_sums[0]), (1.0, -127));
            assert_eq!((tile.scales[3], quants[3]), (0.0, [0; 32]));
            assert_eq!((quants[1][0], quants[4][31]), (-127, 127));
            assert_eq!((tile.minus_half_sums[4], quants[2][0]), ([0, -127], 127));
            assert_eq!(tile.scaled_sums[4], tile.scales[4] * 127.0);
        }
    }

    #[test]
    fn every_isa_has_the_same_blocks() {
        let x: Vec<f32> = (0..19 * 96)
            .map(|i| (i as f32 * 12.9898).sin() * (i as f32 * 0.37).exp2().min(1e20))
            .collect();
        let want = loaded(Isa::Scalar, 96, &x);
        for isa in Isa::available() {
            let got = loaded(isa, 96, &x);
            assert_eq!(got.quants, want.quants);
            assert_eq!(got.scales, want.scales);
            assert_eq!(got.minus_sums, want.minus_sums);
            assert_eq!(got.minus_half_sums, want.minus_half_sums);
            assert_eq!(got.scaled_sums, want.scaled_sums);
            assert_eq!(got.row(18), &x[18 * 96..]);
        }
    }
}
