//! What a question asks, word by word, and how much of that a text says: in itself, in what means the same, or by a sign of it,
//! as money is one of a price.

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
        asked: "钱 元 块 价格 price cost",
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

/// What shows that a text speaks of money.
const MONEY: &[&str] = &[
    "元", "块", "费", "%", "％", "eur", "usd", "€", "$", "¥", "£", "free", "price", "paid",
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
/// Chinese letters that count.
const COUNTING: &str = "零一二两三四五六七八九十百千万亿半";
/// Letters of an English word that longer ones may begin with.
const BEGINNING: usize = 5;
/// English words that count.
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "half", "once", "twice",
];
/// Letters with which units begin.
const UNITS: &str =
    "支张把本台辆次周月年时分秒小天日人名位级楼层米平升克斤吨页份种盏副块元站间道门";
/// Words that bound what is asked and say nothing of it.
const BOUNDS: &[&str] = &["之内", "以内", "的话", "一次"];

/// Whether a text, under these `columns`, can answer a question of this kind: who asks for a price is not answered without
/// money, who asks how many not without a number, and who asks how many days not by a number of anything else.
pub fn fits(question: &str, text: &str, columns: &str) -> bool {
    match asks_for(question) {
        Kind::Money => has_number(text) && (has_money(text) || has_money(columns)),
        Kind::Number => match unit(question) {
            Some(unit) => has_number_of(text, unit) || has_number(text) && columns.contains(unit),
            None => has_number(text),
        },
        Kind::Person | Kind::Anything => true,
    }
}

/// Whether an answer names nobody but whom the question names: that a manager is the manager says nothing.
pub fn echoes(question: &str, answer: &str) -> bool {
    asks_for(question) == Kind::Person && word_set(answer).is_subset(&word_set(question))
}

/// Whether a letter begins a unit.
pub(crate) fn is_unit(letter: char) -> bool {
    UNITS.contains(letter)
}

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
            let mut letters = word.chars().filter(|letter| !is_stop_word(*letter));
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

/// What kind of thing a question asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Money,
    Number,
    Person,
    Anything,
}

fn asks_for(question: &str) -> Kind {
    let has = |words: &[&str]| has_any(question, words);
    match () {
        () if has(&["多少钱", "多少元", "价格", "price", "cost"]) => Kind::Money,
        () if has(&["how much"]) && !asks_how_much_of(question) => Kind::Money,
        () if has(&["多少", "how many", "how much", "几点"]) || unit(question).is_some() => {
            Kind::Number
        }
        () if question.contains('谁') || has_word(question, &["who", "whom", "whose"]) => {
            Kind::Person
        }
        () => Kind::Anything,
    }
}

/// Whether "how much" is asked of a thing, as of notice or time, and not for a price.
fn asks_how_much_of(question: &str) -> bool {
    let question = question.to_lowercase();
    let after = question.split_once("how much").map(|(_, after)| after);
    let next = after.and_then(|after| after.split_whitespace().next());
    next.is_some_and(|next| !words(next).is_empty() && !["money", "cost"].contains(&next))
}

/// The letter with which the unit begins whose number is asked for.
fn unit(question: &str) -> Option<char> {
    let counted = |asks| {
        let (before, counted) = question.split_once(asks)?;
        (!before.ends_with('哪')).then_some(counted) // which ones, not how many
    };
    let counted = counted("多少").or_else(|| counted("几"))?.trim_start();
    let counted = counted.strip_prefix('个').unwrap_or(counted);
    counted.chars().next().filter(|letter| is_unit(*letter))
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

/// Whether a word is no more than the unit whose number is asked for, which `fits` looks at.
fn is_counted(question: &str, word: &str) -> bool {
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

fn has_number(text: &str) -> bool {
    text.contains(is_counting) || has_word(text, NUMBERS)
}

/// Whether a number of this unit is in a text.
fn has_number_of(text: &str, unit: char) -> bool {
    text.match_indices(|letter| letter == unit || unit == '天' && letter == '日')
        .any(|(at, _)| {
            let before = text[..at].trim_end();
            before
                .strip_suffix('个')
                .unwrap_or(before)
                .trim_end()
                .ends_with(is_counting)
        })
}

fn is_counting(letter: char) -> bool {
    letter.is_numeric() || COUNTING.contains(letter)
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

fn has_money(text: &str) -> bool {
    has_any(text, MONEY)
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Whether one of these English words is in a text.
fn has_word(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    let mut all = text.split(|letter: char| !letter.is_ascii_alphabetic());
    all.any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, fitting: &str, other: &str) {
        assert!(fits(question, fitting, ""), "{question} {fitting}");
        assert!(!fits(question, other, ""), "{question} {other}");
    }

    #[test]
    fn a_number_of_something_else_is_no_answer() {
        check("病假要交多少钱？", "按 70% 发放。", "产假 158 天。");
        check("病假多少天？", "病假 5 日。", "病假 2 次。");
        check("画室有几个人？", "共 12 个人。", "在三楼，见人事部。");
        check("画室在几楼？", "画室在三楼。", "画室有 12 个人。");
        check("How many pages?", "It has ten.", "It has content.");
        assert!(fits("签字笔多少支？", "签字笔 6", "限量（支）"));
        assert!(fits("画室周几开？哪几天？", "周二、周四", ""));
        check("How much notice is needed?", "Two weeks.", "It is needed.");
        check("How much is it?", "It is 5 EUR.", "It is 5 kg.");
        assert!(fits("Who knows?", "Ask your manager.", "") && fits("几点开门？", "8:30", ""));
    }

    #[test]
    fn a_person_that_the_question_names_is_no_answer() {
        assert!(echoes("仓库管理员是谁？", "仓库管理员是仓库管理员。"));
        assert!(!echoes("仓库管理员是谁？", "老王。") && !echoes("Why?", "Why."));
    }

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
        check_said("", "", 0.0);
    }
}
