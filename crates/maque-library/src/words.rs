//! Text to words: Chinese by jieba, other scripts by letters and digits, English ones stemmed; full width is plain width.

use crate::line_breaks::within_sentences;
use jieba_rs::Jieba;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer};
use unicode_normalization::UnicodeNormalization;

/// The dictionary takes a tenth of a second and 30 MB: who has no library never loads it.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);
static STOP_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("stop_words.txt").split_whitespace().collect());

/// Radicals that look like letters, and those letters; NFKC leaves these as they are.
static RADICALS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let radicals = "⻁⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻤⻥⻦⻨⻩⻬⻮⻰⻳";
    let letters = "虎西见角贝车长门青页风飞食马鬼鱼鸟麦黄齐齿龙龟";
    radicals.chars().zip(letters.chars()).collect()
});

/// The words of a text that say what it is about, in order.
pub fn words(text: &str) -> Vec<String> {
    let all = all_words(text).into_iter();
    all.filter(|word| !STOP_WORDS.contains(word.as_str()))
        .map(|word| stem(&word))
        .collect()
}

/// The same, each once.
pub(crate) fn word_set(text: &str) -> HashSet<String> {
    words(text).into_iter().collect()
}

/// Pairs of neighbouring Chinese letters: what matches when two texts part their words differently.
pub(crate) fn pairs(text: &str) -> Vec<String> {
    let plain = plain(text);
    let letters: Vec<char> = plain.chars().collect();
    let pairs = letters
        .windows(2)
        .filter(|pair| pair.iter().copied().all(is_chinese));
    pairs.map(|pair| pair.iter().collect()).collect()
}

/// What two spellings of one question have in common: no punctuation, width or case, and no words of politeness.
pub(crate) fn essence(text: &str) -> String {
    let plain = plain(text);
    let letters: String = plain
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let mut rest = letters.as_str();
    for polite in [
        "你好",
        "您好",
        "请问",
        "请教",
        "问一下",
        "一下",
        "我想问",
        "我想知道",
    ] {
        rest = rest.strip_prefix(polite).unwrap_or(rest);
    }
    for ending in ["呢", "呀", "啊", "谢谢", "吗"] {
        rest = rest.strip_suffix(ending).unwrap_or(rest);
    }
    match rest.is_empty() {
        true => letters,
        false => rest.to_owned(),
    }
}

/// Whether most of a text's letters are Chinese.
pub fn is_chinese_text(text: &str) -> bool {
    let n_chinese = text.chars().filter(|letter| is_chinese(*letter)).count();
    let n_latin = all_latin(text);
    n_latin <= n_chinese * 2 && 0 < n_chinese
}

/// Words of Latin letters.
fn all_latin(text: &str) -> usize {
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    words.filter(|word| !word.is_empty()).count()
}

/// Every word, in order; stop words too.
fn all_words(text: &str) -> Vec<String> {
    let plain = plain(text);
    let mut words = Vec::new();
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        let class = class(first);
        let end = rest
            .char_indices()
            .find(|(_, letter)| self::class(*letter) != class);
        let (run, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        match class {
            Class::Chinese => words.extend(
                JIEBA
                    .cut_for_search(run, true)
                    .iter()
                    .map(|token| token.word.to_owned()),
            ),
            Class::Word => words.push(run.to_owned()),
            Class::Other => {}
        }
        rest = after;
    }
    words
}

#[derive(PartialEq, Eq)]
enum Class {
    Chinese,
    Word,
    Other,
}

fn class(letter: char) -> Class {
    match letter {
        _ if is_chinese(letter) => Class::Chinese,
        _ if letter.is_alphanumeric() => Class::Word,
        _ => Class::Other,
    }
}

/// Whether a letter is one of the Chinese characters.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Whether the dictionary has a Chinese word.
pub(crate) fn is_known(word: &str) -> bool {
    JIEBA.has_word(word)
}

/// Whether a letter alone says nothing about what a text is about.
pub(crate) fn is_stop_word(letter: char) -> bool {
    STOP_WORDS.contains(letter.encode_utf8(&mut [0; 4]) as &str)
}

/// Lower case and plain width, letters for the radicals that PDF files have in their place, and no line breaks within Chinese words.
pub(crate) fn plain(text: &str) -> String {
    let text = joined(text);
    let letters = text.nfkc().flat_map(char::to_lowercase);
    letters
        .map(|letter| RADICALS.get(&letter).copied().unwrap_or(letter))
        .collect()
}

/// A text without the line breaks that stand within a sentence between Chinese letters.
fn joined(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return text.into();
    }
    let within = within_sentences(text);
    let mut letters = text.char_indices().peekable();
    let (mut joined, mut before) = (String::with_capacity(text.len()), None);
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let is_inside =
            within.contains(&at) && [before, next].into_iter().flatten().all(is_chinese);
        if !is_inside {
            joined.push(letter);
        }
        before = Some(letter);
    }
    joined.into()
}

/// English words that change within, and the words of which they are forms.
const CHANGED: &[(&str, &str)] = &[
    ("bought", "buy"),
    ("broke", "break"),
    ("broken", "break"),
    ("brought", "bring"),
    ("built", "build"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("drove", "drive"),
    ("driven", "drive"),
    ("children", "child"),
    ("feet", "foot"),
    ("forgot", "forget"),
    ("forgotten", "forget"),
    ("held", "hold"),
    ("kept", "keep"),
    ("left", "leave"),
    ("lent", "lend"),
    ("lost", "lose"),
    ("men", "man"),
    ("paid", "pay"),
    ("people", "person"),
    ("sent", "send"),
    ("sold", "sell"),
    ("spent", "spend"),
    ("stolen", "steal"),
    ("taught", "teach"),
    ("teeth", "tooth"),
    ("women", "woman"),
    ("worn", "wear"),
    ("wore", "wear"),
    ("written", "write"),
    ("wrote", "write"),
];

/// An English word without its ending; other words as they are.
fn stem(word: &str) -> String {
    if !word.is_ascii() || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word.to_owned();
    }
    let base = CHANGED.iter().find(|(form, _)| *form == word);
    let word = base.map_or(word, |(_, base)| base);
    static STEMMER: LazyLock<TextAnalyzer> = LazyLock::new(|| {
        TextAnalyzer::builder(RawTokenizer::default())
            .filter(Stemmer::new(Language::English))
            .build()
    });
    let mut stemmer = STEMMER.clone();
    let mut stream = stemmer.token_stream(word);
    match stream.advance() {
        true => stream.token().text.clone(),
        false => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_text_is_about() {
        assert_eq!(words("请问ＯＡ密码忘记了怎么办？"), ["oa", "密码", "忘记"]);
        assert_eq!(
            words("How do I claim travelling expenses?"),
            ["claim", "travel", "expens"]
        );
        assert_eq!(words("Children lost it"), words("a child losing"));
        assert_eq!(pairs("重置OA密码"), ["重置", "密码"]);
        assert_eq!(words("班组⻓、⻋间"), words("班组长、车间"));
    }

    #[test]
    fn spellings_of_one_question_are_one() {
        let one = essence("怎么重置 OA 密码？");
        for other in ["请问怎么重置OA密码呢", "怎么重置ｏａ密码"] {
            assert_eq!(essence(other), one, "{other}");
        }
        assert_ne!(essence("怎么重置 VPN 密码？"), one);
        assert!(is_chinese_text("OA 密码忘了") && !is_chinese_text("reset the OA password"));
    }
}
