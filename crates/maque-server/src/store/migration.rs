//! The schema's versions, each step taken once and after a backup.

use super::{StoreError, backup, now};
use rusqlite::Connection;
use std::path::Path;

/// Marks the file as ours: "MaQu".
const APPLICATION: i64 = 0x4d61_5175;

/// SQL from each version to the next; released steps never change.
pub(super) const STEPS: [&str; 5] = [
    include_str!("schema1.sql"),
    include_str!("schema2.sql"),
    include_str!("schema3.sql"),
    include_str!("schema4.sql"),
    include_str!("schema5.sql"),
];

/// Brings the schema to the version after the last of `steps`.
pub(super) fn migrate(
    connection: &Connection,
    folder: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let version = usize::try_from(number(connection, "user_version")?).unwrap_or(usize::MAX);
    let application = number(connection, "application_id")?;
    let is_ours = application == APPLICATION || version == 0 && application == 0;
    if !is_ours {
        let message = "their file is another program's database; nothing was changed";
        return Err(StoreError::Unavailable(message.to_owned()));
    }
    if steps.len() < version {
        return Err(StoreError::Unavailable(format!(
            "a newer Maque wrote them (schema {version}, this one knows {}); use that one; nothing was changed",
            steps.len()
        )));
    }
    if 0 < version && version < steps.len() {
        backup::take(
            connection,
            folder,
            &format!("before-schema-{}", steps.len()),
        )?;
    }
    for (before, step) in steps.iter().enumerate().skip(version) {
        take_step(connection, before + 1, step)?;
    }
    Ok(())
}

/// One step and its version number, in one transaction.
fn take_step(connection: &Connection, version: usize, step: &str) -> Result<(), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(step)?;
    if version == 1 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.execute(
            "INSERT INTO persons (id, name, role, created_at) VALUES (1, '', 'admin', ?1)",
            [now()],
        )?;
    }
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(version).unwrap_or(i64::MAX),
    )?;
    Ok(transaction.commit()?)
}

fn number(connection: &Connection, pragma: &str) -> Result<i64, StoreError> {
    let read = connection.pragma_query_value(None, pragma, |row| row.get(0));
    read.map_err(|error| {
        StoreError::Unavailable(format!(
            "their file is no database of this program ({error}); nothing was changed"
        ))
    })
}
