//! `--keep-cache`: what was read of conversations outlasts the server, in a private file of `MAQUE_HOME`.

mod file;
mod identity;

pub(crate) use identity::ModelFiles;

use crate::cause::told;
use crate::say::Say;
use crate::settings::Settings;
use crate::start::Started;
use crate::talk::Talk;
use file::Discarded;
use maque_engine::Engine;
use maque_server::{Client, Store};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// No further page is written after this time: an end must not be long.
const WRITING: Duration = Duration::from_secs(8);
/// After this time the end does not wait for the disk any more.
const WAITING: Duration = Duration::from_secs(12);
/// A file that takes longer is let go: reading prompts again is faster.
const READING: Duration = Duration::from_secs(20);

/// Takes an engine's cached prefixes from one server to the next. The file is there only while no server runs; the store's lock
/// is the proof that none does.
pub(crate) struct Keeper {
    path: PathBuf,
    store: Store,
    talk: Arc<Talk>,
    ready: OnceLock<Ready>,
}

/// An engine, and what it computes with.
struct Ready {
    engine: Engine,
    identity: [u8; 32],
}

impl Keeper {
    /// A keeper, if the settings want one; what an earlier server kept goes if they do not.
    pub(crate) fn new(
        settings: &Settings,
        store: Option<Store>,
        talk: &Arc<Talk>,
    ) -> Option<Arc<Keeper>> {
        let path = settings.home.value.join("prefixes.kept");
        let wants = settings.keep_cache.value;
        match store {
            Some(_) if !wants => {
                let _ = std::fs::remove_file(path); // mostly there is none
                None
            }
            Some(store) => Some(Arc::new(Keeper {
                path,
                store,
                talk: Arc::clone(talk),
                ready: OnceLock::new(),
            })),
            None if wants => {
                let why = Say::KeptNobody.to_string();
                talk.line(&Say::NotKept { why });
                None
            }
            None => None,
        }
    }

    /// Hands a new engine what an earlier one of the same model left.
    pub(crate) fn bring(&self, started: &Started, settings: &Settings) {
        let kept = taken(&self.path);
        let config = started.service.config();
        let identity = started.files.as_ref().map_err(|error| told(error));
        let identity = identity.and_then(|files| {
            identity::of(files, config.kv, settings.dtype.value).map_err(|error| told(&error))
        });
        let identity = match identity {
            Ok(identity) => identity,
            Err(why) => return self.talk.line(&Say::NotKept { why }),
        };
        let engine = started.service.engine().clone();
        let page_bytes = config.kv.page_bytes();
        match kept {
            Ok(None) => {}
            Ok(Some(kept)) => self.adopt(
                kept,
                &engine,
                Stamp {
                    identity,
                    page_bytes,
                },
            ),
            Err(why) => self.discard(&why),
        }
        let _ = self.ready.set(Ready { engine, identity }); // once a server
    }

    /// Writes down what the engine has cached. Call it when nobody asks any more, before the store is closed.
    pub(crate) fn keep(&self) {
        let Some(ready) = self.ready.get() else {
            return;
        };
        let kept = self.store.clients().map_err(io::Error::other);
        let kept = kept.and_then(|clients| {
            let heard = keep(&ready.engine, &self.path, ready.identity, clients);
            let slow = |_| io::Error::from(ErrorKind::TimedOut);
            heard.recv_timeout(WAITING).map_err(slow)?
        });
        match kept {
            Ok(n_tokens) => self.talk.line(&Say::Kept { n_tokens }),
            Err(error) => {
                let why = told(&error);
                self.talk.line(&Say::NotKept { why });
            }
        }
    }

    fn adopt(&self, kept: File, engine: &Engine, stamp: Stamp) {
        let adopted = match self.store.clients() {
            Ok(clients) => adopt(engine, kept, stamp, clients).recv(),
            Err(_) => return, // a store that says nothing has said so elsewhere
        };
        match adopted {
            Ok(Ok(n_tokens)) => self.talk.line(&Say::KeptBack { n_tokens }),
            Ok(Err(why)) => self.discard(&why),
            Err(_) => {} // the engine has stopped
        }
    }

    fn discard(&self, why: &Discarded) {
        let why = why.say().to_string();
        self.talk.line(&Say::KeptDiscarded { why });
    }
}

/// What a file must be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Digest of all that decides about keys and values.
    identity: [u8; 32],
    /// Bytes of a page's keys and values.
    page_bytes: usize,
}

/// Opens the file and removes its name: it is read once, whatever comes of it.
fn taken(path: &Path) -> Result<Option<File>, Discarded> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Discarded::Unreadable(error)),
    };
    std::fs::remove_file(path).map_err(Discarded::Unreadable)?;
    file::check_private(&file).map(|()| Some(file))
}

/// Lets an engine adopt a file's pages; hears of the number of tokens.
fn adopt(
    engine: &Engine,
    kept: File,
    stamp: Stamp,
    clients: Vec<Client>,
) -> Receiver<Result<usize, Discarded>> {
    let (answer, heard) = mpsc::channel();
    engine.adopt(move |adoption| {
        let deadline = Instant::now() + READING;
        let _ = answer.send(file::read(kept, stamp, &clients, adoption, deadline)); // who asked may be tired of waiting
    });
    heard
}

/// Lets an engine write its pages to a file; hears of the number of tokens.
fn keep(
    engine: &Engine,
    path: &Path,
    identity: [u8; 32],
    clients: Vec<Client>,
) -> Receiver<io::Result<usize>> {
    let (answer, heard) = mpsc::channel();
    let path = path.to_owned();
    engine.keep(move |pages| {
        let deadline = Instant::now() + WRITING;
        let written = file::replace(&path, |part| {
            file::write(part, identity, &clients, pages, deadline)
        });
        let _ = answer.send(written);
    });
    heard
}

#[cfg(test)]
mod tests;
