//! Prompt lookup: guesses that what followed the last tokens where they occurred before follows them again.
//!
//! A pass feeds the guessed tokens after the last one and samples at each of them as if they had come one by one; the first
//! that is not what was sampled ends it. So a guess costs time or saves some, and never changes a token.

/// Tokens that an earlier place must have in common with the end.
const MIN_MATCH: usize = 3;
/// Common tokens are counted so far.
const MAX_MATCH: usize = 32;
/// What was copied for so many tokens is gone on with after something was put in between …
const MIN_COPY: usize = 6;
/// … when one of so many tokens after the place where it was left comes.
const RETURN_WINDOW: usize = 3;
/// Weight of an observation.
const LEARNING: f64 = 0.125;

/// Whether answers are sped up by guessing; tokens are the same either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speculation {
    /// Where it pays.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// Follows one sequence: where in it the same tokens came before, and how far that can be trusted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speculator {
    source: Option<Source>,
    left_at: Option<usize>, // where a copy ended: it may go on there
    trust: Trust,
}

/// An earlier place that is like the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    next: usize, // index of the token that would follow
    n_matched: usize,
}

impl Source {
    /// Before `next`, as far as that is like the end of `tokens`.
    fn new(tokens: &[u32], next: usize) -> Source {
        let pairs = tokens[..next].iter().rev().zip(tokens.iter().rev());
        let n_matched = pairs.take(MAX_MATCH).take_while(|(a, b)| a == b).count();
        Source { next, n_matched }
    }
}

impl Speculator {
    /// Takes note of the last of `tokens`, which is new.
    pub(crate) fn accept(&mut self, tokens: &[u32]) {
        let followed = self.source.and_then(|source| self.follow(source, tokens));
        self.source = followed
            .or_else(|| self.return_to_copy(tokens))
            .or_else(|| look_up(tokens));
    }

    /// The probabilities that the next 1, 2, … guesses are all right, `n_max` at most.
    pub(crate) fn odds(&self, n_max: usize) -> Vec<f64> {
        let Some(source) = self.source else {
            return Vec::new();
        };
        let each = (source.n_matched..).map(|n_matched| self.trust.of(n_matched));
        let all = each.scan(1.0, |all, probability| {
            *all *= probability;
            Some(*all)
        });
        all.take(n_max).collect()
    }

    /// What is guessed to follow `tokens`; it goes round where the source runs into the end.
    pub(crate) fn guesses<'a>(&self, tokens: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let known = self.source.map_or(&[][..], |source| &tokens[source.next..]);
        known.iter().copied().cycle()
    }

    /// Learns from what came in the place of the source's next token; goes on with it where that was the same.
    fn follow(&mut self, source: Source, tokens: &[u32]) -> Option<Source> {
        let is_right = tokens.last() == Some(&tokens[source.next]);
        self.trust.observe(source.n_matched, is_right);
        if !is_right && MIN_COPY <= source.n_matched {
            self.left_at = Some(source.next);
        }
        is_right.then_some(Source {
            next: source.next + 1,
            n_matched: source.n_matched + 1,
        })
    }

    /// The place where a copy was left, if the last token is one of those that follow it.
    fn return_to_copy(&self, tokens: &[u32]) -> Option<Source> {
        let left_at = self.left_at?;
        let (last, before) = tokens.split_last()?;
        let mut window = before[left_at..].iter().take(RETURN_WINDOW);
        let index = window.position(|next| next == last)?;
        Some(Source::new(tokens, left_at + index + 1))
    }
}

/// The earlier place that has most tokens in common with the end, the latest of equals.
fn look_up(tokens: &[u32]) -> Option<Source> {
    let (last, before) = tokens.split_last()?;
    let mut best: Option<Source> = None;
    for next in (1..=before.len())
        .rev()
        .filter(|next| before[next - 1] == *last)
    {
        let source = Source::new(tokens, next);
        if best.is_none_or(|best| best.n_matched < source.n_matched) {
            best = Some(source);
        }
        if source.n_matched == MAX_MATCH {
            break;
        }
    }
    best.filter(|source| MIN_MATCH <= source.n_matched)
}

/// How often a source's next token is right, by how many tokens it has in common with the end.
#[derive(Clone, Debug)]
struct Trust {
    shares: [f64; 7],
}

impl Default for Trust {
    /// What one believes before anything is seen.
    fn default() -> Trust {
        Trust {
            shares: [0.5, 0.5, 0.4, 0.5, 0.65, 0.8, 0.93],
        }
    }
}

impl Trust {
    fn of(&self, n_matched: usize) -> f64 {
        self.shares[Trust::class(n_matched)]
    }

    fn observe(&mut self, n_matched: usize, is_right: bool) {
        let share = &mut self.shares[Trust::class(n_matched)];
        *share += LEARNING * (f64::from(u8::from(is_right)) - *share);
    }

    fn class(n_matched: usize) -> usize {
        match n_matched {
            0..=1 => 0,
            2 => 1,
            3 => 2,
            4..=5 => 3,
            6..=8 => 4,
            9..=15 => 5,
            _ => 6,
        }
    }
}

#[cfg(test)]
mod tests;
