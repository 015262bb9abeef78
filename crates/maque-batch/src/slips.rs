//! Words as people miswrite them: what an answer is held to where a check asks for one.

use pinyin::{Pinyin, ToPinyin};

/// Longer words have too many slips to list.
const MAX_LETTERS: usize = 20;

const VOWELS: &str = "aeiou";

/// Endings that sound alike.
const ENDINGS: [(&str, &str); 15] = [
    ("ndent", "ndant"),
    ("stent", "stant"),
    ("rrent", "rrant"),
    ("vant", "vent"),
    ("ence", "ance"),
    ("ance", "ence"),
    ("able", "ible"),
    ("ible", "able"),
    ("ately", "atly"),
    ("itely", "ately"),
    ("ful", "full"),
    ("ery", "ary"),
    ("ary", "ery"),
    ("or", "er"),
    ("il", "ill"),
];

/// Letters that are heard as fewer, or in another order.
const CLUSTERS: [(&str, &str); 14] = [
    ("ie", "ei"),
    ("ei", "ie"),
    ("eau", "eu"),
    ("au", "ua"),
    ("nm", "m"),
    ("dn", "n"),
    ("sc", "s"),
    ("cq", "q"),
    ("wh", "w"),
    ("gh", "g"),
    ("kn", "n"),
    ("rh", "r"),
    ("ui", "iu"),
    ("ua", "au"),
];

/// Each character of a word and a common one of the same sound and tone: `厉→励`; none where it has no such characters.
pub(crate) fn of_sound(word: &str) -> Vec<String> {
    if MAX_LETTERS < word.chars().count() {
        return Vec::new();
    }
    let slips = word.chars().flat_map(|right| {
        let wrong = common().filter(move |wrong| sounds_like(*wrong, right));
        wrong.map(move |wrong| format!("{right}→{wrong}"))
    });
    slips.collect()
}

/// Whether two characters that differ have the same sound and tone.
pub(crate) fn sounds_like(a: char, b: char) -> bool {
    let sound = |c: char| c.to_pinyin().map(Pinyin::with_tone);
    a != b && sound(a).is_some() && sound(a) == sound(b)
}

/// The 3,755 common characters: level 1 of GB 2312.
fn common() -> impl Iterator<Item = char> {
    let codes = (0xB0..=0xD7).flat_map(|row| (0xA1..=0xFE).map(move |column| [row, column]));
    codes.filter_map(|code| {
        let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&code)?;
        text.chars().next()
    })
}

/// An English word with a doubled letter written once, letters swapped or left out that are not heard, or an ending that sounds
/// alike; where it has none of these, with another vowel within, or a consonant doubled. None for what is no such word.
pub(crate) fn of_spelling(word: &str) -> Vec<String> {
    let is_word = word.bytes().all(|letter| letter.is_ascii_lowercase());
    if !is_word || !(4..=MAX_LETTERS).contains(&word.len()) {
        return Vec::new();
    }
    let heard = endings(word).chain(clusters(word)).chain(singles(word));
    let mut slips: Vec<String> = heard.collect();
    if slips.is_empty() {
        slips = vowels(word).collect();
    }
    if slips.is_empty() {
        slips = doubles(word).collect();
    }
    slips.sort();
    slips.dedup();
    slips
}

fn endings(word: &str) -> impl Iterator<Item = String> {
    let ended = |(from, to): (&str, &str)| Some(format!("{}{to}", word.strip_suffix(from)?));
    ENDINGS.into_iter().filter_map(ended)
}

fn clusters(word: &str) -> impl Iterator<Item = String> {
    CLUSTERS.into_iter().flat_map(move |(from, to)| {
        let places = word.match_indices(from);
        places.map(move |(at, _)| replaced(word, at, from.len(), to))
    })
}

/// Doubled letters written once.
fn singles(word: &str) -> impl Iterator<Item = String> {
    let is_double = |at: &usize| word.as_bytes()[*at] == word.as_bytes()[at - 1];
    let doubles = (1..word.len()).filter(is_double);
    doubles.map(|at| replaced(word, at, 1, ""))
}

/// A consonant between vowels doubled.
fn doubles(word: &str) -> impl Iterator<Item = String> {
    let inner = (1..word.len() - 1).filter(|at| {
        "cflmnprst".contains(letter(word, *at)) && is_vowel(word, at - 1) && is_vowel(word, at + 1)
    });
    inner.map(|at| replaced(word, at, 0, &word[at..=at]))
}

/// A single vowel between consonants as another, from the second syllable on.
fn vowels(word: &str) -> impl Iterator<Item = String> {
    let first = word.find(|c| VOWELS.contains(c)).unwrap_or(word.len());
    let inner = (first + 1..word.len() - 1)
        .filter(|at| is_vowel(word, *at) && !is_vowel(word, at - 1) && !is_vowel(word, at + 1));
    inner.flat_map(move |at| {
        let alike = match letter(word, at) {
            'a' => "e",
            'e' | 'i' => "ea",
            'o' => "a",
            _ => "o",
        };
        let others = alike
            .chars()
            .filter(move |other| *other != letter(word, at));
        others.map(move |other| replaced(word, at, 1, other.encode_utf8(&mut [0; 4])))
    })
}

fn letter(word: &str, at: usize) -> char {
    char::from(word.as_bytes()[at])
}

fn is_vowel(word: &str, at: usize) -> bool {
    VOWELS.contains(letter(word, at))
}

fn replaced(word: &str, at: usize, n: usize, to: &str) -> String {
    format!("{}{to}{}", &word[..at], &word[at + n..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_those_that_people_make() {
        let slips = of_sound("再接再厉");
        assert!(slips.iter().any(|slip| slip == "厉→励"), "{slips:?}");
        assert!(!slips.iter().any(|slip| slip == "厉→厉" || slip == "厉→梨"));
        for (word, wanted) in [
            ("separate", "seperate"),
            ("definitely", "definately"),
            ("receive", "recieve"),
            ("necessary", "necesary"),
            ("because", "becuase"),
            ("tomorrow", "tomorow"),
            ("government", "goverment"),
            ("beautiful", "beutiful"),
            ("until", "untill"),
        ] {
            let slips = of_spelling(word);
            assert!(
                slips.iter().any(|slip| slip == wanted),
                "{wanted}: {slips:?}"
            );
            assert!(slips.iter().all(|slip| slip != word), "{word}");
        }
        for nothing in ["", "no", "two words", "它", "DNA", "éclair"] {
            assert_eq!(of_spelling(nothing), Vec::<String>::new(), "{nothing}");
        }
        assert_eq!(of_sound("abc"), Vec::<String>::new());
        assert_eq!(of_sound(&"再".repeat(1000)), Vec::<String>::new());
    }
}
