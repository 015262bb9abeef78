//! Quotations: literal parts of a document's text, with their place; what is not literally there is none.

use crate::index::{DocumentName, PassageRecord};
use crate::passage::Passage;

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

/// Numbers, addresses and codes of an answer that none of the sources says: what a reader would act upon must be theirs.
pub fn unsupported(answer: &str, sources: &[&str]) -> Vec<String> {
    let figures = |text: &str| -> Vec<String> {
        let parts = text
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || "@._:/-".contains(letter)));
        let trimmed = parts.map(|part| {
            part.trim_matches(|letter: char| !letter.is_ascii_alphanumeric())
                .to_lowercase()
        });
        trimmed
            .filter(|part| part.bytes().any(|byte| byte.is_ascii_digit()) || part.contains('@'))
            .collect()
    };
    let known: Vec<String> = sources.iter().flat_map(|source| figures(source)).collect();
    let is_known = |figure: &String| known.contains(figure);
    figures(answer)
        .into_iter()
        .filter(|figure| !is_known(figure))
        .collect()
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
    }
}
