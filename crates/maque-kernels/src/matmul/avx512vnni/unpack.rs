//! From packed bytes to registers of unsigned codes and f32 scales.

use crate::Format;
use crate::matmul::packed::Packed;
use crate::panel::{Codes, GROUP_ROWS, Group, LINE_BYTES, Layout, N_WORDS};
use std::arch::x86_64::*;

/// One sub-block of 16 rows, ready to multiply. A kind's product reads only what the kind has.
#[derive(Clone, Copy)]
pub(in super::super) struct Block {
    /// Codes: byte `b` of lane `r` of word `j` is column `4j + b` of row `r`.
    pub(super) words: [__m512i; N_WORDS],
    pub(super) d: __m512,
    /// [`Kind::Affine`]
    pub(super) m: __m512,
    /// [`Kind::Scaled`]: factors of the two halves, whole numbers.
    pub(super) s: [__m512; 2],
}

/// Sub-block `index` of a group.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn unpack<F: Packed>(group: Group<'_>, index: usize) -> Block {
    let n_subs = Layout::n_subs(F::FORMAT);
    let scales = group.scales(index, n_subs, Layout::scale_bytes(F::FORMAT));
    let lines = group.lines(group.layout.quants_at, index, F::LINES_BYTES);
    let mut block = Block {
        words: match F::CODES {
            Codes::Whole => words::<F>(lines),
            Codes::Planes => joined_planes(
                lines,
                group.lines(group.layout.low_at, index, F::LINES_BYTES),
            ),
            Codes::HighPlane => high_plane(lines),
        },
        d: halves(scales, 0),
        m: _mm512_setzero_ps(),
        s: [_mm512_setzero_ps(); 2],
    };
    let sub = index % n_subs;
    match F::FORMAT {
        Format::Q4_1 | Format::Q5_1 => block.m = halves(scales, 32),
        Format::Q4_K | Format::Q5_K => {
            let scale = _mm512_cvtepu8_epi32(bytes(scales, 64 + GROUP_ROWS * sub));
            let min = _mm512_cvtepu8_epi32(bytes(scales, 64 + GROUP_ROWS * (8 + sub)));
            block.d = _mm512_mul_ps(block.d, _mm512_cvtepi32_ps(scale));
            let m = _mm512_mul_ps(halves(scales, 32), _mm512_cvtepi32_ps(min));
            block.m = _mm512_xor_ps(m, _mm512_set1_ps(-0.0));
        }
        Format::Q6_K => {
            block.s = [
                signed(bytes(scales, 32 + GROUP_ROWS * 2 * sub)),
                signed(bytes(scales, 32 + GROUP_ROWS * (2 * sub + 1))),
            ];
        }
        _ => (),
    }
    block
}

/// Fetches what comes [`Layout::ahead`] of sub-block `index`, mostly in a later group, as much as one takes.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn prefetch<F: Packed>(group: Group<'_>, index: usize) {
    for i in 0..F::BYTES.div_ceil(LINE_BYTES) {
        prefetch_line::<F>(group, index, i);
    }
}

/// Fetches line `i` of that, if it has so many.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn prefetch_line<F: Packed>(group: Group<'_>, index: usize, i: usize) {
    if i < F::BYTES.div_ceil(LINE_BYTES) {
        let distance = index * F::BYTES + group.layout.ahead + i * LINE_BYTES;
        let line = group.bytes.as_ptr().wrapping_add(distance);
        _mm_prefetch::<_MM_HINT_T1>(line.cast());
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn words<F: Packed>(lines: &[[u8; LINE_BYTES]]) -> [__m512i; N_WORDS] {
    let mut words = [_mm512_setzero_si512(); N_WORDS];
    if F::FORMAT == Format::Q8_0 {
        for (word, bytes) in words.iter_mut().zip(lines) {
            *word = line(bytes);
        }
        return words;
    }
    let low = _mm512_set1_epi8(15);
    for p in 0..4 {
        let pair = line(&lines[p]);
        words[p] = _mm512_and_si512(pair, low);
        words[p + 4] = _mm512_and_si512(_mm512_srli_epi16::<4>(pair), low);
    }
    match F::FORMAT {
        Format::Q5_0 | Format::Q5_1 | Format::Q5_K => fifth_bits(&mut words, line(&lines[4])),
        Format::Q6_K => sixth_bits(&mut words, [line(&lines[4]), line(&lines[5])]),
        _ => (),
    }
    words
}

/// High nibbles of one plane and low ones of another: word `p` has the lower halves of bytes, word `p + 4` the upper ones.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn joined_planes(high: &[[u8; LINE_BYTES]], low: &[[u8; LINE_BYTES]]) -> [__m512i; N_WORDS] {
    const FIRST_CHOOSES: i32 = 0b1100_1010;
    let mut words = [_mm512_setzero_si512(); N_WORDS];
    let upper = _mm512_set1_epi8(-16);
    for p in 0..4 {
        let (high, low) = (line(&high[p]), line(&low[p]));
        let (raised, lowered) = (_mm512_slli_epi16::<4>(high), _mm512_srli_epi16::<4>(low));
        words[p] = _mm512_ternarylogic_epi32::<FIRST_CHOOSES>(upper, raised, low);
        words[p + 4] = _mm512_ternarylogic_epi32::<FIRST_CHOOSES>(upper, high, lowered);
    }
    words
}

