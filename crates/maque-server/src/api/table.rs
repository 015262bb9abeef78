//! Every route of the API: what it is for, and the rows that its body is checked against.

use super::anthropic::messages::{CONVERSATION, MESSAGES};
use super::library;
use super::maque;
use super::ollama;
use super::openai::batches::BATCH;
use super::openai::chat::CHAT;
use super::openai::completions::COMPLETIONS;
use super::openai::files::FILE;
use super::openai::responses::{self, RESPONSES};
use super::ops::text::{APPLY, DETOKENIZE, TOKENIZE};
use crate::field::Field;
use crate::librarian;
use crate::options::{OPTIONS, SAMPLING, STREAM_OPTIONS};
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
    /// The type of its body.
    pub(crate) takes: &'static str,
    /// Types of its answers.
    pub(crate) answers: &'static [&'static str],
    /// The status of an answer that is no refusal.
    pub(crate) status: &'static str,
    /// Names in the query of its address.
    pub(crate) query: &'static [&'static str],
}

/// All routes but the page's.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(maque::table::ROUTES)
}

pub(crate) const JSON: &[&str] = &["application/json"];
pub(crate) const EVENTS: &[&str] = &["application/json", "text/event-stream"];
const LINES: &[&str] = &["application/json", "application/x-ndjson"];
const EMBED: &[&[Field]] = &[];

/// Those that other APIs have too.
const ROUTES: &[Route] = &[
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
            &[OPTIONS, SAMPLING, CHAT, STRUCTURE],
            EVENTS,
        )
    },
    Route {
        within: &[("stream_options", STREAM_OPTIONS)],
        ..post(
            "/v1/completions",
            "what goes on from prompts",
            &[OPTIONS, SAMPLING, COMPLETIONS, STRUCTURE],
            EVENTS,
        )
    },
    Route {
        within: &[("text", responses::TEXT)],
        ..post(
            "/v1/responses",
            "the answer to an input",
            &[SAMPLING, RESPONSES],
            EVENTS,
        )
    },
    Route {
        takes: "multipart/form-data",
        ..post("/v1/files", "takes in a file of requests", &[FILE], JSON)
    },
    Route {
        query: &["purpose", "after", "limit", "order"],
        ..get("/v1/files", "one's files, newest first")
    },
    get("/v1/files/{id}", "one file, without its content"),
    Route {
        method: "DELETE",
        ..get("/v1/files/{id}", "deletes it")
    },
    Route {
        answers: &["application/jsonl"],
        ..get("/v1/files/{id}/content", "what is in it")
    },
    post(
        "/v1/batches",
        "answers a file's requests when nobody else asks",
        &[BATCH],
        JSON,
    ),
    Route {
        query: &["after", "limit"],
        ..get("/v1/batches", "one's batches, newest first")
    },
    get("/v1/batches/{id}", "how far a batch is, and its files"),
    post(
        "/v1/batches/{id}/cancel",
        "ends a batch; what is answered stays",
        &[],
        JSON,
    ),
    post("/v1/embeddings", "needs an embedding model", EMBED, JSON),
    post(
        "/v1/messages",
        "the answer to a conversation",
        &[CONVERSATION, SAMPLING, MESSAGES],
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
    post(
        "/v1/library/ask",
        "the answer of the library's documents, with quotations",
        &[librarian::ASK],
        EVENTS,
    ),
    get(
        "/v1/library/status",
        "the library's folders, skipped files and frequent questions",
    ),
    get(
        "/v1/library/documents/{id}",
        "the text of a document, which offsets point into",
    ),
    post(
        "/v1/library/folders",
        "adds a folder to the library (administrators)",
        &[library::FOLDER],
        JSON,
    ),
    Route {
        method: "DELETE",
        ..get(
            "/v1/library/folders/{id}",
            "takes a folder out of the library (administrators)",
        )
    },
];

pub(crate) const fn get(path: &'static str, about: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        about,
        rows: &[],
        within: &[],
        takes: "application/json",
        answers: JSON,
        status: "200",
        query: &[],
    }
}

pub(crate) const fn post(
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
        takes: "application/json",
        answers,
        status: "200",
        query: &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_the_router_has_is_described() {
        let sources = [include_str!("../routes.rs"), include_str!("maque/mod.rs")];
        let methods = ["get", "post", "patch", "delete"];
        let calls = methods.map(|method| (format!(".{method}("), method.to_uppercase()));
        let registered = calls.iter().flat_map(|(call, method)| {
            let rests = sources
                .iter()
                .flat_map(move |source| source.split(call.as_str()).skip(1));
            let paths =
                rests.filter_map(|rest| rest.trim_start().strip_prefix("\"/")?.split_once('"'));
            let paths = paths.map(|(path, _)| format!("/{path}"));
            let is_page = |path: &String| {
                ["/", "/c/{id}", "/ask", "/admin", "/assets/{*path}"].contains(&path.as_str())
            };
            paths
                .filter(move |path| !is_page(path))
                .map(move |path| format!("{method} {path}"))
        });
        let described = routes().map(|route| format!("{} {}", route.method, route.path));
        assert_eq!(registered.collect::<BTreeSet<_>>(), described.collect());
    }
}
