//! How often each one did something within its current minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Those that are remembered; of more, everybody's counts are forgotten.
const MAX_REMEMBERED: usize = 4096;

/// Counts by whom. A minute begins with the first time.
#[derive(Debug)]
pub(super) struct Minutes<K>(HashMap<K, (Instant, usize)>);

impl<K> Default for Minutes<K> {
    fn default() -> Minutes<K> {
        Minutes(HashMap::new())
    }
}

impl<K: Eq + Hash> Minutes<K> {
    /// How often so far.
    pub(super) fn count(&self, who: &K, now: Instant) -> usize {
        let noted = self.0.get(who).filter(|(since, _)| !is_over(*since, now));
        noted.map_or(0, |(_, n)| *n)
    }

    /// When its minute is over.
    pub(super) fn left(&self, who: &K, now: Instant) -> Duration {
        let noted = self.0.get(who);
        noted.map_or(Duration::ZERO, |(since, _)| {
            MINUTE.saturating_sub(now.saturating_duration_since(*since))
        })
    }

    /// Notes one time more.
    pub(super) fn note(&mut self, who: K, now: Instant) {
        if MAX_REMEMBERED <= self.0.len() {
            self.0.retain(|_, (since, _)| !is_over(*since, now));
        }
        if MAX_REMEMBERED <= self.0.len() {
            self.0.clear();
        }
        let entry = self.0.entry(who).or_insert((now, 0));
        if is_over(entry.0, now) {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }
}

fn is_over(since: Instant, now: Instant) -> bool {
    MINUTE <= now.saturating_duration_since(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_minutes_of_its_own() {
        let (mut minutes, start) = (Minutes::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        minutes.note(1, start);
        minutes.note(1, after(59));
        minutes.note(2, after(59));
        assert_eq!(
            [1, 2, 3].map(|who| minutes.count(&who, after(59))),
            [2, 1, 0]
        );
        assert_eq!(minutes.left(&1, after(59)), Duration::from_secs(1));
        assert_eq!([1, 2].map(|who| minutes.count(&who, after(60))), [0, 1]);
        minutes.note(1, after(61));
        assert_eq!(minutes.count(&1, after(61)), 1);
    }
}
