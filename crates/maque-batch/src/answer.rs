//! An answer as cells.

use serde_json::Value;

/// One item of an answer, and the whole answer where the item lacks a field.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    item: &'a Value,
    whole: &'a Value,
}

impl<'a> Answered<'a> {
    pub(crate) fn new(item: &'a Value, whole: &'a Value) -> Answered<'a> {
        Answered { item, whole }
    }

    /// Whether there is no answer at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.whole.is_null()
    }

    /// The field with this name; the empty name is the answer itself.
    fn field(&self, name: &str) -> Option<&'a Value> {
        match name {
            "" => Some(self.item),
            _ => self.item.get(name).or_else(|| self.whole.get(name)),
        }
    }

    /// A field as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.field(name).map(shown)
    }

    /// Of a field that is a list, the items that have this value, without it.
    pub(crate) fn only(&self, name: &str, wanted: &str) -> Value {
        let items = self.field(name).and_then(Value::as_array);
        let maps = items.into_iter().flatten().filter_map(Value::as_object);
        let chosen = maps.filter(|map| map.values().any(|value| value == wanted));
        let lines = chosen.map(|map| {
            let others = map.values().filter(|value| *value != wanted);
            others.map(shown).collect::<Vec<_>>().join(" · ")
        });
        Value::String(lines.collect::<Vec<_>>().join("\n"))
    }

    /// A field as a cell: numbers stay numbers, lists become lines.
    pub(crate) fn cell(&self, name: &str) -> Value {
        match self.field(name) {
            None => Value::Null,
            Some(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value.clone(),
            Some(value) => Value::String(shown(value)),
        }
    }
}

/// A value as people read it: a list has an item a line, an object its values.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join("\n"),
        Value::Object(map) => map.values().map(shown).collect::<Vec<_>>().join(" · "),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_become_cells() {
        let whole = json!({ "title": "T", "list": [{ "who": "Ann", "what": "tea" }, "x"], "n": 3 });
        let item = json!({ "q": "why" });
        let answered = Answered::new(&item, &whole);
        assert_eq!(answered.cell("q"), "why");
        assert_eq!(answered.cell("n"), 3);
        assert_eq!(answered.cell("list"), "Ann · tea\nx");
        assert_eq!(answered.cell("missing"), Value::Null);
        assert_eq!(answered.only("list", "tea"), "Ann");
        assert_eq!(answered.only("q", "why"), "");
    }
}
