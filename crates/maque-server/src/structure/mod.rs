//! Answers that keep to a JSON schema, a regex or a grammar.
//!
//! A [`Structure`] says what is wanted. [`schema`] and [`source`] bound it and write it as a grammar, [`Vocabulary`] compiles
//! it off the async threads, and [`constraint`] is what the engine asks at each token.

mod constraint;
mod fields;
mod merge;
mod schema;
mod source;
mod vocabulary;
mod worker;

pub(crate) use fields::{STRUCTURE, format, output_config, read, text_format};
pub(crate) use schema::prepare;
pub(crate) use source::{check_size, quoted};
pub(crate) use vocabulary::Vocabulary;

use serde_json::Value;

/// What an answer, or a part of it, keeps to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Structure {
    /// The request's field that asked for it, as errors name it.
    pub(crate) field: String,
    /// The grammar.
    pub(crate) source: Source,
    /// From where it holds.
    pub(crate) onset: Onset,
}

/// A grammar, bounded but not compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A JSON schema that [`prepare`] has seen.
    Schema(Value),
    /// A regex that the whole answer matches.
    Regex(String),
    /// A grammar in llguidance's variant of Lark.
    Lark(String),
}

/// From where a structure holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onset {
    /// The answer's first token.
    Start,
    /// Each time the answer has said this; free text before and after.
    After(&'static str),
    /// The first time the answer has said this; it ends there.
    OnceAfter(&'static str),
}

impl Structure {
    /// A structure of the whole answer.
    pub(crate) fn whole(field: &str, source: Source) -> Structure {
        Structure {
            field: field.to_owned(),
            source,
            onset: Onset::Start,
        }
    }
}
