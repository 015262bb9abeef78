//! A vocabulary as files give it, checked, and what each id stands for.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use super::split::Splitter;
use super::{Tokenizer, bytes};
use crate::LoadError;
use std::borrow::Cow;
use tokenizers::models::bpe::{BPE, Merges, Vocab};

/// Longest token, in bytes as the vocabulary writes it.
const MAX_TOKEN_BYTES: usize = 1024;

/// What an id is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Written in byte letters, reached by merges.
    Normal,
    /// Found in text as it stands, and shown.
    Added,
    /// Found in text as it stands, and not shown.
    Special,
    /// Fills the vocabulary up; never produced.
    Unused,
}

/// Everything that a tokenizer is made of but its merges.
pub(super) struct Parts<'a> {
    pub(super) splitter: Splitter,
    pub(super) pieces: Pieces,
    pub(super) added: Vec<(Cow<'a, str>, u32)>,
    pub(super) vocab: Vocab,
}

impl<'a> Parts<'a> {
    pub(super) fn new(splitter: Splitter) -> Parts<'a> {
        let pieces = Pieces::default();
        Parts {
            splitter,
            pieces,
            added: Vec::new(),
            vocab: Vocab::default(),
        }
    }

    /// Adds the token with the next id.
    pub(super) fn push(&mut self, text: Cow<'a, str>, kind: Kind) -> Result<(), LoadError> {
        let id = self.pieces.len();
        if text.is_empty() || MAX_TOKEN_BYTES < text.len() {
            return Err(LoadError::invalid(
                format!("token {id}"),
                text,
                "1 to 1024 bytes long",
            ));
        }
        self.pieces.push(&text, kind)?;
        let id = u32::try_from(id)
            .map_err(|_| LoadError::invalid("the vocabulary", id, "at most 4294967295 tokens"))?;
        if matches!(kind, Kind::Added | Kind::Special) {
            self.added.push((text.clone(), id));
        }
        match self.vocab.insert(text.into_owned(), id) {
            None => Ok(()),
            Some(other) => {
                let found = format!("the same as token {other}");
                Err(LoadError::invalid(
                    format!("token {id}"),
                    found,
                    "different from all others",
                ))
            }
        }
    }

    /// Checks the merges against the vocabulary and builds the tokenizer.
    pub(super) fn build(mut self, merges: Merges, field: &str) -> Result<Tokenizer, LoadError> {
        let missing = (b' '..=b'~').find(|byte| {
            !self
                .vocab
                .contains_key(bytes::to_letter(*byte).encode_utf8(&mut [0; 4]) as &str)
        });
        if let Some(byte) = missing {
            let found = format!("without a token for {:?}", char::from(byte));
            return Err(LoadError::invalid(
                "the vocabulary",
                found,
                "able to write all of ASCII",
            ));
        }
        let longest = self.vocab.keys().map(String::len).max().unwrap_or(0);
        let too_long = merges
            .iter()
            .find(|(a, b)| longest < a.len().saturating_add(b.len()));
        if let Some((a, b)) = too_long {
            let found = format!("{a:?} + {b:?}");
            return Err(LoadError::invalid(
                field,
                found,
                "a merge into a token of the vocabulary",
            ));
        }
        let bpe = BPE::builder()
            .vocab_and_merges(std::mem::take(&mut self.vocab), merges)
            .ignore_merges(self.splitter.takes_whole_words())
            .build()
            .map_err(|error| LoadError::invalid(field, error, "merges within the vocabulary"))?;
        Tokenizer::new(bpe, self)
    }
}

/// The bytes of each id, one after the other.
#[derive(Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    hidden: Vec<u32>, // ids of special tokens, sorted
}

impl Pieces {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, text: &str, kind: Kind) -> Result<(), LoadError> {
        if matches!(kind, Kind::Special | Kind::Unused) {
            self.hidden.extend(u32::try_from(self.len()));
        }
        let start = self.bytes.len();
        let letters = text.chars().map(bytes::from_letter);
        // A normal token with other letters in it is its own text, as in byte-level decoders.
        if kind != Kind::Normal || letters.clone().any(|byte| byte.is_none()) {
            self.bytes.extend_from_slice(text.as_bytes());
        } else {
            self.bytes.extend(letters.flatten());
        }
        let end = u32::try_from(self.bytes.len()).map_err(|_| {
            LoadError::invalid("the vocabulary", start, "shorter than 4 GiB in all")
        })?;
        self.ends.push(end);
        Ok(())
    }

    /// Bytes of an id; none for special tokens and ids outside the vocabulary.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        match self.hidden.binary_search(&id) {
            Ok(_) => &[],
            Err(_) => self.stored(id),
        }
    }

    /// Text of an id, special or not.
    pub(super) fn shown(&self, id: u32) -> String {
        String::from_utf8_lossy(self.stored(id)).into_owned()
    }

    fn stored(&self, id: u32) -> &[u8] {
        let index = usize::try_from(id).unwrap_or(usize::MAX);
        let start = index
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied());
        let (Some(start), Some(end)) = (start, self.ends.get(index)) else {
            return &[];
        };
        self.bytes
            .get(start as usize..*end as usize)
            .unwrap_or_default()
    }
}
