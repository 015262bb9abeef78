//! The tokenizer in a `tokenizer.json` (format of the `tokenizers` library), as far as it is known by name.
//!
//! The file is data, not a program: normaliser and pre-tokenizer must equal one of the known
//! combinations, and a regular expression counts only when it is a published one.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use super::Tokenizer;
use super::parts::{Kind, Parts};
use super::split::{Scheme, Splitter};
use crate::LoadError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

const FILE: &str = "tokenizer.json";
/// Largest file that is read.
const MAX_FILE_BYTES: usize = 64 << 20;

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(borrow)]
    model: Bpe<'a>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
}

#[derive(Deserialize)]
struct Bpe<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(borrow)]
    vocab: HashMap<Cow<'a, str>, u32>,
    merges: Vec<Merge>,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    dropout: Option<f32>,
    // Never needed by a vocabulary that can write every byte.
    #[serde(default, rename = "unk_token")]
    _unk_token: serde::de::IgnoredAny,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
}

/// Older files write `"a b"`, newer ones `["a", "b"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Pair(String, String),
}

impl Tokenizer {
    /// Builds the tokenizer that `tokenizer.json` describes.
    ///
    /// # Errors
    /// Names the part that is wrong or not known.
    pub fn from_json(bytes: &[u8]) -> Result<Tokenizer, LoadError> {
        if MAX_FILE_BYTES < bytes.len() {
            return Err(LoadError::invalid(
                FILE,
                format!("{} bytes long", bytes.len()),
                "at most 64 MiB long",
            ));
        }
        let file: File<'_> = serde_json::from_slice(bytes).map_err(|source| LoadError::Json {
            file: FILE.into(),
            source,
        })?;
        check_model(&file.model)?;
        let scheme = scheme(&file.normalizer, &file.pre_tokenizer)?;
        let splitter = Splitter::new(scheme)?;
        if file.model.ignore_merges != splitter.takes_whole_words() {
            let supported = format!("{} with this pre-tokenizer", splitter.takes_whole_words());
            return Err(unsupported(
                "model.ignore_merges",
                file.model.ignore_merges,
                supported,
            ));
        }
        let merges = file
            .model
            .merges
            .into_iter()
            .map(split_merge)
            .collect::<Result<_, _>>()?;
        let mut parts = Parts::new(splitter);
        for (text, kind) in by_id(file.model.vocab, file.added_tokens)? {
            parts.push(text, kind)?;
        }
        parts.build(merges, "tokenizer.json: model.merges")
    }
}

fn check_model(model: &Bpe<'_>) -> Result<(), LoadError> {
    if model.kind.as_deref().is_some_and(|kind| kind != "BPE") {
        return Err(unsupported(
            "model.type",
            model.kind.as_deref().unwrap_or_default(),
            "BPE",
        ));
    }
    let plain = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
    let odd = [
        ("model.byte_fallback", model.byte_fallback),
        (
            "model.dropout",
            model.dropout.is_some_and(|dropout| dropout != 0.0),
        ),
        (
            "model.continuing_subword_prefix",
            !plain(&model.continuing_subword_prefix),
        ),
        (
            "model.end_of_word_suffix",
            !plain(&model.end_of_word_suffix),
        ),
    ];
    match odd.into_iter().find(|(_, is_set)| *is_set) {
        Some((field, _)) => Err(unsupported(field, "set", "a byte-level BPE without it")),
        None => Ok(()),
    }
}

fn unsupported(field: &str, found: impl ToString, supported: impl Into<String>) -> LoadError {
    LoadError::unsupported(format!("{FILE}: {field}"), found, supported)
}

/// The known combinations of normaliser and pre-tokenizer.
fn scheme(normalizer: &Value, pre_tokenizer: &Value) -> Result<Scheme, LoadError> {
    let scheme = pre_tokenizer_scheme(&without_defaults(pre_tokenizer)).ok_or_else(|| {
        unsupported(
            "pre_tokenizer",
            pre_tokenizer,
            "those of Qwen2, Llama 3, SmolLM and GPT-2",
        )
    })?;
    let wanted = match scheme {
        Scheme::Qwen2 => json!({"type": "NFC"}),
        _ => Value::Null,
    };
    match *normalizer == wanted {
        true => Ok(scheme),
        false => Err(unsupported(
            "normalizer",
            normalizer,
            format!("{wanted} with this pre-tokenizer"),
        )),
    }
}

