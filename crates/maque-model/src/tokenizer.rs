//! Text to token ids and back, through the `tokenizers` crate.

/// A model's own vocabulary.
pub struct Tokenizer {}

/// Why text could not be tokenised.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// Longer than any context could hold.
    #[error("the text has {n_bytes} bytes; at most {max_bytes} can be tokenised at once")]
    TooLong {
        /// Bytes given.
        n_bytes: usize,
        /// Bytes allowed.
        max_bytes: usize,
    },
}

impl Tokenizer {
    /// Ids of plain text; special tokens written in it stay plain text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        todo!("{text}")
    }
    /// Ids of text in which special tokens (`<|im_start|>`) count as such: a rendered template.
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        todo!("{text}")
    }
    /// Text of ids; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        todo!("{ids:?}")
    }
    /// Bytes that one id stands for (no special tokens: those are empty).
    pub fn bytes(&self, id: u32) -> &[u8] {
        todo!("{id}")
    }
    /// An id's text as the vocabulary shows it, special tokens included (for logprobs).
    pub fn piece(&self, id: u32) -> String {
        todo!("{id}")
    }
    /// Ids in the vocabulary.
    pub fn n_vocab(&self) -> usize {
        todo!()
    }
}

/// Turns ids into text one at a time, never splitting a UTF-8 character.
#[derive(Default)]
pub struct Detokenizer {
    pending: Vec<u8>,
}

impl Detokenizer {
    /// Text that became complete with `id` (may be empty).
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        self.pending.extend_from_slice(tokenizer.bytes(id));
        todo!()
    }
    /// What is left at the end; incomplete bytes become U+FFFD.
    pub fn finish(&mut self) -> String {
        todo!()
    }
}
