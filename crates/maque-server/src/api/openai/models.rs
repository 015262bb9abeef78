//! `GET /v1/models` and `GET /v1/models/{id}`.

use crate::Service;
use crate::clock::{rfc3339, unix};
use crate::error::ApiError;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The model that is served.
pub(crate) fn list(service: &Service) -> Response<Body> {
    let model = described(service);
    let id = service.name();
    // The last three are Anthropic's.
    Json(json!({ "object": "list", "data": [model], "has_more": false, "first_id": id, "last_id": id }))
        .into_response()
}

/// The model, by its name or as `default`.
pub(crate) fn one(service: &Service, id: &str) -> Response<Body> {
    match id == "default" || id == service.name() {
        true => Json(described(service)).into_response(),
        false => ApiError::model_not_found(id, service.name()).into_response(),
    }
}

fn described(service: &Service) -> Value {
    json!({
        "id": service.name(),
        "object": "model",
        "created": unix(service.parts().since),
        "owned_by": "maque",
        "max_model_len": service.parts().context,
        "type": "model", // what follows is Anthropic's
        "display_name": service.name(),
        "created_at": rfc3339(service.parts().since),
    })
}
