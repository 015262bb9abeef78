//! Which sentences of the passages answer a question, or say what an answer says.

use crate::asked::Asked;
use crate::index::above;
use crate::quotation::Quotation;
use crate::search::Hit;
use crate::sentences::sentences;
use crate::sought::fits;
use crate::whether::{asks_whether, says_whether};
use crate::words::word_set;
use std::collections::HashSet;

/// A figure says more than a word.
const FIGURE: f32 = 2.0;
/// How much the question counts beside the answer.
const QUESTION: f32 = 0.4;
/// A further sentence is quoted if it says so much that the earlier ones do not.
const ADDS: f32 = 0.25;

/// A sentence answers that says more than so much of what is asked: of five words none may be missing, of six one. Chosen on the
/// near misses and answerable questions of `tests/library`.
const ENOUGH: f32 = 0.8;

/// Quotations of the sentences that say most of what `answer` says to `question`, at most `n`; literal, best first.
pub fn support(question: &str, answer: &str, hits: &[Hit], n: usize) -> Vec<Quotation> {
    let (asked, mut open) = (word_set(question), word_set(answer));
    let all = weight(&open).max(1.0);
    let mut candidates: Vec<Quotation> = hits.iter().flat_map(quotable).collect();
    let mut chosen: Vec<Quotation> = Vec::new();
    while chosen.len() < n {
        let gain = |quotation: &Quotation| {
            let said = word_set(&quotation.text);
            let around = word_set(&format!(
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
        let said = word_set(&quotation.text);
        open.retain(|word| !said.contains(word));
        chosen.push(quotation);
    }
    chosen
}

/// What of a passage can be quoted: a row whole, a text sentence by sentence, no heading.
pub fn quotable(hit: &Hit) -> Vec<Quotation> {
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

/// The sentence that says most of what is asked, of those that are of the right kind, if any is; of equal ones, where it is asked
/// whether something is so, one that says so or not.
pub fn closest(question: &str, hits: &[Hit]) -> Option<Quotation> {
    let asked = Asked::of(question);
    let is_whether = asks_whether(question);
    let rank = |quotation: &Quotation| {
        let decides = is_whether && says_whether(&quotation.text);
        (
            is_of_kind(question, quotation),
            said(&asked, quotation),
            decides,
        )
    };
    let candidates = hits.iter().flat_map(quotable).map(|one| (rank(&one), one));
    let best = candidates.reduce(|best, other| if best.0 < other.0 { other } else { best });
    best.map(|(_, quotation)| quotation)
}

/// Whether a sentence, with what stands above it, can answer: it is of the kind that is asked for, and says what is asked. A thing
/// and a figure in one sentence are no answer to what the thing weighs.
pub fn answers(question: &str, quotation: &Quotation) -> bool {
    is_of_kind(question, quotation) && ENOUGH < said(&Asked::of(question), quotation)
}

fn is_of_kind(question: &str, quotation: &Quotation) -> bool {
    fits(question, &quotation.text, &quotation.passage.context)
}

/// How much of what is asked a quotation says, with what stands above it.
fn said(asked: &Asked, quotation: &Quotation) -> f32 {
    let above = above(&quotation.document, &quotation.passage);
    asked.said(&format!("{above}\n{}", quotation.text))
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
        let found = support("产假多少天？", "", &hits, 1);
        assert_eq!(found[0].text, "产假 158 天。");
    }

    #[track_caller]
    fn check(question: &str, text: &str, is_answer: bool) {
        let quotation = closest(question, &[hit("另一句。"), hit(text)]).expect("a sentence");
        assert_eq!(
            answers(question, &quotation),
            is_answer,
            "{question} {quotation:?}"
        );
    }

    #[test]
    fn a_sentence_without_what_is_asked_is_no_answer() {
        let fine = "通道堆物者罚款 200 元。";
        check("通道堆物罚款多少？", fine, true);
        check("印章多少钱一个？", fine, false);
        check("病假印章由谁保管？", "印章由专人保管。", true);
        check("印章有多少个？", "印章由专人保管。", false);
        check("访客由谁陪同？", "访客由仓库管理员陪同。", true);
        check("考勤系统的管理员是谁？", "访客由仓库管理员陪同。", false);
        check("画室的面积是多少？", "画室可容纳 120 人。", false);
        check(
            "What does the kite weigh?",
            "The kite costs 349 EUR.",
            false,
        );
        let both = hit("画笔在楼下领。画笔不外借。");
        let closest = closest("画笔可以带走吗？", &[both]).expect("a sentence");
        assert_eq!(closest.text, "画笔不外借。");
        check("What does the kite cost?", "The kite is 349 EUR.", true);
    }
}
