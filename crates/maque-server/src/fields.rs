//! The fields of a request's body: each is read by name or reported, none is ignored.

use crate::error::ApiError;
use crate::field::{Field, Kind, integer};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// What has not been read yet.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object.
    pub(crate) fn of(body: Value) -> Result<Fields, ApiError> {
        match body {
            Value::Object(map) => Ok(Fields(map)),
            _ => Err(ApiError::bad_request("the body must be a JSON object")),
        }
    }

    /// The fields of an object, checked against the rows of `tables`, and warnings.
    pub(crate) fn checked(
        body: Value,
        within: &str,
        tables: &[&[Field]],
    ) -> Result<(Fields, Vec<String>), ApiError> {
        Fields::of(body)?.check(within, tables)
    }

    /// Checks them against the rows of `tables`; a warning for each that is unknown or has no use here.
    pub(crate) fn check(
        self,
        within: &str,
        tables: &[&[Field]],
    ) -> Result<(Fields, Vec<String>), ApiError> {
        let Fields(mut map) = self;
        let mut warnings = Vec::new();
        let mut wrong = None;
        map.retain(|name, value| {
            let rows = tables.iter().copied().flatten();
            let row = rows.into_iter().find(|row| row.name == name);
            let warning = match row.map(|row| row.kind) {
                _ if value.is_null() => return false,
                None => "is unknown here and had no effect",
                Some(Kind::Hint) => "has no use here and had no effect",
                Some(_) => "",
            };
            if !warning.is_empty() {
                warnings.push(format!("{within}{name} {warning}"));
            }
            let Some(row) = row else { return false };
            if let Err(error) = row.check(value) {
                wrong.get_or_insert(error.within(within));
            }
            row.status() == "works"
        });
        match wrong {
            Some(error) => Err(error),
            None => Ok((Fields(map), warnings)),
        }
    }

    /// A checked number.
    pub(crate) fn take_number(&mut self, name: &str) -> Option<f32> {
        self.take(name)?.as_f64().map(|number| number as f32)
    }

    /// A checked whole number.
    pub(crate) fn take_integer(&mut self, name: &str) -> Option<i128> {
        integer(&self.take(name)?)
    }

    /// A checked count.
    pub(crate) fn take_count(&mut self, name: &str) -> Option<usize> {
        self.take_integer(name)?.try_into().ok()
    }

    /// A checked flag; `None` if absent.
    pub(crate) fn take_flag(&mut self, name: &str) -> Option<bool> {
        self.take(name)?.as_bool()
    }

    /// A field that stays to be read.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A field of any type; `null` is as good as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// A whole number within a range.
    pub(crate) fn integer(
        &mut self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        match value.as_u64().filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(ApiError::field(
                name,
                &format!(
                    "must be a whole number from {} to {}",
                    range.start(),
                    range.end()
                ),
            )),
        }
    }

    /// True or false; false if absent.
    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, ApiError> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(ApiError::field(name, "must be true or false")),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::field(name, "must be a string")),
        }
    }

    /// An object's fields; none if absent.
    pub(crate) fn object(&mut self, name: &str) -> Result<Fields, ApiError> {
        match self.take(name) {
            None => Ok(Fields(Map::new())),
            Some(Value::Object(map)) => Ok(Fields(map)),
            Some(_) => Err(ApiError::field(name, "must be an object")),
        }
    }

    /// A text or a list of them.
    pub(crate) fn texts(&mut self, name: &str, limit: usize) -> Result<Vec<String>, ApiError> {
        let wrong = || {
            ApiError::field(
                name,
                &format!("must be a string or a list of at most {limit} strings"),
            )
        };
        let texts = match self.take(name) {
            None => Vec::new(),
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) if list.len() <= limit => list
                .into_iter()
                .map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(wrong()),
        };
        match texts.iter().any(String::is_empty) {
            true => Err(ApiError::field(name, "must not hold an empty string")),
            false => Ok(texts),
        }
    }

    /// A field of which one value only is served.
    pub(crate) fn only(
        &mut self,
        name: &str,
        is_served: impl Fn(&Value) -> bool,
        served: &str,
    ) -> Result<(), ApiError> {
        match self.take(name) {
            Some(value) if !is_served(&value) => {
                Err(ApiError::field(name, &format!("can only be {served} yet")))
            }
            _ => Ok(()),
        }
    }

    /// Names of fields that nobody read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        let fields = self.0.iter().filter(|(_, value)| !value.is_null());
        fields.map(|(name, _)| name.as_str())
    }

    /// A warning for each field that nobody read.
    pub(crate) fn warnings(&self, within: &str) -> Vec<String> {
        self.unread()
            .map(|name| format!("{within}{name} is unknown here and had no effect"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_read_refused_by_name_or_reported() {
        let mut fields =
            Fields::of(json!({"top_p": 0.5, "n": 9, "stop": ["a", ""], "frob": 1, "user": null}))
                .expect("an object");
        assert_eq!(fields.take_number("top_p"), Some(0.5));
        let error = fields.integer("n", 1..=8).expect_err("too many");
        assert_eq!(error.body()["error"]["param"], "n");
        assert!(fields.texts("stop", 16).is_err());
        assert_eq!(
            fields.warnings(""),
            ["frob is unknown here and had no effect"]
        );
        assert!(Fields::of(json!([])).is_err());
    }
}
