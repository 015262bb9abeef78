//! How a group of 16 rows lies in memory: the layout that every instruction set's product reads.
//!
//! A group of a block format is `[scales][quants]`, each part on a 64-byte border.
//!
//! *Scales*, for each block of the file (32 or 256 elements), 16 rows side by side:
//! `d: [f16; 16]`, then by format
//! - Q4_1, Q5_1: `m: [f16; 16]`
//! - Q4_K, Q5_K: `dmin: [f16; 16]`, `scales: [[u8; 16]; 8]`, `mins: [[u8; 16]; 8]`
//! - Q6_K: `scales: [[i8; 16]; 16]`, one for each 16 elements
//!
//! *Quants*, for each 32 elements ("sub-block"). The codes of one row are eight words of four bytes
//! (element `k` is byte `k % 4` of word `k / 4`); a *line* is one word of each of the 16 rows, 64 bytes.
//! - low nibbles (all but Q8_0): 4 lines; line `p` holds word `p` in its low and word `p + 4` in its
//!   high nibbles
//! - fifth bits (Q5): 1 line; bit `j` of each byte belongs to word `j`
//! - fifth and sixth bits (Q6): 2 lines; bits `2f` and `2f + 1` of line `h` belong to word `4h + f`
//! - Q8_0: 8 lines, the words as they are, each byte being the signed code + 128
//!
//! Q8_0 *in planes* ([`Codes::Planes`]) has the high nibbles of all sub-blocks first, 4 lines each as above, then
//! their low nibbles likewise: half of a group says nearly as much as the whole.
//!
//! F16 is codes of 14 bits and a byte a row and sub-block for its power of two: [`crate::pairs`]. Its six highest bits are the
//! high plane where it is in planes, which is as much of it as is read alone.
//!
//! A group of F32 or BF16 is `[n_cols][16 rows]` in the format's own width.

use crate::block::{Kind, LaneScales, SUB_BLOCK};
use crate::{Format, pairs};
use half::f16;

/// Rows of one group.
pub(crate) const GROUP_ROWS: usize = 16;
/// Bytes of one word of each row.
pub(crate) const LINE_BYTES: usize = 64;
/// Words of one row's sub-block.
pub(crate) const N_WORDS: usize = SUB_BLOCK / 4;

/// One word of each of 16 rows.
pub(crate) type Line = [u32; GROUP_ROWS];
/// Codes of a sub-block: word `j` of row `r` is `[j][r]`, element `4j + b` its byte `b` (little-endian).
pub(crate) type Words = [Line; N_WORDS];

/// Where the bits of codes lie, and which of them are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Codes {
    /// All bits of a sub-block side by side.
    Whole,
    /// Q8_0: the high nibbles of a whole group, then the low ones. F16: six high bits, then eight low ones.
    Planes,
    /// The same, but only the high plane is read: the middle of what they can be stands for the lower bits.
    HighPlane,
}

/// How many bytes ahead of their use weights are fetched. The hardware alone reaches a third of the
/// memory's bandwidth with one thread, this all of it; half or twice the distance is a tenth slower.
pub(crate) const AHEAD: usize = 8 << 10;
/// Bytes of one plane of a sub-block of Q8_0, of 16 rows.
pub(crate) const PLANE_BYTES: usize = 4 * LINE_BYTES;

/// Sizes in bytes of the parts of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    pub(crate) codes: Codes,
    pub(crate) n_cols: usize,
    /// Scales of one block of the file, of 16 rows.
    pub(crate) scale_bytes: usize,
    /// Quants of one sub-block (F32 and BF16: of one column), of 16 rows.
    pub(crate) quant_bytes: usize,
    /// Where the quants of a group begin.
    pub(crate) quants_at: usize,
    /// Where the plane of low nibbles begins.
    pub(crate) low_at: usize,
    pub(crate) group_bytes: usize,
    /// How far ahead of its use memory is fetched.
    pub(crate) ahead: usize,
}

/// The bytes of 16 rows, and how they lie.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Group<'a> {
    /// The scales of sub-block `index`, of which a block of the file has `n_subs`.
    #[inline(always)]
    pub(crate) fn scales(self, index: usize, n_subs: usize, scale_bytes: usize) -> &'a [u8] {
        &self.bytes[index / n_subs * scale_bytes..][..scale_bytes]
    }

    /// The lines of sub-block `index`, each sub-block having `n_bytes` from byte `at` on.
    #[inline(always)]
    pub(crate) fn lines(self, at: usize, index: usize, n_bytes: usize) -> &'a [[u8; LINE_BYTES]] {
        self.bytes[at + index * n_bytes..][..n_bytes].as_chunks().0
    }
}

