//! The grammar of calls: names that exist, arguments that keep to each tool's parameters.

use super::{CLOSING, Calls, OPENING, Tool, ToolChoice, Toolbox};
use crate::error::ApiError;
use crate::structure::{Onset, Source, Structure, check_size, prepare, quoted};
use serde_json::{Value, json};
use std::fmt::Write;

/// Calls in one answer that is made to call: a model that cannot stop is stopped.
const MAX_CALLS: usize = 8;

impl Toolbox {
    /// What the answer keeps to, given what it keeps to where no tool is called.
    ///
    /// Forced calls are the whole answer. Where the model may choose, text stays free until a call begins; together with
    /// a structure of the text, the answer is either.
    pub(crate) fn structure(&self, text: Option<Structure>) -> Result<Option<Structure>, ApiError> {
        if !self.is_open() {
            return Ok(text);
        }
        let (start, onset) = match (&self.choice, text) {
            (ToolChoice::Required, _) => (self.calls_rule(MAX_CALLS), Onset::Start),
            (ToolChoice::Named(_), _) => (self.calls_rule(1), Onset::Start),
            (_, None) => (
                format!(
                    "start: GAP? body GAP? {}\nGAP: /[ \\n]{{1,4}}/\n",
                    quoted(CLOSING)
                ),
                match self.calls {
                    Calls::One => Onset::OnceAfter(OPENING),
                    Calls::Several => Onset::After(OPENING),
                },
            ),
            (_, Some(text)) => {
                let rule = text
                    .source
                    .rule()
                    .ok_or_else(|| ApiError::field(&text.field, "cannot be combined with tools"))?;
                let calls = self.calls_rule(MAX_CALLS).replacen("start:", "calls:", 1);
                (
                    format!("start: calls | text\ntext: {rule}\n{calls}"),
                    Onset::Start,
                )
            }
        };
        Ok(Some(Structure {
            field: "tools".to_owned(),
            source: Source::Lark(start + &self.body()?),
            onset,
        }))
    }

    fn calls_rule(&self, limit: usize) -> String {
        let (opening, closing) = (
            quoted(&format!("{OPENING}\n")),
            quoted(&format!("\n{CLOSING}")),
        );
        let more = match (limit, self.calls) {
            (1, _) | (_, Calls::One) => String::new(),
            _ => format!(" (\"\\n\" call){{0,{}}}", limit - 1),
        };
        format!("start: call{more}\ncall: {opening} body {closing}\n")
    }

    /// The rule `body`: the JSON of a call of any tool that may be called.
    fn body(&self) -> Result<String, ApiError> {
        let is_callable = |tool: &Tool| match &self.choice {
            ToolChoice::Named(name) => tool.name == *name,
            _ => true,
        };
        let callable = self.tools.iter().enumerate();
        let callable = callable.filter(|(_, tool)| is_callable(tool));
        let (mut names, mut rules) = (Vec::new(), String::new());
        for (index, tool) in callable {
            let head = quoted(&format!("{{\"name\": \"{}\", \"arguments\": ", tool.name));
            let schema = Source::Schema(prepare(&tool.at, arguments(&tool.parameters))?);
            let rule = schema.rule().unwrap_or_default();
            names.push(format!("call_{index}"));
            // Writing to a string cannot fail.
            let _ = write!(
                rules,
                "call_{index}: {head} args_{index} \"}}\"\nargs_{index}: {rule}\n"
            );
        }
        check_size("tools", rules.len())?;
        Ok(format!("body: {}\n{rules}", names.join(" | ")))
    }
}

/// The schema of arguments: they are an object, whether the schema says so or not.
fn arguments(parameters: &Value) -> Value {
    let mut schema = parameters.clone();
    let Value::Object(map) = &mut schema else {
        return schema; // refused when it is prepared
    };
    if map.is_empty() {
        map.insert("properties".to_owned(), json!({}));
    }
    if !["anyOf", "oneOf", "allOf", "$ref"]
        .iter()
        .any(|name| map.contains_key(*name))
    {
        map.entry("type").or_insert(json!("object"));
    }
    schema
}
