//! `/v1/batches`: files of requests, answered in the background.

use super::listing::{Listing, number, query};
use crate::body::json;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::identity::Identity;
use crate::routes::Shared;
use crate::store::batches::{self, BatchDraft, BatchRow};
use crate::store::files;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use maque_batch::{Endpoint, LineError, Request, requests};
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
    let store = shared.store()?;
    let rows = store.call(move |c| batches::list(c, identity.person, part.with_one_more()));
    Ok(Json(part.listed(rows.await?.iter().map(described))))
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
