//! What a step fed of one sequence, and the logits that came of it.

use crate::Runner;
use crate::sequence::{Judges, Sequence};
use std::borrow::Borrow;

/// A sequence between a pass and what is made of its logits.
pub(crate) struct Fed<'a> {
    /// Whose tokens were fed.
    pub(crate) sequence: &'a mut Sequence,
    n_tokens: usize,
    rows: Vec<&'a [f32]>,
    n_done: usize,  // before
    n_known: usize, // before
    was_read: bool, // before
}

/// Those of `sequences` that a pass feeds, and how many tokens of each, in the order of the pass: those with few choices last.
pub(crate) fn in_order<S: Borrow<Sequence>>(
    sequences: impl Iterator<Item = S>,
    n_tokens: &[usize],
) -> Vec<(S, usize)> {
    let all = sequences.zip(n_tokens.iter().copied());
    let mut fed: Vec<_> = all.filter(|(_, n_tokens)| 0 < *n_tokens).collect();
    fed.sort_by_cached_key(|(sequence, n_tokens)| sequence.borrow().slice(*n_tokens).is_of_few());
    fed
}

/// The sequences that a pass of `runner` fed, with their rows of its logits.
pub(crate) fn fed<'a>(
    sequences: &'a mut [Sequence],
    n_tokens: &[usize],
    runner: &'a dyn Runner,
) -> Vec<Fed<'a>> {
    let mut n_rows_before = 0;
    let all = in_order(sequences.iter_mut(), n_tokens).into_iter();
    all.map(|(sequence, n_tokens)| {
        let n_rows = sequence.slice(n_tokens).logits.len();
        let rows = n_rows_before..n_rows_before + n_rows;
        n_rows_before += n_rows;
        Fed {
            n_tokens,
            rows: rows.map(|row| runner.logits(row)).collect(),
            n_done: sequence.n_done(),
            n_known: sequence.n_known(),
            was_read: sequence.is_read(),
            sequence,
        }
    })
    .collect()
}

impl Fed<'_> {
    /// Lets the sequence write what its logits say.
    pub(crate) fn absorb(&mut self, judges: &mut Judges) {
        self.sequence.absorb(self.n_tokens, &self.rows, judges);
    }

    /// Whether its prompt has become known by this step.
    pub(crate) fn has_read(&self) -> bool {
        !self.was_read && self.sequence.is_read()
    }

    /// Guessed tokens, and how many of them were right.
    pub(crate) fn guesses(&self) -> (usize, usize) {
        if !self.was_read {
            return (0, 0);
        }
        let n_known = self.n_known.min(self.n_tokens);
        let n_kept = self.sequence.n_done() - self.n_done;
        (self.n_tokens - n_known, n_kept - n_known)
    }
}
