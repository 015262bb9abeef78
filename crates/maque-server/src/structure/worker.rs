//! Work that cannot be cancelled: it has a thread of its own, and who waits for it gives up once it has used its time.

use crate::limits::COMPILE_PATIENCE;
use std::fs::File;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Stack of a thread: grammars nest, and rules call rules.
const STACK: usize = 64 << 20;
/// How often a thread is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The work panicked, or used more of a processor's time than it may.
    Work,
    /// The machine is so busy that the work did not get that time.
    Machine,
}

/// What `work` gives, however long it takes.
pub(super) async fn whole<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Overdue> {
    let (done, _) = start(work)?;
    done.await.map_err(|_| Overdue::Work)
}

/// What `work` gives, if it needs no more than `limit` of a processor's time. Where the system does not tell that time, or gives
/// the thread none, the wait has an end all the same.
pub(super) async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Overdue> {
    let (mut done, clock) = start(work)?;
    let start = Instant::now();
    let clock = clock.await.ok().flatten();
    loop {
        if let Ok(done) = tokio::time::timeout(GLANCE, &mut done).await {
            return done.map_err(|_| Overdue::Work);
        }
        match clock.as_ref().and_then(read) {
            Some(used) if limit <= used => return Err(Overdue::Work),
            None if limit <= start.elapsed() => return Err(Overdue::Work),
            _ if COMPILE_PATIENCE <= start.elapsed() => return Err(Overdue::Machine),
            _ => {}
        }
    }
}

/// Work under way: its result, and before that the clock of its thread.
type Started<T> = (oneshot::Receiver<T>, oneshot::Receiver<Option<File>>);

fn start<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Started<T>, Overdue> {
    let (tell, done) = oneshot::channel();
    let (lend, clock) = oneshot::channel();
    let thread = std::thread::Builder::new().name("maque-grammar".into());
    let spawned = thread.stack_size(STACK).spawn(move || {
        let _ = lend.send(clock_of_this_thread());
        let _ = tell.send(work()); // nobody may wait any more
    });
    spawned.map_err(|_| Overdue::Machine)?;
    Ok((done, clock))
}

/// Linux's count of the nanoseconds for which a thread ran, whoever reads it.
fn clock_of_this_thread() -> Option<File> {
    File::open("/proc/thread-self/schedstat").ok()
}

/// The time that a clock shows; `None` once its thread has ended.
#[cfg(unix)]
fn read(clock: &File) -> Option<Duration> {
    use std::os::unix::fs::FileExt;
    let mut text = [0; 64];
    let n = clock.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(&text[..n]).ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(not(unix))]
fn read(_: &File) -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn work_is_waited_for_as_long_as_it_may_take() {
        let limit = Duration::from_millis(50);
        assert_eq!(within(limit, || 7).await, Ok(7));
        let panics = within(limit, || -> u8 { panic!("as the test wants it") });
        assert_eq!(panics.await, Err(Overdue::Work));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_sleeps_uses_no_time_and_who_computes_does() {
        let limit = Duration::from_millis(50);
        let sleeps = within(limit, move || std::thread::sleep(4 * limit));
        assert_eq!(sleeps.await, Ok(()));
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let computes = within(limit, move || while !ends.load(Ordering::Relaxed) {});
        let given_up = computes.await;
        is_over.store(true, Ordering::Relaxed);
        assert!(given_up.is_err()); // by its own time, or by everybody's on a busy machine
    }
}
