//! The crates' dependency edges are those that ARCHITECTURE.md lists.

use anyhow::Context;
use std::collections::BTreeSet;
use std::path::Path;

type Edges = BTreeSet<(String, String)>;

/// Adds a sentence to `problems` for each edge that only one side has.
pub(crate) fn check(root: &Path, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md"))
        .context("cannot read ARCHITECTURE.md")?;
    let (written, real) = (written(&page), real(root)?);
    for (from, to) in real.difference(&written) {
        problems.push(format!(
            "{from} depends on {to}, but ARCHITECTURE.md does not list `{from}` → `{to}`"
        ));
    }
    for (from, to) in written.difference(&real) {
        problems.push(format!(
            "ARCHITECTURE.md lists `{from}` → `{to}`, but {from}'s Cargo.toml does not"
        ));
    }
    Ok(())
}

/// Edges of lines such as ``- `maque-engine` → `maque-kernels`, `maque-model` ``.
fn written(page: &str) -> Edges {
    let lines = page
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once("` → "));
    lines
        .flat_map(|(from, to)| {
            to.split(", ")
                .map(move |to| (from.to_owned(), to.trim_matches('`').to_owned()))
        })
        .collect()
}

/// Edges between crates of the workspace, from their Cargo.toml files; development edges are free.
fn real(root: &Path) -> anyhow::Result<Edges> {
    let mut edges = Edges::new();
    for entry in std::fs::read_dir(root.join("crates")).context("cannot list crates/")? {
        let path = entry?.path().join("Cargo.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: toml::Table = text
            .parse()
            .with_context(|| format!("{} is not TOML", path.display()))?;
        let name = manifest["package"]["name"]
            .as_str()
            .context("a package has a name")?;
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        let ours = dependencies
            .into_iter()
            .flat_map(toml::Table::keys)
            .filter(|key| key.starts_with("maque"));
        edges.extend(ours.map(|to| (name.to_owned(), to.clone())));
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_read_from_the_page() {
        let found = written("text\n- `a` → `b`, `c`\n- `no edge`\n");
        let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(found, Edges::from([edge("a", "b"), edge("a", "c")]));
    }
}
