//! Bounds of grammars, and pieces of the Lark language that they are written in.

use super::{Source, schema};
use crate::error::ApiError;
use crate::limits::{MAX_GRAMMAR, MAX_GRAMMAR_DEPTH};
use llguidance::api::TopLevelGrammar;
use serde_json::Value;

/// Refuses what is too long to be compiled.
pub(crate) fn check_size(field: &str, n_bytes: usize) -> Result<(), ApiError> {
    match n_bytes <= MAX_GRAMMAR {
        true => Ok(()),
        false => {
            let must = format!("has {n_bytes} bytes; at most {MAX_GRAMMAR} can be compiled");
            Err(ApiError::field(field, &must))
        }
    }
}

/// A text as Lark writes it: its strings are JSON's.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Source {
    /// A regex within bounds.
    pub(crate) fn regex(field: &str, text: &str) -> Result<Source, ApiError> {
        bounded(field, text)?;
        Ok(Source::Regex(text.to_owned()))
    }

    /// A Lark grammar within bounds.
    pub(crate) fn lark(field: &str, text: &str) -> Result<Source, ApiError> {
        bounded(field, text)?;
        match text.contains("::=") {
            true => {
                let must = "must be a Lark grammar (start: \"yes\" | \"no\"); GBNF and EBNF with ::= are not read";
                Err(ApiError::field(field, must))
            }
            false => Ok(Source::Lark(text.to_owned())),
        }
    }

    /// One of some texts.
    pub(crate) fn choice(field: &str, texts: &[String]) -> Result<Source, ApiError> {
        if texts.is_empty() || texts.iter().any(String::is_empty) {
            let must = "must be a list of strings, none of them empty";
            return Err(ApiError::field(field, must));
        }
        check_size(field, texts.iter().map(|text| text.len() + 6).sum())?;
        let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        Ok(Source::Lark(format!("start: {}", texts.join(" | "))))
    }

    /// What the compiler takes.
    pub(super) fn grammar(self) -> TopLevelGrammar {
        match self {
            Source::Schema(schema) => TopLevelGrammar::from_json_schema(schema),
            Source::Regex(regex) => TopLevelGrammar::from_regex(&regex),
            Source::Lark(lark) => TopLevelGrammar::from_lark(lark),
        }
    }

    /// A rule's body for it within a Lark grammar; `None` for a grammar, which has rules of its own.
    pub(crate) fn rule(&self) -> Option<String> {
        match self {
            Source::Schema(schema) => Some(schema::rule(schema)),
            Source::Regex(regex) => Some(format!("/{}/", llguidance::regex_to_lark(regex, ""))),
            Source::Lark(_) => None,
        }
    }
}

/// Size and nesting of brackets, however they are meant: compilers of grammars are recursive.
fn bounded(field: &str, text: &str) -> Result<(), ApiError> {
    check_size(field, text.len())?;
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    match deepest <= MAX_GRAMMAR_DEPTH {
        true => Ok(()),
        false => {
            let must = format!("is nested deeper than {MAX_GRAMMAR_DEPTH} brackets");
            Err(ApiError::field(field, &must))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = |n: usize| "(".repeat(n) + "a" + &")".repeat(n);
        assert!(Source::regex("r", &deep(64)).is_ok());
        assert!(Source::regex("r", &deep(65)).is_err());
        assert!(Source::lark("g", &"(".repeat(60_000)).is_err());
        assert!(Source::lark("g", &"a".repeat(MAX_GRAMMAR + 1)).is_err());
        assert!(Source::lark("g", "root ::= \"a\"").is_err());
        assert!(Source::choice("c", &[]).is_err());
        let choice = Source::choice("c", &["a\"b".to_owned(), "麻".to_owned()]);
        let want = Source::Lark("start: \"a\\\"b\" | \"麻\"".to_owned());
        assert_eq!(choice.expect("within bounds"), want);
    }
}
