//! The APIs, one folder each, and the table of their routes.

pub(crate) mod anthropic;
pub(crate) mod library;
pub(crate) mod maque;
pub(crate) mod ollama;
pub(crate) mod openai;
pub(crate) mod ops;
mod table;
