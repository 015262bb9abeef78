//! The source files of the repository, as git knows them.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One source file.
pub(crate) struct Source {
    /// Path from the repository's root.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// Whether the file has this extension.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|found| found == extension)
    }
}

/// Every tracked or new, not ignored, source file in a language that the rules speak of.
pub(crate) fn tracked(root: &Path) -> anyhow::Result<Vec<Source>> {
    let git = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
            "*.ts",
            "*.svelte",
            "*.css",
        ])
        .output()
        .context("git ls-files does not run")?;
    ensure!(
        git.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&git.stderr)
    );
    let names = String::from_utf8(git.stdout).context("a path is not UTF-8")?;
    names
        .lines()
        .filter(|name| root.join(name).exists())
        .map(|name| read(root, name))
        .collect()
}

fn read(root: &Path, name: &str) -> anyhow::Result<Source> {
    let text =
        std::fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))?;
    Ok(Source {
        path: name.into(),
        text,
    })
}
