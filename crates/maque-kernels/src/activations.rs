//! Inputs of matmul: f32 rows and, beside them, their blocks of 32 in int8 or in codes of 14 bits.

use crate::block::SUB_BLOCK;
use crate::codes::{MAX_CODE, encode, inverse, largest};
use crate::elementwise::inverse_rms;
use crate::parts::Parts;
use crate::quantise::{Sums, quantise};
use crate::vectorise::vectorise;
use crate::{Buffer, Isa, Machine, Matrix, Precision};
use std::cell::RefCell;
use std::ops::Range;

/// Tokens that one tile of a product reads side by side.
pub(crate) const TILE_TOKENS: usize = 8;
/// A reusable buffer of activation rows `[n_tokens, n_cols]` in the forms that matmul reads.
///
/// The int8 form has one scale for each 32 elements of a row, `d = amax / 127`, and the elements
/// `round(x · 127 / amax)`, half to even. It lies in tiles of eight tokens (the last one narrower);
/// within a tile of `w` tokens: `quants: [n_blocks][w][32]`, and the others `[n_blocks][w]`.
/// Codes lie likewise; theirs is the same with 8191 ([`crate::codes`]).
pub struct Activations {
    forms: Forms,
    n_cols: usize,
    max_tokens: usize,
    n_tokens: usize,
    floats: Buffer<f32>, // [n_tokens, n_cols]
    quants: Buffer<i8>,  // a · d ≈ x
    scales: Buffer<f32>, // d
    sums: Buffer<Sums>,
    scaled_sums: Buffer<f32>, // d · Σ a
    codes: Buffer<i16>,
    code_scales: Buffer<f32>,
}

/// Which forms of its rows a buffer keeps: what products of a precision read.
#[derive(Clone, Copy, Default)]
struct Forms {
    floats: bool,
    codes: bool,
    quants: bool,
}

impl Forms {
    const ALL: Forms = Forms {
        floats: true,
        codes: true,
        quants: true,
    };

    /// These and what one more precision reads.
    fn and(self, precision: Precision) -> Forms {
        match precision {
            Precision::F32 => Forms {
                floats: true,
                ..self
            },
            Precision::Int16 => Forms {
                codes: true,
                ..self
            },
            Precision::Int8 => Forms {
                quants: true,
                ..self
            },
        }
    }

    fn have(self, precision: Precision) -> bool {
        match precision {
            Precision::F32 => self.floats,
            Precision::Int16 => self.codes,
            Precision::Int8 => self.quants,
        }
    }
}

/// The blocks of up to [`TILE_TOKENS`] rows. What the buffer does not keep is empty.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'a> {
    pub(crate) first_token: usize,
    pub(crate) n_tokens: usize,
    pub(crate) quants: &'a [i8],       // [n_blocks][n_tokens][32]
    pub(crate) scales: &'a [f32],      // [n_blocks][n_tokens]
    pub(crate) sums: &'a [Sums],       // [n_blocks][n_tokens]
    pub(crate) scaled_sums: &'a [f32], // [n_blocks][n_tokens]
    pub(crate) codes: &'a [i16],       // [n_blocks][n_tokens][32]
    pub(crate) code_scales: &'a [f32], // [n_blocks][n_tokens]
}

