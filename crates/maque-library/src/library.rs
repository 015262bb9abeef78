//! The library: folders that are watched, their index, and what can be asked of it.

use crate::faq::{Asked, Faq, FaqHit};
use crate::folders::{Entry, Folders};
use crate::index::{DocumentName, FaqRecord, Index};
use crate::indexing::{Indexing, Task};
use crate::nearness::{Nearness, VectorOf};
use crate::reader::Reader;
use crate::search::{Hit, Search, near, search};
use crate::skipped::Skipped;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tantivy::Searcher;

/// Frequent questions that a status shows.
const MAX_FREQUENT: usize = 12;
/// Skipped files that a status shows of a folder.
const MAX_SKIPPED: usize = 200;

/// What is said of a path that is no folder.
pub const NO_FOLDER: &str =
    "is no folder that can be read; give the whole path of one on this machine";

/// Why the library cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The path of a folder that is none.
    #[error("path {NO_FOLDER}")]
    NoFolder,
    /// A folder within another.
    #[error(
        "path is in the library already, or holds or lies within its folder {0:?}; remove that one first"
    )]
    Overlaps(String),
    /// The list of folders was changed by hand.
    #[error(
        "{0} is not the list of folders that it should be; mend or delete it, and add the folders again"
    )]
    BrokenList(PathBuf),
    /// The disk.
    #[error("the library's files cannot be written or read: {0}")]
    Disk(#[from] std::io::Error),
    /// The index.
    #[error("the library's index cannot be written or read: {0}")]
    Index(tantivy::TantivyError),
}

impl From<tantivy::TantivyError> for LibraryError {
    fn from(error: tantivy::TantivyError) -> LibraryError {
        match error {
            tantivy::TantivyError::IoError(error) => LibraryError::Disk(error.kind().into()),
            error => LibraryError::Index(error),
        }
    }
}

/// A folder and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderStatus {
    /// Its id.
    pub id: String,
    /// Its last name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What happens to it.
    pub progress: Progress,
    /// Documents that can be searched.
    pub n_documents: usize,
    /// Their passages.
    pub n_passages: usize,
    /// Rows of tables of frequent questions.
    pub n_questions: usize,
    /// Files that were skipped.
    pub n_skipped: usize,
    /// The first of them, those of other types last.
    pub skipped: Vec<Skipped>,
}

/// What happens to a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its files are being read: so many of so many.
    Indexing {
        /// Files seen to.
        done: usize,
        /// Files that were found.
        total: usize,
    },
    /// All of it can be searched.
    Ready,
    /// It is not where it was; what is known of it stays.
    Missing,
    /// Its index cannot be written.
    Failed(String),
}

/// The whole library.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Its folders.
    pub folders: Vec<FolderStatus>,
    /// Frequent questions, those asked most first.
    pub frequent: Vec<String>,
}

/// The library; clones share it.
#[derive(Clone)]
pub struct Library {
    shared: Arc<Shared>,
    indexing: Arc<Indexing>,
}

/// What the asking and the indexing side share.
pub(crate) struct Shared {
    pub(crate) home: PathBuf,
    pub(crate) reader: Reader,
    folders: Mutex<Folders>,
    statuses: Mutex<HashMap<String, FolderStatus>>,
    index: Mutex<Option<Arc<Index>>>,
    faq: RwLock<Arc<Faq>>,
    asked: Asked,
    nearness: Mutex<Option<Arc<Nearness>>>,
}

impl Library {
    /// Opens the library that lies in `home`; its folders are looked through and watched from now on.
    pub fn open(home: &Path, reader: Reader) -> Result<Library, LibraryError> {
        let folders = Folders::read(home)?;
        let shared = Arc::new(Shared {
            home: home.to_owned(),
            reader,
            folders: Mutex::new(folders),
            statuses: Mutex::default(),
            index: Mutex::default(),
            faq: RwLock::default(),
            asked: Asked::default(),
            nearness: Mutex::default(),
        });
        let indexing = Arc::new(Indexing::start(Arc::clone(&shared)));
        let library = Library { shared, indexing };
        for entry in library.shared.entries() {
            library.take_up(entry);
        }
        Ok(library)
    }

    /// Takes a folder in; its files are read beside.
    pub fn add(&self, path: &Path) -> Result<FolderStatus, LibraryError> {
        self.shared.index()?;
        let entry = lock(&self.shared.folders).add(path)?;
        Ok(self.take_up(entry))
    }

    /// Lets a folder go: only what the library knows of it, none of its files. False if there is none of this id.
    pub fn remove(&self, id: &str) -> Result<bool, LibraryError> {
        let Some(entry) = lock(&self.shared.folders).remove(id)? else {
            return Ok(false);
        };
        lock(&self.shared.statuses).remove(id);
        self.indexing.give(Task::Forget(entry));
        Ok(true)
    }

