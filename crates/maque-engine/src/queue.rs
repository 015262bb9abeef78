//! Requests that wait, and who is next: fair between clients, then by arrival.

use crate::board::Ticket;
use crate::outbox::Outbox;
use crate::{Event, Request};
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
    turns: HashMap<u64, u64>, // clients that wait or run: the number of their last admission
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
    pub(crate) fn next(&self, n_running: &HashMap<u64, usize>) -> Option<usize> {
        self.order(n_running).first().copied()
    }

    pub(crate) fn get(&self, index: usize) -> &Waiting {
        &self.waiting[index]
    }

    /// Takes a request out: its client has had its turn.
    pub(crate) fn take(&mut self, index: usize, n_running: &HashMap<u64, usize>) -> Waiting {
        let taken = self.waiting.remove(index);
        let clients = self.clients();
        self.turns
            .retain(|client, _| n_running.contains_key(client) || clients.contains(client));
        self.n_turns += 1;
        self.turns.insert(taken.request.client, self.n_turns);
        taken
    }

    /// Takes them all.
    pub(crate) fn take_all(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tells those who wait how many are before them, where that has changed.
    pub(crate) fn tell(&mut self, n_running: &HashMap<u64, usize>) {
        let order = self.order(n_running);
        for (position, &index) in order.iter().enumerate() {
            let waiting = &mut self.waiting[index];
            if waiting.position.replace(position) != Some(position) {
                waiting.outbox.inform(Event::Queued { position });
            }
        }
    }

    fn order(&self, n_running: &HashMap<u64, usize>) -> Vec<usize> {
        order(&self.clients(), n_running, &self.turns)
    }

    fn clients(&self) -> Vec<u64> {
        self.waiting
            .iter()
            .map(|waiting| waiting.request.client)
            .collect()
    }
}

/// Indexes of waiting requests in the order of admission: a client's n-th request counts as if its running ones and its n−1
/// earlier ones were before it; of equal ones the client goes first whose last turn is longest ago; then arrival decides.
fn order(
    clients: &[u64],
    n_running: &HashMap<u64, usize>,
    turns: &HashMap<u64, u64>,
) -> Vec<usize> {
    let mut n_before = n_running.clone();
    let mut rank = |client: u64| {
        let n_before = n_before.entry(client).or_insert(0);
        *n_before += 1;
        (*n_before, turns.get(&client).copied().unwrap_or(0))
    };
    let ranks: Vec<_> = clients.iter().map(|&client| rank(client)).collect();
    let mut order: Vec<usize> = (0..clients.len()).collect();
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
            let n_running = running.iter().copied().collect();
            let turns = turns.iter().copied().collect();
            assert_eq!(
                order(clients, &n_running, &turns),
                want,
                "{clients:?} while {running:?} run, after {turns:?}"
            );
        }
    }
}
