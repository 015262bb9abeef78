//! The one thread that has the database's handle: what waits together is committed together.

use super::open::Opened;
use super::{StoreError, backup};
use rusqlite::Connection;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Jobs that share a transaction at most.
const MAX_TOGETHER: usize = 64;
/// How long nothing must have been asked before the log is folded into the file, and a backup is taken.
const IDLE: Duration = Duration::from_secs(5);

/// Work on the database.
pub(super) type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

/// Work that was done, but is not yet on the disk.
pub(super) struct Done {
    /// Whether its changes stay.
    pub(super) is_kept: bool,
    /// Tells who asked how the commit went.
    pub(super) tell: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

enum Message {
    Work(Job),
    Close,
}

/// A handle to the thread.
pub(super) struct Writer {
    messages: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(opened: Opened) -> Result<Writer, StoreError> {
        let (messages, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("maque-store".into())
            .spawn(move || Thread::new(opened).run(&inbox));
        let thread = thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Writer {
            messages,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Hands work over; fails when the thread has ended.
    pub(super) fn submit(&self, job: Job) -> Result<(), ()> {
        self.messages.send(Message::Work(job)).map_err(|_| ())
    }

    /// Ends the thread and waits until the file is closed.
    pub(super) fn close(&self) {
        let _ = self.messages.send(Message::Close); // fails when it has ended already
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let _ = thread.join();
        }
    }
}

struct Thread {
    connection: Connection,
    folder: PathBuf,
    _lock: File, // declared last: released after the connection is closed
}

impl Thread {
    fn new(opened: Opened) -> Thread {
        Thread {
            connection: opened.connection,
            folder: opened.folder,
            _lock: opened.lock,
        }
    }

    fn run(self, inbox: &Receiver<Message>) {
        let mut has_rested = false;
        loop {
            match inbox.recv_timeout(IDLE) {
                Ok(Message::Work(job)) => {
                    has_rested = false;
                    if self.together(job, inbox) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) if !has_rested => {
                    self.rest();
                    has_rested = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does `first` and what waits behind it in one transaction; says whether the end was asked for.
    fn together(&self, first: Job, inbox: &Receiver<Message>) -> bool {
        let mut done = Vec::new();
        let mut is_last = false;
        let begun = self.connection.execute_batch("BEGIN"); // where it fails, nobody is told that his work is kept
        let mut next = Some(first);
        while let Some(job) = next.take() {
            done.push(self.one(job));
            if self.connection.is_autocommit() || done.len() == MAX_TOGETHER {
                break; // SQLite rolled everything back, or this is enough for one fsync
            }
            match inbox.try_recv() {
                Ok(Message::Work(job)) => next = Some(job),
                Ok(Message::Close) => is_last = true,
                Err(_) => {}
            }
        }
        let committed = begun.and_then(|()| self.connection.execute_batch("COMMIT"));
        let committed = committed.map_err(StoreError::from);
        if committed.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        for Done { tell, .. } in done {
            tell(committed.clone());
        }
        is_last
    }

    /// Does one job so that its failure leaves no trace.
    fn one(&self, job: Job) -> Done {
        let begun = self.connection.execute_batch("SAVEPOINT job");
        let done = catch_unwind(AssertUnwindSafe(|| job(&self.connection)));
        let done = done.unwrap_or_else(|_| Done {
            is_kept: false, // a defect of ours: who asked is told, the thread lives on
            tell: Box::new(|_| ()),
        });
        let end = match done.is_kept {
            true => "RELEASE job",
            false => "ROLLBACK TO job; RELEASE job",
        };
        match begun.and_then(|()| self.connection.execute_batch(end)) {
            Ok(()) => done,
            Err(error) => {
                let error = StoreError::from(error);
                Done {
                    is_kept: false,
                    tell: Box::new(move |_| (done.tell)(Err(error))),
                }
            }
        }
    }

    /// Nobody asks: time to tidy up. A failure changes nothing and is tried again after the next work.
    fn rest(&self) {
        let _ = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = backup::daily(&self.connection, &self.folder);
    }
}
