//! Who answers: the running server if there is one for this model, else a model loaded here.

use crate::answer::Question;
use crate::client::Client;
use crate::exit::{Exit, Problem};
use crate::models::identity;
use crate::registry::Registration;
use crate::reply::Reply;
use crate::say::Say;
use crate::settings::{Origin, Settings};
use crate::talk::Talk;
use crate::{commands::serve::tell, start};
use maque_server::Service;
use std::sync::Arc;
use std::time::Duration;

/// How often a server that is still loading is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// Someone who answers.
pub(crate) enum Respondent {
    /// The running server.
    Server(Client),
    /// A model loaded here.
    Here(Service),
}

impl Respondent {
    /// The running server if it serves the wanted model (waiting while it loads), else a model loaded here.
    pub(crate) async fn find(settings: &Settings, talk: &Arc<Talk>) -> anyhow::Result<Respondent> {
        if let Some(client) = running(settings, talk).await {
            return Ok(Respondent::Server(client));
        }
        let (settings, talk) = (settings.clone(), Arc::clone(talk));
        let load = move || {
            start::start(&settings, &|stage| {
                tell(&talk, &stage, &settings.model.value)
            })
        };
        Ok(Respondent::Here(tokio::task::spawn_blocking(load).await??))
    }

    /// Asks.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Reply, Problem> {
        match self {
            Respondent::Server(client) => {
                let response = client.post("/v1/chat/completions", &question.body()).await;
                let lost = |error: anyhow::Error| {
                    Problem::new(Exit::Unavailable, Say::ServerLost).because(error)
                };
                Reply::new(response.map_err(lost)?).await
            }
            Respondent::Here(service) => Reply::new(service.chat(question.body()).await).await,
        }
    }
}

/// A living server that serves the wanted model; one that is still loading it is waited for.
pub(crate) async fn running(settings: &Settings, talk: &Talk) -> Option<Client> {
    let note = Registration::find(&settings.home.value)?;
    if settings.model.origin != Origin::Default && identity(&settings.model.value) != note.model {
        return None;
    }
    let client = Client::new(
        note.address,
        settings.api_keys.value.first().cloned().or(note.key),
    );
    loop {
        match client.get("/health").await {
            Ok((200, _)) => return Some(client),
            Ok((503, _)) => talk.stage(Say::Loading {
                model: note.model.clone(),
            }),
            _ => return None,
        }
        tokio::time::sleep(PAUSE).await;
    }
}
