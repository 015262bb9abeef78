//! What both sides of the channels see: who waits, how much runs, whether the end has come.

use crate::handle::{EngineOptions, Load, SubmitError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counters only: a caller is refused at once, not after the step that is running. The engine's one lock, held for a few
/// instructions.
#[derive(Debug, Default)]
pub(crate) struct Board {
    counts: Mutex<Counts>,
    is_stopping: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    n_waiting: usize,
    of_client: HashMap<u64, usize>,
    load: Load,
}

impl Board {
    /// A place in the queue, or why there is none.
    pub(crate) fn enter(
        self: &Arc<Self>,
        client: u64,
        options: &EngineOptions,
    ) -> Result<Ticket, SubmitError> {
        let mut counts = self.counts();
        let n_waiting = counts.n_waiting;
        let n_own = counts.of_client.get(&client).copied().unwrap_or(0);
        if options.max_queue <= n_waiting || options.max_queue_per_client <= n_own {
            return Err(SubmitError::QueueFull { n_waiting });
        }
        counts.n_waiting += 1;
        *counts.of_client.entry(client).or_insert(0) += 1;
        drop(counts);
        Ok(Ticket {
            board: Arc::clone(self),
            client,
        })
    }

    /// The engine's last word on what runs.
    pub(crate) fn set_load(&self, load: Load) {
        self.counts().load = load;
    }

    /// What is going on now.
    pub(crate) fn load(&self) -> Load {
        let counts = self.counts();
        Load {
            n_waiting: counts.n_waiting,
            ..counts.load
        }
    }

    /// Begins the end.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the end has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner) // counters are right after every statement
    }
}

/// A place in the queue; dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Ticket {
    board: Arc<Board>,
    client: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.board.counts();
        counts.n_waiting -= 1;
        if let Some(n_own) = counts.of_client.get_mut(&self.client) {
            *n_own -= 1;
            if *n_own == 0 {
                counts.of_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_in_all_and_per_client() {
        let board = Arc::new(Board::default());
        let options = EngineOptions {
            max_queue: 3,
            max_queue_per_client: 2,
            ..EngineOptions::default()
        };
        let tickets: Vec<_> = [1, 1]
            .map(|client| board.enter(client, &options).expect("there is room"))
            .into();
        assert!(matches!(
            board.enter(1, &options),
            Err(SubmitError::QueueFull { n_waiting: 2 })
        ));
        let last = board.enter(2, &options).expect("another client has room");
        assert!(matches!(
            board.enter(3, &options),
            Err(SubmitError::QueueFull { n_waiting: 3 })
        ));
        drop(tickets);
        assert_eq!(board.load().n_waiting, 1);
        assert!(board.enter(1, &options).is_ok());
        drop(last);
        assert_eq!(board.load().n_waiting, 0);
        assert!(board.counts().of_client.is_empty());
    }
}
