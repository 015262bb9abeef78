//! `/maque/personas`: one's own, and those that others share.

use super::conversations::number;
use super::drafts;
use super::rows::PERSONA;
use crate::body::json;
use crate::error::ApiError;
use crate::identity::Identity;
use crate::routes::Shared;
use crate::store::{PersonaDraft, personas as rows};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// Bytes of a persona's prompt.
const MAX_PROMPT: usize = 32 << 10;

/// `GET /maque/personas`
pub(super) async fn list(
    State(shared): State<Shared>,
    identity: Identity,
) -> Result<Response, ApiError> {
    let listed = shared
        .store()?
        .call(move |c| rows::list(c, identity.person));
    Ok(Json(object!({ "personas": listed.await? })).into_response())
}

/// `POST /maque/personas`: `{name, prompt, settings?, shared?}`
pub(super) async fn create(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let draft = draft(json(body).await?)?;
    if draft.name.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(ApiError::field("name", "must be given"));
    }
    let made = shared
        .store()?
        .call(move |c| rows::create(c, identity.person, &draft));
    Ok((StatusCode::CREATED, Json(made.await?)).into_response())
}

/// `PATCH /maque/personas/{id}`
pub(super) async fn change(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let (id, draft) = (number(&id)?, draft(json(body).await?)?);
    let changed = shared
        .store()?
        .call(move |c| rows::change(c, identity.person, id, &draft));
    Ok(Json(changed.await?).into_response())
}

/// `DELETE /maque/personas/{id}`
pub(super) async fn delete(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = number(&id)?;
    let deleted = shared
        .store()?
        .call(move |c| rows::delete(c, identity.person, id));
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

fn draft(body: Value) -> Result<PersonaDraft, ApiError> {
    let mut fields = drafts::read(body, PERSONA)?;
    let prompt = fields.text("prompt")?;
    if prompt
        .as_ref()
        .is_some_and(|prompt| MAX_PROMPT < prompt.len())
    {
        return Err(ApiError::field(
            "prompt",
            &format!("must have at most {MAX_PROMPT} bytes"),
        ));
    }
    let shared = fields.take_flag("shared");
    let draft = PersonaDraft {
        name: drafts::title(&mut fields, "name")?,
        prompt,
        settings: drafts::settings(&mut fields)?,
        shared,
    };
    Ok(draft)
}
