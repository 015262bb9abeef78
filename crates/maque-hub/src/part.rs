//! A file that is still coming: what is durable of it is written down beside it, so that a killed pull goes on where it was.

use crate::digest::Digest;
use crate::error::SourceError;
use crate::slot::Slot;
use crate::{HubError, durable};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes between two durable points: at most so many are fetched again.
const STRIDE: u64 = 32 << 20;

/// What a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Its size.
    pub(crate) n_bytes: u64,
    /// Its digest.
    pub(crate) sha256: Digest,
}

/// Where bytes came from, in order that a resumed request asks for the same version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The address.
    pub(crate) url: String,
    /// The version that the server named.
    pub(crate) etag: Option<String>,
}

/// The note beside the bytes. It never claims bytes that a power cut can take.
#[derive(Serialize, Deserialize)]
struct Sidecar {
    #[serde(flatten)]
    wanted: Wanted,
    durable: u64,
    origin: Origin,
}

/// A file that is still coming.
pub(crate) struct Part {
    path: PathBuf,
    sidecar: PathBuf,
    file: File,
    wanted: Wanted,
    origin: Origin,
    durable: u64,
    written: u64,
}

impl Part {
    /// Goes on with what is durable of an earlier attempt for the same file, else begins.
    pub(crate) fn open(slot: &Slot, wanted: Wanted) -> Result<Part, HubError> {
        let path = slot.path("download.part");
        let sidecar = slot.path("download.json");
        let (durable, origin) = resumable(&path, &sidecar, &wanted);
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(|source| HubError::io(&path, source))?;
        let mut part = Part {
            path,
            sidecar,
            file,
            wanted,
            origin,
            durable,
            written: 0,
        };
        part.cut(durable)?;
        Ok(part)
    }

    /// What the file must be.
    pub(crate) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Bytes that are here.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes to come.
    pub(crate) fn missing(&self) -> u64 {
        self.wanted.n_bytes - self.written
    }

    /// Where the bytes so far came from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Says where the next bytes come from.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Forgets all bytes.
    pub(crate) fn restart(&mut self) -> Result<(), HubError> {
        self.durable = 0;
        durable::remove(&self.sidecar)?;
        self.cut(0)
    }

    /// Takes the next bytes; more than are wanted are refused.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        if self.missing() < bytes.len() as u64 {
            return Err(SourceError::Other("more bytes"));
        }
        let written = self.file.write_all(bytes);
        written.map_err(|source| HubError::io(&self.path, source))?;
        self.written += bytes.len() as u64;
        if self.durable + STRIDE <= self.written {
            self.keep()?;
        }
        Ok(())
    }

    /// Makes the bytes so far durable: first them, then the note about them.
    pub(crate) fn keep(&mut self) -> Result<(), HubError> {
        let synced = self.file.sync_data();
        synced.map_err(|source| HubError::io(&self.path, source))?;
        self.durable = self.written;
        let note = Sidecar {
            wanted: self.wanted,
            durable: self.durable,
            origin: self.origin.clone(),
        };
        durable::write_json(&self.sidecar, &note)
    }

    /// Checks the whole file and gives it its final name; a wrong one is forgotten. `read` hears how far the check is.
    pub(crate) fn publish(
        &mut self,
        name: &Path,
        read: &mut dyn FnMut(u64),
    ) -> Result<(), SourceError> {
        if self.missing() != 0 {
            return Err(SourceError::Other("fewer bytes"));
        }
        self.keep()?;
        if Digest::of_file(&self.path, read)? != self.wanted.sha256 {
            self.restart()?;
            return Err(SourceError::Other("bytes"));
        }
        let synced = self.file.sync_all();
        synced.map_err(|source| HubError::io(&self.path, source))?;
        durable::rename(&self.path, name)?;
        Ok(durable::remove(&self.sidecar)?)
    }

    /// Forgets the bytes after the first `length`, of which there must be as many.
    pub(crate) fn cut(&mut self, length: u64) -> Result<(), HubError> {
        let cut = self.file.set_len(length);
        let cut = cut.and_then(|()| self.file.seek(SeekFrom::Start(length)));
        cut.map_err(|source| HubError::io(&self.path, source))?;
        self.written = length;
        Ok(())
    }
}

/// Bytes of an earlier attempt that can be trusted to be those that were written.
fn resumable(path: &Path, sidecar: &Path, wanted: &Wanted) -> (u64, Origin) {
    let note = std::fs::read(sidecar).ok();
    let note = note.and_then(|bytes| serde_json::from_slice::<Sidecar>(&bytes).ok());
    let length = std::fs::metadata(path).map_or(0, |file| file.len());
    match note {
        Some(note)
            if note.wanted == *wanted
                && note.durable <= length
                && note.durable <= wanted.n_bytes =>
        {
            (note.durable, note.origin)
        }
        _ => (0, Origin::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "the sparrow has every organ";

    fn wanted() -> Wanted {
        Wanted {
            n_bytes: TEXT.len() as u64,
            sha256: Digest::of_text(TEXT),
        }
    }

    fn slot() -> (tempfile::TempDir, Slot) {
        let home = tempfile::tempdir().expect("a temporary folder");
        let slot = Slot::lock(home.path().to_owned(), &|_| {}).expect("free");
        (home, slot)
    }

    #[test]
    fn what_is_durable_is_gone_on_with_and_the_rest_is_cut() {
        let (_home, slot) = slot();
        let mut part = Part::open(&slot, wanted()).expect("open");
        part.append(&TEXT.as_bytes()[..5]).expect("room");
        part.keep().expect("durable");
        part.append(b"garbage").expect("room");
        drop(part);
        let mut part = Part::open(&slot, wanted()).expect("open");
        assert_eq!(part.written(), 5);
        part.append(&TEXT.as_bytes()[5..]).expect("room");
        part.publish(&slot.path("final"), &mut |_| {})
            .expect("right");
        assert_eq!(
            std::fs::read_to_string(slot.path("final")).expect("there"),
            TEXT
        );
        assert!(!slot.path("download.json").exists());
    }

    #[test]
    fn wrong_bytes_never_get_the_final_name() {
        let (_home, slot) = slot();
        let mut part = Part::open(&slot, wanted()).expect("open");
        assert!(part.publish(&slot.path("final"), &mut |_| {}).is_err());
        part.append(TEXT.to_uppercase().as_bytes()).expect("room");
        assert!(part.append(b"x").is_err());
        assert!(part.publish(&slot.path("final"), &mut |_| {}).is_err());
        assert!(!slot.path("final").exists());
        assert_eq!(part.written(), 0);
    }

    #[test]
    fn a_note_about_other_bytes_counts_nothing() {
        let (_home, slot) = slot();
        let mut part = Part::open(&slot, wanted()).expect("open");
        part.append(&TEXT.as_bytes()[..9]).expect("room");
        part.keep().expect("durable");
        let other = Wanted {
            sha256: Digest::of_text("other"),
            ..wanted()
        };
        assert_eq!(Part::open(&slot, other).expect("open").written(), 0);
        part.append(&TEXT.as_bytes()[9..12]).expect("room");
        part.keep().expect("durable");
        std::fs::write(slot.path("download.part"), "short").expect("written");
        assert_eq!(Part::open(&slot, wanted()).expect("open").written(), 0);
    }
}
