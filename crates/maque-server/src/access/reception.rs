//! The reception: knows everything that lets somebody in, and says who it is.

use super::Ends;
use super::credential::{Credential, Secret, digest, is_same, random, random_pin};
use super::failures::Failures;
use super::invitations::{Invitation, Invitations};
use super::minutes::Minutes;
use crate::error::ApiError;
use crate::identity::{Identity, Role};
use crate::limits::{MAX_GUESTS, MAX_REQUESTS};
use crate::store::{KeyKind, KeyRow, Store, StoreError, people};
use axum::http::HeaderMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

/// Whether those without a key are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Everybody who comes over loopback is the owner; others need a key or a session.
    Open,
    /// A key or a session is needed.
    Closed,
}

/// Who may come in.
pub struct Reception {
    door: Door,
    store: Result<Store, StoreError>,
    /// Keys of the settings, and this process's own: they come and go with the process.
    configured: RwLock<Vec<(Secret, Identity)>>,
    /// Keys and sessions of the store.
    kept: RwLock<Vec<KeyRow>>,
    invitations: Mutex<Invitations>,
    failures: Mutex<Failures>,
    /// What each guest asked within a minute.
    requests: Mutex<Minutes<i64>>,
    /// Changes of `kept`, one after the other: what the store says last stays.
    turn: tokio::sync::Mutex<()>,
}

