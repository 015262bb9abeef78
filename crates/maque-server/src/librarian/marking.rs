//! The sentence of a passage that a question is likeliest about: where nothing answers it, what to look at first.

use super::likelihood;
use crate::Service;
use crate::error::ApiError;
use maque_engine::Usage;
use maque_library::{Hit, quotable};

/// Sentences of a passage that are compared; of a longer one the first so many.
const MAX_SENTENCES: usize = 12;

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
    let parts = quotable(hit).into_iter().take(MAX_SENTENCES);
    let sentences: Vec<Hit> = parts.map(|part| sentence(part.text, part.start)).collect();
    if sentences.len() < 2 {
        return Ok((None, Usage::default()));
    }
    let (order, usage) = likelihood::order(service, question, sentences).await?;
    let is_compared = 0 < usage.prompt_tokens; // or there was no room for it
    Ok((order.into_iter().next().filter(|_| is_compared), usage))
}
