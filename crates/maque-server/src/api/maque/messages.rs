//! `/maque/conversations/{id}/messages`: ask, edit, ask again, stop, and watch an answer.

use super::conversations::number;
use super::drafts;
use super::rows::{ASK, EDIT, REGENERATE};
use crate::body::json;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::generations::{self, Begun, Generation};
use crate::identity::Identity;
use crate::record;
use crate::routes::Shared;
use crate::store::{
    Answer, Author, Message, Place, StoreError, Summary, conversations, messages as rows,
};
use crate::upstream::UPSTREAM;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde_json::{Value, json as object};
use std::sync::Arc;

/// A question on its way.
struct Question {
    conversation: i64,
    place: Place,
    content: Option<String>,
    /// The model that is to answer this one question.
    model: Option<String>,
    is_streamed: bool,
}

impl Question {
    fn new(
        conversation: i64,
        place: Place,
        content: Option<String>,
        mut fields: Fields,
    ) -> Result<Question, ApiError> {
        Ok(Question {
            conversation,
            place,
            content,
            model: fields.text("model")?,
            is_streamed: fields.take_flag("stream").unwrap_or(true),
        })
    }
}

/// `POST /maque/conversations/{id}/messages`: `{content, parent?, stream?}`
pub(super) async fn append(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let conversation = number(&id)?;
    let body = json(body).await?;
    let is_root = body.get("parent").is_some_and(Value::is_null);
    let mut fields = drafts::read(body, ASK)?;
    let parent = fields
        .integer("parent", 1..=i64::MAX as u64)?
        .map(u64::cast_signed);
    let place = match parent {
        None if !is_root => Place::End,
        parent => Place::After(parent),
    };
    let content = Some(drafts::content(&mut fields)?);
    let question = Question::new(conversation, place, content, fields)?;
    ask(shared, identity, question).await
}

/// `POST …/messages/{message}/edit`: `{content, stream?}` asks another question beside this one.
pub(super) async fn edit(
    State(shared): State<Shared>,
    identity: Identity,
    Path((id, message)): Path<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (conversation, place) = (number(&id)?, Place::Beside(number(&message)?));
    let mut fields = drafts::read(json(body).await?, EDIT)?;
    let content = Some(drafts::content(&mut fields)?);
    let question = Question::new(conversation, place, content, fields)?;
    ask(shared, identity, question).await
}

/// `POST …/messages/{message}/regenerate`: `{stream?}` answers once more, beside this answer.
pub(super) async fn regenerate(
    State(shared): State<Shared>,
    identity: Identity,
    Path((id, message)): Path<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (conversation, place) = (number(&id)?, Place::Again(number(&message)?));
    let fields = drafts::read(json(body).await?, REGENERATE)?;
    let question = Question::new(conversation, place, None, fields)?;
    ask(shared, identity, question).await
}

/// `POST …/messages/{message}/continue`: `{stream?}` goes on with an answer that was cut, in the same message.
pub(super) async fn go_on(
    State(shared): State<Shared>,
    identity: Identity,
    Path((id, message)): Path<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (conversation, place) = (number(&id)?, Place::On(number(&message)?));
    let fields = drafts::read(json(body).await?, REGENERATE)?;
    let question = Question::new(conversation, place, None, fields)?;
    ask(shared, identity, question).await
}

/// Asks the model; what it refuses is not stored, and what is stored is on the disk before the first event says so.
async fn ask(shared: Shared, identity: Identity, question: Question) -> Result<Response, ApiError> {
    let store = shared.store()?.clone();
    let (person, conversation, place) = (identity.person, question.conversation, question.place);
    let found = store.call(move |c| {
        let summary = conversations::find(c, person, conversation)?;
        Ok((summary, rows::branch(c, person, conversation, place)?))
    });
    let (summary, branch) = found.await?;
    let body = request(&summary, &branch, &question);
    // Who goes away before this answers has asked nothing: a larger model may be silent for long.
    let (response, author) = answer(&shared, identity, body).await?;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (is_streamed, content) = (question.is_streamed, question.content);
    let last = branch.into_iter().next_back();
    // In a task of its own: a client that goes away in the middle must not leave half of it undone.
    let begun = record::spawn(async move {
        let stored = store.call(move |c| {
            let asked = stored(c, (person, conversation), place, last, content.as_deref())?;
            rows::sign(c, person, asked.0, &author)?;
            Ok((head(c, person, asked.0)?, asked))
        });
        let (head, asked) = stored.await?;
        let generation = shared.generations.begin(store, person, asked, response);
        Ok::<_, ApiError>((generation, head))
    });
    let begun = begun
        .await
        .map_err(|_| ApiError::ended("this is a fault of the program"))?;
    match begun? {
        (generation, head) if is_streamed => Ok(generations::watch(
            generation.follow(),
            generation.answer().id,
            head,
        )),
        (generation, head) => whole(&generation, head).await,
    }
}

/// The answer to a chat request, and whose it is.
async fn answer(
    shared: &Shared,
    identity: Identity,
    mut body: Value,
) -> Result<(Response, Author), ApiError> {
    if let Some(upstream) = shared.upstream_named(&body, identity)? {
        if let Some(body) = body.as_object_mut() {
            body.remove("overflow"); // about the context of the model here
        }
        let author = Author {
            model: upstream.model().to_owned(),
            host: Some(upstream.host().to_owned()),
        };
        return Ok((upstream.chat(body).await, author));
    }
    let service = shared.service()?;
    let author = Author {
        model: short(service.name()).to_owned(),
        host: None,
    };
    Ok((service.chat(body).await, author))
}

/// A model's name without its folder and the ending of its file: where files are is nobody else's business.
fn short(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".gguf").unwrap_or(file)
}

