//! `config.toml` in `MAQUE_HOME`.

use crate::exit::Problem;
use crate::say::Say;
use crate::settings::{ByteSize, Dtype, Speculation};
use crate::upstream::UpstreamTable;
use serde::{Deserialize, Deserializer, de::Error};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::Path;

/// What the file may say; every field may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) model: Option<String>,
    pub(crate) isa: Option<String>,
    pub(crate) threads: Option<NonZeroUsize>,
    pub(crate) context: Option<NonZeroUsize>,
    pub(crate) dtype: Option<Dtype>,
    pub(crate) exact_head: Option<bool>,
    pub(crate) memory: Option<ByteSize>,
    pub(crate) speculation: Option<Speculation>,
    pub(crate) keep_cache: Option<bool>,
    pub(crate) host: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) share: Option<bool>,
    pub(crate) api_keys: Option<Vec<String>>,
    pub(crate) hf_endpoint: Option<String>,
    pub(crate) upstream: Option<UpstreamTable>,
}

impl ConfigFile {
    /// Reads the file; none is an empty one.
    pub(crate) fn read(path: &Path) -> Result<ConfigFile, Problem> {
        let name = || path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ConfigFile::default()),
            Err(error) => {
                return Err(Problem::usage(Say::CannotRead { path: name() }).because(error));
            }
        };
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            let what = error.message().lines().collect::<Vec<_>>().join(", ");
            Problem::usage(Say::WrongConfig {
                path: name(),
                line,
                what,
            })
        })
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Dtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dtype, D::Error> {
        choice(deserializer)
    }
}

impl<'de> Deserialize<'de> for Speculation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Speculation, D::Error> {
        choice(deserializer)
    }
}

/// One of the words that the flag takes.
fn choice<'de, D: Deserializer<'de>, T: clap::ValueEnum>(deserializer: D) -> Result<T, D::Error> {
    T::from_str(&String::deserialize(deserializer)?, false).map_err(D::Error::custom)
}
