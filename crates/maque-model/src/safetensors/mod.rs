//! Folders as `transformers` writes them: safetensors files, config.json, tokenizer.json and the like.

mod config;
mod folder;
mod header;
mod json;
mod shards;
mod words;

pub(crate) use folder::open;
pub use header::Safetensors;
