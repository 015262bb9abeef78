//! Requests that wait, and who is next: interactive ones, fair between clients, then by arrival.

use crate::board::Ticket;
use crate::outbox::Outbox;
use crate::request::Lane;
use crate::{Event, Priority, Request};
use std::collections::HashMap;

/// What becomes of a request's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    /// Cached for its client.
    Client,
    /// Kept for everyone: a warmed system prompt.
    Everyone,
}

/// A request on its way into the engine.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) retention: Retention,
    pub(crate) outbox: Outbox,
    pub(crate) ticket: Ticket,
    /// How many were before it when its reader was last told.
    pub(crate) position: Option<usize>,
}

/// Requests in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Vec<Waiting>,
    turns: HashMap<Lane, u64>, // lanes that wait or run: the number of their last admission
    n_turns: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// Removes requests whose reader is gone.
    pub(crate) fn cancel(&mut self) {
        self.waiting.retain(|waiting| !waiting.outbox.is_gone());
    }

    /// The next request, given how many of each client run already.
    pub(crate) fn next(&self, n_running: &HashMap<Lane, usize>) -> Option<usize> {
        self.order(n_running).first().copied()
    }

    pub(crate) fn get(&self, index: usize) -> &Waiting {
        &self.waiting[index]
    }

    /// Takes a request out: its client has had its turn.
    pub(crate) fn take(&mut self, index: usize, n_running: &HashMap<Lane, usize>) -> Waiting {
        let taken = self.waiting.remove(index);
        let lanes = self.lanes();
        self.turns
            .retain(|lane, _| n_running.contains_key(lane) || lanes.contains(lane));
        self.n_turns += 1;
        self.turns.insert(taken.request.lane(), self.n_turns);
        taken
    }

    /// Takes them all.
    pub(crate) fn take_all(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    /// Whether a request of this priority waits.
    pub(crate) fn has(&self, priority: Priority) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|waiting| waiting.request.priority == priority)
    }

    /// Tells those who wait how many are before them, where that has changed.
    pub(crate) fn tell(&mut self, n_running: &HashMap<Lane, usize>) {
        let order = self.order(n_running);
        for (position, &index) in order.iter().enumerate() {
            let waiting = &mut self.waiting[index];
            if waiting.position.replace(position) != Some(position) {
                waiting.outbox.inform(Event::Queued { position });
            }
        }
    }

    fn order(&self, n_running: &HashMap<Lane, usize>) -> Vec<usize> {
        order(&self.lanes(), n_running, &self.turns)
    }

    fn lanes(&self) -> Vec<Lane> {
        let waiting = self.waiting.iter();
        waiting.map(|waiting| waiting.request.lane()).collect()
    }
}

/// Indexes of waiting requests in the order of admission: interactive ones first; a client's n-th request counts as if its
/// running ones and its n−1 earlier ones were before it; of equal ones the client goes first whose last turn is longest ago;
/// then arrival decides.
fn order(
    lanes: &[Lane],
    n_running: &HashMap<Lane, usize>,
    turns: &HashMap<Lane, u64>,
) -> Vec<usize> {
    let mut n_before = n_running.clone();
    let mut rank = |lane: Lane| {
        let n_before = n_before.entry(lane).or_insert(0);
        *n_before += 1;
        let turn = turns.get(&lane).copied().unwrap_or(0);
        (lane.priority, *n_before, turn)
    };
    let ranks: Vec<_> = lanes.iter().map(|&lane| rank(lane)).collect();
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    order.sort_by_key(|&index| ranks[index]);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_turns_and_arrival_decides_among_equals() {
        for (clients, running, turns, want) in [
            (&[1, 1, 1][..], &[][..], &[][..], &[0, 1, 2][..]),
            (&[1, 1, 2], &[], &[], &[0, 2, 1]),
            (&[1, 1, 2, 2, 3], &[], &[], &[0, 2, 4, 1, 3]),
            (&[1, 2], &[(1, 1)], &[], &[1, 0]),
            (&[1, 2, 2, 2], &[(1, 2)], &[], &[1, 2, 0, 3]),
            (&[3, 1], &[(1, 1), (3, 1)], &[], &[0, 1]),
            (&[1, 2], &[], &[(1, 7)], &[1, 0]),
            (&[1, 2, 3], &[], &[(1, 7), (2, 6)], &[2, 1, 0]),
            (&[1, 1, 2], &[(2, 1)], &[(1, 7)], &[0, 2, 1]),
        ] {
            let lanes: Vec<Lane> = clients.iter().copied().map(interactive).collect();
            let n_running = running.iter().map(|&(client, n)| (interactive(client), n));
            let turns = turns.iter().map(|&(client, n)| (interactive(client), n));
            assert_eq!(
                order(&lanes, &n_running.collect(), &turns.collect()),
                want,
                "{clients:?} while {running:?} run"
            );
        }
    }

    fn interactive(client: u64) -> Lane {
        Lane {
            priority: Priority::Interactive,
            client,
        }
    }

    #[test]
    fn batch_work_waits_behind_everybody() {
        let batch = |client| Lane {
            priority: Priority::Batch,
            client,
        };
        let lanes = [batch(1), interactive(2), batch(3), interactive(1)];
        let n_running = [(interactive(1), 9), (batch(1), 1)].into();
        assert_eq!(order(&lanes, &n_running, &HashMap::new()), [1, 3, 2, 0]);
    }
}
