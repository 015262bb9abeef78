//! Who asks.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, also what concerns others.
    Admin,
    /// Chat, and what is their own.
    User,
}

/// A person who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) person: i64,
    pub(crate) role: Role,
}

impl Identity {
    /// The owner of this server.
    pub(crate) const OWNER: Identity = Identity {
        person: 1,
        role: Role::Admin,
    };

    /// The engine's number for fairness and cached prefixes: one a person.
    pub(crate) fn client(self) -> u64 {
        self.person.unsigned_abs()
    }
}

/// A client of the engine, told from everyone who ever had its number: also where a store is an older copy of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The engine's number.
    pub number: u64,
    /// Since when there is that person: Unix milliseconds.
    pub since: i64,
}

tokio::task_local! {
    /// The client in the task of a request.
    static CLIENT: u64;
}

/// Runs a request's handler on behalf of this person: what it submits to the engine is theirs.
pub(crate) async fn on_behalf_of<T>(identity: Identity, handler: impl Future<Output = T>) -> T {
    CLIENT.scope(identity.client(), handler).await
}

/// The client on whose behalf this task runs; 0 outside of requests (the command line).
pub(crate) fn client() -> u64 {
    CLIENT.try_with(|client| *client).unwrap_or(0)
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = ApiError;

    /// A handler can only learn who asks on a route that found it out.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Identity, ApiError> {
        let identity = parts.extensions.get::<Identity>().copied();
        identity.ok_or_else(ApiError::unauthorized)
    }
}
