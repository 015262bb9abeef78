//! From packed bytes to registers of unsigned codes and scales.

use super::pairs::pair;
use super::{Arithmetic, Pair};
use crate::Format;
use crate::matmul::packed::Packed;
use crate::panel::{Codes, GROUP_ROWS, Group, LINE_BYTES, Layout, N_WORDS};
use std::arch::x86_64::*;
use std::ops::Range;

/// Sets of words in a slab: with their scales and a tile they fill a first-level cache of 32 KB.
const N_SETS: usize = 32;

/// Registers that meet the same four columns, for the eight words of a sub-block.
pub(super) type Words = [Pair<__m256i>; N_WORDS];

/// Unpacked sub-blocks of one group.
pub(in crate::matmul) struct Slab {
    words: [Words; N_SETS],
    scales: [Scales; N_SETS],
}

/// The scales of 16 rows in one sub-block. A kind's product reads only what the kind has.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub(super) d: Pair<__m256>,
    /// [`Kind::Affine`](crate::block::Kind::Affine)
    pub(super) m: Pair<__m256>,
    /// [`Kind::Scaled`](crate::block::Kind::Scaled): factors of the two halves of the sub-block, twice in each lane as i16.
    pub(super) s: [Pair<__m256i>; 2],
}

impl Slab {
    #[target_feature(enable = "avx2")]
    pub(super) fn zero() -> Slab {
        Slab {
            words: [[[_mm256_setzero_si256(); 2]; N_WORDS]; N_SETS],
            scales: [Scales::zero(); N_SETS],
        }
    }

    /// Sub-blocks that it has room for.
    pub(super) fn n_blocks<F: Packed, A: Arithmetic>() -> usize {
        N_SETS / n_sets::<F, A>()
    }

    /// Unpacks some sub-blocks of a group.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn fill<F: Packed, A: Arithmetic>(
        &mut self,
        group: Group<'_>,
        blocks: Range<usize>,
    ) {
        let sets = self.words.chunks_exact_mut(n_sets::<F, A>());
        for ((index, sets), scales) in blocks.zip(sets).zip(&mut self.scales) {
            prefetch::<F>(group, index);
            let lines = lines::<F>(group, index);
            for j in 0..N_WORDS {
                if F::FORMAT == Format::F16 {
                    (0..2).for_each(|i| sets[i][j] = pair::<F>(lines, i * N_WORDS + j));
                    continue;
                }
                match &mut *sets {
                    [set] if A::BY_NIBBLES => set[j] = word_by_nibbles::<F>(lines, j),
                    [set] => set[j] = word::<F>(lines, j),
                    sets => {
                        let word = word::<F>(lines, j);
                        (0..2).for_each(|h| sets[h][j] = nibbles(word[h]));
                    }
                }
            }
            scales.read::<F>(group, index);
        }
    }

    /// The sub-block that was unpacked as number `i`.
    #[inline(always)]
    pub(super) fn block<F: Packed, A: Arithmetic>(&self, i: usize) -> (&[Words], &Scales) {
        let n_sets = n_sets::<F, A>();
        (&self.words[i * n_sets..][..n_sets], &self.scales[i])
    }
}

/// Sets of words of one sub-block: one of the rows 0–7 and 8–15 or, for codes of eight bits that are
/// multiplied by nibbles, one of the high and low nibbles of each of these, unless all low ones are alike; of F16 two, of the
/// first and last eight pairs.
#[inline(always)]
const fn n_sets<F: Packed, A: Arithmetic>() -> usize {
    match F::FORMAT {
        Format::F16 => 2,
        Format::Q8_0 if A::BY_NIBBLES && !is_high_plane::<F>() => 2,
        _ => 1,
    }
}

/// Whether only the high nibbles of codes are read.
#[inline(always)]
pub(super) const fn is_high_plane<F: Packed>() -> bool {
    matches!(F::CODES, Codes::HighPlane)
}

impl Scales {
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn zero() -> Scales {
        Scales {
            d: [_mm256_setzero_ps(); 2],
            m: [_mm256_setzero_ps(); 2],
            s: [[_mm256_setzero_si256(); 2]; 2],
        }
    }

