//! Softmax of one row over the keys of one split, up to the division by its sum: from scores to the codes of probabilities.

use super::product::Kernel;
use crate::PAGE_TOKENS;
use crate::codes::{MAX_CODE, SMALLEST};
use crate::elementwise::{N_LANES, fold};
use crate::exp::exp2;

/// A number for each token of a page.
pub(super) type PageOf<T> = [T; PAGE_TOKENS];

/// The scales of a split's keys and of its values, page by page.
#[derive(Clone, Copy)]
pub(super) struct Scales<'a> {
    pub(super) keys: &'a [PageOf<f32>],
    pub(super) values: &'a [PageOf<f32>],
}

/// What is kept of a row beside the codes of its probabilities.
pub(super) struct Sums {
    pub(super) max: f32,        // of the scores
    pub(super) sum: f32,        // of the probabilities; 0 without a key
    pub(super) code_scale: f32, // a code times this is a probability times the scale of its value
}

/// Takes the scores of `n` keys, in base 2 and without the keys' scales, to codes of `p = 2^(score − max)` times the scales of
/// the values, 0 beyond `n`. Maximum and sum take 16 virtual lanes each.
#[inline(always)]
pub(super) fn softmax<K: Kernel>(
    codes: &mut [PageOf<i16>],
    scores: &mut [PageOf<f32>],
    scales: Scales<'_>,
    n: usize,
) -> Sums {
    if n == 0 {
        codes.fill([0; PAGE_TOKENS]);
        return Sums {
            max: 0.0,
            sum: 0.0,
            code_scale: 0.0,
        };
    }
    let max = scale_scores(scores, scales.keys, n);
    let (mut sums, mut largest) = ([0.0; N_LANES], [SMALLEST; N_LANES]);
    for (x, scales) in scores.iter_mut().zip(scales.values) {
        for (x, scales) in x.as_chunks_mut().0.iter_mut().zip(scales.as_chunks().0) {
            weigh(&mut sums, &mut largest, x, scales, max);
        }
    }
    let largest = fold(largest, larger);
    for (codes, x) in codes.iter_mut().zip(scores) {
        K::encode(codes, x, MAX_CODE / largest);
    }
    Sums {
        max,
        sum: fold(sums, |a, b| a + b),
        code_scale: largest * (1.0 / MAX_CODE),
    }
}

/// Takes scores to `p = 2^(score − max)`, which it adds to `sums`, times the scales of the values; `largest` of these grows.
#[inline(always)]
fn weigh(
    sums: &mut [f32; N_LANES],
    largest: &mut [f32; N_LANES],
    x: &mut [f32; N_LANES],
    scales: &[f32; N_LANES],
    max: f32,
) {
    let lanes = sums.iter_mut().zip(largest);
    for ((x, scale), (sum, largest)) in x.iter_mut().zip(scales).zip(lanes) {
        let p = exp2(*x - max);
        *sum += p;
        *x = p * scale;
        *largest = larger(*largest, *x);
    }
}

/// Multiplies scores by the scales of their keys, sets those beyond `n` to −∞ and returns the maximum.
#[inline(always)]
fn scale_scores(scores: &mut [PageOf<f32>], scales: &[PageOf<f32>], n: usize) -> f32 {
    let scores = scores.as_flattened_mut();
    for (score, scale) in scores.iter_mut().zip(scales.as_flattened()) {
        *score *= scale;
    }
    scores[n..].fill(f32::NEG_INFINITY);
    let mut lanes = [f32::NEG_INFINITY; N_LANES];
    for scores in scores.as_chunks::<N_LANES>().0 {
        for (lane, score) in lanes.iter_mut().zip(scores) {
            *lane = larger(*lane, *score);
        }
    }
    fold(lanes, larger)
}

/// The larger of two numbers; the second one if either is NaN.
#[inline(always)]
pub(super) fn larger(a: f32, b: f32) -> f32 {
    if b < a { a } else { b }
}
