//! README's route table is the router's.

use anyhow::Context;
use std::collections::BTreeSet;
use std::path::Path;

/// Files that register routes.
const SOURCES: [&str; 2] = [
    "crates/maque-server/src/routes.rs",
    "crates/maque-server/src/api/maque/mod.rs",
];
const METHODS: [(&str, &str); 4] = [
    (".get(", "GET"),
    (".post(", "POST"),
    (".patch(", "PATCH"),
    (".delete(", "DELETE"),
];

/// Adds a sentence to `problems` for each route that only the router or only README has.
pub(crate) fn check(root: &Path, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let read = |name: &str| {
        std::fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let mut real = BTreeSet::new();
    for name in SOURCES {
        real.append(&mut registered(&read(name)?));
    }
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
        .filter(|cell| {
            METHODS
                .iter()
                .any(|(_, method)| cell.starts_with(&format!("{method} /")))
        })
        .map(str::to_owned)
        .collect()
}

/// Routes of registrations such as `.get("/health", Access::Public, health)`, on one line or several.
fn registered(source: &str) -> BTreeSet<String> {
    let of_method = |(call, method): (&str, &str)| {
        let rest = source.split(call).skip(1);
        let paths = rest.filter_map(|rest| rest.trim_start().strip_prefix("\"/")?.split_once('"'));
        paths
            .map(|(path, _)| format!("{method} /{path}"))
            .collect::<Vec<_>>()
    };
    METHODS.into_iter().flat_map(of_method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_read_alike() {
        let page = "| `GET /health` | ready? |\n| `POST /v1/x` | y |\n| `PATCH /v1/y` | z |\n| `qwen` | no route |\n";
        let source = "Routes::new()\n    .get(\"/health\", Access::Public, health)\n    .post(\"/v1/x\", Access::Inference, x)\n    .patch(\n        \"/v1/y\", Access::User, y)\n    map.get(\"no route\")";
        assert_eq!(written(page), registered(source));
        assert_eq!(written(page).len(), 3);
    }
}
