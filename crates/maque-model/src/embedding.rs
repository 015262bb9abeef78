//! Token embeddings of a model whose output head is another matrix: they stay in the model's file, where a token's row is read
//! when it is needed: a copy would take memory for all rows, and time at the start.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::weight_file::Part;
use maque_kernels::{Format, dequantize};
use std::io;

/// A matrix in a file, `[n_vocab, dim]`.
pub(crate) struct Embedding {
    part: Part,
    format: Format,
    dim: usize,
    row_bytes: usize,
}

impl Embedding {
    /// The matrix of `dim` columns that fills `part`; `None` if rows are no whole blocks of `format`.
    pub(crate) fn new(part: Part, format: Format, dim: usize) -> Option<Embedding> {
        let row_bytes = format.bytes_for(dim)?;
        Some(Embedding {
            part,
            format,
            dim,
            row_bytes,
        })
    }

    /// Writes the rows of `tokens` to `out`, `[n_tokens, dim]`, bit-equal with [`dequantize`].
    ///
    /// # Errors
    /// If the file cannot be read any more, or was changed since it was opened.
    ///
    /// # Panics
    /// If `out` has another length, or there is no such token.
    pub(crate) fn look_up(&self, out: &mut [f32], tokens: &[u32]) -> io::Result<()> {
        let n_elements = tokens.len().saturating_mul(self.dim);
        assert_eq!(out.len(), n_elements, "a row for each token");
        self.part.check()?;
        let mut bytes = vec![0; self.row_bytes];
        for (row, token) in out.chunks_exact_mut(self.dim).zip(tokens) {
            let start = u64::from(*token).saturating_mul(self.row_bytes as u64);
            self.part.read(&mut bytes, start)?;
            dequantize(row, self.format, &bytes);
        }
        Ok(())
    }
}
