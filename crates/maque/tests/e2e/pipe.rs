//! The pipe line: `qwen "把这段JS转成TypeScript" < input.js > output.ts`, files as arguments, input in pieces.

use crate::command::{Home, Ran, run};
use crate::weights;
use std::path::{Path, PathBuf};

/// The folder of the files that are converted.
fn pipe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pipe")
}

fn ask(home: &Home, model: &Path, arguments: &[&str], stdin: &[u8]) -> Ran {
    run(home.qwen(arguments).env("MAQUE_MODEL", model), stdin)
}

/// A conversion with the settings that nobody chose is code only, and has what the document declares.
#[track_caller]
fn check(request: &str, file: &str, declared: &[&str]) {
    let Some(model) = weights::qwen() else { return };
    let source = std::fs::read(pipe().join(file)).expect("a file");
    let ran = ask(&Home::new(), &model, &[request], &source);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!ran.stdout.contains("```"), "{}", ran.stdout);
    for name in declared {
        assert!(ran.stdout.contains(name), "{name}: {}", ran.stdout);
    }
    let is_code = |line: &&str| line.starts_with(|c: char| c.is_ascii_graphic() || c == ' ');
    let mut lines = ran.stdout.lines().filter(|line| !line.is_empty());
    assert!(lines.all(|line| is_code(&line)), "{}", ran.stdout);
}

#[test]
fn a_module_of_javascript_becomes_typescript_alone() {
    let declared = ["function retry", "function pool", "attempt"];
    check("把这段JS转成TypeScript", "retry.js", &declared);
}

#[test]
fn a_class_of_javascript_becomes_typescript_alone() {
    let declared = ["class Cart", "currency: string", "function format"];
    check("Convert this JS to TypeScript", "cart.js", &declared);
}

#[test]
fn raw_keeps_what_the_model_says_and_its_way_of_saying_it() {
    let Some(model) = weights::qwen() else { return };
    let source = std::fs::read(pipe().join("retry.js")).expect("a file");
    let arguments = ["--raw", "--max-tokens", "40", "Convert this to TypeScript"];
    let ran = ask(&Home::new(), &model, &arguments, &source);
    assert!(ran.stdout.contains("```"), "{}", ran.stdout);
}

#[test]
fn files_are_read_by_name() {
    let Some(model) = weights::qwen() else { return };
    let home = Home::new();
    let path = home.path().join("friend.txt");
    std::fs::write(&path, "Her name is Wilhelmina. She lives in Oslo.").expect("a file");
    let file = path.to_str().expect("a UTF-8 path");
    let request = "What is her name? Answer with the name only.";
    for arguments in [
        &["--temperature", "0", request, file][..],
        &["--temperature", "0", "-f", file, request][..],
    ] {
        let ran = ask(&home, &model, arguments, b"");
        assert!(ran.stdout.contains("Wilhelmina"), "{ran:?}");
    }
    let ran = ask(&home, &model, &["read", "this", file, "aloud"], b"");
    assert!(ran.code == 2 && ran.stderr.contains(file), "{ran:?}");
    let ran = ask(&home, &model, &["-f", "/nonexistent/a.js", "Explain"], b"");
    assert!(
        ran.code == 2 && ran.stderr.contains("/nonexistent/a.js"),
        "{ran:?}"
    );
}

#[test]
fn a_long_input_is_worked_through_in_pieces() {
    let Some(model) = weights::qwen() else { return };
    let home = Home::new();
    let rows: Vec<String> = (1..=40)
        .map(|n| format!("Order {n}: customer number {}, paid in full.\n\n", n * 37))
        .collect();
    let text = rows.concat();
    let request = "Copy the text.";
    let arguments = ["--context", "512", "--temperature", "0", request];
    let ran = ask(&home, &model, &arguments, text.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("--split"), "{}", ran.stderr);
    let arguments = [&["--split"], &arguments[..]].concat();
    let ran = ask(&home, &model, &arguments, text.as_bytes());
    let places: Vec<Option<usize>> = [1, 14, 27, 40]
        .map(|n| {
            ran.stdout
                .find(&format!("Order {n}: customer number {}", n * 37))
        })
        .to_vec();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{ran:?}"
    );
}

#[test]
fn a_persona_is_a_system_prompt_by_name() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let ran = ask(&home, &model, &["--persona", "nobody", "hi"], b"");
    assert!(
        ran.code == 2 && ran.stderr.contains("Meeting minutes"),
        "{ran:?}"
    );
    let arguments = ["--persona", "meeting minutes", "--max-tokens", "4", "hi"];
    let ran = ask(&home, &model, &arguments, b"");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let kept = std::fs::read_to_string(home.path().join("last.json")).expect("kept");
    assert!(kept.contains("decisions, actions"), "{kept}");
}
