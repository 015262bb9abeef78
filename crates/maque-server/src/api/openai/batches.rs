//! `/v1/batches`: files of requests, answered in the background.

use crate::body::json;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::identity::Identity;
use crate::limits::MAX_LISTED;
use crate::routes::Shared;
use crate::store::batches::{self, BatchDraft, BatchRow};
use crate::store::files::{self, Part};
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use maque_batch::{Endpoint, LineError, Request, requests};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// Paths that requests may go to.
const ENDPOINTS: &[&str] = &["/v1/chat/completions", "/v1/completions"];
/// Bytes of a batch's metadata at most.
const MAX_METADATA: usize = 4 << 10;

/// Rows of a new batch.
pub(crate) const BATCH: &[Field] = &[
    Field::new("input_file_id", Kind::Text),
    Field::new("endpoint", Kind::OneOf(ENDPOINTS)),
    Field::new("completion_window", Kind::OneOf(&["24h"])),
    Field::new("metadata", Kind::Object),
    Field::new("output_expires_after", Kind::Refused),
];

/// What a list may be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    after: Option<String>,
    limit: Option<usize>,
    pub(crate) purpose: Option<String>,
    order: Option<String>,
}

impl Listing {
    /// The part of a list whose ids begin with `prefix`.
    pub(crate) fn part(&self, prefix: &str) -> Result<Part, ApiError> {
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
pub(crate) fn query(listing: Result<Query<Listing>, QueryRejection>) -> Result<Listing, ApiError> {
    let listing = listing.map_err(|error| ApiError::bad_request(&error.body_text()))?;
    Ok(listing.0)
}

/// The number behind the prefix of an id; other ids are unknown.
pub(crate) fn number(id: &str, prefix: &str) -> Result<i64, ApiError> {
    let number = id
        .strip_prefix(prefix)
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| {
        ApiError::not_found(&format!("there is no such id; they look like {prefix}1"))
    })
}

/// A list in OpenAI's shape; one more than `limit` was looked for.
pub(crate) fn list_of(rows: impl Iterator<Item = Value>, limit: usize) -> Value {
    let mut data: Vec<Value> = rows.collect();
    let has_more = limit < data.len();
    data.truncate(limit);
    let id = |row: Option<&Value>| row.map_or(Value::Null, |row| row["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    object!({ "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more })
}

/// `POST /v1/batches`
pub(crate) async fn create(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (mut fields, _) = Fields::checked(json(body).await?, "", &[BATCH])?;
    let mut wanted = |name: &str| {
        let text = fields.text(name)?;
        text.ok_or_else(|| ApiError::field(name, "is missing"))
    };
    let input = number(&wanted("input_file_id")?, "file-").map_err(|_| {
        ApiError::field("input_file_id", "must be the id of a file, such as file-1")
    })?;
    let endpoint = Endpoint::of(&wanted("endpoint")?);
    let endpoint = endpoint.ok_or_else(|| ApiError::field("endpoint", "is unknown"))?;
    wanted("completion_window")?;
    let metadata = fields.take("metadata").unwrap_or(Value::Null);
    if MAX_METADATA < metadata.to_string().len() {
        let must = format!("must have at most {MAX_METADATA} bytes");
        return Err(ApiError::field("metadata", &must));
    }
    let store = shared.store()?;
    let content = store.call(move |c| files::content(c, identity.person, input));
    let content = content.await?;
    let read = tokio::task::spawn_blocking(move || read(&content, endpoint)).await;
    let requests = read.map_err(|_| ApiError::bad_request("the file cannot be read"))?;
    let draft = BatchDraft {
        input,
        endpoint: endpoint.path(),
        metadata,
        requests,
    };
    let made = store.call(move |c| batches::create(c, identity.person, &draft));
    let row = made.await?;
    shared.batches.wake();
    Ok(Json(described(&row)))
}

/// The requests of a file, all for one endpoint.
fn read(content: &[u8], endpoint: Endpoint) -> Result<Vec<Request>, LineError> {
    let wrong = |line, field, message: &str| LineError {
        line,
        field,
        message: message.to_owned(),
    };
    let text = std::str::from_utf8(content).map_err(|_| wrong(1, None, "the file is not UTF-8"))?;
    let requests = requests(text)?;
    let other = requests
        .iter()
        .position(|request| request.endpoint != endpoint);
    match other {
        None => Ok(requests),
        Some(index) => Err(wrong(
            index + 1,
            Some("url"),
            "must be the batch's endpoint",
        )),
    }
}

/// `GET /v1/batches`
pub(crate) async fn list(
    State(shared): State<Shared>,
    identity: Identity,
    listing: Result<Query<Listing>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let part = query(listing)?.part("batch_")?;
    let more = Part {
        limit: part.limit + 1,
        ..part
    };
    let rows = shared
        .store()?
        .call(move |c| batches::list(c, identity.person, more));
    let rows = rows.await?;
    Ok(Json(list_of(rows.iter().map(described), part.limit)))
}

/// `GET /v1/batches/{id}`
pub(crate) async fn retrieve(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = number(&id, "batch_")?;
    let row = shared
        .store()?
        .call(move |c| batches::read(c, identity.person, id));
    Ok(Json(described(&row.await?)))
}

/// `POST /v1/batches/{id}/cancel`
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = number(&id, "batch_")?;
    let row = shared
        .store()?
        .call(move |c| batches::cancel(c, identity.person, id));
    let row = row.await?;
    shared.batches.wake();
    Ok(Json(described(&row)))
}

fn described(batch: &BatchRow) -> Value {
    let file = |id: Option<i64>| id.map(|id| format!("file-{id}"));
    let seconds = |milliseconds: i64| milliseconds / 1000;
    let ended = |state: &str| batch.ended_at.filter(|_| batch.state == state).map(seconds);
    let errors = match &batch.errors {
        Value::Null => Value::Null,
        data => object!({ "object": "list", "data": data }),
    };
    let [total, completed, failed] = batch.counts;
    object!({
        "id": format!("batch_{}", batch.id),
        "object": "batch",
        "endpoint": batch.endpoint,
        "errors": errors,
        "input_file_id": file(Some(batch.input)),
        "completion_window": "24h",
        "status": batch.state,
        "output_file_id": file(batch.output),
        "error_file_id": file(batch.refused),
        "created_at": seconds(batch.created_at),
        "in_progress_at": (batch.state != "failed").then(|| seconds(batch.created_at)),
        "expires_at": null,
        "finalizing_at": ended("completed"),
        "completed_at": ended("completed"),
        "failed_at": ended("failed"),
        "expired_at": null,
        "cancelling_at": ended("cancelled"),
        "cancelled_at": ended("cancelled"),
        "request_counts": { "total": total, "completed": completed, "failed": failed },
        "metadata": batch.metadata,
    })
}
