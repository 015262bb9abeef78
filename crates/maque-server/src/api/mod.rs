//! The APIs, one folder each.

pub(crate) mod openai;
