//! Maque's own API: conversations, personas, prompts, and who may come in. OpenAI's `/v1/conversations` is another thing, so the
//! names here begin with `/maque`.

mod conversations;
mod drafts;
mod load;
mod messages;
mod models;
mod people;
mod rows;
mod shelves;
pub(crate) mod table;

pub(crate) use models::{begin_pull, told};

use crate::access::Access;
use crate::routes::Routes;
use shelves::{Personas, Prompts};

/// Registers everything of this API; `cargo xtask tidy` reads these lines.
pub(crate) fn routes(routes: Routes) -> Routes {
    models_of(persons(shelves_of(answers(conversations_of(routes)))))
}

fn conversations_of(routes: Routes) -> Routes {
    routes
        .get("/maque/conversations", Access::User, conversations::list)
        .post("/maque/conversations", Access::User, conversations::create)
        .post(
            "/maque/conversations/import",
            Access::User,
            conversations::import,
        )
        .get(
            "/maque/conversations/{id}",
            Access::User,
            conversations::read,
        )
        .patch(
            "/maque/conversations/{id}",
            Access::User,
            conversations::change,
        )
        .delete(
            "/maque/conversations/{id}",
            Access::User,
            conversations::delete,
        )
        .get(
            "/maque/conversations/{id}/export",
            Access::User,
            conversations::export,
        )
}

fn answers(routes: Routes) -> Routes {
    routes
        .post(
            "/maque/conversations/{id}/messages",
            Access::User,
            messages::append,
        )
        .post(
            "/maque/conversations/{id}/messages/{message}/edit",
            Access::User,
            messages::edit,
        )
        .post(
            "/maque/conversations/{id}/messages/{message}/regenerate",
            Access::User,
            messages::regenerate,
        )
        .post(
            "/maque/conversations/{id}/messages/{message}/continue",
            Access::User,
            messages::go_on,
        )
        .post(
            "/maque/conversations/{id}/messages/{message}/stop",
            Access::User,
            messages::stop,
        )
        .get(
            "/maque/conversations/{id}/messages/{message}/events",
            Access::User,
            messages::events,
        )
}

fn shelves_of(routes: Routes) -> Routes {
    routes
        .get("/maque/personas", Access::User, shelves::list::<Personas>)
        .post("/maque/personas", Access::User, shelves::create::<Personas>)
        .patch(
            "/maque/personas/{id}",
            Access::User,
            shelves::change::<Personas>,
        )
        .delete(
            "/maque/personas/{id}",
            Access::User,
            shelves::delete::<Personas>,
        )
        .get("/maque/prompts", Access::User, shelves::list::<Prompts>)
        .post("/maque/prompts", Access::User, shelves::create::<Prompts>)
        .patch(
            "/maque/prompts/{id}",
            Access::User,
            shelves::change::<Prompts>,
        )
        .delete(
            "/maque/prompts/{id}",
            Access::User,
            shelves::delete::<Prompts>,
        )
}

fn persons(routes: Routes) -> Routes {
    routes
        .post("/maque/join", Access::Public, people::join)
        .post("/maque/leave", Access::User, people::leave)
        .get("/maque/me", Access::User, people::me)
        .get("/maque/keys", Access::User, people::keys)
        .post("/maque/keys", Access::User, people::add_key)
        .delete("/maque/keys/{id}", Access::User, people::remove_key)
        .post("/maque/invitations", Access::Admin, people::invite)
        .get("/maque/people", Access::Admin, people::list)
        .delete("/maque/people/{id}", Access::Admin, people::remove)
}

fn models_of(routes: Routes) -> Routes {
    routes
        .get("/maque/models", Access::Admin, models::list)
        .post("/maque/models/pull", Access::Admin, models::pull)
        .post("/maque/models/{name}/verify", Access::Admin, models::verify)
        .delete("/maque/models/{name}", Access::Admin, models::remove)
        .get("/maque/load", Access::Admin, load::load)
        .get("/maque/limits", Access::Admin, load::limits)
        .get("/maque/share", Access::Admin, load::share)
        .post("/maque/share", Access::Admin, load::switch)
}
