//! Hyper-parameters, sampling defaults and template of a GGUF file.

use super::Gguf;
use crate::arch::Architecture;
use crate::config::{self, Config, Names, Rope, RopeScaling, Tied};
use crate::generation::{Family, Generation};
use crate::stored::{Naming, Tensors};
use crate::{ChatTemplate, LoadError, Tokenizer};

/// Keys of features that change the arithmetic and are not implemented, with their neutral value.
const FOREIGN: [(&str, f64); 6] = [
    ("expert_count", 0.0),
    ("attention.sliding_window", 0.0),
    ("logit_scale", 1.0),
    ("residual_scale", 1.0),
    ("embedding_scale", 1.0),
    ("attention.scale", 0.0),
];

/// The tensors of the file.
pub(crate) fn tensors<'list, 'a>(gguf: &'list Gguf<'a>) -> Tensors<'list, 'a> {
    Tensors::new(Naming::Gguf, gguf.tensors())
}

/// Hyper-parameters, checked against one another and against the embedding.
pub(crate) fn config(gguf: &Gguf<'_>, tensors: &Tensors<'_, '_>) -> Result<Config, LoadError> {
    check_whole(gguf)?;
    let name = gguf.text("general.architecture")?;
    let architecture = Architecture::named(name, "general.architecture")?;
    let key = |part: &str| format!("{name}.{part}");
    check_foreign(gguf, name)?;
    let n_heads = gguf.number(&key("attention.head_count"), config::HEADS)?;
    let n_kv_heads = gguf.optional_number(&key("attention.head_count_kv"), config::HEADS)?;
    let dim = gguf.number(&key("embedding_length"), config::WIDTHS)?;
    let eps = key("attention.layer_norm_rms_epsilon");
    let norm_eps = gguf.optional_float(&eps, config::EPSILONS)?;
    let config = Config {
        architecture,
        n_layers: gguf.number(&key("block_count"), config::LAYERS)?,
        dim,
        ffn_dim: gguf.number(&key("feed_forward_length"), config::WIDTHS)?,
        n_heads,
        n_kv_heads: n_kv_heads.unwrap_or(n_heads),
        head_dim: head_dim(gguf, name, dim, n_heads)?,
        n_vocab: n_vocab(gguf, name, tensors)?,
        max_positions: gguf.number(&key("context_length"), config::POSITIONS)?,
        norm_eps: norm_eps.ok_or_else(|| LoadError::missing(eps))? as f32,
        rope: rope(gguf, architecture)?,
        tied: Tied::WithoutHead,
    };
    config.checked(&Names {
        dim: &key("embedding_length"),
        ffn_dim: &key("feed_forward_length"),
        n_kv_heads: &key("attention.head_count_kv"),
        head_dim: &key("attention.key_length"),
    })
}

fn check_whole(gguf: &Gguf<'_>) -> Result<(), LoadError> {
    let n_parts = match gguf.get("split.count") {
        Some(super::Value::U16(n)) => *n,
        _ => 1,
    };
    match n_parts {
        0 | 1 => Ok(()),
        _ => Err(LoadError::unsupported(
            "split.count",
            n_parts,
            "files in one piece: merge the parts first",
        )),
    }
}

fn check_foreign(gguf: &Gguf<'_>, name: &str) -> Result<(), LoadError> {
    for (part, neutral) in FOREIGN {
        let key = format!("{name}.{part}");
        let found = match gguf.get(&key) {
            None => continue,
            Some(super::Value::U32(found)) => f64::from(*found),
            Some(super::Value::F32(found)) => f64::from(*found),
            Some(other) => return Err(LoadError::invalid(key, other.describe(), "a number")),
        };
        if found != neutral {
            return Err(LoadError::unsupported(key, found, neutral.to_string()));
        }
    }
    Ok(())
}

fn head_dim(gguf: &Gguf<'_>, name: &str, dim: usize, n_heads: usize) -> Result<usize, LoadError> {
    let key = |part: &str| format!("{name}.{part}");
    let explicit = gguf.optional_number(&key("attention.key_length"), config::HEAD_DIMS)?;
    if explicit.is_none() && !dim.is_multiple_of(n_heads) {
        let expected = format!("a divisor of {}", key("embedding_length"));
        return Err(LoadError::invalid(
            key("attention.head_count"),
            n_heads,
            expected,
        ));
    }
    let head_dim = explicit.or(dim.checked_div(n_heads)).unwrap_or_default();
    for part in ["attention.value_length", "rope.dimension_count"] {
        let other = gguf.optional_number(&key(part), config::HEAD_DIMS)?;
        if let Some(other) = other.filter(|other| *other != head_dim) {
            return Err(LoadError::unsupported(
                key(part),
                other,
                format!("the head's width, {head_dim}"),
            ));
        }
    }
    Ok(head_dim)
}

