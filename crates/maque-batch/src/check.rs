//! What an answer must be beyond its schema: a small model keeps the form and misses the point.

use crate::sentences::sentences;
use crate::slips::sounds_like;
use crate::template::Template;
use serde::Deserialize;

/// One condition of a field of the answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// The field; within each item where the answer is a list.
    pub(crate) field: String,
    pub(crate) must: Must,
    /// What the field is compared with: text with places for the answer's fields and the row's cells.
    pub(crate) value: Option<Template>,
    /// What the row is marked with where the condition does not hold.
    pub(crate) says: String,
}

/// The conditions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Must {
    /// Hold the value.
    Contain,
    /// Not hold the value.
    LeaveOut,
    /// Be a part of the value.
    OccurIn,
    /// Be another text than the value.
    DifferFrom,
    /// Be the value with a few of its letters changed: a third of them at most, and one at least.
    BeNear,
    /// Be a character of the value and another of the same sound, as `厉→励`.
    SoundLike,
    /// Be a sentence of the value, word by word; each of them where the field is a list.
    Quote,
    /// Have an item for each sentence of the value, which begins with it.
    GoThrough,
    /// Have no figure that the value lacks: a number in digits.
    InventNoFigures,
    /// Say something: more than white space and punctuation.
    SaySomething,
    /// Be another text in each item.
    BeDistinct,
    /// Be written mostly in Chinese characters.
    BeChinese,
    /// Be written mostly in Latin letters.
    BeEnglish,
}

impl Check {
    /// What is wrong with the check itself, if anything.
    pub(crate) fn problem(&self) -> Option<String> {
        let compares = matches!(
            self.must,
            Must::Contain
                | Must::LeaveOut
                | Must::OccurIn
                | Must::DifferFrom
                | Must::BeNear
                | Must::SoundLike
                | Must::Quote
                | Must::GoThrough
                | Must::InventNoFigures
        );
        match (compares, &self.value) {
            (true, None) => Some(format!(
                "the check of {:?} needs a value to compare with",
                self.field
            )),
            (false, Some(_)) => Some(format!(
                "the check of {:?} compares with nothing; leave its value out",
                self.field
            )),
            _ => None,
        }
    }

    /// Whether an item's field passes, with the value to compare it with and the same field of the items before it.
    pub(crate) fn passes(&self, text: &str, value: &str, before: &[String]) -> bool {
        if self.must == Must::BeDistinct {
            let text = plain(text);
            return before.iter().all(|other| plain(other) != text);
        }
        self.must.holds(text, value)
    }
}

impl Must {
    fn holds(self, text: &str, value: &str) -> bool {
        let (letters, wanted) = (plain(text), plain(value));
        let (chinese, latin) = scripts(text);
        match self {
            Must::Contain => letters.contains(&wanted),
            Must::LeaveOut => wanted.is_empty() || !letters.contains(&wanted),
            Must::OccurIn => !letters.is_empty() && wanted.contains(&letters),
            Must::DifferFrom => letters != wanted,
            Must::BeNear => letters != wanted && is_near(&letters, &wanted),
            Must::SoundLike => is_slip(&letters, &wanted),
            Must::Quote => text.lines().all(|line| is_sentence(line, value)),
            Must::GoThrough => goes_through(text, &sentences(value)),
            Must::InventNoFigures => has_figures_of(text, value),
            Must::SaySomething => !letters.is_empty(),
            Must::BeDistinct => true, // a matter of all items
            Must::BeChinese => latin <= chinese && 0 < chinese,
            Must::BeEnglish => chinese == 0 && 0 < latin,
        }
    }
}

/// Whether at most a third of `value` is changed in `text`: letters put in, left out, replaced, or swapped with the next.
fn is_near(text: &str, value: &str) -> bool {
    let (n_text, n_value) = (text.chars().count(), value.chars().count());
    let n_most = (n_value / 3).max(1);
    n_text.abs_diff(n_value) <= n_most && strsim::osa_distance(text, value) <= n_most
}

/// Whether `text` is a character of `value` and another of the same sound: `厉→励`.
fn is_slip(text: &str, value: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    matches!(characters[..], [right, wrong] if value.contains(right) && sounds_like(wrong, right))
}

