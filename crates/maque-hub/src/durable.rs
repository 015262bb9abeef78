//! Files and names that outlive a power cut.

use crate::HubError;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Replaces a small JSON file in one step: it is the old one or the new one, whatever happens.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), HubError> {
    let fail = |source| HubError::io(path, source);
    let folder = path.parent().unwrap_or(Path::new("."));
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| fail(error.into()))?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".maque-")
        .tempfile_in(folder)
        .map_err(fail)?;
    temporary.write_all(&bytes).map_err(fail)?;
    temporary.as_file().sync_all().map_err(fail)?;
    temporary.persist(path).map_err(|error| fail(error.error))?;
    sync_folder(folder)
}

/// Gives a synced file or folder its final name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), HubError> {
    std::fs::rename(from, to).map_err(|source| HubError::io(to, source))?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

/// Makes the names in a folder durable, where the platform can.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), HubError> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| HubError::io(folder, source))?;
    }
    Ok(())
}

/// Removes a file or a folder with all that is in it; what is not there is removed already.
pub(crate) fn remove(path: &Path) -> Result<(), HubError> {
    let removed = match path.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(HubError::io(path, error))
        }
        _ => Ok(()),
    }
}
