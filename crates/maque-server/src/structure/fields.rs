//! The fields that ask for a structure: OpenAI's `response_format` and vLLM's `structured_outputs`.

use super::{Source, Structure, prepare};
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use serde_json::{Value, json};

/// Their rows, and those of other servers' names for the same.
pub(crate) const STRUCTURE: &[Field] = &[
    Field::new("response_format", Kind::Object),
    Field::new("structured_outputs", Kind::Object),
    Field::new("guided_json", Kind::Instead("structured_outputs.json")),
    Field::new("guided_regex", Kind::Instead("structured_outputs.regex")),
    Field::new("guided_choice", Kind::Instead("structured_outputs.choice")),
    Field::new(
        "guided_grammar",
        Kind::Instead("structured_outputs.grammar"),
    ),
    Field::new("json_schema", Kind::Instead("response_format")),
    Field::new("grammar", Kind::Instead("structured_outputs.grammar")),
];

/// What the answer is to keep to, if anything.
pub(crate) fn read(fields: &mut Fields) -> Result<Option<Structure>, ApiError> {
    let format = response_format(fields)?;
    match (format, structured_outputs(fields)?) {
        (Some(_), Some(_)) => {
            let must = "cannot be combined with response_format";
            Err(ApiError::field("structured_outputs", must))
        }
        (format, structured) => Ok(format.or(structured)),
    }
}

fn response_format(fields: &mut Fields) -> Result<Option<Structure>, ApiError> {
    let Some(value) = fields.take("response_format") else {
        return Ok(None);
    };
    let mut format =
        Fields::of(value).map_err(|_| ApiError::field("response_format", "must be an object"))?;
    let kind = format.text("type");
    let kind = kind.map_err(|error| error.within("response_format."))?;
    let structure = match kind.as_deref() {
        Some("text") => None,
        Some("json_object") => {
            let schema = format.take("schema").unwrap_or(json!({ "type": "object" }));
            Some(of_schema("response_format.schema", schema)?)
        }
        Some("json_schema") => {
            let inner = format.object("json_schema");
            let inner = inner.map_err(|error| error.within("response_format."))?;
            Some(json_schema("response_format.json_schema", inner)?)
        }
        _ => {
            let must = "must be text, json_object or json_schema";
            return Err(ApiError::field("response_format.type", must));
        }
    };
    nothing_else(&format, "response_format.")?;
    Ok(structure)
}

/// `text.format` of the Responses API: a response format that has no object `json_schema`.
pub(crate) fn text_format(text: &mut Fields) -> Result<Option<Structure>, ApiError> {
    let mut format = text
        .object("format")
        .map_err(|error| error.within("text."))?;
    let kind = format.text("type");
    let kind = kind.map_err(|error| error.within("text.format."))?;
    match kind.as_deref() {
        None | Some("text") => Ok(None),
        Some("json_object") => of_schema("text.format", json!({ "type": "object" })).map(Some),
        Some("json_schema") => json_schema("text.format", format).map(Some),
        Some(_) => {
            let must = "must be text, json_object or json_schema";
            Err(ApiError::field("text.format.type", must))
        }
    }
}

/// The field `format` of Ollama's API: `"json"`, or a schema.
pub(crate) fn format(fields: &mut Fields) -> Result<Option<Structure>, ApiError> {
    let schema = match fields.take("format") {
        None => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) if text == "json" => json!({ "type": "object" }),
        Some(schema @ Value::Object(_)) => schema,
        Some(_) => {
            let must = "must be \"json\" or a JSON schema";
            return Err(ApiError::field("format", must));
        }
    };
    of_schema("format", schema).map(Some)
}

/// The field `output_config` of Anthropic's API.
pub(crate) fn output_config(
    fields: &mut Fields,
    warnings: &mut Vec<String>,
) -> Result<Option<Structure>, ApiError> {
    let mut config = fields.object("output_config")?;
    let format = config.take("format");
    warnings.extend(config.warnings("output_config."));
    let Some(format) = format else {
        return Ok(None);
    };
    match format["type"] == "json_schema" {
        true => of_schema("output_config.format.schema", format["schema"].clone()).map(Some),
        false => {
            let field = "output_config.format.type";
            Err(ApiError::field(field, "must be json_schema"))
        }
    }
}

fn json_schema(field: &str, mut fields: Fields) -> Result<Structure, ApiError> {
    fields.take("type");
    let within = |error: ApiError| error.within(&format!("{field}."));
    fields.text("name").map_err(within)?;
    fields.text("description").map_err(within)?;
    fields.flag("strict").map_err(within)?; // the schema is always kept to
    let schema = fields.take("schema");
    let at = format!("{field}.schema");
    let schema = schema.ok_or_else(|| ApiError::field(&at, "is missing"))?;
    nothing_else(&fields, &format!("{field}."))?;
    of_schema(&at, schema)
}

