//! Why a request was refused, in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.

use crate::limits::MAX_REQUESTS;
use crate::models::ModelsError;
use crate::store::StoreError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maque_engine::SubmitError;
use serde_json::{Value, json};

/// A refusal; `IntoResponse` is the only place where it becomes a status.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: Value,
    /// Seconds.
    retry_after: u64,
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> ApiError {
        let kind = match status.is_server_error() {
            true => "server_error",
            false => "invalid_request_error",
        };
        let message: String = message.into();
        let error = json!({ "message": message, "type": kind, "param": null, "code": code });
        ApiError {
            status,
            error,
            retry_after: 5,
        }
    }

    /// A field that is wrong: its name, and what it must be.
    pub(crate) fn field(name: &str, must: &str) -> ApiError {
        let mut error = ApiError::bad_request(&format!("{name} {must}"));
        error.error["param"] = json!(name);
        error
    }

    /// The same of a field within another: `options.` before its name.
    pub(crate) fn within(mut self, within: &str) -> ApiError {
        let (param, message) = (&self.error["param"], &self.error["message"]);
        if let (Some(name), Some(message)) = (param.as_str(), message.as_str()) {
            let (name, message) = (format!("{within}{name}"), format!("{within}{message}"));
            self.error["param"] = json!(name);
            self.error["message"] = json!(message);
        }
        self
    }

    pub(crate) fn bad_request(message: &str) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    pub(crate) fn unauthorized() -> ApiError {
        let message = "a key is needed: send it as Authorization: Bearer KEY or x-api-key: KEY";
        ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    pub(crate) fn forbidden(message: &str) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(crate) fn not_found(message: &str) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn model_not_found(name: &str, served: &str) -> ApiError {
        let message = format!("the model {name:?} is not served; use {served:?} or \"default\"");
        ApiError::new(StatusCode::NOT_FOUND, "model_not_found", message)
    }

    pub(crate) fn method_not_allowed() -> ApiError {
        let message = "the route does not know this method; README lists the routes";
        ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    pub(crate) fn too_large(limit: usize) -> ApiError {
        let message = format!("the body is larger than {limit} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    pub(crate) fn unsupported_media_type() -> ApiError {
        let message = "the body must be JSON: send content-type: application/json";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message)
    }

    pub(crate) fn encoded_body() -> ApiError {
        let message = "the body must not be compressed";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoded_body", message)
    }

    pub(crate) fn address_too_long() -> ApiError {
        let message = "the address of the request is too long";
        ApiError::new(StatusCode::URI_TOO_LONG, "address_too_long", message)
    }

    pub(crate) fn too_slow() -> ApiError {
        let message = "the body did not arrive in time";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
    }

    pub(crate) fn too_many_failures() -> ApiError {
        let message = "too many wrong keys or codes from your address; wait a minute";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", message).after(Some(60))
    }

    pub(crate) fn too_many_requests(seconds: u64) -> ApiError {
        let message =
            format!("more than {MAX_REQUESTS} requests a minute; ask again in {seconds} seconds");
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_exceeded",
            message,
        )
        .after(Some(seconds))
    }

    pub(crate) fn not_ready(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message)
    }

    /// What is there already.
    pub(crate) fn conflict(message: &str) -> ApiError {
        ApiError::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// The library's own files.
    pub(crate) fn library_failed(error: &maque_library::LibraryError) -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "library_failed",
            error.to_string(),
        )
    }

    /// Something else must be done first.
    pub(crate) fn busy(message: &str) -> ApiError {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    /// A model that something else is being done with.
    pub(crate) fn model_busy(name: &str) -> ApiError {
        let message = format!("{name} is being served, fetched or verified; ask again later");
        ApiError::new(StatusCode::CONFLICT, "model_busy", message)
    }

    /// A grammar that was compiled, but cannot be followed.
    pub(crate) fn too_complex() -> ApiError {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "constraint_too_complex",
            "the answer's grammar became too complex to follow; make the schema or grammar simpler",
        )
    }

    /// An answer that ended without being complete.
    pub(crate) fn ended(message: &str) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "ended_early", message)
    }

    /// What the larger model elsewhere did instead of answering.
    pub(crate) fn upstream(why: &str) -> ApiError {
        let message = format!("the upstream model: {why}");
        ApiError::new(StatusCode::BAD_GATEWAY, "upstream_failed", message)
    }

    /// What an embedding of a text needs.
    pub(crate) fn no_embedding_model() -> ApiError {
        let message = "no embedding model is loaded; this server has a chat model only";
        ApiError::new(StatusCode::NOT_FOUND, "no_embedding_model", message)
    }

    /// How soon a refused client may come again.
    pub(crate) fn after(mut self, seconds: Option<u64>) -> ApiError {
        self.retry_after = seconds.map_or(self.retry_after, |seconds| seconds.clamp(1, 60));
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Its sentence.
    pub(crate) fn message(&self) -> &str {
        self.error["message"].as_str().unwrap_or_default()
    }

    /// The body, for streams that have begun.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.error })
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> ApiError {
        let message = error.to_string();
        match error {
            SubmitError::TooLong { n_prompt, context } => {
                let code = "context_length_exceeded";
                let mut error = ApiError::new(StatusCode::BAD_REQUEST, code, message);
                error.error["n_prompt"] = json!(n_prompt);
                error.error["context"] = json!(context);
                error
            }
            SubmitError::QueueFull { .. } => {
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message)
            }
            SubmitError::Empty | SubmitError::UnknownToken { .. } => {
                ApiError::bad_request(&message)
            }
            SubmitError::Stopped => ApiError::not_ready(message),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let (status, code) = match &error {
            StoreError::Unknown(_) => (StatusCode::NOT_FOUND, "not_found"),
            StoreError::Refused(_) => (StatusCode::CONFLICT, "refused"),
            StoreError::Limit(_) => (StatusCode::CONFLICT, "limit_reached"),
            StoreError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            StoreError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store_failed"),
            StoreError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "no_store"),
        };
        ApiError::new(status, code, error.to_string())
    }
}

impl From<ModelsError> for ApiError {
    fn from(error: ModelsError) -> ApiError {
        let (status, code) = match &error {
            ModelsError::Unknown(_) => (StatusCode::NOT_FOUND, "model_not_found"),
            ModelsError::Unreachable(_) => (StatusCode::BAD_GATEWAY, "unreachable"),
            ModelsError::DiskFull(_) => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            ModelsError::Damaged(_) => (StatusCode::CONFLICT, "damaged"),
            ModelsError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "models_failed"),
        };
        ApiError::new(status, code, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body())).into_response();
        let is_for_now = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        if is_for_now.contains(&self.status) {
            let seconds = self.retry_after.into();
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(self);
        response
    }
}
