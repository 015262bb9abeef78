//! What is served, as Ollama lists it: `/api/tags`, `/api/ps`, `/api/show`, `/api/version`.

use crate::Service;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::options::check_model;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Rows of `/api/show`.
pub(crate) const SHOW: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("name", Kind::Text),
    Field::new("verbose", Kind::Idle),
    Field::new("system", Kind::Refused),
    Field::new("template", Kind::Refused),
    Field::new("options", Kind::Refused),
];

/// `GET /api/tags`
pub(crate) fn tags(service: &Service) -> Response<Body> {
    Json(json!({ "models": [listed(service)] })).into_response()
}

/// `GET /api/ps`
pub(crate) fn ps(service: &Service) -> Response<Body> {
    let mut model = listed(service);
    model["expires_at"] = json!("9999-12-31T23:59:59Z"); // it stays as long as the server lives
    model["size_vram"] = json!(0);
    model["context_length"] = json!(service.parts().context);
    Json(json!({ "models": [model] })).into_response()
}

/// `POST /api/show`
pub(crate) async fn show(service: Service, body: Value) -> Response<Body> {
    match shown(&service, body) {
        Ok(shown) => Json(shown).into_response(),
        Err(error) => error.into_response(),
    }
}

/// `GET /api/version`
pub(crate) fn version(_: &Service) -> Response<Body> {
    Json(json!({ "version": env!("CARGO_PKG_VERSION") })).into_response()
}

fn shown(service: &Service, body: Value) -> Result<Value, ApiError> {
    let (mut fields, warnings) = Fields::checked(body, "", &[SHOW])?;
    check_model(&mut fields, service)?;
    if let Some(name) = fields.take("name") {
        check_model(&mut Fields::of(json!({ "model": name }))?, service)?;
    }
    let parts = service.parts();
    let (config, generation) = (&parts.config, &parts.generation);
    let architecture = &config.architecture;
    let mut info = json!({
        "general.architecture": architecture,
        "general.parameter_count": config.n_parameters,
    });
    info[format!("{architecture}.context_length")] = json!(config.max_positions);
    info[format!("{architecture}.vocab_size")] = json!(config.n_vocab);
    let parameters = [
        ("temperature", generation.temperature.to_string()),
        ("top_p", generation.top_p.to_string()),
        ("top_k", generation.top_k.to_string()),
        ("repeat_penalty", generation.repetition_penalty.to_string()),
        ("num_ctx", parts.context.to_string()),
    ];
    let parameters = parameters.map(|(name, value)| format!("{name:<30} {value}"));
    let mut shown = json!({
        "modified_at": rfc3339(parts.since),
        "details": details(service),
        "model_info": info,
        "parameters": parameters.join("\n"),
        "capabilities": ["completion", "tools"],
    });
    if !warnings.is_empty() {
        shown["warnings"] = json!(warnings);
    }
    Ok(shown)
}

fn listed(service: &Service) -> Value {
    let parts = service.parts();
    json!({
        "name": service.name(),
        "model": service.name(),
        "modified_at": rfc3339(parts.since),
        "size": parts.n_bytes,
        "digest": digest(service),
        "details": details(service),
    })
}

fn details(service: &Service) -> Value {
    let config = &service.parts().config;
    json!({
        "parent_model": "",
        "format": "gguf",
        "family": config.architecture,
        "families": [config.architecture],
        "parameter_size": size(config.n_parameters),
        "quantization_level": config.quantization,
    })
}

/// Tells models apart, as clients want it: of the name and the model's properties, not of its file.
fn digest(service: &Service) -> String {
    let config = &service.parts().config;
    let known = format!("{} {config:?} {}", service.name(), service.parts().n_bytes);
    let digest = Sha256::digest(known);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `494.03M`
fn size(n_parameters: u64) -> String {
    match n_parameters as f64 {
        n if 1e9 <= n => format!("{:.1}B", n / 1e9),
        n => format!("{:.2}M", n / 1e6),
    }
}
