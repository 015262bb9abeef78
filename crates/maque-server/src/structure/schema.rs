//! JSON schemas: which keywords are kept to, which say nothing, and how large a schema may be.
//!
//! | keywords | |
//! |---|---|
//! | any value | `type` (one or a list), `const`, `enum`, `anyOf`, `oneOf` (where the options exclude each other), `allOf`, `$ref` within the schema, `$defs`, `definitions` |
//! | string | `minLength`, `maxLength`, `pattern`, `format` (date-time, time, date, duration, email, hostname, ipv4, ipv6, uuid, uri) |
//! | number | `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf` |
//! | array | `items`, `prefixItems`, `additionalItems`, `minItems`, `maxItems` |
//! | object | `properties` (in the order given), `required`, `additionalProperties`, `patternProperties`, `minProperties`, `maxProperties` |
//! | says nothing | `$schema`, `$id`, `$anchor`, `$comment`, `title`, `description`, `default`, `example`, `examples`, `deprecated`, `readOnly`, `writeOnly`, `contentMediaType`, `contentEncoding`, `discriminator`, `x-…` |
//!
//! Every other keyword is refused by name. An object with `properties` that says nothing of others has no others: small models
//! would go on inventing them. White space is bounded for the same reason.

use super::check_size;
use super::merge::merge;
use crate::error::ApiError;
use crate::limits::MAX_GRAMMAR_DEPTH;
use serde_json::{Map, Value, json};

/// Formats of strings that are kept to.
const FORMATS: [&str; 10] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
    "uri",
];

/// What a keyword's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    /// A value that is no schema.
    Plain,
    /// A schema, or a list of them.
    Schemas,
    /// Schemas by name.
    Named,
    /// Nothing that constrains.
    Annotation,
}

fn keyword(name: &str) -> Option<Keyword> {
    Some(match name {
        "type" | "const" | "enum" | "required" | "$ref" | "format" | "pattern" | "minLength"
        | "maxLength" | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum"
        | "multipleOf" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            Keyword::Plain
        }
        "anyOf"
        | "oneOf"
        | "allOf"
        | "items"
        | "additionalItems"
        | "prefixItems"
        | "additionalProperties" => Keyword::Schemas,
        "properties" | "patternProperties" | "$defs" | "definitions" => Keyword::Named,
        "$schema" | "$id" | "$anchor" | "$comment" | "title" | "description" | "default"
        | "example" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "contentMediaType"
        | "contentEncoding" | "discriminator" => Keyword::Annotation,
        name if name.starts_with("x-") => Keyword::Annotation,
        _ => return None,
    })
}

/// A schema that can be compiled: keywords that say nothing are gone, objects are closed.
///
/// # Errors
/// Where it is too large, too deep, or says what cannot be kept to; the error names the place.
pub(crate) fn prepare(field: &str, schema: Value) -> Result<Value, ApiError> {
    check_size(field, schema.to_string().len())?;
    let mut schema = match schema {
        Value::Bool(true) => json!({}),
        Value::Object(map) => Value::Object(map),
        _ => return Err(ApiError::field(field, "must be a JSON schema, an object")),
    };
    check(field, &mut schema, 0)?;
    for_each(&mut schema, &mut merge);
    if !has_intersections(&schema) {
        close(&mut schema);
    }
    // Nothing between two parts: what only one thing can follow is written without asking the model.
    schema["x-guidance"] = json!({ "whitespace_flexible": false });
    Ok(schema)
}

/// A prepared schema as a rule's body in a Lark grammar.
pub(super) fn rule(schema: &Value) -> String {
    format!("%json {schema}")
}

