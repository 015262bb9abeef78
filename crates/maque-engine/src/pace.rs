//! How many prompt tokens fit into the time that decoding sequences may be held up.

use std::time::Duration;

/// Time that a prompt may add to a step, kept below the promised 150 ms for the error of the estimate.
const HOLD_UP: Duration = Duration::from_millis(120);
/// Tokens of the first chunk, when nothing has been measured.
const FIRST_CHUNK: usize = 32;
/// Smallest chunk: less wastes more on overhead than it gains.
const MIN_CHUNK: usize = 16;

/// Measured prefill speed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    seconds_per_token: Option<f64>,
}

impl Pace {
    /// Takes note of a step with so many prompt tokens. Steps with few say nothing about speed.
    pub(crate) fn observe(&mut self, n_prompt_tokens: usize, elapsed: Duration) {
        if n_prompt_tokens < MIN_CHUNK {
            return;
        }
        let measured = elapsed.as_secs_f64() / n_prompt_tokens as f64;
        let seconds = self.seconds_per_token.get_or_insert(measured);
        let weight = if *seconds < measured { 0.5 } else { 0.25 }; // believe in slowness sooner
        *seconds += weight * (measured - *seconds);
    }

    /// Prompt tokens for the next step beside decoding.
    pub(crate) fn chunk(&self) -> usize {
        let Some(seconds) = self.seconds_per_token else {
            return FIRST_CHUNK;
        };
        ((HOLD_UP.as_secs_f64() / seconds) as usize).max(MIN_CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks that a machine with these costs settles on.
    fn settled(fixed: Duration, per_token: Duration) -> usize {
        let mut pace = Pace::default();
        for _ in 0..50 {
            let chunk = pace.chunk();
            pace.observe(chunk, fixed + per_token * chunk as u32);
        }
        pace.chunk()
    }

    #[test]
    fn a_chunk_takes_the_time_it_may_whatever_the_machine() {
        for (fixed_ms, per_token_us) in [(1, 100), (10, 500), (20, 2_500), (40, 1_000)] {
            let (fixed, per_token) = (
                Duration::from_millis(fixed_ms),
                Duration::from_micros(per_token_us),
            );
            let elapsed = fixed + per_token * settled(fixed, per_token) as u32;
            let share = elapsed.as_secs_f64() / HOLD_UP.as_secs_f64();
            assert!(
                (0.9..=1.05).contains(&share),
                "{fixed_ms} ms + {per_token_us} µs a token: {elapsed:?}"
            );
        }
    }

    #[test]
    fn a_very_slow_machine_still_goes_on() {
        assert_eq!(
            settled(Duration::from_secs(1), Duration::from_secs(1)),
            MIN_CHUNK
        );
    }

    #[test]
    fn decode_steps_say_nothing() {
        let mut pace = Pace::default();
        pace.observe(1, Duration::from_secs(9));
        assert_eq!(pace.chunk(), FIRST_CHUNK);
        pace.observe(32, Duration::ZERO);
        assert!(FIRST_CHUNK < pace.chunk());
    }
}
