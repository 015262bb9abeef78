//! Inputs of matmul: f32 rows and, beside them, their int8 blocks of 32.

/// A reusable buffer of activation rows `[n_tokens, n_cols]` in the two forms that matmul reads.
pub struct Activations {}

impl Activations {
    /// Room for `max_tokens` rows of `n_cols` (a multiple of 32).
    pub fn new(max_tokens: usize, n_cols: usize) -> Activations {
        todo!("{max_tokens} {n_cols}")
    }
    /// Rows now held.
    pub fn n_tokens(&self) -> usize {
        todo!()
    }
}
