//! Read-only memory maps of weight files, whose pages are given back once their tensor is packed.
#![allow(unsafe_code)] // mapping a file, and advising the system about its pages

use crate::LoadError;
use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// A file in memory.
pub(crate) struct Mapping(Mmap);

impl Mapping {
    /// Maps a whole file.
    ///
    /// # Errors
    /// When it cannot be opened or mapped, or is no regular file.
    pub(crate) fn open(path: &Path) -> Result<Mapping, LoadError> {
        let failed = |source| LoadError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            let source = std::io::Error::other("it is no regular file");
            return Err(LoadError::Io {
                path: path.to_owned(),
                source,
            });
        }
        // SAFETY: the map is private to this process and only read. Model files lie in a folder that
        // only this program writes, and are replaced by rename, never changed in place.
        let map = unsafe { MmapOptions::new().map(&file) }.map_err(failed)?;
        Ok(Mapping(map))
    }

    /// Gives the whole pages within `bytes` (a part of this map) back to the system; they would be
    /// read from the file again if they were touched again.
    #[cfg(unix)]
    pub(crate) fn release(&self, bytes: &[u8]) {
        let offset = (bytes.as_ptr() as usize).checked_sub(self.0.as_ptr() as usize);
        let Some(offset) = offset.filter(|o| o.saturating_add(bytes.len()) <= self.0.len()) else {
            return;
        };
        // SAFETY: the map is file-backed and read-only, so dropped pages come back with the same bytes.
        // Failure is harmless: the pages stay until memory is short.
        let _ = unsafe {
            self.0
                .unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, offset, bytes.len())
        };
    }

    /// Other systems take pages back by themselves when memory is short.
    #[cfg(not(unix))]
    pub(crate) fn release(&self, _bytes: &[u8]) {}
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Mapping;

    #[test]
    fn released_pages_read_the_same() {
        let path = std::env::temp_dir().join(format!("maque-mmap-{}", std::process::id()));
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let map = Mapping::open(&path).unwrap();
        map.release(&map[5000..60_000]);
        map.release(&bytes[..10]); // not a part of the map: nothing happens
        assert_eq!(&map[..], &bytes[..]);
        std::fs::remove_file(&path).unwrap();
        assert!(Mapping::open(&path).is_err());
        assert!(Mapping::open(&std::env::temp_dir()).is_err());
    }
}
