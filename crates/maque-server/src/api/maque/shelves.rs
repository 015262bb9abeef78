//! `/maque/personas` and `/maque/prompts`: one's own, and those that others share.

use super::conversations::number;
use super::drafts;
use super::rows::{PERSONA, PROMPT};
use crate::body::json;
use crate::error::ApiError;
use crate::field::Field;
use crate::identity::Identity;
use crate::routes::Shared;
use crate::store::shelf::{self, ItemDraft, Kind};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// Bytes of a prompt.
const MAX_PROMPT: usize = 32 << 10;

/// One of the shelves.
pub(super) trait Shelf {
    /// What stands on it.
    const KIND: Kind;
    /// The name of its list.
    const LIST: &'static str;
    /// Fields of an item.
    const FIELDS: &'static [Field];
    /// Whether a new item has what it needs.
    fn check(draft: &ItemDraft) -> Result<(), ApiError>;
}

/// `/maque/personas`
pub(super) struct Personas;

impl Shelf for Personas {
    const KIND: Kind = Kind::Persona;
    const LIST: &'static str = "personas";
    const FIELDS: &'static [Field] = PERSONA;
    fn check(draft: &ItemDraft) -> Result<(), ApiError> {
        given("name", draft.name.as_deref())
    }
}

/// `/maque/prompts`
pub(super) struct Prompts;

impl Shelf for Prompts {
    const KIND: Kind = Kind::Prompt;
    const LIST: &'static str = "prompts";
    const FIELDS: &'static [Field] = PROMPT;
    fn check(draft: &ItemDraft) -> Result<(), ApiError> {
        given("prompt", draft.prompt.as_deref())
    }
}

fn given(name: &str, text: Option<&str>) -> Result<(), ApiError> {
    match text.unwrap_or_default().trim() {
        "" => Err(ApiError::field(name, "must be given")),
        _ => Ok(()),
    }
}

/// `GET /maque/personas`
pub(super) async fn list<S: Shelf>(
    State(shared): State<Shared>,
    identity: Identity,
) -> Result<Response, ApiError> {
    let listed = shared
        .store()?
        .call(move |c| shelf::list(c, identity.person, S::KIND));
    Ok(Json(object!({ S::LIST: listed.await? })).into_response())
}

/// `POST /maque/personas`: `{name, prompt, settings?, shared?}`; `POST /maque/prompts`: `{prompt, shared?}`
pub(super) async fn create<S: Shelf>(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let draft = draft::<S>(json(body).await?)?;
    S::check(&draft)?;
    let made = shared
        .store()?
        .call(move |c| shelf::create(c, identity.person, S::KIND, &draft));
    Ok((StatusCode::CREATED, Json(made.await?)).into_response())
}

/// `PATCH /maque/personas/{id}`
pub(super) async fn change<S: Shelf>(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let (id, draft) = (number(&id)?, draft::<S>(json(body).await?)?);
    let changed = shared
        .store()?
        .call(move |c| shelf::change(c, identity.person, S::KIND, id, &draft));
    Ok(Json(changed.await?).into_response())
}

/// `DELETE /maque/personas/{id}`
pub(super) async fn delete<S: Shelf>(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = number(&id)?;
    let deleted = shared
        .store()?
        .call(move |c| shelf::delete(c, identity.person, S::KIND, id));
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

fn draft<S: Shelf>(body: Value) -> Result<ItemDraft, ApiError> {
    let mut fields = drafts::read(body, S::FIELDS)?;
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
    let draft = ItemDraft {
        name: drafts::title(&mut fields, "name")?,
        prompt,
        settings: drafts::settings(&mut fields)?,
        shared,
    };
    Ok(draft)
}
