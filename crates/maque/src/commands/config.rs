//! `maque config`: every setting and where it came from.

use crate::exit::Exit;
use crate::settings::{ModelFlags, Origin, ServerFlags, Setting, Settings};
use std::fmt::Display;
use std::io::Write;

/// Show each setting and where its value comes from: flag, environment, config.toml or default
#[derive(clap::Args)]
pub(crate) struct Config {
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl Config {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &self.server)?;
        let mut stdout = std::io::stdout().lock();
        for (name, value, origin) in rows(&settings) {
            writeln!(stdout, "{name:13} = {value}  ({origin})")?;
        }
        Ok(Exit::Complete)
    }
}

fn rows(settings: &Settings) -> Vec<(&'static str, String, Origin)> {
    let Settings {
        home,
        model,
        isa,
        threads,
        context,
        dtype,
        exact_head,
        memory,
        speculation,
        keep_cache,
        host,
        port,
        share,
        api_keys,
        hf_endpoint,
        upstream,
    } = settings;
    let home_row = ("home", home.value.display().to_string(), home.origin);
    let host_text = host
        .value
        .map_or("127.0.0.1, ::1".to_owned(), |host| host.to_string());
    let keys = api_keys.value.len().to_string(); // a key is never shown
    let larger = upstream.value.as_ref();
    let rules = larger.map_or_else(String::new, |one| one.when.to_string());
    let rules_origin = match rules.is_empty() {
        true => Origin::Default,
        false => upstream.origin,
    };
    let larger = larger.map_or_else(String::new, |one| format!("{} ({})", one.model, one.url));
    let endpoint = hf_endpoint.value.clone().unwrap_or_default();
    vec![
        home_row,
        row("model", model),
        ("isa", isa.value.name().to_owned(), isa.origin),
        row("threads", threads),
        row("context", context),
        (
            "dtype",
            format!("{:?}", dtype.value).to_lowercase(),
            dtype.origin,
        ),
        row("exact_head", exact_head),
        row("memory", memory),
        (
            "speculation",
            format!("{:?}", speculation.value).to_lowercase(),
            speculation.origin,
        ),
        row("keep_cache", keep_cache),
        ("host", host_text, host.origin),
        row("port", port),
        row("share", share),
        ("api_keys", keys, api_keys.origin),
        ("hf_endpoint", endpoint, hf_endpoint.origin),
        ("upstream", larger, upstream.origin),
        ("upstream.when", rules, rules_origin),
    ]
}

fn row<T: Display>(name: &'static str, setting: &Setting<T>) -> (&'static str, String, Origin) {
    (name, setting.value.to_string(), setting.origin)
}
