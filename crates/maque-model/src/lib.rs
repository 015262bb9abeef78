//! Model files to a [`Model`], and its forward pass.
//!
//! [`open`] maps a GGUF file or a folder with safetensors, proves every length, offset and shape in
//! it, packs the weights for this machine's kernels, and builds the tokenizer and the chat template
//! beside them. [`Model::forward`] then runs ragged batches; it fails only where the model's file is lost.
//!
//! - Files: `gguf`, `safetensors` → `stored` (tensors by name) and `config` (hyper-parameters); `mmap` and `weight_file` read them.
//! - Arithmetic: `arch` (what layers are made of), `weights`, `embedding`, `forward`, `scratch`, `batch`.
//! - Text: `tokenizer`, `template`, `generation` (sampling defaults), `word_vectors`.

mod arch;
mod batch;
mod config;
mod cost;
mod embedding;
mod error;
mod forward;
mod generation;
mod gguf;
mod mmap;
mod model;
mod open;
mod safetensors;
mod scratch;
mod stored;
mod template;
mod tokenizer;
mod weight_file;
mod weights;
mod word_vectors;

pub use batch::{Batch, Enough, Slice};
pub use cost::Cost;
pub use error::{LoadError, SUPPORTED_ARCHITECTURES};
pub use generation::Generation;
pub use gguf::{Array, Gguf, Value};
pub use maque_kernels::Dtype;
pub use model::{Head, LoadOptions, Model, ModelConfig, Opened};
pub use open::open;
pub use safetensors::Safetensors;
pub use scratch::Scratch;
pub use stored::{Shape, TensorInfo};
pub use template::{ChatTemplate, Message, TemplateError};
pub use tokenizer::{Detokenizer, MAX_TEXT_BYTES, Tokenizer, TokenizerError};
pub use word_vectors::WordVectors;
