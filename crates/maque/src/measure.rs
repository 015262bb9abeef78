//! Speed of a model, measured through the same runner that serves.

use maque_engine::{Runner, argmax};
use maque_kernels::PAGE_TOKENS;
use maque_model::{Enough, Slice};
use std::io;
use std::time::{Duration, Instant};

/// The logits that sampling with the models' own settings asks for (top-k 20).
const ENOUGH: Option<Enough<'_>> = Some(Enough {
    n_best: 20,
    lowered: &[],
    allowed: None,
});

/// Runs a model on made-up prompts; nothing stays between measurements.
pub(crate) struct Measure<R> {
    runner: R,
}

/// One sequence being fed: its pages and how many positions they hold.
struct Sequence {
    pages: Vec<u32>,
    n_fed: usize,
    next: u32,
}

impl Sequence {
    fn next_slice(&self) -> Slice<'_> {
        Slice {
            tokens: std::slice::from_ref(&self.next),
            start: self.n_fed,
            pages: &self.pages,
            logits: 0..1,
            enough: ENOUGH,
        }
    }
}

/// Several sequences decoded at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchShape {
    /// Sequences.
    pub(crate) n_sequences: usize,
    /// Tokens of each one's prompt.
    pub(crate) n_prompt: usize,
    /// Tokens decoded in each.
    pub(crate) n_decode: usize,
}

impl BatchShape {
    /// KV pages that it needs.
    pub(crate) fn n_pages(&self) -> usize {
        self.n_sequences * (self.n_prompt.max(1) + self.n_decode).div_ceil(PAGE_TOKENS)
    }
}

impl<R: Runner> Measure<R> {
    /// Wakes the threads and touches the weights once.
    ///
    /// # Errors
    /// As all that follow: when the model's file is lost.
    pub(crate) fn new(runner: R) -> io::Result<Measure<R>> {
        let mut measure = Measure { runner };
        let pages = measure.runner.n_pages().min(2);
        let mut warm = measure.sequence(0, pages);
        let n_positions = pages * PAGE_TOKENS;
        measure.feed(&mut warm, n_positions / 2)?;
        for _ in 0..n_positions.min(12) / 2 {
            measure.step(std::slice::from_mut(&mut warm))?;
        }
        Ok(measure)
    }

    /// Time to read `n` prompt tokens, with the logits after the last.
    pub(crate) fn prefill(&mut self, n: usize) -> io::Result<Duration> {
        let mut sequence = self.sequence(0, n.div_ceil(PAGE_TOKENS));
        let start = Instant::now();
        self.feed(&mut sequence, n)?;
        Ok(start.elapsed())
    }

    /// Time of `n` greedy steps after `depth` tokens of context.
    pub(crate) fn decode(&mut self, n: usize, depth: usize) -> io::Result<Duration> {
        self.batch(BatchShape {
            n_sequences: 1,
            n_prompt: depth,
            n_decode: n,
        })
    }

    /// Time of the greedy steps of several sequences at once, prompts not counted.
    pub(crate) fn batch(&mut self, shape: BatchShape) -> io::Result<Duration> {
        let n_pages = shape.n_pages() / shape.n_sequences.max(1);
        let mut sequences: Vec<Sequence> = (0..shape.n_sequences)
            .map(|i| self.sequence(i, n_pages))
            .collect();
        for sequence in &mut sequences {
            self.feed(sequence, shape.n_prompt)?;
        }
        let start = Instant::now();
        for _ in 0..shape.n_decode {
            self.step(&mut sequences)?;
        }
        Ok(start.elapsed())
    }

    /// The `index`th sequence of a measurement; each has its own first token and pages.
    fn sequence(&self, index: usize, n_pages: usize) -> Sequence {
        let first = (index * n_pages) as u32;
        let next = self.arbitrary_id(index * 7919);
        Sequence {
            pages: (first..first + n_pages as u32).collect(),
            n_fed: 0,
            next,
        }
    }

