//! Messages as `/openapi.json` describes them: texts, calls of tools and their results, in each API's shape.

use serde_json::{Map, Value, json};

/// Whose shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turns {
    OpenAi,
    Anthropic,
    Ollama,
}

impl Turns {
    /// The JSON schema of one message.
    pub(crate) fn schema(self) -> Value {
        match self {
            Turns::OpenAi => openai(),
            Turns::Anthropic => anthropic(),
            Turns::Ollama => ollama(),
        }
    }
}

/// Calls stand beside the text, results have a role of their own.
fn openai() -> Value {
    let content = texts(&object(&[("type", one("text")), ("text", text())]));
    let function = object(&[("name", text()), ("arguments", text())]);
    let call = object(&[
        ("id", text()),
        ("type", one("function")),
        ("function", function),
    ]);
    let calls = object(&[("role", one("assistant")), ("tool_calls", list(&call))]);
    let may_say = any(&[content.clone(), json!({ "type": "null" })]);
    any(&[
        object(&[
            (
                "role",
                json!({ "enum": ["system", "developer", "user", "assistant"] }),
            ),
            ("content", content.clone()),
        ]),
        and(calls, "content", may_say),
        object(&[
            ("role", one("tool")),
            ("tool_call_id", text()),
            ("content", content),
        ]),
    ])
}

/// Calls and results are blocks beside blocks of text.
fn anthropic() -> Value {
    let said = object(&[("type", one("text")), ("text", text())]);
    let call = object(&[
        ("type", one("tool_use")),
        ("id", text()),
        ("name", text()),
        ("input", json!({ "type": "object" })),
    ]);
    let result = object(&[("type", one("tool_result")), ("tool_use_id", text())]);
    let result = and(result, "content", texts(&said));
    let result = and(result, "is_error", json!({ "type": "boolean" }));
    any(&[
        object(&[
            ("role", one("user")),
            ("content", texts(&any(&[said.clone(), result]))),
        ]),
        object(&[
            ("role", one("assistant")),
            ("content", texts(&any(&[said, call]))),
        ]),
    ])
}

/// Like OpenAI's, with arguments that are objects, and a name where it has an id.
fn ollama() -> Value {
    let arguments = json!({ "type": "object" });
    let function = object(&[("name", text()), ("arguments", arguments)]);
    let call = object(&[("function", function)]);
    let calls = object(&[("role", one("assistant")), ("tool_calls", list(&call))]);
    let result = object(&[("role", one("tool")), ("content", text())]);
    any(&[
        object(&[
            ("role", json!({ "enum": ["system", "user", "assistant"] })),
            ("content", text()),
        ]),
        and(calls, "content", text()),
        and(result, "tool_name", text()),
    ])
}

/// A text, or a list of such parts.
fn texts(part: &Value) -> Value {
    any(&[text(), list(part)])
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn list(item: &Value) -> Value {
    json!({ "type": "array", "items": item })
}

fn one(word: &str) -> Value {
    json!({ "const": word })
}

fn any(schemas: &[Value]) -> Value {
    json!({ "anyOf": schemas })
}

/// An object that has all of these.
fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The same, which may have one more.
fn and(mut object: Value, name: &str, schema: Value) -> Value {
    object["properties"][name] = schema;
    object
}
