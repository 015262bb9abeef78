//! The schema of a field that is held, while it is written, to what its check wants.

use crate::check::Must;
use crate::sentences::sentences;
use crate::slips;
use serde_json::{Value, json};

/// Bytes of the texts in a schema at most; where there are more, the field stays free and is checked only.
const MAX_BYTES: usize = 16 << 10;

impl Must {
    /// This field's schema with what passes for this value; of a list, of each item. `None` where no schema says it.
    pub(crate) fn form(self, schema: &Value, value: &str) -> Option<Value> {
        if self == Must::GoThrough {
            return one_each(schema, &sentences(value));
        }
        if let Some(items) = schema.get("items") {
            let mut form = schema.clone();
            form["items"] = self.form(items, value)?;
            return Some(form);
        }
        let n_most = schema["maxLength"].as_u64().unwrap_or(u64::MAX) as usize;
        let is_short = |text: &String| text.chars().count() <= n_most;
        let mut texts = match self {
            Must::SoundLike => slips::of_sound(value.trim()),
            Must::BeNear => slips::of_spelling(value.trim()),
            Must::Quote => sentences(value).into_iter().map(str::to_owned).collect(),
            _ => return None,
        };
        texts.retain(is_short);
        let n_bytes: usize = texts.iter().map(String::len).sum();
        (!texts.is_empty() && n_bytes <= MAX_BYTES).then(|| json!({ "enum": texts }))
    }
}

/// A list with an object for each of these texts, which is the object's first field.
fn one_each(list: &Value, texts: &[&str]) -> Option<Value> {
    let n_most = list["maxItems"].as_u64().unwrap_or(u64::MAX) as usize;
    let n_bytes: usize = texts.iter().map(|text| text.len()).sum();
    if texts.is_empty() || n_most < texts.len() || MAX_BYTES < n_bytes {
        return None;
    }
    let item = &list["items"];
    let (first, _) = item["properties"].as_object()?.iter().next()?;
    let with = |text: &&str| {
        let mut item = item.clone();
        item["properties"][first] = json!({ "const": text });
        item
    };
    let items: Vec<Value> = texts.iter().map(with).collect();
    let n_items = items.len();
    Some(
        json!({ "type": "array", "prefixItems": items, "items": false, "minItems": n_items, "maxItems": n_items }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_held_to_what_its_check_wants() {
        let text = json!({ "type": "string", "maxLength": 20 });
        let form = |must: Must, value: &str| must.form(&text, value);
        let quoted = json!({ "enum": ["It rains.", "We stay."] });
        assert_eq!(
            form(Must::Quote, "It rains. We stay."),
            Some(quoted.clone())
        );
        let list = json!({ "type": "array", "maxItems": 2, "items": text });
        let form_of_list = Must::Quote.form(&list, "It rains. We stay.");
        let want = json!({ "type": "array", "maxItems": 2, "items": quoted });
        assert_eq!(form_of_list, Some(want));
        for (must, value) in [
            (Must::Quote, "a sentence longer than there is room for"),
            (Must::Quote, " …"),
            (Must::SoundLike, "abc"),
            (Must::BeNear, "two words"),
            (Must::DifferFrom, "it"),
        ] {
            assert_eq!(form(must, value), None, "{must:?} {value}");
        }
        assert_eq!(
            form(Must::Quote, &"It rains. ".repeat(2000)),
            None,
            "too much"
        );
    }

    #[test]
    fn a_list_goes_through_the_sentences() {
        let kind = json!({ "enum": ["a", "b"] });
        let item = json!({ "type": "object", "properties": { "text": { "type": "string" }, "kind": kind } });
        let list = json!({ "type": "array", "maxItems": 2, "items": item });
        let form = Must::GoThrough
            .form(&list, "It rains. We stay.")
            .expect("a form");
        let items = form["prefixItems"].as_array().expect("items");
        let texts: Vec<&Value> = items
            .iter()
            .map(|item| &item["properties"]["text"]["const"])
            .collect();
        assert_eq!(texts, ["It rains.", "We stay."]);
        assert_eq!(items[1]["properties"]["kind"], kind);
        for wrong in ["", "One. Two. Three."] {
            assert_eq!(Must::GoThrough.form(&list, wrong), None, "{wrong}");
        }
        assert_eq!(
            Must::GoThrough.form(&json!({ "items": true }), "One."),
            None
        );
    }
}
