//! Tools that a model may call: definitions, how they are shown to it, the grammar of calls, and calls read from its text.
//!
//! Nothing here is of one API: routes read definitions in their own shape into [`Toolbox`], and write what
//! [`CallParser`] finds in their own shape.

mod calls;
mod grammar;
mod prompt;

pub(crate) use calls::{CallParser, Piece};
pub(crate) use prompt::{foreign, render};

use crate::error::ApiError;
use crate::limits::MAX_TOOLS;
use serde_json::{Value, json};

/// Longest name of a tool.
const MAX_NAME: usize = 64;

/// What begins a call in the model's text.
pub(crate) const OPENING: &str = "<tool_call>";
/// What ends it.
pub(crate) const CLOSING: &str = "</tool_call>";

/// A function that the client runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The JSON schema of its arguments, an object's.
    pub(crate) parameters: Value,
    /// Where the request has that schema, as errors name it.
    pub(crate) at: String,
}

/// Whether tools are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    /// Never; the model is not told of them.
    None,
    /// As the model likes.
    Auto,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// Calls in one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// At most one.
    One,
    /// As many as the model likes.
    Several,
}

/// The tools of one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toolbox {
    tools: Vec<Tool>,
    choice: ToolChoice,
    calls: Calls,
}

impl Toolbox {
    /// No tools.
    pub(crate) fn empty() -> Toolbox {
        Toolbox {
            tools: Vec::new(),
            choice: ToolChoice::None,
            calls: Calls::One,
        }
    }

    /// Checks names and choice; `tools` and `tool_choice` are what errors call them.
    pub(crate) fn new(
        tools: Vec<Tool>,
        choice: ToolChoice,
        calls: Calls,
    ) -> Result<Toolbox, ApiError> {
        if MAX_TOOLS < tools.len() {
            let must = format!(
                "has {} tools; at most {MAX_TOOLS} can be given",
                tools.len()
            );
            return Err(ApiError::field("tools", &must));
        }
        for (index, tool) in tools.iter().enumerate() {
            let wrong = |must| Err(ApiError::field(&format!("tools[{index}].name"), must));
            if !is_name(&tool.name) {
                return wrong("must have 1 to 64 letters, digits, _ - or .");
            }
            if tools[..index].iter().any(|other| other.name == tool.name) {
                return wrong("is given twice");
            }
        }
        let is_known = |name: &String| tools.iter().any(|tool| tool.name == *name);
        match &choice {
            ToolChoice::Required if tools.is_empty() => {
                Err(ApiError::field("tool_choice", "needs tools"))
            }
            ToolChoice::Named(name) if !is_known(name) => {
                let must = format!("names {name:?}, which is not among the tools");
                Err(ApiError::field("tool_choice", &must))
            }
            _ => Ok(Toolbox {
                tools,
                choice,
                calls,
            }),
        }
    }

    /// Whether the answer can have calls.
    pub(crate) fn is_open(&self) -> bool {
        !self.tools.is_empty() && self.choice != ToolChoice::None
    }

    /// The tools that the model is told of.
    fn shown(&self) -> &[Tool] {
        match self.is_open() {
            true => &self.tools,
            false => &[],
        }
    }
}

impl Tool {
    /// As templates show it: in OpenAI's shape.
    fn definition(&self) -> Value {
        let mut function = json!({ "name": self.name });
        if let Some(description) = &self.description {
            function["description"] = json!(description);
        }
        function["parameters"] = self.parameters.clone();
        json!({ "type": "function", "function": function })
    }
}

fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Tool {
        Tool {
            name: name.to_owned(),
            description: None,
            parameters: json!({ "type": "object" }),
            at: String::new(),
        }
    }

    #[test]
    fn names_and_choice_are_checked() {
        let new = |names: &[&str], choice| {
            let tools = names.iter().map(|name| tool(name)).collect();
            Toolbox::new(tools, choice, Calls::Several)
        };
        assert!(new(&["get_weather", "mcp.list-files"], ToolChoice::Auto).is_ok());
        assert!(new(&["a"], ToolChoice::Named("a".to_owned())).is_ok());
        assert!(new(&["a"], ToolChoice::Named("b".to_owned())).is_err());
        assert!(new(&[], ToolChoice::Required).is_err());
        assert!(new(&["a", "a"], ToolChoice::Auto).is_err());
        for name in ["", "a b", "\"", "麻", &"a".repeat(65)] {
            assert!(new(&[name], ToolChoice::Auto).is_err(), "{name}");
        }
        assert!(!new(&["a"], ToolChoice::None).expect("fine").is_open());
    }
}
