//! README's route table is the router's.

use anyhow::Context;
use std::collections::BTreeSet;
use std::path::Path;

/// Adds a sentence to `problems` for each route that only the router or only README has.
pub(crate) fn check(root: &Path, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let read = |name: &str| {
        std::fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let real = registered(&read("crates/maque-server/src/routes.rs")?);
    for name in ["README.md", "README.zh.md"] {
        let written = written(&read(name)?);
        for route in real.difference(&written) {
            problems.push(format!("{name} does not list the route {route}"));
        }
        for route in written.difference(&real) {
            problems.push(format!(
                "{name} lists {route}, which the router does not have"
            ));
        }
    }
    Ok(())
}

/// Routes of table rows such as ``| `GET /health` | ready or not |``.
fn written(page: &str) -> BTreeSet<String> {
    let cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(cell, _)| cell);
    cells
        .filter(|cell| cell.starts_with("GET /") || cell.starts_with("POST /"))
        .map(str::to_owned)
        .collect()
}

/// Routes of registration lines such as `.get("/health", Access::Public, health)`.
fn registered(source: &str) -> BTreeSet<String> {
    let lines = source.lines().map(str::trim_start);
    lines
        .filter_map(|line| {
            registration(line, ".get(\"", "GET").or_else(|| registration(line, ".post(\"", "POST"))
        })
        .collect()
}

fn registration(line: &str, call: &str, method: &str) -> Option<String> {
    let (path, _) = line.strip_prefix(call)?.split_once('"')?;
    Some(format!("{method} {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_read_alike() {
        let page = "| `GET /health` | ready? |\n| `POST /v1/x` | y |\n| `qwen` | no route |\n";
        let source = "Routes::new()\n    .get(\"/health\", Access::Public, health)\n    .post(\"/v1/x\", Access::Inference, x)\n";
        assert_eq!(written(page), registered(source));
        assert_eq!(written(page).len(), 2);
    }
}
