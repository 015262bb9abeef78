//! A fork-join pool: the calling thread and its workers share the items of one region. Each begins with a range of
//! its own, so that it reads memory in sequence and what it fetches ahead is its own; then it helps the others.
//!
//! Workers spin briefly between regions and then sleep. A region waits only for workers that have
//! entered it, so one that the system does not schedule (more threads than cores) delays nobody. One
//! that the system interrupts in the midst of an item does, by the time that another program then has;
//! so workers offer their core to others between regions, before the system takes it.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a worker looks for the next region before it sleeps: longer than most serial stretches of
/// a forward pass. A core that sleeps soon takes over a caller which waits behind another program.
const SPIN: Duration = Duration::from_micros(30);
/// How long a worker keeps its core before it offers it to others: less than the systems' own slices.
const SLICE: Duration = Duration::from_millis(1);
/// The region's number is counted above this bit of `Shared::state`.
const ONE_REGION: u64 = 1 << 33;
/// Set while workers may enter the region; the bits below count those inside.
const OPEN: u64 = 1 << 32;

/// Threads that run the items of one region after the other.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    region: Mutex<()>, // one region at a time
}

struct Shared {
    state: AtomicU64,
    job: UnsafeCell<Job>, // written only while the region is closed and nobody is inside
    shares: Box<[Share]>, // one a thread, the caller's first
    has_panicked: AtomicBool,
    is_stopping: AtomicBool,
}

/// A thread's range of the items: the first of it that nobody has taken. On a cache line of its own.
#[repr(align(64))]
struct Share(AtomicUsize);

#[derive(Clone, Copy)]
struct Job {
    run: *const (dyn Fn(usize) + Sync),
    n_items: usize,
}

// SAFETY: `job` points to a `Sync` closure and is read only inside an open region, which `Pool::run`
// outlives; all else is atomic.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Pool {
    /// Starts `n_workers` threads beside the caller's own; fewer if the system refuses some.
    pub(crate) fn new(n_workers: usize) -> Pool {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            job: UnsafeCell::new(Job {
                run: &|_| (),
                n_items: 0,
            }),
            shares: (0..=n_workers)
                .map(|_| Share(AtomicUsize::new(0)))
                .collect(),
            has_panicked: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
        });
        let start = |i| {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("maque-kernel-{i}"));
            thread.spawn(move || shared.serve(i)).ok()
        };
        let workers = (1..=n_workers).map_while(start).collect();
        Pool {
            shared,
            workers,
            region: Mutex::new(()),
        }
    }

    /// Threads that share a region, the caller's among them.
    pub(crate) fn n_threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `job` once for each of `0..n_items`, in any order and on any thread, and returns when all
    /// are done. `job` must not start a region itself.
    ///
    /// # Panics
    /// If `job` does.
    pub(crate) fn run(&self, n_items: usize, job: &(dyn Fn(usize) + Sync)) {
        if n_items <= 1 || self.workers.is_empty() {
            (0..n_items).for_each(job);
            return;
        }
        let _region = self.region.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes: `Closing` waits for all who may use the pointer.
        let run = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(job)
        };
        // SAFETY: this thread holds the region lock, the region is closed and nobody is inside.
        unsafe { *shared.job.get() = Job { run, n_items } };
        for (i, share) in shared.shares.iter().enumerate() {
            let (first, _) = shared.range(i, n_items);
            share.0.store(first, Ordering::Relaxed);
        }
        shared.state.fetch_add(ONE_REGION | OPEN, Ordering::Release);
        for worker in &self.workers {
            worker.thread().unpark();
        }
        let closing = Closing(shared);
        shared.take_items(run, n_items, 0);
        drop(closing);
        if shared.has_panicked.swap(false, Ordering::Relaxed) {
            panic!("a worker of the kernel pool panicked");
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of its jobs, so there is nothing to pass on.
            let _ = worker.join();
        }
    }
}

/// Closes the region when dropped, also while a panic unwinds, and waits for those inside.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state.fetch_and(!OPEN, Ordering::Relaxed);
        let mut n_looks = 0u32;
        while !self.0.state.load(Ordering::Acquire).is_multiple_of(OPEN) {
            n_looks = n_looks.saturating_add(1);
            if n_looks < 1_000 {
                std::hint::spin_loop()
            } else {
                std::thread::yield_now()
            }
        }
    }
}