impl Activations {
    /// Room for `max_tokens` rows of `n_cols` (a multiple of 32), for products with any weights.
    ///
    /// # Panics
    /// If `n_cols` is no multiple of 32.
    pub fn new(max_tokens: usize, n_cols: usize) -> Activations {
        Activations::with(Forms::ALL, max_tokens, n_cols)
    }
    /// The same, for products with these weights only.
    ///
    /// # Panics
    /// As [`Activations::new`].
    pub fn read_by<'a>(
        weights: impl IntoIterator<Item = &'a Matrix>,
        max_tokens: usize,
        n_cols: usize,
    ) -> Activations {
        let precisions = weights.into_iter().map(Matrix::precision);
        let forms = precisions.fold(Forms::default(), Forms::and);
        Activations::with(forms, max_tokens, n_cols)
    }
    fn with(forms: Forms, max_tokens: usize, n_cols: usize) -> Activations {
        assert!(
            n_cols.is_multiple_of(SUB_BLOCK),
            "{n_cols} columns are no multiple of {SUB_BLOCK}"
        );
        let len = max_tokens * n_cols;
        let kept = |is_kept| if is_kept { len } else { 0 };
        let (n_quants, n_codes) = (kept(forms.quants), kept(forms.codes));
        let n_blocks = n_quants / SUB_BLOCK;
        Activations {
            forms,
            n_cols,
            max_tokens,
            n_tokens: 0,
            floats: Buffer::zeroed(kept(forms.floats)),
            quants: Buffer::zeroed(n_quants),
            scales: Buffer::zeroed(n_blocks),
            sums: Buffer::zeroed(n_blocks),
            scaled_sums: Buffer::zeroed(n_blocks),
            codes: Buffer::zeroed(n_codes),
            code_scales: Buffer::zeroed(n_codes / SUB_BLOCK),
        }
    }
    /// Becomes one row of another buffer, which must keep the same whole numbers.
    pub(crate) fn become_row(&mut self, of: &Activations, token: usize) {
        let (tile, t) = (of.tile(token / TILE_TOKENS), token % TILE_TOKENS);
        let at = (t, tile.n_tokens);
        self.n_tokens = 1;
        if self.forms.quants {
            take_row(&mut self.quants, tile.quants, SUB_BLOCK, at);
            take_row(&mut self.scales, tile.scales, 1, at);
            take_row(&mut self.sums, tile.sums, 1, at);
            take_row(&mut self.scaled_sums, tile.scaled_sums, 1, at);
        }
        if self.forms.codes {
            take_row(&mut self.codes, tile.codes, SUB_BLOCK, at);
            take_row(&mut self.code_scales, tile.code_scales, 1, at);
        }
    }
    /// Whether products of this precision find what they read.
    pub(crate) fn have(&self, precision: Precision) -> bool {
        self.forms.have(precision)
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
    /// The blocks of tokens `8 · index ..`.
    #[inline(always)]
    pub(crate) fn tile(&self, index: usize) -> Tile<'_> {
        let first_token = TILE_TOKENS * index;
        let n_tokens = TILE_TOKENS.min(self.n_tokens - first_token);
        let all = first_token * self.n_cols..(first_token + n_tokens) * self.n_cols;
        let elements = |is_kept| if is_kept { all.clone() } else { 0..0 };
        let (quants, codes) = (elements(self.forms.quants), elements(self.forms.codes));
        let blocks = |all: &Range<usize>| all.start / SUB_BLOCK..all.end / SUB_BLOCK;
        let (of_quants, of_codes) = (blocks(&quants), blocks(&codes));
        Tile {
            first_token,
            n_tokens,
            quants: &self.quants[quants],
            scales: &self.scales[of_quants.clone()],
            sums: &self.sums[of_quants.clone()],
            scaled_sums: &self.scaled_sums[of_quants],
            codes: &self.codes[codes],
            code_scales: &self.code_scales[of_codes],
        }
    }
}

/// Takes row `t` of a tile of `n` to a row alone: of each block `len` elements.
fn take_row<T: Copy>(to: &mut [T], tile: &[T], len: usize, (t, n): (usize, usize)) {
    let blocks = tile.chunks_exact(len).skip(t).step_by(n);
    for (to, from) in to.chunks_exact_mut(len).zip(blocks) {
        to.copy_from_slice(from);
    }
}

/// Writes rows, or blocks of them, from several threads.
pub(crate) struct Writer<'a> {
    isa: Isa,
    forms: Forms,
    n_cols: usize,
    n_tokens: usize,
    floats: Parts<'a, f32>,
    quants: Parts<'a, i8>,
    scales: Parts<'a, f32>,
    sums: Parts<'a, Sums>,
    scaled_sums: Parts<'a, f32>,
    codes: Parts<'a, i16>,
    code_scales: Parts<'a, f32>,
}

