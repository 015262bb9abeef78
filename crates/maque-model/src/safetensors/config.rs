//! Hyper-parameters in `config.json`.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use super::json::Object;
use crate::LoadError;
use crate::arch::Architecture;
use crate::config::{self, Config, Names, Rope, RopeScaling, Tied};
use maque_kernels::Pairing;
use serde_json::Value;

/// Angle base of files that give none.
const DEFAULT_BASE: f64 = 10_000.0;

/// Hyper-parameters, checked against one another.
pub(super) fn config(file: Object<'_>) -> Result<Config, LoadError> {
    let Some(name) = file.optional_text("model_type")? else {
        return Err(LoadError::missing(file.name("model_type")));
    };
    let architecture = Architecture::named(name, &file.name("model_type"))?;
    architecture.check_json(file.fields)?;
    check_foreign(file)?;
    let n_heads = file.number("num_attention_heads", config::HEADS)?;
    let n_kv_heads = file.optional_number("num_key_value_heads", config::HEADS)?;
    let dim = file.number("hidden_size", config::WIDTHS)?;
    let config = Config {
        architecture,
        n_layers: file.number("num_hidden_layers", config::LAYERS)?,
        dim,
        ffn_dim: file.number("intermediate_size", config::WIDTHS)?,
        n_heads,
        n_kv_heads: n_kv_heads.unwrap_or(n_heads),
        head_dim: head_dim(file, dim, n_heads)?,
        n_vocab: file.number("vocab_size", config::VOCABULARY)?,
        max_positions: file.number("max_position_embeddings", config::POSITIONS)?,
        norm_eps: file.float("rms_norm_eps", config::EPSILONS)? as f32,
        rope: rope(file)?,
        tied: match file.optional_bool("tie_word_embeddings")? {
            Some(true) => Tied::Always,
            Some(false) => Tied::Never,
            None => Tied::WithoutHead,
        },
    };
    config.checked(&Names {
        dim: &file.name("hidden_size"),
        ffn_dim: &file.name("intermediate_size"),
        n_kv_heads: &file.name("num_key_value_heads"),
        head_dim: &file.name("head_dim"),
    })
}

/// Refuses what changes the arithmetic of every architecture and is not implemented.
fn check_foreign(file: Object<'_>) -> Result<(), LoadError> {
    if let Some(found) = file.get("quantization_config") {
        return Err(LoadError::unsupported(
            file.name("quantization_config"),
            found,
            "none: F32, F16 and BF16 weights",
        ));
    }
    let full = |kind: &Value| kind == "full_attention";
    match file.get("layer_types") {
        Some(found) if !found.as_array().is_some_and(|kinds| kinds.iter().all(full)) => {
            Err(LoadError::unsupported(
                file.name("layer_types"),
                found,
                "full_attention in all layers",
            ))
        }
        _ => Ok(()),
    }
}

fn head_dim(file: Object<'_>, dim: usize, n_heads: usize) -> Result<usize, LoadError> {
    match file.optional_number("head_dim", config::HEAD_DIMS)? {
        Some(head_dim) => Ok(head_dim),
        None if dim.is_multiple_of(n_heads) => Ok(dim.checked_div(n_heads).unwrap_or_default()),
        None => {
            let expected = format!("a divisor of hidden_size, {dim}");
            Err(LoadError::invalid(
                file.name("num_attention_heads"),
                n_heads,
                expected,
            ))
        }
    }
}

/// `rope_parameters` (transformers 5), or `rope_theta` and `rope_scaling` (before).
fn rope(file: Object<'_>) -> Result<Rope, LoadError> {
    let new = file.optional_object("rope_parameters", "config.json: rope_parameters")?;
    let old = file.optional_object("rope_scaling", "config.json: rope_scaling")?;
    let base = match new {
        Some(new) => new.optional_float("rope_theta", config::ROPE_BASES)?,
        None => None,
    };
    let old_base = file.optional_float("rope_theta", config::ROPE_BASES)?;
    let scaling = new.or(old).map(scaling).transpose()?;
    Ok(Rope {
        pairing: Pairing::Halves,
        base: base.or(old_base).unwrap_or(DEFAULT_BASE),
        scaling: scaling.unwrap_or(RopeScaling::None),
    })
}

fn scaling(rope: Object<'_>) -> Result<RopeScaling, LoadError> {
    if let Some(part) = rope
        .optional_float("partial_rotary_factor", 0.0..=1.0)?
        .filter(|part| *part != 1.0)
    {
        return Err(LoadError::unsupported(
            rope.name("partial_rotary_factor"),
            part,
            "1",
        ));
    }
    let kind = match rope.optional_text("rope_type")? {
        Some(kind) => Some(kind),
        None => rope.optional_text("type")?,
    };
    match kind.unwrap_or("default") {
        "default" => Ok(RopeScaling::None),
        "linear" => Ok(RopeScaling::Linear(
            rope.float("factor", config::ROPE_FACTORS)?,
        )),
        "llama3" => llama3(rope),
        other => Err(LoadError::unsupported(
            rope.name("rope_type"),
            other,
            "default, linear and llama3",
        )),
    }
}

fn llama3(rope: Object<'_>) -> Result<RopeScaling, LoadError> {
    let low_freq_factor = rope.float("low_freq_factor", config::ROPE_FACTORS)?;
    let high_freq_factor = rope.float("high_freq_factor", config::ROPE_FACTORS)?;
    if high_freq_factor <= low_freq_factor {
        let expected = format!("above low_freq_factor, {low_freq_factor}");
        return Err(LoadError::invalid(
            rope.name("high_freq_factor"),
            high_freq_factor,
            expected,
        ));
    }
    Ok(RopeScaling::Llama3 {
        factor: rope.float("factor", config::ROPE_FACTORS)?,
        low_freq_factor,
        high_freq_factor,
        original_positions: rope.number("original_max_position_embeddings", config::POSITIONS)?
            as f64,
    })
}
