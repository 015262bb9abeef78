//! `maque man DIR`: a manual page for each command, in both languages.

use crate::exit::Exit;
use crate::help;
use std::path::{Path, PathBuf};

/// Write manual pages to a folder: man1, and zh_CN/man1 in Chinese
#[derive(clap::Args)]
pub(crate) struct Man {
    /// The folder, such as /usr/local/share/man
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self, command: clap::Command) -> anyhow::Result<Exit> {
        write(
            help::in_chinese(command.clone()),
            &self.folder.join("zh_CN/man1"),
        )?;
        write(command, &self.folder.join("man1"))?;
        Ok(Exit::Complete)
    }
}

fn write(command: clap::Command, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
