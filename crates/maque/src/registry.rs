//! The note by which commands find the server that is running.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What `serve` writes to `server.json` in `MAQUE_HOME`.
#[derive(Clone, Serialize, Deserialize)] // no Debug: it holds a key
pub(crate) struct Registration {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    /// The model: a name or a whole path.
    pub(crate) model: String,
    /// A key of the owner for programs of the same user, if the server wants one.
    #[serde(default)]
    pub(crate) key: Option<String>,
}

/// The note of this process; dropping it removes it.
pub(crate) struct Registered {
    path: PathBuf,
    pid: u32,
}

impl Registration {
    /// The note in `home`, if there is one that can be read. Whether the server lives is for `/health` to say.
    pub(crate) fn find(home: &Path) -> Option<Registration> {
        let text = std::fs::read_to_string(home.join("server.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the note; the latest server is the one that is found.
    pub(crate) fn write(&self, home: &Path) -> std::io::Result<Registered> {
        std::fs::create_dir_all(home)?;
        let path = home.join("server.json");
        replace(&path, &serde_json::to_vec(self)?)?;
        Ok(Registered {
            path,
            pid: self.pid,
        })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let home = self.path.parent().unwrap_or(Path::new("."));
        if Registration::find(home).is_some_and(|note| note.pid == self.pid) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Replaces a file, private to the user, in one step.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new()
        .prefix(".maque-")
        .tempfile_in(folder)?;
    std::io::Write::write_all(&mut temporary, bytes)?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pid: u32) -> Registration {
        Registration {
            address: ([127, 0, 0, 1], 7860).into(),
            pid,
            model: "m".to_owned(),
            key: None,
        }
    }

    #[test]
    fn a_note_goes_with_its_server() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let registered = note(1).write(home.path()).expect("written");
        assert_eq!(
            Registration::find(home.path()).map(|note| note.pid),
            Some(1)
        );
        drop(registered);
        assert!(Registration::find(home.path()).is_none());
    }

    #[test]
    fn a_note_of_another_server_stays() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let first = note(1).write(home.path()).expect("written");
        let _second = note(2).write(home.path()).expect("written");
        drop(first);
        assert_eq!(
            Registration::find(home.path()).map(|note| note.pid),
            Some(2)
        );
    }

    #[test]
    fn a_broken_note_is_none() {
        let home = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(home.path().join("server.json"), "{").expect("written");
        assert!(Registration::find(home.path()).is_none());
    }
}
