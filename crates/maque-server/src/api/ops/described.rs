//! What can be asked, told from the tables that the parsers use: `GET /v1/capabilities` and `GET /openapi.json`.
//!
//! Bodies are checked against rows, not deserialised into structs, so that every field is named, refused or reported; a
//! document derived from structs would describe something that no parser reads.

use crate::Service;
use crate::api::table::{Route, routes};
use crate::dialect::Dialect;
use crate::field::{Field, Kind};
use crate::upstream::{UPSTREAM, Upstream};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// `GET /v1/capabilities`: each field of each route with what becomes of it.
pub(crate) fn capabilities(service: &Service, upstream: Option<&Upstream>) -> Response<Body> {
    let upstream =
        upstream.map(|one| json!({ "name": UPSTREAM, "host": one.host(), "model": one.model() }));
    let routes: Vec<Value> = routes()
        .map(|route| {
            json!({
                "method": route.method,
                "path": route.path,
                "about": route.about,
                "fields": fields(route),
            })
        })
        .collect();
    let parts = service.parts();
    Json(json!({
        "model": service.name(),
        "context": parts.context,
        "embeddings": false,
        "upstream": upstream,
        "overflow": crate::prompt::Overflow::TEXTS,
        "routes": routes,
    }))
    .into_response()
}

fn fields(route: &Route) -> Value {
    let rows = |rows: &[&[Field]], within: &str| -> Map<String, Value> {
        let rows = rows.iter().copied().flatten();
        rows.map(|row| (format!("{within}{}", row.name), json!(row.status())))
            .collect()
    };
    let mut all = rows(route.rows, "");
    for (name, table) in route.within {
        all.extend(rows(&[table], &format!("{name}.")));
    }
    Value::Object(all)
}

/// `GET /openapi.json`
pub(crate) fn openapi(service: Option<&Service>) -> Response<Body> {
    let served = service.map(Service::name).into_iter();
    let names: Vec<&str> = served.chain(["default"]).collect();
    Json(document(&names)).into_response()
}

fn document(models: &[&str]) -> Value {
    let mut paths = json!({});
    for route in routes() {
        paths[route.path][route.method.to_lowercase()] = operation(route, models);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Maque",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "OpenAI's, Anthropic's and Ollama's APIs over one small model.",
        },
        "paths": paths,
        "components": { "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } } },
    })
}

fn operation(route: &Route, models: &[&str]) -> Value {
    let refusal = json!({
        "description": "why not",
        "content": { "application/json": { "schema": refusal(Dialect::of(route.path)) } },
    });
    let mut operation = json!({
        "summary": route.about,
        "security": [{}, { "key": [] }],
        "responses": { route.status: success(route) },
        "parameters": parameters(route),
    });
    let mut statuses = vec![
        "400", "401", "403", "404", "409", "429", "500", "503", "507",
    ];
    if ["POST", "PATCH"].contains(&route.method) {
        statuses.extend(["408", "413", "415", "502"]);
        let schema = body(route, models);
        operation["requestBody"] =
            json!({ "required": true, "content": { route.takes: { "schema": schema } } });
    }
    for status in statuses {
        operation["responses"][status] = refusal.clone();
    }
    operation
}

/// An answer that is no refusal.
fn success(route: &Route) -> Value {
    if route.status == "204" {
        return json!({ "description": "done" });
    }
    let kinds = route.answers.iter();
    let content: Map<String, Value> = kinds.map(|kind| (kind.to_string(), json!({}))).collect();
    json!({ "description": "the answer", "content": content })
}

/// What stands in the address: parts of its path, and of its query.
fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let parts = route.path.split('/');
    let names = parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let within =
        names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }));
    let query = route.query.iter();
    let query = query.map(|name| json!({ "name": name, "in": "query", "schema": text }));
    within.chain(query).collect()
}

fn body(route: &Route, models: &[&str]) -> Value {
    let rows = route.rows.iter().copied().flatten();
    let mut properties: Map<String, Value> = rows
        .map(|row| (row.name.to_owned(), row.schema()))
        .collect();
    for (name, table) in route.within {
        let inner = table.iter().map(|row| (row.name.to_owned(), row.schema()));
        let inner: Map<String, Value> = inner.collect();
        let object = json!({ "type": "object", "properties": inner });
        properties.insert(
            (*name).to_owned(),
            json!({ "anyOf": [object, { "type": "null" }] }),
        );
    }
    if let Some(model) = properties.get_mut("model") {
        *model = json!({ "enum": models });
    }
    let rows = route.rows.iter().copied().flatten();
    let required: Vec<&str> = rows
        .filter(|row| matches!(row.kind, Kind::Messages(..)))
        .map(|row| row.name)
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn refusal(dialect: Dialect) -> Value {
    let text = || json!({ "type": "string" });
    match dialect {
        Dialect::OpenAi => {
            let nullable = json!({ "type": ["string", "null"] });
            let error = json!({
                "type": "object",
                "properties": { "message": text(), "type": text(), "param": nullable, "code": text() },
                "required": ["message", "type", "param", "code"],
            });
            json!({ "type": "object", "properties": { "error": error }, "required": ["error"] })
        }
        Dialect::Anthropic => {
            let error = json!({
                "type": "object",
                "properties": { "message": text(), "type": text() },
                "required": ["message", "type"],
            });
            json!({
                "type": "object",
                "properties": { "type": { "const": "error" }, "error": error, "request_id": text() },
                "required": ["type", "error"],
            })
        }
        Dialect::Ollama => {
            json!({ "type": "object", "properties": { "error": text() }, "required": ["error"] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_route_is_described() {
        let document = document(&["default"]);
        for route in routes() {
            let operation = &document["paths"][route.path][route.method.to_lowercase()];
            let schema = &operation["requestBody"]["content"][route.takes]["schema"];
            for row in route.rows.iter().copied().flatten() {
                assert!(
                    schema["properties"][row.name].is_object(),
                    "{} {}",
                    route.path,
                    row.name
                );
            }
            let names: Vec<&str> = route
                .rows
                .iter()
                .copied()
                .flatten()
                .map(|row| row.name)
                .collect();
            for (index, name) in names.iter().enumerate() {
                assert!(
                    !names[..index].contains(name),
                    "{} has {name} twice",
                    route.path
                );
            }
        }
    }
}
