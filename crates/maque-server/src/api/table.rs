//! Every route of the API: what it is for, and the rows that its body is checked against.

use super::anthropic::messages::{CONVERSATION, MESSAGES};
use super::ollama;
use super::openai::chat::CHAT;
use super::openai::completions::COMPLETIONS;
use super::openai::responses::{self, RESPONSES};
use super::ops::text::{APPLY, DETOKENIZE, TOKENIZE};
use crate::field::Field;
use crate::options::{OPTIONS, STREAM_OPTIONS};
use crate::structure::STRUCTURE;

/// A route.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    /// Rows of its body.
    pub(crate) rows: &'static [&'static [Field]],
    /// Rows of objects within its body.
    pub(crate) within: &'static [(&'static str, &'static [Field])],
    /// Types of its answers.
    pub(crate) answers: &'static [&'static str],
}

const JSON: &[&str] = &["application/json"];
const EVENTS: &[&str] = &["application/json", "text/event-stream"];
const LINES: &[&str] = &["application/json", "application/x-ndjson"];
const EMBED: &[&[Field]] = &[];

/// All routes but the page's.
pub(crate) const ROUTES: &[Route] = &[
    get(
        "/health",
        "200 when ready; 503 with the stage while the model is coming",
    ),
    get("/livez", "200 as long as the server lives"),
    Route {
        answers: &["text/plain"],
        ..get("/metrics", "counters for Prometheus")
    },
    get("/openapi.json", "this description"),
    get(
        "/v1/capabilities",
        "each field of each route: works, no effect or refused",
    ),
    get("/v1/models", "the model being served"),
    get("/v1/models/{id}", "one model, by its name or as default"),
    Route {
        within: &[("stream_options", STREAM_OPTIONS)],
        ..post(
            "/v1/chat/completions",
            "the answer to a conversation",
            &[OPTIONS, CHAT, STRUCTURE],
            EVENTS,
        )
    },
    Route {
        within: &[("stream_options", STREAM_OPTIONS)],
        ..post(
            "/v1/completions",
            "what goes on from prompts",
            &[OPTIONS, COMPLETIONS, STRUCTURE],
            EVENTS,
        )
    },
    Route {
        within: &[("text", responses::TEXT)],
        ..post(
            "/v1/responses",
            "the answer to an input",
            &[RESPONSES],
            EVENTS,
        )
    },
    post("/v1/embeddings", "needs an embedding model", EMBED, JSON),
    post(
        "/v1/messages",
        "the answer to a conversation",
        &[CONVERSATION, MESSAGES],
        EVENTS,
    ),
    post(
        "/v1/messages/count_tokens",
        "tokens of a conversation",
        &[CONVERSATION],
        JSON,
    ),
    Route {
        within: &[("options", ollama::OPTIONS)],
        ..post(
            "/api/chat",
            "the answer to a conversation",
            ollama::chat::ROWS,
            LINES,
        )
    },
    Route {
        within: &[("options", ollama::OPTIONS)],
        ..post(
            "/api/generate",
            "the answer to a prompt",
            ollama::generate::ROWS,
            LINES,
        )
    },
    get("/api/tags", "the models there are"),
    get("/api/ps", "the models in memory"),
    post(
        "/api/show",
        "what is known of the model",
        &[ollama::models::SHOW],
        JSON,
    ),
    post(
        "/api/pull",
        "(administrators) fetches a model",
        &[ollama::pull::PULL],
        LINES,
    ),
    get("/api/version", "the server's version"),
    post("/api/embed", "needs an embedding model", EMBED, JSON),
    post("/api/embeddings", "needs an embedding model", EMBED, JSON),
    post(
        "/tokenize",
        "token ids of a text or a conversation",
        &[TOKENIZE],
        JSON,
    ),
    post("/detokenize", "the text of token ids", &[DETOKENIZE], JSON),
    post(
        "/apply-template",
        "the prompt of a conversation",
        &[APPLY],
        JSON,
    ),
];

const fn get(path: &'static str, about: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        about,
        rows: &[],
        within: &[],
        answers: JSON,
    }
}

const fn post(
    path: &'static str,
    about: &'static str,
    rows: &'static [&'static [Field]],
    answers: &'static [&'static str],
) -> Route {
    Route {
        method: "POST",
        path,
        about,
        rows,
        within: &[],
        answers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_the_router_has_is_described() {
        let lines = include_str!("../routes.rs").lines().map(str::trim_start);
        let registered = lines.filter_map(|line| {
            let (call, rest) = line.strip_prefix('.')?.split_once("(\"")?;
            let path = rest.split_once('"')?.0;
            let is_page = ["/", "/c/{id}", "/ask", "/admin", "/assets/{*path}"].contains(&path);
            let method = call.to_uppercase();
            (["GET", "POST"].contains(&method.as_str()) && !is_page)
                .then(|| format!("{method} {path}"))
        });
        let described = ROUTES
            .iter()
            .map(|route| format!("{} {}", route.method, route.path));
        assert_eq!(registered.collect::<BTreeSet<_>>(), described.collect());
    }
}
