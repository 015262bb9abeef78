//! Lists of files and batches: which part is asked for, and how it is told.

use crate::error::ApiError;
use crate::limits::MAX_LISTED;
use crate::store::files::Part;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use serde_json::{Value, json as object};

/// What a list may be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    after: Option<String>,
    limit: Option<usize>,
    pub(super) purpose: Option<String>,
    order: Option<String>,
}

impl Listing {
    /// The part of a list whose ids begin with `prefix`.
    pub(super) fn part(&self, prefix: &str) -> Result<Part, ApiError> {
        if self.order.as_deref().is_some_and(|order| order != "desc") {
            return Err(ApiError::field(
                "order",
                "must be desc: the newest come first",
            ));
        }
        let before = self.after.as_deref().map(|id| number(id, prefix));
        Ok(Part {
            before: before.transpose()?.unwrap_or(i64::MAX),
            limit: self.limit.unwrap_or(20).clamp(1, MAX_LISTED),
        })
    }
}

/// A query that was understood.
pub(super) fn query(listing: Result<Query<Listing>, QueryRejection>) -> Result<Listing, ApiError> {
    let listing = listing.map_err(|error| ApiError::bad_request(&error.body_text()))?;
    Ok(listing.0)
}

/// The number behind the prefix of an id; other ids are unknown.
pub(super) fn number(id: &str, prefix: &str) -> Result<i64, ApiError> {
    let number = id
        .strip_prefix(prefix)
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| {
        ApiError::not_found(&format!("there is no such id; they look like {prefix}1"))
    })
}

impl Part {
    /// What is looked for: one more tells whether there is more.
    pub(super) fn with_one_more(self) -> Part {
        Part {
            limit: self.limit + 1,
            ..self
        }
    }

    /// A list in OpenAI's shape, of the rows that were found.
    pub(super) fn listed(self, rows: impl Iterator<Item = Value>) -> Value {
        let mut data: Vec<Value> = rows.collect();
        let has_more = self.limit < data.len();
        data.truncate(self.limit);
        let id = |row: Option<&Value>| row.map_or(Value::Null, |row| row["id"].clone());
        let (first, last) = (id(data.first()), id(data.last()));
        object!({ "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more })
    }
}
