//! Where an answer goes: standard output, or a file that appears only when it is whole.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use std::io::{self, ErrorKind, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The answer's way out.
pub(crate) enum Output {
    /// Standard output, flushed piece by piece.
    Stdout,
    /// Standard output, all at once at the end: until then it can be taken back.
    Held { text: String },
    /// A temporary neighbour of the file, which gets the file's name at the end.
    File {
        temporary: NamedTempFile,
        path: PathBuf,
    },
}

impl Output {
    /// Opens the way out; a file's folder must be writable now, not only at the end.
    pub(crate) fn open(path: Option<&Path>) -> Result<Output, Problem> {
        let Some(path) = path else {
            return Ok(Output::Stdout);
        };
        if path.is_dir() {
            return Err(cannot_write(path, ErrorKind::IsADirectory.into()));
        }
        let temporary = temporary(path).map_err(|error| cannot_write(path, error))?;
        Ok(Output::File {
            temporary,
            path: path.to_owned(),
        })
    }

    /// Writes a piece.
    pub(crate) fn write(&mut self, text: &str) -> std::io::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()
            }
            Output::Held { text: held } => {
                held.push_str(text);
                Ok(())
            }
            Output::File { temporary, .. } => temporary.write_all(text.as_bytes()),
        }
    }

    /// Keeps what a program would read until the end; a person goes on reading as it is written.
    pub(crate) fn hold(&mut self) {
        if matches!(self, Output::Stdout) && !std::io::stdout().is_terminal() {
            let text = String::new();
            *self = Output::Held { text };
        }
    }

    /// Takes back what was written, where nobody has read it; where somebody has, a blank line tells what follows from it.
    pub(crate) fn take_back(&mut self) -> std::io::Result<()> {
        match self {
            Output::Stdout => self.write("\n"),
            Output::Held { text } => {
                text.clear();
                Ok(())
            }
            Output::File { temporary, .. } => {
                temporary.as_file().set_len(0)?;
                temporary.rewind()
            }
        }
    }

    /// Gives a file its name, and standard output what was held. Without this call they get nothing.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let (temporary, path) = match self {
            Output::Stdout => return Ok(()),
            Output::Held { text } => return Ok(Output::Stdout.write(&text)?),
            Output::File { temporary, path } => (temporary, path),
        };
        temporary
            .as_file()
            .sync_all()
            .map_err(|error| cannot_write(&path, error))?;
        temporary
            .persist(&path)
            .map_err(|error| cannot_write(&path, error.error))?;
        Ok(())
    }
}

/// A hidden neighbour with the permissions that the file has, or that any new file gets.
fn temporary(path: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".maque-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let temporary = builder.tempfile_in(folder_of(path))?;
    if let Ok(metadata) = std::fs::metadata(path) {
        temporary
            .as_file()
            .set_permissions(metadata.permissions())?;
    }
    Ok(temporary)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Why the file that somebody named cannot be written, and what helps.
pub(crate) fn cannot_write(path: &Path, error: io::Error) -> Problem {
    let is_missing = !folder_of(path).exists();
    let folder = folder_of(path).display().to_string();
    let path = path.display().to_string();
    let say = match error.kind() {
        ErrorKind::NotFound if is_missing => Say::NoFolder { path, folder },
        ErrorKind::PermissionDenied => Say::ClosedFolder { path, folder },
        // its text has the temporary file's name
        kind => {
            return Problem::new(Exit::Failed, Say::CannotWrite { path })
                .because(io::Error::from(kind));
        }
    };
    Problem::new(Exit::Failed, say)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("answer.ts");
        let mut dropped = Output::open(Some(&path)).expect("a writable folder");
        dropped.write("half").expect("written");
        drop(dropped);
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );

        let mut output = Output::open(Some(&path)).expect("a writable folder");
        output.write("whole").expect("written");
        assert!(!path.exists());
        output.finish().expect("renamed");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "whole");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1
        );
    }

    #[test]
    fn a_missing_folder_is_named_before_anything_is_asked() {
        let problem = Output::open(Some(Path::new("/nonexistent/answer")))
            .err()
            .expect("no folder");
        let said = problem.to_string();
        assert!(
            said.contains("/nonexistent/answer") && said.contains("create it"),
            "{said}"
        );
        assert!(!said.contains(".maque-"), "{said}");
        let folder = Output::open(Some(Path::new("/"))).err();
        assert!(folder.is_some_and(|problem| problem.to_string().contains("folder")));
    }
}
