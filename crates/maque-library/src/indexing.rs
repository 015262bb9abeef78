//! The thread that keeps the index like the folders: what changed is read again, what is gone is forgotten.

use crate::folder::{Folder, Found};
use crate::folders::Entry;
use crate::index::{DocumentName, FileRecord, Index, Writer};
use crate::library::{Progress, Shared};
use crate::skipped::Skipped;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a folder must be quiet before its changes are read.
const QUIET: Duration = Duration::from_millis(200);
/// Where the system tells no changes (network drives), they are looked for this often.
const ROUND: Duration = Duration::from_secs(300);
/// Files between two commits: what is lost when the process is killed.
const BATCH: usize = 256;

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
            watchers: HashMap::new(),
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
    watchers: HashMap<String, RecommendedWatcher>,
    changed: Sender<Task>,
    is_over: Arc<AtomicBool>,
}

impl Work {
    fn go_on(mut self, tasks: &Receiver<Task>) {
        let mut waiting = HashSet::new();
        loop {
            let patience = if waiting.is_empty() { ROUND } else { QUIET };
            match tasks.recv_timeout(patience) {
                Ok(Task::Watch(entry)) => {
                    self.watch(&entry);
                    waiting.insert(entry.id);
                }
                Ok(Task::Look(id)) => drop(waiting.insert(id)),
                Ok(Task::Forget(entry)) => self.forget(&entry),
                Err(RecvTimeoutError::Timeout) if waiting.is_empty() => {
                    waiting.extend(self.shared.entries().into_iter().map(|entry| entry.id));
                }
                Err(RecvTimeoutError::Timeout) => self.look_at(&std::mem::take(&mut waiting)),
                Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Lets the system tell what changes; reading a file is no change.
    fn watch(&mut self, entry: &Entry) {
        let (changed, id) = (self.changed.clone(), entry.id.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| !event.kind.is_access()) {
                let _ = changed.send(Task::Look(id.clone()));
            }
        });
        if let Ok(mut watcher) = watcher
            && watcher.watch(&entry.path, RecursiveMode::Recursive).is_ok()
        {
            self.watchers.insert(entry.id.clone(), watcher);
        }
    }

    fn look_at(&self, ids: &HashSet<String>) {
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
    fn look(&self, entry: &Entry) -> tantivy::Result<()> {
        let index = self.shared.index()?;
        let opened = Folder::open(&entry.path).and_then(|folder| Ok((folder.contents()?, folder)));
        let Ok((contents, folder)) = opened else {
            return self.settle(&index, entry, Progress::Missing, &[]);
        };
        let known = known(&index, entry)?;
        let is_new = |found: &&Found| {
            let name = DocumentName::new(&entry.id, &found.file, Some(found.kind));
            known
                .get(&name.id)
                .is_none_or(|record| record.version != Some(found.version))
        };
        let orphans = self.orphans(&index)?;
        let new: Vec<&Found> = contents.found.iter().filter(is_new).collect();
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
        let n_old = contents.found.len() - new.len();
        for (at, batch) in new.chunks(BATCH).enumerate() {
            self.read(
                &folder,
                entry,
                batch,
                &writer,
                (n_old + at * BATCH, contents.found.len()),
            )?;
            writer.commit()?;
            index.reload()?;
        }
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

    /// Reads files, several at once, and writes what they became.
    fn read(
        &self,
        folder: &Folder,
        entry: &Entry,
        batch: &[&Found],
        writer: &Writer,
        (n_before, total): (usize, usize),
    ) -> tantivy::Result<()> {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = sync_channel(2);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(8)
            {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(found) = batch.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let file = folder.file(&found.file);
                        let read = file.and_then(|file| self.shared.reader.read(found.kind, file));
                        if self.is_over() || sender.send((*found, read)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (done, (found, read)) in receiver.into_iter().enumerate() {
                let name = DocumentName::new(&entry.id, &found.file, Some(found.kind));
                writer.put(&name, Some(found.version), read)?;
                let progress = Progress::Indexing {
                    done: n_before + done + 1,
                    total,
                };
                self.shared
                    .change(&entry.id, |status| status.progress = progress);
            }
            Ok(())
        })
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
        skipped.sort_by(|a, b| a.file.cmp(&b.file));
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
        self.watchers.remove(&entry.id);
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
