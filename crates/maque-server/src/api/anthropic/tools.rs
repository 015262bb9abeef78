//! Tools in Anthropic's shape: `tools` with an `input_schema`, and `tool_choice`.

use crate::error::ApiError;
use crate::fields::Fields;
use crate::tools::{Calls, Tool, ToolChoice, Toolbox};
use serde_json::{Value, json};

/// The tools of a request.
pub(super) fn read(fields: &mut Fields, warnings: &mut Vec<String>) -> Result<Toolbox, ApiError> {
    let list = fields.take("tools").unwrap_or(json!([]));
    let list = list.as_array().into_iter().flatten().enumerate();
    let tools = list.map(|(i, value)| tool(&format!("tools[{i}]"), value, warnings));
    let tools = tools.collect::<Result<_, _>>()?;
    let (choice, calls) = choice(fields)?;
    Toolbox::new(tools, choice, calls)
}

fn tool(at: &str, value: &Value, warnings: &mut Vec<String>) -> Result<Tool, ApiError> {
    let fields = Fields::of(value.clone());
    let mut fields = fields.map_err(|_| ApiError::field(at, "must be an object"))?;
    let within = |error: ApiError| error.within(&format!("{at}."));
    match fields.text("type").map_err(within)?.as_deref() {
        None | Some("custom") => {}
        Some(_) => {
            let must = "can be custom only: this server runs no tools itself";
            return Err(ApiError::field(&format!("{at}.type"), must));
        }
    }
    let name = fields.text("name").map_err(within)?;
    let schema = format!("{at}.input_schema");
    let parameters = fields.take("input_schema");
    let tool = Tool {
        name: name.ok_or_else(|| ApiError::field(&format!("{at}.name"), "is missing"))?,
        description: fields.text("description").map_err(within)?,
        parameters: parameters.ok_or_else(|| ApiError::field(&schema, "is missing"))?,
        at: schema,
    };
    for name in ["strict", "cache_control", "eager_input_streaming"] {
        fields.take(name); // arguments always keep to the schema, prefixes are always cached, deltas always sent
    }
    warnings.extend(fields.warnings(&format!("{at}.")));
    Ok(tool)
}

fn choice(fields: &mut Fields) -> Result<(ToolChoice, Calls), ApiError> {
    let mut choice = fields.object("tool_choice")?;
    let within = |error: ApiError| error.within("tool_choice.");
    let kind = choice.text("type").map_err(within)?;
    let name = choice.text("name").map_err(within)?;
    let calls = match choice.flag("disable_parallel_tool_use").map_err(within)? {
        true => Calls::One,
        false => Calls::Several,
    };
    let choice = match (kind.as_deref(), name) {
        (None | Some("auto"), _) => ToolChoice::Auto,
        (Some("any"), _) => ToolChoice::Required,
        (Some("none"), _) => ToolChoice::None,
        (Some("tool"), Some(name)) => ToolChoice::Named(name),
        (Some("tool"), None) => return Err(ApiError::field("tool_choice.name", "is missing")),
        (Some(_), _) => {
            let must = "must be auto, any, tool or none";
            return Err(ApiError::field("tool_choice.type", must));
        }
    };
    Ok((choice, calls))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_body(body: Value) -> Result<Toolbox, ApiError> {
        read(&mut Fields::of(body).expect("an object"), &mut Vec::new())
    }

    #[test]
    fn every_choice_is_understood() {
        let tools = json!([{ "name": "f", "input_schema": { "type": "object" } }]);
        for (choice, is_open) in [
            (Value::Null, true),
            (
                json!({ "type": "auto", "disable_parallel_tool_use": true }),
                true,
            ),
            (json!({ "type": "any" }), true),
            (json!({ "type": "tool", "name": "f" }), true),
            (json!({ "type": "none" }), false),
        ] {
            let body = json!({ "tools": tools, "tool_choice": choice });
            assert_eq!(
                read_body(body).expect("fine").is_open(),
                is_open,
                "{choice}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let tool = |tool: Value| json!({ "tools": [tool] });
        let choice = |choice: Value| json!({ "tool_choice": choice });
        for (body, param) in [
            (tool(json!(1)), "tools[0]"),
            (tool(json!({ "input_schema": {} })), "tools[0].name"),
            (tool(json!({ "name": "f" })), "tools[0].input_schema"),
            (
                tool(json!({ "type": "bash_20250124", "name": "bash" })),
                "tools[0].type",
            ),
            (choice(json!({ "type": "tool" })), "tool_choice.name"),
            (
                choice(json!({ "type": "tool", "name": "g" })),
                "tool_choice",
            ),
            (choice(json!({ "type": "some" })), "tool_choice.type"),
            (choice(json!({ "type": "any" })), "tool_choice"),
        ] {
            let error = read_body(body).expect_err("wrong");
            assert_eq!(error.body()["error"]["param"], param);
        }
    }
}
