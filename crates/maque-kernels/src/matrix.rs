//! Packed weights: row-interleaved panels, made once at load.

use crate::format::widen;
use crate::memory::Memory;
use crate::narrow::narrow;
use crate::panel::{Codes, GROUP_ROWS, Layout};
use crate::parts::for_each_chunk;
use crate::vectorise::vectorise;
use crate::{Dtype, Format, Isa, Machine, Precision, dequantize, pairs, repack, screen};
use std::ops::Range;

/// What a thread packs at a time, at most: the system clears huge pages of this size for it.
const CHUNK_BYTES: usize = 2 << 20;
/// Chunks for each thread at least, so that one which comes late is not waited for.
const CHUNKS_PER_THREAD: usize = 4;

/// A weight matrix `[n_rows, n_cols]`, packed in panels of 16 rows for [`Machine::matmul`].
pub struct Matrix {
    layout: Layout,
    n_rows: usize,
    panels: Memory,      // [n_rows / 16, rounded up][layout.group_bytes]
    low_norms: Vec<f32>, // [n_rows rounded up to 16] of what the high plane leaves out; empty without planes
}

/// The file's side of a packing.
#[derive(Clone, Copy)]
struct Source<'a> {
    format: Format,
    bytes: &'a [u8],
    row_bytes: usize,
}

/// How a matrix is kept in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Packing {
    /// What becomes of its numbers.
    pub dtype: Dtype,
    /// Which of its outputs are asked for.
    pub outputs: Outputs,
}

/// Which outputs of a matrix are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Outputs {
    /// All of them.
    #[default]
    All,
    /// The best ones too ([`Machine::matmul_best`]): Q8_0 and F16 are kept in planes, of which the first nearly decides.
    Best,
}

impl Matrix {
    /// Packs row-major file bytes of `[n_rows, n_cols]`, in parallel; what is kept keeps its bits per weight (Q4_K and Q5_K:
    /// 0.125 more; F16: 14.25).
    ///
    /// # Panics
    /// If `bytes` is not exactly `n_rows × n_cols` elements of `format`, or rows are no whole blocks.
    pub fn pack(
        machine: &Machine,
        packing: Packing,
        format: Format,
        [n_rows, n_cols]: [usize; 2],
        bytes: &[u8],
    ) -> Matrix {
        let packed = packing.dtype.of(format, n_cols);
        let layout = match packing.outputs {
            Outputs::All => Layout::new(packed, n_cols),
            Outputs::Best => Layout::in_planes(packed, n_cols),
        };
        let row_bytes = format.bytes_for(n_cols);
        assert!(
            row_bytes.and_then(|row| row.checked_mul(n_rows)) == Some(bytes.len()),
            "{n_rows} rows of {n_cols} columns of {format:?} have another number of bytes"
        );
        let source = Source {
            format,
            bytes,
            row_bytes: row_bytes.unwrap_or_default(),
        };
        let n_bytes = n_rows.div_ceil(GROUP_ROWS).checked_mul(layout.group_bytes);
        let n_bytes = n_bytes.expect("a matrix is larger than the address space");
        let mut panels = machine.arena().take(n_bytes);
        let group_bytes = layout.group_bytes.max(1);
        let share = n_rows.div_ceil(GROUP_ROWS * CHUNKS_PER_THREAD * machine.n_threads());
        let n_groups = (CHUNK_BYTES / group_bytes).min(share).max(1); // in a chunk
        let pack = |chunk: usize, groups: &mut [u8]| {
            for (i, group) in groups.chunks_exact_mut(group_bytes).enumerate() {
                let first = GROUP_ROWS * (chunk * n_groups + i);
                source.pack(
                    machine.isa(),
                    &layout,
                    group,
                    first..n_rows.min(first + GROUP_ROWS),
                );
            }
        };
        for_each_chunk(
            machine.pool(),
            panels.as_mut_slice(),
            n_groups * group_bytes,
            pack,
        );
        let mut matrix = Matrix {
            layout,
            n_rows,
            panels,
            low_norms: Vec::new(),
        };
        if layout.codes == Codes::Planes {
            matrix.low_norms = screen::low_norms(machine, &matrix);
        }
        matrix
    }

