//! The best few of a whole vocabulary, without sorting it.

use crate::softmax;
use std::cmp::Ordering;

const BLOCK: usize = 64;

/// A token that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// Token id.
    pub(crate) id: u32,
    /// Its logit, never NaN.
    pub(crate) logit: f32,
}

/// Finds the best tokens of logits rows; buffers are kept from row to row.
#[derive(Debug, Default)]
pub(crate) struct Selector {
    maxima: Vec<f32>, // [n_vocab / BLOCK, rounded up]
    sorted: Vec<f32>, // the same, partly sorted
}

impl Selector {
    /// Puts the `k` best of `row` into `best`, the best first, equal ones by id. NaN is never among them.
    ///
    /// The k-th best maximum of blocks of 64 is a bound that at least k elements reach, so only about k blocks are looked into.
    pub(crate) fn select(&mut self, best: &mut Vec<Candidate>, row: &[f32], k: usize) {
        best.clear();
        if k == 0 {
            return;
        }
        self.maxima.clear();
        self.maxima.extend(row.chunks(BLOCK).map(softmax::max));
        let bound = self.bound(k);
        for (block, (elements, &max)) in row.chunks(BLOCK).zip(&self.maxima).enumerate() {
            if max < bound {
                continue;
            }
            let ids = (block * BLOCK) as u32..;
            let reaching = ids.zip(elements).filter(|&(_, &logit)| bound <= logit);
            best.extend(reaching.map(|(id, &logit)| Candidate { id, logit }));
        }
        if k < best.len() {
            best.select_nth_unstable_by(k - 1, by_rank);
            best.truncate(k);
        }
        best.sort_unstable_by(by_rank);
    }

    /// The k-th largest maximum; −∞ when there are fewer blocks.
    fn bound(&mut self, k: usize) -> f32 {
        self.sorted.clone_from(&self.maxima);
        if self.sorted.len() < k {
            return f32::NEG_INFINITY;
        }
        *self
            .sorted
            .select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a))
            .1
    }
}

/// The lowest id with the largest logit; 0 when all are NaN.
pub fn argmax(row: &[f32]) -> u32 {
    let max = softmax::max(row);
    row.iter().position(|&logit| logit == max).unwrap_or(0) as u32
}

fn by_rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit
        .partial_cmp(&a.logit)
        .unwrap_or(Ordering::Equal)
        .then(a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by sorting everything.
    fn sorted(row: &[f32], k: usize) -> Vec<Candidate> {
        let mut all: Vec<_> = (0..)
            .zip(row)
            .map(|(id, &logit)| Candidate { id, logit })
            .collect();
        all.retain(|candidate| !candidate.logit.is_nan());
        all.sort_by(by_rank);
        all.truncate(k);
        all
    }

    proptest! {
        #[test]
        fn selecting_is_sorting(
            row in prop::collection::vec(prop_oneof![(-3..4).prop_map(|x| x as f32), -9.0..9.0_f32, Just(f32::NAN), Just(f32::NEG_INFINITY)], 0..700),
            k in 0..40_usize,
        ) {
            let mut best = Vec::new();
            Selector::default().select(&mut best, &row, k);
            prop_assert_eq!(&best, &sorted(&row, k));
            if let Some(first) = best.first() {
                prop_assert_eq!(argmax(&row), first.id);
            }
        }
    }

    #[test]
    fn all_of_them_when_k_is_large() {
        let row = [1.0, 3.0, 2.0];
        let mut best = Vec::new();
        Selector::default().select(&mut best, &row, usize::MAX);
        assert_eq!(
            best.iter()
                .map(|candidate| candidate.id)
                .collect::<Vec<_>>(),
            [1, 2, 0]
        );
    }

    #[test]
    fn a_row_of_nan_has_an_argmax() {
        assert_eq!(argmax(&[f32::NAN; 5]), 0);
        assert_eq!(argmax(&[f32::NAN, f32::NEG_INFINITY]), 1);
    }
}
