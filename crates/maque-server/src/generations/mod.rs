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
            all.forget(&one);
        });
        generation
    }

    /// Lets go of one that has ended; its answer may be gone on with by another already.
    fn forget(&self, ended: &Arc<Generation>) {
        let mut running = self.lock();
        let id = ended.answer().id;
        if running.get(&id).is_some_and(|one| Arc::ptr_eq(one, ended)) {
            running.remove(&id);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[tokio::test]
    async fn an_answer_that_is_gone_on_with_is_not_forgotten_with_its_first_part() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(folder.path()).expect("a store");
        let all = Arc::new(Generations::default());
        let answer = Answer {
            conversation: 1,
            question: 1,
            id: 2,
        };
        let begin = || {
            let silent = futures_util::stream::pending::<std::io::Result<Vec<u8>>>();
            let response = Response::new(Body::from_stream(silent));
            all.begin(store.clone(), 1, (answer, Begun::default()), response)
        };
        let (first, second) = (begin(), begin());
        all.forget(&first);
        first.stop("stopped");
        first.ended().await;
        let found = all.find(1, answer.id).expect("it is being written");
        assert!(Arc::ptr_eq(&found, &second));
        second.stop("stopped");
        second.ended().await;
        while all.find(1, answer.id).is_some() {
            tokio::task::yield_now().await; // it is let go of after its end is told
        }
    }
}
