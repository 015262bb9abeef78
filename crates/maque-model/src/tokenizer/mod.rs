//! Text to token ids and back, through the BPE of the `tokenizers` crate.
//!
//! Around it: special tokens are found by one Aho-Corasick pass, text is normalised and cut into
//! words by patterns known by name ([`split`]), and bytes become the letters that byte-level
//! vocabularies are written in ([`bytes`]). All of it takes time linear in the text but for the BPE's
//! queue, which adds a logarithm of the longest word.

mod bytes;
mod detokenizer;
mod gguf;
mod json;
mod parts;
mod split;

use aho_corasick::{AhoCorasick, MatchKind};
pub use detokenizer::Detokenizer;
use parts::{Parts, Pieces};
use split::Splitter;
use std::borrow::Cow;
use tokenizers::Model as _;
use tokenizers::models::bpe::BPE;
use unicode_normalization_alignments::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Longest text that is tokenised at once, in bytes: a few times the longest context.
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// A model's own vocabulary.
pub struct Tokenizer {
    bpe: BPE,
    splitter: Splitter,
    pieces: Pieces,
    added: AhoCorasick,
    added_ids: Vec<u32>, // by pattern number
}

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
    ///
    /// # Errors
    /// When it is longer than [`MAX_TEXT_BYTES`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        check_length(text)?;
        let mut ids = Vec::with_capacity(text.len() / 3);
        self.encode_plain(&mut ids, text);
        Ok(ids)
    }

    /// Ids of text in which special tokens (`<|im_start|>`) count as such: a rendered template.
    ///
    /// # Errors
    /// When it is longer than [`MAX_TEXT_BYTES`].
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        check_length(text)?;
        let mut ids = Vec::with_capacity(text.len() / 3);
        let mut end = 0;
        for found in self.added.find_iter(text) {
            self.encode_plain(&mut ids, &text[end..found.start()]);
            ids.push(self.added_ids[found.pattern().as_usize()]);
            end = found.end();
        }
        self.encode_plain(&mut ids, &text[end..]);
        Ok(ids)
    }

    /// Text of ids; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes(*id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Bytes that one id stands for (no special tokens: those are empty).
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.pieces.bytes(id)
    }

    /// An id's text as the vocabulary shows it, special tokens included (for logprobs).
    pub fn piece(&self, id: u32) -> String {
        self.pieces.shown(id)
    }

    /// The id of a special or added token, by its text.
    pub fn added_token(&self, text: &str) -> Option<u32> {
        let found = self.added.find_iter(text).next()?;
        (found.range() == (0..text.len())).then(|| self.added_ids[found.pattern().as_usize()])
    }

    /// Ids in the vocabulary.
    pub fn n_vocab(&self) -> usize {
        self.pieces.len()
    }

    fn encode_plain(&self, ids: &mut Vec<u32>, text: &str) {
        let text = match self.splitter.normalizes() {
            true if is_nfc_quick(text.chars()) != IsNormalized::Yes => {
                Cow::Owned(text.nfc().map(|(letter, _)| letter).collect())
            }
            _ => Cow::<str>::Borrowed(text),
        };
        let mut letters = String::new();
        self.splitter.for_each_word(&text, &mut |word| {
            letters.clear();
            letters.extend(word.bytes().map(bytes::to_letter));
            let tokens = self
                .bpe
                .tokenize(&letters)
                .expect("a BPE without dropout or unknown token cannot fail");
            ids.extend(tokens.iter().map(|token| token.id));
        });
    }

    fn new(bpe: BPE, parts: Parts<'_>) -> Result<Tokenizer, crate::LoadError> {
        let added = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(parts.added.iter().map(|(text, _)| text.as_bytes()))
            .map_err(|error| {
                crate::LoadError::invalid("the added tokens", error, "fewer and shorter")
            })?;
        let added_ids = parts.added.iter().map(|(_, id)| *id).collect();
        Ok(Tokenizer {
            bpe,
            splitter: parts.splitter,
            pieces: parts.pieces,
            added,
            added_ids,
        })
    }
}

fn check_length(text: &str) -> Result<(), TokenizerError> {
    match text.len() {
        n_bytes if MAX_TEXT_BYTES < n_bytes => Err(TokenizerError::TooLong {
            n_bytes,
            max_bytes: MAX_TEXT_BYTES,
        }),
        _ => Ok(()),
    }
}