/// Stores what was asked, after the message `last`: the answer to be written, and what there is of it.
fn stored(
    c: &Connection,
    (person, conversation): (i64, i64),
    place: Place,
    last: Option<Message>,
    content: Option<&str>,
) -> Result<(Answer, Begun), StoreError> {
    match (place, last) {
        (Place::On(id), Some(last)) => {
            if rows::find(c, person, conversation, id)?.content != last.content {
                let message = "somebody has gone on with this answer meanwhile; read it again";
                return Err(StoreError::Refused(message.to_owned()));
            }
            let begun = Begun {
                text: last.content,
                stats: last.stats,
            };
            Ok((rows::reopen(c, person, conversation, id)?, begun))
        }
        (_, last) => {
            let last = last.map(|message| message.id);
            let answer = rows::ask(c, person, conversation, last, content)?;
            Ok((answer, Begun::default()))
        }
    }
}

/// What watchers are told first.
fn head(c: &Connection, person: i64, answer: Answer) -> Result<Value, StoreError> {
    let find = |id| rows::find(c, person, answer.conversation, id);
    Ok(object!({
        "conversation": answer.conversation,
        "question": find(answer.question)?,
        "answer": without_content(&find(answer.id)?),
    }))
}

/// The answer in one piece, when it has ended.
async fn whole(generation: &Arc<Generation>, mut head: Value) -> Result<Response, ApiError> {
    let mut written = generation.follow();
    let written = written.wait_for(|written| written.end.is_some()).await;
    let written = written.map_err(|_| ApiError::ended("the server is ending"))?;
    head["answer"]["content"] = object!(written.text);
    if let Some((state, reason, stats)) = &written.end {
        head["answer"]["state"] = object!(state);
        head["answer"]["finish_reason"] = object!(reason);
        head["answer"]["stats"] = stats.clone();
    }
    Ok(Json(head).into_response())
}

/// A chat request: the conversation's settings, its system prompt, the branch, the question.
fn request(summary: &Summary, branch: &[Message], question: &Question) -> Value {
    let content = question.content.as_deref();
    let mut body = match summary.settings.clone() {
        Value::Object(settings) => settings,
        _ => serde_json::Map::new(),
    };
    let turn = |role: &str, content: &str| object!({ "role": role, "content": content });
    let mut messages = Vec::new();
    if let Some(Value::String(system)) = body.remove("system")
        && !system.trim().is_empty()
    {
        messages.push(turn("system", &system));
    }
    body.remove("persona"); // kept for the page
    messages.extend(
        branch
            .iter()
            .map(|message| turn(&message.role, &message.content)),
    );
    let is_continued =
        content.is_none() && branch.last().is_some_and(|last| last.role == "assistant");
    if is_continued && body.get("model").is_some_and(|model| model == UPSTREAM) {
        body.remove("model"); // who wrote the beginning goes on
    }
    body.insert("continue_final_message".to_owned(), is_continued.into());
    messages.extend(content.map(|content| turn("user", content)));
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert("stream".to_owned(), Value::Bool(true));
    let options = object!({ "include_usage": true, "include_stages": true });
    body.insert("stream_options".to_owned(), options);
    if let Some(model) = &question.model {
        body.insert("model".to_owned(), object!(model));
    }
    Value::Object(body)
}

/// `POST …/messages/{message}/stop`: what was written so far stays.
pub(super) async fn stop(
    State(shared): State<Shared>,
    identity: Identity,
    Path((id, message)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (conversation, id) = (number(&id)?, number(&message)?);
    let store = shared.store()?;
    let find = move |c: &rusqlite::Connection| rows::find(c, identity.person, conversation, id);
    let message = store.call(find).await?;
    let Some(generation) = shared.generations.find(identity.person, id) else {
        return Ok(Json(message).into_response());
    };
    generation.stop("stopped");
    generation.ended().await;
    Ok(Json(store.call(find).await?).into_response())
}

/// `GET …/messages/{message}/events`: what was written so far, then what follows.
pub(super) async fn events(
    State(shared): State<Shared>,
    identity: Identity,
    Path((id, message)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (conversation, id) = (number(&id)?, number(&message)?);
    // First whether it is being written, then what is stored: between the two it can only have ended.
    let running = shared.generations.find(identity.person, id);
    let found = shared
        .store()?
        .call(move |c| rows::find(c, identity.person, conversation, id));
    let message = found.await?;
    let head = object!({ "conversation": conversation, "answer": without_content(&message) });
    Ok(match running {
        Some(generation) => generations::watch(generation.follow(), id, head),
        None => generations::whole(&message, head),
    })
}

/// A message of which the text follows.
fn without_content(message: &Message) -> Value {
    object!(Message {
        content: String::new(),
        ..message.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Ended, Store};

    #[test]
    fn an_answer_that_has_grown_meanwhile_is_not_gone_on_with() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(folder.path()).expect("a store");
        let refused = store.call_blocking(|c| {
            let id = conversations::create(c, 1, "", &object!({}))?.id;
            let end = |content: &str, answer: Answer| {
                let ended = Ended {
                    content: content.to_owned(),
                    state: "complete",
                    finish_reason: "length".to_owned(),
                    stats: Value::Null,
                };
                rows::end(c, answer.id, &ended)
            };
            let answer = rows::ask(c, 1, id, None, Some("Count."))?;
            end("one", answer)?;
            let place = Place::On(answer.id);
            let read = || Ok::<_, StoreError>(rows::branch(c, 1, id, place)?.pop());
            let (seen, also_seen) = (read()?, read()?);
            let (other, begun) = stored(c, (1, id), place, seen, None)?;
            assert_eq!(begun.text, "one");
            end("one two", other)?;
            Ok(stored(c, (1, id), place, also_seen, None).map(drop))
        });
        let refused = refused.expect("done");
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
    }
}