impl Shared {
    /// The life of worker `own`: enter each new region, work, look for the next one, sleep.
    fn serve(&self, own: usize) {
        let mut last_region = 0;
        let mut offered = Instant::now();
        while let Some(region) = self.enter(last_region) {
            last_region = region;
            // SAFETY: this worker is inside the open region, so the job stands and its closure lives.
            let Job { run, n_items } = unsafe { *self.job.get() };
            let work = AssertUnwindSafe(|| {
                // SAFETY: as above.
                self.take_items(unsafe { &*run }, n_items, own);
            });
            if catch_unwind(work).is_err() {
                self.has_panicked.store(true, Ordering::Relaxed);
            }
            self.state.fetch_sub(1, Ordering::Release);
            if SLICE < offered.elapsed() {
                std::thread::yield_now(); // nothing happens where nobody else wants this core
                offered = Instant::now();
            }
        }
    }

    /// Waits for a region other than `last` and enters it, returning its number; `None` to stop.
    fn enter(&self, last: u64) -> Option<u64> {
        let start = Instant::now();
        let mut n_looks = 0u32;
        loop {
            let state = self.state.load(Ordering::Relaxed);
            let region = state / ONE_REGION;
            if state & OPEN != 0 && region != last {
                let entered = self.state.compare_exchange_weak(
                    state,
                    state + 1,
                    Ordering::Acquire,
                    Ordering::Relaxed,
                );
                if entered.is_ok() {
                    return Some(region);
                }
                continue;
            }
            if self.is_stopping.load(Ordering::Relaxed) {
                return None;
            }
            n_looks = n_looks.wrapping_add(1);
            if n_looks.is_multiple_of(64) && SPIN < start.elapsed() {
                std::thread::park();
            }
            std::hint::spin_loop();
        }
    }

    /// Runs the items of one's own range, then what is left of the others'.
    fn take_items(&self, run: &(dyn Fn(usize) + Sync), n_items: usize, own: usize) {
        let n = self.shares.len();
        for i in (own..n).chain(0..own) {
            let (_, end) = self.range(i, n_items);
            loop {
                let item = self.shares[i].0.fetch_add(1, Ordering::Relaxed);
                if end <= item {
                    break;
                }
                run(item);
            }
        }
    }

    /// The range of thread `i`: its first item and the one after its last.
    fn range(&self, i: usize, n_items: usize) -> (usize, usize) {
        let n = self.shares.len();
        (n_items * i / n, n_items * (i + 1) / n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::for_each_chunk;

    #[test]
    fn each_item_runs_once() {
        for n_workers in [0, 1, 2, 7] {
            let pool = Pool::new(n_workers);
            for n in [0, 1, 2, 3, 100, 1000] {
                let mut counts = vec![0u8; n];
                for _ in 0..50 {
                    for_each_chunk(&pool, &mut counts, 1, |_, count| count[0] += 1);
                }
                assert!(
                    counts.iter().all(|count| *count == 50),
                    "{n_workers} workers, {n} items"
                );
            }
        }
    }

    #[test]
    fn sleeping_workers_wake_up() {
        let pool = Pool::new(1);
        for _ in 0..3 {
            std::thread::sleep(4 * SPIN);
            // Each of the two items waits for the other, so both threads must come.
            let both = std::sync::Barrier::new(2);
            pool.run(2, &|_| {
                both.wait();
            });
        }
    }

    #[test]
    fn regions_of_several_callers_take_turns() {
        let (pool, sum) = (Pool::new(2), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        pool.run(10, &|i| {
                            sum.fetch_add(i, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 3 * 100 * 45);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(2);
        for bad in 0..20 {
            let caught = catch_unwind(AssertUnwindSafe(|| pool.run(20, &|i| assert_ne!(i, bad))));
            assert!(caught.is_err());
        }
        let n = AtomicUsize::new(0);
        pool.run(20, &|_| {
            n.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(n.into_inner(), 20);
    }
}