    /// Reads those of sub-block `index` of a group.
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    pub(super) fn read<F: Packed>(&mut self, group: Group<'_>, index: usize) {
        let n_subs = Layout::n_subs(F::FORMAT);
        let bytes = group.scales(index, n_subs, Layout::scale_bytes(F::FORMAT));
        let sub = index % n_subs;
        for h in 0..2 {
            self.d[h] = match F::FORMAT {
                Format::F16 => powers_of_two(eight(bytes, 8 * h)),
                _ => halves(bytes, 16 * h),
            };
            match F::FORMAT {
                Format::Q4_1 | Format::Q5_1 => self.m[h] = halves(bytes, 32 + 16 * h),
                Format::Q4_K | Format::Q5_K => {
                    let at = 64 + GROUP_ROWS * sub + 8 * h;
                    let scale = _mm256_cvtepu8_epi32(eight(bytes, at));
                    let min = _mm256_cvtepu8_epi32(eight(bytes, at + 8 * GROUP_ROWS));
                    self.d[h] = _mm256_mul_ps(self.d[h], _mm256_cvtepi32_ps(scale));
                    let m = _mm256_mul_ps(halves(bytes, 32 + 16 * h), _mm256_cvtepi32_ps(min));
                    self.m[h] = _mm256_xor_ps(m, _mm256_set1_ps(-0.0));
                }
                Format::Q6_K => {
                    let at = 32 + GROUP_ROWS * 2 * sub + 8 * h;
                    self.s[0][h] = twice(_mm256_cvtepi8_epi32(eight(bytes, at)));
                    self.s[1][h] = twice(_mm256_cvtepi8_epi32(eight(bytes, at + GROUP_ROWS)));
                }
                _ => (),
            }
        }
    }
}

/// Fetches what comes [`Layout::ahead`] of sub-block `index`, mostly in a later group, as much as one takes.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn prefetch<F: Packed>(group: Group<'_>, index: usize) {
    let distance = index * F::BYTES + group.layout.ahead;
    let start = group.bytes.as_ptr().wrapping_add(distance);
    for i in 0..F::BYTES.div_ceil(LINE_BYTES) {
        _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(i * LINE_BYTES).cast());
    }
}

/// The packed codes of a sub-block.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    /// All of them, or the high plane.
    pub(super) first: &'a [[u8; LINE_BYTES]],
    /// [`Codes::Planes`]: the low plane.
    pub(super) low: &'a [[u8; LINE_BYTES]],
}

/// The packed codes of sub-block `index` of a group.
#[inline(always)]
pub(super) fn lines<F: Packed>(group: Group<'_>, index: usize) -> Lines<'_> {
    Lines {
        first: group.lines(group.layout.quants_at, index, F::LINES_BYTES),
        low: match F::CODES {
            Codes::Planes => group.lines(group.layout.low_at, index, F::LOW_BYTES),
            Codes::Whole | Codes::HighPlane => &[],
        },
    }
}

/// Word `j`, one code a byte.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn word<F: Packed>(lines: Lines<'_>, j: usize) -> Pair<__m256i> {
    match F::CODES {
        Codes::Whole => whole_word::<F>(lines.first, j),
        Codes::Planes | Codes::HighPlane => word_of_planes::<F>(lines, j),
    }
}

/// The same, but for a high plane: of that the nibbles.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn word_by_nibbles<F: Packed>(lines: Lines<'_>, j: usize) -> Pair<__m256i> {
    match F::CODES {
        Codes::HighPlane => four_bits(lines.first, j),
        Codes::Whole | Codes::Planes => word::<F>(lines, j),
    }
}

/// High nibbles of one plane and low ones of another, or 8 for each of these.
#[target_feature(enable = "avx2")]
#[inline]
fn word_of_planes<F: Packed>(lines: Lines<'_>, j: usize) -> Pair<__m256i> {
    let (upper, lower) = (_mm256_set1_epi8(-16), _mm256_set1_epi8(15));
    let high = line(&lines.first[j % 4]);
    let low = match F::CODES {
        Codes::HighPlane => [_mm256_set1_epi8(0x88u8 as i8); 2],
        Codes::Planes | Codes::Whole => line(&lines.low[j % 4]),
    };
    let mut word = [_mm256_setzero_si256(); 2];
    for h in 0..2 {
        let (high, low) = match j / 4 {
            0 => (_mm256_slli_epi16::<4>(high[h]), low[h]),
            _ => (high[h], _mm256_srli_epi16::<4>(low[h])),
        };
        word[h] = _mm256_or_si256(_mm256_and_si256(high, upper), _mm256_and_si256(low, lower));
    }
    word
}

