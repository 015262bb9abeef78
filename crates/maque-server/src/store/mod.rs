//! Conversations on disk: one SQLite database, and one thread that owns it.
//!
//! Work is a function of the connection; [`Store::call`] answers only after the work's transaction is on the disk. What
//! waits together is committed together, so that many writers share one fsync. A person's rows are found by
//! `WHERE person = ?` and in no other way.

mod backup;
pub(crate) mod batches;
pub(crate) mod conversations;
mod error;
pub(crate) mod files;
pub(crate) mod messages;
mod migration;
mod open;
pub(crate) mod people;
mod private;
pub(crate) mod search;
pub(crate) mod shelf;
mod transfer;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use conversations::{Change, Conversation, Summary};
pub use error::StoreError;
pub(crate) use messages::{Answer, Author, Ended, Message, Place};
pub(crate) use people::{KeyKind, KeyRow};
pub(crate) use transfer::{Transfer, markdown};

use crate::identity::Client;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;
use writer::{Done, Job, Writer};

/// The database; clones share it.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
}

impl Store {
    /// Opens (or makes) the database in `folder`, which nobody else may read. Fails if another process has it, if it is
    /// damaged, or if a newer version wrote it; never deletes anything.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let opened = open::open(folder)?;
        Ok(Store {
            writer: Arc::new(Writer::start(opened)?),
        })
    }

    /// Runs `work` in a transaction and answers when it is on the disk, or rolled back because of an error.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let heard = self.submit(work)?;
        heard.await.unwrap_or_else(|_| Err(ended()))
    }

    /// The same for plain threads.
    ///
    /// # Panics
    /// Within an async runtime, which it would block.
    pub(crate) fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let heard = self.submit(work)?;
        heard.blocking_recv().unwrap_or_else(|_| Err(ended()))
    }

    /// Every person as a client of the engine.
    ///
    /// # Panics
    /// Within an async runtime, which it would block.
    pub fn clients(&self) -> Result<Vec<Client>, StoreError> {
        self.call_blocking(people::clients)
    }

    /// Ends the thread after what was submitted before, and closes the file cleanly.
    pub fn close(&self) {
        self.writer.close();
    }

    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (answer, heard) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            Done {
                is_kept: result.is_ok(),
                tell: Box::new(move |committed| {
                    let _ = answer.send(committed.and(result)); // who asked may have gone
                }),
            }
        });
        self.writer.submit(job).map_err(|()| ended())?;
        Ok(heard)
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable("the server is ending".to_owned())
}

/// An error unless a statement met a row.
fn known(n_rows: usize, what: &'static str) -> Result<(), StoreError> {
    match n_rows {
        0 => Err(StoreError::Unknown(what)),
        _ => Ok(()),
    }
}

/// Unix milliseconds, to be shown; nothing is ordered by it.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
