//! The thread that keeps the index like the folders: what changed is read again, what is gone is forgotten.

use crate::extracted::Extracted;
use crate::folder::{Contents, Folder, Found};
use crate::folders::Entry;
use crate::index::{DocumentName, FileRecord, Index, Writer};
use crate::library::{Progress, Shared};
use crate::queue::Queue;
use crate::reader::Patience;
use crate::skipped::{Reason, Skipped};
use crate::watch::Watch;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a folder must be quiet before its changes are read.
const QUIET: Duration = Duration::from_millis(200);
/// How long changes wait for that in a folder that is never quiet.
const LONGEST: Duration = Duration::from_secs(5);
/// Where the system tells no changes (network drives), they are looked for this often.
const ROUND: Duration = Duration::from_secs(300);
/// Files between two commits: what is lost when the process is killed.
const BATCH: usize = 256;
/// How long what was read may wait for what is read beside it until it can be found.
const SOON: Duration = Duration::from_secs(3);

/// What the thread is given to do.
pub(crate) enum Task {
    /// Look through a folder and watch it.
    Watch(Entry),
    /// Something in a folder changed.
    Look(String),
    /// A folder was let go.
    Forget(Entry),
    /// End.
    Stop,
}

/// The thread; it ends when this is dropped.
pub(crate) struct Indexing {
    sender: Mutex<Sender<Task>>,
    is_over: Arc<AtomicBool>,
}

impl Indexing {
    /// Starts it.
    pub(crate) fn start(shared: Arc<Shared>) -> Indexing {
        let (sender, receiver) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let work = Work {
            shared,
            watches: HashMap::new(),
            changed: sender.clone(),
            is_over: Arc::clone(&is_over),
        };
        let thread = std::thread::Builder::new().name("library".to_owned());
        let _ = thread.spawn(move || work.go_on(&receiver)); // without it folders stay "indexing", which their status says
        Indexing {
            sender: Mutex::new(sender),
            is_over,
        }
    }

    /// Gives it something to do.
    pub(crate) fn give(&self, task: Task) {
        let sender = self
            .sender
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = sender.send(task);
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.give(Task::Stop);
    }
}

/// What the thread has.
struct Work {
    shared: Arc<Shared>,
    watches: HashMap<String, Watch>,
    changed: Sender<Task>,
    is_over: Arc<AtomicBool>,
}

