//! Persons, and what opens the server for them.

use super::{StoreError, now};
use crate::identity::{Client, Identity, Role};
use crate::limits::{MAX_KEYS, MAX_PEOPLE};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

/// What a digest belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// A key that a person made for a program.
    Key,
    /// A browser's cookie.
    Session,
    /// A key of the settings: it opens as long as the settings have it.
    Configured,
}

impl KeyKind {
    fn name(self) -> &'static str {
        match self {
            KeyKind::Key => "key",
            KeyKind::Session => "session",
            KeyKind::Configured => "configured",
        }
    }

    fn named(name: &str) -> KeyKind {
        match name {
            "key" => KeyKind::Key,
            "session" => KeyKind::Session,
            _ => KeyKind::Configured,
        }
    }
}

/// A key as it is checked.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    pub(crate) id: i64,
    pub(crate) kind: KeyKind,
    pub(crate) digest: [u8; 32],
    pub(crate) identity: Identity,
}

/// A key as it is shown.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyShown {
    id: i64,
    kind: String,
    name: String,
    created_at: i64,
}

/// A person as an administrator sees them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PersonRow {
    id: i64,
    name: String,
    role: String,
    bytes: i64,
    created_at: i64,
}

/// Every key with whom it opens for.
pub(crate) fn keys(connection: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT keys.id, kind, digest, person, role FROM keys JOIN persons ON persons.id = person ORDER BY keys.id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(KeyRow {
            id: row.get(0)?,
            kind: KeyKind::named(&row.get::<_, String>(1)?),
            digest: row.get(2)?,
            identity: identity(row, 3, 4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn identity(row: &Row<'_>, person: usize, role: usize) -> rusqlite::Result<Identity> {
    Ok(Identity {
        person: row.get(person)?,
        role: match row.get::<_, String>(role)?.as_str() {
            "admin" => Role::Admin,
            _ => Role::User,
        },
    })
}

/// A new person of role user.
pub(crate) fn add_person(connection: &Connection, name: &str) -> Result<Identity, StoreError> {
    let n: usize = connection.query_row("SELECT count(*) FROM persons", [], |row| row.get(0))?;
    if MAX_PEOPLE <= n {
        let message = format!("there are {n} persons already; an administrator can remove some");
        return Err(StoreError::Limit(message));
    }
    connection.execute(
        "INSERT INTO persons (name, role, created_at) VALUES (?1, 'user', ?2)",
        params![name, now()],
    )?;
    Ok(Identity {
        person: connection.last_insert_rowid(),
        role: Role::User,
    })
}

/// A key of a person; the oldest of its kind goes when there are too many.
pub(crate) fn add_key(
    connection: &Connection,
    person: i64,
    kind: KeyKind,
    name: &str,
    digest: [u8; 32],
) -> Result<i64, StoreError> {
    connection.execute(
        "INSERT INTO keys (person, kind, name, digest, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![person, kind.name(), name, digest, now()],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute(
        "DELETE FROM keys WHERE person = ?1 AND kind = ?2 AND id NOT IN
            (SELECT id FROM keys WHERE person = ?1 AND kind = ?2 ORDER BY id DESC LIMIT ?3)",
        params![person, kind.name(), MAX_KEYS],
    )?;
    Ok(id)
}

/// The person of a key of the settings, who is made when the key is new.
pub(crate) fn configured(
    connection: &Connection,
    digest: [u8; 32],
) -> Result<Identity, StoreError> {
    let known = connection.query_row(
        "SELECT person, role FROM keys JOIN persons ON persons.id = person WHERE digest = ?1 AND kind = 'configured'",
        [digest],
        |row| identity(row, 0, 1),
    );
    if let Some(identity) = known.optional()? {
        return Ok(identity);
    }
    let identity = add_person(connection, "")?;
    add_key(connection, identity.person, KeyKind::Configured, "", digest)?;
    Ok(identity)
}

/// A person's keys and sessions.
pub(crate) fn keys_of(connection: &Connection, person: i64) -> Result<Vec<KeyShown>, StoreError> {
    let mut statement = connection
        .prepare("SELECT id, kind, name, created_at FROM keys WHERE person = ?1 ORDER BY id")?;
    let rows = statement.query_map([person], |row| {
        Ok(KeyShown {
            id: row.get(0)?,
            kind: row.get(1)?,
            name: row.get(2)?,
            created_at: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes a person's key.
pub(crate) fn remove_key(connection: &Connection, person: i64, id: i64) -> Result<(), StoreError> {
    let n = connection.execute(
        "DELETE FROM keys WHERE id = ?1 AND person = ?2",
        params![id, person],
    )?;
    super::known(n, "key")
}

/// Everybody.
pub(crate) fn people(connection: &Connection) -> Result<Vec<PersonRow>, StoreError> {
    let mut statement =
        connection.prepare("SELECT id, name, role, bytes, created_at FROM persons ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        Ok(PersonRow {
            id: row.get(0)?,
            name: row.get(1)?,
            role: row.get(2)?,
            bytes: row.get(3)?,
            created_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everybody, as the engine knows them.
pub(crate) fn clients(connection: &Connection) -> Result<Vec<Client>, StoreError> {
    let mut statement = connection.prepare("SELECT id, created_at FROM persons")?;
    let rows = statement.query_map([], |row| {
        let identity = Identity {
            person: row.get(0)?,
            role: Role::User,
        };
        Ok(Client {
            number: identity.client(),
            since: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes a person with everything that is theirs.
pub(crate) fn remove_person(connection: &Connection, id: i64) -> Result<(), StoreError> {
    if id == Identity::OWNER.person {
        let message = "the owner of this server stays";
        return Err(StoreError::Refused(message.to_owned()));
    }
    let n = connection.execute("DELETE FROM persons WHERE id = ?1", [id])?;
    super::known(n, "person")
}
