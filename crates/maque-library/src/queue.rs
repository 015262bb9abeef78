//! Files on their way to several readers, none of which waits for a slow one that came before it.

use crate::folder::Found;
use crate::reader::Patience;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Each file is handed out with little patience first; those that were given back, with all of it, once none is left.
pub(crate) struct Queue<'a> {
    files: &'a [&'a Found],
    next: AtomicUsize,
    slow: Mutex<VecDeque<&'a Found>>,
}

impl<'a> Queue<'a> {
    /// These files, in this order.
    pub(crate) fn new(files: &'a [&'a Found]) -> Queue<'a> {
        Queue {
            files,
            next: AtomicUsize::new(0),
            slow: Mutex::default(),
        }
    }

    /// The next file, and how much it is given.
    pub(crate) fn next(&self) -> Option<(&'a Found, Patience)> {
        let next = self.files.get(self.next.fetch_add(1, Ordering::Relaxed));
        next.map(|found| (*found, Patience::Brief)).or_else(|| {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            slow.pop_front().map(|found| (found, Patience::Whole))
        })
    }

    /// Takes back a file that wants more than it was given.
    pub(crate) fn give_back(&self, found: &'a Found) {
        let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.push_back(found);
    }
}
