//! Which sentences of the passages answer a question, or say what an answer says.

use crate::quotation::Quotation;
use crate::search::Hit;
use crate::sentences::sentences;
use crate::words::words;
use std::collections::HashSet;

/// A figure says more than a word.
const FIGURE: f32 = 2.0;
/// How much the question counts beside the answer.
const QUESTION: f32 = 0.4;
/// A further sentence is quoted if it says so much that the earlier ones do not.
const ADDS: f32 = 0.25;

/// A figure answers beside more than so much of a question. Chosen on one half of `tests/library`: right answers there have 0.38.
const FIGURE_SHARE: f32 = 0.34;
/// A person answers beside more than so much of it.
const PERSON_SHARE: f32 = 0.5;

/// Quotations of the sentences that say most of what `answer` says to `question`, at most `n`; literal, best first.
pub fn support(question: &str, answer: &str, hits: &[Hit], n: usize) -> Vec<Quotation> {
    let (asked, mut open) = (set(question), set(answer));
    let all = weight(&open).max(1.0);
    let mut candidates: Vec<Quotation> = hits.iter().flat_map(quotable).collect();
    let mut chosen: Vec<Quotation> = Vec::new();
    while chosen.len() < n {
        let gain = |quotation: &Quotation| {
            let said = set(&quotation.text);
            let around = set(&format!(
                "{} {}",
                quotation.passage.place.headings.join(" "),
                quotation.passage.context
            ));
            let new = weight(&open.intersection(&said).cloned().collect()) / all;
            let near: HashSet<String> = said.union(&around).cloned().collect();
            (new, new + QUESTION * share(&asked, &near))
        };
        let gains: Vec<(f32, f32)> = candidates.iter().map(gain).collect();
        let best =
            (0..candidates.len()).max_by(|a, b| gains[*a].1.total_cmp(&gains[*b].1).then(b.cmp(a)));
        let Some(best) = best.filter(|best| chosen.is_empty() || ADDS <= gains[*best].0) else {
            break;
        };
        let quotation = candidates.swap_remove(best);
        let said = set(&quotation.text);
        open.retain(|word| !said.contains(word));
        chosen.push(quotation);
    }
    chosen
}

/// What of a passage can be quoted: a row whole, a text sentence by sentence, no heading.
fn quotable(hit: &Hit) -> Vec<Quotation> {
    let text = &hit.found.passage.text;
    if hit.found.passage.place.row.is_some() {
        return Quotation::find(&hit.found, text).into_iter().collect();
    }
    let is_heading = |sentence: &str| {
        let plain = sentence.trim_start_matches('#').trim();
        hit.found
            .passage
            .place
            .headings
            .iter()
            .any(|heading| heading == plain)
    };
    let parts = sentences(text).into_iter().map(|span| &text[span]);
    parts
        .filter(|part| !is_heading(part))
        .filter_map(|part| Quotation::find(&hit.found, part))
        .collect()
}

/// Whether a text can answer a question of this kind: who asks for a price is not answered without money, who asks how many
/// not without a number.
pub fn fits(question: &str, text: &str) -> bool {
    match asks_for(question) {
        Asked::Money => has_number(text) && has_money(text),
        Asked::Number => has_number(text),
        Asked::Person | Asked::Anything => true,
    }
}

/// Whether an answer names nobody but whom the question names: that a manager is the manager says nothing.
pub fn echoes(question: &str, answer: &str) -> bool {
    asks_for(question) == Asked::Person && set(answer).is_subset(&set(question))
}

/// Whether a sentence, with what stands `around` it, can answer: it has the figure itself, and speaks of what is asked. A figure
/// beside more than a third of the question's words may be its answer; a person only beside more than half, for another thing has
/// such a one too.
pub fn answers(question: &str, text: &str, around: &str) -> bool {
    let whole = format!("{around} {text}");
    let share = share(&set(question), &set(&whole));
    match asks_for(question) {
        Asked::Money => has_number(text) && has_money(&whole) && FIGURE_SHARE < share,
        Asked::Number => has_number(text) && FIGURE_SHARE < share,
        Asked::Person => PERSON_SHARE < share,
        Asked::Anything => true,
    }
}

/// What kind of thing a question asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Money,
    Number,
    Person,
    Anything,
}

