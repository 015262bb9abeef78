//! The quantisation of one block in vector registers: the bits of the specification.

use super::{Pairs, ROUNDING, factors};
use crate::block::SUB_BLOCK;
use std::arch::x86_64::*;

/// Writes a block's int8 form; its scale, and [`Pairs`] of it.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
#[inline]
pub(super) fn with_avx512(quants: &mut [i8; SUB_BLOCK], x: &[f32; SUB_BLOCK]) -> (f32, Pairs) {
    let (halves, _) = x.as_chunks::<16>();
    // SAFETY: each half has the register's 16 elements.
    let halves = [&halves[0], &halves[1]].map(|half| half.as_ptr());
    // SAFETY: as above.
    let (a, b) = unsafe { (_mm512_loadu_ps(halves[0]), _mm512_loadu_ps(halves[1])) };
    // Of a NaN and a number `max` takes its second operand.
    let lanes = _mm512_max_ps(_mm512_abs_ps(a), _mm512_setzero_ps());
    let lanes = _mm512_max_ps(_mm512_abs_ps(b), lanes);
    let (scale, inverse) = factors(_mm512_reduce_max_ps(lanes));
    let inverse = _mm512_set1_ps(inverse);
    let rounding = _mm512_set1_ps(ROUNDING);
    let a = _mm512_add_ps(_mm512_mul_ps(a, inverse), rounding);
    let b = _mm512_add_ps(_mm512_mul_ps(b, inverse), rounding);
    let a = _mm512_cvtepi32_epi8(_mm512_castps_si512(a));
    let b = _mm512_cvtepi32_epi8(_mm512_castps_si512(b));
    let all = _mm256_set_m128i(b, a);
    store(quants, all);
    (scale, minus_pairs(all))
}

/// The same with half as wide registers.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn with_avx2(quants: &mut [i8; SUB_BLOCK], x: &[f32; SUB_BLOCK]) -> (f32, Pairs) {
    let (quarters, _) = x.as_chunks::<8>();
    let mut q = [_mm256_setzero_ps(); 4];
    let mut lanes = _mm256_setzero_ps();
    let magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
    for (q, quarter) in q.iter_mut().zip(quarters) {
        // SAFETY: the quarter has the register's 8 elements.
        *q = unsafe { _mm256_loadu_ps(quarter.as_ptr()) };
        lanes = _mm256_max_ps(_mm256_and_ps(*q, magnitude), lanes);
    }
    let (scale, inverse) = factors(largest(lanes));
    let (inverse, rounding) = (_mm256_set1_ps(inverse), _mm256_set1_ps(ROUNDING));
    let mut bytes = [_mm256_setzero_si256(); 4]; // the low byte of each lane, with its sign
    for (bytes, q) in bytes.iter_mut().zip(q) {
        let rounded = _mm256_add_ps(_mm256_mul_ps(q, inverse), rounding);
        let raised = _mm256_slli_epi32::<24>(_mm256_castps_si256(rounded));
        *bytes = _mm256_srai_epi32::<24>(raised);
    }
    let first = _mm256_packs_epi32(bytes[0], bytes[1]);
    let second = _mm256_packs_epi32(bytes[2], bytes[3]);
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7); // both packs work on halves
    let all = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, second), order);
    store(quants, all);
    (scale, minus_pairs(all))
}

#[target_feature(enable = "avx2")]
#[inline]
fn largest(lanes: __m256) -> f32 {
    let four = _mm_max_ps(
        _mm256_castps256_ps128(lanes),
        _mm256_extractf128_ps::<1>(lanes),
    );
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(quants: &mut [i8; SUB_BLOCK], all: __m256i) {
    // SAFETY: the array has the register's 32 bytes.
    unsafe { _mm256_storeu_si256(quants.as_mut_ptr().cast(), all) };
}

/// Neighbours are added up, then pairs of them within each half, until one lane of 32 bits has both sums.
#[target_feature(enable = "avx2")]
#[inline]
fn minus_pairs(quants: __m256i) -> Pairs {
    let sums = _mm256_maddubs_epi16(_mm256_set1_epi8(1), quants);
    let sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32::<0b01_00_11_10>(sums));
    let sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32::<0b10_11_00_01>(sums));
    let minus = _mm256_sub_epi16(_mm256_setzero_si256(), sums);
    let pair = |lane: i32| [lane as i16, (lane >> 16) as i16];
    [
        pair(_mm256_extract_epi32::<0>(minus)),
        pair(_mm256_extract_epi32::<4>(minus)),
    ]
}
