//! A model that is in the store, as its `manifest.json` describes it.

use crate::digest::Digest;
use crate::{HubError, ModelName};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A model in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its file or folder.
    pub path: PathBuf,
    /// Bytes on disk.
    pub n_bytes: u64,
    /// SHA-256 of the file, in hexadecimal; of a folder: of the lines that `sha256sum` would print for its files by name.
    pub sha256: String,
    /// Where it came from.
    pub source: String,
}

/// The file `manifest.json` in a model's folder. It is written when the model is whole, and removed first.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) name: ModelName,
    /// File or folder beside the manifest.
    pub(crate) file: String,
    pub(crate) n_bytes: u64,
    pub(crate) sha256: Digest,
    pub(crate) source: String,
}

/// The name of the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";

impl Entry {
    /// The model in `folder`, if there is one whose file is still as long as it was.
    pub(crate) fn read(folder: &Path) -> Option<Entry> {
        let bytes = std::fs::read(folder.join(MANIFEST)).ok()?;
        let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
        let is_plain = !manifest.file.contains(['/', '\\']) && !manifest.file.starts_with('.');
        let path = folder.join(&manifest.file);
        let entry = Entry {
            name: manifest.name.to_string(),
            n_bytes: manifest.n_bytes,
            sha256: manifest.sha256.to_string(),
            source: manifest.source,
            path,
        };
        let is_there = is_plain && size(&entry.path).ok()? == entry.n_bytes;
        is_there.then_some(entry)
    }
}

/// Bytes of a file, or of the files in a folder.
pub(crate) fn size(path: &Path) -> Result<u64, HubError> {
    let fail = |source| HubError::io(path, source);
    let data = std::fs::metadata(path).map_err(fail)?;
    if !data.is_dir() {
        return Ok(data.len());
    }
    let mut total = 0;
    for entry in std::fs::read_dir(path).map_err(fail)? {
        total += entry
            .and_then(|entry| entry.metadata())
            .map_err(fail)?
            .len();
    }
    Ok(total)
}

/// The digest of a file, or of a folder by the digests of its files; `read` hears how many bytes were read.
pub(crate) fn digest(path: &Path, read: &mut dyn FnMut(u64)) -> Result<Digest, HubError> {
    if !path.is_dir() {
        return Digest::of_file(path, read);
    }
    let fail = |source| HubError::io(path, source);
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let (mut lines, mut before) = (String::new(), 0);
    for name in names {
        let file = path.join(&name);
        let one = Digest::of_file(&file, &mut |n| read(before + n))?;
        before += size(&file)?;
        lines += &format!("{one}  {}\n", name.to_string_lossy());
    }
    Ok(Digest::of_text(&lines))
}
