//! `/maque/models`: what is on disk and can be pulled; pull, verify, remove.

use super::drafts;
use super::rows::PULL;
use crate::ask::KEEP_ALIVE;
use crate::body::json;
use crate::error::ApiError;
use crate::jobs::{Job, Step, Task};
use crate::models::{Model, Models, ModelsError, Progress};
use crate::routes::Shared;
use crate::streamed::{EVENTS, streamed};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json as object};
use std::sync::Arc;
use std::time::Duration;

/// Between two steps that are told.
const PACE: Duration = Duration::from_millis(100);

/// `GET /maque/models`
pub(super) async fn list(State(shared): State<Shared>) -> Result<Json<Value>, ApiError> {
    let served = shared.served();
    let listed = blocking(&shared, |models| models.list()).await?;
    let listed = listed.iter().map(|model| {
        let mut shown = object!(model);
        shown["served"] = object!(served.as_deref() == Some(&model.name));
        shown["job"] = shared
            .jobs
            .of(&model.name)
            .map_or(Value::Null, |job| about(&job));
        shown
    });
    Ok(Json(object!({ "models": listed.collect::<Vec<_>>() })))
}

/// `POST /maque/models/pull`: `{name}`; events until it is there.
pub(super) async fn pull(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let mut fields = drafts::read(json(body).await?, PULL)?;
    let name = fields.text("name")?;
    let name = name.ok_or_else(|| ApiError::field("name", "is missing"))?;
    let job = begin_pull(&shared, name).await?;
    Ok(told(job, EVENTS, events))
}

/// `POST /maque/models/{name}/verify`: events until its file is read.
pub(super) async fn verify(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    find(&shared, &name).await?;
    Ok(told(
        shared.jobs.begin(Task::Verify, &name)?,
        EVENTS,
        events,
    ))
}

/// `DELETE /maque/models/{name}`: the bytes that became free.
pub(super) async fn remove(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if shared.served().as_deref() == Some(&name) || shared.jobs.of(&name).is_some() {
        return Err(ApiError::model_busy(&name));
    }
    let freed = blocking(&shared, move |models| models.remove(&name)).await?;
    Ok(Json(object!({ "freed": freed })))
}

/// Begins to fetch a model that there is.
pub(crate) async fn begin_pull(shared: &Shared, name: String) -> Result<Job, ApiError> {
    let asked = name.clone();
    blocking(shared, move |models| models.knows(&asked)).await?;
    shared.jobs.begin(Task::Pull, &name)
}

async fn find(shared: &Shared, name: &str) -> Result<Model, ApiError> {
    let mut listed = blocking(shared, |models| models.list()).await?;
    listed.retain(|model| model.here && model.name == name);
    let absent = || ModelsError::Unknown(format!("{name} is not here; fetch it first")).into();
    listed.pop().ok_or_else(absent)
}

/// Asks what looks after the models, where threads may wait.
async fn blocking<T: Send + 'static>(
    shared: &Shared,
    ask: impl FnOnce(&dyn Models) -> Result<T, ModelsError> + Send + 'static,
) -> Result<T, ApiError> {
    let models = Arc::clone(shared.jobs.models());
    let asked = tokio::task::spawn_blocking(move || ask(&*models)).await;
    let broken = |_| ModelsError::Failed("the models could not be looked after".to_owned());
    Ok(asked.map_err(broken)??)
}

/// Sends what is heard of a job, in the words of `tell`.
pub(crate) fn told(
    job: Job,
    content_type: &'static str,
    tell: fn(Task, &Step) -> String,
) -> Response {
    streamed(content_type, Some((job, false)), move |state| async move {
        let (mut job, has_begun) = state?;
        let step = match has_begun {
            false => Some(job.step()),
            true => {
                tokio::time::sleep(PACE).await;
                tokio::time::timeout(KEEP_ALIVE, job.next()).await.ok()
            }
        };
        let step = step.unwrap_or_else(|| job.step()); // said again, that the connection lives
        let text = tell(job.task, &step);
        let is_over = matches!(step, Step::Done | Step::Failed(_));
        Some((text, (!is_over).then_some((job, true))))
    })
}

/// A step as a server-sent event.
fn events(task: Task, step: &Step) -> String {
    format!("data: {}\n\n", shown(task, step))
}

/// `{status, done?, total?, source?}`; an error has the shape of a refusal.
fn shown(task: Task, step: &Step) -> Value {
    let going = match task {
        Task::Pull => "downloading",
        Task::Verify => "verifying",
    };
    match step {
        Step::Begun => object!({ "status": "begun" }),
        Step::Going(Progress::Source { name }) => object!({ "status": "trying", "source": name }),
        Step::Going(Progress::Bytes { done, total }) => {
            object!({ "status": going, "done": done, "total": total })
        }
        Step::Done => object!({ "status": "success" }),
        Step::Failed(error) => ApiError::from(error.clone()).body(),
    }
}

fn about(job: &Job) -> Value {
    shown(job.task, &job.step())
}
