//! Read-only memory maps of weight files, whose pages are given back once their tensor is packed.
#![allow(unsafe_code)] // mapping a file, and advising the system about its pages

use crate::LoadError;
use crate::weight_file::{Part, WeightFile};
use crate::weights::WeightFiles;
use memmap2::{Mmap, MmapOptions};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A file in memory.
pub(crate) struct Mapping {
    map: Mmap,
    file: Arc<WeightFile>,
}

impl Mapping {
    /// Maps a whole file.
    ///
    /// # Errors
    /// When it cannot be opened or mapped, or is no regular file.
    pub(crate) fn open(path: &Path) -> Result<Mapping, LoadError> {
        let file = Arc::new(WeightFile::open(path)?);
        // SAFETY: the map is private to this process and only read. Model files lie in a folder that
        // only this program writes, and are replaced by rename, never changed in place.
        let map = unsafe { MmapOptions::new().map(file.file()) };
        let map = map.map_err(|source| LoadError::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Mapping { map, file })
    }

    /// Where `bytes` begin, if they are a part of this map.
    fn offset(&self, bytes: &[u8]) -> Option<usize> {
        let offset = (bytes.as_ptr() as usize).checked_sub(self.map.as_ptr() as usize)?;
        (offset.saturating_add(bytes.len()) <= self.map.len()).then_some(offset)
    }
}

impl WeightFiles for Mapping {
    /// Gives the whole pages within `bytes` (a part of this map) back to the system; they would be
    /// read from the file again if they were touched again.
    #[cfg(unix)]
    fn release(&self, bytes: &[u8]) {
        let Some(offset) = self.offset(bytes) else {
            return;
        };
        // SAFETY: the map is file-backed and read-only, so dropped pages come back with the same bytes.
        // Failure is harmless: the pages stay until memory is short.
        let _ = unsafe {
            self.map
                .unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, offset, bytes.len())
        };
    }

    /// Other systems take pages back by themselves when memory is short.
    #[cfg(not(unix))]
    fn release(&self, _bytes: &[u8]) {}

    /// The part of the file that `bytes` (a part of this map) are; it can be read when the map is gone.
    fn part(&self, bytes: &[u8]) -> Option<Part> {
        let start = self.offset(bytes)?;
        Some(Part::new(Arc::clone(&self.file), start, bytes.len()))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapping, WeightFiles};

    #[test]
    fn released_pages_read_the_same() {
        let path = std::env::temp_dir().join(format!("maque-mmap-{}", std::process::id()));
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let map = Mapping::open(&path).unwrap();
        map.release(&map[5000..60_000]);
        map.release(&bytes[..10]); // not a part of the map: nothing happens
        assert_eq!(&map[..], &bytes[..]);
        assert!(map.part(&map[5000..]).is_some() && map.part(&bytes[..10]).is_none());
        std::fs::remove_file(&path).unwrap();
        assert!(Mapping::open(&path).is_err());
    }
}
