//! What tells that something in a folder changed.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Linux watches folder by folder: asked for all at once, it gives up at the first that may not be read, and goes where links lead.
const MODE: RecursiveMode = match cfg!(target_os = "linux") {
    true => RecursiveMode::NonRecursive,
    false => RecursiveMode::Recursive,
};

/// A folder that is watched until this is dropped.
pub(crate) struct Watch {
    /// `None` where the system tells nothing.
    watcher: Option<RecommendedWatcher>,
    root: PathBuf,
    /// Folders of it that were there before, itself among them.
    known: HashSet<PathBuf>,
    /// Whether a change was told of that nobody has heard of yet: a thousand changes are told once.
    is_told: Arc<AtomicBool>,
}

impl Watch {
    /// Calls `changed` whenever something in the folder changes; reading a file is no change.
    pub(crate) fn start(root: &Path, changed: impl Fn() + Send + 'static) -> Watch {
        let is_told = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_told);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_change = event.map_or(true, |event| !event.kind.is_access());
            if is_change && !told.swap(true, Ordering::Relaxed) {
                changed();
            }
        });
        let mut watcher = watcher.ok();
        if let Some(watcher) = &mut watcher {
            let _ = watcher.watch(root, MODE); // what tells nothing is looked through now and then
        }
        Watch {
            watcher,
            root: root.to_owned(),
            known: HashSet::from([PathBuf::new()]),
            is_told,
        }
    }

    /// From now on a change is told again.
    pub(crate) fn heard(&self) {
        self.is_told.store(false, Ordering::Relaxed);
    }

    /// Watches these folders of it too, by their paths from it. True if one is new: something in it may have changed before.
    pub(crate) fn cover(&mut self, folders: &[PathBuf]) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        if MODE == RecursiveMode::Recursive {
            return false;
        }
        let mut is_new = false;
        for folder in folders {
            let is_watched = watcher.watch(&self.root.join(folder), MODE).is_ok();
            is_new |= is_watched && !self.known.contains(folder);
        }
        self.known = folders.iter().cloned().collect();
        is_new
    }
}
