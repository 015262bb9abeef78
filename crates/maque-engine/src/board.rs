//! What both sides of the channels see: who waits, how much runs, whether the end has come.

use crate::Priority;
use crate::handle::{EngineOptions, Load, SubmitError};
use crate::request::Lane;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counters only: a caller is refused at once, not after the step that is running. The engine's one lock, held for a few
/// instructions.
#[derive(Debug, Default)]
pub(crate) struct Board {
    counts: Mutex<Counts>,
    n_arrived: AtomicU64, // interactive requests ever
    is_stopping: AtomicBool,
    is_lost: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    interactive: Places,
    batch: Places,
    load: Load,
}

/// Those who wait with one priority: batch work takes no place from people.
#[derive(Debug, Default)]
struct Places {
    n_waiting: usize,
    of_client: HashMap<u64, usize>,
    /// Sequences that the engine has room for at once.
    n_free: usize,
}

impl Counts {
    fn of(&mut self, priority: Priority) -> &mut Places {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Batch => &mut self.batch,
        }
    }
}

impl Places {
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
    /// The board of an engine that has nothing to do yet.
    pub(crate) fn new(options: &EngineOptions) -> Board {
        let board = Board::default();
        for priority in [Priority::Interactive, Priority::Batch] {
            board.set_free(priority, options.n_places(priority));
        }
        board
    }

    /// A place in the queue, or why there is none. Requests that the engine can begin at once take no place.
    pub(crate) fn enter(
        self: &Arc<Self>,
        lane: Lane,
        options: &EngineOptions,
    ) -> Result<Ticket, SubmitError> {
        let mut counts = self.counts();
        let places = counts.of(lane.priority);
        let is_full = options.max_queue <= places.n_queued()
            || options.max_queue_per_client <= places.n_queued_of(lane.client);
        if places.n_free <= places.n_waiting && is_full {
            let n_waiting = places.n_queued();
            return Err(SubmitError::QueueFull { n_waiting });
        }
        places.n_waiting += 1;
        *places.of_client.entry(lane.client).or_insert(0) += 1;
        drop(counts);
        if lane.priority == Priority::Interactive {
            self.n_arrived.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Ticket(Arc::new(Place {
            board: Arc::clone(self),
            lane,
            is_left: AtomicBool::new(false),
        })))
    }

    /// The engine's last word on what runs.
    pub(crate) fn set_load(&self, load: Load) {
        self.counts().load = load;
    }

    /// The engine's last word on how many sequences it can begin.
    pub(crate) fn set_free(&self, priority: Priority, n_free: usize) {
        self.counts().of(priority).n_free = n_free;
    }

    /// How many interactive requests have ever come; the engine may not have heard of the last ones yet.
    pub(crate) fn n_arrived(&self) -> u64 {
        self.n_arrived.load(Ordering::SeqCst)
    }

    /// What is going on now.
    pub(crate) fn load(&self) -> Load {
        let counts = self.counts();
        Load {
            n_waiting: counts.interactive.n_waiting + counts.batch.n_waiting,
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

    /// Takes note that the model's file is lost.
    pub(crate) fn lose(&self) {
        self.is_lost.store(true, Ordering::SeqCst);
    }

    /// Whether it is.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner) // counters are right after every statement
    }
}

/// A place in the queue, held by the request and by its reader: the first of them to drop it gives it up, so that a reader
/// who goes and comes again is not refused for a request that the engine has yet to forget.
#[derive(Clone, Debug)]
pub(crate) struct Ticket(Arc<Place>);

#[derive(Debug)]
struct Place {
    board: Arc<Board>,
    lane: Lane,
    is_left: AtomicBool,
}

impl Ticket {
    /// Gives the place up for a free slot.
    pub(crate) fn begin(self) {
        let Place { board, lane, .. } = &*self.0;
        let mut counts = board.counts();
        let places = counts.of(lane.priority);
        places.n_free = places.n_free.saturating_sub(1);
        drop(counts); // and then the place, so that no other request is taken to have this slot
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Place {
            board,
            lane,
            is_left,
        } = &*self.0;
        let mut counts = board.counts();
        if is_left.swap(true, Ordering::SeqCst) {
            return;
        }
        let places = counts.of(lane.priority);
        places.n_waiting -= 1;
        if let Some(n_own) = places.of_client.get_mut(&lane.client) {
            *n_own -= 1;
            if *n_own == 0 {
                places.of_client.remove(&lane.client);
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

    fn interactive(client: u64) -> Lane {
        Lane {
            priority: Priority::Interactive,
            client,
        }
    }

    /// How many of a client's requests are let in.
    fn fill(board: &Arc<Board>, client: u64) -> Vec<Ticket> {
        std::iter::from_fn(|| board.enter(interactive(client), &options()).ok()).collect()
    }

    /// A board with so many places of each priority.
    fn board(n_places: usize) -> Arc<Board> {
        Arc::new(Board::new(&EngineOptions {
            max_running: n_places,
            max_running_batch: n_places,
            ..EngineOptions::default()
        }))
    }

    #[test]
    fn batch_work_takes_no_place_from_people() {
        let board = board(0);
        let batch = Lane {
            priority: Priority::Batch,
            client: 1,
        };
        let tickets: Vec<_> = std::iter::from_fn(|| board.enter(batch, &options()).ok()).collect();
        assert_eq!((tickets.len(), board.n_arrived()), (2, 0));
        assert_eq!(fill(&board, 1).len(), 2);
        assert_eq!((board.load().n_waiting, board.n_arrived()), (2, 2));
    }

    #[test]
    fn the_queue_is_bounded_in_all_and_per_client() {
        let board = board(0);
        let tickets = fill(&board, 1);
        assert_eq!(tickets.len(), 2);
        assert!(matches!(
            board.enter(interactive(1), &options()),
            Err(SubmitError::QueueFull { n_waiting: 2 })
        ));
        let last = fill(&board, 2);
        assert_eq!(last.len(), 1);
        assert!(matches!(
            board.enter(interactive(3), &options()),
            Err(SubmitError::QueueFull { n_waiting: 3 })
        ));
        drop(tickets);
        assert_eq!(board.load().n_waiting, 1);
        assert!(board.enter(interactive(1), &options()).is_ok());
        drop(last);
        assert_eq!(board.load().n_waiting, 0);
        assert!(board.counts().interactive.of_client.is_empty());
    }

    #[test]
    fn a_place_is_given_up_once_by_whoever_goes_first() {
        let board = board(0);
        let requests = fill(&board, 1);
        let readers = requests.clone();
        assert_eq!((requests.len(), fill(&board, 1).len()), (2, 0));
        drop(readers);
        let again = fill(&board, 1);
        assert_eq!(
            again.len(),
            2,
            "the engine has not forgotten the first ones"
        );
        drop(requests);
        assert_eq!(board.load().n_waiting, 2);
        assert_eq!(fill(&board, 1).len(), 0);
    }

    #[test]
    fn requests_that_begin_at_once_take_no_place() {
        let board = board(5);
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
        let board = board(4);
        let one: Vec<_> = (0..2)
            .map_while(|_| board.enter(interactive(1), &options()).ok())
            .collect();
        let other = fill(&board, 2);
        assert_eq!((one.len(), other.len()), (2, 2 + 2));
        assert_eq!(fill(&board, 1).len(), 1, "the last place in all");
    }
}
