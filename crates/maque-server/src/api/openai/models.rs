//! `GET /v1/models` and `GET /v1/models/{id}`.

use crate::Service;
use crate::clock::{rfc3339, unix};
use crate::error::ApiError;
use crate::upstream::{UPSTREAM, Upstream};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The model that is served, then the larger one elsewhere where it may be used.
pub(crate) fn list(service: &Service, upstream: Option<&Upstream>) -> Response<Body> {
    let upstream = upstream.map(|upstream| elsewhere(service, upstream));
    let models: Vec<Value> = [described(service)].into_iter().chain(upstream).collect();
    let (first, last) = (
        models[0]["id"].clone(),
        models[models.len() - 1]["id"].clone(),
    );
    // The last three are Anthropic's.
    Json(json!({ "object": "list", "data": models, "has_more": false, "first_id": first, "last_id": last }))
        .into_response()
}

/// A model, by its name or as `default`.
pub(crate) fn one(service: &Service, upstream: Option<&Upstream>, id: &str) -> Response<Body> {
    match upstream {
        Some(upstream) if id == UPSTREAM => Json(elsewhere(service, upstream)).into_response(),
        _ if id == "default" || id == service.name() => Json(described(service)).into_response(),
        _ => ApiError::model_not_found(id, service.name()).into_response(),
    }
}

/// What is asked of it leaves this machine: `owned_by` says where to.
fn elsewhere(service: &Service, upstream: &Upstream) -> Value {
    json!({
        "id": UPSTREAM,
        "object": "model",
        "created": unix(service.parts().since),
        "owned_by": upstream.host(),
        "type": "model",
        "display_name": upstream.model(),
        "created_at": rfc3339(service.parts().since),
    })
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
