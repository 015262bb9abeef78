//! Who may come into a server, and where their conversations are.

use crate::cause::told;
use crate::exit::{Exit, Problem};
use crate::invitation;
use crate::say::Say;
use crate::settings::Settings;
use crate::talk::Talk;
use maque_server::{Door, Reception, Role, Store, StoreError};
use std::io::IsTerminal;
use std::net::IpAddr;
use std::sync::Arc;

/// The server's store and its reception.
pub(crate) struct House {
    pub(crate) reception: Arc<Reception>,
    store: Option<Store>,
    door: Door,
}

impl House {
    /// Opens the store. The door is open on loopback only: whoever comes from elsewhere needs a key or an invitation.
    /// A server that keeps nobody's sessions goes on without a store where it has to, and says so.
    pub(crate) fn open(
        settings: &Settings,
        hosts: &[IpAddr],
        talk: &Talk,
    ) -> Result<House, Problem> {
        let keys = &settings.api_keys.value;
        let is_near = hosts.iter().all(IpAddr::is_loopback);
        let door = match is_near && keys.is_empty() && !settings.share.value {
            true => Door::Open,
            false => Door::Closed,
        };
        let store = Store::open(&settings.home.value.join("store"));
        if let Err(error) = &store {
            if door == Door::Closed && keys.is_empty() {
                return Err(cannot_share(error));
            }
            let why = told(error);
            talk.line(&Say::NoStore { why });
        }
        let kept = store.clone().ok();
        let reception = Reception::new(store, door, keys).map_err(|error| cannot_share(&error))?;
        Ok(House {
            reception: Arc::new(reception),
            store: kept,
            door,
        })
    }

    /// A key for programs of this user, if one is needed.
    pub(crate) fn own_key(&self) -> Result<Option<String>, Problem> {
        match self.door {
            Door::Open => Ok(None),
            Door::Closed => self
                .reception
                .own_key()
                .map(Some)
                .map_err(|error| cannot_share(&error)),
        }
    }

    /// Says where the server is shared, and to a person at a terminal how the first guest comes in.
    pub(crate) fn welcome(&self, urls: &[String], talk: &Talk) -> Result<(), Problem> {
        if self.door == Door::Open || urls.is_empty() {
            return Ok(());
        }
        talk.line(&Say::Shared {
            url: urls.join(", "),
        });
        if std::io::stderr().is_terminal() {
            let invitation = self
                .reception
                .invite(Role::User, 1)
                .map_err(|error| cannot_share(&error))?;
            talk.line(&invitation::show(
                &urls[0],
                &invitation.code,
                &invitation.pin,
                1,
            ));
        }
        Ok(())
    }

    /// The page as the owner's browser opens it: with a code that is good once, if one is needed.
    pub(crate) fn page(&self, url: &str) -> Result<String, Problem> {
        match self.door {
            Door::Open => Ok(url.to_owned()),
            Door::Closed => {
                let invitation = self.reception.invite(Role::Admin, 1);
                let invitation = invitation.map_err(|error| cannot_share(&error))?;
                Ok(invitation::link(url, &invitation.code))
            }
        }
    }

    /// The store, if there is one.
    pub(crate) fn store(&self) -> Option<Store> {
        self.store.clone()
    }

    /// Closes the store cleanly.
    pub(crate) fn close(&self) {
        if let Some(store) = &self.store {
            store.close();
        }
    }
}

fn cannot_share(error: &StoreError) -> Problem {
    Problem::new(Exit::Failed, Say::CannotShare { why: told(error) })
}
