//! A model's file, parts of which are read for as long as the model is used. They are read, not mapped: what a mapped page loses
//! when its file is cut short is the whole process.

use crate::LoadError;
use std::fmt::Display;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open file that is not to change any more.
pub(crate) struct WeightFile {
    file: File,
    path: PathBuf,
    metadata: Metadata, // when it was opened
}

/// Some bytes of it.
pub(crate) struct Part {
    file: Arc<WeightFile>,
    start: u64,
    len: u64,
}

impl WeightFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// When it cannot be opened, or is something else.
    pub(crate) fn open(path: &Path) -> Result<WeightFile, LoadError> {
        let failed = |source| LoadError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        match metadata.is_file() {
            true => Ok(WeightFile {
                file,
                path: path.to_owned(),
                metadata,
            }),
            false => Err(failed(io::Error::other("it is no regular file"))),
        }
    }

    /// The file itself.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// What is said when it cannot be read any more.
    fn lost(&self, why: &dyn Display) -> io::Error {
        io::Error::other(format!("{}: {why}", self.path.display()))
    }
}

impl Part {
    /// `len` bytes from `start` on.
    pub(crate) fn new(file: Arc<WeightFile>, start: usize, len: usize) -> Part {
        Part {
            file,
            start: start as u64,
            len: len as u64,
        }
    }

    /// Reads what is at `offset` of this part.
    ///
    /// # Errors
    /// When the system cannot read it.
    ///
    /// # Panics
    /// If the part ends before `bytes` are full.
    pub(crate) fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.saturating_add(bytes.len() as u64);
        assert!(end <= self.len, "{end} of {} bytes", self.len);
        let start = self.start.saturating_add(offset);
        read_at(&self.file.file, bytes, start).map_err(|error| self.file.lost(&error))
    }

    /// Whether the file is still what it was when it was opened.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn check(&self) -> io::Result<()> {
        let WeightFile { file, metadata, .. } = &*self.file;
        let now = file.metadata().map_err(|error| self.file.lost(&error))?;
        match now.len() == metadata.len() && now.modified().ok() == metadata.modified().ok() {
            true => Ok(()),
            false => Err(self.file.lost(&"it was changed while it was in use")),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (bytes, offset) = (&mut bytes[n..], offset + n as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Part, WeightFile};
    use std::sync::Arc;

    #[test]
    fn a_part_is_read_until_the_file_changes() {
        let path = std::env::temp_dir().join(format!("maque-part-{}", std::process::id()));
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let part = Part::new(Arc::new(WeightFile::open(&path).unwrap()), 70_000, 30_000);
        let mut read = [0; 100];
        part.read(&mut read, 29_900).unwrap();
        assert_eq!(read, bytes[99_900..]);
        part.check().unwrap();
        std::fs::write(&path, &bytes[..80_000]).unwrap();
        let errors = [part.read(&mut read, 29_900), part.check()].map(|read| read.unwrap_err());
        let [error, changed] = errors.map(|error| error.to_string());
        assert!(error.contains("maque-part"), "{error}");
        assert!(changed.contains("changed while"), "{changed}");
        std::fs::remove_file(&path).unwrap();
        assert!(WeightFile::open(&path).is_err());
        assert!(WeightFile::open(&std::env::temp_dir()).is_err());
    }
}
