//! `/maque/conversations`: list and search, create, read, change, delete, export, import.

use super::drafts;
use super::rows::{CHANGE, CONVERSATION};
use crate::body::json;
use crate::error::ApiError;
use crate::identity::Identity;
use crate::limits::{MAX_LISTED, MAX_SEARCH, MAX_TITLE};
use crate::routes::Shared;
use crate::store::{Change, Transfer, conversations as rows, markdown, search};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// What a list may be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    q: Option<String>,
    before: Option<i64>,
    limit: Option<usize>,
}

/// `GET /maque/conversations?q=…&before=…&limit=…`
pub(super) async fn list(
    State(shared): State<Shared>,
    identity: Identity,
    listing: Result<Query<Listing>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(Listing { q, before, limit }) =
        listing.map_err(|error| ApiError::bad_request(&error.body_text()))?;
    let limit = limit.unwrap_or(50).min(MAX_LISTED);
    if let Some(query) = q.filter(|query| !query.trim().is_empty()) {
        if MAX_SEARCH < query.len() {
            return Err(ApiError::field(
                "q",
                &format!("must have at most {MAX_SEARCH} bytes"),
            ));
        }
        let found = shared
            .store()?
            .call(move |c| search::search(c, identity.person, &query, limit));
        return Ok(Json(object!({ "conversations": found.await? })));
    }
    let before = before.unwrap_or(i64::MAX);
    let listed = shared
        .store()?
        .call(move |c| rows::list(c, identity.person, before, limit));
    Ok(Json(object!({ "conversations": listed.await? })))
}

/// `POST /maque/conversations`
pub(super) async fn create(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let mut fields = drafts::read(json(body).await?, CONVERSATION)?;
    let title = drafts::title(&mut fields, "title")?.unwrap_or_default();
    let settings = drafts::settings(&mut fields)?.unwrap_or_else(|| object!({}));
    let made = shared
        .store()?
        .call(move |c| rows::create(c, identity.person, &title, &settings));
    Ok((StatusCode::CREATED, Json(made.await?)).into_response())
}

/// `GET /maque/conversations/{id}`: with all its messages, a parent before its children.
pub(super) async fn read(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let read = shared
        .store()?
        .call(move |c| rows::read(c, identity.person, id));
    Ok(Json(read.await?).into_response())
}

/// `PATCH /maque/conversations/{id}`: its title, its settings, the branch that is shown.
pub(super) async fn change(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let mut fields = drafts::read(json(body).await?, CHANGE)?;
    let change = Change {
        title: drafts::title(&mut fields, "title")?,
        settings: drafts::settings(&mut fields)?,
        active: fields
            .integer("active", 1..=i64::MAX as u64)?
            .map(u64::cast_signed),
    };
    let changed = shared
        .store()?
        .call(move |c| rows::change(c, identity.person, id, &change));
    Ok(Json(changed.await?).into_response())
}

/// `DELETE /maque/conversations/{id}`
pub(super) async fn delete(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = number(&id)?;
    shared.generations.stop_conversation(identity.person, id);
    let deleted = shared
        .store()?
        .call(move |c| rows::delete(c, identity.person, id));
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a conversation is exported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    format: Option<String>,
}

/// `GET /maque/conversations/{id}/export?format=json|markdown`: a file to keep.
pub(super) async fn export(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
    export: Result<Query<Export>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let Query(Export { format }) =
        export.map_err(|error| ApiError::bad_request(&error.body_text()))?;
    let read = shared
        .store()?
        .call(move |c| rows::read(c, identity.person, id));
    let conversation = read.await?;
    let (kind, ending, bytes) = match format.as_deref() {
        None | Some("json") => {
            let text = serde_json::to_vec_pretty(&Transfer::of(conversation));
            let text = text.map_err(|error| ApiError::ended(&error.to_string()))?;
            ("application/json", "json", text)
        }
        Some("markdown") => (
            "text/markdown; charset=utf-8",
            "md",
            markdown(&conversation).into_bytes(),
        ),
        Some(_) => return Err(ApiError::field("format", "must be json or markdown")),
    };
    let name = format!("attachment; filename=\"conversation-{id}.{ending}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /maque/conversations/import`: what an export gave.
pub(super) async fn import(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let transfer = serde_json::from_value::<Transfer>(json(body).await?);
    let mut transfer = transfer.map_err(|error| {
        ApiError::bad_request(&format!("this is no exported conversation: {error}"))
    })?;
    let mut settings = drafts::checked(transfer.settings_mut().take())?;
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("model"); // a file does not choose where what is written here goes
    }
    *transfer.settings_mut() = settings;
    let title: String = shortened(transfer.title_mut());
    *transfer.title_mut() = title;
    let imported = shared
        .store()?
        .call(move |c| transfer.import(c, identity.person));
    Ok((StatusCode::CREATED, Json(imported.await?)).into_response())
}

/// A title of another program, cut to what a title may be.
fn shortened(title: &str) -> String {
    title
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_TITLE)
        .collect()
}

/// An id of a path; what is none is unknown.
pub(super) fn number(id: &str) -> Result<i64, ApiError> {
    id.parse()
        .map_err(|_| ApiError::not_found("there is no such id"))
}
