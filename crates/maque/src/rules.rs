//! The owner's rules by which `maque ask` puts a question to the larger model: none, unless `[upstream.when]` in `config.toml` says so.

use crate::exit::Exit;
use crate::say::Say;
use serde::Deserialize;
use std::fmt;
use std::num::NonZeroUsize;

/// The table of `config.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// The question has more tokens than this.
    input_tokens: Option<NonZeroUsize>,
    /// The answer that was written here is one of these.
    #[serde(default)]
    answer: Vec<Fault>,
}

/// What can be wrong with an answer.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Fault {
    /// There was no room for the rest of it.
    Cut,
    /// It had become a loop.
    Loop,
}

impl Rules {
    /// Whether there is a rule about answers.
    pub(crate) fn judge_answers(&self) -> bool {
        !self.answer.is_empty()
    }

    /// Whether there is a rule about questions.
    pub(crate) fn judge_questions(&self) -> bool {
        self.input_tokens.is_some()
    }

    /// The rule that sends away a question of `n` tokens.
    pub(crate) fn of_question(&self, n: usize) -> Option<Say> {
        let limit = self.input_tokens?.get();
        (limit < n).then_some(Say::RuleLong { n, limit })
    }

    /// The rule that sends away the question of an answer that came to this.
    pub(crate) fn of_answer(&self, exit: Exit) -> Option<Say> {
        let (fault, rule) = match exit {
            Exit::Cut => (Fault::Cut, Say::RuleCut),
            Exit::Loop => (Fault::Loop, Say::RuleLoop),
            _ => return None,
        };
        self.answer.contains(&fault).then_some(rule)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let long = self.input_tokens.map(|n| format!("input_tokens > {n}"));
        let faults = self.answer.iter().map(|fault| match fault {
            Fault::Cut => "answer cut".to_owned(),
            Fault::Loop => "answer loop".to_owned(),
        });
        let rules: Vec<String> = long.into_iter().chain(faults).collect();
        f.write_str(&rules.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rules, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn nothing_leaves_without_a_rule() {
        let none = read("").expect("no rule");
        assert!(!none.judge_answers() && !none.judge_questions());
        assert_eq!(none.of_question(usize::MAX), None);
        for exit in [Exit::Complete, Exit::Cut, Exit::Loop, Exit::Failed] {
            assert_eq!(none.of_answer(exit), None);
        }
        assert_eq!(none.to_string(), "");
    }

    #[test]
    fn a_rule_is_what_it_says_and_no_more() {
        let rules = read("input_tokens = 100\nanswer = [\"loop\"]").expect("rules");
        assert_eq!(rules.of_question(100), None);
        assert!(rules.of_question(101).is_some());
        assert_eq!(rules.of_answer(Exit::Loop), Some(Say::RuleLoop));
        assert_eq!(rules.of_answer(Exit::Cut), None);
        assert_eq!(rules.to_string(), "input_tokens > 100, answer loop");
    }

    #[test]
    fn a_rule_that_is_none_is_refused() {
        for wrong in [
            "always = true",
            "answer = [\"bad\"]",
            "input_tokens = 0",
            "input_tokens = -1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