fn of_schema(field: &str, schema: Value) -> Result<Structure, ApiError> {
    Ok(Structure::whole(
        field,
        Source::Schema(prepare(field, schema)?),
    ))
}

fn structured_outputs(fields: &mut Fields) -> Result<Option<Structure>, ApiError> {
    let mut fields = fields.object("structured_outputs")?;
    let at = |name: &str| format!("structured_outputs.{name}");
    let within = |error: ApiError| error.within("structured_outputs.");
    let mut found = Vec::new();
    if let Some(value) = fields.take("json") {
        let schema = match &value {
            Value::String(text) => serde_json::from_str(text)
                .map_err(|error| ApiError::field(&at("json"), &format!("is no JSON: {error}")))?,
            _ => value,
        };
        found.push(of_schema(&at("json"), schema)?);
    }
    if fields.flag("json_object").map_err(within)? {
        found.push(of_schema(&at("json_object"), json!({ "type": "object" }))?);
    }
    if let Some(text) = fields.text("regex").map_err(within)? {
        let source = Source::regex(&at("regex"), &text)?;
        found.push(Structure::whole(&at("regex"), source));
    }
    if let Some(text) = fields.text("grammar").map_err(within)? {
        let source = Source::lark(&at("grammar"), &text)?;
        found.push(Structure::whole(&at("grammar"), source));
    }
    if let Some(value) = fields.take("choice") {
        let texts = serde_json::from_value::<Vec<String>>(value)
            .map_err(|_| ApiError::field(&at("choice"), "must be a list of strings"))?;
        let source = Source::choice(&at("choice"), &texts)?;
        found.push(Structure::whole(&at("choice"), source));
    }
    nothing_else(&fields, "structured_outputs.")?;
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let must = "can have one of json, json_object, regex, grammar, choice only";
            Err(ApiError::field("structured_outputs", must))
        }
    }
}

/// Refuses fields that nobody read: a structure that is not understood whole is not kept to.
fn nothing_else(fields: &Fields, within: &str) -> Result<(), ApiError> {
    match fields.unread().next() {
        Some(name) => Err(ApiError::field(&format!("{within}{name}"), "is not served")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body: Value) -> Option<Source> {
        let mut fields = Fields::checked(body, "", &[STRUCTURE]).expect("fine").0;
        read(&mut fields).expect("fine").map(|found| found.source)
    }

    #[test]
    fn every_form_is_read() {
        let schema = json!({ "type": "integer" });
        let prepared = Some(Source::Schema(prepare("f", schema.clone()).expect("fine")));
        let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": schema } });
        assert_eq!(source(json!({ "response_format": format })), prepared);
        let outputs = |value: Value| source(json!({ "structured_outputs": value }));
        assert_eq!(outputs(json!({ "json": schema.to_string() })), prepared);
        assert_eq!(outputs(json!({ "json": schema, "regex": null })), prepared);
        assert_eq!(
            outputs(json!({ "regex": "a+" })),
            Some(Source::Regex("a+".to_owned()))
        );
        assert!(outputs(json!({ "choice": ["a", "b"] })).is_some());
        assert!(outputs(json!({ "grammar": "start: \"a\"" })).is_some());
        assert!(outputs(json!({ "json_object": true })).is_some());
        assert!(source(json!({ "response_format": { "type": "json_object" } })).is_some());
        assert_eq!(
            source(json!({ "response_format": { "type": "text" } })),
            None
        );
        assert_eq!(source(json!({})), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, param) in [
            (json!({ "response_format": "json" }), "response_format"),
            (
                json!({ "response_format": { "type": "xml" } }),
                "response_format.type",
            ),
            (
                json!({ "response_format": { "type": "json_schema" } }),
                "response_format.json_schema.schema",
            ),
            (
                json!({ "response_format": { "type": "text", "a": 1 } }),
                "response_format.a",
            ),
            (
                json!({ "structured_outputs": { "json": {}, "regex": "a" } }),
                "structured_outputs",
            ),
            (
                json!({ "structured_outputs": { "json": "{" } }),
                "structured_outputs.json",
            ),
            (
                json!({ "structured_outputs": { "structural_tag": "t" } }),
                "structured_outputs.structural_tag",
            ),
            (
                json!({ "structured_outputs": { "choice": [""] } }),
                "structured_outputs.choice",
            ),
            (
                json!({ "structured_outputs": { "regex": 1 } }),
                "structured_outputs.regex",
            ),
            (
                json!({ "response_format": { "type": 1 } }),
                "response_format.type",
            ),
            (
                json!({ "response_format": { "type": "json_schema", "json_schema": { "strict": 1 } } }),
                "response_format.json_schema.strict",
            ),
            (json!({ "guided_json": {} }), "guided_json"),
        ] {
            let fields = Fields::checked(body, "", &[STRUCTURE]);
            let error = fields.and_then(|(mut fields, _)| read(&mut fields));
            let error = error.expect_err("wrong");
            assert_eq!(error.body()["error"]["param"], param);
        }
    }
}
