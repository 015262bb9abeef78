//! What one forward pass works on: a ragged batch of token slices.

use std::ops::Range;

/// Consecutive tokens of one sequence.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    /// The tokens to feed, at positions `start..start + tokens.len()`.
    pub tokens: &'a [u32],
    /// Position of the first of them.
    pub start: usize,
    /// KV pages of the sequence, in order; they cover at least `start + tokens.len()` positions.
    pub pages: &'a [u32],
    /// Which of `tokens` (as indexes into it) want logits after them; empty while a prompt is read.
    pub logits: Range<usize>,
}

/// Slices of several sequences. Logits come out in the order of slices, then of tokens.
pub type Batch<'a> = [Slice<'a>];
