//! `maque ask` and `qwen`: in a shell, in pipes, into files.

use crate::command::{Home, Ran, files, run, signal, spawn, until, wait};
use crate::weights;
use rustix::process::Signal;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const JS: &str = "function add(a, b) {\n  return a + b;\n}\nmodule.exports = { add };\n";

fn ask(home: &Home, model: &Path, arguments: &[&str], stdin: &[u8]) -> Ran {
    run(&mut command(home, model, arguments), stdin)
}

fn command(home: &Home, model: &Path, arguments: &[&str]) -> Command {
    let mut command = home.qwen(arguments);
    command.env("MAQUE_MODEL", model);
    command
}

#[test]
fn stdout_is_the_answer_and_nothing_else() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let ran = ask(
        &home,
        &model,
        &["--temperature", "0", "Name the capital of France."],
        b"",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout.contains("Paris") && ran.stdout.ends_with('\n'),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let tell = |seed| {
        let arguments = [
            "--seed",
            seed,
            "--temperature",
            "1",
            "--max-tokens",
            "24",
            "Tell me a story.",
        ];
        ask(&home, &model, &arguments, b"").stdout
    };
    assert_eq!(tell("1"), tell("1"));
    assert_ne!(tell("1"), tell("2"));
}

#[test]
fn a_document_comes_from_standard_input() {
    let Some(model) = weights::qwen() else { return };
    let home = Home::new();
    let arguments = ["--temperature", "0", "把这段JS转成TypeScript"];
    let ran = ask(&home, &model, &arguments, JS.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("a: number") && !ran.stdout.contains("```"),
        "{}",
        ran.stdout
    );
    let ran = ask(
        &home,
        &model,
        &["--raw", arguments[0], arguments[1], arguments[2]],
        JS.as_bytes(),
    );
    assert!(
        ran.stdout.contains("```") && ran.stdout.contains("a: number"),
        "{}",
        ran.stdout
    );
}

#[test]
fn code_alone_can_be_asked_for() {
    let Some(model) = weights::qwen() else { return };
    let home = Home::new();
    let ran = ask(
        &home,
        &model,
        &[
            "--code",
            "--temperature",
            "0",
            "用Python写一个计算阶乘的函数",
        ],
        b"",
    );
    assert!(
        ran.code == 0 && ran.stdout.contains("def ") && !ran.stdout.contains("```"),
        "{ran:?}"
    );
}

#[test]
fn a_conversation_goes_on() {
    let Some(model) = weights::qwen() else { return };
    let home = Home::new();
    ask(
        &home,
        &model,
        &["--temperature", "0", "My name is Ada. Say hello."],
        b"",
    );
    let ran = ask(
        &home,
        &model,
        &["-c", "--temperature", "0", "What is my name?"],
        b"",
    );
    assert!(ran.code == 0 && ran.stdout.contains("Ada"), "{ran:?}");
    let ran = ask(&Home::new(), &model, &["-c", "What is my name?"], b"");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn exit_codes_tell_what_happened() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let code = |arguments: &[&str], stdin: &[u8]| ask(&home, &model, arguments, stdin).code;
    assert_eq!(code(&[], b""), 2);
    assert_eq!(code(&["--temperature", "9", "hi"], b""), 2);
    assert_eq!(code(&["hi"], &[0xC4, 0xE3]), 2);
    assert_eq!(code(&["--max-tokens", "3", "Tell me a story."], b""), 3);
    assert_eq!(code(&["--model", "/nonexistent/model.gguf", "hi"], b""), 6);
}

#[test]
fn an_input_that_is_too_long_is_refused_with_both_counts() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let ran = ask(
        &home,
        &model,
        &["--context", "256", "Summarise"],
        "word ".repeat(1000).as_bytes(),
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""));
    let counts: Vec<usize> = ran
        .stderr
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    assert!(
        counts.contains(&255) && // one of 256 is kept for the answer
            counts.iter().any(|n| 1000 < *n && *n < 1200),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_loop_is_stopped() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    // Greedy decoding of this prompt repeats itself on this file.
    let ran = ask(
        &home,
        &model,
        &["--temperature", "0", "--max-tokens", "2000", LOOPING],
        b"",
    );
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(!ran.stdout.is_empty());
}

const LOOPING: &str =
    "Repeat the word ping forever: ping ping ping ping ping ping ping ping ping ping";

#[test]
fn a_file_gets_the_answer_whole() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let path = home.path().join("answer.txt");
    let output = path.to_str().expect("a UTF-8 path");
    let ran = ask(
        &home,
        &model,
        &[
            "--temperature",
            "0",
            "-o",
            output,
            "Name the capital of France.",
        ],
        b"",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert!(
        std::fs::read_to_string(&path)
            .expect("the answer")
            .contains("Paris")
    );
}

#[test]
fn ctrl_c_leaves_no_half_file() {
    let Some(model) = weights::smol() else { return };
    let (home, folder) = (
        Home::new(),
        tempfile::tempdir().expect("a temporary folder"),
    );
    let path = folder.path().join("answer.txt");
    let output = path.to_str().expect("a UTF-8 path");
    let child = spawn(&mut command(
        &home,
        &model,
        &[
            "-o",
            output,
            "--max-tokens",
            "4000",
            "Tell me a very long story.",
        ],
    ));
    let has_text = |path: &std::path::PathBuf| {
        std::fs::metadata(path).is_ok_and(|metadata| 0 < metadata.len())
    };
    until("the answer to begin", || {
        files(folder.path()).iter().any(has_text).then_some(())
    });
    signal(&child, Signal::INT);
    assert_eq!(wait(child, Duration::from_secs(10)).code, 130);
    assert_eq!(files(folder.path()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_reader_that_leaves_ends_the_answer_quietly() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let mut child = spawn(&mut command(
        &home,
        &model,
        &["--max-tokens", "4000", "Tell me a very long story."],
    ));
    let mut first = [0];
    let mut stdout = child.stdout.take().expect("a pipe");
    std::io::Read::read_exact(&mut stdout, &mut first).expect("the answer begins");
    drop(stdout);
    let ran = wait(child, Duration::from_secs(10));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
