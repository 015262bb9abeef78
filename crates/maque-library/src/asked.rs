//! What a question asks, word by word, and how much of that a text says: in itself, in what means the same, or by a sign of it,
//! as money is one of a price.

use crate::sought::{has_any, has_money, has_number, is_unit};
use crate::synonyms::meanings;
use crate::words::{is_known, is_stop_word, plain, word_set, words};
use std::collections::HashSet;

/// What shows a word that is asked for in a text that does not say it.
struct Sign {
    asked: &'static str,
    is_in: fn(&str) -> bool,
}

const SIGNS: &[Sign] = &[
    Sign {
        asked: "钱 元 块 价格 收费 price cost",
        is_in: has_money,
    },
    Sign {
        asked: "比例 百分 百分比 percentage",
        is_in: |text| has_any(text, &["%", "％"]),
    },
    Sign {
        asked: "时间 长时间 多长时间 几点 早 晚 time date day often soon fast quickly early late",
        is_in: |text| has_any(text, TIMES) || has_ordinal(text),
    },
    Sign {
        asked: "large big",
        is_in: has_number,
    },
    Sign {
        asked: "颜色 colour color",
        is_in: |text| has_any(text, COLOURS),
    },
    Sign {
        asked: "邮箱 email",
        is_in: |text| text.contains('@'),
    },
];

/// What shows that a text speaks of a time.
const TIMES: &[&str] = &[
    "天", "日", "周", "月", "年", "小时", "分钟", "秒", "每", ":", "day", "week", "month", "year",
    "hour", "minute", "second", "every", "daily",
];

/// What shows that a text speaks of a colour.
const COLOURS: &[&str] = &[
    "红", "橙", "黄", "绿", "蓝", "紫", "黑", "白", "灰", "棕", "red", "orange", "yellow", "green",
    "blue", "purple", "black", "white", "grey", "gray", "pink", "brown",
];

/// Letters of an English word that longer ones may begin with.
const BEGINNING: usize = 5;

/// Words that bound what is asked, or only ask it (不能 of 能不能), and say nothing of it.
const BOUNDS: &[&str] = &[
    "之内",
    "以内",
    "的话",
    "一次",
    "不能",
    "是不是",
    "有没有",
    "能否",
    "是否",
    "可否",
];

/// What a question asks.
pub(crate) struct Asked {
    things: Vec<Thing>,
}

/// A word of it, and what else says it.
struct Thing {
    word: String,
    others: Vec<Vec<String>>,
    sign: Option<&'static Sign>,
    /// The other words of the question that make it up.
    parts: Vec<String>,
}

impl Asked {
    pub(crate) fn of(question: &str) -> Asked {
        let question = plain(question);
        let mut all = words(&question);
        let meanings = meanings(&all);
        all.sort_unstable();
        all.dedup();
        let asked = all
            .iter()
            .filter(|word| !is_counted(&question, word) && !BOUNDS.contains(&word.as_str()))
            .cloned();
        let thing = |word: String| {
            let means = meanings
                .iter()
                .filter(|meaning| meaning.said.contains(&word));
            Thing {
                others: means.flat_map(|meaning| meaning.others.clone()).collect(),
                sign: SIGNS.iter().find(|sign| words(sign.asked).contains(&word)),
                parts: parts(&word, &all),
                word,
            }
        };
        Asked {
            things: asked.map(thing).collect(),
        }
    }

    /// How much of it a text says, from 0 to 1.
    pub(crate) fn said(&self, text: &str) -> f32 {
        let text = Text::new(text);
        let (said, others): (Vec<&Thing>, Vec<&Thing>) =
            self.things.iter().partition(|thing| text.says(thing));
        let is_said = |part: &String| said.iter().any(|thing| thing.word == *part);
        let is_made = |thing: &&&Thing| !thing.parts.is_empty() && thing.parts.iter().all(is_said);
        let n_made = others.iter().filter(is_made).count();
        (said.len() + n_made) as f32 / self.things.len().max(1) as f32
    }
}

/// A text that may say what is asked.
struct Text {
    plain: String,
    words: HashSet<String>,
}

impl Text {
    fn new(text: &str) -> Text {
        Text {
            plain: plain(text),
            words: word_set(text),
        }
    }

    fn says(&self, thing: &Thing) -> bool {
        let has = |word: &String| self.words.contains(word);
        has(&thing.word)
            || thing.others.iter().any(|other| other.iter().all(has))
            || thing.sign.is_some_and(|sign| (sign.is_in)(&self.plain))
            || match thing.word.is_ascii() {
                true => self.begins(&thing.word),
                false => self.spells(&thing.word),
            }
    }

