//! Tools in OpenAI's shape: `tools`, `tool_choice`, `parallel_tool_calls`, and calls in answers.

use crate::error::ApiError;
use crate::fields::Fields;
use crate::record::random;
use crate::tools::{CallParser, Calls, Piece, Tool, ToolChoice, Toolbox};
use serde_json::{Value, json};

/// Where a tool's name and parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In an object `function`.
    Function,
    /// Beside `type`.
    Flat,
}

/// The tools of a request.
pub(crate) fn read(
    fields: &mut Fields,
    form: Form,
    warnings: &mut Vec<String>,
) -> Result<Toolbox, ApiError> {
    let tools = match fields.take("tools") {
        None => Vec::new(),
        Some(Value::Array(list)) => {
            let tools = list.into_iter().enumerate();
            tools
                .map(|(index, value)| tool(&format!("tools[{index}]"), value, form, warnings))
                .collect::<Result<_, _>>()?
        }
        Some(_) => return Err(ApiError::field("tools", "must be a list")),
    };
    let calls = match fields.take_flag("parallel_tool_calls") {
        Some(false) => Calls::One,
        _ => Calls::Several,
    };
    Toolbox::new(tools, choice(fields, form)?, calls)
}

fn tool(at: &str, value: Value, form: Form, warnings: &mut Vec<String>) -> Result<Tool, ApiError> {
    let mut fields = Fields::of(value).map_err(|_| ApiError::field(at, "must be an object"))?;
    if fields.take("type").is_none_or(|kind| kind != "function") {
        return Err(ApiError::field(
            &format!("{at}.type"),
            "must be \"function\"",
        ));
    }
    let (at, mut inner) = match form {
        Form::Function => {
            let inner = fields.object("function");
            let inner = inner.map_err(|error| error.within(&format!("{at}.")))?;
            warnings.extend(fields.warnings(&format!("{at}.")));
            (format!("{at}.function"), inner)
        }
        Form::Flat => (at.to_owned(), fields),
    };
    let within = |error: ApiError| error.within(&format!("{at}."));
    let name = inner.text("name").map_err(within)?;
    let tool = Tool {
        name: name.ok_or_else(|| ApiError::field(&format!("{at}.name"), "is missing"))?,
        description: inner.text("description").map_err(within)?,
        parameters: inner.take("parameters").unwrap_or(json!({})),
        at: format!("{at}.parameters"),
    };
    inner.flag("strict").map_err(within)?; // arguments always keep to the parameters
    warnings.extend(inner.warnings(&format!("{at}.")));
    Ok(tool)
}

fn choice(fields: &mut Fields, form: Form) -> Result<ToolChoice, ApiError> {
    let must = match form {
        Form::Function => {
            "must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": …}}"
        }
        Form::Flat => {
            "must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"name\": …}"
        }
    };
    let name = |value: &Value| match form {
        Form::Function => value["function"]["name"].clone(),
        Form::Flat => value["name"].clone(),
    };
    let wrong = || ApiError::field("tool_choice", must);
    match fields.take("tool_choice") {
        None => Ok(ToolChoice::Auto),
        Some(Value::String(text)) => match text.as_str() {
            "none" => Ok(ToolChoice::None),
            "auto" => Ok(ToolChoice::Auto),
            "required" => Ok(ToolChoice::Required),
            _ => Err(wrong()),
        },
        Some(value) => match name(&value) {
            Value::String(name) if value["type"] == "function" => Ok(ToolChoice::Named(name)),
            _ => Err(wrong()),
        },
    }
}

/// Text and calls of one answer, gathered for chunks or for a whole message.
#[derive(Debug, Default)]
pub(super) struct Heard {
    parser: Option<CallParser>,
    text: String,
    calls: Vec<Value>, // parts, as deltas show them
}

impl Heard {
    /// Reads calls where the answer may have some.
    pub(super) fn new(toolbox: &Toolbox) -> Heard {
        Heard {
            parser: toolbox.is_open().then(CallParser::default),
            ..Heard::default()
        }
    }

    /// Takes the next text.
    pub(super) fn push(&mut self, text: &str) {
        match &mut self.parser {
            None => self.text += text,
            Some(parser) => {
                let pieces = parser.push(text);
                self.gather(pieces);
            }
        }
    }

    /// Takes the end in; whether there were calls.
    pub(super) fn finish(&mut self) -> bool {
        let Some(parser) = &mut self.parser else {
            return false;
        };
        let (pieces, n_calls) = (parser.finish(), parser.n_calls());
        self.gather(pieces);
        0 < n_calls
    }

    /// What was gathered since the last chunk, as a `delta`.
    pub(super) fn delta(&mut self) -> Value {
        let mut delta = json!({});
        if !self.text.is_empty() {
            delta["content"] = json!(std::mem::take(&mut self.text));
        }
        if !self.calls.is_empty() {
            delta["tool_calls"] = Value::Array(std::mem::take(&mut self.calls));
        }
        delta
    }

    /// All that was gathered, as a `message`.
    pub(super) fn message(&mut self) -> Value {
        let text = std::mem::take(&mut self.text);
        let mut calls: Vec<Value> = Vec::new();
        for mut part in std::mem::take(&mut self.calls) {
            let is_new = part.get("id").is_some();
            match calls.last_mut() {
                Some(call) if !is_new => {
                    let more = part["function"]["arguments"].as_str().unwrap_or_default();
                    if let Value::String(arguments) = &mut call["function"]["arguments"] {
                        arguments.push_str(more);
                    }
                }
                _ => {
                    if let Value::Object(fields) = &mut part {
                        fields.remove("index");
                    }
                    calls.push(part);
                }
            }
        }
        let content = (!text.is_empty() || calls.is_empty()).then_some(text);
        let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
        if !calls.is_empty() {
            message["tool_calls"] = Value::Array(calls);
        }
        message
    }

    fn gather(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.text += &text,
                Piece::Call { index, name } => self.calls.push(json!({
                    "index": index,
                    "id": format!("call_{}", random()),
                    "type": "function",
                    "function": { "name": name, "arguments": "" },
                })),
                Piece::Arguments { index, text } => self
                    .calls
                    .push(json!({ "index": index, "function": { "arguments": text } })),
            }
        }
    }
}
