//! A folder's files: found without following a link, opened without leaving the folder.

use crate::Kind;
use crate::skipped::{Reason, Skipped};
use cap_std::fs::{Dir, DirEntry, Metadata, OpenOptions, ReadDir};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Folders within folders.
const MAX_DEPTH: usize = 32;
/// Files and folders in all.
const MAX_FILES: usize = 50_000;

/// A file that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Its path from the folder, with `/` between names.
    pub(crate) file: String,
    pub(crate) kind: Kind,
    pub(crate) version: Version,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    n_bytes: u64,
    /// Nanoseconds since 1970.
    modified: i128,
}

impl Version {
    /// How long the file is.
    pub(crate) fn n_bytes(self) -> u64 {
        self.n_bytes
    }
}

/// Everything in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) found: Vec<Found>,
    pub(crate) skipped: Vec<Skipped>,
    /// Itself and the folders in it, as far as they were looked through.
    pub(crate) folders: Vec<PathBuf>,
}

/// A folder that was opened.
pub(crate) struct Folder(Dir);

impl Folder {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> std::io::Result<Folder> {
        Dir::open_ambient_dir(path, cap_std::ambient_authority()).map(Folder)
    }

    /// Opens one of its files to be read. Whatever its name leads to by now, it is a file within the folder.
    pub(crate) fn file(&self, file: &str) -> Result<File, Reason> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt;
            options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()); // a pipe is nothing to wait for
        }
        let file = self.0.open_with(file, &options).map_err(io)?;
        match file.metadata().map_err(io)?.is_file() {
            true => Ok(file.into_std()),
            false => Err(Reason::NotAFile),
        }
    }

    /// Everything in it, in the order of names. Names that begin with a dot are nobody's documents.
    pub(crate) fn contents(&self) -> std::io::Result<Contents> {
        let mut contents = Contents::default();
        let mut waiting = vec![(PathBuf::new(), 0)]; // no more than one is open: there may be thousands side by side
        while let Some((path, depth)) = waiting.pop() {
            let entries = match self.entries(&path) {
                Ok(entries) => entries,
                Err(error) if path == Path::new("") => return Err(error),
                Err(error) => {
                    contents.skip(&path, io(error));
                    continue;
                }
            };
            for entry in entries.flatten().filter(|entry| !is_hidden(entry)) {
                let path = path.join(entry.file_name());
                if MAX_FILES <= contents.n_entries() + waiting.len() {
                    contents.skip(&path, Reason::TooMany { limit: MAX_FILES });
                    return Ok(contents.sorted());
                }
                match entry.metadata() {
                    Ok(metadata) if metadata.is_dir() && MAX_DEPTH <= depth => {
                        contents.skip(&path, Reason::TooDeep { limit: MAX_DEPTH })
                    }
                    Ok(metadata) if metadata.is_dir() => waiting.push((path, depth + 1)),
                    Ok(metadata) => contents.add(&path, &metadata),
                    Err(error) => contents.skip(&path, io(error)),
                }
            }
            contents.folders.push(path);
        }
        Ok(contents.sorted())
    }

    fn entries(&self, path: &Path) -> std::io::Result<ReadDir> {
        match path == Path::new("") {
            true => self.0.entries(),
            false => self.0.read_dir(path),
        }
    }
}

impl Contents {
    fn add(&mut self, path: &Path, metadata: &Metadata) {
        match found(path, metadata) {
            Ok(found) => self.found.push(found),
            Err(reason) => self.skip(path, reason),
        }
    }

    /// Everything that it has of the folder by now.
    fn n_entries(&self) -> usize {
        self.found.len() + self.skipped.len() + self.folders.len()
    }

    fn skip(&mut self, path: &Path, reason: Reason) {
        let file = joined(path).unwrap_or_else(|| path.to_string_lossy().into_owned());
        self.skipped.push(Skipped { file, reason });
    }

    fn sorted(mut self) -> Contents {
        self.found.sort_by(|a, b| a.file.cmp(&b.file));
        self.skipped.sort_by(|a, b| a.file.cmp(&b.file));
        self
    }
}

fn found(path: &Path, metadata: &Metadata) -> Result<Found, Reason> {
    if metadata.is_symlink() {
        return Err(Reason::Link);
    }
    if !metadata.is_file() {
        return Err(Reason::NotAFile);
    }
    let kind = Kind::of(path).ok_or(Reason::Type)?;
    if kind.max_bytes() < metadata.len() {
        return Err(Reason::TooLarge {
            limit_mib: kind.max_bytes() >> 20,
        });
    }
    Ok(Found {
        file: joined(path).ok_or(Reason::Name)?,
        kind,
        version: Version {
            n_bytes: metadata.len(),
            modified: modified(metadata),
        },
    })
}

/// A path with `/` between its names, on every platform.
fn joined(path: &Path) -> Option<String> {
    let names = path.components().map(|name| name.as_os_str().to_str());
    Some(names.collect::<Option<Vec<_>>>()?.join("/"))
}

fn modified(metadata: &Metadata) -> i128 {
    let time = metadata.modified().map(cap_std::time::SystemTime::into_std);
    let since = time
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as i128)
}

fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name.starts_with('.') || name.starts_with("~$") // what an office program has open
}

fn io(error: std::io::Error) -> Reason {
    let why = match error.kind() {
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotFound => "it is gone".to_owned(),
        kind => kind.to_string(),
    };
    Reason::Io { why }
}
