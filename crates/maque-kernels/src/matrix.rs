//! Packed weights: row-interleaved panels, made once at load.

use crate::{Format, Machine};

/// A weight matrix `[n_rows, n_cols]`, packed in panels for [`Machine::matmul`].
pub struct Matrix {
    n_rows: usize,
    n_cols: usize,
}

impl Matrix {
    /// Packs row-major file bytes, in parallel, keeping the bits per weight.
    ///
    /// # Panics
    /// If `bytes` is not exactly `n_rows × n_cols` elements of `format`, or rows are no whole blocks.
    pub fn pack(
        machine: &Machine,
        format: Format,
        n_rows: usize,
        n_cols: usize,
        bytes: &[u8],
    ) -> Matrix {
        todo!(
            "{} {format:?} {n_rows} {n_cols} {bytes:?}",
            machine.n_threads()
        )
    }
    /// Packs like [`Matrix::pack`], but widened to f32 (`--dtype f32`).
    pub fn pack_widened(
        machine: &Machine,
        format: Format,
        n_rows: usize,
        n_cols: usize,
        bytes: &[u8],
    ) -> Matrix {
        todo!(
            "{} {format:?} {n_rows} {n_cols} {bytes:?}",
            machine.n_threads()
        )
    }
    /// Outputs of a product.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }
    /// Inputs of a product.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }
    /// Bytes of memory that it holds (what decode reads per token).
    pub fn n_bytes(&self) -> usize {
        todo!()
    }
    /// Whether products with it need quantised activations.
    pub fn is_quantized(&self) -> bool {
        todo!()
    }
    /// Widens one row to f32 (embedding look-up). `out` is `[n_cols]`.
    pub fn row(&self, out: &mut [f32], row: usize) {
        todo!("{out:?} {row}")
    }
}