impl Layout {
    /// # Panics
    /// If `n_cols` is no whole number of blocks, or the size overflows.
    pub(crate) fn new(format: Format, n_cols: usize) -> Layout {
        let row_bytes = format.bytes_for(n_cols);
        assert!(
            row_bytes.is_some_and(|bytes| bytes < usize::MAX / 64),
            "rows of {n_cols} columns are no whole blocks of {format:?}"
        );
        let (scale_bytes, quant_bytes) = (Layout::scale_bytes(format), Layout::quant_bytes(format));
        let n_quants = n_cols / Layout::quant_len(format);
        let n_scales = n_quants / Layout::n_subs(format);
        let quants_at = (n_scales * scale_bytes).next_multiple_of(LINE_BYTES);
        Layout {
            format,
            codes: Codes::Whole,
            n_cols,
            scale_bytes,
            quant_bytes,
            quants_at,
            low_at: quants_at + n_quants * Layout::plane_bytes(format),
            group_bytes: (quants_at + n_quants * quant_bytes).next_multiple_of(LINE_BYTES),
            ahead: AHEAD,
        }
    }

    /// The layout of a matrix of which half may be enough: of what cannot be parted, that of [`Layout::new`].
    ///
    /// # Panics
    /// As [`Layout::new`].
    pub(crate) fn in_planes(format: Format, n_cols: usize) -> Layout {
        let whole = Layout::new(format, n_cols);
        match format {
            Format::Q8_0 | Format::F16 => Layout {
                codes: Codes::Planes,
                ..whole
            },
            _ => whole,
        }
    }

    /// How the high plane alone is read: memory is fetched as many useful bytes ahead.
    ///
    /// # Panics
    /// If there are no planes.
    pub(crate) fn high_plane(self) -> Layout {
        assert!(self.codes == Codes::Planes, "the matrix is not in planes");
        Layout {
            codes: Codes::HighPlane,
            ahead: AHEAD.div_ceil(self.low_at.max(1)) * self.group_bytes,
            ..self
        }
    }

    /// Bytes of the high plane of a sub-block, of 16 rows, where a matrix is in planes.
    #[inline(always)]
    pub(crate) const fn plane_bytes(format: Format) -> usize {
        match format {
            Format::F16 => pairs::HIGH_BYTES,
            _ => PLANE_BYTES,
        }
    }
    /// Columns of what [`Layout::quant_bytes`] counts.
    #[inline(always)]
    const fn quant_len(format: Format) -> usize {
        match format {
            Format::F32 | Format::BF16 => 1,
            _ => SUB_BLOCK,
        }
    }
    /// How many of these share their scales.
    #[inline(always)]
    pub(crate) const fn n_subs(format: Format) -> usize {
        match format.block_len() {
            256 => 8,
            _ => 1,
        }
    }
    /// Bytes of the scales of one block of the file, of 16 rows.
    #[inline(always)]
    pub(crate) const fn scale_bytes(format: Format) -> usize {
        match format {
            Format::F32 | Format::BF16 => 0,
            Format::F16 => pairs::SCALE_BYTES,
            Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => 32,
            Format::Q4_1 | Format::Q5_1 => 64,
            Format::Q4_K | Format::Q5_K => 64 + 256,
            Format::Q6_K => 32 + 256,
        }
    }
    /// Bytes of the quants of one sub-block (F32 and BF16: of one column), of 16 rows.
    #[inline(always)]
    pub(crate) const fn quant_bytes(format: Format) -> usize {
        match format {
            Format::F32 => 4 * GROUP_ROWS,
            Format::BF16 => 2 * GROUP_ROWS,
            Format::F16 => pairs::QUANT_BYTES,
            Format::Q4_0 | Format::Q4_1 | Format::Q4_K => 256,
            Format::Q5_0 | Format::Q5_1 | Format::Q5_K => 256 + 64,
            Format::Q6_K => 256 + 128,
            Format::Q8_0 => 512,
        }
    }

