//! The sentence of a passage that a question is likeliest about: where nothing answers it, what to look at first.

use super::likelihood;
use crate::Service;
use crate::error::ApiError;
use maque_engine::Usage;
use maque_library::{Hit, quotable};

/// Sentences of a passage that are compared; of a longer one the first so many.
const MAX_SENTENCES: usize = 12;
/// Letters and digits of one at least: less is a heading or a piece of something.
const MIN_LETTERS: usize = 6;

/// That sentence, as a passage of its own; none where there is nothing to choose from.
pub(super) async fn likeliest(
    service: &Service,
    question: &str,
    hit: &Hit,
) -> Result<(Option<Hit>, Usage), ApiError> {
    let sentence = |text: String, start: usize| {
        let mut one = hit.clone();
        (one.score, one.found.passage.text, one.found.passage.start) = (0.0, text, start);
        one
    };
    let parts = quotable(hit).into_iter();
    let parts = parts
        .filter(|part| says_something(&part.text))
        .take(MAX_SENTENCES);
    let sentences: Vec<Hit> = parts.map(|part| sentence(part.text, part.start)).collect();
    if sentences.len() < 2 {
        return Ok((None, Usage::default()));
    }
    let (order, usage) = likelihood::order(service, question, sentences).await?;
    let is_compared = 0 < usage.prompt_tokens; // or there was no room for it
    Ok((order.into_iter().next().filter(|_| is_compared), usage))
}

/// Whether a part of a passage may be worth looking at alone: it is long enough, and announces nothing that follows.
fn says_something(text: &str) -> bool {
    let n_letters = text
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count();
    MIN_LETTERS <= n_letters && !text.ends_with([':', '：'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_pieces_are_not_marked() {
        assert!(says_something("免费停三小时。") && says_something("Ask at the desk."));
        assert!(
            !says_something("Floor wardens:") && !says_something("## 4.") && !says_something("电")
        );
    }
}
