//! The tokenizer that a GGUF file carries (`tokenizer.ggml.*`).
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use super::Tokenizer;
use super::parts::{Kind, Parts};
use super::split::{Scheme, Splitter};
use crate::LoadError;
use crate::gguf::Gguf;
use std::borrow::Cow;

const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";

impl Tokenizer {
    /// Builds the tokenizer that a GGUF file carries.
    ///
    /// # Errors
    /// Names the key that is wrong or missing.
    pub fn from_gguf(gguf: &Gguf<'_>) -> Result<Tokenizer, LoadError> {
        let mut parts = Parts::new(Splitter::new(scheme(gguf)?)?);
        let (tokens, types) = (gguf.array(TOKENS)?, gguf.array(TYPES)?);
        if tokens.len() != types.len() {
            let expected = format!("one for each of the {} tokens", tokens.len());
            return Err(LoadError::invalid(TYPES, types.len(), expected));
        }
        for (token, number) in tokens.strings(TOKENS)?.zip(types.i32s(TYPES)?) {
            parts.push(Cow::Borrowed(token?), kind(number)?)?;
        }
        let merges = gguf.array(MERGES)?.strings(MERGES)?;
        let merges = merges
            .map(|merge| split_merge(merge?))
            .collect::<Result<_, _>>()?;
        parts.build(merges, MERGES)
    }
}

fn scheme(gguf: &Gguf<'_>) -> Result<Scheme, LoadError> {
    let model = gguf.text("tokenizer.ggml.model")?;
    if model != "gpt2" {
        let supported = "gpt2, the byte-level BPE";
        return Err(LoadError::unsupported(
            "tokenizer.ggml.model",
            model,
            supported,
        ));
    }
    let name = gguf.text("tokenizer.ggml.pre")?;
    Scheme::named(name).ok_or_else(|| {
        LoadError::unsupported(
            "tokenizer.ggml.pre",
            name,
            "qwen2, llama-bpe, smollm, gpt-2",
        )
    })
}

fn kind(number: i32) -> Result<Kind, LoadError> {
    Ok(match number {
        1 => Kind::Normal,
        2 | 3 => Kind::Special,
        4 => Kind::Added,
        5 => Kind::Unused,
        6 => Kind::Normal,
        _ => return Err(LoadError::invalid(TYPES, number, "from 1 to 6")),
    })
}

fn split_merge(merge: &str) -> Result<(String, String), LoadError> {
    match merge.split_once(' ') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() && !b.contains(' ') => {
            Ok((a.to_owned(), b.to_owned()))
        }
        _ => Err(LoadError::invalid(
            MERGES,
            format!("{merge:?}"),
            "two tokens with a space between",
        )),
    }
}
