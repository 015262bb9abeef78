//! Rotary position embedding: the table of angles (RoFormer, arXiv 2104.09864).

/// Which elements of a head form a rotated pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pairing {
    /// `(x[i], x[i + d/2])`: Qwen2, Qwen3, and Llama as published by Hugging Face.
    Halves,
    /// `(x[2i], x[2i + 1])`: Llama as stored in GGUF.
    Interleaved,
}

/// Cosines and sines per position, computed once.
pub struct RopeTable {}

impl RopeTable {
    /// Angles `position · frequencies[i]`, `frequencies` being `[head_dim / 2]` (f64, already scaled by
    /// the model's rope scaling, if any).
    pub fn new(pairing: Pairing, frequencies: &[f64], max_positions: usize) -> RopeTable {
        todo!("{pairing:?} {frequencies:?} {max_positions}")
    }
}
