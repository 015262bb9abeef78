//! The numbers of a text that digits write, and texts without those that answer nothing.

use std::ops::Range;

/// A text without the numbers that the question has too, each as often as there: they are no news.
pub(crate) fn news(question: &str, text: &str) -> String {
    let known = numbers(question).into_iter();
    let mut known: Vec<&str> = known.map(|span| &question[span]).collect();
    let is_known = |span: &Range<usize>| {
        let at = known.iter().position(|one| *one == &text[span.clone()]);
        at.map(|at| known.swap_remove(at)).is_some()
    };
    without(text, numbers(text).into_iter().filter(is_known))
}

/// A text without its percentages: no number of things.
pub(crate) fn without_shares(text: &str) -> String {
    let is_share = |span: &Range<usize>| text[span.end..].trim_start().starts_with(['%', '％']);
    without(text, numbers(text).into_iter().filter(is_share))
}

/// Where the numbers of a text are that digits write.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices(|letter: char| letter.is_ascii_digit()) {
        match spans.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => spans.push(at..at + 1),
        }
    }
    spans
}

fn without(text: &str, spans: impl Iterator<Item = Range<usize>>) -> String {
    let (mut rest, mut from) = (String::with_capacity(text.len()), 0);
    for span in spans {
        rest += &text[from..span.start];
        from = span.end;
    }
    rest + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_question_says_itself_is_no_news() {
        assert_eq!(
            news("满 5 年几天？", "满 5 年 5 天，共 15"),
            "满  年 5 天，共 15"
        );
        assert_eq!(news("Why?", "Room 7."), "Room 7.");
    }

    #[test]
    fn shares_are_no_numbers_of_things() {
        assert_eq!(without_shares("60% of 20, 7 ％"), "% of 20,  ％");
    }
}
