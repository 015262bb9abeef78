//! The routes under `/maque`: what each is for, and the rows that its body is checked against.

use super::rows::{
    ASK, CHANGE, CONVERSATION, EDIT, INVITATION, JOIN, KEY, PERSONA, PROMPT, PULL, REGENERATE,
    SHARE,
};
use crate::api::table::{EVENTS, JSON, Route, get, post};
use crate::field::Field;

/// All of them.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        query: &["q", "before", "limit"],
        ..get("/maque/conversations", "one's conversations")
    },
    made("/maque/conversations", "begins one", &[CONVERSATION]),
    made("/maque/conversations/import", "takes an export in", &[]),
    get("/maque/conversations/{id}", "one with its messages"),
    changed("/maque/conversations/{id}", "changes it", &[CHANGE]),
    deleted("/maque/conversations/{id}", "deletes it"),
    Route {
        query: &["format"],
        answers: &["application/json", "text/markdown"],
        ..get("/maque/conversations/{id}/export", "a file to keep")
    },
    post("/maque/conversations/{id}/messages", "asks", &[ASK], EVENTS),
    post(
        "/maque/conversations/{id}/messages/{message}/edit",
        "asks something else instead",
        &[EDIT],
        EVENTS,
    ),
    post(
        "/maque/conversations/{id}/messages/{message}/regenerate",
        "asks once more",
        &[REGENERATE],
        EVENTS,
    ),
    post(
        "/maque/conversations/{id}/messages/{message}/continue",
        "goes on with an answer that was cut",
        &[REGENERATE],
        EVENTS,
    ),
    post(
        "/maque/conversations/{id}/messages/{message}/stop",
        "stops an answer",
        &[],
        JSON,
    ),
    Route {
        answers: EVENTS,
        ..get(
            "/maque/conversations/{id}/messages/{message}/events",
            "what is written of an answer, then what follows",
        )
    },
    get("/maque/personas", "one's personas and shared ones"),
    made("/maque/personas", "makes one", &[PERSONA]),
    changed("/maque/personas/{id}", "changes it", &[PERSONA]),
    deleted("/maque/personas/{id}", "deletes it"),
    get("/maque/prompts", "one's prompts and shared ones"),
    made("/maque/prompts", "makes one", &[PROMPT]),
    changed("/maque/prompts/{id}", "changes it", &[PROMPT]),
    deleted("/maque/prompts/{id}", "deletes it"),
    post("/maque/join", "comes in with a code or PIN", &[JOIN], JSON),
    Route {
        status: "204",
        ..post("/maque/leave", "ends this browser's session", &[], JSON)
    },
    get("/maque/me", "who asks"),
    get("/maque/keys", "one's keys and sessions"),
    made("/maque/keys", "makes a key for a program", &[KEY]),
    deleted("/maque/keys/{id}", "ends a key or a session"),
    made(
        "/maque/invitations",
        "(administrators) lets guests in",
        &[INVITATION],
    ),
    get("/maque/people", "(administrators) everybody"),
    deleted("/maque/people/{id}", "(administrators) removes a person"),
    get("/maque/models", "(administrators) the models"),
    post(
        "/maque/models/pull",
        "(administrators) fetches a model",
        &[PULL],
        EVENTS,
    ),
    post(
        "/maque/models/{name}/verify",
        "(administrators) reads a model again",
        &[],
        EVENTS,
    ),
    Route {
        status: "200",
        ..deleted("/maque/models/{name}", "(administrators) deletes a model")
    },
    get("/maque/load", "(administrators) load and memory"),
    get("/maque/limits", "(administrators) what a client may take"),
    get("/maque/share", "(administrators) where it is shared"),
    post(
        "/maque/share",
        "(administrators) shares it with the network, or ends that",
        &[SHARE],
        JSON,
    ),
];

const fn made(path: &'static str, about: &'static str, rows: &'static [&'static [Field]]) -> Route {
    Route {
        status: "201",
        ..post(path, about, rows, JSON)
    }
}

const fn changed(
    path: &'static str,
    about: &'static str,
    rows: &'static [&'static [Field]],
) -> Route {
    Route {
        method: "PATCH",
        ..post(path, about, rows, JSON)
    }
}

const fn deleted(path: &'static str, about: &'static str) -> Route {
    Route {
        method: "DELETE",
        status: "204",
        ..get(path, about)
    }
}
