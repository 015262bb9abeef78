//! How large what the high plane leaves out can be: norms of rows and of tokens.

use crate::activations::TILE_TOKENS;
use crate::block::SUB_BLOCK;
use crate::pairs::{self, LOW_BITS, SCALE_BYTES, power_of_two};
use crate::panel::{GROUP_ROWS, Line, PLANE_BYTES};
use crate::parts::for_each_chunk;
use crate::vectorise::vectorise;
use crate::{Activations, Machine, Matrix, Precision};
use half::f16;

/// The norm of a token's whole numbers of this precision.
pub(super) fn norm(x: &Activations, token: usize, precision: Precision) -> f32 {
    let (tile, t) = (x.tile(token / TILE_TOKENS), token % TILE_TOKENS);
    let sum = match precision {
        Precision::Int16 => square(tile.codes, tile.code_scales, t, tile.n_tokens),
        _ => square(tile.quants, tile.scales, t, tile.n_tokens),
    };
    f32::sqrt(sum)
}

/// The square of the norm of token `t` of a tile of `n`.
fn square<T: Copy + Into<i32>>(numbers: &[T], scales: &[f32], t: usize, n: usize) -> f32 {
    let (blocks, _) = numbers.as_chunks::<SUB_BLOCK>();
    let blocks = blocks.iter().zip(scales).skip(t).step_by(n);
    blocks.fold(0.0, |sum, (numbers, scale)| {
        let squares: i32 = numbers.iter().map(|&a| a.into().pow(2)).sum();
        (scale * scale).mul_add(squares as f32, sum)
    })
}

/// Of each row, padded to whole groups, the norm of what the high plane leaves out: `d` times the low bits less their middle.
pub(crate) fn low_norms(machine: &Machine, weights: &Matrix) -> Vec<f32> {
    const GROUPS: usize = 64; // a thread's share at a time
    let mut norms = vec![0.0; weights.n_groups() * GROUP_ROWS];
    for_each_chunk(
        machine.pool(),
        &mut norms,
        GROUPS * GROUP_ROWS,
        |i, norms| {
            vectorise(
                machine.isa(),
                #[inline(always)]
                || {
                    let (norms, _) = norms.as_chunks_mut::<GROUP_ROWS>();
                    for (group, norms) in norms.iter_mut().enumerate() {
                        *norms = match weights.precision() {
                            Precision::Int16 => coded_low_norms(weights, i * GROUPS + group),
                            _ => group_low_norms(weights, i * GROUPS + group),
                        };
                    }
                },
            );
        },
    );
    norms
}

#[inline(always)]
fn group_low_norms(weights: &Matrix, group: usize) -> [f32; GROUP_ROWS] {
    let (layout, bytes) = (weights.layout(), weights.group(group));
    let mut sums = [0.0f32; GROUP_ROWS];
    let planes = bytes[layout.low_at..].chunks_exact(PLANE_BYTES);
    for (scales, plane) in bytes.chunks_exact(layout.scale_bytes).zip(planes) {
        let (scales, _) = scales.as_chunks::<2>();
        let (words, _) = plane.as_chunks::<4>();
        let (lines, _) = words.as_chunks::<GROUP_ROWS>();
        let mut squares = [0; GROUP_ROWS];
        for line in lines {
            add_squares(&mut squares, line.map(u32::from_le_bytes));
        }
        for ((sum, squares), d) in sums.iter_mut().zip(squares).zip(scales) {
            let d = f16::from_le_bytes(*d).to_f32();
            *sum = (d * d).mul_add(squares as f32, *sum);
        }
    }
    sums.map(f32::sqrt)
}

/// Adds `(nibble − 8)²` of the eight nibbles of each word.
#[inline(always)]
fn add_squares(squares: &mut [i32; GROUP_ROWS], line: Line) {
    for shift in (0..32).step_by(4) {
        for (square, word) in squares.iter_mut().zip(line) {
            let low = (word >> shift & 15) as i32 - 8;
            *square += low * low;
        }
    }
}

#[inline(always)]
fn coded_low_norms(weights: &Matrix, group: usize) -> [f32; GROUP_ROWS] {
    const MIDDLE: i32 = 1 << (LOW_BITS - 1);
    let (layout, bytes) = (weights.layout(), weights.group(group));
    let mut sums = [0.0f32; GROUP_ROWS];
    for index in 0..layout.n_cols / SUB_BLOCK {
        let mut squares = [0; GROUP_ROWS];
        for line in pairs::low_bits(layout, bytes, index) {
            for (square, pair) in squares.iter_mut().zip(line) {
                let (first, second) = ((pair & 0xffff) as i32, (pair >> 16) as i32);
                *square += (first - MIDDLE).pow(2) + (second - MIDDLE).pow(2);
            }
        }
        let scales = &bytes[index * SCALE_BYTES..][..SCALE_BYTES];
        for ((sum, squares), scale) in sums.iter_mut().zip(squares).zip(scales) {
            let d = power_of_two(u32::from(*scale));
            *sum = (d * d).mul_add(squares as f32, *sum);
        }
    }
    sums.map(f32::sqrt)
}
