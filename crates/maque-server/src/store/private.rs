//! Folders and files that only this user may read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes sure of a folder of mode 0700.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    only_mine(path, 0o700)
}

/// Opens a file of mode 0600 for writing, making an empty one if there is none.
pub(super) fn file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    only_mine(path, 0o600)?;
    Ok(file)
}

#[cfg(unix)]
fn only_mine(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// On Windows the user's own data folder is private already.
#[cfg(not(unix))]
fn only_mine(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
