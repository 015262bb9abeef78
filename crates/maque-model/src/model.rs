//! A loaded model and its forward pass.

use crate::{Batch, ChatTemplate, LoadError, Tokenizer};
use maque_kernels::{KvPages, KvShape, Machine};
use std::path::Path;

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

/// Sampling defaults that the model's publisher gives (`generation_config.json`, or known ones per family).
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Softmax temperature; 0 is greedy.
    pub temperature: f32,
    /// Nucleus mass.
    pub top_p: f32,
    /// Candidates kept; 0 keeps all.
    pub top_k: usize,
    /// Divides positive and multiplies negative logits of tokens already seen; 1 is off.
    pub repetition_penalty: f32,
    /// Tokens that end an answer.
    pub stop_tokens: Vec<u32>,
}

/// Whether weights are kept as stored or widened to f32.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dtype {
    /// As the file has them.
    #[default]
    Keep,
    /// Widened to f32, with f32 arithmetic.
    F32,
}

/// How to load.
#[derive(Default)]
pub struct LoadOptions<'a> {
    /// Arithmetic.
    pub dtype: Dtype,
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

/// Opens a GGUF file or a Hugging Face folder (safetensors, config.json, tokenizer.json).
///
/// # Errors
/// Any file of any content ends in a model or a [`LoadError`] naming the field; never in a panic.
pub fn open(path: &Path, machine: &Machine, options: &LoadOptions<'_>) -> Result<Opened, LoadError> {
    todo!("{path:?} {} {:?}", machine.n_threads(), options.dtype)
}

/// Weights of one model, shared and read-only.
pub struct Model {
    config: ModelConfig,
}

/// Buffers of a forward pass, sized once; `logits` is valid until the next pass.
pub struct Scratch {}

impl Scratch {
    /// Room for `max_tokens` tokens in a batch, `max_logits` of which want logits.
    pub fn new(model: &Model, max_tokens: usize, max_logits: usize) -> Scratch {
        todo!("{} {max_tokens} {max_logits}", model.config.n_vocab)
    }
    /// Row `index` of the logits of the last pass, `[n_vocab]`.
    pub fn logits(&self, index: usize) -> &[f32] {
        todo!("{index}")
    }
}

impl Model {
    /// Constant properties.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }
    /// Bytes of packed weights.
    pub fn n_bytes(&self) -> u64 {
        todo!()
    }
    /// One pass over a ragged batch: fills the KV pages and the logits that were asked for.
    ///
    /// `keep_going` is asked between layers (several times a layer in large batches); when it says
    /// no the pass ends early and returns false: the KV of this batch is then to be computed again.
    pub fn forward(
        &self,
        machine: &Machine,
        scratch: &mut Scratch,
        kv: &mut KvPages,
        batch: &Batch<'_>,
        keep_going: &dyn Fn() -> bool,
    ) -> bool {
        let _ = scratch;
        todo!("{} {} {batch:?} {}", machine.n_threads(), kv.n_pages(), keep_going())
    }
}
