//! The larger model of `config.toml`: `[upstream]` with `url`, `model`, and a key from the environment or a private file.

use crate::exit::Problem;
use crate::rules::Rules;
use crate::say::Say;
use crate::settings::Settings;
use maque_server::{Upstream, UpstreamOptions};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The environment variable that holds its key.
const KEY: &str = "MAQUE_UPSTREAM_KEY";

/// The table of `config.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamTable {
    /// Address of an OpenAI-compatible API, as `https://host/v1`.
    pub(crate) url: String,
    /// The model's name there.
    pub(crate) model: String,
    /// File that holds the key and that only its owner may read.
    pub(crate) key_file: Option<PathBuf>,
    /// Whether guests may use it too.
    #[serde(default)]
    pub(crate) guests: bool,
    /// When `maque ask` asks it unasked.
    #[serde(default)]
    pub(crate) when: Rules,
}

/// The larger model, if there is one.
pub(crate) fn configured(settings: &Settings) -> Result<Option<Upstream>, Problem> {
    let Some(table) = &settings.upstream.value else {
        return Ok(None);
    };
    let given = std::env::var(KEY).ok().filter(|key| !key.is_empty());
    let key = match (given, &table.key_file) {
        (None, Some(path)) => Some(key_in(&settings.home.value.join(path))?),
        (given, _) => given,
    };
    let options = UpstreamOptions {
        url: table.url.clone(),
        model: table.model.clone(),
        key,
        guests: table.guests,
    };
    let upstream = Upstream::new(options);
    let wrong = |error: maque_server::UpstreamError| {
        let why = error.to_string();
        Problem::usage(Say::WrongUpstream { why })
    };
    upstream.map(Some).map_err(wrong)
}

/// The key in a file that nobody else may read.
fn key_in(path: &Path) -> Result<String, Problem> {
    let name = || path.display().to_string();
    let unreadable =
        |error: std::io::Error| Problem::usage(Say::CannotRead { path: name() }).because(error);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(unreadable)?.permissions();
        if mode.mode() & 0o077 != 0 {
            return Err(Problem::usage(Say::KeyNotPrivate { path: name() }));
        }
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    match text.trim() {
        "" => Err(Problem::usage(Say::NoKeys { path: name() })),
        key => Ok(key.to_owned()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "secret-key\n").expect("a file");
        let with_mode = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).expect("a mode");
            key_in(&path)
        };
        for mode in [0o644, 0o640, 0o602, 0o610] {
            let said = with_mode(mode).expect_err("readable by others").to_string();
            assert!(
                said.contains("chmod 600") && !said.contains("secret-key"),
                "{said}"
            );
        }
        assert_eq!(with_mode(0o600).expect("private"), "secret-key");
    }
}