impl<'a> Writer<'a> {
    /// Makes room for `n_tokens` rows, all of which are then to be written.
    ///
    /// # Panics
    /// If there are more than the buffer was made for.
    pub(crate) fn new(isa: Isa, to: &'a mut Activations, n_tokens: usize) -> Writer<'a> {
        assert!(
            n_tokens <= to.max_tokens,
            "{n_tokens} rows are more than {}",
            to.max_tokens
        );
        to.n_tokens = n_tokens;
        Writer {
            isa,
            forms: to.forms,
            n_cols: to.n_cols,
            n_tokens,
            floats: Parts::new(&mut to.floats),
            quants: Parts::new(&mut to.quants),
            scales: Parts::new(&mut to.scales),
            sums: Parts::new(&mut to.sums),
            scaled_sums: Parts::new(&mut to.scaled_sums),
            codes: Parts::new(&mut to.codes),
            code_scales: Parts::new(&mut to.code_scales),
        }
    }

    /// Writes columns `32 · first_block ..` of row `token`.
    ///
    /// # Safety
    /// No other thread may write the same columns of it.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, token: usize, first_block: usize, x: &[f32]) {
        if self.forms.floats {
            let start = token * self.n_cols + first_block * SUB_BLOCK;
            // SAFETY: these columns are this thread's.
            unsafe { self.floats.take(start..start + x.len()) }.copy_from_slice(x);
        }
        let (blocks, _) = x.as_chunks::<SUB_BLOCK>();
        for (b, x) in blocks.iter().enumerate() {
            let at = self.place(token, first_block + b);
            if self.forms.quants {
                // SAFETY: as above.
                unsafe { self.write_quants(at, x) };
            }
            if self.forms.codes {
                // SAFETY: as above.
                unsafe { self.write_codes(at, x) };
            }
        }
    }

    /// The number of a block among those of all rows.
    #[inline(always)]
    fn place(&self, token: usize, block: usize) -> usize {
        let (first, c) = (token / TILE_TOKENS * TILE_TOKENS, token % TILE_TOKENS);
        let width = TILE_TOKENS.min(self.n_tokens - first);
        first * self.n_cols / SUB_BLOCK + block * width + c
    }

    /// # Safety
    /// No other thread may write the same block.
    #[inline(always)]
    unsafe fn write_quants(&self, at: usize, x: &[f32; SUB_BLOCK]) {
        // SAFETY: the caller has this block for itself.
        let quants = unsafe { self.quants.take(at * SUB_BLOCK..(at + 1) * SUB_BLOCK) };
        let (quants, _) = quants.as_chunks_mut::<SUB_BLOCK>();
        let (scale, sums) = quantise(self.isa, &mut quants[0], x);
        let at = at..at + 1;
        // SAFETY: as above.
        unsafe {
            self.scales.take(at.clone())[0] = scale;
            self.sums.take(at.clone())[0] = sums;
            self.scaled_sums.take(at)[0] = scale * -sums.minus_sum() as f32;
        }
    }

    /// # Safety
    /// No other thread may write the same block.
    #[inline(always)]
    unsafe fn write_codes(&self, at: usize, x: &[f32; SUB_BLOCK]) {
        let scale = largest(x) / MAX_CODE;
        // SAFETY: the caller has this block for itself.
        unsafe {
            let codes = self.codes.take(at * SUB_BLOCK..(at + 1) * SUB_BLOCK);
            encode(codes, x, inverse(scale), MAX_CODE);
            self.code_scales.take(at..at + 1)[0] = scale;
        }
    }
}

/// Calls `job` for parts of the tokens, on all threads.
fn for_each_tile(machine: &Machine, n_tokens: usize, job: impl Fn(Range<usize>) + Sync) {
    machine.pool().run(n_tokens.div_ceil(TILE_TOKENS), &|i| {
        job(TILE_TOKENS * i..n_tokens.min(TILE_TOKENS * (i + 1)));
    });
}

