//! The architectures: what each one's layers are made of, one file each.
//!
//! All of them are pre-norm transformers with rotary positions, grouped heads and SwiGLU, and run
//! through one forward pass (`forward.rs`); they differ in the optional parts of a layer.

mod llama;
mod qwen2;
mod qwen3;

use crate::LoadError;
use crate::error::SUPPORTED_ARCHITECTURES;
use maque_kernels::Pairing;
use serde_json::{Map, Value};

/// One architecture.
#[derive(Debug)]
pub(crate) struct Architecture {
    /// Its name in GGUF (`general.architecture`) and in config.json (`model_type`).
    pub(crate) name: &'static str,
    /// How GGUF converters store its rotated pairs; safetensors always have halves.
    pub(crate) gguf_pairing: Pairing,
    /// Biases of the query, key and value projections.
    pub(crate) qkv_bias: Presence,
    /// RMSNorm of each query and key head before rotation.
    pub(crate) head_norms: Presence,
    /// Fields of config.json that change the arithmetic, with the value that is implemented.
    pub(crate) implemented: &'static [(&'static str, Implemented)],
}

/// Whether a layer has an optional part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// It always has.
    Required,
    /// It has when the file says so.
    Optional,
    /// It never has.
    Absent,
}

/// The one value of a config.json field that this program implements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Implemented {
    /// This boolean.
    Bool(bool),
    /// This text.
    Text(&'static str),
}

impl Architecture {
    /// By name.
    pub(crate) fn named(name: &str, field: &str) -> Result<&'static Architecture, LoadError> {
        let all = [&qwen2::QWEN2, &qwen3::QWEN3, &llama::LLAMA];
        all.into_iter()
            .find(|architecture| architecture.name == name)
            .ok_or_else(|| LoadError::unsupported(field, name, SUPPORTED_ARCHITECTURES.join(", ")))
    }

    /// Refuses a config.json that asks for arithmetic which is not implemented.
    pub(crate) fn check_json(&self, config: &Map<String, Value>) -> Result<(), LoadError> {
        for (field, implemented) in self.implemented {
            let wanted = match implemented {
                Implemented::Bool(wanted) => Value::Bool(*wanted),
                Implemented::Text(wanted) => Value::from(*wanted),
            };
            match config.get(*field) {
                None | Some(Value::Null) => {}
                Some(found) if *found == wanted => {}
                Some(found) => {
                    return Err(LoadError::unsupported(
                        format!("config.json: {field}"),
                        found,
                        wanted.to_string(),
                    ));
                }
            }
        }
        Ok(())
    }
}