fn n_vocab(gguf: &Gguf<'_>, name: &str, tensors: &Tensors<'_, '_>) -> Result<usize, LoadError> {
    const TOKENS: &str = "tokenizer.ggml.tokens";
    let n_tokens = gguf.array(TOKENS)?.len();
    if !config::VOCABULARY.contains(&n_tokens) {
        return Err(LoadError::invalid(
            TOKENS,
            n_tokens,
            "from 1 to 4194304 tokens",
        ));
    }
    let stated = gguf.optional_number(&format!("{name}.vocab_size"), config::VOCABULARY)?;
    if let Some(stated) = stated.filter(|stated| *stated != n_tokens) {
        let expected = format!("{n_tokens}, as many as {TOKENS}");
        return Err(LoadError::invalid(
            format!("{name}.vocab_size"),
            stated,
            expected,
        ));
    }
    match tensors.shape("token_embd.weight") {
        Some([n_rows, _]) if *n_rows != n_tokens => {
            let expected = format!("{n_rows} tokens, as token_embd.weight has rows");
            Err(LoadError::invalid(TOKENS, n_tokens, expected))
        }
        _ => Ok(n_tokens),
    }
}

fn rope(gguf: &Gguf<'_>, architecture: &Architecture) -> Result<Rope, LoadError> {
    let key = |part: &str| format!("{}.rope.{part}", architecture.name);
    let base = gguf
        .optional_float(&key("freq_base"), config::ROPE_BASES)?
        .unwrap_or(10_000.0);
    let factor = gguf.optional_float(&key("scaling.factor"), config::ROPE_FACTORS)?;
    let scaling = match gguf.optional_text(&key("scaling.type"))?.unwrap_or("none") {
        "none" => RopeScaling::None,
        "linear" => {
            RopeScaling::Linear(factor.ok_or_else(|| LoadError::missing(key("scaling.factor")))?)
        }
        other => {
            return Err(LoadError::unsupported(
                key("scaling.type"),
                other,
                "none and linear",
            ));
        }
    };
    Ok(Rope {
        pairing: architecture.gguf_pairing,
        base,
        scaling,
    })
}

impl ChatTemplate {
    /// The chat template that a GGUF file carries, or ChatML.
    ///
    /// # Errors
    /// When it is no valid template, or a special token it may use does not exist.
    pub fn from_gguf(gguf: &Gguf<'_>, tokenizer: &Tokenizer) -> Result<ChatTemplate, LoadError> {
        let source = gguf
            .optional_text("tokenizer.chat_template")?
            .unwrap_or(crate::open::CHATML);
        let text = |key: &str| -> Result<String, LoadError> {
            Ok(token_id(gguf, key, tokenizer)?
                .map(|id| tokenizer.piece(id))
                .unwrap_or_default())
        };
        let (bos, eos) = (
            text("tokenizer.ggml.bos_token_id")?,
            text("tokenizer.ggml.eos_token_id")?,
        );
        ChatTemplate::new(source, &bos, &eos)
    }
}

impl Generation {
    /// Sampling defaults of the family that a GGUF file names.
    ///
    /// # Errors
    /// When no token would end an answer.
    pub fn from_gguf(gguf: &Gguf<'_>, tokenizer: &Tokenizer) -> Result<Generation, LoadError> {
        let mut names = String::new();
        for key in ["general.architecture", "general.basename", "general.name"] {
            names.push_str(gguf.optional_text(key)?.unwrap_or_default());
        }
        let mut stop_tokens = Vec::new();
        for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"] {
            stop_tokens.extend(token_id(gguf, key, tokenizer)?);
        }
        Generation::of_family(Family::named(&names), stop_tokens, tokenizer)
            .ok_or_else(|| LoadError::missing("tokenizer.ggml.eos_token_id"))
    }
}

fn token_id(gguf: &Gguf<'_>, key: &str, tokenizer: &Tokenizer) -> Result<Option<u32>, LoadError> {
    let last = tokenizer.n_vocab().saturating_sub(1);
    Ok(gguf.optional_number(key, 0..=last)?.map(|id| id as u32))
}

/// The file's own name for its mix of formats (`general.file_type`, llama.cpp's `LLAMA_FTYPE`).
pub(crate) fn file_type(gguf: &Gguf<'_>) -> Option<&'static str> {
    let Some(super::Value::U32(number)) = gguf.get("general.file_type") else {
        return None;
    };
    Some(match number {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        32 => "BF16",
        _ => return None,
    })
}
