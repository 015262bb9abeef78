//! Model files to a [`Model`], and its forward pass.

mod batch;
mod error;
mod model;
mod template;
mod tokenizer;

pub use batch::{Batch, Slice};
pub use error::LoadError;
pub use model::{Dtype, Generation, LoadOptions, Model, ModelConfig, Opened, Scratch, open};
pub use template::{ChatTemplate, Message, TemplateError};
pub use tokenizer::{Detokenizer, Tokenizer, TokenizerError};