fn is_sentence(text: &str, value: &str) -> bool {
    let text = plain(text);
    sentences(value)
        .iter()
        .any(|sentence| plain(sentence) == text)
}

fn goes_through(text: &str, sentences: &[&str]) -> bool {
    let mut pairs = text.lines().zip(sentences);
    text.lines().count() == sentences.len()
        && pairs.all(|(line, sentence)| line.starts_with(sentence))
}

/// Whether every number that `text` has in digits is one of `value`.
fn has_figures_of(text: &str, value: &str) -> bool {
    let figures = |text| str::split(text, |c: char| !c.is_ascii_digit());
    figures(text).all(|figure| figure.is_empty() || figures(value).any(|known| known == figure))
}

/// Letters and digits in lower case: white space and punctuation make no difference.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Chinese characters and Latin letters in a text.
fn scripts(text: &str) -> (usize, usize) {
    let chinese = text
        .chars()
        .filter(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'));
    let latin = text.chars().filter(char::is_ascii_alphabetic);
    (chinese.count(), latin.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conditions of texts and values, and whether they hold.
    #[track_caller]
    fn check_all(cases: &[(Must, &str, &str, bool)]) {
        for (must, text, value, want) in cases {
            assert_eq!(must.holds(text, value), *want, "{must:?} {text} {value}");
        }
    }

    #[test]
    fn conditions_look_at_letters_only() {
        check_all(&[
            (Must::Contain, "他再三犹豫。", "再三", true),
            (Must::Contain, "他在三犹豫。", "再三", false),
            (Must::LeaveOut, "Dear Ann, thanks", "[name]", true),
            (Must::LeaveOut, "Dear [Name], thanks", "[name]", false),
            (
                Must::OccurIn,
                "床前 明月光，",
                "床前明月光，疑是地上霜。",
                true,
            ),
            (Must::OccurIn, "。", "床前明月光", false),
            (Must::DifferFrom, "他很高兴！", "他很高兴。", false),
            (Must::BeNear, "再接再励", "再接再厉", true),
            (Must::BeNear, "再接再厉。", "再接再厉", false),
            (Must::BeNear, "再接再厉", "川流不息", false),
            (Must::BeNear, "wierd", "weird", true),
            (Must::BeNear, "word", "weird", false),
            (Must::BeNear, "他写得好多了。", "他写得好得多了。", true),
            (Must::BeNear, "他写得好。", "", false),
            (Must::SaySomething, " …。", "", false),
            (Must::BeChinese, "用 Python 写的一个函数例子", "", true),
            (Must::BeChinese, "Sure, 好", "", false),
            (Must::BeEnglish, "Hello, 3 cats", "", true),
            (Must::BeEnglish, "Hello 猫", "", false),
        ]);
    }

    #[test]
    fn conditions_look_at_sentences_and_figures() {
        check_all(&[
            (Must::SoundLike, "厉→励", "再接再厉", true),
            (Must::SoundLike, "厉→厉", "再接再厉", false),
            (Must::SoundLike, "厉→好", "再接再厉", false),
            (Must::SoundLike, "理→励", "再接再厉", false),
            (
                Must::Quote,
                "夜来风雨声。",
                "春眠不觉晓。夜来风雨声。",
                true,
            ),
            (
                Must::Quote,
                "夜来风雨声。\n风雨",
                "春眠不觉晓。夜来风雨声。",
                false,
            ),
            (Must::GoThrough, "Rain. · a\nSun. · b", "Rain. Sun.", true),
            (Must::GoThrough, "Rain. · a", "Rain. Sun.", false),
            (Must::GoThrough, "Sun. · a\nRain. · b", "Rain. Sun.", false),
            (
                Must::InventNoFigures,
                "It is at 2 pm.",
                "2 pm, 15 May",
                true,
            ),
            (
                Must::InventNoFigures,
                "It is at 5 pm.",
                "2 pm, 15 May",
                false,
            ),
        ]);
    }

    #[test]
    fn items_are_told_apart() {
        let check = Check {
            field: "t".into(),
            must: Must::BeDistinct,
            value: None,
            says: String::new(),
        };
        let before = ["a".to_owned(), "b".to_owned()];
        assert!(check.passes("c", "", &before));
        assert!(!check.passes("A.", "", &before));
    }
}
