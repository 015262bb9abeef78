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
    /// Sequences that the engine has room for at once.
    n_free: usize,
    load: Load,
}

impl Counts {
    /// Requests that no free slot is there for.
    fn n_queued(&self) -> usize {
        self.n_waiting.saturating_sub(self.n_free)
    }

    /// Those of `client`: free slots are filled evenly between the clients that wait, and what others leave is its own.
    fn n_queued_of(&self, client: u64) -> usize {
        let n_own = self.of_client.get(&client).copied().unwrap_or(0);
        let n_clients = self.of_client.len() + usize::from(n_own == 0);
        let left = self.n_free.saturating_sub(self.n_waiting - n_own);
        n_own.saturating_sub(left.max(self.n_free / n_clients))
    }
}

impl Board {
    /// The board of an engine that can begin `n_free` sequences at once.
    pub(crate) fn new(n_free: usize) -> Board {
        let board = Board::default();
        board.set_free(n_free);
        board
    }

    /// A place in the queue, or why there is none. Requests that the engine can begin at once take no place.
    pub(crate) fn enter(
        self: &Arc<Self>,
        client: u64,
        options: &EngineOptions,
    ) -> Result<Ticket, SubmitError> {
        let mut counts = self.counts();
        let is_full = options.max_queue <= counts.n_queued()
            || options.max_queue_per_client <= counts.n_queued_of(client);
        if counts.n_free <= counts.n_waiting && is_full {
            let n_waiting = counts.n_queued();
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

    /// The engine's last word on how many sequences it can begin.
    pub(crate) fn set_free(&self, n_free: usize) {
        self.counts().n_free = n_free;
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

impl Ticket {
    /// Gives the place up for a free slot.
    pub(crate) fn begin(self) {
        let mut counts = self.board.counts();
        counts.n_free = counts.n_free.saturating_sub(1);
        drop(counts); // and then the place, so that no other request is taken to have this slot
    }
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

    fn options() -> EngineOptions {
        EngineOptions {
            max_queue: 3,
            max_queue_per_client: 2,
            ..EngineOptions::default()
        }
    }

    /// How many of a client's requests are let in.
    fn fill(board: &Arc<Board>, client: u64) -> Vec<Ticket> {
        std::iter::from_fn(|| board.enter(client, &options()).ok()).collect()
    }

    #[test]
    fn the_queue_is_bounded_in_all_and_per_client() {
        let board = Arc::new(Board::new(0));
        let tickets = fill(&board, 1);
        assert_eq!(tickets.len(), 2);
        assert!(matches!(
            board.enter(1, &options()),
            Err(SubmitError::QueueFull { n_waiting: 2 })
        ));
        let last = fill(&board, 2);
        assert_eq!(last.len(), 1);
        assert!(matches!(
            board.enter(3, &options()),
            Err(SubmitError::QueueFull { n_waiting: 3 })
        ));
        drop(tickets);
        assert_eq!(board.load().n_waiting, 1);
        assert!(board.enter(1, &options()).is_ok());
        drop(last);
        assert_eq!(board.load().n_waiting, 0);
        assert!(board.counts().of_client.is_empty());
    }

    #[test]
    fn requests_that_begin_at_once_take_no_place() {
        let board = Arc::new(Board::new(5));
        let mut tickets = fill(&board, 1);
        assert_eq!(tickets.len(), 5 + 2);
        let others = fill(&board, 2);
        assert_eq!(others.len(), 1, "of the three places in all");
        for ticket in tickets.drain(..5) {
            ticket.begin();
        }
        assert_eq!(board.load().n_waiting, 3);
        assert!(fill(&board, 2).is_empty(), "the slots are gone");
        drop(others);
        assert_eq!(fill(&board, 2).len(), 1);
    }

    #[test]
    fn free_slots_are_shared_between_clients() {
        let board = Arc::new(Board::new(4));
        let one: Vec<_> = (0..2)
            .map_while(|_| board.enter(1, &options()).ok())
            .collect();
        let other = fill(&board, 2);
        assert_eq!((one.len(), other.len()), (2, 2 + 2));
        assert_eq!(fill(&board, 1).len(), 1, "the last place in all");
    }
}
