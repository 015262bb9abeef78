//! The list of folders in the library, kept in one small file.

use crate::library::LibraryError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name, a hyphen, and letters that tell folders of one name apart.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl Entry {
    fn new(path: PathBuf) -> Entry {
        let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let name = last_name(&path);
        let name: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(24)
            .collect();
        let name = Some(name)
            .filter(|name| !name.is_empty())
            .unwrap_or("folder".to_owned());
        let id = format!("{}-{:02x}{:02x}", name.to_lowercase(), digest[0], digest[1]);
        Entry { id, path }
    }

    /// Its last name, for people.
    pub(crate) fn name(&self) -> String {
        last_name(&self.path)
    }
}

fn last_name(path: &Path) -> String {
    path.file_name().map_or("folder".to_owned(), |name| {
        name.to_string_lossy().into_owned()
    })
}

/// The list.
pub(crate) struct Folders {
    file: PathBuf,
    entries: Vec<Entry>,
}

impl Folders {
    /// Reads the list of the library that lies in `home`.
    pub(crate) fn read(home: &Path) -> Result<Folders, LibraryError> {
        let file = home.join("folders.json");
        let entries = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|_| LibraryError::BrokenList(file.clone()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(LibraryError::Disk(error)),
        };
        Ok(Folders { file, entries })
    }

    /// All of them, in the order in which they came.
    pub(crate) fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes a folder in.
    pub(crate) fn add(&mut self, path: &Path) -> Result<Entry, LibraryError> {
        let path = path.canonicalize().map_err(|_| LibraryError::NoFolder)?;
        if !path.is_dir() {
            return Err(LibraryError::NoFolder);
        }
        let overlaps =
            |entry: &&Entry| path.starts_with(&entry.path) || entry.path.starts_with(&path);
        if let Some(entry) = self.entries.iter().find(overlaps) {
            return Err(LibraryError::Overlaps(entry.name()));
        }
        let entry = Entry::new(path);
        self.change(|entries| entries.push(entry.clone()))?;
        Ok(entry)
    }

    /// Lets one go; `None` if there is none of this id.
    pub(crate) fn remove(&mut self, id: &str) -> Result<Option<Entry>, LibraryError> {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else {
            return Ok(None);
        };
        let entry = self.entries[at].clone();
        self.change(|entries| {
            entries.remove(at);
        })?;
        Ok(Some(entry))
    }

    /// Writes the changed list, and only then takes it for true.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), LibraryError> {
        let mut entries = self.entries.clone();
        change(&mut entries);
        let home = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(home)?;
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        file.write_all(&serde_json::to_vec_pretty(&entries).unwrap_or_default())?;
        file.as_file().sync_all()?;
        file.persist(&self.file).map_err(|error| error.error)?;
        self.entries = entries;
        Ok(())
    }
}
