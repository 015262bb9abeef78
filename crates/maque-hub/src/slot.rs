//! The folder of one model, locked while it is changed.

use crate::{HubError, durable};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Room that a disk must keep beside the file.
const MARGIN: u64 = 64 << 20;
/// How often a waiting process looks whether the other one is ready.
const LOOK: Duration = Duration::from_millis(200);

/// A model's folder, which no other process changes as long as this value lives. The system frees the lock of a
/// process that was killed.
pub(crate) struct Slot {
    folder: PathBuf,
    _lock: File,
}

impl Slot {
    /// Locks a folder, making it first; while another process has it, `waiting` hears how many bytes that one has fetched.
    pub(crate) fn lock(folder: PathBuf, waiting: &dyn Fn(u64)) -> Result<Slot, HubError> {
        let path = folder.join("lock");
        let fail = |source| HubError::io(&path, source);
        loop {
            std::fs::create_dir_all(&folder).map_err(|source| HubError::io(&folder, source))?;
            let lock = File::create(&path).map_err(fail)?;
            while let Err(error) = lock.try_lock() {
                if let TryLockError::Error(source) = error {
                    return Err(fail(source));
                }
                let part = std::fs::metadata(folder.join("download.part"));
                waiting(part.map_or(0, |part| part.len()));
                std::thread::sleep(LOOK);
            }
            // Else who had it removed the folder, and it is nobody's lock any more.
            if is_at(&lock, &path) {
                return Ok(Slot {
                    folder,
                    _lock: lock,
                });
            }
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Refuses when the disk cannot take `needed` more bytes.
    pub(crate) fn check_space(&self, needed: u64) -> Result<(), HubError> {
        let space = fs4::available_space(&self.folder);
        let available = space.map_err(|source| HubError::io(&self.folder, source))?;
        if available < needed.saturating_add(MARGIN) {
            return Err(HubError::Space {
                path: self.folder.clone(),
                available,
                needed: needed.saturating_add(MARGIN),
            });
        }
        Ok(())
    }

    /// Removes what a killed process left behind, unless it can be gone on with.
    pub(crate) fn tidy(&self) -> Result<(), HubError> {
        let entries = std::fs::read_dir(&self.folder);
        let entries = entries.map_err(|source| HubError::io(&self.folder, source))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".maque-") {
                durable::remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Whether a path still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: std::fs::Metadata| (found.dev(), found.ino());
    let found = std::fs::metadata(path).map(place);
    file.metadata()
        .map(place)
        .is_ok_and(|own| found.is_ok_and(|found| own == found))
}

/// A file that is locked is not removed here.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_waits_for_the_first() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("a/b");
        let first = Slot::lock(folder.clone(), &|_| {}).expect("free");
        std::fs::write(first.path("download.part"), "12345").expect("written");
        let (heard, hears) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            Slot::lock(folder, &|done| heard.send(done).expect("heard")).map(drop)
        });
        assert_eq!(hears.recv(), Ok(5));
        drop(first);
        second.join().expect("no panic").expect("free by now");
    }

    #[test]
    fn a_folder_that_the_first_one_removed_is_made_again() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("a/b");
        let first = Slot::lock(folder.clone(), &|_| {}).expect("free");
        let (heard, hears) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            Slot::lock(folder, &|done| heard.send(done).expect("heard"))
        });
        assert_eq!(hears.recv(), Ok(0));
        std::fs::remove_dir_all(first.folder()).expect("removed");
        drop(first);
        let second = second.join().expect("no panic").expect("free by now");
        std::fs::write(second.path("download.part"), "12345").expect("there is a folder");
        let third = File::open(second.path("lock")).expect("a lock");
        assert!(third.try_lock().is_err(), "it is the second one's");
    }

    #[test]
    fn a_disk_too_small_is_said_with_both_numbers() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let slot = Slot::lock(home.path().join("a"), &|_| {}).expect("free");
        assert!(slot.check_space(0).is_ok());
        let error = slot.check_space(u64::MAX / 2).expect_err("too much");
        assert!(matches!(error, HubError::Space { .. }), "{error}");
    }
}
