//! Notices an answer that has become a loop.

/// Longest period looked for, in tokens.
const MAX_PERIOD: usize = 128;
/// A loop repeats its period at least this often, one after the other without a change …
const MIN_REPEATS: usize = 6;
/// … and covers at least this many tokens. Rules of tables, refrains and runs of digits stay below.
const MIN_COVERED: usize = 256;

/// Follows one answer. A number list, a table or a poem varies within a period or ends soon; a loop does not.
#[derive(Clone, Debug)]
pub(crate) struct LoopDetector {
    recent: [u32; MAX_PERIOD], // ring: token i is at i % MAX_PERIOD
    n_tokens: usize,
    n_equal: [usize; MAX_PERIOD], // at p−1: how many of the last tokens equal the one p before them, without a gap
}

impl LoopDetector {
    /// Nothing seen yet.
    pub(crate) fn new() -> LoopDetector {
        LoopDetector {
            recent: [0; MAX_PERIOD],
            n_tokens: 0,
            n_equal: [0; MAX_PERIOD],
        }
    }

    /// Takes the next token; true when the answer now ends in a loop.
    pub(crate) fn push(&mut self, token: u32) -> bool {
        let mut is_loop = false;
        for period in 1..=MAX_PERIOD.min(self.n_tokens) {
            let before = self.recent[(self.n_tokens - period) % MAX_PERIOD];
            let n_equal = &mut self.n_equal[period - 1];
            *n_equal = if before == token { *n_equal + 1 } else { 0 };
            is_loop |= MIN_COVERED.max(MIN_REPEATS * period) <= *n_equal + period;
        }
        self.recent[self.n_tokens % MAX_PERIOD] = token;
        self.n_tokens += 1;
        is_loop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens until a loop is noticed.
    fn noticed(tokens: impl IntoIterator<Item = u32>) -> Option<usize> {
        let mut detector = LoopDetector::new();
        tokens
            .into_iter()
            .position(|token| detector.push(token))
            .map(|index| index + 1)
    }

    /// Characters as tokens: the hardest alphabet, for it is the smallest.
    fn letters(text: &str) -> impl Iterator<Item = u32> {
        text.chars().map(u32::from).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn loops_of_every_period_are_noticed_as_soon_as_they_are_long_enough() {
        for period in 1..=MAX_PERIOD as u32 {
            let lead = (0..50).map(|i| 1_000 + i);
            let tokens = lead.chain((0..2_000).map(|i| i % period));
            let want = 50 + MIN_COVERED.max(MIN_REPEATS * period as usize);
            assert_eq!(noticed(tokens), Some(want), "period {period}");
        }
    }

    #[test]
    fn a_sentence_said_again_and_again_is_a_loop() {
        assert!(noticed(letters(&"我不知道。".repeat(60))).is_some());
        assert!(
            noticed(letters(
                &"I am a language model. I cannot do that. ".repeat(12)
            ))
            .is_some()
        );
        assert!(noticed(letters(&"| a | b |\n".repeat(100))).is_some());
    }

    #[test]
    fn number_lists_are_no_loops() {
        let list: String = (1..2_000).map(|i| format!("{i}. item\n")).collect();
        assert_eq!(noticed(letters(&list)), None);
        let multiplication: String = (1..=9)
            .flat_map(|i| (1..=9).map(move |j| format!("{i}×{j}={:2} ", i * j)))
            .collect();
        assert_eq!(noticed(letters(&multiplication)), None);
    }

    #[test]
    fn tables_are_no_loops() {
        let rule = format!(
            "|{}|{}|{}|\n",
            "-".repeat(60),
            "-".repeat(60),
            "-".repeat(60)
        );
        let rows: String = (0..60)
            .map(|i| format!("| {} | {} | 0 | 0 | 0 |\n", i % 7, i % 2))
            .collect();
        assert_eq!(noticed(letters(&format!("{rule}{rows}{rule}"))), None);
        let bits: String = (0..256_u32).map(|i| format!("{i:08b}\n")).collect();
        assert_eq!(noticed(letters(&bits)), None);
    }

    #[test]
    fn poems_with_refrains_are_no_loops() {
        let refrain = "Row, row, row your boat,\nGently down the stream.\n";
        let song: String = (0..12)
            .map(|verse| format!("{}Verse {verse} is another one.\n", refrain.repeat(4)))
            .collect();
        assert_eq!(noticed(letters(&song)), None);
        assert_eq!(noticed(letters(&"哈".repeat(200))), None);
    }
}
