//! A document's blocks to passages: what is searched, shown and quoted from.

use crate::extracted::{Block, BlockKind, Extracted, Place};
use crate::sentences::sentences;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How much a passage holds, in Chinese letters; about three letters of other scripts count as one.
const TARGET: usize = 240;
/// What is longer is parted at its sentences.
const LIMIT: usize = 400;

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Its text, a literal part of the document's.
    pub text: String,
    /// Where it begins, in characters of the document's text.
    pub start: usize,
    /// Where it stands.
    pub place: Place,
    /// What is known of it beside its text: the columns' names of a row.
    pub context: String,
}

impl Passage {
    /// Where it ends, in characters of the document's text.
    pub fn end(&self) -> usize {
        self.start + self.text.chars().count()
    }
}

/// The passages of a document.
pub(crate) fn passages(extracted: &Extracted) -> Vec<Passage> {
    let text = &extracted.text;
    let mut spans: Vec<(Range<usize>, &Block)> = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for block in &extracted.blocks {
        open = match open {
            Some(open) if open.takes(block, text) => Some(open.with(block)),
            Some(open) => {
                spans.push((open.span, open.block));
                Some(Open::new(block))
            }
            None => Some(Open::new(block)),
        };
    }
    spans.extend(open.map(|open| (open.span, open.block)));
    let mut counted = Counted::new(text);
    let parts = spans.into_iter().flat_map(|(span, block)| {
        parted(text, span)
            .into_iter()
            .map(move |span| (span, block))
    });
    let passage = |(span, block): (Range<usize>, &Block)| Passage {
        text: text[span.clone()].to_owned(),
        start: counted.at(span.start),
        place: block.place.clone(),
        context: block.context.clone(),
    };
    parts.map(passage).collect()
}

/// A passage that may go on.
struct Open<'a> {
    span: Range<usize>,
    /// The last block; its place is the passage's.
    block: &'a Block,
}

impl<'a> Open<'a> {
    fn new(block: &'a Block) -> Open<'a> {
        Open {
            span: block.span.clone(),
            block,
        }
    }

    /// Whether `block` belongs to it: a heading takes what follows, a section goes on until it is long enough.
    fn takes(&self, block: &Block, text: &str) -> bool {
        let is_short = weight(&text[self.span.start..block.span.end]) <= TARGET;
        match (self.block.kind, block.kind) {
            (BlockKind::Row, _) => false,
            (BlockKind::Heading, BlockKind::Row) => true,
            (BlockKind::Heading, _) => is_short || weight(&text[self.span.clone()]) <= 60,
            (_, BlockKind::Paragraph) => is_short && self.block.place == block.place,
            (_, BlockKind::Heading | BlockKind::Row) => false,
        }
    }

    fn with(self, block: &'a Block) -> Open<'a> {
        Open {
            span: self.span.start..block.span.end,
            block,
        }
    }
}

/// A span in pieces that are short enough, cut between sentences or, where there are none, anywhere.
fn parted(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    if weight(&text[span.clone()]) <= LIMIT {
        return vec![span];
    }
    let mut parts: Vec<Range<usize>> = Vec::new();
    for sentence in sentences(&text[span.clone()]) {
        let sentence = span.start + sentence.start..span.start + sentence.end;
        for piece in cut(text, sentence) {
            match parts.last_mut() {
                Some(last) if weight(&text[last.start..piece.end]) <= TARGET => {
                    last.end = piece.end
                }
                _ => parts.push(piece),
            }
        }
    }
    parts
}

/// A sentence that is too long for a passage, cut anywhere.
fn cut(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let (mut pieces, mut start, mut sum) = (Vec::new(), span.start, 0);
    for (at, letter) in text[span.clone()].char_indices() {
        sum += weight_of(letter);
        if LIMIT * 3 < sum {
            pieces.push(start..span.start + at);
            (start, sum) = (span.start + at, 0);
        }
    }
    pieces.push(start..span.end);
    pieces
}

/// How much a text holds, in Chinese letters.
fn weight(text: &str) -> usize {
    text.chars().map(weight_of).sum::<usize>() / 3
}

/// Thirds of a Chinese letter.
fn weight_of(letter: char) -> usize {
    match letter < '\u{2E80}' {
        true => 1,
        false => 3,
    }
}

/// Bytes to characters, for offsets that come in order.
struct Counted<'a> {
    text: &'a str,
    n_bytes: usize,
    n_chars: usize,
}

impl<'a> Counted<'a> {
    fn new(text: &'a str) -> Counted<'a> {
        Counted {
            text,
            n_bytes: 0,
            n_chars: 0,
        }
    }

    fn at(&mut self, n_bytes: usize) -> usize {
        self.n_chars += self.text[self.n_bytes..n_bytes].chars().count();
        self.n_bytes = n_bytes;
        self.n_chars
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::extract::extract;

    #[test]
    fn passages_are_literal_whole_and_short() {
        let long = "这是一个相当长的句子，用来填满一段文字。".repeat(60);
        let source = format!(
            "# 甲\n\n一。\n\n二。\n\n## 乙\n\n{long}\n\n| 城市 | 上限 |\n|---|---|\n| 北京 | 500 |\n"
        );
        let extracted = extract(Kind::Markdown, source.as_bytes()).expect("markdown");
        let passages = passages(&extracted);
        assert_eq!(passages[0].text, "# 甲\n\n一。\n\n二。");
        assert_eq!(passages.last().expect("some").text, "| 北京 | 500 |");
        assert_eq!(passages.last().expect("some").context, "城市 | 上限");
        for passage in &passages {
            let literal: String = source
                .chars()
                .skip(passage.start)
                .take(passage.end() - passage.start)
                .collect();
            assert_eq!(literal, passage.text);
            assert!(weight(&passage.text) <= LIMIT);
        }
        let n_long: usize = passages
            .iter()
            .map(|passage| passage.text.matches("相当长").count())
            .sum();
        assert_eq!(n_long, 60);
    }
}