    /// How far everything is.
    pub fn status(&self) -> Status {
        let statuses = lock(&self.shared.statuses);
        let entries = self.shared.entries();
        let folders = entries
            .iter()
            .filter_map(|entry| statuses.get(&entry.id).cloned());
        let cut = |mut folder: FolderStatus| {
            folder.skipped.truncate(MAX_SKIPPED);
            folder
        };
        Status {
            folders: folders.map(cut).collect(),
            frequent: self.shared.faq().frequent(&self.shared.asked, MAX_FREQUENT),
        }
    }

    /// The answer of a table of frequent questions.
    pub fn faq(&self, question: &str, folder: Option<&str>) -> Option<FaqHit> {
        let hit = self.shared.faq().find(question, folder);
        let hit = hit.filter(|hit| self.shared.has(&hit.answer.document.folder))?;
        self.shared.asked.note(&hit.question);
        Some(hit)
    }

    /// The nearest passages, nearest first.
    pub fn search(&self, wanted: &Search<'_>) -> Result<Vec<Hit>, LibraryError> {
        let folders = self.shared.folders_of(wanted);
        match folders.is_empty() {
            true => Ok(Vec::new()),
            false => Ok(search(&*self.shared.index()?, &folders, wanted)?),
        }
    }

    /// The passages nearest in meaning, nearest first, two of a document at most; `vector` gives the words their meaning. The first call
    /// after a change of the index asks it for every word there.
    pub fn near(
        &self,
        wanted: &Search<'_>,
        vector: VectorOf<'_>,
    ) -> Result<Vec<Hit>, LibraryError> {
        let folders = self.shared.folders_of(wanted);
        if folders.is_empty() {
            return Ok(Vec::new());
        }
        let index = self.shared.index()?;
        let searcher = index.searcher();
        let nearness = self.shared.nearness(&index, &searcher, vector)?;
        Ok(near(
            &index,
            &searcher,
            &folders,
            wanted,
            (&nearness, vector),
        )?)
    }

    /// The name of a folder, for people.
    pub fn name_of(&self, folder: &str) -> Option<String> {
        let entries = self.shared.entries();
        let entry = entries.iter().find(|entry| entry.id == folder)?;
        Some(entry.name())
    }

    /// The text of a document; `None` if it is unknown.
    pub fn document(&self, id: &str) -> Result<Option<(DocumentName, String)>, LibraryError> {
        match self.shared.entries().is_empty() {
            true => Ok(None),
            false => Ok(self.shared.index()?.text(id)?),
        }
    }

    fn take_up(&self, entry: Entry) -> FolderStatus {
        let status = FolderStatus {
            id: entry.id.clone(),
            name: entry.name(),
            path: entry.path.clone(),
            progress: Progress::Indexing { done: 0, total: 0 },
            n_documents: 0,
            n_passages: 0,
            n_questions: 0,
            n_skipped: 0,
            skipped: Vec::new(),
        };
        self.shared.tell(status.clone());
        self.indexing.give(Task::Watch(entry));
        status
    }
}

impl Shared {
    /// The folders that there are.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        lock(&self.folders).all().to_vec()
    }

    /// Whether there is still a folder of this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        lock(&self.folders).all().iter().any(|entry| entry.id == id)
    }

    /// The index, opened at its first use: who has no folders needs none.
    pub(crate) fn index(&self) -> tantivy::Result<Arc<Index>> {
        let mut index = lock(&self.index);
        if let Some(index) = &*index {
            return Ok(Arc::clone(index));
        }
        let opened = Arc::new(Index::open(&self.home)?);
        *index = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// What this state of the index looks like in vectors; those who ask at once wait for one another.
    fn nearness(
        &self,
        index: &Index,
        searcher: &Searcher,
        vector: VectorOf<'_>,
    ) -> tantivy::Result<Arc<Nearness>> {
        let mut nearness = lock(&self.nearness);
        if let Some(known) = nearness.as_ref().filter(|known| known.is_of(searcher)) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Nearness::new(index, searcher, vector)?);
        *nearness = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The folders that are looked in.
    fn folders_of(&self, wanted: &Search<'_>) -> Vec<String> {
        let ids = self.entries().into_iter().map(|entry| entry.id);
        ids.filter(|id| wanted.folder.is_none_or(|folder| folder == id))
            .collect()
    }

    /// Notes how far a folder is.
    pub(crate) fn tell(&self, status: FolderStatus) {
        if self.has(&status.id) {
            lock(&self.statuses).insert(status.id.clone(), status);
        }
    }

    /// Changes what is noted of a folder.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut FolderStatus)) {
        if let Some(status) = lock(&self.statuses).get_mut(id) {
            change(status);
        }
    }

    /// Takes over the frequent questions that are in the index now.
    pub(crate) fn learn(&self, questions: Vec<FaqRecord>) {
        let faq = Faq::new(
            questions
                .into_iter()
                .filter(|one| self.has(&one.answer.document.folder))
                .collect(),
        );
        *self.faq.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(faq);
    }

    fn faq(&self) -> Arc<Faq> {
        Arc::clone(&self.faq.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
