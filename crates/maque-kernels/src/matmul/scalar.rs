//! The products in portable Rust: the specification.

use super::{Piece, Product};
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::{Kind, LaneScales};
use crate::format::widen;
use crate::panel::{GROUP_ROWS, Line, Words};
use crate::{Activations, Precision, pairs};

/// Chains of one tile.
type Sums = [[f32; GROUP_ROWS]; TILE_TOKENS];

#[inline(always)]
pub(super) fn run(product: &Product<'_>, x: &Activations, piece: Piece) {
    let precision = product.layout.format.precision();
    for group in piece.groups {
        for tile in piece.tiles.clone().map(|i| x.tile(i)) {
            let sums = match precision {
                Precision::F32 => float_sums(product, group, x, tile),
                Precision::Int16 => coded_sums(product, group, tile),
                Precision::Int8 => quantized_sums(product, group, tile),
            };
            for (c, sums) in sums.iter().take(tile.n_tokens).enumerate() {
                // SAFETY: this thread alone has this piece.
                unsafe { product.finish(tile.first_token + c, group, sums) };
            }
        }
    }
}

#[inline(always)]
fn quantized_sums(product: &Product<'_>, group: usize, tile: Tile<'_>) -> Sums {
    let mut all_sums = Sums::default();
    let layout = &product.layout;
    let (kind, group) = (Kind::of(layout.format), product.weights.group(group));
    let (quants, _) = tile.quants.as_chunks::<32>();
    for (b, quants) in quants.chunks_exact(tile.n_tokens).enumerate() {
        let words = layout.words(group, b);
        let lanes: [LaneScales; GROUP_ROWS] = std::array::from_fn(|row| layout.lane(group, row, b));
        for (c, (sums, quants)) in all_sums.iter_mut().zip(quants).enumerate() {
            let at = b * tile.n_tokens + c;
            let dots = match kind {
                Kind::Scaled => scaled_dots(&words, quants, tile.sums[at].half_centres, &lanes),
                Kind::Centred { shift } => dots(&words, quants, tile.sums[at].centre(shift)),
                Kind::Affine => dots(&words, quants, 0),
            };
            for ((sum, dot), lane) in sums.iter_mut().zip(dots).zip(&lanes) {
                *sum = (lane.d * tile.scales[at]).mul_add(dot as f32, *sum);
                if kind == Kind::Affine {
                    *sum = lane.m.mul_add(tile.scaled_sums[at], *sum);
                }
            }
        }
    }
    all_sums
}

/// `Σ code · a + correction` of 16 rows, with `correction = −2^shift · Σ a`.
#[inline(always)]
fn dots(words: &[Line], quants: &[i8], correction: i32) -> [i32; GROUP_ROWS] {
    let mut dots = [correction; GROUP_ROWS];
    for (k, a) in quants.iter().enumerate() {
        for (dot, word) in dots.iter_mut().zip(&words[k / 4]) {
            let code = (word >> (k % 4 * 8) & 255) as i32;
            *dot += code * i32::from(*a);
        }
    }
    dots
}

/// `s₀ · Σ₀ (code − 32) · a + s₁ · Σ₁ (code − 32) · a` of 16 rows.
#[inline(always)]
fn scaled_dots(
    words: &Words,
    quants: &[i8; 32],
    centres: [i32; 2],
    lanes: &[LaneScales; GROUP_ROWS],
) -> [i32; GROUP_ROWS] {
    let first = dots(&words[..4], &quants[..16], centres[0]);
    let second = dots(&words[4..], &quants[16..], centres[1]);
    std::array::from_fn(|row| {
        let [s0, s1] = lanes[row].s.map(i32::from);
        s0 * first[row] + s1 * second[row]
    })
}

#[inline(always)]
fn coded_sums(product: &Product<'_>, group: usize, tile: Tile<'_>) -> Sums {
    let mut all_sums = Sums::default();
    let group = product.weights.group(group);
    let (codes, _) = tile.codes.as_chunks::<32>();
    for (b, codes) in codes.chunks_exact(tile.n_tokens).enumerate() {
        let (weights, scales) = pairs::codes(&product.layout, group, b);
        for (c, (sums, codes)) in all_sums.iter_mut().zip(codes).enumerate() {
            let mut dots = [0; GROUP_ROWS];
            for (a, weights) in codes.iter().zip(&weights) {
                for (dot, w) in dots.iter_mut().zip(weights) {
                    *dot += i32::from(*w) * i32::from(*a);
                }
            }
            let scale = tile.code_scales[b * tile.n_tokens + c];
            for ((sum, dot), d) in sums.iter_mut().zip(dots).zip(scales) {
                *sum = (d * scale).mul_add(dot as f32, *sum);
            }
        }
    }
    all_sums
}

#[inline(always)]
fn float_sums(product: &Product<'_>, group: usize, x: &Activations, tile: Tile<'_>) -> Sums {
    let mut all_sums = Sums::default();
    let format = product.weights.layout().format;
    let width = format.block_bytes();
    let columns = product
        .weights
        .group(group)
        .chunks_exact(GROUP_ROWS * width);
    for (k, column) in columns.enumerate().take(x.n_cols()) {
        let weights: [f32; GROUP_ROWS] =
            std::array::from_fn(|row| widen(format, &column[row * width..][..width]));
        for (c, sums) in all_sums.iter_mut().take(tile.n_tokens).enumerate() {
            let x = x.row(tile.first_token + c)[k];
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum = w.mul_add(x, *sum);
            }
        }
    }
    all_sums
}
