//! Quotations: literal parts of a document's text, with their place; what is not literally there is none.

use crate::index::{DocumentName, PassageRecord};
use crate::passage::Passage;
use crate::sought::is_unit;
use crate::words::words;

/// A literal part of a passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotation {
    /// Its text.
    pub text: String,
    /// The document that it is of.
    pub document: DocumentName,
    /// The passage that it is in.
    pub passage: Passage,
    /// Where it begins, in characters of the document's text.
    pub start: usize,
}

impl Quotation {
    /// The quotation of these words from a passage; `None` if the passage does not say them, to the letter.
    pub fn find(source: &PassageRecord, words: &str) -> Option<Quotation> {
        let words = words.trim();
        let at = source
            .passage
            .text
            .find(words)
            .filter(|_| !words.is_empty())?;
        let n_before = source.passage.text[..at].chars().count();
        Some(Quotation {
            text: words.to_owned(),
            document: source.document.clone(),
            passage: source.passage.clone(),
            start: source.passage.start + n_before,
        })
    }

    /// Where it ends, in characters of the document's text.
    pub fn end(&self) -> usize {
        self.start + self.text.chars().count()
    }

    /// Whether it is literally at its place in the document's text.
    pub fn is_literal(&self, text: &str) -> bool {
        let literal = text.chars().skip(self.start).take(self.end() - self.start);
        literal.eq(self.text.chars())
    }
}

/// Numbers, addresses and codes of an answer that none of the sources says, or none of the same: what a reader would act upon must
/// be theirs, and 120 people are no 120 square metres.
pub fn unsupported(answer: &str, sources: &[&str]) -> Vec<String> {
    let known: Vec<Figure> = sources.iter().flat_map(|source| figures(source)).collect();
    let is_known = |figure: &Figure| {
        let of_another = |known: &Figure| match (&figure.unit, &known.unit) {
            (Some(one), Some(other)) => one.is_ascii() == other.is_ascii() && one != other,
            _ => false,
        };
        let mut same = known.iter().filter(|known| known.text == figure.text);
        same.any(|known| !of_another(known))
    };
    let unknown = figures(answer)
        .into_iter()
        .filter(|figure| !is_known(figure));
    unknown.map(|figure| figure.text).collect()
}

/// A number, an address or a code, and what it counts, where that stands behind it.
struct Figure {
    text: String,
    unit: Option<String>,
}

fn figures(text: &str) -> Vec<Figure> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "@._:/-".contains(letter);
    let (mut figures, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find(is_part) {
        let part = &rest[start..];
        let end = part.find(|letter| !is_part(letter)).unwrap_or(part.len());
        rest = &part[end..];
        let text = part[..end].trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        if text.bytes().any(|byte| byte.is_ascii_digit()) || text.contains('@') {
            let unit = if part[..end].ends_with(text) {
                unit(rest)
            } else {
                None
            };
            figures.push(Figure {
                text: text.to_lowercase(),
                unit,
            });
        }
    }
    figures
}

/// The unit with which a text begins: its first letter in Chinese, its first word in English.
fn unit(text: &str) -> Option<String> {
    let text = text.trim_start_matches(' ');
    let first = text.chars().next()?;
    if first.is_ascii_alphabetic() {
        let end = text.find(|letter: char| !letter.is_ascii_alphabetic());
        return words(&text[..end.unwrap_or(text.len())]).pop();
    }
    is_unit(first).then(|| first.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extracted::Place;

    #[test]
    fn only_what_is_literally_there_is_a_quotation() {
        let passage = Passage {
            text: "差旅报销应在三十天内提交。".to_owned(),
            start: 4,
            place: Place::default(),
            context: String::new(),
        };
        let document = DocumentName::new("f", "a.txt", None);
        let source = PassageRecord { document, passage };
        let quotation = Quotation::find(&source, "三十天内提交").expect("literal");
        assert_eq!((quotation.start, quotation.end()), (10, 16));
        assert!(quotation.is_literal("\u{1F600}前四字差旅报销应在三十天内提交。"));
        assert!(!quotation.is_literal("前四字差旅报销应在三十天内提交。"));
        assert_eq!(Quotation::find(&source, "30 天内提交"), None);
        assert_eq!(Quotation::find(&source, " "), None);
    }

    #[test]
    fn figures_must_be_those_of_the_sources() {
        let source = "Call 8001 or write to it@sparrow.cn within 30 days; the limit is ¥500.";
        assert_eq!(
            unsupported("写信到 it@sparrow.cn，30天内，上限500元", &[source]),
            Vec::<String>::new()
        );
        assert_eq!(unsupported("¥50", &[source]), ["50"]);
        assert_eq!(
            unsupported("within 45 days, hr@sparrow.cn", &[source]),
            ["45", "hr@sparrow.cn"]
        );
        let people = "The hall seats 120 people.";
        assert_eq!(unsupported("It has 120 square metres.", &[people]), ["120"]);
        assert_eq!(
            unsupported("面积是 120 平方米", &["可容纳 120 人"]),
            ["120"]
        );
        assert!(
            unsupported(
                "可坐 120人，80 元；120 seats? 120.",
                &["可坐 120 人，80。", "120"]
            )
            .is_empty()
        );
    }
}