    /// Feeds `n` arbitrary ids in chunks of the runner's size; the last one's logits choose the next token.
    fn feed(&mut self, sequence: &mut Sequence, n: usize) -> io::Result<()> {
        let tokens: Vec<u32> = (0..n)
            .map(|i| self.arbitrary_id(sequence.next as usize + i))
            .collect();
        for chunk in tokens.chunks(self.runner.max_batch_tokens()) {
            let start = sequence.n_fed;
            sequence.n_fed += chunk.len();
            let logits = if sequence.n_fed == n {
                chunk.len() - 1..chunk.len()
            } else {
                0..0
            };
            let slice = Slice {
                tokens: chunk,
                start,
                pages: &sequence.pages,
                logits,
                enough: ENOUGH,
            };
            self.runner.forward(&[slice], &|| true)?;
        }
        if 0 < n {
            sequence.next = argmax(self.runner.logits(0));
        }
        Ok(())
    }

    /// One token of every sequence.
    fn step(&mut self, sequences: &mut [Sequence]) -> io::Result<()> {
        let batch: Vec<Slice<'_>> = sequences.iter().map(Sequence::next_slice).collect();
        self.runner.forward(&batch, &|| true)?;
        for (row, sequence) in sequences.iter_mut().enumerate() {
            sequence.n_fed += 1;
            sequence.next = argmax(self.runner.logits(row));
        }
        Ok(())
    }

    /// Ids spread over the vocabulary, the same in every run.
    fn arbitrary_id(&self, i: usize) -> u32 {
        let hash = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        (hash % self.runner.n_vocab() as u64) as u32
    }
}

/// The middle of some times (the mean of the middle two of an even number).
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (n, middle) if n % 2 == 1 => sorted[middle],
        (_, middle) => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maque_model::Batch;
    use std::ops::Range;

    /// Positions and pages of a slice.
    type Fed = (Range<usize>, Vec<u32>);

    /// Remembers what it was fed; its logits always prefer id 3.
    #[derive(Default)]
    struct Fake {
        fed: Vec<Vec<Fed>>,
    }

    impl Runner for &mut Fake {
        fn n_vocab(&self) -> usize {
            5
        }
        fn max_batch_tokens(&self) -> usize {
            100
        }
        fn max_logits(&self) -> usize {
            8
        }
        fn n_pages(&self) -> usize {
            2
        }
        fn copy_page(&mut self, _: u32, _: u32) {}
        fn page(&self, _: u32) -> &[i16] {
            &[]
        }
        fn page_mut(&mut self, _: u32) -> &mut [i16] {
            &mut []
        }
        fn max_positions(&self) -> usize {
            1000
        }
        fn forward(&mut self, batch: &Batch<'_>, _: &dyn Fn() -> bool) -> io::Result<bool> {
            let slice = |s: &Slice<'_>| (s.start..s.start + s.tokens.len(), s.pages.to_vec());
            self.fed.push(batch.iter().map(slice).collect());
            Ok(true)
        }
        fn logits(&self, _: usize) -> &[f32] {
            &[0.0, 0.0, 0.0, 1.0, 0.0]
        }
    }

    #[test]
    fn prompts_are_fed_in_chunks_and_decoded_behind_each_other() {
        let mut fake = Fake::default();
        let mut measure = Measure { runner: &mut fake };
        measure.decode(2, 150).expect("the fake loses nothing");
        let ranges: Vec<_> = fake.fed.iter().map(|batch| batch[0].0.clone()).collect();
        assert_eq!(ranges, [0..100, 100..150, 150..151, 151..152]);
    }

    #[test]
    fn sequences_of_a_batch_share_no_page() {
        let mut fake = Fake::default();
        let shape = BatchShape {
            n_sequences: 2,
            n_prompt: 32,
            n_decode: 1,
        };
        let mut measure = Measure { runner: &mut fake };
        measure.batch(shape).expect("the fake loses nothing");
        let last = fake.fed.last().expect("a step");
        assert_eq!((shape.n_pages(), last.len()), (4, 2));
        assert_eq!((&last[0].1, &last[1].1), (&vec![0, 1], &vec![2, 3]));
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
    }
}