/// The same with 8 for each low nibble.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn high_plane(high: &[[u8; LINE_BYTES]]) -> [__m512i; N_WORDS] {
    let mut words = [_mm512_setzero_si512(); N_WORDS];
    let (upper, middle) = (_mm512_set1_epi8(-16), _mm512_set1_epi8(8));
    for p in 0..4 {
        let high = line(&high[p]);
        words[p] = or_masked(middle, _mm512_slli_epi16::<4>(high), upper);
        words[p + 4] = or_masked(middle, high, upper);
    }
    words
}

/// Bit `j` of each byte becomes bit 4 of word `j`. What shifts carry between bytes is masked away.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn fifth_bits(words: &mut [__m512i; N_WORDS], bits: __m512i) {
    let shifted = [
        _mm512_slli_epi16::<4>(bits),
        _mm512_slli_epi16::<3>(bits),
        _mm512_slli_epi16::<2>(bits),
        _mm512_slli_epi16::<1>(bits),
        bits,
        _mm512_srli_epi16::<1>(bits),
        _mm512_srli_epi16::<2>(bits),
        _mm512_srli_epi16::<3>(bits),
    ];
    let mask = _mm512_set1_epi8(16);
    for (word, bits) in words.iter_mut().zip(shifted) {
        *word = or_masked(*word, bits, mask);
    }
}

/// Bits `2f` and `2f + 1` of line `h` become bits 4 and 5 of word `4h + f`.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn sixth_bits(words: &mut [__m512i; N_WORDS], lines: [__m512i; 2]) {
    let mask = _mm512_set1_epi8(48);
    let (halves, _) = words.as_chunks_mut::<4>();
    for (half, bits) in halves.iter_mut().zip(lines) {
        half[0] = or_masked(half[0], _mm512_slli_epi16::<4>(bits), mask);
        half[1] = or_masked(half[1], _mm512_slli_epi16::<2>(bits), mask);
        half[2] = or_masked(half[2], bits, mask);
        half[3] = or_masked(half[3], _mm512_srli_epi16::<2>(bits), mask);
    }
}

/// `a | (b & mask)`
#[target_feature(enable = "avx512f")]
#[inline]
fn or_masked(a: __m512i, b: __m512i, mask: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0b1111_1000>(a, b, mask)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn line(bytes: &[u8; LINE_BYTES]) -> __m512i {
    // SAFETY: the array has the register's 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// 16 f16 from byte `at` on.
#[target_feature(enable = "avx512f,f16c")]
#[inline]
fn halves(scales: &[u8], at: usize) -> __m512 {
    let halves = &scales[at..][..2 * GROUP_ROWS];
    // SAFETY: the slice has the register's 32 bytes.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(halves.as_ptr().cast()) })
}

#[target_feature(enable = "avx512f")]
#[inline]
fn signed(bytes: __m128i) -> __m512 {
    _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))
}

/// 16 bytes from byte `at` on.
#[target_feature(enable = "avx512f")]
#[inline]
fn bytes(scales: &[u8], at: usize) -> __m128i {
    let bytes = &scales[at..][..GROUP_ROWS];
    // SAFETY: the slice has the register's 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
