//! The requests of batches, answered in the background: many at once, each on the disk when it is done, all others first.

use crate::error::ApiError;
use crate::limits::BATCH_AT_ONCE;
use crate::record::random;
use crate::store::StoreError;
use crate::store::batches::{self, Answered, OpenRequest};
use crate::{Service, Stage, Store};
use axum::http::StatusCode;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use maque_batch::{Endpoint, response};
use maque_engine::Priority;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

/// How long an engine that has too much to do, or a disk that is full, is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a request is asked that fails on this side.
const TRIES: usize = 3;

/// Tells the worker that batches came or went.
#[derive(Default)]
pub(crate) struct Batches {
    wake: Notify,
}

/// A request by batch and line.
type Key = (i64, i64);

impl Batches {
    /// There is something new.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Answers what waits, from the time when the model is ready; never returns.
    pub(crate) async fn run(&self, store: Store, stages: watch::Receiver<Stage>) {
        let mut stages = stages;
        let mut asked = JoinSet::new();
        let mut under_way: HashMap<Key, AbortHandle> = HashMap::new();
        loop {
            let ready = stages
                .wait_for(|stage| matches!(stage, Stage::Ready(_)))
                .await;
            let Ok(Stage::Ready(service)) = ready.map(|stage| stage.clone()) else {
                return; // the server ends
            };
            if self
                .fill(&store, &service, &mut asked, &mut under_way)
                .await
                .is_err()
            {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                Some(done) = asked.join_next() => {
                    if let Ok(answered) = done {
                        keep(&store, &answered).await;
                        under_way.remove(&(answered.batch, answered.line));
                    }
                }
            }
        }
    }

    /// Asks as many as may be under way, and gives up those that nobody wants any more.
    async fn fill(
        &self,
        store: &Store,
        service: &Service,
        asked: &mut JoinSet<Answered>,
        under_way: &mut HashMap<Key, AbortHandle>,
    ) -> Result<(), StoreError> {
        let keys: Vec<Key> = under_way.keys().copied().collect();
        let limit = 2 * BATCH_AT_ONCE; // those under way may be among them
        let found = store.call(move |c| Ok((batches::wanted(c, &keys)?, batches::open(c, limit)?)));
        let (wanted, open) = found.await?;
        under_way.retain(|key, task| {
            let is_wanted = wanted.contains(key);
            if !is_wanted {
                task.abort();
            }
            is_wanted
        });
        for request in open {
            let key = (request.batch, request.line);
            if under_way.len() < BATCH_AT_ONCE && !under_way.contains_key(&key) {
                let service = service.on_behalf_of(request.person.unsigned_abs());
                let service = service.with_priority(Priority::Batch);
                under_way.insert(key, asked.spawn(ask(service, request)));
            }
        }
        Ok(())
    }
}

/// Asks until there is an answer.
async fn ask(service: Service, request: OpenRequest) -> Answered {
    let mut n_failed = 0;
    loop {
        let (status, body) = settled(put(&service, &request)).await;
        n_failed += usize::from(status.is_server_error());
        let is_passing = status == StatusCode::TOO_MANY_REQUESTS;
        if is_passing || status.is_server_error() && n_failed < TRIES {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let line = response(&random(), &request.custom_id, status.as_u16(), &body);
        return Answered {
            batch: request.batch,
            line: request.line,
            custom_id: request.custom_id,
            status: status.as_u16(),
            response: line.to_string(),
        };
    }
}

/// An answer, or the refusal that an error of this program is: a request that ends without either would keep its place for good.
async fn settled(answer: impl Future<Output = (StatusCode, Value)>) -> (StatusCode, Value) {
    let failed = |_| {
        let error = ApiError::ended("the request failed by an error of this program");
        (StatusCode::INTERNAL_SERVER_ERROR, error.body())
    };
    let answer = AssertUnwindSafe(answer).catch_unwind(); // what it leaves is dropped unseen
    answer.await.unwrap_or_else(failed)
}

async fn put(service: &Service, request: &OpenRequest) -> (StatusCode, Value) {
    let body = serde_json::from_str(&request.body).unwrap_or_default();
    let answer = match Endpoint::of(&request.endpoint) {
        Some(Endpoint::Completions) => service.complete(body).await,
        _ => service.chat(body).await,
    };
    let status = answer.status();
    let bytes = answer.into_body().collect().await;
    let bytes = bytes.map(|bytes| bytes.to_bytes()).unwrap_or_default();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(json!(null)),
    )
}

/// Stores an answer; a disk that is full may have room again.
async fn keep(store: &Store, answered: &Answered) {
    loop {
        let done = answered.clone();
        let kept = store.call(move |c| batches::answer(c, &done)).await;
        match kept {
            Err(StoreError::DiskFull | StoreError::Failed(_)) => tokio::time::sleep(PAUSE).await,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_breaks_this_program_is_answered_too() {
        let (status, body) = settled(async { panic!("an error of this program") }).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body["error"]["message"].is_string(), "{body}");
    }
}
