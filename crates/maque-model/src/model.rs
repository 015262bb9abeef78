//! A loaded model and what is known of it.

use crate::config::Config;
use crate::weights::Packed;
use crate::{ChatTemplate, Generation, Tokenizer};
use maque_kernels::{Dtype, KvShape, RopeTable};
use std::io;

/// Constant properties of a model.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// `qwen2`, `qwen3` or `llama`.
    pub architecture: String,
    /// Ids in the vocabulary: the length of a logits row.
    pub n_vocab: usize,
    /// Longest sequence that the model was trained for.
    pub max_positions: usize,
    /// Dimensions of its KV cache.
    pub kv: KvShape,
    /// Parameters in all.
    pub n_parameters: u64,
    /// Most common weight format by bytes, e.g. `Q5_0`, or the file's own name for it, e.g. `Q4_K_M`.
    pub quantization: String,
}

/// How the output head is read where only the best logits are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Head {
    /// Half of it, and then what can be among the best (see [`maque_kernels::Screen`]).
    #[default]
    Screened,
    /// All of it.
    Exact,
}

/// How to load.
#[derive(Default)]
pub struct LoadOptions<'a> {
    /// Arithmetic.
    pub dtype: Dtype,
    /// Output head.
    pub head: Head,
    /// Called with (bytes packed, bytes in all) while loading.
    pub progress: Option<&'a (dyn Fn(u64, u64) + Sync)>,
}

/// Everything that a model's files give.
pub struct Opened {
    /// Weights and forward pass.
    pub model: Model,
    /// Text to ids and back.
    pub tokenizer: Tokenizer,
    /// Conversation to text.
    pub template: ChatTemplate,
    /// Sampling defaults.
    pub generation: Generation,
}

/// Weights of one model, shared and read-only.
pub struct Model {
    pub(crate) public: ModelConfig,
    pub(crate) config: Config,
    pub(crate) weights: Packed,
    pub(crate) rope: RopeTable,
}

impl Model {
    /// Constant properties.
    pub fn config(&self) -> &ModelConfig {
        &self.public
    }

    /// Elements of a token's embedding.
    pub(crate) fn width(&self) -> usize {
        self.weights.head.n_cols()
    }

    /// The embedding of a token.
    ///
    /// # Errors
    /// If the model's file cannot be read any more, or was changed.
    pub(crate) fn embedding(&self, token: u32) -> io::Result<Vec<f32>> {
        let mut row = vec![0.0; self.width()];
        match &self.weights.embed {
            Some(embedding) => embedding.look_up(&mut row, &[token])?,
            None => self.weights.head.row(&mut row, token as usize),
        }
        Ok(row)
    }

    /// Bytes of packed weights.
    pub fn n_bytes(&self) -> u64 {
        self.weights.n_bytes()
    }
}
