//! Who answers: the running server if there is one for this model, else a model loaded here.

use crate::answer::Question;
use crate::client::{Client, whole};
use crate::exit::{Exit, Problem};
use crate::models::identity;
use crate::registry::Registration;
use crate::reply::{Reply, refusal};
use crate::say::Say;
use crate::settings::{Origin, Settings};
use crate::talk::Talk;
use crate::{commands::serve::tell, start, upstream};
use http_body_util::{BodyExt, Collected};
use hyper::Response;
use hyper::body::{Body, Bytes};
use maque_batch::Endpoint;
use maque_model::Message;
use maque_server::{Service, Upstream};
use serde::Deserialize;
use serde_json::{Value, json};
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
    /// The larger model elsewhere.
    Elsewhere(Upstream),
}

/// Tokens of a prompt, and of the context that it must fit.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Measure {
    #[serde(rename = "count")]
    pub(crate) n_prompt: usize,
    #[serde(rename = "max_model_len")]
    pub(crate) context: usize,
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
        let started = tokio::task::spawn_blocking(load).await??;
        Ok(Respondent::Here(started.service))
    }

    /// The larger model of the settings.
    pub(crate) fn elsewhere(settings: &Settings) -> Result<Respondent, Problem> {
        let upstream = upstream::configured(settings)?;
        let upstream = upstream.ok_or_else(|| Problem::usage(Say::NoUpstream))?;
        Ok(Respondent::Elsewhere(upstream))
    }

    /// The running server, if that is who answers.
    pub(crate) fn server(&self) -> Option<&Client> {
        match self {
            Respondent::Server(client) => Some(client),
            Respondent::Here(_) | Respondent::Elsewhere(_) => None,
        }
    }

    /// How long the prompt of a conversation is, and how much there is room for.
    pub(crate) async fn measure(&self, messages: &[Message]) -> Result<Measure, Problem> {
        let body = json!({ "messages": messages });
        let (status, bytes) = match self {
            Respondent::Server(client) => {
                let response = client.post("/tokenize", &body).await.map_err(lost)?;
                let status = response.status();
                (status, whole(response.into_body()).await.map_err(lost)?)
            }
            Respondent::Elsewhere(_) => return Err(Problem::usage(Say::NotElsewhere)),
            Respondent::Here(service) => {
                let (head, body) = service.tokenize(body).await.into_parts();
                let bytes = body.collect().await.map_err(|error| lost(error.into()))?;
                (head.status, bytes.to_bytes())
            }
        };
        let measure = serde_json::from_slice(&bytes);
        measure.map_err(|_| refusal(status.as_u16(), &bytes))
    }

    /// Puts a request as it is to one of OpenAI's routes: the answer's status and body.
    pub(crate) async fn put(
        &self,
        endpoint: Endpoint,
        body: Value,
    ) -> Result<(u16, Value), Problem> {
        let (status, bytes) = match (self, endpoint) {
            (Respondent::Server(client), _) => {
                let response = client.post(endpoint.path(), &body).await.map_err(lost)?;
                let status = response.status().as_u16();
                (status, whole(response.into_body()).await.map_err(lost)?)
            }
            (Respondent::Elsewhere(_), _) => return Err(Problem::usage(Say::NotElsewhere)),
            (Respondent::Here(service), Endpoint::Chat) => all(service.chat(body).await).await,
            (Respondent::Here(service), Endpoint::Completions) => {
                all(service.complete(body).await).await
            }
        };
        let body = serde_json::from_slice(&bytes).map_err(|error| lost(error.into()))?;
        Ok((status, body))
    }

    /// Asks.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Reply, Problem> {
        match self {
            Respondent::Server(client) => {
                let response = client.post("/v1/chat/completions", &question.body()).await;
                Reply::new(response.map_err(lost)?).await
            }
            Respondent::Here(service) => Reply::new(service.chat(question.body()).await).await,
            Respondent::Elsewhere(upstream) => {
                Reply::new(upstream.chat(question.body()).await).await
            }
        }
    }
}

/// Status and body of an answer that was made here.
async fn all<B>(response: Response<B>) -> (u16, Bytes)
where
    B: Body<Data = Bytes>,
{
    let status = response.status().as_u16();
    let body = response.into_body().collect().await;
    (status, body.map(Collected::to_bytes).unwrap_or_default())
}

fn lost(error: anyhow::Error) -> Problem {
    Problem::new(Exit::Unavailable, Say::ServerLost).because(error)
}

/// A living server that serves the wanted model; one that is still loading it is waited for.
pub(crate) async fn running(settings: &Settings, talk: &Talk) -> Option<Client> {
    let note = Registration::find(&settings.home.value)?;
    let serves = &note.model;
    match settings.model.origin == Origin::Default || identity(&settings.model.value) == *serves {
        true => reach(note, settings, talk).await,
        false => None,
    }
}

/// A living server, whichever model it serves.
pub(crate) async fn running_any(settings: &Settings, talk: &Talk) -> Option<Client> {
    let note = Registration::find(&settings.home.value)?;
    reach(note, settings, talk).await
}

/// The server of a note, when its model is loaded.
async fn reach(note: Registration, settings: &Settings, talk: &Talk) -> Option<Client> {
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