fn asks_for(question: &str) -> Asked {
    let has = |words: &[&str]| has_any(question, words);
    let has_who = || {
        let question = question.to_lowercase();
        let mut words = question.split(|letter: char| !letter.is_ascii_alphabetic());
        words.any(|word| ["who", "whom", "whose"].contains(&word))
    };
    match () {
        () if has(&["多少钱", "多少元", "价格", "how much", "price", "cost"]) => {
            Asked::Money
        }
        () if has(&[
            "多少",
            "几天",
            "几个",
            "几次",
            "几点",
            "几小时",
            "几分钟",
            "how many",
        ]) =>
        {
            Asked::Number
        }
        () if question.contains('谁') || has_who() => Asked::Person,
        () => Asked::Anything,
    }
}

fn has_number(text: &str) -> bool {
    text.chars().any(char::is_numeric) || has_any(text, NUMBERS)
}

fn has_money(text: &str) -> bool {
    has_any(text, MONEY)
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// What shows that a text speaks of money.
const MONEY: &[&str] = &[
    "元", "块", "费", "%", "％", "eur", "usd", "€", "$", "¥", "£", "free", "price", "paid",
];
/// Numbers in words.
const NUMBERS: &[&str] = &[
    "一", "二", "两", "三", "四", "五", "六", "七", "八", "九", "十", "半", "one", "two", "three",
    "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "half", "once", "twice",
];

fn set(text: &str) -> HashSet<String> {
    words(text).into_iter().collect()
}

/// How much of what is asked is said.
fn share(asked: &HashSet<String>, said: &HashSet<String>) -> f32 {
    weight(&asked.intersection(said).cloned().collect()) / weight(asked).max(1.0)
}

fn weight(words: &HashSet<String>) -> f32 {
    let of = |word: &String| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            FIGURE
        } else {
            1.0
        }
    };
    words.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extracted::Place;
    use crate::index::{DocumentName, PassageRecord};
    use crate::passage::Passage;

    fn hit(text: &str) -> Hit {
        let place = Place {
            headings: vec!["病假".to_owned()],
            ..Place::default()
        };
        let passage = Passage {
            text: text.to_owned(),
            start: 3,
            place,
            context: String::new(),
        };
        Hit {
            found: PassageRecord {
                document: DocumentName::new("f", "a.md", None),
                passage,
            },
            score: 1.0,
            coverage: 1.0,
        }
    }

    #[test]
    fn the_sentence_that_says_the_answer_is_quoted() {
        let hits = [
            hit(
                "# 病假\n病假须提供诊断证明。病假期间按基本工资的 70% 发放，全年累计不超过 30 天。",
            ),
            hit("产假 158 天。"),
        ];
        let found = support("病假工资发多少？", "按基本工资的 70% 发放。", &hits, 3);
        let texts: Vec<&str> = found
            .iter()
            .map(|quotation| quotation.text.as_str())
            .collect();
        assert_eq!(
            texts,
            ["病假期间按基本工资的 70% 发放，全年累计不超过 30 天。"]
        );
        assert!(fits("病假多少天？", &found[0].text) && !fits("病假要交多少钱？", "产假 158 天。"));
        assert!(
            !fits("How many days?", "Ask your manager.") && fits("Who knows?", "Ask your manager.")
        );
        let found = support("产假多少天？", "", &hits, 1);
        assert_eq!(found[0].text, "产假 158 天。");
    }

    #[test]
    fn a_figure_or_a_person_of_something_else_is_no_answer() {
        let fine = "通道堆物者罚款 200 元。";
        assert!(answers("通道堆物罚款多少？", fine, "设施"));
        assert!(!answers("印章多少钱一个？", fine, "设施"));
        assert!(!answers("印章有多少个？", "印章由专人保管。", "第二章"));
        assert!(answers("画室每晚多少元？", "画室 500", "每晚上限（元）"));
        let text = "访客由仓库管理员陪同。";
        assert!(answers("访客由谁陪同？", text, ""));
        assert!(!answers("考勤系统的管理员是谁？", text, "门禁"));
        assert!(!answers(
            "Who runs the payroll?",
            "The warehouse manager runs it.",
            ""
        ));
        assert!(answers("Whoever?", "Nobody.", ""));
        assert!(echoes("仓库管理员是谁？", "仓库管理员是仓库管理员。"));
        assert!(!echoes("仓库管理员是谁？", "老王。") && !echoes("Why?", "Why."));
    }
}
