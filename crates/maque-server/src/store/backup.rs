//! Whole copies of the database beside it, a day apart; SQLite writes them, files are never copied.

use super::{StoreError, private};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Daily copies that are kept.
const KEPT: usize = 7;
const DAY: Duration = Duration::from_secs(24 * 3600);
const PREFIX: &str = "daily-";

/// Writes a copy named `name`, replacing an older one of that name.
pub(super) fn take(connection: &Connection, folder: &Path, name: &str) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Failed(format!("no backup: {error}"));
    let backups = folder.join("backups");
    private::folder(&backups).map_err(failed)?;
    let (part, path) = (
        backups.join(format!("{name}.part")),
        backups.join(format!("{name}.sqlite3")),
    );
    let file = private::file(&part).map_err(failed)?;
    file.set_len(0).map_err(failed)?; // VACUUM INTO takes an empty file, and so its mode
    let text = part.to_str().ok_or_else(|| {
        StoreError::Failed("no backup: the folder's name is not UTF-8".to_owned())
    })?;
    connection.execute("VACUUM INTO ?1", [text])?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&part, &path).map_err(failed)
}

/// Takes the day's copy if none is younger than a day, and removes the oldest beyond those that are kept.
pub(super) fn daily(connection: &Connection, folder: &Path) -> Result<(), StoreError> {
    let mut copies = copies(folder);
    let is_young = |(time, _): &(SystemTime, PathBuf)| match time.elapsed() {
        Ok(age) => age < DAY,
        Err(_) => false, // from a clock that was ahead
    };
    if copies.iter().any(is_young) {
        return Ok(());
    }
    take(
        connection,
        folder,
        &format!("{PREFIX}{}", super::now() / 1000),
    )?;
    copies.sort();
    for (_, path) in copies.iter().rev().skip(KEPT - 1) {
        let _ = std::fs::remove_file(path); // tried again tomorrow
    }
    Ok(())
}

/// Daily copies with their times.
fn copies(folder: &Path) -> Vec<(SystemTime, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder.join("backups")) else {
        return Vec::new();
    };
    let ours = entries.flatten().filter(|entry| {
        let name = entry.file_name().into_string().unwrap_or_default();
        name.starts_with(PREFIX) && name.ends_with(".sqlite3")
    });
    ours.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect()
}
