//! The library over HTTP: questions, how far its folders are, the text of a document, and folders to add and remove.

use crate::body::json;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::identity::Identity;
use crate::librarian::{self, Inquiry, Teller};
use crate::routes::Shared;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maque_library::{Library, Status};
use serde_json::json as object;

/// Rows of a folder.
pub(crate) const FOLDER: &[Field] = &[Field::new("path", Kind::Text)];

/// `POST /v1/library/ask`
pub(crate) async fn ask(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let body = json(body).await?;
    let (inquiry, is_stream) = Inquiry::read(body, shared.library.clone(), shared.service())?;
    match is_stream {
        true => Ok(librarian::stream(inquiry)),
        false => Ok(Json(inquiry.answer(&Teller::silent()).await?).into_response()),
    }
}

/// `GET /v1/library/status`
pub(crate) async fn status(State(shared): State<Shared>, identity: Identity) -> Response {
    let status = shared
        .library
        .as_ref()
        .map_or_else(Status::default, Library::status);
    Json(librarian::status(&status, identity.role)).into_response()
}

/// `GET /v1/library/documents/{id}`
pub(crate) async fn document(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found("there is no such document in the library");
    let library = shared.library.as_ref().ok_or_else(unknown)?;
    let (name, text) = library.document(&id)?.ok_or_else(unknown)?;
    let mut body = librarian::document(library, &name);
    body["object"] = object!("library.document");
    body["text"] = object!(text);
    Ok(Json(body).into_response())
}

/// `POST /v1/library/folders`
pub(crate) async fn add(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let (mut fields, _) = Fields::checked(json(body).await?, "", &[FOLDER])?;
    let path = fields.text("path")?.unwrap_or_default();
    let path = std::path::Path::new(&path);
    if !path.is_absolute() {
        return Err(ApiError::field(
            "path",
            "must be the whole path of a folder on the server's machine",
        ));
    }
    let library = shared.library.as_ref().ok_or_else(unavailable)?;
    let mut body = librarian::folder(&library.add(path)?, identity.role);
    body["object"] = object!("library.folder");
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `DELETE /v1/library/folders/{id}`
pub(crate) async fn remove(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let library = shared.library.as_ref().ok_or_else(unavailable)?;
    match library.remove(&id)? {
        true => Ok(
            Json(object!({ "object": "library.folder", "id": id, "removed": true }))
                .into_response(),
        ),
        false => Err(ApiError::not_found(
            "there is no such folder in the library; GET /v1/library/status lists them",
        )),
    }
}

fn unavailable() -> ApiError {
    ApiError::not_ready("the library's files cannot be opened; the server's log says why")
}
