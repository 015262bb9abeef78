//! Where sentences end, in Chinese and in English.

use crate::line_breaks::within_sentences;
use std::ops::Range;

/// Spans of a text's sentences, without the white space around them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let (mut spans, mut start) = (Vec::new(), 0);
    let within = within_sentences(text);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        if ends(letter, next) && !within.contains(&at) {
            let end = at + letter.len_utf8();
            add(&mut spans, text, start..end);
            start = end;
        }
    }
    add(&mut spans, text, start..text.len());
    spans
}

/// Whether a sentence ends with `letter` when `next` follows.
fn ends(letter: char, next: Option<char>) -> bool {
    let is_closing = next.is_some_and(|next| "”’」』）)\"".contains(next));
    match letter {
        '。' | '！' | '？' | '!' | '?' => !is_closing,
        '.' => next.is_some_and(char::is_whitespace),
        '\n' => true,
        _ => false,
    }
}

fn add(spans: &mut Vec<Range<usize>>, text: &str, span: Range<usize>) {
    let part = &text[span.clone()];
    let start = span.start + (part.len() - part.trim_start().len());
    if !part.trim().is_empty() {
        spans.push(start..start + part.trim().len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_readers_end_them() {
        let text =
            "年假十天；可分次。病假要证明！ \nIt costs 3.5 yuan. Ask HR\nif it\nis more\n- or less";
        let found: Vec<&str> = sentences(text)
            .into_iter()
            .map(|span| &text[span])
            .collect();
        assert_eq!(
            found,
            [
                "年假十天；可分次。",
                "病假要证明！",
                "It costs 3.5 yuan.",
                "Ask HR\nif it\nis more",
                "- or less"
            ]
        );
    }
}
