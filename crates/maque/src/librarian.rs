//! Where the library is: with the running server, or opened here.

use crate::client::{Client, whole};
use crate::exit::{Exit, Problem};
use crate::say::Say;
use http_body_util::BodyExt;
use maque_library::{Library, LibraryError, Reader};
use maque_server::{Service, ask_library, library_status};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Opens the library of this home.
pub(crate) fn open(home: &Path) -> Result<Library, LibraryError> {
    let reader = Reader {
        program: own_program(),
        arguments: vec!["library-reader".into()],
    };
    Library::open(&home.join("library"), reader)
}

/// This program, also after its file was replaced by a newer one.
fn own_program() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    match link.exists() {
        true => link,
        false => std::env::current_exe().unwrap_or_else(|_| "maque".into()),
    }
}

/// The library, wherever it is.
pub(crate) enum Librarian {
    /// With the running server.
    Server(Client),
    /// Opened here.
    Here(Library),
}

impl Librarian {
    /// The running server's library if there is one, else the one in `home`.
    pub(crate) fn of(client: Option<Client>, home: &Path) -> Result<Librarian, Problem> {
        match client {
            Some(client) => Ok(Librarian::Server(client)),
            None => open(home).map(Librarian::Here).map_err(failed),
        }
    }

    /// How far everything is, as `GET /v1/library/status` says it.
    pub(crate) async fn status(&self) -> anyhow::Result<Value> {
        match self {
            Librarian::Server(client) => read(client.get("/v1/library/status").await?),
            Librarian::Here(library) => Ok(library_status(&library.status())),
        }
    }

    /// Takes a folder in; gives back its id.
    pub(crate) async fn add(&self, path: &Path) -> anyhow::Result<String> {
        let folder = match self {
            Librarian::Here(library) => {
                return Ok(library.add(path).map_err(failed)?.id);
            }
            Librarian::Server(client) => {
                let response = client
                    .post("/v1/library/folders", &json!({ "path": path }))
                    .await?;
                let status = response.status().as_u16();
                read((status, whole(response.into_body()).await?))?
            }
        };
        Ok(folder["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Lets a folder go.
    pub(crate) async fn remove(&self, id: &str) -> anyhow::Result<()> {
        match self {
            Librarian::Server(client) => {
                read(client.delete(&format!("/v1/library/folders/{id}")).await?).map(drop)
            }
            Librarian::Here(library) => {
                library.remove(id).map_err(failed)?;
                Ok(())
            }
        }
    }

    /// Asks; a library opened here needs a model.
    pub(crate) async fn ask(
        &self,
        question: &str,
        service: Option<Service>,
    ) -> anyhow::Result<Value> {
        let body = json!({ "question": question });
        match (self, service) {
            (Librarian::Server(client), _) => {
                let response = client.post("/v1/library/ask", &body).await?;
                let status = response.status().as_u16();
                read((status, whole(response.into_body()).await?))
            }
            (Librarian::Here(library), service) => {
                let response = ask_library(library.clone(), service, body).await;
                let status = response.status().as_u16();
                read((status, response.into_body().collect().await?.to_bytes()))
            }
        }
    }
}

/// The JSON of an answer, or what its error says.
fn read((status, bytes): (u16, hyper::body::Bytes)) -> anyhow::Result<Value> {
    let body: Value = serde_json::from_slice(&bytes)?;
    match status {
        200..=299 => Ok(body),
        _ => Err(refused(body["error"]["message"].as_str().unwrap_or_default()).into()),
    }
}

fn failed(error: LibraryError) -> Problem {
    match error {
        LibraryError::Disk(error) => Problem::new(Exit::Failed, Say::LibraryDisk).because(error),
        error => refused(&error.to_string()),
    }
}

fn refused(why: &str) -> Problem {
    let why = why.to_owned();
    Problem::new(Exit::Failed, Say::LibraryRefused { why })
}
