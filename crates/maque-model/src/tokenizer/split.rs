//! How text is cut into words before BPE: the named pre-tokenizers, in linear time.
//!
//! The published patterns end in `\s+(?!\S)|\s+`: a run of blanks leaves its last one to the word
//! that follows. Without that look-ahead the rest is a regular language, which `regex` matches in
//! linear time; the one blank is given back here.

use crate::LoadError;
use regex::Regex;
use std::sync::OnceLock;

/// Published pattern of Qwen2, Qwen2.5 and Qwen3.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Published pattern of Llama 3.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Published pattern of GPT-2, which byte-level pre-tokenizers use by themselves.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// What all of them end in.
const LOOK_AHEAD: &str = r"\s+(?!\S)|\s+";

/// The patterns compiled, once for all vocabularies: it takes ten times as long as reading a small file.
static WORDS: [OnceLock<Regex>; 3] = [const { OnceLock::new() }; 3];

/// A pre-tokenizer, known by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scheme {
    /// GPT-2.
    Gpt2,
    /// Digits alone, then GPT-2 in what is between them.
    Smollm,
    /// Llama 3.
    Llama3,
    /// Qwen2 to Qwen3, after normalisation to NFC.
    Qwen2,
}

impl Scheme {
    /// By the name that GGUF files use (`tokenizer.ggml.pre`).
    pub(super) fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "gpt-2" | "gpt2" => Scheme::Gpt2,
            "smollm" => Scheme::Smollm,
            "llama-bpe" | "llama3" | "llama-v3" => Scheme::Llama3,
            "qwen2" => Scheme::Qwen2,
            _ => return None,
        })
    }

    /// By its published regular expression.
    pub(super) fn with_pattern(pattern: &str) -> Option<Scheme> {
        [Scheme::Gpt2, Scheme::Llama3, Scheme::Qwen2]
            .into_iter()
            .find(|s| s.pattern() == pattern)
    }

    fn pattern(self) -> &'static str {
        match self {
            Scheme::Gpt2 | Scheme::Smollm => GPT2,
            Scheme::Llama3 => LLAMA3,
            Scheme::Qwen2 => QWEN2,
        }
    }
}

/// A scheme ready for use.
pub(super) struct Splitter {
    scheme: Scheme,
    word: &'static Regex, // a clone would fill tables of its own
}

impl Splitter {
    pub(super) fn new(scheme: Scheme) -> Result<Splitter, LoadError> {
        let cell = match scheme {
            Scheme::Gpt2 | Scheme::Smollm => &WORDS[0],
            Scheme::Llama3 => &WORDS[1],
            Scheme::Qwen2 => &WORDS[2],
        };
        if let Some(word) = cell.get() {
            return Ok(Splitter { scheme, word });
        }
        let pattern = scheme.pattern().replace(LOOK_AHEAD, r"\s+");
        let word = Regex::new(&pattern)
            .map_err(|error| LoadError::invalid("the pre-tokenizer", error, "a valid pattern"))?;
        let word = cell.get_or_init(|| word);
        Ok(Splitter { scheme, word })
    }

    /// Whether text is brought to Unicode's form NFC first.
    pub(super) fn normalizes(&self) -> bool {
        self.scheme == Scheme::Qwen2
    }

    /// Whether a word that is in the vocabulary as a whole is taken without trying merges.
    pub(super) fn takes_whole_words(&self) -> bool {
        self.scheme == Scheme::Llama3
    }

    /// Calls `take` with each word in order; the words are the text again.
    pub(super) fn for_each_word(&self, text: &str, take: &mut dyn FnMut(&str)) {
        if self.scheme != Scheme::Smollm {
            return self.for_each_match(text, take);
        }
        for part in text.split_inclusive(char::is_numeric) {
            let digit = part
                .char_indices()
                .next_back()
                .filter(|(_, last)| last.is_numeric());
            let (before, digit) = part.split_at(digit.map_or(part.len(), |(start, _)| start));
            self.for_each_match(before, take);
            if !digit.is_empty() {
                take(digit);
            }
        }
    }

    fn for_each_match(&self, text: &str, take: &mut dyn FnMut(&str)) {
        let mut start = 0;
        while let Some(found) = self.word.find_at(text, start) {
            if start < found.start() {
                take(&text[start..found.start()]);
            }
            let end = self.end_of_word(text, found.range());
            take(&text[found.start()..end]);
            start = end;
        }
        if start < text.len() {
            take(&text[start..]);
        }
    }

    /// Applies `(?!\S)`: blanks before a word leave it the last of them.
    fn end_of_word(&self, text: &str, found: std::ops::Range<usize>) -> usize {
        let word = &text[found.clone()];
        let Some((last_start, last)) = word.char_indices().next_back() else {
            return found.end;
        };
        let ends_line = self.scheme != Scheme::Gpt2
            && self.scheme != Scheme::Smollm
            && matches!(last, '\r' | '\n');
        let is_run = last_start != 0 && last.is_whitespace() && !ends_line;
        match is_run && found.end < text.len() {
            true => found.start + last_start,
            false => found.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Splitter};

    fn words(scheme: Scheme, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        Splitter::new(scheme)
            .unwrap()
            .for_each_word(text, &mut |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn blanks_leave_their_last_to_the_word() {
        assert_eq!(words(Scheme::Qwen2, "a   b  "), ["a", "  ", " b", "  "]);
        assert_eq!(
            words(Scheme::Qwen2, "a!\n\n b12"),
            ["a", "!\n\n", " b", "1", "2"]
        );
        assert_eq!(
            words(Scheme::Qwen2, "x \n \n  y"),
            ["x", " \n \n", " ", " y"]
        );
        assert_eq!(
            words(Scheme::Gpt2, "a!\n\nb's 12"),
            ["a", "!", "\n", "\n", "b", "'s", " 12"]
        );
    }

    #[test]
    fn digits_stand_alone() {
        assert_eq!(
            words(Scheme::Smollm, "a  12 b"),
            ["a", "  ", "1", "2", " b"]
        );
        assert_eq!(words(Scheme::Llama3, "1234567"), ["123", "456", "7"]);
        assert_eq!(words(Scheme::Smollm, ""), [""; 0]);
    }

    #[test]
    fn only_published_patterns_are_known() {
        assert_eq!(Scheme::with_pattern(super::QWEN2), Some(Scheme::Qwen2));
        assert_eq!(Scheme::with_pattern(r"(a+)+$"), None);
        assert_eq!(Scheme::named("falcon"), None);
    }
}