    /// Whether a word begins with an English one, as coverage with cover; short ones begin too many.
    fn begins(&self, word: &str) -> bool {
        BEGINNING <= word.len() && self.words.iter().any(|other| other.starts_with(word))
    }

    /// Whether a Chinese word's letters stand in order, and near each other: 公务车 in 公务用车. What is in no dictionary was
    /// parted by chance, and counts letter by letter.
    fn spells(&self, word: &str) -> bool {
        if !is_known(word) {
            let says = |letter: &char| !is_stop_word(*letter) && !is_unit(*letter);
            let mut letters = word.chars().filter(says);
            return letters.all(|letter| self.plain.contains(letter));
        }
        let n = word.chars().count();
        let first = word.chars().next();
        let mut starts = self
            .plain
            .char_indices()
            .filter(|(_, one)| Some(*one) == first);
        starts.any(|(at, _)| {
            let mut near = self.plain[at..].chars().take(2 * n);
            word.chars().all(|letter| near.any(|one| one == letter))
        })
    }
}

/// The others of these words that make up a Chinese one, if they do: 午餐时间 is said where 午餐 and 时间 are.
fn parts(word: &str, all: &[String]) -> Vec<String> {
    let is_part = |part: &&String| *part != word && word.contains(part.as_str());
    let parts: Vec<String> = all.iter().filter(is_part).cloned().collect();
    let without = |rest: String, part: &String| rest.replace(part.as_str(), "");
    let rest = parts.iter().fold(word.to_owned(), without);
    match rest.chars().all(is_stop_word) {
        true => parts,
        false => Vec::new(),
    }
}

/// Whether a word is no more than the unit whose number is asked for, which `fits` looks at, or than one with 那 or 这.
fn is_counted(question: &str, word: &str) -> bool {
    if let [first, unit] = word.chars().collect::<Vec<char>>()[..]
        && "那这".contains(first)
        && is_unit(unit)
    {
        return true;
    }
    let of = word.trim_start_matches('哪').trim_start_matches('几');
    if of.is_empty() {
        return true;
    }
    let asks = ["多少", "几", "多少个", "几个"];
    of.starts_with(is_unit)
        && asks
            .iter()
            .any(|asks| question.contains(&format!("{asks}{of}")))
}

/// Whether a text has a day as it is written in English dates: 25th.
fn has_ordinal(text: &str) -> bool {
    let endings = ["st", "nd", "rd", "th"];
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| {
        let ending = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
        ending.len() < word.len() && endings.contains(&ending)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_said(question: &str, text: &str, share: f32) {
        assert_eq!(Asked::of(question).said(text), share, "{question} {text}");
    }

    #[test]
    fn what_is_asked_is_said_in_itself_or_by_its_sign() {
        check_said("画室的面积是多少？", "画室可容纳 120 人。", 0.5);
        check_said("画室多少钱一晚？", "画室一晚 500 元。", 1.0);
        check_said("画室的门是什么颜色？", "画室的门刷成蓝的。", 1.0);
        check_said("画室的门是什么颜色？", "画室的门在东侧。", 2.0 / 3.0);
        check_said("公务车谁管？", "公务用车由老王管。", 1.0);
        check_said("安全部部长是谁？", "班组长报安全部。", 0.75);
        check_said("What does the kite weigh?", "The kite costs 349 EUR.", 0.5);
        check_said("Which colour is the kite?", "The kite is red.", 1.0);
        check_said("画室几点开？", "画室 8:30 开。", 1.0);
        check_said("那条走廊有画吗？", "走廊有画。", 1.0);
        check_said("画室那边的孩子在哪儿？", "Children.", 0.5);
        check_said("画室的午餐时间？", "画室午餐 11:30 开始。", 1.0);
        check_said("画笔放在哪里？", "画笔由老王管。", 0.5);
        check_said("画室每周哪几天开？", "画室每周二、周四开。", 1.0);
        check_said(
            "Does the warranty cover kites?",
            "Warranty coverage: kites.",
            1.0,
        );
        check_said(
            "On which day is the kite paid?",
            "The kite is paid on the 25th.",
            1.0,
        );
        check_said("电器着火能不能用水？", "电气设备着火不得用水。", 1.0);
        check_said("", "", 0.0);
    }
}
