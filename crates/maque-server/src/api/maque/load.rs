//! `/maque/load`: what the server is doing now, and what memory it has for it; `/maque/limits`: what a client may take of it. `/maque/share`: where it is shared, and the switch.

use super::drafts;
use super::rows::SHARE;
use crate::body;
use crate::error::ApiError;
use crate::limits::Limit;
use crate::routes::Shared;
use crate::stage::Stage;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /maque/load`
pub(super) async fn load(State(shared): State<Shared>) -> Json<Value> {
    let mut shown = json!({
        "ready": false,
        "memory": { "process": process_bytes(), "machine": machine_bytes() },
        "uptime": shared.since.elapsed().as_secs(),
    });
    if let Stage::Ready(service) = shared.stage() {
        let parts = service.parts();
        let load = parts.engine.load();
        let [prompt, cached, generated] = service.metrics().tokens();
        shown["ready"] = json!(true);
        shown["model"] = json!(service.name());
        shown["context"] = json!(parts.context);
        shown["requests"] = json!({ "running": load.n_running, "waiting": load.n_waiting });
        shown["pages"] = json!({ "used": load.n_pages_used, "cached": load.n_pages_cached, "all": load.n_pages });
        shown["tokens"] = json!({ "prompt": prompt, "cached": cached, "generated": generated });
        shown["memory"]["weights"] = json!(parts.n_bytes);
        shown["memory"]["kv"] = json!(load.n_pages * parts.config.kv.page_bytes());
    }
    Json(shown)
}

/// `GET /maque/limits`: what a client may take of the server.
pub(super) async fn limits() -> Json<Value> {
    let row = |limit: Limit| {
        json!({
            "name": limit.name.to_lowercase(),
            "value": limit.value,
            "english": limit.english,
            "chinese": limit.chinese,
        })
    };
    let rows: Vec<Value> = crate::limits::limits().into_iter().map(row).collect();
    Json(json!({ "limits": rows }))
}

/// `GET /maque/share`
pub(super) async fn share(State(shared): State<Shared>) -> Json<Value> {
    let urls = shared.sharing.urls();
    Json(json!({ "shared": !urls.is_empty(), "urls": urls }))
}

/// `POST /maque/share`: `{shared}` puts the switch on or off, until the server ends.
pub(super) async fn switch(
    State(shared): State<Shared>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let mut fields = drafts::read(body::json(body).await?, SHARE)?;
    match fields.take_flag("shared") {
        None => return Err(ApiError::field("shared", "must be true or false")),
        Some(true) => {
            shared.store()?; // guests are kept there
            shared.sharing.begin()?;
        }
        Some(false) => shared.sharing.end().await?,
    }
    Ok(share(State(shared)).await)
}

/// Bytes that only this process has, swapped ones included: files that are mapped do not count.
fn process_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(kib(&status, "RssAnon:")? + kib(&status, "VmSwap:")?)
}

/// Bytes of the machine.
fn machine_bytes() -> Option<u64> {
    kib(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The bytes of a line such as `MemTotal:  16 kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_kib() {
        assert_eq!(
            kib("A: 1 kB\nMemTotal:    16 kB\n", "MemTotal:"),
            Some(16 << 10)
        );
        assert_eq!(kib("A: 1 kB\n", "MemTotal:"), None);
    }
}
