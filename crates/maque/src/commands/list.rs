//! `maque list`: the models that are here, and those that can be pulled.

use crate::exit::Exit;
use crate::language::Language;
use crate::say::Say;
use crate::settings::{ByteSize, ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use crate::upstream;
use maque_hub::Store;
use maque_server::UPSTREAM;
use std::io::Write;

/// List the models that are here
#[derive(clap::Args)]
pub(crate) struct List {
    /// List the models that can be pulled instead
    #[arg(long)]
    catalogue: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        if self.catalogue {
            let row = |offer: &maque_hub::Offer| {
                let description = match Language::of_user() {
                    Language::Chinese if !offer.chinese.is_empty() => &offer.chinese,
                    _ => &offer.description,
                };
                (offer.name.clone(), offer.n_bytes, description.clone())
            };
            return self.show(&store.catalogue(), row);
        }
        let row = |entry: &maque_hub::Entry| {
            (
                entry.name.clone(),
                entry.n_bytes,
                entry.path.display().to_string(),
            )
        };
        let entries = store.list()?;
        if entries.is_empty() {
            Talk::new(Audience::on_stderr(Audience::Nobody)).line(&Say::NoModels);
        }
        let exit = self.show(&entries, row)?;
        if let (Some(upstream), false) = (upstream::configured(&settings)?, self.json) {
            let (model, host) = (upstream.model(), upstream.host());
            writeln!(
                std::io::stdout(),
                "{UPSTREAM:24} {:>10}  {model} @ {host}",
                "-"
            )?;
        }
        Ok(exit)
    }

    fn show<T: serde::Serialize>(
        &self,
        rows: &[T],
        row: impl Fn(&T) -> (String, u64, String),
    ) -> anyhow::Result<Exit> {
        let mut stdout = std::io::stdout().lock();
        for one in rows {
            let (name, n_bytes, rest) = row(one);
            match self.json {
                true => writeln!(stdout, "{}", serde_json::to_string(one)?)?,
                false => writeln!(stdout, "{name:24} {:>10}  {rest}", size(n_bytes))?,
            }
        }
        Ok(Exit::Complete)
    }
}

/// How large a model is; the catalogue does not know it of each.
fn size(n_bytes: u64) -> String {
    match n_bytes {
        0 => "-".to_owned(),
        _ => ByteSize(n_bytes).rounded(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_nobody_knows_is_not_zero() {
        assert_eq!(size(0), "-");
        assert_eq!(size(3 << 20), "3.0 MiB");
    }
}
