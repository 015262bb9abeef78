//! Refusals in the shape of the API that was asked.

use crate::error::ApiError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Whose shape an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `{"error": {"message", "type", "param", "code"}}`
    OpenAi,
    /// `{"type": "error", "error": {"type", "message"}, "request_id"}`
    Anthropic,
    /// `{"error": "message"}`
    Ollama,
}

impl Dialect {
    /// The dialect of a path.
    pub(crate) fn of(path: &str) -> Dialect {
        match path {
            _ if path.starts_with("/api/") => Dialect::Ollama,
            _ if path.starts_with("/v1/messages") => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        }
    }

    /// The body of a refusal.
    pub(crate) fn body(self, error: &ApiError, id: &str) -> Value {
        match self {
            Dialect::OpenAi => error.body(),
            Dialect::Anthropic => {
                let kind = anthropic_kind(error.status());
                let error = json!({ "type": kind, "message": error.message() });
                json!({ "type": "error", "error": error, "request_id": id })
            }
            Dialect::Ollama => json!({ "error": error.message() }),
        }
    }

    /// The same answer, a refusal in this dialect.
    pub(crate) fn put(self, response: Response, id: &str) -> Response {
        let Some(error) = response.extensions().get::<ApiError>() else {
            return response;
        };
        let body = Json(self.body(error, id)).into_response();
        let (mut head, _) = response.into_parts();
        head.headers.remove(axum::http::header::CONTENT_LENGTH);
        Response::from_parts(head, body.into_body())
    }
}

/// `error.type` as Anthropic's clients know it.
pub(crate) fn anthropic_kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 | 405 => "not_found_error",
        408 => "timeout_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        status if status < 500 => "invalid_request_error",
        _ => "api_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_shape_of_the_api_that_was_asked() {
        let error = ApiError::field("max_tokens", "must be a whole number");
        let body = |path: &str| Dialect::of(path).body(&error, "req_1");
        assert_eq!(body("/v1/chat/completions")["error"]["param"], "max_tokens");
        let anthropic = body("/v1/messages/count_tokens");
        assert_eq!(anthropic["type"], "error");
        assert_eq!(anthropic["error"]["type"], "invalid_request_error");
        assert_eq!(anthropic["request_id"], "req_1");
        assert_eq!(
            body("/api/chat"),
            json!({ "error": "max_tokens must be a whole number" })
        );
    }
}
