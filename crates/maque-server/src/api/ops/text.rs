//! `POST /tokenize`, `/detokenize` and `/apply-template`, with the fields of vLLM's and of llama.cpp's.

use crate::Service;
use crate::api::openai::messages;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_MESSAGES;
use crate::options::check_model;
use crate::prompt::aside;
use crate::turns::Turns;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Ids of one request at most.
const MAX_IDS: usize = 1 << 20;

/// Rows of `/tokenize`.
pub(crate) const TOKENIZE: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("prompt", Kind::Text),
    Field::new("content", Kind::Text),
    Field::new("messages", Kind::List(MAX_MESSAGES)),
    Field::new("parse_special", Kind::Flag),
    Field::new("with_pieces", Kind::Flag),
    Field::new("return_token_strs", Kind::Flag),
    Field::new("add_special", Kind::Hint), // no model of this server wants more than its template writes
    Field::new("add_special_tokens", Kind::Hint),
    Field::new("add_generation_prompt", Kind::Idle),
];

/// Rows of `/detokenize`.
pub(crate) const DETOKENIZE: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("tokens", Kind::List(MAX_IDS)),
];

/// Rows of `/apply-template`.
pub(crate) const APPLY: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("messages", Kind::Messages(Turns::OpenAi, MAX_MESSAGES)),
    Field::new("add_generation_prompt", Kind::Idle),
];

/// Ids of a text or of a conversation.
pub(crate) async fn tokenize(service: Service, body: Value) -> Response<Body> {
    aside(|| tokenized(&service, body))
        .map(Json)
        .into_response()
}

/// The text of ids.
pub(crate) async fn detokenize(service: Service, body: Value) -> Response<Body> {
    aside(|| detokenized(&service, body))
        .map(Json)
        .into_response()
}

/// The prompt of a conversation.
pub(crate) async fn apply_template(service: Service, body: Value) -> Response<Body> {
    aside(|| applied(&service, body)).map(Json).into_response()
}

fn tokenized(service: &Service, body: Value) -> Result<Value, ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", &[TOKENIZE])?;
    check_model(&mut fields, service)?;
    let tokenizer = &service.parts().tokenizer;
    let is_plain = fields.take_flag("parse_special") == Some(false);
    let content = fields.text("content")?;
    let text = match (fields.text("prompt")?.or(content), fields.take("messages")) {
        (Some(text), None) => text,
        (None, Some(list)) => rendered(service, list, &mut warnings)?,
        _ => {
            return Err(ApiError::field(
                "prompt",
                "or content or messages must be given, one of them",
            ));
        }
    };
    let ids = match is_plain {
        true => tokenizer.encode(&text),
        false => tokenizer.encode_with_special(&text),
    };
    let ids = ids.map_err(|error| ApiError::field("prompt", &error.to_string()))?;
    let mut answer =
        json!({ "count": ids.len(), "max_model_len": service.parts().context, "tokens": ids });
    if fields.flag("return_token_strs")? {
        answer["token_strs"] = ids.iter().map(|id| tokenizer.piece(*id)).collect();
    }
    if fields.flag("with_pieces")? {
        let pieces = ids
            .iter()
            .map(|id| json!({ "id": id, "piece": tokenizer.piece(*id) }));
        answer["tokens"] = pieces.collect();
    }
    Ok(noted(answer, &warnings))
}

fn detokenized(service: &Service, body: Value) -> Result<Value, ApiError> {
    let (mut fields, warnings) = Fields::checked(body, "", &[DETOKENIZE])?;
    check_model(&mut fields, service)?;
    let tokenizer = &service.parts().tokenizer;
    let must = format!("must be a list of token ids below {}", tokenizer.n_vocab());
    let id = |value: &Value| {
        let id = value.as_u64().filter(|id| *id < tokenizer.n_vocab() as u64);
        id.and_then(|id| u32::try_from(id).ok())
    };
    let tokens = fields
        .take("tokens")
        .ok_or_else(|| ApiError::field("tokens", &must))?;
    let ids: Option<Vec<u32>> = tokens.as_array().into_iter().flatten().map(id).collect();
    let mut bytes = Vec::new();
    for id in ids.ok_or_else(|| ApiError::field("tokens", &must))? {
        match tokenizer.bytes(id) {
            [] => bytes.extend(tokenizer.piece(id).bytes()), // a special token
            piece => bytes.extend_from_slice(piece),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(noted(json!({ "prompt": text, "content": text }), &warnings))
}

fn applied(service: &Service, body: Value) -> Result<Value, ApiError> {
    let (mut fields, mut warnings) = Fields::checked(body, "", &[APPLY])?;
    check_model(&mut fields, service)?;
    let list = fields.take("messages").unwrap_or(Value::Null);
    let text = rendered(service, list, &mut warnings)?;
    Ok(noted(json!({ "prompt": text }), &warnings))
}

fn rendered(
    service: &Service,
    list: Value,
    warnings: &mut Vec<String>,
) -> Result<String, ApiError> {
    let messages = messages::read(&mut Fields::of(json!({ "messages": list }))?, warnings)?;
    let text = service.parts().template.render(&messages, None);
    text.map_err(|error| ApiError::field("messages", &format!("cannot be rendered: {error}")))
}

fn noted(mut answer: Value, warnings: &[String]) -> Value {
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    answer
}
