//! `POST /api/pull`: lines of progress in Ollama's words.

use crate::api::maque::{begin_pull, told};
use crate::body::json;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::jobs::{Step, Task};
use crate::models::Progress;
use crate::routes::Shared;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json as object;

/// The rows of this route.
pub(crate) const PULL: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("name", Kind::Text), // as older clients say it
    Field::new("stream", Kind::Flag),
    Field::new("insecure", Kind::Refused),
    Field::new("username", Kind::Refused),
    Field::new("password", Kind::Refused),
];

/// Fetches a model.
pub(crate) async fn pull(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let (mut fields, _) = Fields::checked(json(body).await?, "", &[PULL])?;
    let older = fields.text("name")?;
    let name = fields.text("model")?.or(older);
    let name = name.ok_or_else(|| ApiError::field("model", "is missing"))?;
    let is_stream = fields.take_flag("stream").unwrap_or(true);
    let mut job = begin_pull(&shared, name).await?;
    if is_stream {
        return Ok(told(job, "application/x-ndjson", line));
    }
    loop {
        match job.next().await {
            Step::Done => return Ok(Json(object!({ "status": "success" })).into_response()),
            Step::Failed(error) => return Err(error.into()),
            Step::Begun | Step::Going(_) => {}
        }
    }
}

fn line(_: Task, step: &Step) -> String {
    let shown = match step {
        Step::Begun => object!({ "status": "pulling manifest" }),
        Step::Going(Progress::Source { name }) => {
            object!({ "status": format!("pulling from {name}") })
        }
        Step::Going(Progress::Bytes { done, total }) => {
            object!({ "status": "pulling", "total": total, "completed": done })
        }
        Step::Done => object!({ "status": "success" }),
        Step::Failed(error) => object!({ "error": error.to_string() }),
    };
    format!("{shown}\n")
}