impl Work {
    fn go_on(mut self, tasks: &Receiver<Task>) {
        let (mut waiting, mut since) = (HashSet::new(), Instant::now());
        loop {
            let patience = if waiting.is_empty() { ROUND } else { QUIET };
            let task = tasks.recv_timeout(patience);
            if waiting.is_empty() {
                since = Instant::now();
            }
            let is_time = task.is_err() || LONGEST <= since.elapsed();
            match task {
                Ok(Task::Watch(entry)) => {
                    self.watch(&entry);
                    waiting.insert(entry.id);
                }
                Ok(Task::Look(id)) => {
                    self.watches.get(&id).inspect(|watch| watch.heard());
                    waiting.insert(id);
                }
                Ok(Task::Forget(entry)) => self.forget(&entry),
                Err(RecvTimeoutError::Timeout) if waiting.is_empty() => {
                    waiting.extend(self.shared.entries().into_iter().map(|entry| entry.id));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if is_time {
                self.look_at(&std::mem::take(&mut waiting));
            }
        }
    }

    /// Lets the system tell what changes.
    fn watch(&mut self, entry: &Entry) {
        let (changed, id) = (self.changed.clone(), entry.id.clone());
        let watch = Watch::start(&entry.path, move || {
            let _ = changed.send(Task::Look(id.clone()));
        });
        self.watches.insert(entry.id.clone(), watch);
    }

    /// Watches the folders within a folder too. In one that is new something may have changed before, so it is looked at again.
    fn cover(&mut self, entry: &Entry, folders: &[PathBuf]) {
        let watch = self.watches.get_mut(&entry.id);
        if watch.is_some_and(|watch| watch.cover(folders)) {
            let _ = self.changed.send(Task::Look(entry.id.clone()));
        }
    }

    fn look_at(&mut self, ids: &HashSet<String>) {
        for entry in self
            .shared
            .entries()
            .iter()
            .filter(|entry| ids.contains(&entry.id))
        {
            let looked = catch_unwind(AssertUnwindSafe(|| self.look(entry)));
            let why = match looked {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "a fault of Maque's own".to_owned(),
            };
            self.shared
                .change(&entry.id, |status| status.progress = Progress::Failed(why));
        }
    }

    /// Makes the index like the folder.
    fn look(&mut self, entry: &Entry) -> tantivy::Result<()> {
        let index = self.shared.index()?;
        let opened = Folder::open(&entry.path).and_then(|folder| Ok((folder.contents()?, folder)));
        let Ok((contents, folder)) = opened else {
            return self.settle(&index, entry, Progress::Missing, &[]);
        };
        self.cover(entry, &contents.folders);
        let known = known(&index, entry)?;
        let is_new = |found: &&Found| {
            let name = DocumentName::new(&entry.id, &found.file, Some(found.kind));
            known
                .get(&name.id)
                .is_none_or(|record| record.version != Some(found.version) || record.is_transient())
        };
        let orphans = self.orphans(&index)?;
        let mut new: Vec<&Found> = contents.found.iter().filter(is_new).collect();
        new.sort_by_key(|found| found.version.n_bytes()); // what is read soon can be found soon
        let there: HashSet<&str> = contents
            .found
            .iter()
            .map(|found| found.file.as_str())
            .collect();
        let gone: Vec<&FileRecord> = known
            .values()
            .filter(|record| !there.contains(record.document.file.as_str()))
            .collect();
        if new.is_empty() && gone.is_empty() && orphans.is_empty() {
            return self.settle(&index, entry, Progress::Ready, &contents.skipped);
        }
        let mut writer = index.writer()?;
        gone.iter()
            .for_each(|record| writer.forget(&record.document));
        orphans
            .iter()
            .for_each(|folder| writer.forget_folder(folder));
        self.read(&folder, entry, &new, (&index, &mut writer), &contents)?;
        writer.commit()?;
        index.reload()?;
        self.settle(&index, entry, Progress::Ready, &contents.skipped)?;
        writer.finish()?;
        index.reload()
    }

    /// Folders that were let go by a process that ended before it forgot them.
    fn orphans(&self, index: &Index) -> tantivy::Result<HashSet<String>> {
        let folders = index
            .files()?
            .into_iter()
            .map(|record| record.document.folder);
        Ok(folders.filter(|folder| !self.shared.has(folder)).collect())
    }

    /// Reads files, several at once, and writes what they became; none of them waits long for a slow one to be found.
    fn read(
        &self,
        folder: &Folder,
        entry: &Entry,
        new: &[&Found],
        (index, writer): (&Index, &mut Writer),
        contents: &Contents,
    ) -> tantivy::Result<()> {
        let total = contents.found.len();
        let (queue, mut done) = (Queue::new(new), total - new.len());
        let (mut n_waiting, mut counted) = (0, Instant::now());
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(2); // ends with this closure, and with it who sends
            for _ in 0..n_readers() {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || self.read_each(folder, entry, queue, &sender));
            }
            drop(sender);
            loop {
                match receiver.recv_timeout(SOON) {
                    Ok((found, read)) => {
                        let name = DocumentName::new(&entry.id, &found.file, Some(found.kind));
                        writer.put(&name, Some(found.version), read)?;
                        (done, n_waiting) = (done + 1, n_waiting + 1);
                        let progress = Progress::Indexing { done, total };
                        self.shared
                            .change(&entry.id, |status| status.progress = progress);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
                if BATCH <= n_waiting || (0 < n_waiting && SOON <= counted.elapsed()) {
                    writer.commit()?;
                    index.reload()?;
                    let progress = Progress::Indexing { done, total };
                    self.settle(index, entry, progress, &contents.skipped)?;
                    (n_waiting, counted) = (0, Instant::now());
                }
            }
        })
    }

    /// Reads the next file until there is none, or nobody wants them any more.
    fn read_each<'a>(
        &self,
        folder: &Folder,
        entry: &Entry,
        queue: &Queue<'a>,
        sender: &SyncSender<(&'a Found, Result<Extracted, Reason>)>,
    ) {
        while let Some((found, patience)) = queue.next() {
            let file = folder.file(&found.file);
            let read = file.and_then(|file| self.shared.reader.read(found.kind, file, patience));
            let is_wanted = !self.is_over() && self.shared.has(&entry.id);
            if !is_wanted {
                return;
            }
            if patience == Patience::Brief && matches!(read, Err(Reason::TooSlow { .. })) {
                queue.give_back(found);
            } else if sender.send((found, read)).is_err() {
                return;
            }
        }
    }

    /// Tells what the index has of a folder now, and learns its frequent questions.
    fn settle(
        &self,
        index: &Index,
        entry: &Entry,
        progress: Progress,
        unread: &[Skipped],
    ) -> tantivy::Result<()> {
        let files: Vec<FileRecord> = known(index, entry)?.into_values().collect();
        self.shared.learn(index.questions()?);
        let skipped = files.iter().filter_map(|record| {
            let reason = record.skipped.clone()?;
            Some(Skipped {
                file: record.document.file.clone(),
                reason,
            })
        });
        let mut skipped: Vec<Skipped> = skipped.chain(unread.iter().cloned()).collect();
        skipped.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.shared.change(&entry.id, |status| {
            status.progress = progress;
            status.n_documents = files
                .iter()
                .filter(|record| record.skipped.is_none())
                .count();
            status.n_passages = files.iter().map(|record| record.n_passages).sum();
            status.n_questions = files.iter().map(|record| record.n_questions).sum();
            status.n_skipped = skipped.len();
            status.skipped = skipped;
        });
        Ok(())
    }

    fn forget(&mut self, entry: &Entry) {
        self.watches.remove(&entry.id);
        let forgotten = self.shared.index().and_then(|index| {
            let mut writer = index.writer()?;
            writer.forget_folder(&entry.id);
            writer.commit()?;
            index.reload()?;
            self.shared.learn(index.questions()?);
            Ok(())
        });
        let _ = forgotten; // searches leave out folders that are not on the list
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Files that are read at once.
fn n_readers() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(8))
}

/// What the index has of a folder's files, by their ids.
fn known(index: &Index, entry: &Entry) -> tantivy::Result<HashMap<String, FileRecord>> {
    let files = index
        .files()?
        .into_iter()
        .filter(|record| record.document.folder == entry.id);
    Ok(files
        .map(|record| (record.document.id.clone(), record))
        .collect())
}
