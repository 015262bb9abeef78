//! The `maque` command.

mod answer;
mod answering;
mod arguments;
mod batch;
mod batch_problem;
mod browser;
mod calibration;
mod cause;
mod client;
mod commands;
mod config_file;
mod conversation;
mod conversion;
mod cores;
mod document;
mod exit;
mod fence;
mod first_token;
mod help;
mod house;
mod invitation;
mod kept;
mod language;
mod librarian;
mod limits;
mod listen;
mod listening;
mod loaded;
mod measure;
mod memory;
mod models;
mod others;
mod output;
mod personas;
mod pieces;
mod reach;
mod registry;
mod reply;
mod respondent;
mod rules;
mod say;
mod settings;
mod shelf;
mod shown;
mod signals;
mod sse;
mod start;
mod talk;
mod turns;
mod unavailable;
mod upstream;

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
                let _ = writeln!(std::io::stderr(), "maque: {}", cause::told(error.as_ref()));
            }
            exit.into()
        }
    }
}