impl Reception {
    /// Opens with the keys of the settings: the first is the owner's, each other one a person's of its own. Call it before
    /// there is an async runtime: it waits for the store.
    pub fn new(
        store: Result<Store, StoreError>,
        door: Door,
        keys: &[String],
    ) -> Result<Reception, StoreError> {
        let secrets: Vec<Secret> = keys.iter().map(|key| digest(key)).collect();
        let (configured, kept) = match &store {
            Ok(store) => store.call_blocking(move |connection| {
                let others = secrets.iter().skip(1);
                let others =
                    others.map(|secret| Ok((*secret, people::configured(connection, *secret)?)));
                let owner = secrets.first().map(|secret| Ok((*secret, Identity::OWNER)));
                let configured = owner.into_iter().chain(others);
                Ok((
                    configured.collect::<Result<Vec<_>, StoreError>>()?,
                    people::keys(connection)?,
                ))
            })?,
            Err(_) => (without_store(&secrets), Vec::new()),
        };
        let kept = kept
            .into_iter()
            .filter(|key| key.kind != KeyKind::Configured);
        Ok(Reception {
            door,
            store,
            configured: RwLock::new(configured),
            kept: RwLock::new(kept.collect()),
            invitations: Mutex::default(),
            failures: Mutex::default(),
            requests: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// A key of the owner that is valid as long as this process: for programs of the same user on this machine.
    pub fn own_key(&self) -> Result<String, StoreError> {
        let key = format!("mq-{}", random::<32>().map_err(no_random)?);
        let mut configured = self
            .configured
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        configured.push((digest(&key), Identity::OWNER));
        Ok(key)
    }

    /// Lets `n_guests` in within the next ten minutes: as users of their own, or as the owner.
    pub fn invite(&self, role: Role, n_guests: usize) -> Result<Invitation, StoreError> {
        let invitation = Invitation {
            code: random::<16>().map_err(no_random)?,
            pin: random_pin().map_err(no_random)?,
        };
        let n_guests = n_guests.clamp(1, MAX_GUESTS);
        lock(&self.invitations).add(&invitation, role, n_guests, Instant::now());
        Ok(invitation)
    }

    /// The store, if there is one.
    pub(crate) fn store(&self) -> Result<&Store, StoreError> {
        self.store.as_ref().map_err(Clone::clone)
    }

    /// Whether a key or a session is needed on a connection.
    pub(crate) fn door(&self, ends: Ends) -> Door {
        match ends.local.ip().to_canonical().is_loopback() {
            true => self.door,
            false => Door::Closed,
        }
    }

    /// Who sends a request with these headers.
    pub(crate) fn identify(&self, headers: &HeaderMap, ends: Ends) -> Result<Identity, ApiError> {
        if self.door(ends) == Door::Open {
            return Ok(Identity::OWNER);
        }
        let credential = Credential::of(headers, ends.local.port());
        let secret = match credential {
            None => return Err(ApiError::unauthorized()),
            Some(Credential::Key(secret) | Credential::Session(secret)) => secret,
        };
        match self.find(&secret) {
            Some(identity) => Ok(identity),
            None if matches!(credential, Some(Credential::Key(_))) => {
                Err(self.fail(ends.peer.ip()))
            }
            None => Err(ApiError::unauthorized()),
        }
    }

    /// Counts what a guest asks; too much of it within a minute is refused. An administrator may ask without end.
    pub(crate) fn count(&self, identity: Identity) -> Result<(), ApiError> {
        if identity.role == Role::Admin {
            return Ok(());
        }
        let (mut requests, now) = (lock(&self.requests), Instant::now());
        match requests.count(&identity.person, now) < MAX_REQUESTS {
            true => {
                requests.note(identity.person, now);
                Ok(())
            }
            false => {
                let left = requests.left(&identity.person, now);
                Err(ApiError::too_many_requests(left.as_secs() + 1))
            }
        }
    }

    /// Whose session a request shows, if any.
    pub(crate) fn known(&self, headers: &HeaderMap, ends: Ends) -> Option<Identity> {
        match Credential::of(headers, ends.local.port()) {
            Some(Credential::Session(secret)) => self.find(&secret),
            _ => None,
        }
    }

    /// Exchanges a code or a PIN for a session: its cookie's value, and who it is. A guest who comes again stays who they are `known` as.
    pub(crate) async fn join(
        &self,
        secret: &str,
        name: String,
        address: IpAddr,
        known: Option<Identity>,
    ) -> Result<(String, Identity), ApiError> {
        if lock(&self.failures).is_too_many(address, Instant::now()) {
            return Err(ApiError::too_many_failures());
        }
        let role = lock(&self.invitations).accept(secret, Instant::now());
        let role = role.ok_or_else(|| self.fail(address))?;
        let session = random::<32>().map_err(no_random)?;
        let kept = digest(&session);
        let _turn = self.turn.lock().await;
        let added = self.store()?.call(move |connection| {
            let identity = match (role, known) {
                (Role::Admin, _) => Identity::OWNER,
                (Role::User, Some(known)) => known,
                (Role::User, None) => people::add_person(connection, &name)?,
            };
            people::add_key(connection, identity.person, KeyKind::Session, &name, kept)?;
            Ok((identity, people::keys(connection)?))
        });
        let (identity, keys) = added.await?;
        self.keep(keys);
        Ok((session, identity))
    }

    /// Makes a key for one of a person's programs; it is shown this once.
    pub(crate) async fn add_key(
        &self,
        person: i64,
        name: String,
    ) -> Result<(i64, String), ApiError> {
        let key = format!("mq-{}", random::<32>().map_err(no_random)?);
        let secret = digest(&key);
        let _turn = self.turn.lock().await;
        let added = self.store()?.call(move |connection| {
            let id = people::add_key(connection, person, KeyKind::Key, &name, secret)?;
            Ok((id, people::keys(connection)?))
        });
        let (id, keys) = added.await?;
        self.keep(keys);
        Ok((id, key))
    }

    /// Ends the session or key that a request shows.
    pub(crate) async fn leave(&self, headers: &HeaderMap, ends: Ends) -> Result<(), ApiError> {
        let credential = Credential::of(headers, ends.local.port());
        let Some(Credential::Session(secret)) = credential else {
            return Ok(()); // a key is the client's to forget
        };
        let kept = self
            .kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match kept.iter().find(|key| is_same(&key.digest, &secret)) {
            Some(key) => self.remove_key(key.identity.person, key.id).await,
            None => Ok(()),
        }
    }

    /// Removes a person's key or session.
    pub(crate) async fn remove_key(&self, person: i64, id: i64) -> Result<(), ApiError> {
        let _turn = self.turn.lock().await;
        let removed = self.store()?.call(move |connection| {
            people::remove_key(connection, person, id)?;
            people::keys(connection)
        });
        self.keep(removed.await?);
        Ok(())
    }

    /// Removes a person with everything that is theirs.
    pub(crate) async fn remove_person(&self, person: i64) -> Result<(), ApiError> {
        let _turn = self.turn.lock().await;
        let removed = self.store()?.call(move |connection| {
            people::remove_person(connection, person)?;
            people::keys(connection)
        });
        self.keep(removed.await?);
        Ok(())
    }

    /// Looks at every key, so that the time says nothing about which one it is.
    fn find(&self, secret: &Secret) -> Option<Identity> {
        let configured = self
            .configured
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.iter().map(|key| (&key.digest, key.identity));
        let all = configured
            .iter()
            .map(|(secret, identity)| (secret, *identity))
            .chain(kept);
        let mut found = None;
        for (one, identity) in all {
            if is_same(one, secret) {
                found = Some(identity);
            }
        }
        found
    }

    fn keep(&self, keys: Vec<KeyRow>) {
        let keys = keys
            .into_iter()
            .filter(|key| key.kind != KeyKind::Configured);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = keys.collect();
    }

    fn fail(&self, address: IpAddr) -> ApiError {
        let mut failures = lock(&self.failures);
        let is_too_many = failures.is_too_many(address, Instant::now());
        failures.note(address, Instant::now());
        match is_too_many {
            true => ApiError::too_many_failures(),
            false => ApiError::unauthorized(),
        }
    }
}

/// Without a store the keys of the settings still open, each for a person without conversations.
fn without_store(secrets: &[Secret]) -> Vec<(Secret, Identity)> {
    let numbered = secrets.iter().zip(Identity::OWNER.person..);
    let identity = |person| Identity {
        person,
        role: match person == Identity::OWNER.person {
            true => Role::Admin,
            false => Role::User,
        },
    };
    let opens = numbered.map(|(secret, person)| (*secret, identity(person)));
    opens.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_random(error: getrandom::Error) -> StoreError {
    StoreError::Failed(format!("the system gives no random numbers: {error}"))
}
