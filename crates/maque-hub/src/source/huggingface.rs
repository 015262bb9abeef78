//! The layout of huggingface.co: `{endpoint}/{repository}/resolve/{revision}/{file}`, with the file's size and SHA-256 in
//! the headers `X-Linked-Size` and `X-Linked-Etag` of the answer to HEAD (huggingface_hub, `file_download.py`).

use super::{Declared, PATIENCE};
use crate::error::SourceError;
use ureq::Agent;
use ureq::http::{HeaderMap, Uri};

/// Redirections that are followed while looking for the headers.
const MAX_HOPS: usize = 5;

/// Finds out about a file.
pub(super) fn locate(
    endpoint: &str,
    repository: &str,
    file: &str,
) -> Result<Declared, SourceError> {
    let (repository, revision) = repository.split_once('@').unwrap_or((repository, "main"));
    let url = format!("{endpoint}/{repository}/resolve/{revision}/{file}");
    let mut declared = Declared {
        url: url.clone(),
        ..Declared::default()
    };
    let mut hop = url;
    for _ in 0..MAX_HOPS {
        let response = agent().head(&hop).call()?;
        read_headers(response.headers(), &mut declared);
        let is_known = declared.n_bytes.is_some() && declared.sha256.is_some();
        match response.status().as_u16() {
            200..300 => return Ok(declared),
            300..400 if is_known => return Ok(declared),
            300..400 => hop = next(&hop, response.headers())?,
            status => return Err(SourceError::Status { status }),
        }
    }
    Err(SourceError::Declaration("it redirects in a circle".into()))
}

/// Redirections are followed by hand: the headers are on the first answers, not on the last.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false);
    config.build().into()
}

/// Headers that are wrong are as good as absent: the catalogue's word, or another source, remains.
fn read_headers(headers: &HeaderMap, declared: &mut Declared) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let size = text("x-linked-size").and_then(|size| size.parse().ok());
    declared.n_bytes = declared.n_bytes.or(size);
    let etag = text("x-linked-etag").map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
    declared.sha256 = declared.sha256.or(etag.and_then(|etag| etag.parse().ok()));
}

fn next(from: &str, headers: &HeaderMap) -> Result<String, SourceError> {
    let wrong = || SourceError::Declaration("it redirects to nowhere".to_owned());
    let location = headers.get("location").and_then(|to| to.to_str().ok());
    let location = location.ok_or_else(wrong)?;
    if !location.starts_with('/') || location.starts_with("//") {
        return Ok(location.to_owned());
    }
    let from: Uri = from.parse().map_err(|_| wrong())?;
    let scheme = from.scheme_str().ok_or_else(wrong)?;
    let host = from.authority().ok_or_else(wrong)?;
    Ok(format!("{scheme}://{host}{location}"))
}