pub(crate) fn load(machine: &Machine, to: &mut Activations, x: &[f32]) {
    let n_cols = to.n_cols.max(1);
    assert!(
        x.len().is_multiple_of(n_cols),
        "{} elements are no rows of {n_cols}",
        x.len()
    );
    let writer = Writer::new(machine.isa(), to, x.len() / n_cols);
    for_each_tile(machine, x.len() / n_cols, |tokens| {
        vectorise(
            machine.isa(),
            #[inline(always)]
            || {
                for token in tokens {
                    // SAFETY: the pool hands out each token once.
                    unsafe { writer.write(token, 0, &x[token * n_cols..][..n_cols]) };
                }
            },
        );
    });
}

thread_local! {
    /// A normalised row on its way to its int8 form.
    static ROW: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Takes the RMSNorm of each row.
pub(crate) fn load_normed(
    machine: &Machine,
    to: &mut Activations,
    x: &[f32],
    weight: &[f32],
    eps: f32,
) {
    let n_cols = to.n_cols.max(1);
    assert!(
        x.len().is_multiple_of(n_cols) && weight.len() == n_cols,
        "{} elements are no rows of {n_cols}, or there are not as many weights",
        x.len()
    );
    let writer = Writer::new(machine.isa(), to, x.len() / n_cols);
    for_each_tile(machine, x.len() / n_cols, |tokens| {
        ROW.with_borrow_mut(|row| {
            row.resize(n_cols, 0.0);
            vectorise(
                machine.isa(),
                #[inline(always)]
                || {
                    for token in tokens {
                        let x = &x[token * n_cols..][..n_cols];
                        let scale = inverse_rms(x, eps);
                        for ((out, x), w) in row.iter_mut().zip(x).zip(weight) {
                            *out = x * scale * w;
                        }
                        // SAFETY: the pool hands out each token once.
                        unsafe { writer.write(token, 0, row) };
                    }
                },
            );
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
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
            assert_eq!((tile.scales[0], tile.sums[0].centre(4)), (1.0, -127 << 4));
            assert_eq!((tile.scales[3], quants[3]), (0.0, [0; 32]));
            assert_eq!((quants[1][0], quants[4][31]), (-127, 127));
            assert_eq!(tile.sums[4].half_centres, [0, -127 * 32]);
            assert_eq!(quants[2][0], 127);
            assert_eq!(tile.scaled_sums[4], tile.scales[4] * 127.0);
        }
    }

    #[test]
    fn a_row_of_another_buffer_is_as_if_loaded_alone() {
        let x: Vec<f32> = (0..11 * 64).map(|i| (i as f32 * 12.9898).sin()).collect();
        let all = loaded(Isa::Scalar, 64, &x);
        let mut one = Activations::new(1, 64);
        for token in [0, 5, 8, 10] {
            one.become_row(&all, token);
            let want = loaded(Isa::Scalar, 64, &x[token * 64..][..64]);
            assert_eq!(one.quants[..], want.quants[..]);
            assert_eq!(one.scales[..], want.scales[..]);
            assert_eq!(one.sums[..], want.sums[..]);
            assert_eq!(one.scaled_sums[..], want.scaled_sums[..]);
            assert_eq!(one.codes[..], want.codes[..]);
            assert_eq!(one.code_scales[..], want.code_scales[..]);
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
            assert_eq!(got.quants[..], want.quants[..]);
            assert_eq!(got.scales[..], want.scales[..]);
            assert_eq!(got.sums[..], want.sums[..]);
            assert_eq!(got.scaled_sums[..], want.scaled_sums[..]);
            assert_eq!(got.codes[..], want.codes[..]);
            assert_eq!(got.code_scales[..], want.code_scales[..]);
            assert_eq!(got.row(18), &x[18 * 96..]);
        }
    }
}