#[target_feature(enable = "avx2")]
#[inline]
fn whole_word<F: Packed>(lines: &[[u8; LINE_BYTES]], j: usize) -> Pair<__m256i> {
    if F::FORMAT == Format::Q8_0 {
        return line(&lines[j]);
    }
    let mut word = four_bits(lines, j);
    for (h, half) in word.iter_mut().enumerate() {
        let high = match F::FORMAT {
            Format::Q5_0 | Format::Q5_1 | Format::Q5_K => fifth_bits(line(&lines[4])[h], j),
            Format::Q6_K => sixth_bits(line(&lines[4 + j / 4])[h], j % 4),
            _ => continue,
        };
        *half = _mm256_or_si256(*half, high);
    }
    word
}

/// The lower halves of a line's bytes, or the upper ones of the line four before.
#[target_feature(enable = "avx2")]
#[inline]
fn four_bits(lines: &[[u8; LINE_BYTES]], j: usize) -> Pair<__m256i> {
    let low = _mm256_set1_epi8(15);
    let mut word = line(&lines[j % 4]);
    for half in &mut word {
        let nibbles = match j / 4 {
            0 => *half,
            _ => _mm256_srli_epi16::<4>(*half),
        };
        *half = _mm256_and_si256(nibbles, low);
    }
    word
}

/// Bit `j` of each byte, as bit 4. What shifts carry between bytes is masked away.
#[target_feature(enable = "avx2")]
#[inline]
fn fifth_bits(bits: __m256i, j: usize) -> __m256i {
    let shifted = match j {
        0 => _mm256_slli_epi16::<4>(bits),
        1 => _mm256_slli_epi16::<3>(bits),
        2 => _mm256_slli_epi16::<2>(bits),
        3 => _mm256_add_epi8(bits, bits),
        4 => bits,
        5 => _mm256_srli_epi16::<1>(bits),
        6 => _mm256_srli_epi16::<2>(bits),
        _ => _mm256_srli_epi16::<3>(bits),
    };
    _mm256_and_si256(shifted, _mm256_set1_epi8(16))
}

/// Bits `2f` and `2f + 1` of each byte, as bits 4 and 5.
#[target_feature(enable = "avx2")]
#[inline]
fn sixth_bits(bits: __m256i, f: usize) -> __m256i {
    let shifted = match f {
        0 => _mm256_slli_epi16::<4>(bits),
        1 => _mm256_slli_epi16::<2>(bits),
        2 => bits,
        _ => _mm256_srli_epi16::<2>(bits),
    };
    _mm256_and_si256(shifted, _mm256_set1_epi8(48))
}

/// The high and the low nibble of each byte.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn nibbles(word: __m256i) -> Pair<__m256i> {
    let low = _mm256_set1_epi8(15);
    [
        _mm256_and_si256(_mm256_srli_epi16::<4>(word), low),
        _mm256_and_si256(word, low),
    ]
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn line(bytes: &[u8; LINE_BYTES]) -> Pair<__m256i> {
    let (halves, _) = bytes.as_chunks::<32>();
    // SAFETY: each array has the register's 32 bytes.
    unsafe {
        [
            _mm256_loadu_si256(halves[0].as_ptr().cast()),
            _mm256_loadu_si256(halves[1].as_ptr().cast()),
        ]
    }
}

/// Each lane's lower 16 bits in both of its halves.
#[target_feature(enable = "avx2")]
#[inline]
fn twice(lanes: __m256i) -> __m256i {
    _mm256_blend_epi16::<0b1010_1010>(lanes, _mm256_slli_epi32::<16>(lanes))
}

/// 8 f16 from byte `at` on.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn halves(scales: &[u8], at: usize) -> __m256 {
    let halves = &scales[at..][..GROUP_ROWS];
    // SAFETY: the slice has the register's 16 bytes.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(halves.as_ptr().cast()) })
}

/// Of 8 bytes `e + 127` each `2^e`, and 0 of 0.
#[target_feature(enable = "avx2")]
#[inline]
fn powers_of_two(bytes: __m128i) -> __m256 {
    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_cvtepu8_epi32(bytes)))
}

/// 8 bytes from byte `at` on.
#[target_feature(enable = "avx2")]
#[inline]
fn eight(scales: &[u8], at: usize) -> __m128i {
    let bytes = &scales[at..][..8];
    // SAFETY: the slice has the 8 bytes that are read.
    unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) }
}
