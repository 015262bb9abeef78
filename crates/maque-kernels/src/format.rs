//! Storage formats of weights as files hold them, and their exact meaning in f32.

use crate::block::Block;
use half::{bf16, f16};

/// How a tensor's elements are stored in a file. Block formats follow ggml's `block_*` structs.
#[allow(non_camel_case_types, missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

/// What products with a matrix multiply; their sums grow in f32.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// f32 weights and activations.
    F32,
    /// Whole numbers of 14 bits.
    Int16,
    /// Whole numbers of up to 8 bits.
    Int8,
}

impl Format {
    /// Elements in one block: 1, 32 or 256.
    pub const fn block_len(self) -> usize {
        match self {
            Format::F32 | Format::F16 | Format::BF16 => 1,
            Format::Q4_0 | Format::Q4_1 | Format::Q5_0 | Format::Q5_1 | Format::Q8_0 => 32,
            Format::Q4_K | Format::Q5_K | Format::Q6_K => 256,
        }
    }
    /// Bytes of one block in a file.
    pub fn block_bytes(self) -> usize {
        match self {
            Format::F32 => 4,
            Format::F16 | Format::BF16 => 2,
            Format::Q4_0 => 18,
            Format::Q4_1 => 20,
            Format::Q5_0 => 22,
            Format::Q5_1 => 24,
            Format::Q8_0 => 34,
            Format::Q4_K => 144,
            Format::Q5_K => 176,
            Format::Q6_K => 210,
        }
    }
    /// Bytes of `n_elements`, or `None` when they are no whole number of blocks or overflow.
    pub fn bytes_for(self, n_elements: usize) -> Option<usize> {
        let n_blocks = n_elements / self.block_len();
        n_elements
            .is_multiple_of(self.block_len())
            .then(|| n_blocks.checked_mul(self.block_bytes()))?
    }
    /// True for the block formats.
    pub fn is_quantized(self) -> bool {
        self.block_len() != 1
    }
    /// What products with a matrix that is kept in it multiply.
    pub fn precision(self) -> Precision {
        match self {
            Format::F32 | Format::BF16 => Precision::F32,
            Format::F16 => Precision::Int16,
            _ => Precision::Int8,
        }
    }
}

/// Widens file bytes to f32, bit-equal with the Python package `gguf`.
///
/// # Panics
/// If `bytes` is not exactly `out.len()` elements of `format`.
pub fn dequantize(out: &mut [f32], format: Format, bytes: &[u8]) {
    assert_eq!(
        Some(bytes.len()),
        format.bytes_for(out.len()),
        "{} elements of {format:?} have another number of bytes",
        out.len()
    );
    let blocks = bytes.chunks_exact(format.block_bytes());
    for (out, bytes) in out.chunks_exact_mut(format.block_len()).zip(blocks) {
        match format {
            Format::F32 | Format::F16 | Format::BF16 => out[0] = widen(format, bytes),
            _ => Block::read(format, bytes).values(format, out),
        }
    }
}

/// One element of a format that is no block format.
#[inline(always)]
pub(crate) fn widen(format: Format, bytes: &[u8]) -> f32 {
    match format {
        Format::F16 => f16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
        Format::BF16 => bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
        _ => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
    }
}

#[cfg(test)]
mod tests;
