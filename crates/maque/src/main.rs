//! The `maque` command.

mod arguments;
mod commands;
mod config_file;
mod cores;
mod exit;
mod fence;
mod language;
mod loaded;
mod measure;
mod output;
mod say;
mod settings;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    match arguments.run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            let exit = exit::of(&error);
            if exit != exit::Exit::Complete {
                let _ = writeln!(std::io::stderr(), "maque: {error:#}");
            }
            exit.into()
        }
    }
}
