//! The layout of modelscope.cn: files with size and SHA-256 at `{endpoint}/api/v1/models/{repository}/repo/files`, bytes at
//! `{endpoint}/models/{repository}/resolve/{revision}/{file}` (modelscope, `hub/api.py`).

use super::{Declared, PATIENCE};
use crate::digest::Digest;
use crate::error::SourceError;
use serde::Deserialize;
use ureq::Agent;

/// Bytes of a listing at most.
const MAX_LISTING: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    path: String,
    size: u64,
    sha256: Option<String>,
}

/// Finds out about a file.
pub(super) fn locate(
    endpoint: &str,
    repository: &str,
    file: &str,
) -> Result<Declared, SourceError> {
    let (repository, revision) = repository.split_once('@').unwrap_or((repository, "master"));
    let listing = format!(
        "{endpoint}/api/v1/models/{repository}/repo/files?Revision={revision}&Recursive=true"
    );
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false);
    let mut response = Agent::from(config.build()).get(&listing).call()?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(SourceError::Status { status });
    }
    let body = response
        .body_mut()
        .with_config()
        .limit(MAX_LISTING)
        .read_to_vec()?;
    let listing: Listing = serde_json::from_slice(&body).map_err(|error| {
        SourceError::Declaration(format!("its list of files cannot be read ({error})"))
    })?;
    let listed = listing.data.files.into_iter().find(|one| one.path == file);
    let listed = listed
        .ok_or_else(|| SourceError::Declaration(format!("its list of files has no {file}")))?;
    Ok(Declared {
        url: format!("{endpoint}/models/{repository}/resolve/{revision}/{file}"),
        n_bytes: Some(listed.size),
        sha256: listed.sha256.and_then(|text| text.parse::<Digest>().ok()),
    })
}