    /// Outputs of a product.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }
    /// Inputs of a product.
    pub fn n_cols(&self) -> usize {
        self.layout.n_cols
    }
    /// Bytes of memory that it holds (what decode reads per token).
    pub fn n_bytes(&self) -> usize {
        self.panels.as_slice().len() + size_of_val(&*self.low_norms)
    }
    /// Bytes that [`Machine::matmul_best`] reads at least.
    pub fn n_bytes_for_best(&self) -> usize {
        match self.is_in_planes() {
            true => self.n_groups() * self.layout.low_at,
            false => self.n_bytes(),
        }
    }
    /// Whether [`Machine::matmul_best`] can do with less than all of it.
    pub fn is_in_planes(&self) -> bool {
        self.layout.codes == Codes::Planes
    }
    /// What products with it multiply.
    pub fn precision(&self) -> Precision {
        self.layout.format.precision()
    }
    /// Widens one row to f32 (embedding look-up), bit-equal with [`dequantize`] but for what [`Dtype`] says. `out` is `[n_cols]`.
    ///
    /// # Panics
    /// If there is no such row, or `out` has another length.
    pub fn row(&self, out: &mut [f32], row: usize) {
        assert!(row < self.n_rows, "row {row} of {}", self.n_rows);
        assert_eq!(out.len(), self.n_cols(), "a row has n_cols elements");
        let (group, lane) = (self.group(row / GROUP_ROWS), row % GROUP_ROWS);
        match self.precision() {
            Precision::Int8 => return self.layout.row(out, group, lane),
            Precision::Int16 => return pairs::row(&self.layout, out, group, lane),
            Precision::F32 => (),
        }
        let width = self.layout.format.block_bytes();
        for (out, column) in out.iter_mut().zip(group.chunks_exact(GROUP_ROWS * width)) {
            *out = widen(self.layout.format, &column[lane * width..][..width]);
        }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
    /// Of each row the norm of what the high plane leaves out, in groups of 16.
    pub(crate) fn low_norms(&self) -> &[[f32; GROUP_ROWS]] {
        self.low_norms.as_chunks().0
    }
    /// Groups of 16 rows, the last one perhaps padded with zeros.
    pub(crate) fn n_groups(&self) -> usize {
        self.n_rows.div_ceil(GROUP_ROWS)
    }
    /// The bytes of one group, see [`Layout`].
    #[inline(always)]
    pub(crate) fn group(&self, index: usize) -> &[u8] {
        &self.panels.as_slice()[index * self.layout.group_bytes..][..self.layout.group_bytes]
    }
}

impl Source<'_> {
    /// Writes some rows of the file as one group.
    fn pack(&self, isa: Isa, layout: &Layout, group: &mut [u8], rows: Range<usize>) {
        let rows = rows.map(|row| &self.bytes[row * self.row_bytes..][..self.row_bytes]);
        if layout.format == self.format {
            return vectorise(
                isa,
                #[inline(always)]
                || repack::fill(layout, group, rows),
            );
        }
        match layout.format.is_quantized() {
            true => vectorise(
                isa,
                #[inline(always)]
                || self.pack_narrowed_rows(layout, group, rows),
            ),
            false => rows
                .enumerate()
                .for_each(|(row, bytes)| self.pack_widened_row(group, row, bytes)),
        }
    }

    #[inline(always)]
    fn pack_narrowed_rows<'a>(
        &self,
        layout: &Layout,
        group: &mut [u8],
        rows: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        let row_bytes = layout.format.bytes_for(layout.n_cols).unwrap_or_default();
        let mut blocks = Vec::with_capacity(rows.len() * row_bytes);
        rows.for_each(|bytes| narrow(&mut blocks, self.format, bytes));
        repack::fill(layout, group, blocks.chunks_exact(row_bytes.max(1)));
    }

    fn pack_widened_row(&self, group: &mut [u8], row: usize, bytes: &[u8]) {
        let mut values = [0.0f32; 256];
        let len = self.format.block_len();
        for (i, bytes) in bytes.chunks_exact(self.format.block_bytes()).enumerate() {
            dequantize(&mut values[..len], self.format, bytes);
            for (k, value) in values[..len].iter().enumerate() {
                let at = ((i * len + k) * GROUP_ROWS + row) * size_of::<f32>();
                group[at..][..4].copy_from_slice(&value.to_le_bytes());
            }
        }
    }
}
