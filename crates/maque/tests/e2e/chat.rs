//! `maque chat`: a conversation line by line.

use crate::command::{Home, Ran, run, signal, spawn, wait};
use crate::weights;
use rustix::process::Signal;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn command(home: &Home, model: &Path) -> Command {
    let mut command = home.maque(&["chat", "--seed", "1"]);
    command.env("MAQUE_MODEL", model);
    command
}

fn chat(home: &Home, model: &Path, lines: &str) -> Ran {
    run(&mut command(home, model), lines.as_bytes())
}

#[test]
fn commands_change_the_conversation() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let path = home.path().join("talk.md");
    let lines = format!(
        "/persona nobody\n/persona Translator\n\"\"\"one\ntwo\"\"\"\n/retry\nthree\n/undo\n/save {}\n/exit\n",
        path.display()
    );
    let ran = chat(&home, &model, &lines);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nobody") && ran.stderr.contains("persona: Translator"),
        "{ran:?}"
    );
    let saved = std::fs::read_to_string(&path).expect("saved");
    assert!(
        saved.starts_with("## system\n\nYou are a translator."),
        "{saved}"
    );
    assert_eq!(saved.matches("## user\n\none\ntwo\n").count(), 1, "{saved}");
    assert_eq!(saved.matches("## assistant").count(), 1, "{saved}");
    assert!(!saved.contains("three"), "{saved}");
}

#[test]
fn ctrl_c_stops_the_answer_and_not_the_program() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let path = home.path().join("talk.md");
    let mut child = spawn(command(&home, &model).stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = child.stdout.take().expect("a pipe");
    writeln!(stdin, "Tell me a very long story about every animal.").expect("asked");
    let mut first = [0; 8];
    stdout.read_exact(&mut first).expect("the answer begins");
    signal(&child, Signal::INT);
    writeln!(stdin, "/save {}\n/exit", path.display()).expect("it listens on");
    drop(stdin);
    let ran = wait(child, Duration::from_secs(60));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let saved = std::fs::read_to_string(&path).expect("saved");
    assert!(saved.contains("## assistant"), "{saved}");
}
