//! Answers of conversations that are being written. They belong to the server, not to a connection: a page that is
//! reloaded finds its answer again, and one that is closed finds it written, unless nobody looked for ten minutes.

mod chunks;
mod generation;
mod watching;

pub(crate) use generation::{Begun, Generation, Written};
pub(crate) use watching::{watch, whole};

use crate::store::{Answer, Store};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Those under way, by the id of the answer's message.
#[derive(Default)]
pub(crate) struct Generations {
    running: Mutex<HashMap<i64, Arc<Generation>>>,
}

impl Generations {
    /// Takes over a streamed chat answer: it is saved as it grows, and heard by who watches it.
    pub(crate) fn begin(
        self: &Arc<Self>,
        store: Store,
        person: i64,
        (answer, begun): (Answer, Begun),
        response: Response,
    ) -> Arc<Generation> {
        let generation = Arc::new(Generation::new(person, answer, begun));
        self.lock().insert(answer.id, Arc::clone(&generation));
        let (all, one) = (Arc::clone(self), Arc::clone(&generation));
        tokio::spawn(async move {
            one.write(&store, response).await;
            all.lock().remove(&answer.id);
        });
        generation
    }

    /// A person's answer, if it is being written.
    pub(crate) fn find(&self, person: i64, id: i64) -> Option<Arc<Generation>> {
        let found = self.lock().get(&id).cloned();
        found.filter(|generation| generation.person() == person)
    }

    /// Stops what a person has under way in a conversation.
    pub(crate) fn stop_conversation(&self, person: i64, conversation: i64) {
        let running = self.lock();
        let theirs = running.values().filter(|one| one.person() == person);
        for one in theirs.filter(|one| one.answer().conversation == conversation) {
            one.stop("stopped");
        }
    }

    /// Stops what a person has under way.
    pub(crate) fn stop_person(&self, person: i64) {
        let running = self.lock();
        for one in running.values().filter(|one| one.person() == person) {
            one.stop("stopped");
        }
    }

    /// Stops everything, and returns when it is saved.
    pub(crate) async fn end(&self) {
        let running: Vec<Arc<Generation>> = self.lock().values().cloned().collect();
        for one in &running {
            one.stop("shutdown");
        }
        for one in running {
            one.ended().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<Generation>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
