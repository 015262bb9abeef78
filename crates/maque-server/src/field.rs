//! One field of a route's body: its row in the table against which bodies are checked, and which `GET /v1/capabilities` and
//! `GET /openapi.json` show.

use crate::error::ApiError;
use crate::turns::Turns;
use serde_json::{Value, json};

/// A row.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// What a field may hold, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A number within a range.
    Number(f64, f64),
    /// A whole number within a range.
    Integer(i128, i128),
    /// True or false.
    Flag,
    /// A text.
    Text,
    /// A text, or a list of at most so many.
    Texts(usize),
    /// A list of at most so many.
    List(usize),
    /// Messages of a conversation, at most so many; a route that has them cannot do without.
    Messages(Turns, usize),
    /// An object.
    Object,
    /// Of several types; the route checks it.
    Mixed,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Taken: it changes nothing in the answer.
    Idle,
    /// A hint that this server has no use for: taken with a warning.
    Hint,
    /// Not served: refused by name, unless it asks for nothing.
    Refused,
    /// Another server's name for this field: refused by name.
    Instead(&'static str),
}

impl Field {
    /// A row.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Field {
        Field { name, kind }
    }

    /// Whether `value` is of the right kind, or what it must be.
    pub(crate) fn check(&self, value: &Value) -> Result<(), ApiError> {
        let is_right = match self.kind {
            Kind::Number(from, to) => value
                .as_f64()
                .is_some_and(|number| (from..=to).contains(&number)),
            Kind::Integer(from, to) => {
                integer(value).is_some_and(|number| (from..=to).contains(&number))
            }
            Kind::Flag => value.is_boolean(),
            Kind::Text => value.is_string(),
            Kind::Texts(n) => value.is_string() || is_list(value, n, Value::is_string),
            Kind::List(n) | Kind::Messages(_, n) => is_list(value, n, |_| true),
            Kind::Object => value.is_object(),
            Kind::OneOf(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
            Kind::Mixed | Kind::Idle | Kind::Hint => true,
            Kind::Refused => is_nothing(value),
            Kind::Instead(_) => false,
        };
        match is_right {
            true => Ok(()),
            false => Err(ApiError::field(self.name, &self.must())),
        }
    }

    /// What it must be, as the rest of a sentence.
    fn must(&self) -> String {
        match self.kind {
            Kind::Number(from, to) => format!("must be a number from {from} to {to}"),
            Kind::Integer(from, to) => format!("must be a whole number from {from} to {to}"),
            Kind::Flag => "must be true or false".to_owned(),
            Kind::Text => "must be a string".to_owned(),
            Kind::Texts(n) => format!("must be a string or a list of at most {n} strings"),
            Kind::List(n) | Kind::Messages(_, n) => format!("must be a list of at most {n}"),
            Kind::Object => "must be an object".to_owned(),
            Kind::OneOf(texts) => format!("must be one of {}", texts.join(", ")),
            Kind::Refused => "is not served here; leave it out".to_owned(),
            Kind::Instead(name) => format!("is not read; send {name}"),
            Kind::Mixed | Kind::Idle | Kind::Hint => "can be anything".to_owned(),
        }
    }

    /// What becomes of it: `works`, `no effect`, or `refused`.
    pub(crate) fn status(&self) -> &'static str {
        match self.kind {
            Kind::Idle | Kind::Hint => "no effect",
            Kind::Refused | Kind::Instead(_) => "refused",
            _ => "works",
        }
    }

    /// Its JSON schema.
    pub(crate) fn schema(&self) -> Value {
        let text = || json!({ "type": "string" });
        let shape = match self.kind {
            Kind::Number(from, to) => json!({ "type": "number", "minimum": from, "maximum": to }),
            Kind::Integer(from, to) => {
                let number = |bound: i128| serde_json::Number::from_i128(bound);
                json!({ "type": "integer", "minimum": number(from), "maximum": number(to) })
            }
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Text => text(),
            Kind::Texts(n) => {
                let list = json!({ "type": "array", "items": text(), "maxItems": n });
                json!({ "anyOf": [text(), list] })
            }
            Kind::List(n) => json!({ "type": "array", "maxItems": n }),
            Kind::Messages(turns, n) => {
                let message = turns.schema();
                return json!({ "type": "array", "items": message, "minItems": 1, "maxItems": n });
            }
            Kind::Object => json!({ "type": "object" }),
            Kind::OneOf(texts) => json!({ "enum": texts }),
            Kind::Mixed | Kind::Idle | Kind::Hint | Kind::Refused | Kind::Instead(_) => json!({}),
        };
        let mut schema = match shape.as_object().is_some_and(|shape| shape.is_empty()) {
            true => shape,
            false => json!({ "anyOf": [shape, { "type": "null" }] }),
        };
        if self.status() != "works" {
            schema["description"] = json!(self.status());
        }
        schema
    }
}

/// A whole number of any size.
pub(crate) fn integer(value: &Value) -> Option<i128> {
    let number = value.as_i64().map(i128::from);
    number.or(value.as_u64().map(i128::from))
}

fn is_list(value: &Value, n: usize, is_right: impl Fn(&Value) -> bool) -> bool {
    let list = value.as_array();
    list.is_some_and(|list| list.len() <= n && list.iter().all(is_right))
}

/// Whether a field asks for nothing: features that are not there may be switched off.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty() || *list == [json!("text")],
        Value::Bool(flag) => !flag,
        Value::String(text) => ["", "none", "auto", "disabled"].contains(&text.as_str()),
        Value::Object(map) => {
            map.is_empty()
                || ["text", "none", "auto", "disabled"]
                    .iter()
                    .any(|kind| value["type"] == **kind)
        }
        Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_tell_right_values_from_wrong_ones() {
        for (kind, right, wrong) in [
            (Kind::Number(0.0, 2.0), json!(2), json!(2.1)),
            (Kind::Number(0.0, 2.0), json!(0.5), json!("0.5")),
            (Kind::Integer(-2, 9), json!(-2), json!(1.5)),
            (
                Kind::Integer(0, u64::MAX as i128),
                json!(u64::MAX),
                json!(-1),
            ),
            (Kind::Flag, json!(true), json!(1)),
            (Kind::Texts(2), json!(["a", "b"]), json!(["a", "b", "c"])),
            (Kind::Texts(2), json!("a"), json!([1])),
            (Kind::OneOf(&["a"]), json!("a"), json!("b")),
            (
                Kind::Refused,
                json!({ "type": "text" }),
                json!({ "type": "json_object" }),
            ),
            (Kind::Refused, json!([]), json!([{}])),
        ] {
            let row = Field::new("it", kind);
            assert!(row.check(&right).is_ok(), "{kind:?} {right}");
            let error = row.check(&wrong).expect_err("wrong");
            assert_eq!(error.body()["error"]["param"], "it", "{kind:?} {wrong}");
        }
    }
}
