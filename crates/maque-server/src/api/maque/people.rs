//! `/maque/join` and what else concerns who may come in.

use super::conversations::number;
use super::drafts;
use super::rows::{INVITATION, JOIN, KEY};
use crate::access::{Door, Ends, session_cookie};
use crate::body::json;
use crate::error::ApiError;
use crate::identity::{Identity, Role};
use crate::limits::{INVITATION_LIFE, MAX_GUESTS};
use crate::routes::Shared;
use crate::store::people as rows;
use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// `POST /maque/join`: `{code, name?}`, where the code is an invitation's code or PIN; a session's cookie comes back.
pub(super) async fn join(
    State(shared): State<Shared>,
    Extension(ends): Extension<Ends>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut fields = drafts::read(json(body).await?, JOIN)?;
    let code = fields.text("code")?.unwrap_or_default();
    let name = drafts::title(&mut fields, "name")?.unwrap_or_default();
    if shared.reception.door(ends) == Door::Open {
        return Ok(Json(about(&shared, Identity::OWNER, ends)).into_response());
    }
    let known = shared.reception.known(&headers, ends);
    let address = ends.peer.ip();
    let (session, identity) = shared.reception.join(&code, name, address, known).await?;
    let mut response = Json(about(&shared, identity, ends)).into_response();
    set_cookie(&mut response, &session, ends);
    Ok(response)
}

/// `POST /maque/leave`: ends this browser's session.
pub(super) async fn leave(
    State(shared): State<Shared>,
    Extension(ends): Extension<Ends>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    shared.reception.leave(&headers, ends).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, "", ends);
    Ok(response)
}

fn set_cookie(response: &mut Response, session: &str, ends: Ends) {
    if let Some(cookie) = session_cookie(session, ends.local.port()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// `GET /maque/me`: who asks.
pub(super) async fn me(
    State(shared): State<Shared>,
    identity: Identity,
    Extension(ends): Extension<Ends>,
) -> Json<Value> {
    Json(about(&shared, identity, ends))
}

fn about(shared: &Shared, identity: Identity, ends: Ends) -> Value {
    object!({
        "person": identity.person,
        "role": identity.role,
        "shared": shared.reception.door(ends) == Door::Closed,
    })
}

/// `GET /maque/keys`: one's keys and sessions, of which nothing but names can be shown any more.
pub(super) async fn keys(
    State(shared): State<Shared>,
    identity: Identity,
) -> Result<Response, ApiError> {
    let listed = shared
        .store()?
        .call(move |c| rows::keys_of(c, identity.person));
    Ok(Json(object!({ "keys": listed.await? })).into_response())
}

/// `POST /maque/keys`: `{name}` makes a key for a program; it is shown this once.
pub(super) async fn add_key(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let mut fields = drafts::read(json(body).await?, KEY)?;
    let name = drafts::title(&mut fields, "name")?.unwrap_or_default();
    let (id, key) = shared.reception.add_key(identity.person, name).await?;
    Ok((StatusCode::CREATED, Json(object!({ "id": id, "key": key }))).into_response())
}

/// `DELETE /maque/keys/{id}`
pub(super) async fn remove_key(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    shared
        .reception
        .remove_key(identity.person, number(&id)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /maque/invitations`: `{guests?, role?}` lets so many in within ten minutes.
pub(super) async fn invite(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let mut fields = drafts::read(json(body).await?, INVITATION)?;
    let n_guests = fields
        .integer("guests", 1..=MAX_GUESTS as u64)?
        .unwrap_or(1);
    let role = match fields.text("role")?.as_deref() {
        Some("admin") => Role::Admin,
        _ => Role::User,
    };
    let invitation = shared.reception.invite(role, n_guests as usize)?;
    let body = object!({
        "code": invitation.code,
        "pin": invitation.pin,
        "fragment": format!("#join={}", invitation.code),
        "expires_in": INVITATION_LIFE.as_secs(),
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /maque/people`
pub(super) async fn list(State(shared): State<Shared>) -> Result<Response, ApiError> {
    let listed = shared.store()?.call(rows::people);
    Ok(Json(object!({ "people": listed.await? })).into_response())
}

/// `DELETE /maque/people/{id}`: a person with their conversations, keys and sessions.
pub(super) async fn remove(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let person = number(&id)?;
    shared.generations.stop_person(person);
    shared.reception.remove_person(person).await?;
    Ok(StatusCode::NO_CONTENT)
}
