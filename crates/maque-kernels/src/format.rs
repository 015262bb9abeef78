//! Storage formats of weights as files hold them, and their exact meaning in f32.

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

impl Format {
    /// Elements in one block: 1, 32 or 256.
    pub fn block_len(self) -> usize {
        todo!()
    }
    /// Bytes of one block in a file.
    pub fn block_bytes(self) -> usize {
        todo!()
    }
    /// Bytes of `n_elements`, or `None` when they are no whole number of blocks or overflow.
    pub fn bytes_for(self, n_elements: usize) -> Option<usize> {
        todo!("{n_elements}")
    }
    /// True for the block formats, whose matmul quantises the activations to int8.
    pub fn is_quantized(self) -> bool {
        todo!()
    }
}

/// Widens file bytes to f32, bit-equal with the Python package `gguf`.
///
/// # Panics
/// If `bytes` is not exactly `out.len()` elements of `format`.
pub fn dequantize(out: &mut [f32], format: Format, bytes: &[u8]) {
    todo!("{out:?} {format:?} {bytes:?}")
}
