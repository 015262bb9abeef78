//! `allOf` of plain objects as one object: closed ones would exclude each other, and small models fill open ones without end.

use serde_json::{Map, Value};

/// Keywords of a plain object.
const PLAIN: [&str; 5] = ["type", "properties", "required", "$defs", "definitions"];

/// Puts the object that an `allOf` comes to in its place, where it is one; any other `allOf` stays.
pub(super) fn merge(map: &mut Map<String, Value>) {
    let mut whole = map.clone();
    let Some(Value::Array(branches)) = whole.remove("allOf") else {
        return;
    };
    let is_alone = whole.is_empty() && branches.len() == 1;
    for branch in branches {
        let Value::Object(mut branch) = branch else {
            return;
        };
        merge(&mut branch);
        if is_alone {
            *map = branch;
            return;
        }
        if !is_plain(&whole) || !is_plain(&branch) || !add(&mut whole, branch) {
            return;
        }
    }
    *map = whole;
}

fn is_plain(map: &Map<String, Value>) -> bool {
    map.keys().all(|name| PLAIN.contains(&name.as_str()))
}

/// Adds what `branch` says to `whole`; false where both say something of the same property.
fn add(whole: &mut Map<String, Value>, branch: Map<String, Value>) -> bool {
    for (name, value) in branch {
        match (whole.get_mut(&name), value) {
            (None, value) => {
                whole.insert(name, value);
            }
            (Some(old), value) if *old == value => {}
            (Some(Value::Array(old)), Value::Array(new)) if name == "required" => {
                old.extend(new);
            }
            (Some(Value::Object(old)), Value::Object(new)) if name == "properties" => {
                if new.keys().any(|property| old.contains_key(property)) {
                    return false;
                }
                old.extend(new);
            }
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(mut schema: Value) -> Value {
        merge(schema.as_object_mut().expect("an object"));
        schema
    }

    #[test]
    fn plain_objects_become_one_and_others_stay() {
        let one = json!({ "type": "object", "properties": { "a": {} }, "required": ["a"] });
        let other = json!({ "properties": { "b": { "type": "integer" } }, "required": ["b"] });
        let both = json!({
            "type": "object",
            "properties": { "a": {}, "b": { "type": "integer" } },
            "required": ["a", "b"],
        });
        assert_eq!(merged(json!({ "allOf": [one, other] })), both);
        assert_eq!(
            merged(json!({ "allOf": [{ "allOf": [one] }, other] })),
            both
        );
        assert_eq!(
            merged(json!({ "type": "object", "allOf": [one, other] })),
            both
        );
        let reference = json!({ "$ref": "#/$defs/a" });
        assert_eq!(merged(json!({ "allOf": [reference] })), reference);
        for kept in [
            json!({ "allOf": [one, { "additionalProperties": false }] }),
            json!({ "allOf": [one, { "properties": { "a": { "type": "null" } } }] }),
            json!({ "allOf": [one, { "type": "array" }] }),
            json!({ "allOf": [one, true] }),
            json!({ "allOf": [one, reference] }),
        ] {
            assert_eq!(merged(kept.clone()), kept);
        }
    }
}
