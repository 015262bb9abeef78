//! Repository rules as code: `cargo xtask tidy`.
#![allow(clippy::print_stdout)] // a command-line tool speaks on stdout

mod edges;
mod routes;
mod sizes;
mod sources;

use anyhow::{Context, bail};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(),
        _ => bail!("usage: cargo xtask tidy"),
    }
}

/// Checks every rule and prints every breach, so that one run shows all there is to mend.
fn tidy() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the repository")?;
    let mut problems = Vec::new();
    let sources = sources::tracked(root)?;
    sizes::check(&sources, &mut problems);
    edges::check(root, &mut problems)?;
    routes::check(root, &mut problems)?;
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} breach(es) of the house rules", problems.len());
    }
    println!("tidy: {} files keep the house rules", sources.len());
    Ok(())
}
