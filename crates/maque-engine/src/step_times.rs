//! What a decoding step takes, by the tokens that it feeds.

use std::time::Duration;

/// Steps of more tokens count as steps of so many.
pub(crate) const MAX_TOKENS: usize = 32;
/// Weight that a step keeps when another follows.
const MEMORY: f64 = 0.995;
/// Before it is measured: a further token takes this share of the time of a single one …
const SLOPE: f64 = 0.07;
/// … which counts as if so many steps had shown it, so that what was long ago is tried again.
const PRIOR_STEPS: f64 = 0.1;
/// A step that takes so many times longer than expected was interrupted.
const OUTLIER: f64 = 4.0;

/// Means of late. Kernels compute whole tiles of tokens: steps of two can take as long as steps of four, so each number of tokens
/// has its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepTimes {
    seen: [Seen; MAX_TOKENS], // at n − 1
}

/// Weighted sums over steps.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    weight: f64,
    seconds: f64,
}

impl StepTimes {
    /// Takes note of a step without prompts.
    pub(crate) fn observe(&mut self, n_tokens: usize, elapsed: Duration) {
        if elapsed.is_zero() {
            return; // too fast for the clock
        }
        let is_first = self.seen.iter().all(|seen| seen.weight == 0.0);
        let seconds = if is_first {
            elapsed.as_secs_f64()
        } else {
            elapsed.as_secs_f64().min(OUTLIER * self.of(n_tokens))
        };
        for seen in &mut self.seen {
            seen.weight *= MEMORY;
            seen.seconds *= MEMORY;
        }
        let seen = &mut self.seen[n_tokens.clamp(1, MAX_TOKENS) - 1];
        seen.weight += 1.0;
        seen.seconds += seconds;
    }

    /// The time of a step; only ratios mean something before any was seen.
    pub(crate) fn of(&self, n_tokens: usize) -> f64 {
        let n_tokens = n_tokens.clamp(1, MAX_TOKENS);
        let seen = self.seen[n_tokens - 1];
        let expected = self.single() * relative(n_tokens);
        (seen.seconds + PRIOR_STEPS * expected) / (seen.weight + PRIOR_STEPS)
    }

    /// The time of one token, as steps of all sizes let expect.
    fn single(&self) -> f64 {
        let (mut singles, mut seconds) = (0.0, 0.0);
        for (n_tokens, seen) in (1..).zip(&self.seen) {
            singles += seen.weight * relative(n_tokens);
            seconds += seen.seconds;
        }
        if singles == 0.0 {
            1.0
        } else {
            seconds / singles
        }
    }
}

/// Time in units of a single token's, by expectation.
fn relative(n_tokens: usize) -> f64 {
    1.0 + SLOPE * (n_tokens as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much longer eight tokens take than one.
    fn ratio(times: &StepTimes) -> f64 {
        times.of(8) / times.of(1)
    }

    #[test]
    fn expectation_holds_until_steps_of_several_sizes_were_seen() {
        let mut times = StepTimes::default();
        assert!((ratio(&times) - 1.49).abs() < 1e-9);
        for _ in 0..100 {
            times.observe(1, Duration::from_millis(20));
        }
        assert!((ratio(&times) - 1.49).abs() < 1e-9);
        assert!((times.of(1) - 0.02).abs() < 1e-9);
    }

    #[test]
    fn measured_times_win_and_new_ones_over_old_ones() {
        let mut times = StepTimes::default();
        for eight in [10, 100, 26, 15] {
            for _ in 0..1_000 {
                times.observe(1, Duration::from_millis(10));
                times.observe(8, Duration::from_millis(eight));
            }
            let want = eight as f64 / 10.0;
            assert!(
                (ratio(&times) / want - 1.0).abs() < 0.05,
                "{} for {want}",
                ratio(&times)
            );
        }
    }

    #[test]
    fn a_hiccup_passes_and_what_was_dear_is_tried_again() {
        let mut times = StepTimes::default();
        let mut run = |n_tokens, n_steps, milliseconds| {
            for _ in 0..n_steps {
                times.observe(n_tokens, Duration::from_millis(milliseconds));
            }
            ratio(&times)
        };
        run(1, 10, 20);
        assert!(run(8, 1, 5_000) < 6.0);
        assert!(run(1, 1_000, 20) < 2.0);
        assert!(3.0 < run(8, 10, 80));
        assert!(run(1, 2_000, 20) < 1.6);
    }

    #[test]
    fn a_clock_that_stands_still_and_any_number_of_tokens_are_no_harm() {
        let mut times = StepTimes::default();
        times.observe(1, Duration::ZERO);
        assert!((ratio(&times) - 1.49).abs() < 1e-9);
        times.observe(0, Duration::from_millis(1));
        times.observe(1_000, Duration::from_millis(1));
        assert!(times.of(usize::MAX).is_finite());
    }
}
