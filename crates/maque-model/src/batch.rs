//! What one forward pass works on: a ragged batch of token slices.

use maque_kernels::Best;
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
    /// What is enough of these logits, if not all: then others may be −∞.
    pub enough: Option<Enough<'a>>,
}

/// Logits that a choice needs.
#[derive(Clone, Copy, Debug)]
pub struct Enough<'a> {
    /// The best so many.
    pub n_best: usize,
    /// Tokens whose logits penalties will lower before the choice; no others may change. Those of the
    /// slice itself need not be named.
    pub lowered: &'a [u32],
    /// The tokens that can be chosen, if not all: bit `id % 32` of word `id / 32`. Then the slice wants one row of logits.
    pub allowed: Option<&'a [u32]>,
}

impl<'a> Slice<'a> {
    /// Whether so few tokens can be chosen after it that their logits alone are computed, if it stands at the end of the batch.
    pub fn is_of_few(&self) -> bool {
        self.best().is_of_few()
    }

    /// What is enough of one row of its logits, in the kernels' words.
    pub(crate) fn best(&self) -> Best<'a> {
        self.enough.map_or(Best::ALL, |enough| Best {
            n: enough.n_best,
            lowered: [enough.lowered, self.tokens],
            allowed: enough.allowed,
        })
    }
}

/// Slices of several sequences. Logits come out in the order of slices, then of tokens. Those after which few tokens can be chosen
/// ([`Slice::is_of_few`]) cost next to nothing at the end of the batch, and as much as others before it.
pub type Batch<'a> = [Slice<'a>];