fn pre_tokenizer_scheme(value: &Value) -> Option<Scheme> {
    let bytes_only = json!({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false});
    let gpt2 = json!({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true});
    if *value == gpt2 {
        return Some(Scheme::Gpt2);
    }
    let [first, second] = value.get("pretokenizers")?.as_array()?.as_slice() else {
        return None;
    };
    if *first == json!({"type": "Digits", "individual_digits": true}) && *second == gpt2 {
        return Some(Scheme::Smollm);
    }
    let pattern = first.get("pattern")?.get("Regex")?.as_str()?;
    let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    let known = Scheme::with_pattern(pattern)?;
    (*first == split && *second == bytes_only).then_some(known)
}

/// The same description with fields spelt out that files may leave out or that change no id.
fn without_defaults(value: &Value) -> Value {
    let mut value = value.clone();
    let parts = match value.get_mut("pretokenizers").and_then(Value::as_array_mut) {
        Some(parts) => parts.iter_mut().collect(),
        None => vec![&mut value],
    };
    for object in parts.into_iter().filter_map(Value::as_object_mut) {
        if object.get("type").is_some_and(|kind| kind == "ByteLevel") {
            object.remove("trim_offsets");
            object.entry("use_regex").or_insert(Value::Bool(true));
        }
    }
    value
}

fn split_merge(merge: Merge) -> Result<(String, String), LoadError> {
    match merge {
        Merge::Pair(a, b) => Ok((a, b)),
        Merge::Joined(text) => match text.split_once(' ') {
            Some((a, b)) if !b.contains(' ') => Ok((a.to_owned(), b.to_owned())),
            _ => Err(LoadError::invalid(
                "tokenizer.json: model.merges",
                text,
                "two tokens with a space between",
            )),
        },
    }
}

/// Added tokens must be plain, and agree with the vocabulary where both have a text.
fn check_added(vocab: &HashMap<Cow<'_, str>, u32>, added: &[AddedToken]) -> Result<(), LoadError> {
    for token in added {
        let odd = [
            token.single_word,
            token.lstrip,
            token.rstrip,
            token.normalized && !token.content.is_ascii(),
        ];
        if odd.contains(&true) {
            return Err(unsupported(
                "added_tokens",
                &token.content,
                "tokens without single_word, lstrip and rstrip",
            ));
        }
        if vocab
            .get(token.content.as_str())
            .is_some_and(|id| *id != token.id)
        {
            return Err(LoadError::invalid(
                "tokenizer.json: added_tokens",
                &token.content,
                "of one id",
            ));
        }
    }
    Ok(())
}

/// Tokens in the order of their ids, which must be all numbers from 0.
fn by_id<'a>(
    vocab: HashMap<Cow<'a, str>, u32>,
    added: Vec<AddedToken>,
) -> Result<Vec<(Cow<'a, str>, Kind)>, LoadError> {
    check_added(&vocab, &added)?;
    let mut tokens: Vec<(u32, Cow<'a, str>, Kind)> =
        Vec::with_capacity(vocab.len().saturating_add(added.len()));
    let names: std::collections::HashSet<&str> =
        added.iter().map(|token| token.content.as_str()).collect();
    tokens.extend(
        vocab
            .into_iter()
            .filter(|(text, _)| !names.contains(&**text))
            .map(|(text, id)| (id, text, Kind::Normal)),
    );
    drop(names);
    let kind = |special| if special { Kind::Special } else { Kind::Added };
    tokens.extend(
        added
            .into_iter()
            .map(|token| (token.id, Cow::Owned(token.content), kind(token.special))),
    );
    tokens.sort_unstable_by_key(|(id, _, _)| *id);
    let gap = tokens
        .iter()
        .zip(0_u32..)
        .find(|((id, _, _), wanted)| id != wanted);
    if let Some(((id, _, _), wanted)) = gap {
        return Err(LoadError::invalid(
            "tokenizer.json: the token ids",
            id,
            format!("{wanted}: ids are given once each, without gaps"),
        ));
    }
    Ok(tokens
        .into_iter()
        .map(|(_, text, kind)| (text, kind))
        .collect())
}
