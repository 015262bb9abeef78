//! Questions that are answered by yes or no.

use crate::sought::{has_any, has_word};

/// English words with which such questions begin.
const BEGINNINGS: &[&str] = &[
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "must",
    "shall", "should", "was", "were", "will", "would",
];
/// Chinese ends of such questions.
const ENDS: &[&str] = &["吗", "么", "没有", "不行"];
/// Chinese words that ask so.
const WORDS: &[&str] = &["是否", "能否", "可否", "有无"];

/// Chinese words that decide such questions.
const VERDICTS: &[&str] = &["不", "可", "能", "须", "禁止", "无效", "允许", "应当"];
/// English ones.
const ENGLISH_VERDICTS: &[&str] = &[
    "not", "no", "never", "may", "must", "can", "cannot", "only", "required", "allowed", "free",
    "excluded", "covered", "without",
];

/// Chinese letters that deny.
const DENIALS: &[&str] = &["不", "没", "无", "未", "勿", "禁", "n't", "n’t"];
/// English words that do.
const ENGLISH_DENIALS: &[&str] = &[
    "not",
    "no",
    "never",
    "none",
    "nobody",
    "nothing",
    "cannot",
    "neither",
    "nor",
    "forbidden",
    "prohibited",
    "without",
];

/// Whether a question asks whether something is so.
pub fn asks_whether(question: &str) -> bool {
    let question = question.trim().to_lowercase();
    let first = question.split(|letter: char| !letter.is_ascii_alphabetic());
    let is_english = first.take(1).any(|first| BEGINNINGS.contains(&first));
    let end = question.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let is_ended = ENDS.iter().any(|one| end.ends_with(one))
        && !end.ends_with("什么")
        && !end.ends_with("怎么");
    is_english || is_ended || has_any(&question, WORDS) || has_choice(&question)
}

/// Whether a text says what may be, must be or is not.
pub(crate) fn says_whether(text: &str) -> bool {
    has_any(text, VERDICTS) || has_word(text, ENGLISH_VERDICTS)
}

/// Whether one of two texts denies something and the other does not: a small model drops a "no".
pub fn contradict(one: &str, other: &str) -> bool {
    let denies = |text: &str| has_any(text, DENIALS) || has_word(text, ENGLISH_DENIALS);
    denies(one) != denies(other)
}

/// Whether something and its opposite stand side by side, as in 能不能, 可不可以 and 有没有.
fn has_choice(question: &str) -> bool {
    let letters: Vec<char> = question.chars().collect();
    letters
        .windows(3)
        .any(|three| three[0] == three[2] && matches!(three[1], '不' | '没'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_denies_and_the_other_does_not_contradicts() {
        assert!(contradict("画笔可以带走。", "画笔不可以带走。"));
        assert!(contradict("No kite may fly here.", "Kites may fly here."));
        assert!(!contradict("It isn't free.", "It is not free.") && !contradict("Now.", "一次。"));
    }

    #[test]
    fn a_question_of_yes_or_no_is_told_from_others() {
        for question in [
            "手机可以用 VPN 吗？",
            "电器着火能不能用水？",
            "可不可以打印照片",
            "周末有没有班车？",
            "报销是否要发票？",
            "这样行么?",
            "Is the Desktop folder backed up?",
            "may I bring a guest?",
        ] {
            assert!(asks_whether(question), "{question}");
        }
        for question in [
            "年假有多少天？",
            "带什么？",
            "怎么打印？",
            "不知道怎么办",
            "What is the fee?",
            "Island trips?",
            "Who is it?",
            "",
        ] {
            assert!(!asks_whether(question), "{question}");
        }
    }
}
