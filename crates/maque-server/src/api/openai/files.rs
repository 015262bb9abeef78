//! `/v1/files`: what people send for batches, and what batches come to.

use super::listing::{Listing, number, query};
use crate::body::read;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::identity::Identity;
use crate::limits::MAX_TITLE;
use crate::routes::Shared;
use crate::store::files::{self, FileRow};
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Rows of a form that sends a file.
pub(crate) const FILE: &[Field] = &[
    Field::new("file", Kind::Text),
    Field::new("purpose", Kind::OneOf(&["batch"])),
];

/// A form that was read.
#[derive(Default)]
struct Form {
    name: String,
    content: Option<Vec<u8>>,
    purpose: Option<String>,
}

/// `POST /v1/files`
pub(crate) async fn create(
    State(shared): State<Shared>,
    identity: Identity,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let Form {
        name,
        content,
        purpose,
    } = form(&headers, body).await?;
    if purpose.as_deref() != Some("batch") {
        return Err(ApiError::field("purpose", "must be batch"));
    }
    let content = content.ok_or_else(|| ApiError::field("file", "is missing"))?;
    let store = shared.store()?;
    let made = store.call(move |c| files::create(c, identity.person, &name, &content));
    Ok(Json(described(&made.await?)))
}

/// The fields of a form (RFC 7578).
async fn form(headers: &HeaderMap, body: Body) -> Result<Form, ApiError> {
    let wrong =
        |error: multer::Error| ApiError::bad_request(&format!("the form is wrong: {error}"));
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind)
        .map_err(|_| ApiError::bad_request("send a form: content-type: multipart/form-data"))?;
    let bytes = read(body).await?;
    let pieces = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    let mut parts = multer::Multipart::new(pieces, boundary);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(wrong)? {
        match part.name() {
            Some("file") => {
                let name = part.file_name().unwrap_or("file.jsonl");
                form.name = name.chars().take(MAX_TITLE).collect();
                form.content = Some(part.bytes().await.map_err(wrong)?.to_vec());
            }
            Some("purpose") => form.purpose = Some(part.text().await.map_err(wrong)?),
            name => {
                let name = name.unwrap_or("a part without a name").to_owned();
                return Err(ApiError::field(&name, "is not read here; leave it out"));
            }
        }
    }
    Ok(form)
}

/// `GET /v1/files`
pub(crate) async fn list(
    State(shared): State<Shared>,
    identity: Identity,
    listing: Result<Query<Listing>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let listing = query(listing)?;
    let part = listing.part("file-")?;
    let purpose = listing.purpose;
    let more = part.with_one_more();
    let store = shared.store()?;
    let rows = store.call(move |c| files::list(c, identity.person, purpose.as_deref(), more));
    Ok(Json(part.listed(rows.await?.iter().map(described))))
}

/// `GET /v1/files/{id}`
pub(crate) async fn retrieve(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = number(&id, "file-")?;
    let store = shared.store()?;
    let row = store.call(move |c| files::read(c, identity.person, id));
    Ok(Json(described(&row.await?)))
}

/// `GET /v1/files/{id}/content`
pub(crate) async fn content(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = number(&id, "file-")?;
    let store = shared.store()?;
    let content = store.call(move |c| files::content(c, identity.person, id));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((headers, content.await?).into_response())
}

/// `DELETE /v1/files/{id}`
pub(crate) async fn delete(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = number(&id, "file-")?;
    let store = shared.store()?;
    let deleted = store.call(move |c| files::delete(c, identity.person, row));
    deleted.await?;
    Ok(Json(json!({ "id": id, "object": "file", "deleted": true })))
}

fn described(file: &FileRow) -> Value {
    json!({
        "id": format!("file-{}", file.id),
        "object": "file",
        "bytes": file.n_bytes,
        "created_at": file.created_at / 1000,
        "expires_at": null,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": null,
    })
}