fn check(at: &str, schema: &mut Value, depth: usize) -> Result<(), ApiError> {
    if MAX_GRAMMAR_DEPTH < depth {
        let must = format!("is nested deeper than {MAX_GRAMMAR_DEPTH} schemas");
        return Err(ApiError::field(at, &must));
    }
    let map = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(map) => map,
        _ => return Err(ApiError::field(at, "must be an object, true or false")),
    };
    if let Some(name) = map.keys().find(|name| keyword(name).is_none()) {
        let must = "is a JSON schema keyword that cannot be kept to; leave it out";
        return Err(ApiError::field(&format!("{at}.{name}"), must));
    }
    map.retain(|name, _| keyword(name) != Some(Keyword::Annotation));
    check_format(at, map)?;
    check_patterns(at, map)?;
    for (name, value) in map {
        let at = format!("{at}.{name}");
        match (keyword(name), value) {
            (Some(Keyword::Named), Value::Object(named)) => {
                for (name, schema) in named {
                    check(&format!("{at}.{name}"), schema, depth + 1)?;
                }
            }
            (Some(Keyword::Named), _) => return Err(ApiError::field(&at, "must be an object")),
            (Some(Keyword::Schemas), Value::Array(list)) => {
                for (index, schema) in list.iter_mut().enumerate() {
                    check(&format!("{at}[{index}]"), schema, depth + 1)?;
                }
            }
            (Some(Keyword::Schemas), schema) => check(&at, schema, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_format(at: &str, map: &Map<String, Value>) -> Result<(), ApiError> {
    match map.get("format") {
        Some(format) if !FORMATS.iter().any(|known| format == known) => {
            let must = format!(
                "{format} cannot be kept to; use one of {}",
                FORMATS.join(", ")
            );
            Err(ApiError::field(&format!("{at}.format"), &must))
        }
        _ => Ok(()),
    }
}

/// Regexes are read here already: the compiler would not say which one is wrong.
fn check_patterns(at: &str, map: &Map<String, Value>) -> Result<(), ApiError> {
    let check = |at: String, pattern: &str| match regex_syntax::parse(pattern) {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = match &error {
                regex_syntax::Error::Parse(error) => error.kind().to_string(),
                regex_syntax::Error::Translate(error) => error.kind().to_string(),
                _ => "it cannot be read".to_owned(),
            };
            Err(ApiError::field(
                &at,
                &format!("{pattern:?} is no regex: {why}"),
            ))
        }
    };
    if let Some(Value::String(pattern)) = map.get("pattern") {
        check(format!("{at}.pattern"), pattern)?;
    }
    let named = map.get("patternProperties").and_then(Value::as_object);
    let mut named = named.into_iter().flatten();
    named.try_for_each(|(pattern, _)| check(format!("{at}.patternProperties"), pattern))
}

/// All schemas within a schema, itself included.
fn for_each(schema: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(map) = schema else { return };
    visit(map);
    for (name, value) in map {
        match (keyword(name), value) {
            (Some(Keyword::Named), Value::Object(named)) => {
                named
                    .values_mut()
                    .for_each(|schema| for_each(schema, visit));
            }
            (Some(Keyword::Schemas), Value::Array(list)) => {
                list.iter_mut().for_each(|schema| for_each(schema, visit));
            }
            (Some(Keyword::Schemas), schema) => for_each(schema, visit),
            _ => {}
        }
    }
}

/// Whether one value keeps to several schemas at once: closed ones would exclude each other.
fn has_intersections(schema: &Value) -> bool {
    let mut is_found = false;
    for_each(&mut schema.clone(), &mut |map| {
        let n_others = ["anyOf", "oneOf", "allOf", "$ref"]
            .iter()
            .filter(|name| map.contains_key(**name))
            .count();
        let is_both = map.contains_key("properties") && 0 < n_others;
        is_found |= map.contains_key("allOf") || is_both || 1 < n_others;
    });
    is_found
}

fn close(schema: &mut Value) {
    for_each(schema, &mut |map| {
        let is_open = ["additionalProperties", "patternProperties"];
        let Some(Value::Object(properties)) = map.get("properties") else {
            return;
        };
        let required = map.get("required").and_then(Value::as_array);
        let mut names = required.into_iter().flatten().filter_map(Value::as_str);
        if names.all(|name| properties.contains_key(name))
            && !is_open.iter().any(|name| map.contains_key(*name))
        {
            map.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(schema: Value) -> String {
        let error = prepare("f", schema).expect_err("refused");
        error.body()["error"]["param"]
            .as_str()
            .expect("a field")
            .to_owned()
    }

    #[test]
    fn what_cannot_be_kept_to_is_named_with_its_place() {
        let within = |schema: Value| json!({ "properties": { "a": { "items": schema } } });
        for (schema, place) in [
            (json!({ "uniqueItems": true }), "uniqueItems"),
            (json!({ "not": {} }), "not"),
            (json!({ "if": {} }), "if"),
            (json!({ "format": "regex" }), "format"),
            (json!({ "properties": [] }), "properties"),
        ] {
            assert_eq!(
                refused(within(schema)),
                format!("f.properties.a.items.{place}")
            );
        }
        assert_eq!(
            refused(json!({ "anyOf": [{}, { "nullable": true }] })),
            "f.anyOf[1].nullable"
        );
        assert_eq!(refused(json!("string")), "f");
    }

    #[test]
    fn names_of_properties_and_values_of_enums_are_no_keywords() {
        let schema = json!({
            "properties": { "not": { "enum": [{ "not": 1 }] }, "default": { "const": { "if": 2 } } },
            "required": ["not"],
        });
        let prepared = prepare("f", schema.clone()).expect("fine");
        assert_eq!(prepared["properties"], schema["properties"]);
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let nested = |n: usize| {
            (0..n).fold(
                json!({ "type": "null" }),
                |schema, _| json!({ "items": schema }),
            )
        };
        assert!(prepare("f", nested(64)).is_ok());
        let error = prepare("f", nested(65)).expect_err("too deep");
        assert!(error.body().to_string().contains("deeper than 64"));
        let long = "a".repeat(64 << 10);
        assert_eq!(refused(json!({ "const": long })), "f");
    }

    #[test]
    fn objects_are_closed_unless_several_schemas_meet() {
        let object = json!({ "properties": { "a": {} }, "title": "T" });
        let closed = |schema| prepare("f", schema).expect("fine")["additionalProperties"] == false;
        assert!(closed(object.clone()));
        assert!(!closed(
            json!({ "properties": {}, "additionalProperties": true })
        ));
        assert!(!closed(json!({ "properties": {}, "required": ["b"] })));
        assert!(closed(json!({ "properties": {}, "allOf": [object] })));
        assert!(!closed(
            json!({ "properties": { "a": { "type": "null" } }, "allOf": [object] })
        ));
        assert!(!closed(json!({ "properties": {}, "anyOf": [object] })));
        assert!(!closed(json!({ "type": "object" })));
    }
}