    /// The codes of sub-block `index` of a group.
    #[inline(always)]
    pub(crate) fn words(&self, group: &[u8], index: usize) -> Words {
        if self.codes != Codes::Whole {
            return self.words_of_planes(group, index);
        }
        let lines = &group[self.quants_at + index * self.quant_bytes..][..self.quant_bytes];
        let (lines, _) = lines.as_chunks::<LINE_BYTES>();
        if self.format == Format::Q8_0 {
            return std::array::from_fn(|j| line(&lines[j]));
        }
        let mut words = [[0; GROUP_ROWS]; N_WORDS];
        for p in 0..4 {
            for (r, word) in line(&lines[p]).into_iter().enumerate() {
                words[p][r] = word & 0x0f0f_0f0f;
                words[p + 4][r] = word >> 4 & 0x0f0f_0f0f;
            }
        }
        for (j, words) in words.iter_mut().enumerate() {
            let (high, shift, mask) = match self.quant_bytes {
                320 => (line(&lines[4]), j, 0x0101_0101),
                384 => (line(&lines[4 + j / 4]), j % 4 * 2, 0x0303_0303),
                _ => continue,
            };
            for (word, high) in words.iter_mut().zip(high) {
                *word |= (high >> shift & mask) << 4;
            }
        }
        words
    }

    fn words_of_planes(&self, group: &[u8], index: usize) -> Words {
        let plane = |at: usize| {
            let (lines, _) = group[at + index * PLANE_BYTES..][..PLANE_BYTES].as_chunks();
            std::array::from_fn::<Line, 4, _>(|p| line(&lines[p]))
        };
        let (high, low) = (plane(self.quants_at), plane(self.low_at));
        let mut words = [[0; GROUP_ROWS]; N_WORDS];
        for (p, r) in (0..4).flat_map(|p| (0..GROUP_ROWS).map(move |r| (p, r))) {
            let low = match self.codes {
                Codes::HighPlane => 0x8888_8888,
                _ => low[p][r],
            };
            words[p][r] = (high[p][r] & 0x0f0f_0f0f) << 4 | low & 0x0f0f_0f0f;
            words[p + 4][r] = high[p][r] & 0xf0f0_f0f0 | low >> 4 & 0x0f0f_0f0f;
        }
        words
    }

    /// The scales of row `row` (of 16) in sub-block `index` of a group.
    #[inline(always)]
    pub(crate) fn lane(&self, group: &[u8], row: usize, index: usize) -> LaneScales {
        let n_subs = Layout::n_subs(self.format);
        let scales = &group[index / n_subs * self.scale_bytes..][..self.scale_bytes];
        let half = |at: usize| f16::from_le_bytes([scales[at + 2 * row], scales[at + 2 * row + 1]]);
        let byte = |i: usize| scales[64 + GROUP_ROWS * i + row];
        let i = index % n_subs;
        match self.format {
            Format::Q4_K | Format::Q5_K => {
                LaneScales::of_k(half(0), half(32), byte(i), byte(8 + i))
            }
            Format::Q6_K => LaneScales {
                d: half(0).to_f32(),
                m: 0.0,
                s: [0, 1].map(|h| scales[32 + GROUP_ROWS * (2 * i + h) + row] as i8),
            },
            Format::Q4_1 | Format::Q5_1 => LaneScales {
                d: half(0).to_f32(),
                m: half(32).to_f32(),
                s: [1, 1],
            },
            _ => LaneScales {
                d: half(0).to_f32(),
                m: 0.0,
                s: [1, 1],
            },
        }
    }

    /// Widens row `row` (of 16) of a group of a block format.
    pub(crate) fn row(&self, out: &mut [f32], group: &[u8], row: usize) {
        let kind = Kind::of(self.format);
        for (i, out) in out.chunks_exact_mut(SUB_BLOCK).enumerate() {
            let (words, lane) = (self.words(group, i), self.lane(group, row, i));
            for (k, out) in out.iter_mut().enumerate() {
                *out = lane.value(kind, k, words[k / 4][row].to_le_bytes()[k % 4]);
            }
        }
    }
}

/// The words of a line.
#[inline(always)]
pub(crate) fn line(bytes: &[u8; LINE_BYTES]) -> Line {
    let (words, _) = bytes.as_chunks::<4>();
    std::array::from_fn(|r| u32::from_le_bytes(words[r]))
}
